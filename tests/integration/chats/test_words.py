"""Words in each chat: what is understood, asked back, corrected and left; and what becomes of it when the chat is in trouble."""

from datetime import date, timedelta

import pytest
from office import Office, Post, at_firm, firm_pilot
from parity import capability
from stories import to

from bot.app.turns import LEASE, answer_turns
from bot.domain.case import CaseState
from bot.domain.turn import Meant

AREA = "Words"
SOON = date(2026, 2, 8)
"""The day before a fall of use is asked about that began on the second."""


@pytest.fixture
async def asked(office: Office) -> Office:
    """Return the office of a firm in which dana was asked about one pilot."""
    pilot = firm_pilot("tax").model_copy(update={"name": "Tax letters"})
    office.story.wake_up(SOON)
    await office.story.begin(pilot, people=(at_firm("kim"),))
    await office.story.until(to(at_firm("dana"), "nudge"))
    return office


def question(asked: Office) -> Post:
    """Return the message in which dana was asked."""
    return next(one for one in asked.at("dana").posts if "Tax letters" in asked.said("dana", one))


@pytest.fixture
async def two(office: Office) -> Office:
    """Return the office of a firm in which dana was asked about two pilots."""
    pilots = [firm_pilot("tax").model_copy(update={"name": "Tax letters"}), firm_pilot("ads")]
    office.story.wake_up(SOON)
    await office.story.begin(*pilots, people=(at_firm("kim"),))
    await office.story.until(to(at_firm("dana"), "nudge"))
    return office


@capability(AREA, "What is missing in an answer by words is asked for, and filled in by words")
async def test_a_missing_detail_is_asked_for_and_filled_in_by_words(asked: Office) -> None:
    """Half an answer is no answer: what is missing is asked for, a wrong detail once more, and then it counts."""
    back = await asked.say("dana", "snooze")
    assert back.startswith("Understood: ask you later.")
    assert "Fill it in" in " ".join([back, *asked.at("dana").labels(asked.last("dana"))])
    assert (await asked.story.case()).state is not CaseState.SNOOZED
    assert "Which day" in await asked.say("dana", "soonish")
    assert "left alone until" in await asked.say("dana", "in two weeks")
    assert (await asked.story.case()).state is CaseState.SNOOZED
    assert await asked.story.world.ports.turns.meant(asked.story.world.ports.people.identify(at_firm("dana"))) is None


@capability(AREA, "A form begins with what was understood of words")
async def test_the_rest_can_be_filled_in_by_a_form_that_knows_what_was_said(asked: Office) -> None:
    """The form begins with what was understood."""
    await asked.say("dana", "blocked")
    await asked.say("dana", "no")
    await asked.say("dana", "I will talk to two teams")
    await asked.tap("dana", "Fill it in", asked.last("dana"))
    assert asked.form("dana")["action"] == "talk to two teams"
    moment = asked.moment(asked.story.world.clock.at + timedelta(days=3))
    assert not await asked.fill("dana", **moment)
    case = await asked.story.case()
    assert case.commitment is not None
    assert case.commitment.action == "talk to two teams"


@capability(AREA, "A no forgets what was understood, by word or by tap")
async def test_a_no_forgets_what_was_understood(asked: Office) -> None:
    """By word or by tap; a yes after it confirms nothing."""
    before = await asked.story.case()
    await asked.say("dana", "on track")
    assert "nothing was noted" in await asked.say("dana", "no")
    assert "Understood" not in await asked.say("dana", "yes")
    await asked.say("dana", "on track")
    shown = asked.last("dana")
    await asked.act(asked.at("dana").tap("No, something else", shown))
    assert "nothing was noted" in asked.besides("dana")
    await asked.act(asked.at("dana").tap("Yes", shown))
    assert "a while ago" in asked.besides("dana")
    assert await asked.story.case() == before


@capability(AREA, "New words take the place of what waits for a yes")
async def test_new_words_take_the_place_of_what_waits_for_a_yes(asked: Office) -> None:
    """Who says something else meant something else."""
    await asked.say("dana", "on track")
    assert "Understood: ask you later" in await asked.say("dana", "snooze two weeks")
    assert "left alone until" in await asked.say("dana", "yes")
    assert (await asked.story.case()).state is CaseState.SNOOZED


@capability(AREA, "Which pilot is meant is asked: answered by number, by button or by name")
async def test_which_pilot_is_meant_is_asked_where_it_is_not_said(two: Office) -> None:
    """Two questions wait: by number, by tap or by the pilot's name it becomes clear, and the words are not asked for again."""
    for pick in ("2", "tap"):
        back = await two.say("dana", "snooze two weeks")
        assert back.startswith("2 questions wait for you. Which pilot is this about?")
        labels = two.at("dana").labels(two.last("dana"))
        if pick == "tap":
            await two.act(two.at("dana").tap(labels[1], two.last("dana")))
            shown = two.reads("dana")
        else:
            shown = await two.say("dana", pick)
        assert "Understood: ask you later, not before" in shown
        assert "nothing was noted" in await two.say("dana", "no")
    for named in ("Tax letters: snooze two weeks", "snooze Tax letters two weeks"):
        assert "Understood: ask you later, not before" in await two.say("dana", named)


