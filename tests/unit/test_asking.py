"""What comes next of a wish: shown, held, put out once for all who wait, promised, checked, and never forgotten."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from builders import NOW, OWNER, finding, open_case
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.ask import LIVE, Ask, AskState, Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import ENDS, Asked, Block, Case, CaseState
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Outreach, Role, Step
from bot.domain.reply import Cause
from bot.policy.budget import Budget
from bot.policy.decide import decide
from bot.policy.decisions import (
    Decision,
    Hold,
    Join,
    OpenUp,
    Others,
    PassOn,
    Quiet,
    Recipient,
    Say,
    Settle,
    apply_decision,
)
from bot.policy.withdrawal import still_holds

CALENDAR = Calendar()
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
TODAY = NOW.date()
"""A Tuesday."""
KIM = Recipient("p_kim", "Europe/Berlin", "DE")
JO = Recipient("p_jo", "Europe/Berlin", "DE")
SAM = Recipient("p_sam", "Europe/Berlin", "DE")
THING = Thing(kind="data", words="read access to the ledger")
PEOPLE = {p.person: p for p in (KIM, JO, SAM)}
OTHERS = Others(people=PEOPLE, sponsor="p_sam", sponsor_reads=True)
END_STATES = frozenset(RequestState) - LIVE


def request(**changes: object) -> Request:
    """Return Kim's wish, shown yesterday and due to leave today."""
    given: dict[str, object] = {
        "person": "p_kim",
        "name": "Kim",
        "thing": THING,
        "due": TODAY + 14 * DAY,
        "since": TODAY - DAY,
        "made_at": NOW - DAY,
        "leaves_on": TODAY,
    }
    return Request.model_validate(given | changes)


def asked(step: Step, person: str, at: datetime, **changes: object) -> Asked:
    """Return what was said about the thing at a moment, and arrived."""
    given: dict[str, object] = {
        "outreach": f"{step}-{person}-{at:%m%d}",
        "step": step,
        "loop": 1,
        "occurrence": 0,
        "person": person,
        "thing": None if step in {Step.NUDGE, Step.DECISION} else THING.key,
        "decided_at": at,
        "sent_at": at,
        "outcome": DeliveryState.SENT,
    }
    return Asked.model_validate(given | changes)


def blocked(*requests: Request, **changes: object) -> Case:
    """Return a case whose owner said what is in the way, with these wishes."""
    block = Block(cause=Cause.DATA, person="Kim", until=TODAY + 14 * DAY, said_by="p_owner", said_at=NOW - DAY)
    return open_case(**{"state": CaseState.BLOCKED, "block": block, "requests": requests} | changes)


def what(case: Case, at: datetime = NOW, others: Others = OTHERS, owner: Recipient | None = OWNER) -> Decision:
    """Return the first decision about a case."""
    return decide(case, owner, judged=at.date() - 2 * DAY, calendar=CALENDAR, budget=Budget(), now=at, others=others)[0]


def why(case: Case, at: datetime = NOW, others: Others = OTHERS) -> Quiet | None:
    """Return why nothing is said, or None when something is."""
    decision = what(case, at, others)
    return decision.why if isinstance(decision, Hold) else None


def standing(state: AskState = AskState.OPEN, **changes: object) -> Others:
    """Return everybody, and an Ask of Kim about the thing that other pilots wait for."""
    ask = Ask(
        person="p_kim", thing=THING, opened_at=NOW - 3 * DAY, due=TODAY + 14 * DAY, state=state, sent_at=NOW - 3 * DAY
    )
    return replace(OTHERS, asks={("p_kim", THING.key): ask.model_copy(update=changes)})


OUT = request(state=RequestState.OUT)
PUT_OUT = asked(Step.UNBLOCK, "p_kim", NOW)
PROMISED = request(state=RequestState.PROMISED, promised_for=TODAY + 6 * DAY, said_at=NOW)


def test_a_wish_leaves_a_working_day_after_it_was_shown() -> None:
    """Until the day the owner was told it rests, on that day it is said, and then waited for."""
    waits = blocked(request(leaves_on=TODAY + DAY))
    assert why(waits) is Quiet.SHOWN
    said = what(waits, NOW + DAY)
    assert said == Say(Step.UNBLOCK, "p_kim", 1, 0, THING.key)
    out = apply_decision(waits, said, "o1", NOW + DAY)
    assert out.requests[0].state is RequestState.OUT
    assert why(out, NOW + DAY) is Quiet.QUEUED


