"""What reaches us from Teams by HTTP: only what Microsoft signed for our bot and tenant, and nothing of it is a fault of ours."""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from office import firm_pilot
from servers import Papers
from slack_payloads import mutated
from stories import Story
from teams_story import TeamsOffice, office_of, served

from adapters.bodies import Bodies
from adapters.clock import SystemClock
from adapters.playground.teams_keys import ISSUER, new_pair
from adapters.playground.teams_state import APP, TENANT, Body
from adapters.teams.bearer import SOON, NoKeys, SigningKeys, Verifier
from adapters.teams.http import LARGEST, Allowed, TeamsRoute

FIXTURES = Path(__file__).resolve().parents[3] / "shared/fixtures/teams/activities"
MUTATIONS = int(os.environ.get("STICKSHAKER_FUZZ", "3000"))


@pytest.fixture
async def office(story: Story, tls: Papers) -> AsyncIterator[TeamsOffice]:
    """Return the office of a firm with one pilot."""
    async with office_of(story, tls, "dana", "sam", "lee", "eve") as opened:
        await story.begin(firm_pilot("tax"))
        yield opened


async def post(office: TeamsOffice, body: bytes | Body, token: str | None) -> tuple[int, str]:
    """Send a body with a token and return what came back."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token is not None else {})
    address = office.cloud.way.address
    async with aiohttp.ClientSession() as session, session.post(address, data=data, headers=headers) as answer:
        return answer.status, await answer.text()


def hello(office: TeamsOffice) -> Body:
    """Return a message as Teams writes it."""
    return office.at("dana").activity("message", {"text": "help"})


def signed(office: TeamsOffice, **claims: object) -> str:
    """Return a token that is right but for these claims."""
    return f"Bearer {office.cloud.keys.sign(APP, office.cloud.url, **claims)}"


async def test_what_microsoft_signed_for_us_is_taken(office: TeamsOffice) -> None:
    """The right token lets an activity in, also with or without a slash at the end of its service."""
    assert (await post(office, hello(office), signed(office)))[0] == 200
    assert (await post(office, hello(office), signed(office, serviceurl=office.cloud.url.rstrip("/"))))[0] == 200


HOUR = timedelta(hours=1)


def ago(time: timedelta) -> int:
    """Return a moment in the past as tokens tell it."""
    return int((datetime.now(UTC) - time).timestamp())


WRONG: dict[str, Callable[[TeamsOffice], str | None]] = {
    "no token": lambda _: None,
    "an empty one": lambda _: "Bearer ",
    "no bearer": lambda o: signed(o).replace("Bearer", "Basic"),
    "garbage": lambda _: "Bearer abc.def.ghi",
    "two tokens": lambda o: f"{signed(o)} {signed(o)}",
    "another audience": lambda o: signed(o, aud="00000000-0000-0000-0000-000000000000"),
    "several audiences": lambda o: signed(o, aud=[APP, "x"]),
    "no audience": lambda o: signed(o, aud=None),
    "another issuer": lambda o: signed(o, iss="https://sts.windows.net/x/"),
    "no issuer": lambda o: signed(o, iss=None),
    "expired": lambda o: signed(o, exp=ago(HOUR)),
    "no end": lambda o: signed(o, exp=None),
    "not yet": lambda o: signed(o, nbf=ago(-HOUR)),
    "an end that is no number": lambda o: signed(o, exp="soon"),
    "another service": lambda o: signed(o, serviceurl="https://smba.trafficmanager.net/teams/"),
    "no service": lambda o: signed(o, serviceurl=None),
    "a service that is no text": lambda o: signed(o, serviceurl=7),
    "a key that nobody publishes": lambda o: signed(o, pair=new_pair("rogue")),
    "a key of the same name": lambda o: signed(o, pair=new_pair("k0")),
    "no algorithm": lambda _: f"Bearer {jwt.encode({'aud': APP, 'iss': ISSUER}, '', 'none', {'kid': 'k0'})}",
    "a shared secret": lambda _: f"Bearer {jwt.encode({'aud': APP}, 'k' * 40, 'HS256', {'kid': 'k0'})}",
    "no name of a key": lambda o: signed(o, headers={"kid": ""}),
}


@pytest.mark.parametrize("which", WRONG)
async def test_any_other_token_is_turned_away(office: TeamsOffice, which: str) -> None:
    """Each rule broken alone is 401, tells nobody which it was, and moves nothing."""
    status, text = await post(office, hello(office), WRONG[which](office))
    assert (status, text) == (401, "not from Microsoft for this bot")


async def test_a_key_is_good_for_the_channels_it_is_endorsed_for(office: TeamsOffice) -> None:
    """A published key that is endorsed for another channel, or for none, lets nothing in."""
    for marks in ((), ("webchat",)):
        office.cloud.keys.pairs.append(new_pair(f"other{len(marks)}", marks))
    office.cloud.keys.rotate(keeps=True)
    for pair in office.cloud.keys.pairs[1:3]:
        async with route(office) as address:
            office.cloud.way.address = address
            assert (await post(office, hello(office), signed(office, pair=pair)))[0] == 401
            assert (await post(office, hello(office), signed(office)))[0] == 200


def route(office: TeamsOffice, bodies: Bodies | None = None, tenants: frozenset[str] = frozenset({TENANT})) -> Any:  # noqa: ANN401  a context
    """Serve the app once more, with keys that are not loaded yet."""
    site = aiohttp.web.Application()
    keys = SigningKeys(office.teams.session, office.cloud.metadata_url)
    allowed = Allowed(tenants, (), is_local=True)
    TeamsRoute(office.app, Verifier(keys, APP, ISSUER, SystemClock()), allowed, bodies).add_to(site)
    return served(site)


async def test_new_keys_are_followed_with_one_load(office: TeamsOffice) -> None:
    """After a rotation forty requests at once are all let in, for one load; a made-up key costs none within the minute."""
    keys = office.cloud.keys
    clock = [1000.0]
    loaded = SigningKeys(office.teams.session, office.cloud.metadata_url, clock=lambda: clock[0])
    verifier = Verifier(loaded, APP, ISSUER, SystemClock())
    before = keys.loads
    await verifier.check(signed(office), channel="msteams", service_url=office.cloud.url)
    keys.rotate()
    clock[0] += 61
    token = signed(office)
    await asyncio.gather(*(verifier.check(token, channel="msteams", service_url=office.cloud.url) for _ in range(40)))
    assert keys.loads == before + 2


async def test_without_any_key_who_delivers_comes_again(office: TeamsOffice) -> None:
    """503 while no key could ever be loaded, and as before when a later load fails."""
    office.cloud.keys.is_broken = True
    async with route(office) as address:
        office.cloud.way.address = address
        assert (await post(office, hello(office), signed(office)))[0] == 503


async def test_without_any_key_they_are_asked_for_again_soon(
    office: TeamsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """While there is none at all a load is tried each five seconds and no oftener, and the first that works lets everybody in."""
    keys, clock = office.cloud.keys, [1000.0]
    loaded = SigningKeys(office.teams.session, office.cloud.metadata_url, clock=lambda: clock[0])
    keys.is_broken, before = True, keys.loads
    for later, failed in ((0.0, 1), (SOON - 1, 1), (1.0, 2)):
        clock[0] += later
        told = await asyncio.gather(*(loaded.get("k0") for _ in range(10)), return_exceptions=True)
        assert {type(one) for one in told} == {NoKeys}
        assert len([one for one in caplog.records if "could not be loaded" in one.message]) == failed
    keys.is_broken = False
    clock[0] += SOON
    assert None not in await asyncio.gather(*(loaded.get("k0") for _ in range(10)))
    clock[0] += SOON
    assert await loaded.get("made up") is None
    assert keys.loads == before + 1


async def test_another_tenant_and_another_service_are_turned_away(office: TeamsOffice) -> None:
    """A token of Microsoft's does not let in who is not ours: 403, and nothing is kept of it."""
    foreign = hello(office) | {"channelData": {"tenant": {"id": "another"}}}
    assert (await post(office, foreign, signed(office)))[0] == 403
    nowhere = hello(office)
    del nowhere["channelData"], nowhere["conversation"]["tenantId"]
    assert (await post(office, nowhere, signed(office)))[0] == 403
    elsewhere = hello(office) | {"serviceUrl": "https://evil.example/"}
    assert (await post(office, elsewhere, signed(office, serviceurl="https://evil.example/")))[0] == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"{}", 400),
        (b'{"type": 7}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"x" * (LARGEST + 1), 413),
    ],
)
async def test_what_is_no_activity_is_turned_away(office: TeamsOffice, body: bytes, status: int) -> None:
    """No JSON, no object, no type: 400; too large: 413; before any token is looked at."""
    assert (await post(office, body, signed(office)))[0] == status
    assert (await post(office, body, None))[0] == status


