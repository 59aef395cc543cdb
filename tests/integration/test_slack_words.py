"""Words in a local Slack: what is understood, asked back, corrected and left; and what becomes of it when Slack is in trouble."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_story import Office, at_firm, office_of, slack_pilot, to_text
from stories import DAY, Story, to

from adapters.playground.slack_state import Failure, Fault
from adapters.slack import app as app_module
from adapters.slack.inbound import CHAT
from bot.app.turns import LEASE, MOST, answer_turns
from bot.domain.case import CaseState
from bot.domain.turn import Meant

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")


@pytest.fixture
async def office(story: Story) -> AsyncIterator[Office]:
    """Return the office of a firm in which dana was asked about one pilot."""
    async with office_of(story, *PEOPLE) as opened:
        await story.begin(slack_pilot("tax").model_copy(update={"name": "Tax letters"}), people=(at_firm("kim"),))
        await story.until(to(at_firm("dana"), "nudge"))
        yield opened


@pytest.fixture
async def two(story: Story) -> AsyncIterator[Office]:
    """Return the office of a firm in which dana was asked about two pilots."""
    async with office_of(story, *PEOPLE) as opened:
        pilots = [slack_pilot("tax").model_copy(update={"name": "Tax letters"}), slack_pilot("ads")]
        await story.begin(*pilots, people=(at_firm("kim"),))
        await story.until(to(at_firm("dana"), "nudge"))
        yield opened


async def say(office: Office, words: str, who: str = "dana") -> str:
    """Write words as somebody and return what comes back."""
    assert (await office.act(office.at(who).write(words))).status == 200
    return office.reads(who)


async def test_a_missing_detail_is_asked_for_and_filled_in_by_words(office: Office) -> None:
    """Half an answer is no answer: what is missing is asked for, a wrong detail once more, and then it counts."""
    asked = await say(office, "snooze")
    assert asked.startswith("Understood: ask you later.")
    assert "Fill it in" in asked
    assert (await office.story.case()).state is not CaseState.SNOOZED
    assert "Which day" in await say(office, "soonish")
    assert "left alone until" in await say(office, "in two weeks")
    assert (await office.story.case()).state is CaseState.SNOOZED
    assert await office.story.world.ports.turns.meant(office.story.world.ports.people.identify(at_firm("dana"))) is None


async def test_the_rest_can_be_filled_in_by_a_form_that_knows_what_was_said(office: Office) -> None:
    """The form begins with what was understood."""
    await say(office, "blocked")
    await say(office, "no")
    await say(office, "I will talk to two teams")
    dana = office.at("dana")
    await office.act(dana.tap("Fill it in", office.last("dana")))
    begins = {b["block_id"]: b["element"].get("initial_value") for b in dana.view["blocks"] if b["type"] == "input"}
    assert begins["action"] == "talk to two teams"
    moment = int((office.story.world.clock.at + timedelta(days=3)).timestamp())
    assert (await office.act(dana.send(at=moment))).body == {}
    case = await office.story.case()
    assert case.commitment is not None
    assert case.commitment.action == "talk to two teams"


async def test_a_no_forgets_what_was_understood(office: Office) -> None:
    """By word or by tap; a yes after it confirms nothing."""
    before = await office.story.case()
    await say(office, "on track")
    assert "nothing was noted" in await say(office, "no")
    assert "Understood" not in await say(office, "yes")
    await say(office, "on track")
    shown = office.last("dana")
    await office.act(office.at("dana").tap("No, something else", shown))
    assert "nothing was noted" in office.slack.state.private[-1]["text"]
    await office.act(office.at("dana").tap("Yes", shown))
    assert "a while ago" in office.slack.state.private[-1]["text"]
    assert await office.story.case() == before


async def test_new_words_take_the_place_of_what_waits_for_a_yes(office: Office) -> None:
    """Who says something else meant something else."""
    await say(office, "on track")
    assert "Understood: ask you later" in await say(office, "snooze two weeks")
    assert "left alone until" in await say(office, "yes")
    assert (await office.story.case()).state is CaseState.SNOOZED


async def test_which_pilot_is_meant_is_asked_where_it_is_not_said(two: Office) -> None:
    """Two questions wait: by number, by tap or by the pilot's name it becomes clear, and the words are not asked for again."""
    for pick in ("2", "tap"):
        asked = await say(two, "snooze two weeks")
        assert asked.startswith("2 questions wait for you. Which pilot is this about?")
        labels = two.at("dana").labels(two.last("dana"))
        if pick == "tap":
            await two.act(two.at("dana").tap(labels[1], two.last("dana")))
            shown = two.reads("dana")
        else:
            shown = await say(two, pick)
        assert "Understood: ask you later, not before" in shown
        assert "nothing was noted" in await say(two, "no")
    assert "Understood" in await say(two, "Tax letters: snooze two weeks") or "2 questions" in two.reads("dana")
    await say(two, "snooze Tax letters two weeks")
    assert "Which pilot" not in two.reads("dana")