def test_a_hold_ends_at_its_date_and_then_the_wish_leaves() -> None:
    """While it is held nobody is asked; on the day the hold ends it is said without another word of the owner."""
    held = blocked(request(held_until=TODAY + 7 * DAY, hold_reason="they are in the audit"))
    assert {why(held, NOW + n * DAY) for n in range(7)} == {Quiet.HELD}
    assert isinstance(what(held, NOW + 7 * DAY), Say)


def test_one_ask_for_all_who_wait() -> None:
    """Where the person was asked already the case waits with the others; once that has ended a new message is said."""
    others = standing()
    assert what(blocked(request()), others=others) == Join(request(), others.asks["p_kim", THING.key])
    assert isinstance(what(blocked(request()), others=standing(AskState.DONE)), Say)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (AskState.OPEN, {"sent_at": NOW - 20 * DAY}),
        (AskState.PROMISED, {"promised_for": TODAY - DAY}),
    ],
)
def test_nobody_joins_what_is_long_past(state: AskState, changes: dict[str, object]) -> None:
    """An Ask that met silence weeks ago, or whose day has passed, swallows no later wish: the person hears of it anew."""
    assert isinstance(what(blocked(request()), others=standing(state, **changes)), Say)


def test_the_budget_of_whoever_is_asked_is_kept() -> None:
    """Somebody who had their message of the week as one who is asked gets no second one; when it is over, they do."""

    def budget(_person: str, role: Role) -> Budget:
        return Budget((NOW - DAY,), role=role, in_role=(NOW - DAY,))

    full = replace(OTHERS, budget=budget)
    assert why(blocked(request()), others=full) is Quiet.BUDGET
    assert isinstance(what(blocked(request()), NOW + 7 * DAY, full), Say)


def test_whoever_is_away_has_one_stand_in_or_is_waited_for() -> None:
    """An absent person's delegate is asked, once; without one the wish waits for the day they are back."""
    back = TODAY + 9 * DAY
    away = {**PEOPLE, "p_kim": replace(KIM, away_until=back, delegate="p_jo"), "p_jo": replace(JO, away_until=back)}
    passed = what(blocked(request()), others=replace(OTHERS, people=away))
    assert passed == PassOn(request(), "p_jo", JO.name)
    case = apply_decision(blocked(request()), passed, "", NOW)
    assert [r.state for r in case.requests] == [RequestState.ELSEWHERE, RequestState.SHOWN]
    assert why(case, others=replace(OTHERS, people=away)) is Quiet.AWAY
    alone = replace(OTHERS, people={**PEOPLE, "p_kim": replace(KIM, away_until=back)})
    assert why(blocked(request()), NOW + 8 * DAY, alone) is Quiet.AWAY
    assert isinstance(what(blocked(request()), NOW + 9 * DAY, alone), Say)


@pytest.mark.parametrize("stand_in", ["p_owner", "p_nobody", None])
def test_whoever_wants_no_messages_gets_none(stand_in: str | None) -> None:
    """An opted-out person is not asked: without somebody to stand in, a person from the programme looks at it."""
    people = {**PEOPLE, "p_kim": replace(KIM, opted_out=True, delegate=stand_in), "p_owner": OWNER}
    case = blocked(request())
    for _ in range(3):
        decision = what(case, others=replace(OTHERS, people=people))
        case = apply_decision(case, decision, "o", NOW)
    assert case.requests[-1].state is RequestState.UNSENT
    assert case.listed_why == "nobody can be asked for what is in the way"


def test_an_answer_is_waited_for_five_working_days_and_then_the_wish_goes_up() -> None:
    """Asked on a Tuesday it is open for long on the next Tuesday, and a decision opens that names no person."""
    case = blocked(OUT, asked=(PUT_OUT,))
    assert why(case, NOW + 6 * DAY) is Quiet.OUT
    ends = what(case, NOW + 7 * DAY)
    assert ends == Settle(OUT, RequestState.EXPIRED)
    opened = what(apply_decision(case, ends, "", NOW + 7 * DAY), NOW + 7 * DAY)
    assert isinstance(opened, OpenUp)
    assert (opened.decision.opened_by.value, opened.decision.thing) == ("expired", THING.words)


