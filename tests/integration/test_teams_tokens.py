"""Three ways to a token of the Bot Connector, each against a local Microsoft that refuses what Microsoft refuses."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from servers import Papers
from teams_ways import ANOTHER, WAYS, Tenant, no_token, tenant_with

from adapters.playground.teams_keys import ISSUER
from adapters.playground.teams_state import APP, TENANT, Failure, Fault
from adapters.teams.check import REMEDIES
from adapters.teams.errors import NO_ENDPOINT, NO_IDENTITY, ConnectorError, NoToken, refusal
from adapters.teams.tokens import App, Tokens, tokens_of
from bot.errors import SettingsError
from jobs.settings import read_teams


@pytest.fixture
async def tenant(tls: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenant]:
    """Return a tenant with one person who has the app."""
    async with tenant_with(tls, tmp_path / "both.pem", monkeypatch) as one:
        yield one


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_gets_one_token_for_all(tenant: Tenant, way: str) -> None:
    """Twenty messages at once leave by the real connector with one request, and the check is content."""
    tenant.choose(way)
    async with tenant.bot() as teams:
        await asyncio.gather(*(tenant.say(teams) for _ in range(20)))
    assert (tenant.posts, len(tenant.login.requests)) == (20, 1)
    assert [one.state for one in await tenant.check()] == ["ok", "ok", "ok"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_token_that_was_refused_is_asked_for_once_more(tenant: Tenant, way: str) -> None:
    """Twenty messages with a token that counts no more all leave, for one new token."""
    tenant.choose(way)
    async with tenant.bot() as teams:
        await tenant.say(teams)
        tenant.login.revoke()
        await asyncio.gather(*(tenant.say(teams) for _ in range(20)))
    assert (tenant.posts, len(tenant.login.requests)) == (21, 2)


async def test_a_late_refusal_costs_no_other_token(tenant: Tenant) -> None:
    """Who hears that the old token is refused when there is a new one already takes that."""
    tenant.choose("secret")
    async with tenant.bot() as teams:
        await teams.tokens.get()
        tenant.login.revoke()
        tenant.cloud.latency = 0.3
        late = asyncio.create_task(tenant.say(teams))
        await asyncio.sleep(0.1)
        tenant.cloud.latency = 0.0
        await tenant.say(teams)
        await late
    assert (tenant.posts, len(tenant.login.requests)) == (2, 2)


async def test_a_new_token_that_is_refused_too_is_the_end_of_it(tenant: Tenant) -> None:
    """A call is tried twice and not a third time, and then somebody has to look at the installation."""
    tenant.choose("secret")
    tenant.cloud.state.fail("post", Fault(Failure.REFUSED, 401), times=3)
    async with tenant.bot() as teams:
        with pytest.raises(ConnectorError) as refused:
            await tenant.say(teams)
    assert refused.value.status == 401
    assert (len(tenant.cloud.state.calls), len(tenant.login.requests)) == (2, 2)


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_secret_is_told(tenant: Tenant, caplog: pytest.LogCaptureFixture, way: str) -> None:
    """Neither secret, key, assertion, header nor token is in a log of any level, in what is raised, or in what is checked."""
    tenant.choose(way)
    caplog.set_level(logging.DEBUG)
    login, key = tenant.login, tenant.papers.client_key.read_text()
    async with tenant.bot() as teams:
        await tenant.say(teams)
        given = list(login.given)
        teams.tokens.drop()
        login.app_id = ANOTHER
        refused = await no_token(teams)
    app = App(APP, TENANT, login.secret, key.encode())
    told = f"{caplog.text} {refused!r} {refusal(refused)} {await tenant.check()} {read_teams()!r} {app!r}"
    sent = [one[name] for one in login.requests for name in ("client_secret", "client_assertion") if name in one]
    hidden = [*given, *sent, login.secret, login.identity_header, *key.splitlines()[1:-1]]
    assert [one for one in hidden if one in told] == []


@pytest.mark.parametrize("way", ["app service", "machine"])
async def test_an_identity_that_azure_does_not_know_is_told_with_its_remedy(tenant: Tenant, way: str) -> None:
    """A client id that is not assigned there is a fault of the installation, and the check says what to assign."""
    tenant.choose(way, TEAMS_APP_ID=ANOTHER)
    async with tenant.bot() as teams:
        refused = await no_token(teams)
    assert (refused.code, refused.is_of_setup) == (NO_IDENTITY, True)
    assert REMEDIES[NO_IDENTITY] in (await tenant.check())[0].says


async def test_where_nobody_gives_identities_is_told_with_its_remedy(tenant: Tenant) -> None:
    """An app without its header can't ask at all; one with another header is refused."""
    tenant.choose("app service", IDENTITY_HEADER="another")
    async with tenant.bot() as teams:
        assert (await no_token(teams)).code == NO_IDENTITY
    tenant.choose("app service", IDENTITY_HEADER="")
    async with tenant.bot() as teams:
        silent = await no_token(teams)
    assert (silent.code, silent.is_of_setup) == (NO_ENDPOINT, False)
    assert REMEDIES[NO_ENDPOINT] in (await tenant.check())[0].says
    assert len(tenant.login.requests) == 1


