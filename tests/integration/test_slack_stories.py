"""What only Slack has or does, lived in a local one: sockets, the home tab, shortcuts, blocks that a workspace lacks."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from office import at_firm, firm_pilot
from offices import SLACK
from parity import only_in
from slack_story import SlackOffice, office_of, to_text
from stories import DAY, Story, to

from adapters.playground.slack_state import Failure, Fault
from bot.app.directory import look_up_all

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


@pytest.fixture(params=["http", "socket"])
async def office(story: Story, request: pytest.FixtureRequest) -> AsyncIterator[SlackOffice]:
    """Return the office of a firm, once for each transport."""
    async with office_of(story, *PEOPLE, by=request.param) as opened:
        yield opened


def day_of(office: SlackOffice, days: int) -> str:
    """Return a day so many days from now, as a picker gives it."""
    return (office.story.today + days * DAY).isoformat()


async def test_the_directory_is_looked_up_once_a_day(office: SlackOffice) -> None:
    """Whoever left without a word is found, whoever came back too, and a clock that the registry does not tell is learned; where it tells one, that counts."""
    story, ports = office.story, office.story.world.ports
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    slack = office.slack.state
    slack.user_of(at_firm("dana")).deleted = True
    slack.user_of(at_firm("kim")).timezone = "America/New_York"
    slack.user_of(at_firm("lee")).timezone = "Mars/Base"
    assert await look_up_all(ports, {"slack": office.voice}) == 1
    people = {p.name: p for p in (await ports.people.all()).values()}
    assert people[at_firm("dana")].gone_on == story.today
    assert people[at_firm("kim")].timezone == "America/New_York"
    assert people[at_firm("lee")].timezone is None
    assert ("changed",) in ports.queue.asked  # type: ignore[attr-defined]  # the fake one
    kim = people[at_firm("kim")]
    assert await ports.people.get(kim.id) == kim
    assert (await ports.people.some([kim.id]))[kim.id] == kim
    await ports.people.put([kim.model_copy(update={"timezone": "Asia/Tokyo"})])
    assert (known := await ports.people.get(kim.id)) is not None
    assert known.timezone == "Asia/Tokyo"
    slack.user_of(at_firm("dana")).deleted = False
    slack.fail("users.lookupByEmail", Fault(Failure.BROKEN))
    assert await look_up_all(ports, {"slack": office.voice}) == 0
    back = [p.gone_on for p in (await ports.people.all()).values() if p.name == at_firm("dana")]
    assert back in ([None], [story.today])  # whom the fault met is looked up tomorrow


async def test_one_tap_that_comes_three_times_acts_once(office: SlackOffice) -> None:
    """Slack delivers what it is not sure about again, and at times on two sockets: one answer, one update."""
    story = office.story
    await office.ask("kim")
    dana = office.at("dana")
    for _ in range(3):
        assert (await dana.tap("It is on track", office.last("dana"), at="1773306000.000100")).status == 200
    await office.settle()
    assert len((await story.case()).applied) == 1
    assert [name for name, _ in office.slack.state.calls].count("chat.update") == 1


async def test_the_home_tab_shows_what_is_theirs(office: SlackOffice) -> None:
    """An owner sees what waits, their pilots and what is asked in their name; the sponsor nothing of that; an admin how all is; a stranger nothing."""
    await office.ask("kim")
    seen = {}
    for who in ("dana", "sam", "ada", "eve"):
        assert (await office.act(office.at(who).open_home())).status == 200
        seen[who] = to_text(office.at(who).home)
    assert seen["dana"].startswith("Waiting for your answer Pilot tax: ")
    assert "Your pilots Pilot tax (tax): stage pilot since" in seen["dana"]
    assert "Stands in for you: not set" in seen["dana"]
    assert "Waiting for your answer Nothing waits" in seen["sam"]
    assert "How Stickshaker is Live: messages leave. Nothing is wrong that we know of." in seen["ada"]
    assert seen["eve"].startswith("I can't tell who you are")
    await office.act(office.at("dana").tap_home("Answer"))
    assert office.reads("dana").startswith("1 question, about 10 seconds. Pilot tax")
    await office.act(office.at("dana").tap("Something is in the way", office.last("dana")))
    await office.act(office.at("dana").send(cause="data", thing="the ledger", person=office.at("kim").user))
    for who in ("dana", "sam"):
        await office.act(office.at(who).open_home())
        seen[who] = to_text(office.at(who).home)
    assert "Asked in the name of your pilots Pilot tax: Asked of kim@n.example for the ledger" in seen["dana"]
    assert "ledger" not in seen["sam"]


@only_in(
    SLACK,
    "A menu at each message tells why it came, and takes feedback on it",
    teams="a bot has no menu at its own messages without an extension that reads others'; the words `why` and `feedback` do it about the newest message",
)
async def test_a_shortcut_at_a_message_tells_why_and_takes_feedback(office: SlackOffice) -> None:
    """Why this very message came, and what it was to whoever got it, without touching its question."""
    await office.ask("kim")
    dana = office.at("dana")
    asked = office.last("dana")
    await office.act(dana.shortcut("why", asked))
    assert "registry names you" in office.slack.state.private[-1]["text"]
    await office.act(dana.shortcut("feedback", asked))
    assert "This is about the message on Pilot tax" in office.reads("dana")
    labels = dana.labels(office.last("dana"))
    await office.act(dana.tap(labels[0], office.last("dana")))
    assert f"\u2713 {labels[0]} Thank you" in office.reads("dana")
    assert "It is on track" in dana.labels(asked)


@pytest.mark.parametrize("refused", [frozenset(), frozenset({"data_visualization"}), frozenset({"rich_text"})])
async def test_a_digest_arrives_whatever_blocks_the_workspace_has(office: SlackOffice, refused: frozenset[str]) -> None:
    """Where Slack draws no charts yet they come as lines, and where it refuses blocks altogether as words: once, and with every bar."""
    story = office.story
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    office.slack.state.refused_blocks = refused
    await story.until(to(at_firm("lee"), "review"), most=20)
    await office.act(office.at("lee").write("release"))
    await office.act(office.at("lee").write("yes"))
    assert "Released" in office.reads("lee")
    await story.until(to(at_firm("sam"), "digest"), most=14)
    (digest,) = office.at("sam").posts
    kinds = [block["type"] for block in digest.get("blocks", [])]
    assert ("data_visualization" in kinds) is not bool(refused)
    assert (kinds == []) is ("rich_text" in refused)
    assert "under 12 months" in str(digest)
    assert office.client.draws is not bool(refused)


async def test_nobodys_words_ping_or_fake_anything(office: SlackOffice) -> None:
    """Names and words with mentions, links and marks of every kind arrive as they were written: Slack reads nothing into them."""
    story = office.story
    evil = "<!channel> <@U00000003> <https://evil.example|safe> *bold* `code` <!subteam^S1|@team> &amp;"
    await story.begin(firm_pilot("tax").model_copy(update={"name": evil[:200]}), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, kim = office.at("dana"), office.at("kim")
    await office.act(dana.tap("Something is in the way"))
    await office.act(dana.send(cause="data", thing=evil[:150], person=kim.user))
    await office.act(dana.write(f"blocked by {evil}"))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    posts = [
        post for name in ("dana", "kim") for post in office.at(name).posts if post["user"] == office.slack.state.bot
    ]
    assert any(evil[:20] in to_text(post) for post in posts)
    for post in posts:
        assert '"mrkdwn"' not in json.dumps(post.get("blocks", []))
        assert "<" not in post["text"]
    sent = [body for name, body in office.slack.state.calls if name == "chat.postMessage"]
    assert all(body["mrkdwn"] is False for body in sent)


@only_in(SLACK, "No public address is needed: it is reached by a socket", teams="Microsoft delivers by HTTPS only")
async def test_a_socket_that_was_closed_or_went_deaf_is_built_anew(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack closes sockets, and some go silent: what people do afterwards arrives all the same."""
    monkeypatch.setattr("adapters.slack.socket.LOOK", 0.1)
    monkeypatch.setattr("adapters.slack.socket.PING", 0.2)
    async with office_of(story, *PEOPLE, by="socket") as office:
        await story.begin(firm_pilot("tax"))
        first = office.slack.deliveries.sockets[-1]
        await office.slack.drop_sockets()
        await _heard(office, first)
        second = office.slack.deliveries.sockets[-1]
        office.slack.deaf.add(id(second))
        await _heard(office, second)


async def _heard(office: SlackOffice, but: object) -> None:
    """Return once words arrive on another socket than this one."""
    async with asyncio.timeout(20):
        while not [one for one in office.slack.deliveries.sockets if one is not but]:  # noqa: ASYNC110  the library connects
            await asyncio.sleep(0.05)
    answer = await office.act(office.at("dana").write("help"))
    assert answer.status == 200
    assert "your own words" in office.reads("dana")
