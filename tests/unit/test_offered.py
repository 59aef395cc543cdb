"""Free words of whoever was asked to clear the way, of sponsors, of readers and of programme leads."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from adapters.content import load_texts
from bot.domain.outreach import Role
from bot.domain.reply import Concern, Object, PutUp, StopAsking
from bot.domain.survey import ItemId
from bot.domain.upkeep import Field
from bot.messages.answers import Unclear, Value
from bot.messages.digest import Missing, Needed, Open, digest_review, lead_list, sponsor_digest
from bot.messages.item_answers import read_answer
from bot.messages.model import Section
from bot.messages.understanding import Understanding, understand
from bot.messages.upkeep import upkeep

TEXTS = load_texts()
TODAY = NOW.date()
FRIDAY = date(2026, 3, 13)


def _first(message: object) -> Section:
    return message.sections[0]  # type: ignore[attr-defined,no-any-return]  # each of these messages has one


BLOCKER: Final = Section(
    case_id="a#1",
    pilot="a",
    title="A",
    fact="A waits for the ledger.",
    question="Could you clear it?",
    choices=TEXTS.items.of(ItemId.DEPENDENCY).to_choices(),
    asks=ItemId.DEPENDENCY,
    thing="ledger",
)
DECISION: Final = BLOCKER.model_copy(
    update={"choices": TEXTS.items.of(ItemId.DECISION).to_choices(), "asks": ItemId.DECISION, "thing": None}
)
DIGEST: Final = _first(
    sponsor_digest([Open("a#1", "a", "A", "it waits", "", FRIDAY, TODAY)], (), (), None, TEXTS.weekly, today=TODAY)
)
REVIEW: Final = _first(digest_review("text", "Sam", TODAY, TEXTS.weekly, digest="d", due=FRIDAY, today=TODAY))
LEAD: Final = _first(
    lead_list((), [Needed("a#1", "a", "A", "it fell", "open", TODAY)], (), TEXTS.weekly, due=FRIDAY, today=TODAY)
)
GAP_DAY: Final = _first(upkeep([Missing("a:target_date", "a", "A", Field.TARGET_DATE, "")], TEXTS.weekly.upkeep, ""))
GAP_WHO: Final = _first(upkeep([Missing("a:owner", "a", "A", Field.OWNER, "")], TEXTS.weekly.upkeep, ""))


def said(text: str, section: Section) -> Understanding:
    """Return what is understood of words in Berlin on a Tuesday."""
    return understand(text, section, TEXTS, now=NOW, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("section", "text", "choice", "values", "missing"),
    [
        (BLOCKER, "done", "done", {}, ()),
        (BLOCKER, "It is granted, thanks", "done", {}, ()),
        (BLOCKER, "It is done", "done", {}, ()),
        (BLOCKER, "by Friday", "by", {"day": FRIDAY}, ()),
        (BLOCKER, "I can do it by 13 March", "by", {"day": FRIDAY}, ()),
        (BLOCKER, "I can name a day", "by", {}, ("day",)),
        (BLOCKER, "need the consent of the works council", "need", {"text": "the consent of the works council"}, ()),
        (BLOCKER, "ask Kim Lee", "elsewhere", {"person": "Kim Lee"}, ()),
        (BLOCKER, "well, it's with Kim Lee now", "elsewhere", {"person": "Kim Lee"}, ()),
        (BLOCKER, "no", "objection", {}, ("second",)),
        (BLOCKER, "no, because of the works agreement", "objection", {"words": "the works agreement"}, ("second",)),
        (
            BLOCKER,
            "no, legal reasons forbid it",
            "objection",
            {"second": "legal", "words": "legal reasons forbid it"},
            (),
        ),
        (BLOCKER, "later", "later", {}, ("day",)),
        (BLOCKER, "ask me later, in two weeks", "later", {"day": date(2026, 3, 24)}, ()),
        (BLOCKER, "not me", "not_me", {}, ()),
        (BLOCKER, "no more messages, please", "stop_asking", {}, ()),
        (BLOCKER, "I don't know", "dont_know", {}, ()),
        (DIGEST, "scale", "scale", {}, ("until",)),
        (DIGEST, "Fix it by Friday", "fix", {"until": FRIDAY}, ()),
        (DIGEST, "stop", "stop", {}, ()),
        (DIGEST, "stop it, because nobody needed it", "stop", {"lesson": "nobody needed it"}, ()),
        (DIGEST, "stop asking", "stop_asking", {}, ()),
        (DIGEST, "stop messaging me", "stop_asking", {}, ()),
        (DIGEST, "please stop sending me messages", "stop_asking", {}, ()),
        (DIGEST, "not me", "not_me", {}, ()),
        (DIGEST, "need the figures of May by Friday", "need", {"until": FRIDAY, "text": "the figures of May"}, ()),
        (DECISION, "fix by Friday", "fix", {"second": FRIDAY}, ()),
        (DECISION, "stop it", "stop", {}, ()),
        (REVIEW, "release", "release", {}, ()),
        (REVIEW, "correct: it is 1 May", "correct", {"text": "it is 1 May"}, ()),
        (REVIEW, "hold until Friday: Sam is away", "hold", {"until": FRIDAY, "text": "Sam is away"}, ()),
        (REVIEW, "stop asking", "stop_asking", {}, ()),
        (LEAD, "I'll look into it until Friday", "look", {"until": FRIDAY}, ()),
        (LEAD, "ask Kim Lee for the ledger", "name", {"person": "Kim Lee", "thing": "the ledger"}, ()),
        (LEAD, "ask Kim Lee", "name", {"person": "Kim Lee"}, ("thing",)),
        (LEAD, "its sponsor has to decide", "sponsor", {}, ()),
        (GAP_DAY, "13 March", "fill", {"day": FRIDAY}, ()),
        (GAP_WHO, "Kim Lee", "fill", {"person": "Kim Lee"}, ()),
        (GAP_WHO, "I don't know", "dont_know", {}, ()),
    ],
)
def test_words_are_read_by_what_is_offered(
    section: Section, text: str, choice: str, values: Mapping[str, Value], missing: tuple[str, ...]
) -> None:
    """Each answer can be said in words; its day, name and words are found, and one question goes back."""
    found = said(text, section)
    assert (found.choice, dict(found.values), tuple(f.key for f in found.missing)) == (choice, values, missing)
    assert found.text.startswith("Understood: '")
    assert found.text.endswith("Right?") is not bool(missing)


@pytest.mark.parametrize(
    ("section", "text"),
    [
        (BLOCKER, "hello there"),
        (BLOCKER, "is it done?"),
        (BLOCKER, "not done"),
        (BLOCKER, "stop asking me about the ledger"),
        (BLOCKER, "why?"),
        (BLOCKER, "no problem"),
        (BLOCKER, "no problem, done by Friday"),
        (BLOCKER, "done, but only half"),
        (BLOCKER, "on holiday until Friday"),
        (DIGEST, "stop emailing me"),
        (DIGEST, "end of month"),
        (DIGEST, "scale it down"),
        (REVIEW, "send it back"),
        (REVIEW, "release only after the number is right"),
        (DIGEST, "whatever you think"),
        (REVIEW, "not me"),
        (LEAD, "who is that"),
        (GAP_WHO, "somebody will know"),
        (GAP_DAY, "soon"),
    ],
)
def test_what_begins_with_no_answer_is_none(section: Section, text: str) -> None:
    """Questions, negations and chatter are no answer, and it is said how to give one."""
    found = said(text, section)
    assert (found.choice, found.values) == (None, {})
    assert found.text == "Not understood, sorry. You can say an answer as it is written above."


def test_a_day_in_doubt_is_asked_for() -> None:
    """A day that may be two, or has passed, is asked for before anything is taken."""
    found = said("by 2026-03-09", BLOCKER)
    assert (found.choice, [f.key for f in found.missing]) == ("by", ["day"])
    assert "Which day from tomorrow on?" in found.text


def test_what_was_understood_is_the_answer() -> None:
    """What was shown back gives the answer that a tap would, and 'stop asking' is one to every message."""

    def answer(text: str, section: Section) -> object:
        found = said(text, section)
        assert found.choice is not None
        given = read_answer(section, found.choice, found.values, TEXTS, now=NOW, timezone="Europe/Berlin")
        assert not isinstance(given, Unclear)
        return given

    legal = answer("no, legal reasons forbid it", BLOCKER)
    assert isinstance(legal, Object)
    assert (legal.concern.value, legal.words) == ("legal", "legal reasons forbid it")
    assert answer("sponsor", LEAD) == PutUp()
    for section in (BLOCKER, DECISION, DIGEST, REVIEW, LEAD, GAP_DAY, GAP_WHO):
        assert answer("stop asking", section) == StopAsking()
    assert {s.role for s in (REVIEW, LEAD)} == {Role.LEAD}


@given(text=st.text(max_size=200))
def test_no_words_are_a_fault(text: str) -> None:
    """Whatever is typed is read or kindly not, and every word that is kept was said."""
    written = " ".join(text.replace("\u2019", "'").split())
    for section in (BLOCKER, DIGEST, REVIEW, LEAD, GAP_DAY, GAP_WHO):
        found = said(text, section)
        assert found.text
        words = [v for v in found.values.values() if isinstance(v, str) and v not in tuple(Concern)]
        assert all(word in written for word in words)