@capability(AREA, "Help, why, feedback and settings by words leave the question open")
async def test_words_about_us_are_answered_at_once(asked: Office) -> None:
    """Help, why, feedback and what somebody sets for themselves are no answer to the question, which stays."""
    assert "your own words" in await asked.say("dana", "help")
    assert "registry names you" in await asked.say("dana", "why?")
    assert "This is about the message on Tax letters" in await asked.say("dana", "feedback")
    assert "stands in" in (await asked.say("dana", f"delegate to {at_firm('kim')}")).casefold()
    assert "It is on track" in asked.at("dana").labels(question(asked))
    assert "Nothing waits for an answer from you" in await asked.say("kim", "on track")
    assert "Nothing waits" in await asked.say("kim", "why")


@capability(AREA, "What is not understood says what can be")
async def test_what_is_not_understood_says_what_can_be(asked: Office) -> None:
    """And where two things are said it is asked which."""
    assert "Not understood, sorry. You can say" in await asked.say("dana", "the weather is fine")
    assert "Do you mean" in await asked.say("dana", "on track and end this pilot")
    assert asked.at("dana").labels(asked.last("dana"))


@capability(AREA, "An answer counts at once though the chat lets us show it later only")
async def test_an_answer_waits_while_the_chat_wants_fewer_calls(asked: Office) -> None:
    """What was tapped is noted at once; the message shows it as soon as the chat lets us."""
    asked.refuse("show", seconds=2)
    await asked.act(asked.at("dana").tap("It is on track"))
    assert (await asked.story.case()).state is CaseState.SNOOZED
    assert "It is on track" in asked.at("dana").labels()
    asked.story.world.clock.at += timedelta(seconds=3)
    await asked.settle()
    assert "\u2713 It is on track Thank you" in asked.reads("dana")
    assert len((await asked.story.case()).applied) == 1


@capability(AREA, "The answer to a message that was deleted is shown in a new one")
async def test_a_message_that_is_gone_is_answered_in_a_new_one(asked: Office) -> None:
    """Somebody deleted it: the answer counts, and its author sees it all the same."""
    gone = asked.last("dana")
    asked.delete("dana", gone)
    await asked.act(asked.at("dana").tap("It is on track", gone))
    assert "\u2713 It is on track Thank you" in asked.reads("dana")


@capability(AREA, "An answer in words is told once, though the message was deleted")
async def test_an_answer_in_words_to_a_message_that_is_gone_is_told_once(asked: Office) -> None:
    """There is no message left that would lose its choices."""
    asked.delete("dana", asked.last("dana"))
    await asked.say("dana", "on track")
    await asked.say("dana", "yes")
    told = [one for one in asked.at("dana").posts if "\u2713 It is on track" in asked.said("dana", one)]
    assert len(told) == 1


@capability(AREA, "What somebody did is answered though the worker died that had it")
async def test_a_turn_whose_worker_died_is_answered_by_another(asked: Office) -> None:
    """It is held for a minute, by one at a time; then somebody else takes it, and the words are gone once it was answered."""
    ports, rules = asked.story.world.ports, asked.story.world.rules
    await asked.at("dana").write("help")
    now = ports.clock.now()
    (turn,) = await ports.turns.due(now)
    assert await ports.turns.hold(turn, now, now + LEASE) == 1
    assert await ports.turns.hold(turn, now, now + LEASE) == 0
    assert await answer_turns(ports, rules, {asked.chat: asked.voice}) == 0
    asked.story.world.clock.at += LEASE
    assert await answer_turns(ports, rules, {}) == 0  # another chat's
    assert await answer_turns(ports, rules, {asked.chat: asked.voice}) == 1
    assert await ports.turns.take(turn) is False
    store = asked.story.world.store
    assert set(await store.client.hgetall(store.keys.turn(turn.key))) == {b"held", b"done"}


@capability(AREA, "What was understood is forgotten with its matter")
async def test_what_was_understood_is_forgotten_with_its_matter(asked: Office) -> None:
    """A yes to something whose delivery is not there any more, or that names nothing, changes nothing."""
    turns, dana = asked.story.world.ports.turns, asked.story.world.ports.people.identify(at_firm("dana"))
    await turns.keep_meant(dana, Meant(delivery="gone", section="x", choice="on_track"))
    assert "not open any more" in await asked.say("dana", "yes")
    await turns.keep_meant(dana, Meant(words="on track", offered=(("gone", "x"),)))
    assert "not open any more" in await asked.say("dana", "1")


