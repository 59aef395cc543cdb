"""The stories of the loop lived through in a local Slack, by HTTP and by a socket: taps, forms and words."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from slack_story import Office, at_firm, office_of, slack_pilot, to_text
from stories import DAY, Story, to

from adapters.playground.slack_state import Failure, Fault
from bot.app.directory import look_up_all
from bot.domain.case import CaseState
from bot.domain.decision import Verdict

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")

pytestmark = pytest.mark.no_cover
"""Lives of weeks: counting lines would double the time, and other tests cover them."""


@pytest.fixture(params=["http", "socket"])
async def office(story: Story, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    """Return the office of a firm, once for each transport."""
    async with office_of(story, *PEOPLE, by=request.param) as opened:
        yield opened


def day_of(office: Office, days: int) -> str:
    """Return a day so many days from now, as a picker gives it."""
    return (office.story.today + days * DAY).isoformat()


async def test_the_whole_story_by_taps(office: Office) -> None:
    """Question, form, named blocker, shown wish, a day that passes twice, a check, the digest, a decision: and each message shows what became of it."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))

    assert (await office.act(dana.tap("Something is in the way"))).status == 200
    assert dana.view["blocks"][0]["text"]["text"] == "Something is in the way"
    assert (await office.act(dana.send(cause="data", thing="the ledger", person=kim.user))).body == {}
    assert "\u2713 Something is in the way Recorded: in the way is access to data" in office.reads("dana")
    assert "Something is in the way" not in dana.labels()
    assert "How far has that come?" in office.reads("dana")

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for _ in range(2):
        await office.act(kim.tap("I can name a day", office.last("kim")))
        refused = await kim.send(day=day_of(office, -1))
        assert refused.body["response_action"] == "errors"
        assert "from tomorrow on" in refused.body["errors"]["day"]
        assert (await office.act(kim.send(day=day_of(office, 4)))).body == {}
        assert "\u2713 I can name a day Thank you. Noted for" in office.reads("kim")
        assert kim.labels(office.last("kim")) == []
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)

    await office.act(dana.tap("Not yet, something is in the way"))
    await office.act(dana.send(cause="data", person=kim.user))
    await story.days(1)
    assert (await story.case()).decision is not None
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("lee"), "review"), most=14)
    await office.act(lee.tap("Release"))
    assert "Released" in office.reads("lee")
    await story.until(to(at_firm("sam"), "digest"), most=10)
    assert sam.labels() == ["Scale", "Fix", "Stop", "Need something"]
    await office.act(sam.tap("Fix"))
    form = [block["block_id"] for block in sam.view["blocks"] if block["type"] == "input"]
    assert (await office.act(sam.send(**{form[0]: day_of(office, 21)}))).body == {}
    assert "\u2713 Fix Recorded: fix it by" in office.reads("sam")
    assert "Months on the way" in office.reads("sam")
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.COMMITTED, Verdict.FIX)
    assert office.slack.state.private == []


async def test_the_whole_story_by_words(office: Office) -> None:
    """The same without one tap: what is understood is shown back, and nothing is noted before a yes."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))
    asked = office.last("dana")

    await office.act(dana.write(f"blocked by data, <@{kim.user}> could clear it"))
    assert office.reads("dana").startswith("Understood: something is in the way: access to data")
    assert at_firm("kim") in office.reads("dana")
    assert (await story.case()).block is None
    await office.act(dana.write("yes"))
    assert "Recorded: in the way is access to data" in office.reads("dana")
    assert "Recorded: in the way" in to_text(asked)
    assert "Something is in the way" not in dana.labels(asked)

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for _ in range(2):
        await office.act(kim.write("by Friday"))
        await office.act(kim.tap("Yes"))
        assert "Thank you. Noted for" in office.reads("kim")
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    await office.act(dana.write(f"blocked by data, <@{kim.user}> could clear it"))
    await office.act(dana.write("yes"))
    await story.days(1)
    await office.act(lee.write("release"))
    await office.act(lee.write("yes"))
    assert "Released" in office.reads("lee")
    await story.until(to(at_firm("sam"), "digest"), most=14)
    await office.act(sam.write("fix it in three weeks"))
    await office.act(sam.write("yes"))
    assert "Recorded: fix it by" in office.reads("sam")
    assert (await story.case()).decided[-1].verdict is Verdict.FIX


async def test_who_has_left_is_not_written_to(office: Office) -> None:
    """An owner who was deactivated gets nothing more: the programme lead is asked, the gap is told, and whoever comes back counts again."""
    story, slack = office.story, office.slack.state
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await office.act(office.at("dana").leave())
    asked = await story.until(to(at_firm("lee"), "nudge"), most=20)
    assert asked.to == at_firm("lee")
    assert office.at("dana").posts == []
    report = await story.world.sweep()
    assert ("an owner whom the chat does not know", ("tax",)) in {(gap.what, gap.pilots) for gap in report.gaps}
    slack.user_of(at_firm("dana")).deleted = False
    await office.act(office.at("dana").write("help"))
    report = await story.world.sweep()
    assert "an owner whom the chat does not know" not in {gap.what for gap in report.gaps}


async def test_an_owner_whom_slack_does_not_know_is_found_out_by_sending(office: Office) -> None:
    """Nobody told us that they left: the first message finds it, is listed as not sent, and the programme lead is asked instead."""
    story = office.story
    await story.begin(slack_pilot("tax", owner="nora"), people=(at_firm("kim"),))
    await story.until(to(at_firm("lee"), "nudge"), most=30)
    dead = await story.world.ports.dead_letters.all()
    assert [one.reason for one in dead] == ["Slack can't reach this person (users_not_found)"]


async def test_the_directory_is_looked_up_once_a_day(office: Office) -> None:
    """Whoever left without a word is found, whoever came back too, and a clock that the registry does not tell is learned; where it tells one, that counts."""
    story, ports = office.story, office.story.world.ports
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
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


async def test_others_are_told_that_it_is_not_theirs(office: Office) -> None:
    """A tap of somebody else, and one of a stranger, changes nothing and is explained to them alone."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    before = await story.case()
    seen = office.last("dana")
    for who, said in (("kim", "was put to somebody else"), ("eve", "I don't know you yet")):
        await office.act(office.at(who).tap("It is on track", seen))
        assert said in office.slack.state.private[-1]["text"]
        assert office.slack.state.private[-1]["user"] == office.at(who).user
        assert (await office.act(office.at(who).tap("Something is in the way", seen))).status == 200
        assert "input" not in str(office.at(who).view["blocks"])
    assert await story.case() == before


