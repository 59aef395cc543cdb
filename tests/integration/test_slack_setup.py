"""Setting the app up: the manifest, what `check` says of each fault, settings that can't be used, and proxies."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from office import at_firm, firm_pilot
from servers import Papers, papers, tls_before
from slack_story import office_of
from stories import Story

from adapters.content import load_texts
from adapters.playground.slack_server import APP_TOKEN, TOKEN, LocalSlack
from adapters.playground.slack_state import Failure, Fault
from adapters.slack.check import check_slack
from adapters.slack.client import new_session, web_client
from adapters.slack.manifest import EVENTS, OPTIONAL, SCOPES, SHORTCUTS, to_manifest
from bot.messages.talk_texts import TalkTexts

SAID = load_texts().commands
Cli = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[2]


def test_the_manifest_by_a_socket_and_by_an_address() -> None:
    """A socket needs no address, and by HTTP every part names the same one; nothing is asked for without a reason."""
    socket, http = to_manifest(SAID, None), to_manifest(SAID, "https://bot.n.example/")
    assert socket["settings"]["socket_mode_enabled"]
    assert "request_url" not in json.dumps(socket)
    assert not http["settings"]["socket_mode_enabled"]
    url = "https://bot.n.example/slack/events"
    assert http["features"]["slash_commands"][0]["url"] == url
    assert http["settings"]["interactivity"]["request_url"] == url
    assert http["settings"]["event_subscriptions"]["request_url"] == url
    assert socket["oauth_config"]["scopes"]["bot"] == [*SCOPES, *OPTIONAL]
    assert all(reason for reason in (SCOPES | OPTIONAL).values())
    hint = socket["features"]["slash_commands"][0]["usage_hint"]
    assert hint.startswith("help [COMMAND], list, status PILOT")
    assert len(hint) <= 100
    assert all(len(name) <= 24 for name, _ in SHORTCUTS.values())


def test_without_leave_to_read_words_nothing_asks_for_it() -> None:
    """Then neither scope nor event is there, and people can't write where nobody reads."""
    silent = to_manifest(SAID, None, reads_words=False)
    assert silent["oauth_config"]["scopes"]["bot"] == [*SCOPES, "dnd:read"]
    assert "message.im" not in silent["settings"]["event_subscriptions"]["bot_events"]
    assert silent["features"]["app_home"]["messages_tab_read_only_enabled"]


async def test_what_is_subscribed_is_listened_to(story: Story) -> None:
    """Each event of the manifest is understood when it comes: something is kept, noted or shown."""
    async with office_of(story, "dana") as office:
        await story.begin(firm_pilot("tax"))
        dana = office.at("dana")
        await office.act(dana.write("help"))
        await office.act(dana.open_home())
        await office.act(dana.leave())
        person = await story.world.ports.people.get(story.world.ports.people.identify(dana.email))
    assert set(EVENTS) == {"message.im", "app_home_opened", "user_change"}
    assert len(dana.posts) == 2
    assert dana.home
    assert person is not None
    assert person.gone_on == story.today


async def test_whoever_leaves_has_their_pilots_looked_at(story: Story) -> None:
    """Owner, sponsor and programme lead alike, and no pilot in which they have no part."""
    async with office_of(story, "dana", "sam", "lee") as office:
        await story.begin(firm_pilot("tax"), firm_pilot("hr", owner="eve", sponsor=at_firm("eve"), programme_lead=""))
        touched = story.world.ports.touched
        for name in ("dana", "sam", "lee"):
            before = await touched.read()
            await office.at(name).leave()
            await office.app.close()
            assert await touched.read() == before | {"tax": before["tax"] + 1}


async def found(slack: LocalSlack, token: str = TOKEN, app_token: str | None = APP_TOKEN) -> list[tuple[str, str, str]]:
    """Return what a look at the installation says."""
    async with new_session() as session:
        return [(f.what, f.state, f.says) for f in await check_slack(web_client(token, session, slack.url), app_token)]


async def test_a_good_installation_is_said_to_be_one() -> None:
    """Where it is installed, that it may do all it must, that a socket opens, and what the network must let through."""
    async with LocalSlack().running() as slack:
        said = await found(slack)
        assert [(what, state) for what, state, _ in said] == [
            ("slack", "ok"),
            ("slack scopes", "ok"),
            ("slack socket", "ok"),
            ("slack hosts", "ok"),
        ]
        assert "installed in Local as stickshaker" in said[0][2]
        assert "slack.com, wss-primary.slack.com" in said[-1][2]
        assert [what for what, _, _ in await found(slack, app_token=None)] == ["slack", "slack scopes", "slack hosts"]


