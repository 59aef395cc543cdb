"""The programme lead's list: what goes up by itself from it, what stays with people, and what a lead may say."""

from datetime import date, datetime, timedelta

import pytest
from builders import NOW, OWNER, finding, open_case
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ask import Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Block, Case, CaseState, Commitment
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Role, Step
from bot.domain.reply import Answer, BlockedBy, Cause, NextStep, NotMe, OnTrack, PutUp, Reply, SnoozeUntil
from bot.policy.answer import apply_reply, objection
from bot.policy.budget import Budget
from bot.policy.decide import decide
from bot.policy.decisions import Decision, OpenUp, Others, Recipient, Say
from bot.policy.lead_list import DATA_CHECK, NEEDS_LOOK, NOBODY_NAMED, ON_TRACK_TWICE, goes_up

DAY = timedelta(days=1)
TODAY = NOW.date()
SAM = Recipient("p_sam", "Europe/Berlin", "DE")

OTHERS = Others(people={"p_sam": SAM}, sponsor="p_sam", sponsor_reads=True)
RAISED = OpenDecision(opened_by=OpenedBy.LEAD_RAISES, opened_at=NOW, due=TODAY + 14 * DAY)
FALL = finding(Kind.DROP_OFF, opened=TODAY - 30 * DAY, onset=TODAY - 40 * DAY)


def listed(since: date, why: str = NEEDS_LOOK, **changes: object) -> Case:
    """Return a case that has been on the list since a day."""
    given: dict[str, object] = {"state": CaseState.WAITING, "listed_on": since, "listed_why": why}
    return open_case(FALL).model_copy(update=given | changes)


def next_of(case: Case, others: Others = OTHERS, now: datetime = NOW) -> Decision:
    """Return what comes next of a case."""
    (one,) = decide(case, OWNER, judged=now.date() - DAY, calendar=Calendar(), budget=Budget(), now=now, others=others)
    return one


def block(cause: Cause, until: date) -> Block:
    """Return what is in the way."""
    return Block(cause=cause, until=until, said_by=OWNER.person, said_at=NOW - 20 * DAY)


def wish(state: RequestState = RequestState.SHOWN, name: str = "Kim") -> Request:
    """Return a wish to Kim."""
    return Request(
        person="p_kim",
        name=name,
        thing=Thing(kind="other", words="the ledger"),
        due=TODAY + 14 * DAY,
        since=TODAY,
        made_at=NOW,
        leaves_on=TODAY + DAY,
        state=state,
    )


def by_lead(answer: Answer, case: Case) -> Reply:
    """Return what the lead says about a case."""
    return Reply(
        key="k1", person="p_lee", case_id=case.id, pilot=case.pilot, answer=answer, received_at=NOW, role=Role.LEAD
    )


@given(days=st.integers(0, 60))
def test_what_is_listed_for_five_working_days_becomes_a_decision(days: int) -> None:
    """After the sponsor's five working days on the list a decision opens, not a day earlier, and says what was found."""
    since = TODAY - days * DAY
    is_due = Calendar().add_working_days("DE", since, 5) <= TODAY
    found = next_of(listed(since))
    assert isinstance(found, OpenUp) is is_due
    if isinstance(found, OpenUp):
        assert found.decision.opened_by is OpenedBy.OPEN_LONG
        assert found.decision.due > TODAY


@pytest.mark.parametrize(
    ("case", "others"),
    [
        (listed(TODAY - 30 * DAY, ON_TRACK_TWICE), OTHERS),
        (listed(TODAY - 30 * DAY, DATA_CHECK), OTHERS),
        (listed(TODAY - 30 * DAY, state=CaseState.BLOCKED, block=block(Cause.TARGETS, TODAY - 20 * DAY)), OTHERS),
        (listed(TODAY - 30 * DAY, NOBODY_NAMED, state=CaseState.BLOCKED, block=block(Cause.DATA, TODAY)), OTHERS),
        (listed(TODAY - 30 * DAY), Others()),
        (
            listed(TODAY - 30 * DAY),
            Others(people={"p_sam": Recipient("p_sam", "UTC", None, opted_out=True)}, sponsor="p_sam"),
        ),
    ],
    ids=["on track twice", "figures to check", "clashing targets", "blocked until today", "no sponsor", "opted out"],
)
def test_what_is_for_people_stays_with_them(case: Case, others: Others) -> None:
    """A rule in doubt, figures in doubt, a clash of targets and a day that was named open no decision; nor does anything without a sponsor."""
    assert not isinstance(next_of(case, others), OpenUp)


def checked(at: datetime) -> Asked:
    """Return the question about a day that has passed, as it reached the owner."""
    return Asked(
        outreach="check",
        step=Step.CHECK,
        loop=1,
        occurrence=0,
        person=OWNER.person,
        decided_at=at,
        sent_at=at,
        outcome=DeliveryState.SENT,
    )


