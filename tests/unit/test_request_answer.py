"""What people say about a wish: its owner before it leaves, and whoever was asked. Every answer is a good one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, OWNER, open_case
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ask import Ask, AskState, Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import Block, Case, CaseState
from bot.domain.outreach import Role
from bot.domain.playbook import Playbook
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    ChangeRequest,
    Cleared,
    Concern,
    DontKnow,
    Elsewhere,
    HoldRequest,
    NeedsFirst,
    NotMe,
    Object,
    OnTrack,
    Promise,
    Reply,
    SnoozeUntil,
    StepDone,
    StopAsking,
    WithdrawRequest,
)
from bot.policy.answer import apply_reply, objection
from bot.policy.request_answer import answer_ask, held_request, may_be_answered

CALENDAR = Calendar()
DAY = timedelta(days=1)
TODAY = NOW.date()
LEDGER = Thing(kind="data", words="read access to the ledger")
LEGAL = Thing(kind="approval", words="a signature of legal")
GOOD = [
    (Cleared(), RequestState.DONE, AskState.DONE),
    (Promise(on=TODAY + 9 * DAY), RequestState.PROMISED, AskState.PROMISED),
    (NeedsFirst(what="a list of names"), RequestState.NEEDS, AskState.NEEDS),
    (Elsewhere(person="Jo"), RequestState.ELSEWHERE, AskState.ELSEWHERE),
    (Object(concern=Concern.LEGAL, words="the contract forbids it"), RequestState.OBJECTED, AskState.OBJECTED),
]


def request(**changes: object) -> Request:
    """Return Kim's wish, shown today."""
    given: dict[str, object] = {
        "person": "p_kim",
        "name": "Kim",
        "thing": LEDGER,
        "due": TODAY + 14 * DAY,
        "since": TODAY,
        "made_at": NOW,
        "leaves_on": TODAY + DAY,
    }
    return Request.model_validate(given | changes)


OUT = request(state=RequestState.OUT)


def blocked(*requests: Request, **changes: object) -> Case:
    """Return a case whose owner said what is in the way."""
    block = Block(cause=Cause.DATA, person="Kim", until=TODAY + 3 * DAY, said_by="p_owner", said_at=NOW)
    return open_case(**{"state": CaseState.BLOCKED, "block": block, "requests": requests} | changes)


def by_owner(answer: Answer, key: str = "k1", at: datetime = NOW) -> Reply:
    """Return what the owner says."""
    return Reply(key=key, person="p_owner", case_id="tax#1", pilot="tax", answer=answer, received_at=at)


def by_kim(answer: Answer, key: str = "k1", at: datetime = NOW, thing: Thing = LEDGER) -> Reply:
    """Return what the person asked says about the thing."""
    said = by_owner(answer, key, at)
    return said.model_copy(update={"person": "p_kim", "role": Role.UNBLOCKER, "thing": thing.key})


def said(case: Case, reply: Reply, onward: Request | None = None) -> Case:
    """Return the case after a reply."""
    return apply_reply(case, reply, reply.received_at, onward)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  bounds of a draw that adds the zone
    st.none() | st.integers(0, 300),
    st.sampled_from(["DE", "US", None]),
)
@settings(deadline=None)
def test_a_hold_lasts_five_working_days_at_most(now: datetime, days: int | None, country: str | None) -> None:
    """Whatever day is said, on whatever day, it ends within five working days, and no later than was said."""
    until = None if days is None else now.date() + timedelta(days=days)
    case = said(blocked(request()), by_owner(HoldRequest(reason="audit", until=until), at=now))
    held = case.requests[0].held_until
    assert held is not None
    assert CALENDAR.working_days_between(country, now.date(), held) <= 5
    assert until is None or held <= until


def test_the_playbook_says_how_long_a_hold_may_last() -> None:
    """A playbook with two working days holds for two."""
    case = blocked(request(), playbook=Playbook(longest_hold_wd=2))
    assert said(case, by_owner(HoldRequest(reason="audit"))).requests[0].held_until == TODAY + 2 * DAY


