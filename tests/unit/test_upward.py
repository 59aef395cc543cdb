"""What goes up: what came to nothing, a decision past its day, a stage of more than a year. Never who kept silent."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import NOW, OWNER, finding, open_case
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ask import Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import Asked, Block, Case, CaseState
from bot.domain.decision import Decided, OpenDecision, OpenedBy, Verdict
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Outreach, Role, Step
from bot.domain.reply import Cause, Decide, NeedsFirst, ProposeStop, Reply, SnoozeUntil
from bot.policy.answer import apply_reply, objection
from bot.policy.budget import Budget
from bot.policy.decide import decide
from bot.policy.decisions import (
    Decision,
    Hold,
    ListForLead,
    NextLoop,
    OpenUp,
    Others,
    Park,
    Quiet,
    Recipient,
    Say,
    apply_decision,
)
from bot.policy.telling import news
from bot.policy.upward import OPENED
from bot.policy.withdrawal import still_holds

CALENDAR = Calendar()
DAY = timedelta(days=1)
TODAY = NOW.date()
SAM = Recipient("p_sam", "Europe/Berlin", "DE")
KIM = Recipient("p_kim", "Europe/Berlin", "DE")
OTHERS = Others(people={"p_sam": SAM, "p_kim": KIM}, sponsor="p_sam", sponsor_reads=True)
LEDGER = Thing(kind="data", words="read access to the ledger")
OPEN = OpenDecision(opened_by=OpenedBy.EXPIRED, opened_at=NOW - 15 * DAY, due=TODAY - DAY, thing=LEDGER.words)
OLD = finding(Kind.STAGE_AGE, opened=TODAY - 190 * DAY, onset=TODAY - 366 * DAY)


def request(state: RequestState, **changes: object) -> Request:
    """Return Kim's wish in a state."""
    given: dict[str, object] = {
        "person": "p_kim",
        "name": "Kim",
        "thing": LEDGER,
        "due": TODAY,
        "since": TODAY - 20 * DAY,
        "made_at": NOW - 20 * DAY,
        "leaves_on": TODAY - 19 * DAY,
        "state": state,
    }
    return Request.model_validate(given | changes)


def asked(step: Step, person: str, at: datetime, **changes: object) -> Asked:
    """Return what was said at a moment, and arrived."""
    given: dict[str, object] = {
        "outreach": f"{step}-{person}-{at:%m%d}",
        "step": step,
        "loop": 1,
        "occurrence": 0,
        "person": person,
        "decided_at": at,
        "sent_at": at,
        "outcome": DeliveryState.SENT,
    }
    return Asked.model_validate(given | changes)


NUDGE = asked(Step.NUDGE, "p_owner", NOW - 20 * DAY)


def waiting(**changes: object) -> Case:
    """Return a case in which the owner was asked three weeks ago."""
    return open_case(**{"state": CaseState.WAITING, "asked": (NUDGE,)} | changes)


def what(case: Case, at: datetime = NOW, others: Others = OTHERS, owner: Recipient | None = OWNER) -> Decision:
    """Return the first decision about a case."""
    return decide(case, owner, judged=at.date() - 2 * DAY, calendar=CALENDAR, budget=Budget(), now=at, others=others)[0]


@pytest.mark.parametrize("state", sorted(RequestState))
def test_only_what_was_missed_refused_or_open_for_long_goes_up(state: RequestState) -> None:
    """A decision opens for these three ends of a wish, once its owner was told, and for no other state."""
    told = asked(Step.TOLD, "p_owner", NOW - 2 * DAY, thing=LEDGER.key)
    found = what(waiting(requests=(request(state, said_at=NOW - 3 * DAY),), asked=(NUDGE, told)))
    assert isinstance(found, OpenUp) is (state in OPENED)
    if isinstance(found, OpenUp):
        assert found.decision == OpenDecision(
            opened_by=OPENED[state], opened_at=NOW, due=TODAY + 14 * DAY, thing=LEDGER.words
        )


@pytest.mark.parametrize("state", sorted(OPENED))
def test_a_wish_goes_up_once(state: RequestState) -> None:
    """What a decision was taken about opens none again, nor does a wish of a former loop."""
    ended = request(state)
    decided = Decided(verdict=Verdict.FIX, by="p_sam", at=NOW - 5 * DAY, until=TODAY)
    told = asked(Step.TOLD, "p_owner", NOW - 4 * DAY)
    assert not isinstance(what(waiting(requests=(ended,), decided=(decided,), asked=(NUDGE, told))), OpenUp)
    assert not isinstance(what(waiting(requests=(ended,), loop=2)), OpenUp)