def test_a_promise_is_kept_quiet_checked_once_and_a_moved_one_goes_to_the_owner() -> None:
    """Nothing until a working day after the day named; then one question to the person, after a move one to the owner."""
    case = blocked(PROMISED, asked=(PUT_OUT,))
    assert {why(case, NOW + n * DAY) for n in range(7)} == {Quiet.PROMISED}
    at = NOW + 7 * DAY
    check = what(case, at)
    assert check == Say(Step.UNBLOCK_CHECK, "p_kim", 1, 0, THING.key)
    assert why(apply_decision(case, check, "o", at), at) is Quiet.QUEUED
    moved = blocked(PROMISED.model_copy(update={"moves": 1}), asked=(PUT_OUT,))
    owner = what(moved, at)
    assert owner == Say(Step.CHECK, "p_owner", 1, 0, THING.key)
    silent = moved.model_copy(update={"asked": (PUT_OUT, asked(Step.CHECK, "p_owner", at))})
    assert why(silent, at + 2 * DAY) is Quiet.ASKED
    assert what(silent, at + 3 * DAY) == Settle(moved.requests[0], RequestState.MISSED)


@pytest.mark.parametrize("wish", [OUT, PROMISED])
def test_use_that_comes_back_answers_for_everybody(wish: Request) -> None:
    """While use is nearly as usual nobody is checked on and nothing expires."""
    case = blocked(wish, asked=(PUT_OUT,), findings=(finding(recent_share=0.9),))
    assert why(case, NOW + 30 * DAY) is Quiet.WORKING


@pytest.mark.parametrize("state", sorted(LIVE))
def test_what_the_registry_shows_as_met_is_done(state: RequestState) -> None:
    """A dependency with a day of completion ends its wish, whatever was said."""
    wish = request(thing=Thing(kind="data", words="data", dependency="d7"), state=state, promised_for=TODAY)
    settled = what(blocked(wish), others=replace(OTHERS, met=frozenset({"d7"})))
    assert settled == Settle(wish, RequestState.DONE)


@pytest.mark.parametrize("state", sorted(ENDS))
@pytest.mark.parametrize("wish", [request(), OUT, PROMISED])
def test_after_an_end_nobody_is_asked(state: CaseState, wish: Request) -> None:
    """A case that has ended asks nothing of others, on whatever day, and what waits to leave is taken back."""
    case = blocked(wish, state=state, closed_at=NOW, asked=(PUT_OUT,))
    for n in range(40):
        decision = what(case, NOW + n * DAY)
        assert not isinstance(decision, Say) or decision.step in {Step.RETRACTION, Step.TOLD}
    pending = {"id": "o", "case_id": case.id, "pilot": "tax", "recipient": "p_kim", "decided_at": NOW}
    for step in (Step.UNBLOCK, Step.UNBLOCK_CHECK):
        outreach = Outreach(**pending, step=step, thing=THING.key)
        assert still_holds(case, outreach, "p_owner") is not None


@dataclass(slots=True)
class Life:
    """Days of one case in which nobody answers and each message arrives on its day."""

    case: Case
    others: Others
    owner: Recipient | None
    at: datetime = NOW
    said: list[tuple[date, Say]] = field(default_factory=list)
    steps: list[tuple[Case, Case]] = field(default_factory=list)

    def day(self) -> None:
        """Decide until nothing moves, let what was said arrive, and go on to the next day."""
        for _ in range(6):
            decisions = decide(
                self.case,
                self.owner,
                judged=self.at.date() - 2 * DAY,
                calendar=CALENDAR,
                budget=Budget(),
                now=self.at,
                others=self.others,
            )
            before = self.case
            for decision in decisions:
                self.case = apply_decision(self.case, decision, f"o{len(self.said)}", self.at)
                if isinstance(decision, Say):
                    self.say(decision)
            self.steps.append((before, self.case))
            if isinstance(decisions[-1], Hold):
                break
        self.at += DAY

    def say(self, said: Say) -> None:
        """Note what was said, that it arrived, and the Ask that it opened."""
        self.said.append((self.at.date(), said))
        *before, last = self.case.asked
        sent = last.model_copy(update={"sent_at": self.at, "outcome": DeliveryState.SENT})
        self.case = self.case.model_copy(update={"asked": (*before, sent)})
        if said.step is Step.UNBLOCK:
            wish = next(r for r in self.case.requests if r.key == (said.person, said.thing))
            ask = Ask(person=said.person, thing=wish.thing, opened_at=self.at, due=wish.due)
            self.others = replace(self.others, asks={**self.others.asks, wish.key: ask})


