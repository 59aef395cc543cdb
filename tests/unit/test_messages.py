"""Messages: short, kind, a fact before a request, one question, and a real way to say no."""

from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from builders import NOW, finding, open_case, reply
from hypothesis import given
from hypothesis import strategies as st
from tone import is_kind

from adapters.content import PARTS, load_texts, read_texts
from bot.detection import evidence
from bot.domain.case import Case, CaseState
from bot.domain.finding import Kind
from bot.domain.outreach import Step
from bot.domain.reply import BlockedBy, Cause, NextStep
from bot.errors import ContentError
from bot.messages.compose import PLAIN_WORDS, compose, open_section, section
from bot.messages.model import Choice, Message, Section
from bot.messages.plain import picked, to_plain
from bot.policy.answer import apply_reply

TEXTS = load_texts()
ONSET = date(2026, 2, 20)
BEGUN = date(2025, 12, 28)
DROP = finding(evidence=evidence.drop_off(ONSET, 61, 118, numbers=True))
STALL = finding(Kind.STALL, evidence=evidence.stall(BEGUN, 20, 21, numbers=True, breadth=False, exact=True))
AGE = finding(Kind.STAGE_AGE, evidence=evidence.stage_age("production", 400, 182))
SMALL = finding(tier="question", evidence=evidence.drop_off(ONSET, 1, 2, numbers=False))
SMALL_STALL = finding(
    Kind.STALL, tier="question", evidence=evidence.stall(ONSET, 1, 1, numbers=False, breadth=True, exact=True)
)
STEP_CASE = apply_reply(open_case(), reply(NextStep(action="Open the ledger", at=NOW.replace(day=13))), NOW)
BLOCK_CASES = [apply_reply(open_case(), reply(BlockedBy(cause=cause)), NOW) for cause in Cause]
LONG_NAME = "Use of large language models to draft first answers to letters from citizens in nine languages"
SAID = [
    *((open_case(each), Step.NUDGE) for each in (DROP, STALL, AGE, SMALL, SMALL_STALL)),
    *((open_case(each), Step.FOLLOW_UP) for each in (DROP, STALL, AGE)),
    *((case, Step.CHECK) for case in (STEP_CASE, *BLOCK_CASES)),
    *((open_case(each, clear_since=ONSET), Step.RECOVERY) for each in (DROP, STALL, AGE)),
    *((open_case(each, state=CaseState.RETRACTED), Step.RETRACTION) for each in (DROP, STALL, AGE)),
]


@pytest.mark.parametrize("name", ["Invoice coding", LONG_NAME])
@pytest.mark.parametrize(("case", "step"), SAID)
def test_every_message_keeps_the_tone(case: Case, step: Step, name: str) -> None:
    """At most 60 words, one question after the fact, no banned words or ids, and a way to say no."""
    said = section(case, step, name, TEXTS)
    assert is_kind(f"{said.fact} {said.question or ''}")
    assert (said.question or "").count("?") == (0 if step in PLAIN_WORDS else 1)
    assert "?" not in said.fact
    assert said.fact.startswith(" ".join(name.split()[:8]))
    assert "tax" not in f"{said.fact} {said.line}"
    assert len(said.line.split()) <= 12
    keys = [choice.key for choice in said.choices]
    assert bool(keys) is (said.question is not None)
    assert not keys or {"not_me", "stop_asking", "on_track", "snooze"} <= set(keys)


def test_a_fact_reads_on_from_the_name_of_the_pilot() -> None:
    """The evidence goes on in small letters after the name, a long name is shortened."""
    nudge = section(open_case(DROP), Step.NUDGE, "Invoice coding", TEXTS)
    assert nudge.fact.startswith("Invoice coding: since 20 February 2026 it is used at 52 % of its own usual")
    assert nudge.question == "Is it on track, or is something in the way?"
    stall = section(open_case(STALL), Step.NUDGE, LONG_NAME, TEXTS)
    assert stall.fact.startswith("Use of large language models to draft first...: its plan for this stage ended")
    short_form = section(open_case(finding(evidence="AI use is down.")), Step.NUDGE, "Tax letters", TEXTS)
    assert short_form.fact.startswith("Tax letters: AI use is down.")


