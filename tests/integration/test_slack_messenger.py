"""Sending to Slack: by the real library over HTTP to a local Slack, which refuses, hangs and drops as it is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from fakes import FakeClock
from offices import SLACK
from parity import only_in
from slack_sdk.errors import SlackApiError
from world import World, old_pilot, world_of

from adapters.playground.slack_server import TOKEN, LocalSlack
from adapters.playground.slack_state import Failure, Fault
from adapters.redis_store.store import RedisStore
from adapters.slack import client as client_module
from adapters.slack.client import SlackClient, web_client
from adapters.slack.directory import KEPT, Directory
from adapters.slack.errors import CODES, KINDS, Kind, SlackError, refusal
from adapters.slack.messenger import SlackMessenger
from adapters.slack.pacing import PER_MINUTE, Bucket
from adapters.slack.posting import EVENT
from bot.domain.outreach import DeliveryState
from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Choice, Message, Section
from bot.outgoing import Found

DANA = Person(id="p1", name="dana@n.example")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NUDGE = Message(
    kind="nudge",
    intro="1 question",
    sections=(
        Section(
            case_id="tax#1",
            pilot="tax",
            title="Tax",
            fact="Tax: it fell. <!channel>",
            question="Why?",
            choices=(Choice(key="on_track", label="It is on track"),),
        ),
    ),
    footer="Why me?",
)


@dataclass(slots=True)
class Scene:
    """A local Slack with dana in it, and a messenger that speaks to it."""

    slack: LocalSlack
    client: SlackClient
    directory: Directory
    messenger: SlackMessenger
    clock: FakeClock

    @property
    def got(self) -> list[dict[str, object]]:
        """Return what dana got."""
        return self.slack.state.to(DANA.name)

    def called(self, method: str) -> int:
        """Return how often a method was called."""
        return sum(name == method for name, _ in self.slack.state.calls)


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """Return a local Slack and a messenger; calls give up after a second."""
    monkeypatch.setattr(client_module, "TIMEOUT", 1)
    async with LocalSlack().running() as slack, client_module.new_session() as session:
        slack.state.add_user(DANA.name)
        clock = FakeClock(NOW)
        client = SlackClient(web_client(TOKEN, session, slack.url), session)
        directory = Directory(client, clock)
        yield Scene(slack, client, directory, SlackMessenger(client, directory), clock)


async def test_a_message_arrives_with_its_answers(scene: Scene) -> None:
    """One post in the direct messages, with blocks, an escaped text beside them and nothing in its metadata but an id."""
    ref = await scene.messenger.send(DANA, "d1", NUDGE)
    (post,) = scene.got
    assert ref.endswith(f":{post['ts']}")
    assert "&lt;!channel&gt;" in str(post["text"])
    assert '"value": "[\\"d1\\",\\"tax#1:\\",\\"on_track\\"]"' in json.dumps(post["blocks"])
    assert post["metadata"] == {"event_type": EVENT, "event_payload": {"id": "d1"}}
    assert await scene.messenger.find(DANA, "d1") == (Found.SENT, ref)
    assert await scene.messenger.find(DANA, "d2") == (Found.ABSENT, "")
    assert scene.messenger.workspace(DANA) == "slack"


async def test_who_somebody_is_is_looked_up_once_a_day(scene: Scene) -> None:
    """User and channel are kept for a day; then who has left is found before anything is sent to them."""
    await scene.messenger.send(DANA, "d1", NUDGE)
    await scene.messenger.send(DANA, "d2", NUDGE)
    assert (scene.called("users.lookupByEmail"), scene.called("conversations.open")) == (1, 1)
    next(iter(scene.slack.state.users.values())).deleted = True
    scene.clock.at += KEPT
    with pytest.raises(SendRefused, match="can't reach this person") as refused:
        await scene.messenger.send(DANA, "d3", NUDGE)
    assert refused.value.final
    assert len(scene.got) == 2


@pytest.mark.parametrize("name", ["nobody@n.example", "Dana Lee"])
async def test_who_is_not_there_is_refused_for_good(scene: Scene, name: str) -> None:
    """Neither an unknown address nor a bare name can be written to; nothing is sent."""
    with pytest.raises(SendRefused, match="users_not_found") as refused:
        await scene.messenger.send(Person(id="p2", name=name), "d1", NUDGE)
    assert refused.value.final


async def test_a_history_that_can_not_be_read_now_is_no_answer(scene: Scene) -> None:
    """Too many calls, a fault of Slack's or no connection: it is looked into later, and taken neither for sent nor for absent."""
    await scene.messenger.send(DANA, "d1", NUDGE)
    for fault in (Fault(Failure.LIMITED), Fault(Failure.BROKEN)):
        scene.slack.state.fail("conversations.history", fault)
        with pytest.raises(SendRefused):
            await scene.messenger.find(DANA, "d1")
    assert (await scene.messenger.find(DANA, "d1"))[0] is Found.SENT