@pytest.mark.parametrize(
    ("path", "version", "header", "value", "without"),
    [
        ("/msi/token", "2019-08-01", "X-IDENTITY-HEADER", "local-identity-header", 401),
        ("/metadata/identity/oauth2/token", "2018-02-01", "Metadata", "true", 400),
    ],
)
async def test_the_local_azure_insists(
    tenant: Tenant, path: str, version: str, header: str, value: str, without: int
) -> None:
    """Without its header, with another version, resource or client id it gives nothing; its numbers are text."""
    right = {"api-version": version, "resource": ISSUER, "client_id": APP}
    asked = [
        ({}, right, without),
        ({header: "another"}, right, without),
        ({header: value}, right | {"api-version": "2017-09-01"}, 400),
        ({header: value}, right | {"resource": f"{ISSUER}/.default"}, 400),
        ({header: value}, right | {"client_id": ANOTHER}, 400),
        ({header: value}, {"resource": ISSUER}, 400),
        ({header: value}, right, 200),
    ]
    async with tenant.session() as one:
        for headers, query, status in asked:
            async with one.get(f"{tenant.cloud.root}{path}", headers=headers, params=query) as answer:
                assert answer.status == status
                told = await answer.json()
    assert told["access_token"] == tenant.login.given[0]
    assert len(tenant.login.given) == 1
    assert all(isinstance(each, str) for each in told.values())


@pytest.mark.parametrize("way", ["secret", "certificate"])
async def test_who_waits_shares_what_becomes_of_the_one_request(tenant: Tenant, way: str) -> None:
    """While Microsoft is away twenty messages cost one request and its one repetition, are refused, and leave later."""
    tenant.choose(way)
    tenant.login.is_broken = True
    async with tenant.bot() as teams:
        told = await asyncio.gather(*(tenant.say(teams) for _ in range(20)), return_exceptions=True)
        refused = [str(refusal(one)) for one in told if isinstance(one, NoToken) and not one.is_of_setup]
        assert refused == ["Microsoft gives no token (HTTP 500)"] * 20
        assert len(tenant.login.requests) == 2
        tenant.login.is_broken = False
        await tenant.say(teams)
    assert tenant.posts == 1