def test_a_check_names_the_step_and_its_day() -> None:
    """A promise is asked about in the words of the one who made it, on the day it has where they are."""
    said = section(STEP_CASE, Step.CHECK, "Invoice coding", TEXTS)
    assert said.fact == "Invoice coding: the step planned for Fri 13 March was 'Open the ledger'."
    assert [choice.label for choice in said.choices][:4] == [
        "It is done",
        "Not needed, it is on track",
        "Something is in the way",
        "Moved, or another step",
    ]
    late = NextStep(action="Call", at=datetime(2026, 3, 12, 23, 30, tzinfo=UTC))
    case = apply_reply(open_case(), reply(late), NOW)
    assert "Fri 13 March" in section(case, Step.CHECK, "X", TEXTS, timezone="Europe/Berlin").fact
    assert section(case, Step.CHECK, "X", TEXTS).line == "a step was planned for Thu 12 March"


def test_a_block_is_asked_about_in_its_own_words() -> None:
    """Cause and day are named, and the answers fit the question."""
    blocked = BlockedBy(cause=Cause.DECISION, until=date(2026, 4, 1))
    said = section(apply_reply(open_case(), reply(blocked), NOW), Step.CHECK, "Invoice coding", TEXTS)
    assert said.fact == (
        "Invoice coding: what was in the way was that nobody can decide; Wed 1 April was the day to ask again."
    )
    assert said.question == "Is the way free now?"
    assert said.choices[0].label == "Yes, the way is free"
    assert said.choices[2].label == "Not yet, something is in the way"


def test_the_footer_says_why_and_how_to_end_it() -> None:
    """Why me, as what, which data, and how to snooze, pass on or stop; one pilot by name, several by number."""
    one = section(open_case(), Step.NUDGE, "Invoice coding", TEXTS)
    two = section(open_case(), Step.NUDGE, "Tax letters", TEXTS)
    footer = compose([(Step.NUDGE, one)], TEXTS).footer
    assert footer == (
        "Why me? The registry names you as owner of Invoice coding. Data: team totals only. "
        "Say 'later', 'not me' or 'stop asking' at any time."
    )
    both = compose([(Step.NUDGE, one), (Step.FOLLOW_UP, two)], TEXTS)
    assert "owner of these 2 pilots" in both.footer
    thanks = section(open_case(clear_since=ONSET), Step.RECOVERY, "Tax letters", TEXTS)
    assert compose([(Step.RECOVERY, thanks)], TEXTS).footer.endswith("For no more messages say 'stop asking'.")


def batch() -> Message:
    """Return a message about three pilots."""
    given = [(open_case(DROP), "Invoice coding"), (open_case(STALL, ordinal=2), LONG_NAME), (open_case(AGE), "Letters")]
    sections = [section(case, Step.NUDGE, name, TEXTS) for case, name in given]
    return compose([(Step.NUDGE, each) for each in sections], TEXTS)


def test_a_plain_message_is_clean_text() -> None:
    """One pilot: what it costs, the fact, the question, numbered answers, the footer, in paragraphs of their own."""
    said = section(open_case(SMALL), Step.NUDGE, "Invoice coding", TEXTS)
    assert to_plain(compose([(Step.NUDGE, said)], TEXTS)).split("\n\n") == [
        "1 question, about 10 seconds.",
        (
            "Invoice coding: since 20 February 2026 it looks less used than its own usual pattern. "
            "With so few people that may mean nothing."
        ),
        "How is it going?",
        (
            "  1  It is on track\n  2  Something is in the way\n  3  I have a next step\n  4  Ask me later\n"
            "  5  I would end this pilot\n  6  Not my pilot\n  7  Stop asking me"
        ),
        (
            "Why me? The registry names you as owner of Invoice coding. Data: team totals only. "
            "Say 'later', 'not me' or 'stop asking' at any time."
        ),
    ]
    thanks = section(open_case(clear_since=ONSET), Step.RECOVERY, "Tax letters", TEXTS)
    assert to_plain(compose([(Step.RECOVERY, thanks)], TEXTS)).startswith("Tax letters has been back at its usual use")


def test_several_pilots_share_one_message() -> None:
    """The first is told in full, each other one has a line with a number that goes on from the answers."""
    text = to_plain(batch())
    assert text.startswith("3 of your pilots in one message. 1 question, about 10 seconds.\n\nInvoice coding: since")
    assert text.count("?\n") == 1
    assert (
        "Also with you:\n"
        "  8  Use of large language models to draft first...: past its plan, and use has not grown since 20 February 2026\n"
        "  9  Letters: in the same stage since 20 February 2026\n"
    ) in text
    recoveries = [(Step.RECOVERY, section(open_case(clear_since=ONSET), Step.RECOVERY, name, TEXTS)) for name in "AB"]
    thanks = to_plain(compose(recoveries, TEXTS))
    assert thanks.startswith("2 of your pilots in one message.\n\nA has been back")
    assert "  1  B: doing well again since 20 February 2026" in thanks