async def test_fewer_calls_are_made_when_slack_asks(scene: Scene) -> None:
    """429 is a refusal with Slack's own time, nothing was sent, and the method rests."""
    scene.slack.state.fail("chat.postMessage", Fault(Failure.LIMITED, retry_after=2))
    with pytest.raises(SendRefused) as refused:
        await scene.messenger.send(DANA, "d1", NUDGE)
    assert (refused.value.retry_after, refused.value.final, scene.got) == (timedelta(seconds=2), False, [])
    before = datetime.now(UTC)
    await scene.messenger.send(DANA, "d1", NUDGE)
    assert datetime.now(UTC) - before >= timedelta(seconds=1.5)
    assert len(scene.got) == 1


@pytest.mark.parametrize("failure", [Failure.BROKEN_AFTER, Failure.DROPPED, Failure.HANGING])
async def test_what_may_have_arrived_is_left_open_and_found(scene: Scene, failure: Failure) -> None:
    """A send that was taken and never answered raises no refusal, is not repeated, and history settles it."""
    scene.slack.state.fail("chat.postMessage", Fault(failure))
    with pytest.raises((SlackError, aiohttp.ClientError, TimeoutError, SlackApiError)):
        await scene.messenger.send(DANA, "d1", NUDGE)
    assert (len(scene.got), scene.called("chat.postMessage")) == (1, 1)
    found, ref = await scene.messenger.find(DANA, "d1")
    assert (found, ref.split(":")[1]) == (Found.SENT, scene.got[0]["ts"])


async def test_what_did_not_arrive_is_found_absent(scene: Scene) -> None:
    """A server that broke before it took the post leaves it open too, and history tells that nothing came."""
    scene.slack.state.fail("chat.postMessage", Fault(Failure.BROKEN))
    with pytest.raises(SlackError) as error:
        await scene.messenger.send(DANA, "d1", NUDGE)
    assert error.value.kind is Kind.OPEN
    assert await scene.messenger.find(DANA, "d1") == (Found.ABSENT, "")


async def test_without_the_scope_history_can_not_tell(scene: Scene) -> None:
    """Where im:history was not granted it is not knowable, which an admin is shown."""
    scene.slack.state.missing_scopes.add("conversations.history")
    await scene.messenger.send(DANA, "d1", NUDGE)
    assert await scene.messenger.find(DANA, "d1") == (Found.UNKNOWABLE, "")


async def test_a_slack_that_can_not_be_reached_has_taken_nothing(scene: Scene) -> None:
    """Before a connection stands nothing can have been sent: it is tried again later."""
    async with client_module.new_session() as session:
        client = SlackClient(web_client(TOKEN, session, "http://127.0.0.1:9/api/"), session)
        gone = SlackMessenger(client, Directory(client, scene.clock))
        with pytest.raises(SendRefused, match="can't be reached") as refused:
            await gone.send(DANA, "d1", NUDGE)
        assert not refused.value.final
        halfway = SlackMessenger(client, scene.directory)
        await scene.directory.user(DANA)
        with pytest.raises(SendRefused, match="can't be reached"):
            await halfway.send(DANA, "d1", NUDGE)