async def test_a_late_tap_explains_itself(office: Office) -> None:
    """A tap on a message whose matter is over changes nothing and says so where it was made."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    seen = {**office.last("dana")}
    await office.act(office.at("dana").tap("It is on track"))
    first = office.reads("dana")
    assert "left alone until" in first
    after = await story.case()
    await office.act(office.at("dana").tap("It is on track", seen))
    assert (await story.case()).applied[:-1] == after.applied
    assert (await story.case()).snoozed_until == after.snoozed_until


async def test_one_tap_that_comes_three_times_acts_once(office: Office) -> None:
    """Slack delivers what it is not sure about again, and at times on two sockets: one answer, one update."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana = office.at("dana")
    for _ in range(3):
        assert (await dana.tap("It is on track", office.last("dana"), at="1773306000.000100")).status == 200
    await office.settle()
    assert len((await story.case()).applied) == 1
    assert [name for name, _ in office.slack.state.calls].count("chat.update") == 1


async def test_the_home_tab_shows_what_is_theirs(office: Office) -> None:
    """An owner sees what waits, their pilots and what is asked in their name; the sponsor nothing of that; an admin how all is; a stranger nothing."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
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


async def test_a_shortcut_at_a_message_tells_why_and_takes_feedback(office: Office) -> None:
    """Why this very message came, and what it was to whoever got it, without touching its question."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
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
async def test_a_digest_arrives_whatever_blocks_the_workspace_has(office: Office, refused: frozenset[str]) -> None:
    """Where Slack draws no charts yet they come as lines, and where it refuses blocks altogether as words: once, and with every bar."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
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


async def test_nobodys_words_ping_or_fake_anything(office: Office) -> None:
    """Names and words with mentions, links and marks of every kind arrive as they were written: Slack reads nothing into them."""
    story = office.story
    evil = "<!channel> <@U00000003> <https://evil.example|safe> *bold* `code` <!subteam^S1|@team> &amp;"
    await story.begin(slack_pilot("tax").model_copy(update={"name": evil[:200]}), people=(at_firm("kim"),))
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


async def test_a_socket_that_was_closed_or_went_deaf_is_built_anew(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack closes sockets, and some go silent: what people do afterwards arrives all the same."""
    monkeypatch.setattr("adapters.slack.socket.LOOK", 0.1)
    monkeypatch.setattr("adapters.slack.socket.PING", 0.2)
    async with office_of(story, *PEOPLE, by="socket") as office:
        await story.begin(slack_pilot("tax"))
        first = office.slack.deliveries.sockets[-1]
        await office.slack.drop_sockets()
        await _heard(office, first)
        second = office.slack.deliveries.sockets[-1]
        office.slack.deaf.add(id(second))
        await _heard(office, second)


async def _heard(office: Office, but: object) -> None:
    """Return once words arrive on another socket than this one."""
    async with asyncio.timeout(20):
        while not [one for one in office.slack.deliveries.sockets if one is not but]:  # noqa: ASYNC110  the library connects
            await asyncio.sleep(0.05)
    answer = await office.act(office.at("dana").write("help"))
    assert answer.status == 200
    assert "your own words" in office.reads("dana")