def test_a_number_opens_what_stands_beside_it() -> None:
    """Numbers mean an answer of the first pilot, then another pilot, which can be told in full instead."""
    message = batch()
    answer, pilot = picked(message, " 2. "), picked(message, "8")
    assert isinstance(answer, Choice)
    assert answer.key == "blocked"
    assert isinstance(pilot, Section)
    assert pilot.title == LONG_NAME
    opened = open_section(message, pilot.key)
    assert [each.title for each in opened.sections] == [LONG_NAME, "Invoice coding", "Letters"]
    assert "its plan for this stage ended" in to_plain(opened)
    assert [picked(message, text) for text in ("0", "10", "-1", "1.5", "two", "", "\u0661", "1" * 5000)] == [None] * 8


@given(text=st.text(max_size=60), action=st.text(min_size=1, max_size=280).filter(str.strip))
def test_words_of_others_do_not_break_a_message(text: str, action: str) -> None:
    """Braces, line breaks and endless words in names and steps stay one short paragraph."""
    case = apply_reply(open_case(), reply(NextStep(action=action, at=NOW.replace(day=13))), NOW)
    said = section(case, Step.CHECK, text, TEXTS)
    assert len(said.fact) < 1500
    assert "\n" not in said.fact
    assert len(f"{said.fact} {said.question}".split()) <= 60
    assert to_plain(compose([(Step.CHECK, said)], TEXTS)).count("\n\n") == 4


def test_nothing_to_say_is_a_fault_of_the_caller() -> None:
    """No section, and a case without a finding, are refused rather than sent empty."""
    with pytest.raises(ValueError, match="at least one section"):
        compose([], TEXTS)
    empty = open_case().model_copy(update={"findings": ()})
    with pytest.raises(ValueError, match="no finding"):
        section(empty, Step.NUDGE, "X", TEXTS)


def parts() -> dict[str, str]:
    """Return the files of the parts as they are shipped."""
    return {name: shipped(file) for name, (file, _) in PARTS.items()}


def shipped(name: str) -> str:
    """Return a content file as shipped."""
    return (files("bot") / "content" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("{pilot}: {evidence} You will", "{pilot}: {evidnce} You will"),
            "holds {evidnce}, which nothing fills; use {pilot}",
        ),
        (("{pilot}: {evidence} You will", "{pilot!r}: {evidence} You will"), "holds {pilot}"),
        (("{pilot}: {evidence} You will", "{pilot}: {evidence You will"), "nudge.drop_off"),
        (("Which step? A few", "Which {step}? A few"), "use no braces at all"),
        (('  data: "access to data or systems"\n', ""), "need a text: data"),
        (('  data: "access to data or systems"\n', '  money: "money"\n'), "causes.money"),
        (('  done: "It is done"\n', '  done: "It is done"\n  maybe: "Perhaps"\n'), "nothing says these: maybe"),
        (('  done: "Yes, the way is free"\n', '  maybe: "Perhaps"\n'), "block_choices: .*nothing says these: maybe"),
        (("footer:", "foot:"), "footer"),
        (("nudge:", "nudge: ["), "texts.yaml is not YAML"),
    ],
)
def test_a_broken_texts_file_is_refused_in_words(change: tuple[str, str], words: str) -> None:
    """A wrong name in braces, a missing text, a wrong key or no YAML at all is named."""
    before = shipped("texts.yaml")
    after = before.replace(*change, 1)
    assert after != before
    with pytest.raises(ContentError, match=words):
        read_texts(after, parts())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("on track, on schedule", "On track, on schedule"), "write 'On track' in lower case"),
        (("on track, on schedule", "later, on schedule"), "'later' means both on_track and snooze"),
        (("  step: [i will", "  steps: [i will"), "opens needs blocked, snooze, step and nothing else"),
        (("  quality: [", "  other: ["), "these causes need a phrase: quality"),
        (("whose: [by", "whose: [on"), "words.yaml, whose"),
        (("hedges:", "edges:"), "words.yaml, hedges"),
    ],
)
def test_a_broken_words_file_is_refused_in_words(change: tuple[str, str], words: str) -> None:
    """A phrase with two meanings, one that never compares equal, and a missing part are named."""
    before = shipped("words.yaml")
    after = before.replace(*change, 1)
    assert after != before
    with pytest.raises(ContentError, match=words):
        read_texts(shipped("texts.yaml"), parts() | {"words": after})


def test_a_file_without_names_is_refused() -> None:
    """An empty file or a list is no texts file."""
    with pytest.raises(ContentError, match=r"words\.yaml holds no names"):
        read_texts(shipped("texts.yaml"), parts() | {"words": "- on track"})
