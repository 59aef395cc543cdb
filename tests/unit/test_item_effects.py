"""What an answer to an item does, and what feedback does: what its label says and no more, once, to one case."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, finding, open_case
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ask import Request, Thing
from bot.domain.case import Block, Case, CaseState, Commitment
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.finding import Kind
from bot.domain.outreach import Role
from bot.domain.people import Preferences
from bot.domain.playbook import Budgets
from bot.domain.reply import (
    Answer,
    Cause,
    Elsewhere,
    Feedback,
    HandOver,
    ItemAnswer,
    NotMe,
    Reply,
    SnoozeUntil,
    StopAsking,
)
from bot.domain.survey import Answered, FeedbackOption, ItemId, Posed, Standing
from bot.policy.answer import apply_reply
from bot.policy.item_effects import (
    apply_feedback,
    apply_item,
    fewer,
    plain_answer,
    plain_feedback,
    preferences_after,
)
from bot.policy.lead_list import DATA_CHECK

DAY = timedelta(days=1)
TODAY = NOW.date()
TEN = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
OWNER = "p_owner"
BLOCK = Block(cause=Cause.DATA, person="Kim", until=TODAY + 9 * DAY, said_by=OWNER, said_at=NOW - DAY)
ITEMS = (ItemId.HOLDS_BACK, ItemId.DATA, ItemId.QUALITY, ItemId.NEXT_STEP)
POSED = tuple(
    Posed(item=i, person=OWNER, at=NOW - DAY, in_reply=True, action="call Kim" if i is ItemId.NEXT_STEP else None)
    for i in ITEMS
)
ASKED = open_case(posed=POSED, state=CaseState.BLOCKED, block=BLOCK)
"""A case that is blocked, and all four items were put to its owner."""


def item(which: ItemId, option: str, **given: object) -> ItemAnswer:
    """Return an answer to an item."""
    return ItemAnswer.model_validate({"item": which, "option": option, **given})


def after(answer: ItemAnswer, case: Case = ASKED, person: str = OWNER, key: str = "k1") -> Case:
    """Return the case after an answer."""
    return apply_item(case, answer, person, key, NOW)


def fed(feedback: Feedback, case: Case = ASKED, role: Role = Role.OWNER) -> Case:
    """Return the case after feedback."""
    return apply_feedback(case, feedback, OWNER, "k1", NOW, role)


WHEN = item(ItemId.NEXT_STEP, "when", at=TEN, second="move")


@pytest.mark.parametrize(
    "answer",
    [
        item(ItemId.DATA, "sample", second="the ledger"),
        item(ItemId.QUALITY, "missed", second="rework", words="half of it"),
        item(ItemId.DATA, Standing.DONT_KNOW),
        item(ItemId.NEXT_STEP, Standing.DONT_KNOW),
    ],
)
def test_what_tells_of_a_state_is_recorded_and_moves_nothing(answer: ItemAnswer) -> None:
    """The case keeps the answer, by whom and when, and the reply's key; everything else stays."""
    moved = after(answer)
    kept = Answered(item=answer.item, option=answer.option, second=answer.second, words=answer.words, at=NOW, by=OWNER)
    assert moved == ASKED.model_copy(update={"answers": (kept,), "applied": ("k1",)})


def test_a_suggested_step_is_promised_as_it_was_shown() -> None:
    """A moment makes the step that was shown a commitment, with what is done when something gets in the way."""
    moved = after(WHEN)
    step = Commitment(action="call Kim", due_at=TEN, said_by=OWNER, made_at=NOW, otherwise="move")
    assert (moved.state, moved.commitment, moved.block) == (CaseState.COMMITTED, step, None)
    assert [(a.option, a.second) for a in moved.answers] == [("when", "move")]


def test_another_step_is_promised_in_the_persons_own_words() -> None:
    """The other step takes the place of the suggested one, and a step that was moved is counted."""
    moved = after(item(ItemId.NEXT_STEP, "other", at=TEN, words="write to Jo", second="sponsor"), after(WHEN), key="k2")
    assert moved.commitment is not None
    assert (moved.commitment.action, moved.commitment.otherwise, moved.commitment.moves) == (
        "write to Jo",
        "sponsor",
        1,
    )


