"""Receipts: what was understood and what happens next, in the time of the person who answered."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, open_case, reply
from hypothesis import given
from hypothesis import strategies as st
from tone import MOST_WORDS, is_kind

from adapters.content import load_texts
from bot.domain.case import Case, CaseState
from bot.domain.reply import Answer, BlockedBy, Cause, NextStep, NotMe, OnTrack, SnoozeUntil, StepDone, StopAsking
from bot.messages.receipts import receipt
from bot.policy.answer import apply_reply, objection

TEXTS = load_texts()
THURSDAY = datetime(2026, 3, 12, 9, tzinfo=UTC)


def told(answer: Answer, before: Case | None = None, now: datetime = NOW, timezone: str = "Europe/Berlin") -> str:
    """Return what is said to an answer once it has been applied."""
    case = before or open_case()
    said = reply(answer, key="k2", at=now)
    after = apply_reply(case, said, now)
    return receipt(case, after, said, TEXTS, now=now, timezone=timezone, objection=objection(said, case, now)).text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (OnTrack(), "Thank you. Noted as on track; this pilot is left alone until Tue 24 March."),
        (StepDone(), "Good to hear, thank you. Noted as done; this pilot is left alone until Tue 24 March."),
        (
            SnoozeUntil(until=date(2026, 4, 15)),
            "Noted. This pilot is left alone until Wed 15 April; then a fresh look decides whether there is anything to ask.",
        ),
        (
            SnoozeUntil(until=date(2027, 3, 1)),
            (
                "Noted. This pilot is left alone until Mon 1 March 2027; then a fresh look decides whether there is anything "
                "to ask."
            ),
        ),
        (
            BlockedBy(cause=Cause.APPROVAL, person="Priya", until=date(2026, 12, 15)),
            (
                "Recorded: in the way is a contract, legal or security approval; Priya could clear it. You will be asked again "
                "after Tue 15 December. Nobody else is written to about it yet."
            ),
        ),
        (
            BlockedBy(cause=Cause.DECISION),
            (
                "Recorded: in the way is that nobody can decide. No day was named, so you will be asked again after "
                "Tue 24 March. Nobody else is written to about it yet."
            ),
        ),
        (
            NextStep(action="talk to two team leads", at=THURSDAY),
            (
                "Noted: 'talk to two team leads'. Silence until Thu 12 March 10:00, then one check: telemetry or the registry "
                "first, else you."
            ),
        ),
        (
            NotMe(),
            "Thank you. An admin is told that the owner is to be confirmed. You will not be asked again about this pilot.",
        ),
        (
            StopAsking(),
            "Done: you get no more messages. To come back, tell an admin. Thank you for the time you gave.",
        ),
    ],
)
def test_a_receipt_says_what_was_understood_and_what_follows(answer: Answer, text: str) -> None:
    """Each answer has its own short, kind sentence with the day or moment on which something happens."""
    assert told(answer) == text
    assert is_kind(text)


def test_a_moved_step_is_no_fault() -> None:
    """A step that moves gets its new moment and no reproach."""
    case = apply_reply(open_case(), reply(NextStep(action="call", at=THURSDAY)), NOW)
    assert told(NextStep(action="call", at=THURSDAY + timedelta(days=7)), case).startswith("Moved, no problem: 'call'.")


def test_the_moment_is_the_persons_own() -> None:
    """The same moment is named in the day and hour of whoever promised it, on both sides of a clock change."""
    step = NextStep(action="call", at=datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    assert "until Sun 29 March 01:30," in told(step)
    assert "until Sat 28 March 20:30," in told(step, timezone="America/New_York")
    later = step.model_copy(update={"at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC)})
    assert "until Sun 29 March 03:30," in told(later)
    autumn = step.model_copy(update={"at": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)})
    assert "until Sun 25 October 02:30," in told(autumn)


def test_the_same_answer_twice_changes_nothing() -> None:
    """A reply that was applied before is told so, whatever became of the case since."""
    said = reply(OnTrack())
    case = apply_reply(open_case(), said, NOW).model_copy(update={"state": CaseState.RECOVERED})
    again = receipt(case, apply_reply(case, said, NOW), said, TEXTS, now=NOW, timezone="UTC")
    assert again.text == "This answer is already noted; nothing more changes."


def test_what_changes_nothing_says_why() -> None:
    """A late reply, one that can't be taken and one of somebody who was not asked are told so."""
    closed = open_case(state=CaseState.RECOVERED)
    assert told(OnTrack(), closed) == "This one is closed, so nothing changes. Thank you all the same."
    assert told(OnTrack(), open_case(ordinal=2)).startswith("This one is closed")
    past = told(SnoozeUntil(until=date(2026, 3, 1)))
    assert past == "That day has passed. Which day from tomorrow on?"
    case = open_case()
    other = receipt(case, case, reply(OnTrack()), TEXTS, now=NOW, timezone="UTC").text
    assert other.startswith("This question went to somebody else, so nothing changes.")
    assert is_kind(other)


def test_stop_asking_is_kept_whatever_the_case_says() -> None:
    """The wish for no more messages is about the person: a closed case does not turn it down."""
    assert told(StopAsking(), open_case(state=CaseState.RECOVERED)).startswith("Done: you get no more messages.")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="abcdefghijklmnopqrstuvwxyz"), max_size=280)


@given(
    action=WORDS.filter(lambda text: 0 < len(text) <= 280),
    person=WORDS.map(lambda text: text[:200]),
    cause=st.sampled_from(Cause),
    days=st.integers(1, 300),
)
def test_a_receipt_is_short_and_kind_whatever_was_said(action: str, person: str, cause: Cause, days: int) -> None:
    """The words of the person are quoted in short, so that a receipt never has more than 60 words."""
    at = NOW + timedelta(days=days)
    for answer in (NextStep(action=action, at=at), BlockedBy(cause=cause, person=person or None, until=at.date())):
        text = told(answer)
        assert is_kind(text)
        assert "\n" not in text
    assert len(told(NextStep(action="a " * 140, at=at)).split()) <= MOST_WORDS