async def test_each_fault_of_an_installation_has_its_remedy() -> None:
    """Tokens, scopes, the whole organisation, an answer that does not come: one sentence each, and no token in it."""
    async with LocalSlack().running() as slack:
        assert (
            "slack",
            "fault",
            "refuses us (invalid_auth): copy the token anew from OAuth & Permissions.",
        ) in await found(slack, "xoxb-x")
        assert (
            "slack socket",
            "fault",
            "refuses us (invalid_auth): copy the token anew from OAuth & Permissions.",
        ) in await found(slack, app_token="xapp-x")
        slack.state.scopes -= {"users:read.email", "im:history"}
        slack.state.scopes |= {"channels:read"}
        said = {(what, state): says for what, state, says in await found(slack)}
        assert (
            "users:read.email is missing, without which we can't find a user by the address"
            in said["slack scopes", "fault"]
        )
        assert "im:history is not granted" in said["slack scopes", "note"]
        slack.state.scopes |= set(SCOPES)
        assert any("besides channels:read, which are not used" in says for _, _, says in await found(slack))
        slack.state.is_organisation = True
        assert ("slack", "fault") in {
            (what, state) for what, state, says in await found(slack) if "whole organisation" in says
        }
        slack.state.fail("auth.test", Fault(Failure.ERROR, "account_inactive"))
        assert "install it again" in (await found(slack))[0][2]
        slack.state.fail("auth.test", Fault(Failure.BROKEN))
        assert (await found(slack))[0][1] == "fault"
    assert "can't be reached" in (await found(slack))[0][2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-s3cret"}, "beside SLACK_BOT_TOKEN set SLACK_APP_TOKEN"),
        (
            {"SLACK_BOT_TOKEN": "xapp-s3cret"},
            "SLACK_BOT_TOKEN can't be used: it must be a token that begins with xoxb-",
        ),
        (
            {"SLACK_APP_TOKEN": "xoxb-s3cret"},
            "SLACK_APP_TOKEN can't be used: it must be a token that begins with xapp-",
        ),
        ({"SLACK_API_BASE_URL": "slack.com"}, "SLACK_API_BASE_URL can't be used: it must be an address"),
    ],
)
def test_settings_that_can_not_be_used_are_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    """The variable, what is wrong and where it is explained; never the value."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    code, out, err = cli("check")
    assert code == 2
    assert said in " ".join((out + err).split())
    assert "s3cret" not in out + err


def test_the_manifest_is_printed_for_copying(cli: Cli) -> None:
    """One JSON document; an address that Slack does not take is refused."""
    code, out, _ = cli("slack", "manifest", "--url", "https://bot.n.example")
    assert code == 0
    assert json.loads(out)["settings"]["socket_mode_enabled"] is False
    code, _, err = cli("slack", "manifest", "--url", "http://bot.n.example")
    assert code == 2
    assert "begins with https://" in err


def test_texts_of_the_chat_are_short() -> None:
    """Nothing that is said in between is longer than a person reads at a glance."""
    talk: TalkTexts = load_texts().talk
    plain = [v for v in talk.model_dump().values() if isinstance(v, str)]
    assert max(len(text.split()) for text in plain) <= 45


@dataclass(slots=True)
class Proxy:
    """A proxy of a firm: lets CONNECT through and remembers to where."""

    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Listen on a port of its own."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0].decode()
        method, target, _ = line.split(" ", 2)
        self.seen.append(f"{method} {target}")
        host, _, port = target.rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(ConnectionError):
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        writer.close()
        back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


SOCKET = """
import asyncio, sys
from adapters.slack.app import SlackApp
from adapters.slack.client import SlackClient, new_session, web_client
from adapters.slack.socket import SlackSocket
from adapters.clock import SystemClock
from adapters.content import load_texts

async def main():
    async with new_session() as session:
        web = web_client("xoxb-local", session, sys.argv[1])
        print((await web.auth_test())["team"])
        app = SlackApp(web, SlackClient(web, session), None, SystemClock(), load_texts().talk)
        socket = SlackSocket(app, "xapp-local", web)
        async with socket.running(), asyncio.timeout(10):
            while not await socket.is_connected():
                await asyncio.sleep(0.05)
            print("connected")

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Return certificates of an authority that nobody knows but the firm."""
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.mark.no_cover
@pytest.mark.parametrize("bypassed", [False, True])
async def test_calls_and_sockets_go_by_the_proxy_of_the_firm(held: Papers, *, bypassed: bool) -> None:
    """HTTPS_PROXY for both, unless NO_PROXY names the host; the firm's own authority is trusted by SSL_CERT_FILE, and without it nothing is."""
    proxy = Proxy()
    async with LocalSlack().running() as slack, proxy.running() as port:
        plain = int(slack.url.split(":")[2].split("/")[0])
        async with tls_before(plain, held) as tls:
            slack.state.url = f"https://localhost:{tls}/"
            env = {k: v for k, v in os.environ.items() if not k.casefold().endswith("_proxy")}
            env |= {
                "HTTPS_PROXY": f"http://127.0.0.1:{port}",
                "SSL_CERT_FILE": str(held.authority),
                "PYTHONPATH": str(ROOT),
            }
            env |= {"NO_PROXY": "localhost"} if bypassed else {}
            out = await _run(env, f"https://localhost:{tls}/api/")
            assert out.splitlines()[-2:] == ["Local", "connected"]
            assert proxy.seen == ([] if bypassed else [f"CONNECT localhost:{tls}"] * len(proxy.seen))
            assert bypassed or len(proxy.seen) >= 2
            distrusting = {k: v for k, v in env.items() if k != "SSL_CERT_FILE"}
            assert "CertificateError" in await _run(distrusting, f"https://localhost:{tls}/api/")


async def _run(env: dict[str, str], url: str) -> str:
    """Run the script and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SOCKET, url, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    return out.decode()