days = st.integers(0, 20).map(lambda n: TODAY + n * DAY)
words = st.sampled_from(["read access to the ledger", "a signature of legal"])


@st.composite
def wishes(draw: st.DrawFn) -> Request:
    """Draw a wish that was shown, put out or promised."""
    state = draw(st.sampled_from(sorted(LIVE)))
    is_promised = state is RequestState.PROMISED
    return request(
        person=draw(st.sampled_from(["p_kim", "p_jo", "p_nobody"])),
        thing=Thing(kind="data", words=draw(words)),
        state=state,
        leaves_on=draw(days),
        held_until=draw(st.none() | st.integers(0, 7).map(lambda n: TODAY + n * DAY)),
        out_at=NOW if state is RequestState.OUT else None,
        promised_for=draw(days) if is_promised else None,
        said_at=NOW - DAY if is_promised else None,
        moves=draw(st.integers(0, 2)) if is_promised else 0,
    )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Draw a case with up to two wishes, and people who are there, away or want no messages."""

    def person(known: Recipient, delegate: str) -> Recipient:
        return replace(
            known,
            opted_out=draw(st.booleans()),
            delegate=draw(st.sampled_from([None, delegate])),
            away_until=draw(st.none() | days),
        )

    people = {"p_kim": person(KIM, "p_jo"), "p_jo": person(JO, "p_kim"), "p_sam": person(SAM, "p_jo")}
    owner = replace(OWNER, opted_out=draw(st.booleans()))
    requests = draw(st.lists(wishes(), min_size=1, max_size=2, unique_by=lambda r: r.thing.key))
    sponsor = draw(st.sampled_from([None, "p_sam"]))
    others = Others(people=people, sponsor=sponsor, sponsor_reads=draw(st.booleans()))
    # A promise of somebody who wants no messages any more: known, and shown by a test of its own.
    silent = [r for r in requests if r.state is RequestState.PROMISED and r.person in people]
    assume(not any(people[r.person].opted_out for r in silent))
    return Life(blocked(*requests), others, owner)


@given(lives())
@settings(max_examples=60, deadline=None)
def test_something_always_follows_when_nobody_answers(life: Life) -> None:
    """Whatever was asked of whom, within half a year a person sees the case or it rests after two loops."""
    for _ in range(180):
        life.day()
        if life.case.listed_on:
            return
    pytest.fail(f"nothing follows: {life.case.state} {[r.state for r in life.case.requests]}")


@given(lives(), st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_one_message_about_one_thing_and_none_to_whoever_wants_none(life: Life, count: int) -> None:
    """A person is asked once for a thing and checked on once for each day named; the opted-out get no word."""
    for _ in range(count):
        life.day()
    asks = [(s.person, s.thing) for _, s in life.said if s.step is Step.UNBLOCK]
    checks = [(s.person, s.thing, s.loop) for _, s in life.said if s.step is Step.UNBLOCK_CHECK]
    assert len(asks) == len(set(asks))
    assert len(checks) == len(set(checks))
    everybody = {**life.others.people, "p_owner": life.owner}
    for _, said in life.said:
        reader = everybody[said.person]
        assert reader is not None
        assert not reader.opted_out


@given(lives(), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_the_passing_of_time_only_moves_wishes_forward(life: Life, count: int) -> None:
    """Without an answer no wish comes back to life, none is forgotten, and no more people than before are asked."""
    order = [RequestState.SHOWN, RequestState.OUT, RequestState.PROMISED]
    for _ in range(count):
        life.day()
    for before, after in life.steps:
        assert len(after.live_requests) <= len(before.live_requests)
        for one in before.requests:
            later = next(r for r in after.requests if r.key == one.key)
            if one.state in END_STATES:
                assert later.state is one.state
            elif later.state in LIVE:
                assert order.index(later.state) >= order.index(one.state)


def registry(**changes: object) -> Request:
    """Return a wish that the registry makes by itself, shown with the first question."""
    thing = Thing(kind="data_access", words="data access", dependency="d7")
    return request(**{"from_registry": True, "thing": thing} | changes)


@pytest.mark.parametrize(
    ("outcome", "owner"),
    [
        (DeliveryState.DROPPED, OWNER),
        (DeliveryState.DEAD, OWNER),
        (DeliveryState.SENT, Recipient("p_new", "Europe/Berlin", "DE")),
    ],
)
def test_a_first_question_that_never_came_is_not_the_end(outcome: DeliveryState, owner: Recipient) -> None:
    """Was the question with the registry's wish withdrawn or lost, or is there a new owner, something follows within weeks."""
    sent = NOW if outcome is DeliveryState.SENT else None
    nudge = asked(Step.NUDGE, "p_owner", NOW, outcome=outcome, sent_at=sent)
    life = Life(open_case(state=CaseState.WAITING, requests=(registry(),), asked=(nudge,)), OTHERS, owner)
    for _ in range(60):
        life.day()
    assert life.said or life.case.listed_on


