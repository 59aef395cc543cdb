"""The programme lead's list: what goes up by itself from it, what stays with people, and what a lead may say."""

from datetime import date, datetime, timedelta

import pytest
from builders import NOW, OWNER, finding, open_case
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ask import Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import Block, Case, CaseState
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.finding import Kind
from bot.domain.outreach import Role
from bot.domain.reply import Answer, BlockedBy, Cause, PutUp, Reply, SnoozeUntil
from bot.policy.answer import apply_reply, objection
from bot.policy.budget import Budget
from bot.policy.decide import decide
from bot.policy.decisions import Decision, OpenUp, Others, Recipient
from bot.policy.lead_list import DATA_CHECK, NEEDS_LOOK, NOBODY_NAMED, ON_TRACK_TWICE

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


def test_a_block_whose_day_has_passed_goes_up_too() -> None:
    """Once the day that was named has passed, what nobody could be named for is the sponsor's."""
    case = listed(TODAY - 30 * DAY, NOBODY_NAMED, state=CaseState.BLOCKED, block=block(Cause.DATA, TODAY - DAY))
    assert isinstance(next_of(case), OpenUp)


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