def test_who_was_told_to_be_asked_again_is_asked_before_it_goes_up() -> None:
    """A block whose day has passed waits for the one question that was announced, and for its days; without an owner it does not."""
    passed = block(Cause.DATA, TODAY - 12 * DAY)
    case = listed(TODAY - 30 * DAY, NOBODY_NAMED, state=CaseState.BLOCKED, block=passed)
    assert not isinstance(next_of(case), OpenUp)
    late = case.model_copy(update={"asked": (checked(NOW - 2 * DAY),)})
    assert not isinstance(next_of(late), OpenUp)
    early = case.model_copy(update={"asked": (checked(NOW - 9 * DAY),)})
    assert isinstance(next_of(early), OpenUp)
    assert goes_up(case.model_copy(update={"disowned": (OWNER.person,)}), Calendar(), NOW, SAM, OWNER)
    assert goes_up(case, Calendar(), NOW, SAM, None)


def test_what_was_answered_with_a_clash_of_targets_stays_with_people() -> None:
    """Also once the owner has said that the pilot is not theirs, which ends the block."""
    clash = apply_reply(listed(TODAY - 30 * DAY), by_owner(BlockedBy(cause=Cause.TARGETS)), NOW - 20 * DAY)
    gone = apply_reply(clash, by_owner(NotMe(), "k2"), NOW - 19 * DAY)
    assert gone.block is None
    assert not goes_up(gone, Calendar(), NOW, SAM, OWNER)


def test_a_small_pilot_does_not_go_up() -> None:
    """It gets one question and no more, from nobody."""
    small = listed(TODAY - 30 * DAY).model_copy(update={"findings": (FALL.model_copy(update={"tier": "question"}),)})
    assert not goes_up(small, Calendar(), NOW, SAM, OWNER)


def test_a_day_that_somebody_promised_is_waited_for() -> None:
    """Neither a promise nor an agreed step is overtaken by the list."""
    promised = wish(RequestState.PROMISED).model_copy(update={"promised_for": TODAY + DAY})
    assert not goes_up(listed(TODAY - 30 * DAY, requests=(promised,)), Calendar(), NOW, SAM, OWNER)
    step = Commitment(action="call", due_at=NOW + DAY, said_by="p_sam", made_at=NOW - DAY)
    assert not goes_up(listed(TODAY - 30 * DAY, commitment=step), Calendar(), NOW, SAM, OWNER)


def by_owner(answer: Answer, key: str = "k1") -> Reply:
    """Return what the owner says."""
    case = open_case(FALL)
    return Reply(
        key=key, person=OWNER.person, case_id=case.id, pilot=case.pilot, answer=answer, received_at=NOW - 20 * DAY
    )


@pytest.mark.parametrize(
    "answer",
    [OnTrack(), NextStep(action="call", at=NOW + DAY), BlockedBy(cause=Cause.DATA), SnoozeUntil(until=TODAY + DAY)],
)
def test_a_word_of_the_owner_takes_back_what_time_has_opened(answer: Answer) -> None:
    """Once they have said something, what they were promised holds: no decision is asked for besides."""
    opened = RAISED.model_copy(update={"opened_by": OpenedBy.OPEN_LONG})
    case = listed(TODAY - 30 * DAY, decision=opened)
    assert apply_reply(case, by_owner(answer), NOW).decision is None
    raised = listed(TODAY - 30 * DAY, decision=RAISED)
    assert apply_reply(raised, by_owner(answer), NOW).decision == RAISED


def test_a_look_of_the_lead_takes_back_or_moves_a_decision() -> None:
    """What time has opened is taken back; what somebody else has opened is hoped for after the look."""
    until = TODAY + 40 * DAY
    opened = RAISED.model_copy(update={"opened_by": OpenedBy.OPEN_LONG})
    case = listed(TODAY - 3 * DAY, decision=opened)
    assert apply_reply(case, by_lead(SnoozeUntil(until=until), case), NOW).decision is None
    case = listed(TODAY - 3 * DAY, decision=RAISED)
    moved = apply_reply(case, by_lead(SnoozeUntil(until=until), case), NOW).decision
    assert moved is not None
    assert moved.due == until


def test_one_wish_of_a_person_and_a_thing_is_alive_at_a_time() -> None:
    """What is asked for already is not asked for again on a lead's word; what has ended is, in its place."""
    named = BlockedBy(cause=Cause.OTHER, person="Kim")
    case = listed(TODAY - 3 * DAY, requests=(wish(RequestState.OUT),))
    assert "is asked for that already" in (objection(by_lead(named, case), case, NOW, wish()) or "")
    ended = listed(TODAY - 3 * DAY, requests=(wish(RequestState.EXPIRED),))
    after = apply_reply(ended, by_lead(named, ended), NOW, wish())
    assert [r.state for r in after.requests] == [RequestState.SHOWN]