def test_somebody_else_first_is_a_block_with_what_is_needed() -> None:
    """What somebody else has to do first is a block by that person, and the wish that follows is the case's."""
    thing = Thing(kind="other", words="a list")
    wish = Request(
        person="p_jo", name="Jo", thing=thing, due=TODAY + 9 * DAY, since=TODAY, made_at=NOW, leaves_on=TODAY + DAY
    )
    answer = item(ItemId.NEXT_STEP, "first", words="a list", person="Jo")
    moved = apply_item(ASKED, answer, OWNER, "k1", NOW, wish)
    assert moved.block is not None
    assert (moved.state, moved.block.cause, moved.block.person) == (CaseState.BLOCKED, Cause.OTHER, "Jo")
    assert moved.requests == (wish,)
    assert [(a.second, a.words) for a in moved.answers] == [("Jo", "a list")]
    alone = after(item(ItemId.NEXT_STEP, "first", words="n" * 280))
    assert alone.block is not None
    assert alone.block.person is None


def test_what_can_not_be_done_now_leaves_the_pilot_alone_for_two_weeks() -> None:
    """Not now is a snooze of 14 days."""
    moved = after(item(ItemId.NEXT_STEP, "not_now"))
    assert (moved.state, moved.snoozed_until) == (CaseState.SNOOZED, TODAY + 14 * DAY)


@pytest.mark.parametrize("which", ITEMS)
@pytest.mark.parametrize(
    ("option", "given_besides", "plain"),
    [
        (Standing.NOT_ME, {}, NotMe()),
        (Standing.NOT_ME, {"person": "Jo"}, HandOver(person="Jo")),
        (Standing.LATER, {"day": TODAY + 9 * DAY}, SnoozeUntil(until=TODAY + 9 * DAY)),
        (Standing.STOP_ASKING, {}, StopAsking()),
    ],
)
def test_the_standing_answers_are_the_ordinary_ones(
    which: ItemId, option: Standing, given_besides: dict[str, object], plain: Answer
) -> None:
    """A way out does what the same words do anywhere else; of a question about data or quality only to stop asking does."""
    answer = item(which, option, **given_besides)
    if which in {ItemId.DATA, ItemId.QUALITY} and option is not Standing.STOP_ASKING:
        assert plain_answer(ASKED, answer, OWNER, NOW) is None
        assert after(answer).state is ASKED.state
        return
    assert plain_answer(ASKED, answer, OWNER, NOW) == plain
    moved, same = after(answer), ASKED.model_copy()
    ordinary = apply_reply(same, _reply(plain), NOW)
    assert moved.model_copy(update={"answers": ()}) == ordinary


def _reply(answer: Answer) -> Reply:
    return Reply(key="k1", person=OWNER, case_id="tax#1", pilot="tax", answer=answer, received_at=NOW)


def test_that_somebody_wants_no_messages_is_not_kept_with_the_pilot() -> None:
    """To stop is nobody else's business: no answer of it stands in the case."""
    assert after(item(ItemId.DATA, Standing.STOP_ASKING)).answers == ()
    assert fed(Feedback(option=Standing.STOP_ASKING)).answers == ()


@pytest.mark.parametrize(
    ("option", "given_besides", "state"),
    [
        ("approval", {"second": "Kim"}, CaseState.BLOCKED),
        ("on_track", {}, CaseState.SNOOZED),
        ("stop", {}, CaseState.WAITING),
    ],
)
def test_what_holds_it_back_is_the_same_answer_as_in_words(
    option: str, given_besides: dict[str, object], state: CaseState
) -> None:
    """The item about what holds a pilot back does what a reply to a first question does."""
    opened = OpenDecision(opened_by=OpenedBy.OWNER_PROPOSES_STOP, opened_at=NOW, due=TODAY + 9 * DAY)
    follows = opened if option == "stop" else None
    moved = apply_item(ASKED, item(ItemId.HOLDS_BACK, option, **given_besides), OWNER, "k1", NOW, follows)
    assert moved.state is state
    assert moved.block is None or moved.block.person == "Kim"
    assert (moved.decision is not None) == (option == "stop")


@pytest.mark.parametrize(
    ("case", "person"),
    [
        (ASKED, "p_kim"),
        (open_case(), OWNER),
        (ASKED.model_copy(update={"state": CaseState.DECIDED}), OWNER),
        (ASKED.model_copy(update={"applied": ("k1",)}), OWNER),
    ],
    ids=["another person", "never asked", "closed", "applied"],
)
def test_an_item_is_answered_once_by_whoever_was_asked(case: Case, person: str) -> None:
    """What was not put to somebody, has ended or was applied before changes nothing."""
    for answer in (WHEN, item(ItemId.DATA, "live")):
        assert after(answer, case, person) == case