def test_a_wish_is_held_once() -> None:
    """A second hold changes neither the day nor the reason of the first."""
    once = said(blocked(request()), by_owner(HoldRequest(reason="audit", until=TODAY + 2 * DAY)))
    twice = said(once, by_owner(HoldRequest(reason="holiday", until=TODAY + 6 * DAY), "k2"))
    assert once.requests == twice.requests
    assert (twice.requests[0].hold_reason, twice.requests[0].held_until) == ("audit", TODAY + 2 * DAY)


def test_the_owner_corrects_it_adds_a_line_and_takes_it_back() -> None:
    """Words of their own stand for no dependency of the registry; the rest of the wish stays as it was."""
    known = request(thing=Thing(kind="data", words="data access", dependency="d7"))
    lined = said(blocked(known), by_owner(ChangeRequest(line="We have 40 users waiting.")))
    assert lined.requests == (known.model_copy(update={"line": "We have 40 users waiting."}),)
    other = said(lined, by_owner(ChangeRequest(thing="read access", due=TODAY + 5 * DAY), "k2"))
    (changed,) = other.requests
    assert (changed.thing.words, changed.thing.dependency, changed.due) == ("read access", None, TODAY + 5 * DAY)
    assert (changed.line, changed.person, changed.leaves_on) == (lined.requests[0].line, "p_kim", known.leaves_on)
    taken = said(other, by_owner(WithdrawRequest(), "k3"))
    assert taken.requests[0].state is RequestState.WITHDRAWN


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.SHOWN}))
@pytest.mark.parametrize("answer", [HoldRequest(reason="audit"), ChangeRequest(line="a line"), WithdrawRequest()])
def test_what_has_left_is_not_held_or_changed(state: RequestState, answer: Answer) -> None:
    """Once it has left, or ended, the owner is told so and nothing changes."""
    case = blocked(request(state=state))
    assert held_request(case) is None
    assert said(case, by_owner(answer)) == case
    assert "waits to leave" in (objection(by_owner(answer), case, NOW) or "")


@pytest.mark.parametrize(("answer", "state", "of_ask"), GOOD)
def test_each_of_five_answers_moves_the_wish_and_the_ask(answer: Answer, state: RequestState, of_ask: AskState) -> None:
    """Done, by a date, something first, somebody else and an objection each have a state of their own."""
    case = said(blocked(OUT), by_kim(answer))
    assert (case.requests[0].state, case.requests[0].said_at) == (state, NOW)
    ask = Ask(person="p_kim", thing=LEDGER, opened_at=NOW - DAY, due=TODAY)
    assert answer_ask(ask, by_kim(answer), NOW).state is of_ask
    assert case.answered_at is None


@pytest.mark.parametrize("state", sorted(RequestState))
@pytest.mark.parametrize("answer", [a for a, _, _ in GOOD])
def test_a_late_answer_counts_and_one_to_what_has_ended_does_not(state: RequestState, answer: Answer) -> None:
    """An answer still counts where the wish was open for long or missed, and never undoes what is done or taken back."""
    wish = request(state=state)
    moved = said(blocked(wish), by_kim(answer)).requests[0]
    assert (moved != wish) is may_be_answered(wish)
    assert not may_be_answered(request(state=RequestState.DONE))
    assert not may_be_answered(request(state=RequestState.WITHDRAWN))


def test_words_of_an_objection_are_kept_only_where_there_are_some() -> None:
    """Without words of their own the kind of concern alone is kept."""
    silent = said(blocked(OUT), by_kim(Object(concern=Concern.SECURITY))).requests[0]
    assert (silent.said, silent.concern) == (None, "security")


def test_done_leaves_two_weeks_in_which_use_may_follow() -> None:
    """After 'done' the block lasts two weeks from then; with a second wish that is live it stays as it was."""
    assert said(blocked(OUT), by_kim(Cleared())).block.until == TODAY + 14 * DAY  # type: ignore[union-attr]  the case has one
    two = blocked(OUT, request(person="p_jo", thing=LEGAL, state=RequestState.OUT))
    assert said(two, by_kim(Cleared())).block == two.block