def test_the_wish_of_the_registry_leaves_a_working_day_after_its_owner_saw_it() -> None:
    """It waits for the day after the first question arrived, whenever that was."""
    nudge = asked(Step.NUDGE, "p_owner", NOW + 2 * DAY)
    case = open_case(state=CaseState.WAITING, requests=(registry(),), asked=(nudge,))
    assert why(case, NOW + 2 * DAY) is Quiet.SHOWN
    assert isinstance(what(case, NOW + 3 * DAY), Say)


def test_nobody_who_wants_no_messages_is_checked_on() -> None:
    """Who promised a day and then said 'stop asking' is not asked about it, however often one looks."""
    people = {**PEOPLE, "p_kim": replace(KIM, opted_out=True)}
    decision = what(blocked(PROMISED, asked=(PUT_OUT,)), NOW + 7 * DAY, replace(OTHERS, people=people))
    assert not isinstance(decision, Say) or decision.person != "p_kim"


def test_a_check_that_did_not_get_through_is_not_the_end() -> None:
    """Is the question about a passed day lost, the wish moves on all the same."""
    dead = asked(Step.UNBLOCK_CHECK, "p_kim", NOW + 7 * DAY, sent_at=None, outcome=DeliveryState.DEAD)
    life = Life(blocked(PROMISED, asked=(PUT_OUT, dead)), OTHERS, OWNER, NOW + 7 * DAY)
    for _ in range(60):
        life.day()
    assert life.case.requests[0].state is not RequestState.PROMISED


def test_the_owners_check_about_a_day_of_the_registrys_wish_can_leave() -> None:
    """What policy decides to ask of the owner still holds when its time comes, also where the owner named no block."""
    wish = registry(state=RequestState.PROMISED, promised_for=TODAY + 6 * DAY, said_at=NOW, moves=1)
    nudge = asked(Step.NUDGE, "p_owner", NOW - WEEK)
    case = open_case(state=CaseState.WAITING, requests=(wish,), asked=(nudge,))
    check = what(case, NOW + 7 * DAY)
    assert check == Say(Step.CHECK, "p_owner", 1, 0, wish.thing.key)
    outreach = Outreach(
        id="o", case_id=case.id, pilot="tax", step=Step.CHECK, recipient="p_owner", decided_at=NOW, thing=wish.thing.key
    )
    assert still_holds(apply_decision(case, check, "o", NOW + 7 * DAY), outreach, "p_owner") is None


def test_whoever_joins_a_promised_ask_waits_for_its_day() -> None:
    """A pilot that joins after a day was named does not go up before that day has passed."""
    others = standing(AskState.PROMISED, promised_for=TODAY + 20 * DAY, answered_at=NOW - DAY)
    life = Life(blocked(request()), others, OWNER)
    for _ in range(20):
        life.day()
    assert life.case.decision is None
    assert life.case.requests[0].is_live


