"""The stated model of how people answer."""

from datetime import datetime, timedelta

import pytest
from builders import NOW, open_case
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.calendar import Calendar, SendingHours
from bot.domain.outreach import Outreach, Step
from bot.domain.reply import BlockedBy, NextStep, OnTrack, Reply, SnoozeUntil, StepDone
from bot.policy.answer import apply_reply, objection
from bot.policy.departure import Desk
from bot.policy.replying import Replying, reply_to

DESK = Desk("Europe/Berlin", "DE", SendingHours(), Calendar())
ALL = Replying(share=1.0, reminder=1.0)


def question(case: int = 1, step: Step = Step.NUDGE, pilot: str = "tax") -> Outreach:
    """Return a question about a case of a pilot."""
    return Outreach(id="o", case_id=f"{pilot}#{case}", pilot=pilot, step=step, recipient="p_owner", decided_at=NOW)


def replies(replying: Replying, step: Step = Step.NUDGE, count: int = 1000) -> list[Reply | None]:
    """Return how a thousand cases are answered."""
    return [reply_to(question(n, step), 1, NOW, DESK, replying) for n in range(count)]


def test_shares_are_met_over_many_cases() -> None:
    """Of first questions the share is answered, of later ones what is left of it; weights decide about what."""
    first = [r for r in replies(Replying()) if r]
    later = [r for r in replies(Replying(), Step.FOLLOW_UP) if r]
    assert 560 <= len(first) <= 640
    assert 370 <= len(later) <= 470
    kinds = [type(r.answer) for r in first]
    assert {k: round(kinds.count(k) / len(kinds), 1) for k in set(kinds)} == pytest.approx(
        {OnTrack: 0.25, NextStep: 0.35, BlockedBy: 0.25, SnoozeUntil: 0.15}, abs=0.06
    )


def test_half_of_the_answers_about_a_promise_say_that_it_was_kept() -> None:
    """Only a question about a promise is answered with done, in the share that is set."""
    done = [isinstance(r.answer, StepDone) for r in replies(ALL, Step.CHECK) if r]
    assert 430 <= sum(done) <= 570
    assert not any(isinstance(r.answer, StepDone) for r in replies(ALL) if r)


@pytest.mark.parametrize("step", [Step.RECOVERY, Step.RETRACTION])
def test_what_asks_nothing_is_not_answered(step: Step) -> None:
    """Thanks and apologies meet silence, however many answer."""
    assert not any(replies(ALL, step, 50))


def test_nobody_answers_when_the_share_is_none() -> None:
    """A share of 0 is silence throughout."""
    assert not any(replies(Replying(share=0.0), count=50))


def test_raising_the_share_keeps_every_answer_there_was() -> None:
    """Two settings are compared under the same draws: more answers are the same ones and some more."""
    few, many = replies(Replying(share=0.3)), replies(Replying(share=0.5))
    assert all(b == a for a, b in zip(few, many, strict=True) if a is not None)


settings = st.builds(
    Replying,
    days=st.integers(0, 20),
    step_days=st.integers(1, 200),
    snooze_days=st.integers(1, 365),
    on_track=st.floats(0, 1000),
    step=st.floats(1, 1000),
    share=st.just(1.0),
)


@given(replying=settings, minutes=st.integers(0, 60 * 24 * 400), case=st.integers(1, 99), loop=st.integers(1, 3))
def test_each_answer_comes_later_and_can_be_taken(replying: Replying, minutes: int, case: int, loop: int) -> None:
    """It is given after the message, on a working day of the owner unless at once, and no answer is refused."""
    sent_at: datetime = NOW + timedelta(minutes=minutes)
    reply = reply_to(question(case), loop, sent_at, DESK, replying)
    assert reply is not None
    assert reply.received_at > sent_at
    wait = DESK.calendar.working_days_between("DE", DESK.day(sent_at), DESK.day(reply.received_at))
    assert wait == replying.days or (replying.days == 0 and wait <= 1)
    held = open_case(ordinal=case)
    assert objection(reply, held, reply.received_at) is None
    assert apply_reply(held, reply, reply.received_at) != held
    assert reply == reply_to(question(case), loop, sent_at, DESK, replying)


def test_one_kind_of_answer_must_be_left() -> None:
    """Weights that are all 0 are refused."""
    with pytest.raises(ValidationError, match="must be above 0"):
        Replying(on_track=0, step=0, blocked=0, snooze=0)


def test_a_weight_of_zero_is_never_drawn() -> None:
    """With one weight left, that is what everybody answers."""
    given_by = replies(Replying(share=1, on_track=0, step=0, blocked=0, snooze=1), count=200)
    assert all(r is not None and isinstance(r.answer, SnoozeUntil) for r in given_by)