@capability(AREA, "A form that was open while its matter ended changes nothing and says so")
async def test_the_form_of_a_matter_that_is_over_says_so(asked: Office) -> None:
    """Whoever opens a form of a question that is not there any more reads why, and a form that was open meanwhile changes nothing."""
    story, seen = asked.story, question(asked)
    await asked.tap("dana", "Something is in the way")
    story.back["tax"] = story.today
    await story.days(40)
    before = await story.case()
    assert before.is_closed
    said = await asked.fill("dana", cause="data")
    assert "closed" in (said or asked.said("dana", seen))
    assert await story.case() == before


@capability(AREA, "A yes is to what it stands under")
async def test_a_yes_is_to_what_it_stands_under(asked: Office) -> None:
    """A tap at an older reading confirms nothing, whatever was understood since; its no forgets nothing of it."""
    before = await asked.story.case()
    await asked.say("dana", "on track")
    old = asked.last("dana")
    await asked.say("dana", "stop this pilot")
    for label in ("Yes", "No, something else"):
        await asked.act(asked.at("dana").tap(label, old))
        assert "a while ago" in asked.besides("dana")
    assert await asked.story.case() == before
    assert "is asked to decide" in await asked.say("dana", "yes")
    assert (await asked.story.case()).decision is not None


@capability(AREA, "An ok after other talk confirms nothing")
@pytest.mark.parametrize("between", ["help", "why", f"delegate to {at_firm('kim')}"])
async def test_an_ok_after_other_talk_confirms_nothing(asked: Office, between: str) -> None:
    """Who spoke of something else meanwhile has not said yes."""
    await asked.say("dana", "stop this pilot")
    await asked.say("dana", between)
    await asked.say("dana", "ok")
    assert (await asked.story.case()).decision is None


@capability(AREA, "What was answered otherwise is not confirmed later")
async def test_what_was_answered_otherwise_is_not_confirmed_later(asked: Office) -> None:
    """A command or a tap overtakes what waited for a yes."""
    await asked.say("dana", "stop this pilot")
    await asked.typed("dana", "snooze tax two weeks")
    await asked.say("dana", "ok")
    case = await asked.story.case()
    assert (case.state, case.decision) == (CaseState.SNOOZED, None)


@capability(AREA, "Words of their own are no missing detail")
@pytest.mark.parametrize("words", ["stop asking", "help", "why", "on track", "snooze two weeks"])
async def test_words_of_their_own_are_no_missing_detail(asked: Office, words: str) -> None:
    """While a cause is asked for, whoever says something else is heard."""
    await asked.say("dana", "blocked")
    said = await asked.say("dana", words)
    assert "What is in the way" not in said
    if words == "stop asking":
        assert "Understood: no more messages to you" in said


@capability(AREA, "What somebody else will read is shown back first")
async def test_what_somebody_else_will_read_is_shown_back(asked: Office) -> None:
    """Words that were asked for as a detail go to nobody before a yes."""
    story = asked.story
    await asked.blocked_by("kim", thing="the ledger")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await asked.say("kim", "I need something first")
    assert "Understood: 'Something is needed before that', with 'a signed order'. Right?" in await asked.say(
        "kim", "a signed order"
    )
    assert (await story.case()).requests[-1].said is None
    await asked.say("kim", "yes")
    assert (await story.case()).requests[-1].said == "a signed order"


@capability(AREA, "A pilot's name is no part of a word")
async def test_a_pilots_name_is_no_part_of_a_word(office: Office) -> None:
    """No pilot called hr is named by "three", and "legal" is a cause before it is a pilot; of several the reading names its pilot."""
    story = office.story
    await story.begin(*(firm_pilot(name).model_copy(update={"name": name}) for name in ("hr", "legal")))
    await story.until(to(at_firm("dana"), "nudge"))
    assert "Which pilot is this about?" in await office.say("dana", "snooze three weeks")
    assert "Which pilot is this about?" in await office.say("dana", "blocked by approval until 20 April")
    read = await office.say("dana", "hr: snooze three weeks")
    assert read.replace(" :", ":").startswith("hr: Understood: ask you later")


@capability(AREA, "What was cut off while it was shown is shown by the next try")
@pytest.mark.parametrize("by_tap", [True, False])
async def test_what_was_cut_off_while_it_was_shown_is_shown(asked: Office, *, by_tap: bool) -> None:
    """The answer was noted and Slack did not let us show it: the next try shows it, and asks about nothing anew."""
    await asked.say("dana", "on track")
    shown = asked.last("dana")
    asked.refuse("show", seconds=1)
    await asked.act(asked.at("dana").tap("Yes", shown) if by_tap else asked.at("dana").write("yes"))
    assert (await asked.story.case()).state is CaseState.SNOOZED
    asked.story.world.clock.at += timedelta(minutes=2)
    await asked.settle()
    assert "\u2713 It is on track Thank you" in asked.said("dana", shown if by_tap else asked.last("dana"))
    assert "It is on track" not in asked.at("dana").labels()
    assert len((await asked.story.case()).applied) == 1