@given(st.sampled_from(sorted(RequestState)), st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_what_goes_up_names_nobody(state: RequestState, name: str, reason: str) -> None:
    """Name, hold and its reason, and the words of whoever was asked are no part of what a sponsor decides about."""
    silent = request(state, name=f"~{name}~", hold_reason=f"~{reason}~", said=f"~{reason}~")
    told = asked(Step.TOLD, "p_owner", NOW, thing=LEDGER.key)
    found = what(waiting(requests=(silent,), asked=(NUDGE, told)))
    if isinstance(found, OpenUp):
        text = found.decision.model_dump_json()
        assert "~" not in text
        assert all(one not in text for one in ("p_kim", "p_owner"))


def test_a_stage_of_more_than_a_year_goes_up_after_the_owner_had_ten_working_days() -> None:
    """One day over the year is enough, once the owner was asked two weeks ago; an answer or a decision keeps it down."""
    at = NOW - 14 * DAY
    case = waiting(findings=(OLD,), asked=(asked(Step.NUDGE, "p_owner", at),))
    found = what(case)
    assert isinstance(found, OpenUp)
    assert found.decision.opened_by is OpenedBy.STAGE_OLD
    young = OLD.model_copy(update={"onset": TODAY - 365 * DAY})
    fresh = case.model_copy(update={"asked": (asked(Step.NUDGE, "p_owner", at + DAY),)})
    for other in (
        case.model_copy(update={"findings": (young,)}),
        fresh,
        case.model_copy(update={"asked": ()}),
        case.model_copy(update={"state": CaseState.SNOOZED}),
    ):
        assert not isinstance(what(other), OpenUp)


def test_a_decision_past_its_day_is_asked_about_once_and_then_the_next_loop_or_rest() -> None:
    """Until its day it waits for the weekly message; then one message, ten working days, and at most a second loop."""
    case = waiting(decision=OPEN.model_copy(update={"due": TODAY}))
    assert what(case) == Hold(Quiet.DECISION)
    at = NOW + DAY
    assert what(case, at) == Say(Step.DECISION, "p_sam", 1)
    sent = case.model_copy(update={"asked": (NUDGE, asked(Step.DECISION, "p_sam", at))})
    assert what(sent, at + 13 * DAY) == Hold(Quiet.DECISION)
    assert what(sent, at + 14 * DAY) == NextLoop()
    again = sent.model_copy(update={"loop": 2, "asked": (asked(Step.DECISION, "p_sam", at, loop=2),)})
    assert what(again, at + 14 * DAY) == Park()


@pytest.mark.parametrize(
    "others",
    [
        replace(OTHERS, sponsor=None),
        replace(OTHERS, people={"p_sam": replace(SAM, opted_out=True)}),
        replace(OTHERS, sponsor_reads=False),
    ],
)
def test_without_a_sponsor_to_ask_a_person_sees_it(others: Others) -> None:
    """Is there no sponsor, none who wants messages, or none whose weekly messages were released, it is listed once."""
    case = waiting(decision=OPEN)
    listed = what(case, others=others)
    assert isinstance(listed, ListForLead)
    assert "sponsor" in listed.why
    assert what(apply_decision(case, listed, "", NOW), others=others) == Hold(Quiet.LISTED)


def test_a_message_about_a_decision_that_is_lost_is_listed_and_one_in_the_queue_waited_for() -> None:
    """Dead it needs a person; queued it is left alone; over budget it is decided anew."""
    dead = asked(Step.DECISION, "p_sam", NOW - DAY, sent_at=None, outcome=DeliveryState.DEAD)
    assert isinstance(what(waiting(decision=OPEN, asked=(NUDGE, dead))), ListForLead)
    queued = dead.model_copy(update={"outcome": DeliveryState.QUEUED})
    assert what(waiting(decision=OPEN, asked=(NUDGE, queued))) == Hold(Quiet.QUEUED)

    def budget(_person: str, role: Role) -> Budget:
        return Budget((NOW - DAY,) * 3, role=role)

    assert what(waiting(decision=OPEN), others=replace(OTHERS, budget=budget)) == Hold(Quiet.BUDGET)


def by_sponsor(answer: Decide | SnoozeUntil | NeedsFirst) -> Reply:
    """Return what the sponsor says."""
    return Reply(
        key="k1", person="p_sam", case_id="tax#1", pilot="tax", answer=answer, received_at=NOW, role=Role.SPONSOR
    )


@pytest.mark.parametrize("verdict", [Verdict.SCALE, Verdict.STOP])
def test_scale_and_stop_end_the_case_and_every_wish(verdict: Verdict) -> None:
    """After the decision nothing is asked of anybody; its owner is told, and that is the last word."""
    case = waiting(decision=OPEN, requests=(request(RequestState.OUT),))
    after = apply_reply(case, by_sponsor(Decide(verdict=verdict)), NOW)
    assert (after.state, after.decision, after.live_requests) == (CaseState.DECIDED, None, ())
    told = what(after)
    assert told == Say(Step.TOLD, "p_owner", 1)
    assert {what(apply_decision(after, told, "o", NOW), NOW + n * DAY) for n in range(30)} == {Hold(Quiet.CLOSED)}


def test_a_fix_has_a_day_within_a_quarter_and_is_quiet_until_then() -> None:
    """Without a day, or for one too far, it is asked back; with one the case waits for it and nobody is asked before."""
    case = waiting(decision=OPEN, requests=(request(RequestState.OUT),))
    for until in (None, TODAY + 93 * DAY, TODAY - DAY):
        assert objection(by_sponsor(Decide(verdict=Verdict.FIX, until=until)), case, NOW)
    after = apply_reply(case, by_sponsor(Decide(verdict=Verdict.FIX, until=TODAY + 30 * DAY)), NOW)
    assert (after.state, after.decision, after.live_requests) == (CaseState.COMMITTED, None, ())
    told = apply_decision(after, what(after), "o", NOW)
    sent = told.model_copy(update={"asked": (*told.asked[:-1], told.asked[-1].model_copy(update={"sent_at": NOW}))})
    assert {what(sent, NOW + n * DAY) for n in range(31)} == {Hold(Quiet.COMMITTED)}


def test_a_sponsor_may_move_the_day_or_need_something() -> None:
    """Another day is taken as it is; a need goes to a person; neither decides anything."""
    case = waiting(decision=OPEN)
    later = apply_reply(case, by_sponsor(SnoozeUntil(until=TODAY + 9 * DAY)), NOW)
    assert later.decision == OPEN.model_copy(update={"due": TODAY + 9 * DAY})
    needs = apply_reply(case, by_sponsor(NeedsFirst(what="the cost")), NOW)
    assert needs.decision == OPEN
    assert needs.listed_on == TODAY


@pytest.mark.parametrize("sponsor", ["p_sam", "p_new", None])
def test_what_waits_for_a_sponsor_is_taken_back_when_it_is_settled(sponsor: str | None) -> None:
    """The message leaves to whoever is the sponsor now and only while a decision is open."""
    outreach = Outreach(id="o", case_id="tax#1", pilot="tax", step=Step.DECISION, recipient="p_sam", decided_at=NOW)
    assert (still_holds(waiting(decision=OPEN), outreach, "p_owner", sponsor) is None) is (sponsor == "p_sam")
    assert still_holds(waiting(), outreach, "p_owner", sponsor) is not None
    closed = waiting(decision=OPEN, state=CaseState.RECOVERED, closed_at=NOW)
    assert still_holds(closed, outreach, "p_owner", sponsor) is not None


def test_an_owner_who_proposes_a_stop_takes_all_wishes_back() -> None:
    """The decision that follows is the sponsor's; nobody is asked for anything any more."""
    reply = Reply(key="k", person="p_owner", case_id="tax#1", pilot="tax", answer=ProposeStop(), received_at=NOW)
    opened = OPEN.model_copy(update={"opened_by": OpenedBy.OWNER_PROPOSES_STOP, "due": TODAY + 14 * DAY})
    after = apply_reply(waiting(requests=(request(RequestState.OUT),)), reply, NOW, opened)
    assert (after.live_requests, after.decision) == ((), opened)
    assert what(after) == Hold(Quiet.DECISION)


NEEDS = request(RequestState.NEEDS, said_at=NOW - 3 * DAY, said="a list")


@pytest.mark.parametrize("state", sorted(RequestState))
def test_the_owner_is_told_what_they_can_do_something_about(state: RequestState) -> None:
    """A need, an objection and another holder are told once; done and a day are silence."""
    case = waiting(requests=(request(state, said_at=NOW - 3 * DAY),))
    said = news(case, OWNER)
    assert (said is not None) is (state in {RequestState.NEEDS, RequestState.OBJECTED, RequestState.ELSEWHERE})
    if said is not None:
        assert news(apply_decision(case, said, "o", NOW), OWNER) is None


@pytest.mark.parametrize("owner", [None, replace(OWNER, opted_out=True)])
def test_an_owner_who_wants_no_messages_is_told_nothing(owner: Recipient | None) -> None:
    """No owner, or one who opted out, gets no news; nor does one who said that it isn't theirs."""
    assert news(waiting(requests=(NEEDS,)), owner) is None
    assert news(waiting(requests=(NEEDS,), disowned=("p_owner",)), OWNER) is None


@pytest.mark.parametrize("has_decision", [False, True])
def test_news_of_a_former_loop_is_told_once(*, has_decision: bool) -> None:
    """What an owner was told in the first loop is not told again when the second begins."""
    decided = (Decided(verdict=Verdict.FIX, by="p_sam", at=NOW - 5 * DAY, until=TODAY),)
    told = asked(Step.TOLD, "p_owner", NOW - 2 * DAY, thing=None if has_decision else LEDGER.key)
    held: dict[str, object] = {"decided": decided} if has_decision else {"requests": (NEEDS,)}
    case = waiting(asked=(NUDGE, told), **held)
    assert news(case, OWNER) is None
    assert news(apply_decision(case, NextLoop(), "", NOW), OWNER) is None


def test_a_decision_is_told_also_after_other_news() -> None:
    """An answer to a wish and a sponsor's decision that come together are told one after the other."""
    stop = Decided(verdict=Verdict.STOP, by="p_sam", at=NOW - DAY)
    case = waiting(requests=(NEEDS,), decided=(stop,), state=CaseState.DECIDED, closed_at=NOW - DAY)
    first = news(case, OWNER)
    assert first is not None
    second = news(apply_decision(case, first, "o", NOW), OWNER)
    assert second == Say(Step.TOLD, "p_owner", 1, 0, None)


def test_after_its_rest_a_parked_case_climbs_the_ladder_once_more() -> None:
    """Ninety days after it was parked the owner is asked how it stands, before anything goes up again."""
    case = waiting(loop=2, requests=(request(RequestState.EXPIRED, loop=2),), decision=OPEN)
    parked = apply_decision(case, Park(), "", NOW)
    assert what(parked, NOW + 89 * DAY) == Hold(Quiet.PARKED)
    assert what(parked, NOW + 90 * DAY) == NextLoop()


def test_a_second_wish_that_rests_does_not_keep_a_decision_waiting() -> None:
    """The decision about one thing past its day is asked about though another wish is promised for months ahead."""
    rests = request(
        RequestState.PROMISED, thing=Thing(kind="x", words="a room"), promised_for=TODAY + 200 * DAY, said_at=NOW - DAY
    )
    case = waiting(requests=(request(RequestState.EXPIRED), rests), decision=OPEN)
    assert what(case) == Say(Step.DECISION, "p_sam", 1)


def test_done_without_use_goes_to_the_owner_first() -> None:
    """Two quiet weeks after 'done', then one question to the owner; nothing goes up because use has not followed."""
    block = Block(cause=Cause.DATA, person="Kim", until=TODAY + 14 * DAY, said_by="p_owner", said_at=NOW - 20 * DAY)
    case = waiting(state=CaseState.BLOCKED, block=block, requests=(request(RequestState.DONE, said_at=NOW),))
    assert {what(case, NOW + n * DAY) for n in range(15)} == {Hold(Quiet.BLOCKED)}
    check = what(case, NOW + 15 * DAY)
    assert check == Say(Step.CHECK, "p_owner", 1)
    came = case.model_copy(update={"findings": (finding(recent_share=0.9),)})
    assert what(came, NOW + 15 * DAY) == Hold(Quiet.WORKING)
