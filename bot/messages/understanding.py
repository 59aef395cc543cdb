"""Free words to the answer they most likely are, shown back for a yes or a no.

Phrases and rules are data (`bot/content/words.yaml`); what they don't say is not understood.
Nothing here applies an answer: a caller does, after the person has said yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.calendar import to_zone
from bot.domain.reply import Cause
from bot.messages.answers import Value, ask_back
from bot.messages.details import Spoken
from bot.messages.model import FieldKind, FormField, Section
from bot.messages.offered import find_offered, show_offered
from bot.messages.other_texts import REQUEST_CHOICES
from bot.messages.phrases import to_clauses, to_tokens, to_words
from bot.messages.readings import Draft, read_drafts, says_stop
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_QUOTE, name_day, name_moment, shorten

MOST_WORDS: Final = 80
"""A longer text is a letter and not an answer."""
ALWAYS: Final = "stop_asking"
"""Can be said whatever was asked."""
ENDS: Final = "stop"
"""What may be meant instead of it, where it is offered."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What free words most likely mean, with the sentence that goes back.

    - `choice` and nothing `missing`: `text` asks for a yes or a no; after a yes
      `to_answer(choice, values, ...)` is the answer.
    - something `missing`: `text` asks for the first of these details.
    - no `choice`: `text` says what can be said; `candidates` are the keys between which it asks.
    """

    text: str
    choice: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    missing: tuple[FormField, ...] = ()
    candidates: tuple[str, ...] = ()


def understand(text: str, section: Section, texts: Texts, *, now: datetime, timezone: str) -> Understanding:
    """Return what a person most likely means by free words about one pilot.

    Only answers that the section offers are found, and "stop asking" always. Days and moments are
    read in the person's timezone; what is ambiguous, past or too far away is asked for.
    """
    tokens = tuple(to_tokens(text))
    forms = {choice.key: choice.form for choice in section.choices}
    if not tokens or len(tokens) > MOST_WORDS:
        return _nothing(texts, forms) if section.is_of_owner else Understanding(texts.unclear.offered)
    clauses = tuple(clause for clause in to_clauses(tokens) if not clause.is_question)
    spoken = Spoken(tokens, clauses, texts.words, now, to_zone(timezone))
    if not section.is_of_owner:
        return _of_others(spoken, section, texts)
    labels = {choice.key: choice.label for choice in section.choices}
    own = {*forms, ALWAYS} - set(REQUEST_CHOICES)
    drafts = [draft for draft in read_drafts(spoken, labels) if draft.choice in own]
    if len(drafts) > 1:
        return _several(drafts, texts, labels)
    if drafts:
        return _shown(drafts[0], forms.get(drafts[0].choice, ()), texts, now, spoken.zone)
    wishes = tuple(c for c in section.choices if c.key in REQUEST_CHOICES)
    held = find_offered(spoken, section.model_copy(update={"choices": wishes}), texts) if wishes else None
    if held is not None:
        return Understanding(show_offered(held, texts, spoken), held.choice.key, held.values, held.gaps)
    if says_stop(spoken) and own & forms.keys():
        return Understanding(texts.unclear.stop, candidates=tuple(key for key in (ENDS, ALWAYS) if key in own))
    return _nothing(texts, forms)


def _of_others(spoken: Spoken, section: Section, texts: Texts) -> Understanding:
    """Read what somebody says who is no owner, by what they are offered."""
    found = find_offered(spoken, section, texts) if spoken.clauses else None
    if found is None:
        return Understanding(texts.unclear.offered)
    return Understanding(show_offered(found, texts, spoken), found.choice.key, found.values, found.gaps)


def confirmed(text: str, texts: Texts) -> bool | None:
    """Return whether a text says yes or no, or None when it says something else."""
    said = " ".join(to_words(text))
    if said in texts.words.yes:
        return True
    return False if said in texts.words.no else None


def _nothing(texts: Texts, forms: Mapping[str, object]) -> Understanding:
    """Say kindly what can be said."""
    if forms.keys() and not forms.keys() - set(REQUEST_CHOICES):
        return Understanding(texts.unclear.offered)
    sayings = [saying for key, saying in texts.unclear.sayings.items() if key in forms or key == ALWAYS]
    *first, last = sayings
    listed = f"{', '.join(first)}{texts.unclear.word_or}{last}" if first else last
    return Understanding(texts.unclear.nothing.format(sayings=listed))


def _several(drafts: list[Draft], texts: Texts, labels: Mapping[str, str]) -> Understanding:
    """Ask which of several answers is meant."""
    keys = tuple(draft.choice for draft in drafts)
    options = texts.unclear.word_or.join(f"'{labels.get(key, texts.choices[key])}'" for key in keys)
    return Understanding(texts.unclear.several.format(options=options), candidates=keys)


def _shown(draft: Draft, form: tuple[FormField, ...], texts: Texts, now: datetime, zone: ZoneInfo) -> Understanding:
    """Show a reading back, with the question that comes next."""
    gaps = tuple(f for f in form if f.key in draft.doubts or (f.required and f.key not in draft.values))
    said = _say_back(draft, texts, now, zone)
    if not gaps:
        return Understanding(f"{said} {texts.understood.right}", draft.choice, draft.values)
    doubt = draft.doubts.get(gaps[0].key)
    moment = gaps[0].kind is FieldKind.MOMENT
    question = ask_back(doubt, texts.asks, now, zone, moment=moment) if doubt else gaps[0].label
    return Understanding(f"{said} {question}", draft.choice, draft.values, gaps)


def _say_back(draft: Draft, texts: Texts, now: datetime, zone: ZoneInfo) -> str:
    """Return the sentence that shows what was understood so far."""
    said = texts.understood
    parts = dict.fromkeys(("until", "cause", "person", "action", "at"), "") | {"owner": said.another}
    for key, value in draft.values.items():
        if isinstance(value, datetime):
            parts[key] = said.at_part.format(at=name_moment(value, now, zone))
        elif not isinstance(value, str):
            part = said.later_part if draft.choice == "snooze" else said.until_part
            parts[key] = part.format(day=name_day(value, now.astimezone(zone).date()))
        elif key == "cause":
            parts[key] = said.cause_part.format(cause=texts.causes[Cause(value)])
        elif key == "person":
            parts[key] = said.person_part.format(person=shorten(value, LONGEST_QUOTE))
            parts["owner"] = shorten(value, LONGEST_QUOTE)
        else:
            parts[key] = said.action_part.format(action=shorten(value, LONGEST_QUOTE))
    sentences = {
        "on_track": said.on_track,
        "done": said.done,
        "stop": said.stop,
        "not_me": said.not_me,
        "stop_asking": said.stop_asking,
        "snooze": said.snooze,
        "step": said.step,
        "blocked": said.blocked,
    }
    return sentences[draft.choice].format(**parts)