async def test_an_activity_without_a_conversation_is_none(office: TeamsOffice) -> None:
    """It is 400, and one of an unknown kind is left alone politely; an unknown invoke is 501."""
    bare = hello(office) | {"conversation": {"tenantId": TENANT}}
    assert (await post(office, bare, signed(office)))[0] == 400
    odd = office.at("dana").activity("somethingNew")
    assert (await post(office, odd, signed(office)))[0] == 200
    invoke = office.at("dana").activity("invoke", {"name": "composeExtension/query"})
    assert (await post(office, invoke, signed(office)))[0] == 501


async def state_of(office: TeamsOffice) -> tuple[object, ...]:
    """Return everything that an activity might move."""
    ports = office.story.world.ports
    return (await ports.cases.all(), await ports.turns.due(ports.clock.now()), await ports.outbox.all())


@pytest.mark.parametrize("name", ["conversationUpdate", "installationUpdate", "invoke-adaptiveCard-action", "message"])
async def test_recorded_activities_are_handled_or_left_alone(office: TeamsOffice, name: str) -> None:
    """What a Teams-like client of Microsoft's sends is answered, and moves nothing of anybody else."""
    if not FIXTURES.is_dir():
        pytest.skip("the recorded activities are in ../shared, which is not here")
    body = json.loads((FIXTURES / f"{name}-personal.json").read_text())
    body["channelData"]["tenant"]["id"] = TENANT
    body["serviceUrl"] = office.cloud.url
    before = await state_of(office)
    assert (await post(office, body, signed(office)))[0] == 200
    await office.app.close()
    after = await state_of(office)
    assert after[0] == before[0]