async def test_words_about_us_are_answered_at_once(office: Office) -> None:
    """Help, why, feedback and what somebody sets for themselves are no answer to the question, which stays."""
    assert "your own words" in await say(office, "help")
    assert "registry names you" in await say(office, "why?")
    assert "This is about the message on Tax letters" in await say(office, "feedback")
    assert "stands in" in (await say(office, f"delegate to {at_firm('kim')}")).casefold()
    assert "kim" in await say(office, "settings") or "Not understood" in office.reads("dana")
    asked = office.at("dana").posts[0]
    assert "It is on track" in office.at("dana").labels(asked)
    assert "Nothing waits for an answer from you" in await say(office, "on track", "kim")
    assert "Nothing waits" in await say(office, "why", "kim")


async def test_what_is_not_understood_says_what_can_be(office: Office) -> None:
    """And where two things are said it is asked which."""
    assert "Not understood, sorry. You can say" in await say(office, "the weather is fine")
    assert "Do you mean" in await say(office, "on track and end this pilot")
    assert office.at("dana").labels(office.last("dana"))


async def test_who_is_meant_has_to_be_known(office: Office) -> None:
    """A bot that was picked in a form is nobody: that is said, and nothing is noted."""
    office.slack.state.add_user("robot@n.example", is_bot=True)
    dana = office.at("dana")
    await office.act(dana.tap("Something is in the way"))
    await office.act(dana.send(cause="data", person=office.at("robot").user))
    assert "I can't tell who that is" in office.slack.state.private[-1]["text"]
    assert (await office.story.case()).block is None


async def test_an_answer_waits_while_slack_wants_fewer_calls(office: Office) -> None:
    """What was tapped is noted at once; the message shows it as soon as Slack lets us."""
    office.slack.state.fail("chat.update", Fault(Failure.LIMITED, retry_after=2))
    await office.act(office.at("dana").tap("It is on track"))
    assert (await office.story.case()).state is CaseState.SNOOZED
    assert "It is on track" in office.at("dana").labels()
    office.story.world.clock.at += timedelta(seconds=3)
    await office.settle()
    assert "\u2713 It is on track Thank you" in office.reads("dana")
    assert len((await office.story.case()).applied) == 1


async def test_words_whose_answer_may_have_arrived_are_not_answered_twice(office: Office) -> None:
    """A reply that Slack did not confirm is looked for in the history before it is said again."""
    for failure, count in ((Failure.DROPPED, 2), (Failure.BROKEN, 4)):
        office.slack.state.fail("chat.postMessage", Fault(failure))
        await office.act(office.at("dana").write("help"))
        office.story.world.clock.at += timedelta(minutes=2)
        await office.settle()
        said = [p for p in office.at("dana").posts if "your own words" in to_text(p)]
        assert len(said) == count // 2
        assert await office.story.world.ports.turns.due(office.story.world.clock.at + DAY) == []


async def test_a_message_that_is_gone_is_answered_in_a_new_one(office: Office) -> None:
    """Somebody deleted it: the answer counts, and its author sees it all the same."""
    dana = office.at("dana")
    asked = dana.posts[0]
    dana.posts.remove(asked)
    await office.act(dana.tap("It is on track", asked))
    assert "\u2713 It is on track Thank you" in office.reads("dana")