def test_whom_nobody_reads_first_is_asked_without_waiting() -> None:
    """A wish of the lead leaves although the owner has said that the pilot is not theirs."""
    ready = wish().model_copy(update={"by_lead": True, "said_by": "p_lee", "leaves_on": TODAY})
    case = listed(
        TODAY - 3 * DAY,
        state=CaseState.BLOCKED,
        block=block(Cause.DATA, TODAY + DAY),
        requests=(ready,),
        disowned=(OWNER.person,),
        listed_on=None,
    )
    kim = Recipient("p_kim", "Europe/Berlin", "DE")
    said = next_of(case, Others(people={"p_sam": SAM, "p_kim": kim}, sponsor="p_sam"))
    assert isinstance(said, Say)
    assert (said.step, said.person) == (Step.UNBLOCK, "p_kim")


def test_a_lead_takes_it_until_a_day() -> None:
    """It leaves the list and is quiet until that day; what was agreed before is over."""
    case = listed(TODAY - 3 * DAY, state=CaseState.BLOCKED, block=block(Cause.DATA, TODAY - DAY))
    after = apply_reply(case, by_lead(SnoozeUntil(until=TODAY + 9 * DAY), case), NOW)
    assert (after.state, after.snoozed_until, after.listed_on, after.listed_why, after.block) == (
        CaseState.SNOOZED,
        TODAY + 9 * DAY,
        None,
        None,
        None,
    )
    assert after.answered_at is None  # that was the owner's to say


def test_a_lead_names_somebody_and_the_owners_cause_stays() -> None:
    """The wish is the lead's by name; what the owner said is in the way is not said anew."""
    case = listed(TODAY - 3 * DAY, NOBODY_NAMED, state=CaseState.BLOCKED, block=block(Cause.DATA, TODAY - DAY))
    answer = BlockedBy(cause=Cause.OTHER, person="Kim", thing="the ledger")
    after = apply_reply(case, by_lead(answer, case), NOW, wish())
    (made,) = after.requests
    assert (made.by_lead, made.said_by, made.is_worded_by_owner, after.listed_on) == (True, "p_lee", False, None)
    assert after.block is not None
    assert (after.block.cause, after.block.said_by, after.block.until) == (Cause.DATA, OWNER.person, made.due)
    fresh = listed(TODAY - 3 * DAY)
    said = apply_reply(fresh, by_lead(answer, fresh), NOW, wish())
    assert said.block is not None
    assert (said.state, said.block.said_by) == (CaseState.BLOCKED, "p_lee")


def test_a_lead_puts_it_up() -> None:
    """It is an open decision, and off the list."""
    case = listed(TODAY - 3 * DAY)
    after = apply_reply(case, by_lead(PutUp(), case), NOW, RAISED)
    assert (after.decision, after.listed_on, after.state) == (RAISED, None, CaseState.WAITING)


@pytest.mark.parametrize(
    ("answer", "follows", "changes", "words"),
    [
        (PutUp(), None, {}, "No sponsor is named whom we can write to"),
        (PutUp(), RAISED, {"decision": RAISED}, "with the sponsor already"),
        (PutUp(), RAISED, {"listed_on": None}, "off the list by now"),
        (BlockedBy(cause=Cause.OTHER, person="Dana"), None, {}, "Who else could clear it?"),
        (BlockedBy(cause=Cause.OTHER, person="Zoe"), wish(RequestState.UNSENT, "Zoe"), {}, "is called Zoe"),
        (SnoozeUntil(until=TODAY - DAY), None, {}, "That day has passed"),
        (SnoozeUntil(until=TODAY + 9 * DAY), None, {"state": CaseState.DECIDED}, "This one is closed"),
    ],
)
def test_what_can_not_be_taken_is_said_and_changes_nothing(
    answer: Answer, follows: Request | OpenDecision | None, changes: dict[str, object], words: str
) -> None:
    """Each answer of a lead that can't be taken is told why, and the case is as it was."""
    case = listed(TODAY - 3 * DAY, **changes)
    reply = by_lead(answer, case)
    assert words in (objection(reply, case, NOW, follows) or "")
    assert apply_reply(case, reply, NOW, follows) == case


def test_no_third_person_is_asked_on_a_leads_word() -> None:
    """Two people are asked at a time, whoever names the third."""
    out = tuple(wish().model_copy(update={"person": p, "state": RequestState.OUT}) for p in ("p_a", "p_b"))
    case = listed(TODAY - 3 * DAY, requests=out)
    reply = by_lead(BlockedBy(cause=Cause.OTHER, person="Kim"), case)
    assert "2 people are being asked for this pilot already" in (objection(reply, case, NOW, wish()) or "")