def test_the_first_day_is_a_promise_and_the_second_is_a_move() -> None:
    """One day named is no move, a later one is; the block follows the day that was named last."""
    once = said(blocked(OUT), by_kim(Promise(on=TODAY + 5 * DAY)))
    twice = said(once, by_kim(Promise(on=TODAY + 9 * DAY), "k2", NOW + DAY))
    assert [c.requests[0].moves for c in (once, twice)] == [0, 1]
    assert twice.block is not None
    assert twice.block.until == twice.requests[0].promised_for == TODAY + 9 * DAY


@pytest.mark.parametrize("second", [TODAY + 5 * DAY, TODAY + 3 * DAY])
def test_the_same_or_an_earlier_day_is_no_move(second: date) -> None:
    """Who taps twice, or is ready sooner, has not moved their date."""
    once = said(blocked(OUT), by_kim(Promise(on=TODAY + 5 * DAY)))
    assert said(once, by_kim(Promise(on=second), "k2")).requests[0].moves == 0


def test_somebody_else_is_asked_next() -> None:
    """The wish to whoever holds it instead takes the place of the one that was answered."""
    onward = request(person="p_jo", name="Jo", hops=1)
    case = said(blocked(OUT), by_kim(Elsewhere(person="Jo")), onward)
    assert [(r.person, r.state) for r in case.requests] == [
        ("p_kim", RequestState.ELSEWHERE),
        ("p_jo", RequestState.SHOWN),
    ]


def test_somebody_else_is_asked_also_where_two_wishes_are_open() -> None:
    """With two people asked, one who names somebody else is heard: that is one wish for another."""
    case = blocked(OUT, request(person="p_lea", name="Lea", thing=LEGAL, state=RequestState.OUT))
    moved = said(case, by_kim(Elsewhere(person="Jo")), request(person="p_jo", name="Jo", hops=1))
    assert moved.requests[0].state is RequestState.ELSEWHERE


def test_not_me_is_an_answer_of_whoever_was_asked() -> None:
    """Somebody who says that it isn't theirs, and knows nobody else, is not waited for any longer."""
    assert not said(blocked(OUT), by_kim(NotMe())).requests[0].is_live


@pytest.mark.parametrize("answer", [DontKnow(), StopAsking()])
def test_other_answers_of_whoever_was_asked_move_nothing(answer: Answer) -> None:
    """'I do not know' and 'stop asking' leave wish, state and block of the case as they are."""
    case = blocked(OUT)
    after = said(case, by_kim(answer))
    assert after.model_copy(update={"applied": ()}) == case


def test_later_counts_the_days_of_an_answer_from_then() -> None:
    """Who asks to be left alone until a day is waited for from that day on."""
    later = said(blocked(OUT), by_kim(SnoozeUntil(until=TODAY + 9 * DAY))).requests[0]
    assert later.out_at == datetime(2026, 3, 19, tzinfo=UTC)
    assert later.state is RequestState.OUT


def test_a_third_person_is_not_asked_at_once() -> None:
    """With two wishes open a third is refused in words; the same wish again is taken and changes none."""
    two = blocked(OUT, request(person="p_lea", thing=LEGAL, state=RequestState.OUT))
    answer = by_owner(BlockedBy(cause=Cause.OTHER, thing="a room", person="Jo"))
    third = request(person="p_jo", thing=Thing(kind="other", words="a room"))
    assert "2 people are being asked" in (objection(answer, two, NOW, third) or "")
    assert apply_reply(two, answer, NOW, third) == two
    again = apply_reply(two, answer, NOW, request())
    assert again.requests == two.requests


def test_what_the_owner_says_of_a_second_date_goes_up() -> None:
    """Is the thing in the way after its second date, the wish was missed, and nobody is asked for it once more."""
    wish = request(state=RequestState.PROMISED, promised_for=TODAY - DAY, moves=1)
    answer = by_owner(BlockedBy(cause=Cause.DATA, thing=LEDGER.words, person="Kim"))
    after = apply_reply(blocked(wish), answer, NOW, request())
    assert [r.state for r in after.requests] == [RequestState.MISSED]