def test_a_step_that_can_not_be_promised_is_not_kept() -> None:
    """A moment that has passed, or a step that was never suggested, leaves the case as it was, or says nothing of a promise."""
    assert after(item(ItemId.NEXT_STEP, "when", at=NOW - DAY, second="move")) == ASKED
    bare = ASKED.model_copy(update={"posed": (Posed(item=ItemId.NEXT_STEP, person=OWNER, at=NOW),)})
    assert after(WHEN, bare).commitment is None


@st.composite
def item_answers(draw: st.DrawFn) -> ItemAnswer:
    """Return any answer to any of the owner's items."""
    which = draw(st.sampled_from(ITEMS))
    options = ["live", "missed", "when", "other", "first", "not_now", "data", "on_track", *Standing]
    return ItemAnswer(
        item=which,
        option=draw(st.sampled_from(options)),
        second=draw(st.sampled_from([None, "move", "rework"])),
        words=draw(st.text(min_size=1, max_size=280)),
        person=draw(st.sampled_from([None, "Jo"])),
        at=NOW + timedelta(hours=draw(st.integers(min_value=-48, max_value=24 * 400))),
        day=TODAY + DAY * draw(st.integers(min_value=-3, max_value=400)),
    )


@given(answers=st.lists(item_answers(), min_size=1, max_size=4))
def test_the_same_answers_always_give_the_same_case(answers: list[ItemAnswer]) -> None:
    """Whatever is answered in whatever order, a second time changes nothing, and the case can be stored and read."""
    case = ASKED
    for key, answer in enumerate(answers):
        case = after(answer, case, key=f"k{key}")
    again = case
    for key, answer in enumerate(answers):
        if f"k{key}" in case.applied:
            again = after(answer, again, key=f"k{key}")
    assert again == case
    assert Case.from_stored(case.to_stored()) == case


@pytest.mark.parametrize("option", [FeedbackOption.USEFUL, FeedbackOption.BAD_TIME, FeedbackOption.TOO_MANY])
@pytest.mark.parametrize(
    "case", [ASKED, ASKED.model_copy(update={"state": CaseState.RECOVERED})], ids=["open", "ended"]
)
def test_what_a_message_was_to_somebody_is_recorded(option: FeedbackOption, case: Case) -> None:
    """Useful, a bad time and too many are kept with the case, ended or not, and move it nowhere."""
    moved = fed(Feedback(option=option, second="noon"), case)
    kept = Answered(item=ItemId.USEFUL, option=option, second="noon", at=NOW, by=OWNER)
    assert moved == case.model_copy(update={"answers": (kept,), "applied": ("k1",)})
    assert fed(Feedback(option=option), moved) == moved


def test_facts_that_are_wrong_are_not_repeated_for_two_weeks() -> None:
    """The kind that was told is silent about this pilot for 14 days, others are not, and a person is to look at the figures."""
    case = ASKED.model_copy(update={"findings": (finding(), finding(Kind.STAGE_AGE))})
    moved = fed(Feedback(option=FeedbackOption.WRONG_FACTS, words="we moved to another tool"), case)
    assert moved.muted == {Kind.DROP_OFF: TODAY + 14 * DAY}
    assert (moved.listed_on, moved.listed_why, moved.answered_at) == (TODAY, DATA_CHECK, NOW)
    assert [a.words for a in moved.answers] == ["we moved to another tool"]
    assert moved.is_muted(Kind.DROP_OFF, TODAY + 13 * DAY)
    assert not moved.is_muted(Kind.DROP_OFF, TODAY + 14 * DAY)
    assert not moved.is_muted(Kind.STAGE_AGE, TODAY)
    assert Case.from_stored(moved.to_stored()) == moved


def test_wrong_facts_keep_the_day_of_a_list_and_answer_for_nobody_else() -> None:
    """A case that was listed stays so since that day; said by a sponsor the owner's question stays open; one that ended is not listed."""
    listed = ASKED.model_copy(update={"listed_on": TODAY - 5 * DAY, "listed_why": "open since 2026-03-05"})
    moved = fed(Feedback(option=FeedbackOption.WRONG_FACTS), listed, Role.SPONSOR)
    assert (moved.listed_on, moved.listed_why, moved.answered_at) == (TODAY - 5 * DAY, DATA_CHECK, None)
    ended = fed(Feedback(option=FeedbackOption.WRONG_FACTS), ASKED.model_copy(update={"state": CaseState.RECOVERED}))
    assert (ended.listed_on, ended.muted) == (None, {Kind.DROP_OFF: TODAY + 14 * DAY})