def test_what_was_needed_first_is_followed_by_a_new_message() -> None:
    """Has the owner brought what the person needed and names them again, the person hears of it."""
    assert isinstance(what(blocked(request()), others=standing(AskState.NEEDS, answered_at=NOW - 3 * DAY)), Say)


def test_passing_on_keeps_what_the_stand_in_was_asked_already() -> None:
    """A wish passed on to somebody who already promised the same thing does not undo the promise."""
    kims = PROMISED
    jos = request(person="p_jo", name="Jo")
    people = {**PEOPLE, "p_jo": replace(JO, away_until=TODAY + 9 * DAY, delegate="p_kim")}
    case = blocked(kims, jos)
    everybody = replace(OTHERS, people=people)
    for _ in range(2):
        case = apply_decision(case, what(case, others=everybody), "", NOW)
    assert next(r for r in case.requests if r.person == "p_kim").promised_for == kims.promised_for
    assert next(r for r in case.requests if r.person == "p_kim").state is RequestState.PROMISED


def test_a_fall_that_has_ended_does_not_answer_for_an_old_stage() -> None:
    """Where the fall is over and the stage's age is what is open, a wish that nobody answers still moves on."""
    found = (finding(closed_on=TODAY - 9 * DAY), finding(Kind.STAGE_AGE))
    life = Life(blocked(OUT, asked=(PUT_OUT,), findings=found), OTHERS, OWNER)
    for _ in range(120):
        life.day()
    assert life.case.requests[0].state is not RequestState.OUT


def test_whoever_stands_in_is_named_by_their_own_name() -> None:
    """What is told to the owner about the stand-in's answer does not name the person who is away."""
    passed = apply_decision(blocked(request()), PassOn(request(), "p_jo", "Jo"), "", NOW)
    assert passed.requests[-1].name != "Kim"


def test_whoever_said_not_mine_is_not_asked_whether_the_way_is_free() -> None:
    """The check of a second date goes to no owner who disowned the pilot."""
    case = blocked(
        PROMISED.model_copy(update={"moves": 1}), asked=(PUT_OUT,), state=CaseState.WAITING, disowned=("p_owner",)
    )
    assert not isinstance(what(case, NOW + 7 * DAY), Say)


def test_what_was_passed_on_leaves_a_working_day_after_its_owner_saw_it() -> None:
    """Names the person asked somebody else, the text leaves no sooner than a working day after the owner got it."""
    former = request(state=RequestState.ELSEWHERE, said_at=NOW - 6 * DAY)
    onward = request(person="p_jo", name="Jo", hops=1, leaves_on=TODAY - 5 * DAY, passed_on=True)
    told = asked(Step.TOLD, "p_owner", NOW, sent_at=None, outcome=DeliveryState.QUEUED)
    assert isinstance(what(blocked(former, onward, asked=(PUT_OUT, told)), NOW + timedelta(hours=1)), Hold)


def test_only_whoever_was_asked_is_thanked() -> None:
    """A wish that was done before it left is no reason to write 'you were asked to clear this'."""
    wish = request(state=RequestState.DONE)
    over = finding(closed_on=TODAY - 30 * DAY)
    case = blocked(wish, findings=(over,), clear_since=TODAY - 30 * DAY)
    said = decide(case, OWNER, judged=TODAY, calendar=CALENDAR, budget=Budget(), now=NOW, others=OTHERS)
    assert not [d for d in said if isinstance(d, Say) and d.step is Step.THANKS]


def test_done_means_silence_also_where_the_registry_made_the_wish() -> None:
    """The day after the way was cleared the owner gets no follow-up: use has days to follow first."""
    nudge = asked(Step.NUDGE, "p_owner", NOW - WEEK)
    wish = registry(state=RequestState.OUT)
    waits = open_case(
        state=CaseState.WAITING, requests=(wish,), asked=(nudge, asked(Step.UNBLOCK, "p_kim", NOW - 3 * DAY))
    )
    case = apply_decision(waits, Settle(wish, RequestState.DONE), "", NOW - DAY)
    assert isinstance(what(case), Hold)
