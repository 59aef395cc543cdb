"""Policy: what a look, an answer and the passing of time do to a case."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, OWNER, finding, open_case, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from bot.domain.case import Case, CaseState
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import DeliveryState, Outreach, Step
from bot.domain.playbook import Budgets, Playbook
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    NextStep,
    NotMe,
    OnTrack,
    ProposeStop,
    SnoozeUntil,
    StepDone,
    StopAsking,
)
from bot.domain.survey import ItemId
from bot.policy.answer import apply_reply, objection
from bot.policy.budget import Budget
from bot.policy.decide import decide
from bot.policy.decisions import (
    Decision,
    Hold,
    ListForLead,
    NextLoop,
    Park,
    Quiet,
    Recipient,
    Recover,
    Say,
    apply_decision,
)
from bot.policy.observe import observe
from bot.policy.withdrawal import still_holds

CALENDAR = Calendar()
BOOK = Playbook()
DAY = timedelta(days=1)
JUDGED = date(2026, 3, 8)
LADDER = (Step.NUDGE, Step.FOLLOW_UP)
"""The rungs that silence climbs, in order."""


def waiting(step: Step, case: str = "tax#1") -> Outreach:
    """Return outreach to the owner that has not left."""
    return Outreach(id="o", case_id=case, pilot="tax", step=step, recipient="p_owner", decided_at=NOW)


def what(case: Case, at: datetime = NOW, recipient: Recipient | None = OWNER, budget: Budget | None = None) -> Decision:
    """Return the first decision about a case whose pilot is judged up to two days before."""
    judged = at.date() - 2 * DAY
    return decide(case, recipient, judged=judged, calendar=CALENDAR, budget=budget or Budget(), now=at)[0]


def take(case: Case, decision: Decision, at: datetime = NOW) -> Case:
    """Apply a decision, and let what was asked arrive at once."""
    moved = apply_decision(case, decision, f"o{len(case.asked)}", at)
    return moved.model_copy(
        update={
            "asked": tuple(
                a if a.sent_at else a.model_copy(update={"sent_at": at, "outcome": DeliveryState.SENT})
                for a in moved.asked
            )
        }
    )


def test_a_confirmed_finding_asks_the_owner_once() -> None:
    """The first thing that happens is one nudge; the day after, nothing."""
    case = open_case()
    decision = what(case)
    assert decision == Say(Step.NUDGE, "p_owner", 1)
    asked = take(case, decision)
    assert asked.state is CaseState.WAITING
    assert what(asked, NOW + DAY) == Hold(Quiet.ASKED)


def test_a_finding_seen_once_waits_for_a_second_look() -> None:
    """Nobody is asked on the strength of one look, whether by telemetry or by the registry."""
    assert what(open_case(finding(opened=NOW.date() - 2 * DAY))) == Hold(Quiet.UNCONFIRMED)
    age = finding(Kind.STAGE_AGE, opened=NOW.date())
    assert what(open_case(age)) == Hold(Quiet.UNCONFIRMED)
    assert what(open_case(age), NOW + DAY) == Say(Step.NUDGE, "p_owner", 1)


def test_late_data_silences_usage_findings() -> None:
    """While the only findings are suspended, nothing is said."""
    assert what(open_case(finding(suspended=True))) == Hold(Quiet.DATA_LATE)


def test_silence_climbs_to_the_follow_up_and_then_the_leads_list() -> None:
    """Nudge, follow-up no sooner than a week later, the list ten working days after the nudge."""
    case = take(open_case(), what(open_case()))
    at, seen = NOW, []
    while case.listed_on is None:
        at += DAY
        decision = what(case, at)
        if not isinstance(decision, Hold):
            seen.append((type(decision).__name__, (at - NOW).days))
        case = take(case, decision, at)
    assert seen == [("Say", 7), ("ListForLead", 14)]
    assert case.asked[-1].step is Step.FOLLOW_UP
    assert case.listed_why == "open since 10 March 2026"
    assert what(case, at + DAY) == Hold(Quiet.LISTED)


def test_a_small_pilot_gets_one_question_and_no_more() -> None:
    """Below ten seats neither a follow-up nor the list comes after the question."""
    case = open_case(finding(tier="question"))
    case = take(case, what(case))
    assert {what(case, NOW + n * DAY) for n in range(1, 60)} == {Hold(Quiet.QUESTION_ONLY)}


def test_nobody_to_ask_is_said_and_nothing_sent() -> None:
    """Without an owner the case holds; an owner who opted out is spared and a person looks in."""
    assert what(open_case(), recipient=None) == Hold(Quiet.NO_OWNER)
    spared = Recipient("p_owner", "UTC", None, opted_out=True)
    listed = what(open_case(), recipient=spared)
    assert listed == ListForLead("needs a person to look in")
    assert what(take(open_case(), listed), recipient=spared) == Hold(Quiet.LISTED)


def test_a_message_that_did_not_get_through_goes_to_the_lead() -> None:
    """A dead nudge is not repeated; one that waits in the queue holds the ladder."""
    case = apply_decision(open_case(), Say(Step.NUDGE, "p_owner", 1), "o", NOW)
    assert what(case, NOW + DAY) == Hold(Quiet.QUEUED)
    dead = case.model_copy(update={"asked": (case.asked[0].model_copy(update={"outcome": DeliveryState.DEAD}),)})
    assert what(dead, NOW + DAY) == ListForLead("the message did not get through")


def test_the_budget_of_a_person_holds_a_message_back() -> None:
    """Two messages in seven days are the most; one that joins a queued message is free."""
    full = Budget(claimed=(NOW - DAY, NOW - 3 * DAY))
    assert what(open_case(), budget=full) == Hold(Quiet.BUDGET)
    assert isinstance(what(open_case(), budget=Budget(full.claimed, is_queued=True)), Say)
    assert isinstance(what(open_case(), budget=Budget((NOW - 8 * DAY, NOW - 9 * DAY))), Say)
    assert Budget((NOW,)).earliest(NOW, Budgets()) == NOW + timedelta(hours=20)
    assert Budget().earliest(NOW, Budgets()) == NOW


STEP = NextStep(action="Open the ledger for Lyon", at=NOW + 3 * DAY)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (OnTrack(), CaseState.SNOOZED),
        (StepDone(), CaseState.SNOOZED),
        (SnoozeUntil(until=date(2026, 4, 1)), CaseState.SNOOZED),
        (BlockedBy(cause=Cause.DATA, person="Dana", until=date(2026, 4, 1)), CaseState.BLOCKED),
        (BlockedBy(cause=Cause.OTHER), CaseState.BLOCKED),
        (STEP, CaseState.COMMITTED),
        (NotMe(), CaseState.WAITING),
        (StopAsking(), CaseState.WAITING),
    ],
)
def test_each_answer_moves_the_case_once(answer: Answer, state: CaseState) -> None:
    """An answer moves the case to its state; the same reply again changes nothing."""
    case = take(open_case(), what(open_case()))
    moved = apply_reply(case, reply(answer), NOW)
    assert moved.state is state
    assert apply_reply(moved, reply(answer), NOW + DAY) == moved


def test_on_track_is_believed_for_two_weeks() -> None:
    """Fourteen days of quiet, then a second loop; after that the case is parked and visible."""
    case = apply_reply(take(open_case(), what(open_case())), reply(OnTrack()), NOW)
    assert what(case, NOW + 13 * DAY) == Hold(Quiet.SNOOZED)
    again = what(case, NOW + 14 * DAY)
    assert again == NextLoop()
    case = take(case, again, NOW + 14 * DAY)
    assert what(case, NOW + 14 * DAY) == Say(Step.NUDGE, "p_owner", 2)
    case = apply_reply(case, reply(OnTrack(), key="k2"), NOW + 15 * DAY)
    parked = take(case, what(case, NOW + 40 * DAY), NOW + 40 * DAY)
    assert what(case, NOW + 40 * DAY) == Park()
    assert parked.listed_why == "undecided after two loops"
    assert what(parked, NOW + 90 * DAY) == Hold(Quiet.PARKED)
    assert apply_reply(parked, reply(STEP, key="k3"), NOW).state is CaseState.COMMITTED


def test_a_step_is_left_alone_until_due_and_checked_once() -> None:
    """Silence until the promised day, one check a working day later, then the list."""
    case = apply_reply(take(open_case(), what(open_case())), reply(STEP), NOW)
    assert what(case, NOW + 3 * DAY) == Hold(Quiet.COMMITTED)
    assert what(case, NOW + 6 * DAY) == Hold(Quiet.ONE_A_WEEK)
    check = what(case, NOW + 7 * DAY)
    assert check == Say(Step.CHECK, "p_owner", 1)
    case = take(case, check, NOW + 7 * DAY)
    assert what(case, NOW + 8 * DAY) == Hold(Quiet.ASKED)
    assert isinstance(what(case, NOW + 21 * DAY), ListForLead)
    assert what(take(case, ListForLead("x")), NOW + 22 * DAY) == Hold(Quiet.LISTED)
    moved = apply_reply(case, reply(NextStep(action="Later", at=NOW + 20 * DAY), key="k2"), NOW + 8 * DAY)
    assert moved.commitment is not None
    assert moved.commitment.moves == 1
    assert what(moved, NOW + 22 * DAY) == Say(Step.CHECK, "p_owner", 1, occurrence=1)


def test_telemetry_answers_for_the_owner_where_it_can() -> None:
    """When use is coming back by the time a step is due for its check, the owner is not asked about it."""
    back = open_case(finding(recent_share=0.85))
    case = apply_reply(take(back, what(back)), reply(STEP), NOW)
    assert what(case, NOW + 7 * DAY) == Hold(Quiet.WORKING)
    still_low = case.model_copy(update={"findings": (finding(recent_share=0.5),)})
    assert what(still_low, NOW + 7 * DAY) == Say(Step.CHECK, "p_owner", 1)
    both = case.model_copy(update={"findings": (finding(recent_share=0.9), finding(Kind.STALL))})
    assert isinstance(what(both, NOW + 7 * DAY), Say)


def test_a_block_is_checked_after_its_date() -> None:
    """Quiet until the date that was named, then one question; without an owner, none."""
    blocked = apply_reply(open_case(), reply(BlockedBy(cause=Cause.DATA, until=date(2026, 3, 20))), NOW)
    assert what(blocked, NOW + 9 * DAY) == Hold(Quiet.BLOCKED)
    assert what(blocked, NOW + 14 * DAY) == Say(Step.CHECK, "p_owner", 1)
    assert what(blocked, NOW + 14 * DAY, recipient=None) == Hold(Quiet.NO_OWNER)
    spared = Recipient("p_owner", "UTC", None, opted_out=True)
    assert isinstance(what(blocked, NOW + 14 * DAY, recipient=spared), ListForLead)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NextStep(action="x", at=NOW - DAY), "has passed"),
        (NextStep(action="x", at=NOW + 500 * DAY), "a year away"),
        (SnoozeUntil(until=NOW.date() - DAY), "has passed"),
        (BlockedBy(cause=Cause.DATA, until=date(2030, 1, 1)), "a year away"),
    ],
)
def test_an_answer_that_cannot_be_taken_says_why(answer: Answer, words: str) -> None:
    """A moment in the past or beyond a year is asked for again and moves nothing."""
    case = open_case()
    assert words in (objection(reply(answer), case, NOW) or "")
    assert apply_reply(case, reply(answer), NOW) == case


def test_an_answer_to_a_closed_case_changes_nothing() -> None:
    """A late click is thanked and has no effect."""
    closed = open_case(state=CaseState.RECOVERED)
    assert "closed" in (objection(reply(OnTrack()), closed, NOW) or "")
    assert objection(reply(BlockedBy(cause=Cause.DATA)), open_case(), NOW) is None


def test_observing_opens_updates_clears_and_recovers() -> None:
    """A case opens with the finding, clears with it, and ends after three clear weeks with one thank-you."""
    held = finding()
    case = observe(None, "tax", [held], now=NOW, playbook=BOOK)
    assert case is not None
    assert case.id == "tax#1"
    case = take(case, what(case))
    gone = held.model_copy(update={"closed_on": date(2026, 3, 12)})
    later = NOW + 4 * DAY
    cleared = observe(case, "tax", [gone], now=later, playbook=BOOK)
    assert cleared is not None
    assert cleared.clear_since == date(2026, 3, 12)
    assert what(cleared, later) == Hold(Quiet.CLEAR)
    end = datetime(2026, 4, 2, 10, tzinfo=UTC)
    decisions = decide(cleared, OWNER, judged=JUDGED, calendar=CALENDAR, budget=Budget(), now=end)
    assert decisions == (Recover(), Say(Step.RECOVERY, "p_owner", 1))
    full = Budget((end - DAY, end - 2 * DAY))
    assert decide(cleared, OWNER, judged=JUDGED, calendar=CALENDAR, budget=full, now=end) == (Hold(Quiet.BUDGET),)
    ended = take(cleared, Recover(), end)
    assert ended.state is CaseState.RECOVERED
    assert what(ended, end) == Hold(Quiet.CLOSED)
    assert observe(ended, "tax", [gone, held], now=end, playbook=BOOK) == ended
    fresh = observe(ended, "tax", [gone, finding(opened=date(2026, 5, 1))], now=end, playbook=BOOK)
    assert fresh is not None
    assert fresh.id == "tax#2"
    assert fresh.asked == ()


def test_a_recovery_nobody_was_asked_about_is_silent() -> None:
    """An owner who never heard of the case is not thanked for its end."""
    clear = open_case(finding(closed_on=date(2026, 1, 1)), clear_since=date(2026, 1, 1))
    assert what(clear) == Recover()


def test_new_findings_join_and_vanished_ones_are_retracted() -> None:
    """A second finding joins the open case; a finding that data no longer shows ends it as retracted."""
    case = open_case()
    both = observe(case, "tax", [finding(), finding(Kind.STALL)], now=NOW, playbook=BOOK)
    assert both is not None
    assert [f.kind for f in both.open_findings] == [Kind.DROP_OFF, Kind.STALL]
    assert both.severity == 29.0
    retracted = observe(case, "tax", [], now=NOW, playbook=BOOK)
    assert retracted is not None
    assert retracted.state is CaseState.RETRACTED
    assert retracted.lead_finding is not None


def test_what_was_told_and_no_longer_holds_is_taken_back_once() -> None:
    """An owner who was written to gets one apology within two weeks and budget; one who was not gets none."""
    unheard = open_case(state=CaseState.RETRACTED, closed_at=NOW)
    assert what(unheard) == Hold(Quiet.CLOSED)
    told = take(open_case(), what(open_case()))
    wrong = observe(told, "tax", [], now=NOW + DAY, playbook=BOOK)
    assert wrong is not None
    assert what(wrong, NOW + DAY) == Hold(Quiet.ONE_A_WEEK)
    week = NOW + 8 * DAY
    sorry = what(wrong, week)
    assert sorry == Say(Step.RETRACTION, "p_owner", 1)
    assert what(take(wrong, sorry, week), week + DAY) == Hold(Quiet.CLOSED)
    assert what(wrong, NOW + 16 * DAY) == Hold(Quiet.CLOSED)
    assert still_holds(wrong, waiting(Step.RETRACTION, "tax#1"), "p_owner") is None
    assert still_holds(told, waiting(Step.RETRACTION, "tax#1"), "p_owner")


def test_what_opens_no_case() -> None:
    """Nothing, a suspended finding, one for the admin, or a pilot somebody decided about open none."""
    for seen in ([], [finding(suspended=True)], [finding(Kind.SOURCE_LATE)], [finding(closed_on=date(2026, 3, 3))]):
        assert observe(None, "tax", seen, now=NOW, playbook=BOOK) is None
    decided = open_case(state=CaseState.DECIDED)
    assert observe(decided, "tax", [finding(opened=date(2026, 6, 1))], now=NOW, playbook=BOOK) == decided


def test_a_case_keeps_the_playbook_it_was_opened_with() -> None:
    """Editing the playbook changes no case under way."""
    patient = Playbook(follow_up_after_wd=9)
    case = observe(None, "tax", [finding()], now=NOW, playbook=patient)
    assert case is not None
    again = observe(case, "tax", [finding()], now=NOW + DAY, playbook=BOOK)
    assert again is not None
    assert again.playbook == patient


def test_outreach_that_no_longer_holds_is_named() -> None:
    """Before a send, an answer, a recovery, a new owner or a new case each withdraw what waited."""
    case = take(open_case(), what(open_case()))
    assert still_holds(case, waiting(Step.NUDGE, "tax#1"), "p_owner") is None
    assert still_holds(None, waiting(Step.NUDGE, "tax#1"), "p_owner")
    assert still_holds(case, waiting(Step.NUDGE, "tax#2"), "p_owner")
    assert still_holds(case, waiting(Step.NUDGE, "tax#1"), "p_new")
    answered = apply_reply(case, reply(OnTrack()), NOW)
    assert still_holds(answered, waiting(Step.NUDGE, "tax#1"), "p_owner") == "the owner has answered"
    assert still_holds(answered, waiting(Step.CHECK, "tax#1"), "p_owner") == "the owner has answered"
    committed = apply_reply(case, reply(STEP), NOW)
    assert still_holds(committed, waiting(Step.CHECK, "tax#1"), "p_owner") is None
    assert still_holds(case, waiting(Step.RECOVERY, "tax#1"), "p_owner")
    recovered = case.model_copy(update={"state": CaseState.RECOVERED})
    assert still_holds(recovered, waiting(Step.RECOVERY, "tax#1"), "p_owner") is None
    assert still_holds(recovered, waiting(Step.NUDGE, "tax#1"), "p_owner")


answers = st.one_of(
    st.just(OnTrack()),
    st.just(StepDone()),
    st.just(NotMe()),
    st.builds(SnoozeUntil, until=st.dates(date(2026, 3, 1), date(2026, 9, 1))),
    st.builds(BlockedBy, cause=st.sampled_from(Cause), until=st.none() | st.dates(date(2026, 3, 1), date(2026, 9, 1))),
    st.builds(NextStep, action=st.just("a step"), at=st.integers(1, 180).map(lambda n: NOW + n * DAY)),
)


@settings(max_examples=60, deadline=None)
@given(
    life=st.lists(st.none() | answers, min_size=20, max_size=120),
    kinds=st.sets(st.sampled_from([Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE]), min_size=1),
)
def test_whatever_an_owner_answers_the_promises_hold(life: list[Answer | None], kinds: set[Kind]) -> None:
    """Rungs only climb within a loop, one message a pilot and week, none in a snooze or before a due step, no id twice."""
    found: list[Finding] = [finding(kind) for kind in sorted(kinds)]
    case = observe(None, "tax", found, now=NOW, playbook=BOOK)
    assert case is not None
    sent: list[tuple[datetime, Say]] = []
    ids: set[str] = set()
    for n, answer in enumerate(life):
        at = NOW + n * DAY
        before = case
        decision = decide(case, OWNER, judged=at.date() - DAY, calendar=CALENDAR, budget=Budget(), now=at)
        assert decision == decide(before, OWNER, judged=at.date() - DAY, calendar=CALENDAR, budget=Budget(), now=at)
        for one in decision:
            if isinstance(one, Say):
                assert not (before.snoozed_until and at.date() < before.snoozed_until)
                assert not (before.commitment and at < before.commitment.due_at)
                assert all(at - earlier >= 7 * DAY for earlier, _ in sent)
                outreach = Outreach.identify(case.id, one.loop, one.step, one.occurrence, one.person)
                assert outreach not in ids
                ids.add(outreach)
                sent.append((at, one))
            case = take(case, one, at)
        if answer is not None and sent:
            case = apply_reply(case, reply(answer, key=f"k{n}"), at)
    rungs = [(ask.loop, LADDER.index(ask.step)) for _, ask in sent if ask.step in LADDER]
    assert rungs == sorted(set(rungs))
    assert case.loop <= 2


def test_a_new_owner_is_asked_from_the_beginning() -> None:
    """When the list brings the pilot another owner, that person gets a first question of their own."""
    case = apply_reply(take(open_case(), what(open_case())), reply(NotMe()), NOW)
    assert what(case, NOW + 8 * DAY) == Hold(Quiet.LISTED)
    new = Recipient("p_new", "UTC", None)
    decision = what(case, NOW + 8 * DAY, recipient=new)
    assert decision == Say(Step.NUDGE, "p_new", 1)
    asked = take(case, decision, NOW + 8 * DAY)
    assert asked.listed_on is None
    assert what(asked, NOW + 9 * DAY, recipient=new) == Hold(Quiet.ASKED)


def test_who_disowned_a_pilot_is_not_asked_in_its_next_case_either() -> None:
    """The next case of the pilot goes to the list at once while the registry still names that person."""
    disowned = apply_reply(take(open_case(), what(open_case())), reply(NotMe()), NOW)
    ended = disowned.model_copy(update={"state": CaseState.RECOVERED})
    later = observe(ended, "tax", [finding(opened=date(2026, 6, 1))], now=NOW + 90 * DAY, playbook=BOOK)
    assert later is not None
    assert later.disowned == ("p_owner",)
    listed = what(later, NOW + 90 * DAY)
    assert listed == ListForLead("owner to be confirmed")
    assert what(take(later, listed), NOW + 91 * DAY) == Hold(Quiet.LISTED)


def test_a_full_week_waits_for_its_oldest_message() -> None:
    """With two messages in the week the next leaves when the older one is a week old."""
    full = Budget((NOW - 5 * DAY, NOW - 2 * DAY))
    assert full.earliest(NOW, Budgets()) == NOW + 2 * DAY


@pytest.mark.parametrize(
    ("answer", "option", "second"),
    [
        (BlockedBy(cause=Cause.DATA, person="Kim"), "data", "Kim"),
        (BlockedBy(cause=Cause.QUALITY), "quality", None),
        (OnTrack(), "on_track", None),
        (ProposeStop(lesson="nobody needed it"), "stop", None),
    ],
)
def test_an_answer_to_a_question_is_one_to_what_holds_it_back(answer: Answer, option: str, second: str | None) -> None:
    """What an owner says at any question is kept as their answer to OWN-01, once, and scores as that."""
    case = open_case()
    first = apply_reply(case, reply(answer), NOW)
    assert [(a.item, a.option, a.second, a.at) for a in first.answers] == [(ItemId.HOLDS_BACK, option, second, NOW)]
    assert apply_reply(first, reply(answer), NOW).answers == first.answers
    assert apply_reply(case, reply(SnoozeUntil(until=NOW.date() + timedelta(days=9))), NOW).answers == ()