async def test_after_many_tries_a_turn_is_given_up_and_said(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing waits for ever: after eight tries its author is told, and the log has the kind of fault and no word of theirs."""
    caplog.set_level(logging.INFO)
    office.slack.state.fail("chat.postMessage", Fault(Failure.BROKEN), times=2 * MOST)
    await office.act(office.at("dana").write("snooze until the auditors of Contoso leave"))
    for _ in range(MOST):
        office.story.world.clock.at += timedelta(hours=1)
        await office.settle()
    assert "could not be noted" in office.slack.state.private[-1]["text"]
    assert await office.story.world.ports.turns.due(office.story.world.clock.at + DAY) == []
    assert "given up after 8 tries" in caplog.text
    assert "Contoso" not in caplog.text
    assert at_firm("dana") not in caplog.text


async def test_a_turn_whose_worker_died_is_answered_by_another(office: Office) -> None:
    """It is held for a minute, by one at a time; then somebody else takes it, and the words are gone once it was answered."""
    ports, rules = office.story.world.ports, office.story.world.rules
    await office.at("dana").write("help")
    now = ports.clock.now()
    (turn,) = await ports.turns.due(now)
    assert await ports.turns.hold(turn, now, now + LEASE) == 1
    assert await ports.turns.hold(turn, now, now + LEASE) == 0
    assert await answer_turns(ports, rules, {CHAT: office.voice}) == 0
    office.story.world.clock.at += LEASE
    assert await answer_turns(ports, rules, {}) == 0  # another chat's
    assert await answer_turns(ports, rules, {CHAT: office.voice}) == 1
    assert await ports.turns.take(turn) is False
    store = office.story.world.store
    assert set(await store.client.hgetall(store.keys.turn(turn.key))) == {b"held", b"done"}


async def test_what_was_understood_is_forgotten_with_its_matter(office: Office) -> None:
    """A yes to something whose delivery is not there any more, or that names nothing, changes nothing."""
    turns, dana = office.story.world.ports.turns, office.story.world.ports.people.identify(at_firm("dana"))
    await turns.keep_meant(dana, Meant(delivery="gone", section="x", choice="on_track"))
    assert "not open any more" in await say(office, "yes")
    await turns.keep_meant(dana, Meant(words="on track", offered=(("gone", "x"),)))
    assert "not open any more" in await say(office, "1")


async def test_a_slow_command_is_answered_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it takes long Slack hears that at once, and the answer follows at the address that came with it; never at another's."""
    monkeypatch.setattr(app_module, "AT_ONCE", 0.0)
    answer = await office.at("dana").command("settings")
    assert "One moment" in to_text(answer.body)
    await office.app.close()
    (later,) = office.slack.state.responses
    assert later["response_type"] == "ephemeral"
    assert "Stands in for you" in to_text(later)
    await office.client.respond("https://evil.example/x", {"text": "no"})
    await asyncio.sleep(0)
    assert len(office.slack.state.responses) == 1


async def test_the_form_of_a_matter_that_is_over_says_so(office: Office) -> None:
    """Whoever opens a form of a question that is not there any more reads why, and a form that was open meanwhile changes nothing."""
    dana = office.at("dana")
    await office.act(dana.tap("Something is in the way"))
    story = office.story
    story.back["tax"] = story.today
    await story.days(40)
    await office.act(dana.send(cause="data"))
    assert (await story.case()).is_closed
    assert "This one is closed" in to_text(dana.posts[0])
    assert dana.labels(dana.posts[0]) == []


async def test_a_form_that_can_not_be_opened_or_filled_breaks_nothing(office: Office) -> None:
    """A trigger that is over opens nothing; a form that can't be filled says to try again."""
    dana = office.at("dana")
    office.slack.state.fail("views.open", Fault(Failure.ERROR, "expired_trigger_id"))
    assert (await office.act(dana.tap("Ask me later"))).status == 200
    assert office.slack.state.views == {}
    office.slack.state.fail("users.info", Fault(Failure.BROKEN))
    await office.act(dana.tap("Ask me later"))
    assert "try again" in str(dana.view["blocks"])
    office.slack.state.fail("views.update", Fault(Failure.BROKEN))
    assert (await office.act(dana.tap("Ask me later"))).status == 200


async def test_a_yes_is_to_what_it_stands_under(office: Office) -> None:
    """A tap at an older reading confirms nothing, whatever was understood since; its no forgets nothing of it."""
    before = await office.story.case()
    await say(office, "on track")
    old = office.last("dana")
    await say(office, "stop this pilot")
    for label in ("Yes", "No, something else"):
        await office.act(office.at("dana").tap(label, old))
        assert "a while ago" in office.slack.state.private[-1]["text"]
    assert await office.story.case() == before
    assert "is asked to decide" in await say(office, "yes")
    assert (await office.story.case()).decision is not None


@pytest.mark.parametrize("between", ["help", "why", f"delegate to {at_firm('kim')}"])
async def test_an_ok_after_other_talk_confirms_nothing(office: Office, between: str) -> None:
    """Who spoke of something else meanwhile has not said yes."""
    await say(office, "stop this pilot")
    await say(office, between)
    await say(office, "ok")
    assert (await office.story.case()).decision is None


async def test_what_was_answered_otherwise_is_not_confirmed_later(office: Office) -> None:
    """A command or a tap overtakes what waited for a yes."""
    await say(office, "stop this pilot")
    await office.act(office.at("dana").command("snooze tax two weeks"))
    await say(office, "ok")
    case = await office.story.case()
    assert (case.state, case.decision) == (CaseState.SNOOZED, None)


@pytest.mark.parametrize("words", ["stop asking", "help", "why", "on track", "snooze two weeks"])
async def test_words_of_their_own_are_no_missing_detail(office: Office, words: str) -> None:
    """While a cause is asked for, whoever says something else is heard."""
    await say(office, "blocked")
    said = await say(office, words)
    assert "What is in the way" not in said
    if words == "stop asking":
        assert "Understood: no more messages to you" in said


async def test_what_somebody_else_will_read_is_shown_back(office: Office) -> None:
    """Words that were asked for as a detail go to nobody before a yes."""
    story = office.story
    await office.act(office.at("dana").tap("Something is in the way"))
    await office.act(office.at("dana").send(cause="data", thing="the ledger", person=office.at("kim").user))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await say(office, "I need something first", "kim")
    assert "Understood: 'Something is needed before that', with 'a signed order'. Right?" in await say(
        office, "a signed order", "kim"
    )
    assert (await story.case()).requests[-1].said is None
    await say(office, "yes", "kim")
    assert (await story.case()).requests[-1].said == "a signed order"


async def test_a_pilots_name_is_no_part_of_a_word(story: Story) -> None:
    """No pilot called hr is named by "three", and "legal" is a cause before it is a pilot; of several the reading names its pilot."""
    async with office_of(story, *PEOPLE) as office:
        pilots = [slack_pilot(name).model_copy(update={"name": name}) for name in ("hr", "legal")]
        await story.begin(*pilots)
        await story.until(to(at_firm("dana"), "nudge"))
        assert "Which pilot is this about?" in await say(office, "snooze three weeks")
        assert "Which pilot is this about?" in await say(office, "blocked by approval until 20 April")
        assert (await say(office, "hr: snooze three weeks")).startswith("hr : Understood: ask you later")


@pytest.mark.parametrize("by_tap", [True, False])
async def test_what_was_cut_off_while_it_was_shown_is_shown(office: Office, *, by_tap: bool) -> None:
    """The answer was noted and Slack did not let us show it: the next try shows it, and asks about nothing anew."""
    await say(office, "on track")
    shown = office.last("dana")
    office.slack.state.fail("chat.update", Fault(Failure.LIMITED, retry_after=1))
    await office.act(office.at("dana").tap("Yes", shown) if by_tap else office.at("dana").write("yes"))
    assert (await office.story.case()).state is CaseState.SNOOZED
    office.story.world.clock.at += timedelta(minutes=2)
    await office.settle()
    assert "\u2713 It is on track Thank you" in to_text(shown if by_tap else office.last("dana"))
    assert "It is on track" not in office.at("dana").labels(office.at("dana").posts[0])
    assert office.slack.state.private == []
    assert len((await office.story.case()).applied) == 1


async def test_given_up_after_it_was_noted_it_is_said_what_was_noted(office: Office) -> None:
    """Slack never lets us update the message: whoever answered is told in private what counts."""
    office.slack.state.fail("chat.update", Fault(Failure.BROKEN), times=2 * MOST)
    await office.act(office.at("dana").tap("It is on track"))
    for _ in range(MOST):
        office.story.world.clock.at += timedelta(hours=1)
        await office.settle()
    assert "left alone until" in office.slack.state.private[-1]["text"]