async def test_who_gives_up_leaves_the_others_their_token(tenant: Tenant) -> None:
    """The one who was the first to ask may be cancelled: whoever waits besides still gets it."""
    tenant.choose("secret")
    async with tenant.bot() as teams:
        first, second = (asyncio.create_task(teams.tokens.get()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second in tenant.login.given
    assert first.cancelled()


@pytest.mark.parametrize("way", ["secret", "machine"])
async def test_a_microsoft_that_says_nothing_is_not_waited_for(tenant: Tenant, way: str) -> None:
    """After a bound there is no token, which is no fault of the installation."""
    tenant.choose(way)
    tenant.login.is_silent = True
    async with tenant.session() as one:
        secret = tenant.login.secret if way == "secret" else ""
        tokens = tokens_of(App(APP, TENANT, secret, login=tenant.cloud.root), one, patience=0.2)
        with pytest.raises(NoToken) as refused:
            await tokens.get()
    assert not refused.value.is_of_setup


class Later:
    """A clock for Microsoft's library, which takes none: it reads time.time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Begin with the present."""
        real, self.ahead = time.time, 0.0
        patch.setattr(time, "time", lambda: real() + self.ahead)

    async def after(self, seconds: float, tokens: Tokens) -> str:
        """Return the token so many seconds after the beginning."""
        self.ahead = seconds
        return await tokens.get()


@pytest.mark.parametrize("way", WAYS)
async def test_a_token_is_renewed_before_it_ends(tenant: Tenant, way: str) -> None:
    """It is used until five minutes before its end, and then there is another."""
    tenant.choose(way)
    later, tenant.login.lasts = Later(tenant.patch), 345
    async with tenant.bot() as teams:
        first = await teams.tokens.get()
        assert await later.after(35, teams.tokens) == first
        second = await later.after(50, teams.tokens)
    assert second != first
    assert tenant.login.given == [first, second]


async def test_a_renewal_that_fails_costs_nothing_until_the_end(tenant: Tenant) -> None:
    """With Microsoft broken or silent the old token is used until it ends, and no longer."""
    later, login = Later(tenant.patch), tenant.login
    async with tenant.session() as one:
        tokens = tokens_of(App(APP, TENANT, login.secret, login=tenant.cloud.root), one, one_try=0.4)
        first = await tokens.get()
        login.is_broken = True
        assert await later.after(3600 - 240, tokens) == first
        login.is_silent = True
        assert await later.after(3600 - 180, tokens) == first
        assert len(login.requests) == 5
        with pytest.raises(NoToken):
            await later.after(3600 + 1, tokens)


CONTRADICTIONS: dict[str, tuple[dict[str, str], str]] = {
    "one tenant without a proof": ({"TEAMS_APP_TYPE": "SingleTenant"}, "TEAMS_APP_PASSWORD or TEAMS_CERTIFICATE"),
    "no type and no proof": ({}, "TEAMS_APP_TYPE=UserAssignedMSI"),
    "an identity with a secret": (
        {"TEAMS_APP_TYPE": "UserAssignedMSI", "TEAMS_APP_PASSWORD": "hush-hush"},
        "has no TEAMS_APP_PASSWORD",
    ),
    "an identity with a certificate": (
        {"TEAMS_APP_TYPE": "UserAssignedMSI", "TEAMS_CERTIFICATE": "both.pem"},
        "no TEAMS_CERTIFICATE",
    ),
    "two proofs": ({"TEAMS_APP_PASSWORD": "hush-hush", "TEAMS_CERTIFICATE": "both.pem"}, "not both"),
    "several tenants": ({"TEAMS_APP_TYPE": "MultiTenant", "TEAMS_APP_PASSWORD": "hush-hush"}, "since 31 July 2025"),
    "no type there is": ({"TEAMS_APP_TYPE": "hush-hush"}, "TEAMS_APP_TYPE can't be used: .*'UserAssignedMSI'"),
}


@pytest.mark.parametrize("which", CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_told(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    """One sentence names the variables, what is wrong and where to read of it, and no value."""
    given, why = CONTRADICTIONS[which]
    for name, value in ({"TEAMS_APP_ID": APP, "TEAMS_TENANT_ID": TENANT} | given).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=why) as fault:
        read_teams()
    assert "docs/install-teams.md" in str(fault.value)
    assert "hush-hush" not in str(fault.value)