@pytest.mark.parametrize(("answer", "state"), [(OnTrack(), RequestState.WITHDRAWN), (StepDone(), RequestState.DONE)])
def test_the_owners_word_ends_every_wish(answer: Answer, state: RequestState) -> None:
    """On track takes wishes back and done ends them: nothing is asked of anybody after it."""
    after = said(blocked(OUT, request(person="p_lea", thing=LEGAL)), by_owner(answer))
    assert {r.state for r in after.requests} == {state}


@pytest.mark.parametrize("on", [TODAY - DAY, TODAY + 400 * DAY])
def test_an_ask_takes_no_day_that_its_cases_refuse(on: date) -> None:
    """A day that has passed or lies years ahead moves neither the case nor the Ask."""
    ask = Ask(person="p_kim", thing=LEDGER, opened_at=NOW - DAY, due=TODAY)
    assert said(blocked(OUT), by_kim(Promise(on=on))) == blocked(OUT)
    assert answer_ask(ask, by_kim(Promise(on=on)), NOW).state is AskState.OPEN


answers = st.one_of(
    st.sampled_from([a for a, _, _ in GOOD] + [DontKnow(), NotMe(), SnoozeUntil(until=TODAY + 2 * DAY)]),
    st.integers(0, 30).map(lambda n: Promise(on=TODAY + n * DAY)),
)
states = st.sampled_from(sorted(RequestState))


@given(st.lists(answers, max_size=6), states)
def test_an_answer_is_applied_once_and_an_end_stays_an_end(given_: list[Answer], state: RequestState) -> None:
    """Each reply twice is as good as once; what is done, objected to or elsewhere never opens again; moves only grow."""
    case, ask = blocked(request(state=state)), Ask(person="p_kim", thing=LEDGER, opened_at=NOW - DAY, due=TODAY)
    for number, answer in enumerate(given_):
        reply = by_kim(answer, f"k{number}")
        after, answered = said(case, reply), answer_ask(ask, reply, NOW)
        assert said(after, reply) == after
        assert answer_ask(answered, reply, NOW) == answered
        before, now = case.requests[0], after.requests[0]
        assert now.moves >= before.moves
        assert may_be_answered(before) or now == before
        assert not ask.is_closed or answered == ask
        case, ask = after, answered


by_owners = st.sampled_from(
    [
        HoldRequest(reason="audit"),
        ChangeRequest(line="a line"),
        ChangeRequest(thing="another thing"),
        WithdrawRequest(),
        OnTrack(),
        StepDone(),
        SnoozeUntil(until=TODAY + 2 * DAY),
    ]
)
named = st.builds(
    lambda person, words: request(person=person, thing=Thing(kind="x", words=words)),
    st.sampled_from("abc"),
    st.sampled_from("xyz"),
)


@given(st.lists(st.one_of(by_owners, named), max_size=8))
def test_no_more_than_two_people_are_asked_at_once(moves: list[Answer | Request]) -> None:
    """Whatever an owner says in whatever order, at most two wishes of a case are live, and none of them twice."""
    case = blocked()
    for number, move in enumerate(moves):
        if isinstance(move, Request):
            answer = BlockedBy(cause=Cause.OTHER, thing=move.thing.words, person=move.person)
            case = apply_reply(case, by_owner(answer, f"k{number}"), NOW, move)
        else:
            case = said(case, by_owner(move, f"k{number}"))
        live = [r.key for r in case.live_requests]
        assert len(live) <= 2
        assert all(r.person != OWNER.person for r in case.requests)


def test_a_change_makes_no_second_wish_for_the_same() -> None:
    """Corrected to what the same person is asked for already, it is one wish."""
    two = blocked(request(), request(thing=LEGAL))
    after = said(two, by_owner(ChangeRequest(thing=LEDGER.words)))
    live = [r.key for r in after.live_requests]
    assert len(live) == len(set(live))
