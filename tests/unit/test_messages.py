"""Messages: short, kind, a fact before a request, one question, and a real way to say no."""

import re
from datetime import date
from importlib.resources import files

import pytest
from builders import NOW, finding, open_case, reply

from adapters.content import load_texts, read_texts
from bot.detection import evidence
from bot.domain.case import Case
from bot.domain.finding import Kind
from bot.domain.outreach import Step
from bot.domain.reply import BlockedBy, Cause, NextStep
from bot.errors import ContentError
from bot.messages.compose import compose, section
from bot.messages.plain import to_plain
from bot.policy.answer import apply_reply

TEXTS = load_texts()
ONSET = date(2026, 2, 20)
BANNED = re.compile(
    r"only \d|still not|failed|overdue again|disappointing|lagging|laggard|worst|urgent|last chance|everyone else"
    r"|as you know|just checking|per my last",
    re.IGNORECASE,
)
LONGEST = evidence.drop_off(ONSET, 61, 118, numbers=True)
STEP_CASE = apply_reply(open_case(), reply(NextStep(action="Open the ledger", at=NOW.replace(day=13))), NOW)
BLOCK_CASE = apply_reply(open_case(), reply(BlockedBy(cause=Cause.DATA, until=date(2026, 4, 1))), NOW)
SAID = [
    (open_case(finding(evidence=LONGEST)), Step.NUDGE),
    (open_case(finding(Kind.STALL, evidence=evidence.stall(ONSET, 20, 21, numbers=True, breadth=True))), Step.NUDGE),
    (open_case(finding(tier="question", evidence=evidence.drop_off(ONSET, 1, 2, numbers=False))), Step.NUDGE),
    *((open_case(finding(kind)), Step.FOLLOW_UP) for kind in (Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE)),
    (STEP_CASE, Step.CHECK),
    (BLOCK_CASE, Step.CHECK),
    (open_case(clear_since=ONSET), Step.RECOVERY),
    (open_case(finding(Kind.STAGE_AGE)), Step.RECOVERY),
]


@pytest.mark.parametrize(("case", "step"), SAID)
def test_every_message_keeps_the_tone(case: Case, step: Step) -> None:
    """At most 60 words, at most one question, fact first, nothing banned, and a way to say no."""
    said = section(case, step, "Invoice coding", TEXTS)
    text = f"{said.fact} {said.question or ''}"
    assert len(text.split()) <= 60
    assert text.count("?") == (0 if step is Step.RECOVERY else 1)
    assert "?" not in said.fact
    assert not BANNED.search(text)
    assert "Invoice coding" in said.fact
    keys = [choice.key for choice in said.choices]
    assert bool(keys) is (said.question is not None)
    assert not keys or {"not_me", "stop_asking", "on_track"} <= set(keys)


def test_a_check_names_the_step_and_its_day() -> None:
    """A promise is asked about in the words of the one who made it."""
    said = section(STEP_CASE, Step.CHECK, "Invoice coding", TEXTS)
    assert "13 March was 'Open the ledger'" in said.fact
    assert said.choices[0].key == "done"
    assert "access to data or systems as what is in the way" in section(BLOCK_CASE, Step.CHECK, "X", TEXTS).fact


def test_a_plain_message_numbers_answers_and_lists_the_other_pilots() -> None:
    """The first pilot is told in full with numbers from 1, others follow as numbered lines."""
    first = section(open_case(), Step.NUDGE, "Invoice coding", TEXTS)
    second = section(open_case(finding(Kind.STALL)), Step.NUDGE, "Tax letters", TEXTS)
    text = to_plain(compose([(Step.NUDGE, first), (Step.NUDGE, second)], TEXTS))
    assert text.startswith("Invoice coding: Since 20 February")
    assert "  1  It is on track" in text
    assert f"  {len(first.choices) + 1}  Tax letters: " in text
    assert text.endswith("Data: team totals only.")
    thanks = section(open_case(clear_since=ONSET), Step.RECOVERY, "Tax letters", TEXTS)
    assert "  1  " not in to_plain(compose([(Step.RECOVERY, thanks)], TEXTS))


def test_nothing_to_say_is_a_fault_of_the_caller() -> None:
    """No section, and a case without a finding, are refused rather than sent empty."""
    with pytest.raises(ValueError, match="at least one section"):
        compose([], TEXTS)
    empty = open_case().model_copy(update={"findings": ()})
    with pytest.raises(ValueError, match="no finding"):
        section(empty, Step.NUDGE, "X", TEXTS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("{pilot}: {evidence} You will", "{pilot}: {evidnce} You will"), "evidnce"),
        (('  data: "access to data or systems"\n', ""), "need a text: data"),
        (("footer:", "foot:"), "footer"),
        (("nudge:", "nudge: ["), "not YAML"),
    ],
)
def test_a_broken_texts_file_is_refused_in_words(change: tuple[str, str], words: str) -> None:
    """A wrong name in braces, a missing text, a wrong key or no YAML at all is named."""
    shipped = files("bot") / "content" / "texts.yaml"
    with pytest.raises(ContentError, match=words):
        read_texts(shipped.read_text(encoding="utf-8").replace(*change, 1))