async def test_refused_blocks_go_as_plain_text(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """When Slack takes no blocks the words arrive alone, once, and the log says so without them."""
    scene.slack.state.fail("chat.postMessage", Fault(Failure.ERROR, code="invalid_blocks"))
    await scene.messenger.send(DANA, "d1", NUDGE)
    (post,) = scene.got
    assert "blocks" not in post
    assert "Tax: it fell." in str(post["text"])
    assert "invalid_blocks" in caplog.text
    assert "Tax" not in caplog.text


async def test_a_fault_of_the_setup_names_the_scope(scene: Scene) -> None:
    """A missing scope is said with its name and with what to do; the send is tried again later."""
    scene.slack.state.missing_scopes.add("chat.postMessage")
    with pytest.raises(SendRefused, match="the scope chat:write: `stickshaker check`") as refused:
        await scene.messenger.send(DANA, "d1", NUDGE)
    assert not refused.value.final


async def test_a_wrong_token_is_a_fault_of_the_setup(scene: Scene) -> None:
    """Slack's own word for it is in the reason, the token is not."""
    async with client_module.new_session() as session:
        client = SlackClient(web_client("xoxb-wrong", session, scene.slack.url), session)
        wrong = SlackMessenger(client, Directory(client, scene.clock))
        with pytest.raises(SendRefused, match="invalid_auth") as refused:
            await wrong.send(DANA, "d1", NUDGE)
        assert "wrong" not in str(refused.value)


async def test_a_long_list_is_a_thread(scene: Scene) -> None:
    """What exceeds a message follows below it; a further post that fails leaves the first as sent."""
    section = NUDGE.sections[0]
    many = tuple(section.model_copy(update={"case_id": f"p{n}#1", "title": f"P{n}"}) for n in range(60))
    ref = await scene.messenger.send(DANA, "d1", NUDGE.model_copy(update={"sections": many}))
    first, second = scene.got
    assert (second["thread_ts"], ref.split(":")[1]) == (first["ts"], first["ts"])


async def test_every_code_of_our_methods_has_a_kind(pytestconfig: pytest.Config) -> None:
    """Each error that Slack's pages name for a method we call is in the table, once."""
    path = pytestconfig.rootpath.parent / "shared/fixtures/slack/web_api_methods.json"
    if not path.exists():
        pytest.skip("the pages of Slack's methods are not beside the project")
    pages = json.loads(path.read_text())
    named = set(pages["common_errors"]) | {code for method in PER_MINUTE for code in pages["methods"][method]["errors"]}
    assert named - KINDS.keys() == set()
    assert sum(map(len, CODES.values())) == len(KINDS)


def test_what_becomes_of_a_send_by_its_error() -> None:
    """Open ones are no refusal; limits name a time; who can't be reached and what was wrong are final; setup is not."""
    assert refusal(SlackError("m", "fatal_error")) is None
    assert {
        code: (one.final, one.retry_after is not None)
        for code in ("ratelimited", "missing_scope", "user_disabled", "no_text", "what_is_that")
        if (one := refusal(SlackError("m", code)))
    } == {
        "ratelimited": (False, True),
        "missing_scope": (False, False),
        "user_disabled": (True, False),
        "no_text": (True, False),
        "what_is_that": (True, False),
    }


def test_a_bucket_lets_a_rate_through() -> None:
    """As many as come up in its burst at once, then one by one; after a rest no more than that again."""
    bucket = Bucket(per_second=2.0, burst=1.0)
    assert [bucket.reserve(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert bucket.reserve(200.0) == 0.0
    bucket.park(210.0)
    assert bucket.reserve(201.0) == 9.0


async def test_the_whole_way_to_slack(store: RedisStore, scene: Scene) -> None:
    """From telemetry to a direct message; a post that was dropped after Slack took it is found in history and not sent again."""
    world: World = world_of(store)
    world.use_chat(scene.messenger)
    await world.register(old_pilot("a", owner=DANA.name))
    await world.add_people(DANA.name)
    await world.live()
    scene.slack.state.fail("chat.postMessage", Fault(Failure.DROPPED))
    await world.sweep()
    await world.work()
    world.clock.at = NOW
    await world.work()
    assert len(scene.got) == 1
    world.clock.at += timedelta(minutes=10)
    await world.work()
    (delivery,) = await world.ports.outbox.all()
    assert (delivery.state, delivery.ref.split(":")[1]) == (DeliveryState.SENT, scene.got[0]["ts"])
    assert len(scene.got) == 1


@asynccontextmanager
async def posts_answered(
    scene: Scene, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> AsyncIterator[None]:
    """Have posts answered in this way until the block ends, by a server that is not Slack's."""
    site = web.Application()
    site.router.add_post("/api/chat.postMessage", answer)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.client.web.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "kind", "body", "final", "is_open"),
    [
        (200, "text/html", "<html>login</html>", False, True),
        (200, "application/json", '{"ok": tr', False, True),
        (503, "application/json", "upstream", False, True),
        (502, "text/html", "bad gateway", False, True),
        (200, "text/plain", "hello", False, True),
        (408, "text/html", "timeout", False, True),
        (403, "text/html", "<html>The proxy says no</html>", False, False),
    ],
)
async def test_what_is_no_answer_of_slacks_ends_nothing(
    scene: Scene, status: int, kind: str, body: str, *, final: bool, is_open: bool
) -> None:
    """A page of a proxy, a broken answer, a gateway: either nothing was taken and it comes again, or that is left open; never is it the end."""
    await scene.messenger.send(DANA, "d0", NUDGE)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, content_type=kind, text=body)

    async with posts_answered(scene, answer):
        with pytest.raises(SlackError if is_open else SendRefused) as told:
            await scene.messenger.send(DANA, "d1", NUDGE)
    assert getattr(told.value, "final", False) is final


@pytest.mark.parametrize(("given", "seconds"), [("1.5", 1.5), ("9" * 400, 3600.0), ("soon", 30.0), ("-1", 30.0)])
async def test_whatever_slack_says_of_when_to_come_again(scene: Scene, given: str, seconds: float) -> None:
    """Parts of a second, absurd numbers and words are read as what can be meant, an hour at the most."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": given})

    await scene.messenger.send(DANA, "d0", NUDGE)
    async with posts_answered(scene, answer):
        with pytest.raises(SendRefused) as told:
            await scene.messenger.send(DANA, "d1", NUDGE)
    assert told.value.retry_after == timedelta(seconds=seconds)


@only_in(
    SLACK,
    "Nothing is sent while somebody is not to be disturbed",
    teams="a bot is not told of it without reading presence; Teams itself keeps quiet meanwhile",
)
async def test_who_is_not_to_be_disturbed_is_left_alone(scene: Scene) -> None:
    """While Slack says so nothing is sent, and it says until when; without the right to ask, or an answer, nobody is held back."""
    dana, now = scene.slack.state.user_of(DANA.name), NOW.timestamp()
    dana.quiet = (now - 60, now + 1800)
    with pytest.raises(SendRefused, match="not to be disturbed") as told:
        await scene.messenger.send(DANA, "d1", NUDGE)
    assert (told.value.retry_after, told.value.final, scene.got) == (timedelta(minutes=30), False, [])
    dana.quiet = (now + 3600, now + 7200)
    await scene.messenger.send(DANA, "d1", NUDGE)
    dana.quiet = (now - 60, now + 1800)
    scene.slack.state.fail("dnd.info", Fault(Failure.BROKEN))
    await scene.messenger.send(DANA, "d2", NUDGE)
    scene.slack.state.missing_scopes.add("dnd.info")
    await scene.messenger.send(DANA, "d3", NUDGE)
    await scene.messenger.send(DANA, "d4", NUDGE)
    assert (len(scene.got), scene.called("dnd.info")) == (4, 4)