@pytest.mark.no_cover
async def test_no_mutated_activity_is_a_fault_or_moves_anything(
    office: TeamsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Thousands of bent activities of every kind, signed: none is 5xx, none leaves a traceback, no case moves."""
    dana = office.at("dana")
    ref = {"delivery": "d1", "section": "tax#1:", "choice": "on_track"}
    seeds = [
        dana.activity("message", {"text": "blocked on legal until 15 December"}),
        dana.activity("message", {"text": "", "value": ref, "replyToId": "1"}),
        dana.activity(
            "invoke",
            {
                "name": "adaptiveCard/action",
                "value": {"action": {"type": "Action.Execute", "verb": "answer", "data": ref}},
            },
        ),
        dana.activity("invoke", {"name": "task/fetch", "value": {"data": ref | {"msteams": {"type": "task/fetch"}}}}),
        dana.activity("invoke", {"name": "task/submit", "value": {"data": ref | {"cause": "data"}}}),
        dana.activity("installationUpdate", {"action": "add-upgrade"}),
        dana.activity("conversationUpdate", {"membersAdded": [{"id": "29:x"}]}),
        dana.activity("messageReaction", {"reactionsAdded": [{"type": "like"}]}),
    ]
    drawn = random.Random(7)  # noqa: S311  not for secrets: the same bodies each time
    before = (await state_of(office))[0]
    token, seen = signed(office), set()
    async with aiohttp.ClientSession() as session:
        for _ in range(MUTATIONS):
            body = mutated(drawn.choice(seeds), drawn)
            headers = {"Authorization": token, "Content-Type": "application/json"}
            data = json.dumps(body).encode("utf-8", "replace")
            async with session.post(office.cloud.way.address, data=data, headers=headers) as answer:
                seen.add(answer.status)
                assert answer.status < 500 or answer.status == 501, (answer.status, body)
    await office.settle()
    assert {200} <= seen <= {200, 400, 401, 403, 501}
    assert (await state_of(office))[0] == before
    assert [one for one in caplog.records if one.exc_info] == []