@pytest.mark.parametrize(
    ("role", "person", "plain"),
    [
        (Role.OWNER, None, NotMe()),
        (Role.OWNER, "Jo", HandOver(person="Jo")),
        (Role.UNBLOCKER, None, NotMe()),
        (Role.UNBLOCKER, "Jo", Elsewhere(person="Jo")),
        (Role.SPONSOR, "Jo", NotMe()),
        (Role.LEAD, "Jo", None),
        (Role.WEEKLY, None, None),
    ],
)
@pytest.mark.parametrize("option", [FeedbackOption.WRONG_PERSON, Standing.NOT_ME])
def test_the_wrong_person_says_so_as_they_would_anywhere(
    role: Role, person: str | None, plain: Answer | None, option: str
) -> None:
    """What somebody means by the wrong person depends on as what they were written to."""
    assert plain_feedback(Feedback(option=option, person=person), role) == plain


def test_feedback_that_is_an_answer_moves_the_case() -> None:
    """An owner who is the wrong person leaves the pilot to be confirmed, and one who wants it later is left alone."""
    gone = fed(Feedback(option=FeedbackOption.WRONG_PERSON, person="Jo"))
    assert (gone.handed_to, gone.disowned, gone.listed_why) == ("Jo", (OWNER,), "owner to be confirmed")
    assert [a.second for a in gone.answers] == ["Jo"]
    later = fed(Feedback(option=Standing.LATER, day=TODAY + 9 * DAY))
    assert (later.snoozed_until, [a.second for a in later.answers]) == (TODAY + 9 * DAY, ["2026-03-19"])
    sponsor = fed(Feedback(option=FeedbackOption.WRONG_PERSON), role=Role.SPONSOR)
    assert (sponsor.listed_why, sponsor.disowned) == ("sponsor to be confirmed", ())


@pytest.mark.parametrize(
    ("case", "role", "feedback"),
    [
        (ASKED, Role.UNBLOCKER, Feedback(option=FeedbackOption.WRONG_PERSON)),
        (ASKED.model_copy(update={"state": CaseState.RECOVERED}), Role.OWNER, Feedback(option="wrong_person")),
        (ASKED, Role.OWNER, Feedback(option=Standing.LATER, day=TODAY - 9 * DAY)),
    ],
    ids=["by the Ask", "ended", "a day that has passed"],
)
def test_an_answer_that_can_not_be_taken_here_leaves_the_case(case: Case, role: Role, feedback: Feedback) -> None:
    """What reaches a case another way, comes after its end or names a day that has passed changes nothing."""
    assert fed(feedback, case, role) == case


@pytest.mark.parametrize(("part", "hour"), [("morning", 9), ("noon", 12), ("afternoon", 14), ("midnight", None)])
def test_a_bad_time_sets_the_hour(part: str, hour: int | None) -> None:
    """The part of the day that somebody picks is the hour from which on they are written to."""
    assert preferences_after(Preferences(), Feedback(option="bad_time", second=part), TODAY).hour == hour


def test_too_many_is_half_as_many_for_thirty_days() -> None:
    """Somebody who gets too many gets half for 30 days; said again it is 30 days from then, and never fewer."""
    many = Feedback(option=FeedbackOption.TOO_MANY)
    first = preferences_after(Preferences(hour=9), many, TODAY)
    assert (first.few_until, first.hour) == (TODAY + 30 * DAY, 9)
    assert preferences_after(first, many, TODAY) == first
    assert preferences_after(first, many, TODAY - 5 * DAY) == first
    assert preferences_after(first, many, TODAY + 5 * DAY).few_until == TODAY + 35 * DAY
    assert preferences_after(first, Feedback(option="useful"), TODAY) == first


@given(
    owner=st.integers(min_value=1, max_value=9),
    person=st.integers(min_value=1, max_value=9),
    left=st.integers(min_value=-3, max_value=40),
)
def test_few_halves_each_number_of_a_week_and_leaves_one(owner: int, person: int, left: int) -> None:
    """Until the day that was set each weekly number is halved, at least one; distances and the ramp stay."""
    limits = Budgets(owner_per_week=owner, person_per_week=person)
    halved = fewer(limits, Preferences(few_until=TODAY + left * DAY), TODAY)
    if left <= 0:
        assert halved == limits
        return
    assert (halved.owner_per_week, halved.person_per_week) == (max(1, owner // 2), max(1, person // 2))
    assert (halved.min_gap_hours, halved.ramp_owners_per_day) == (limits.min_gap_hours, limits.ramp_owners_per_day)
    assert fewer(limits, Preferences(), TODAY) == limits
