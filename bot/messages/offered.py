"""Free words of somebody who was asked something else than an owner is, read by the answers that are offered to them.

An answer is found by the words it begins with (`offered` in `bot/content/words.yaml`) or by its label; a day, a name
and words of their own in the rest fill its form. It is shown back for a yes or a no, as an owner's is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bot.domain.outreach import Role
from bot.messages.answers import LONGEST_ACTION, LONGEST_PERSON, Value, ask_back
from bot.messages.details import Detail, Gathered, Spoken, find_day, find_name, find_person, find_until
from bot.messages.model import Choice, FieldKind, FormField, Section
from bot.messages.phrases import SIGNS, contains, starts, to_words
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_QUOTE, name_day, shorten

STOP: Final = "stop_asking"
"""Can be said to every message."""
NOT_ME: Final = "not_me"
"""Can be said where the registry gave the role."""
LEADING: Final = (["to"], ["instead"])
"""An answer that ends so is followed by words: "change it to ...", "say instead ..."."""
WHERE_NOT_ME: Final = frozenset({Role.SPONSOR})


@dataclass(slots=True, kw_only=True)
class Found(Gathered):
    """One answer that is offered, and what was found of its form."""

    choice: Choice

    @property
    def gaps(self) -> tuple[FormField, ...]:
        """Return what has to be asked for."""
        return tuple(f for f in self.choice.form if f.key in self.doubts or (f.required and f.key not in self.values))


def find_offered(spoken: Spoken, section: Section, texts: Texts) -> Found | None:
    """Return the answer that the words begin with, or are the label of; None where they are neither, or two at once."""
    said = " ".join(spoken.words(0))
    labelled = [c for c in section.choices if said == " ".join(to_words(c.label))]
    if len(labelled) == 1:
        return Found(choice=labelled[0], covers=set(range(len(spoken.tokens))))
    first, offered = _first(spoken), _offered(section, texts)
    clause = next((c for c in spoken.clauses if c.first <= first < c.end), None)
    words = spoken.words(first, clause.end) if clause else []
    lengths = {c.key: starts(words, _phrases(c.key, texts)) for c in offered}
    longest = max(lengths.values(), default=0)
    chosen = [c for c in offered if longest and lengths[c.key] == longest]
    if len(chosen) != 1 or clause is None:
        return _bare(spoken, section)
    found = Found(choice=chosen[0], covers=set(range(first + longest)))
    _fill(found, spoken, first + longest)
    return None if _left(spoken, found) else found


def _phrases(key: str, texts: Texts) -> tuple[str, ...]:
    """Return what an answer begins with; no more messages can be said to everybody in the same words."""
    said = texts.words.offered.get(key, ())
    return (*said, *texts.words.whole.get(STOP, ())) if key == STOP else said


def _bare(spoken: Spoken, section: Section) -> Found | None:
    """Return a day or a name alone as what the registry lacks, where that was asked for."""
    fill = next((c for c in section.choices if section.fills is not None and c.form), None)
    if fill is None:
        return None
    found = Found(choice=fill)
    _fill(found, spoken, 0)
    return found if found.values else None


def show_offered(found: Found, texts: Texts, spoken: Spoken) -> str:
    """Return the sentence that shows what was understood, with the question that comes next."""
    said, today = texts.understood, spoken.now.astimezone(spoken.zone).date()
    labels = {f.key: dict(f.options) for f in found.choice.form}
    details = [_shown(value, labels.get(key, {}), today) for key, value in found.values.items()]
    text = said.offered.format(answer=found.choice.label, details="".join(f", {one}" for one in details))
    if not found.gaps:
        return f"{text} {said.right}"
    gap = found.gaps[0]
    doubt = found.doubts.get(gap.key)
    if doubt:
        return f"{text} {ask_back(doubt, texts.asks, spoken.now, spoken.zone, moment=False)}"
    return f"{text} {gap.label}" if gap.label.endswith("?") else f"{text} {gap.label}:"


def _shown(value: Value, options: Mapping[str, str], today: date) -> str:
    if isinstance(value, datetime) or not isinstance(value, date):
        text = options.get(str(value), str(value))
        return f"'{shorten(text, LONGEST_QUOTE)}'"
    return name_day(value, today)


def _offered(section: Section, texts: Texts) -> tuple[Choice, ...]:
    """Return what may be answered: what is offered, and what the footer says can be said at any time."""
    keys = {c.key for c in section.choices}
    always = [STOP, *([NOT_ME] if section.role in WHERE_NOT_ME else [])]
    return (*section.choices, *(Choice(key=k, label=texts.choices[k]) for k in always if k not in keys))


def _first(spoken: Spoken) -> int:
    """Return where an answer begins, after words that say nothing."""
    first = 0
    while taken := starts(spoken.words(first), spoken.known.before):
        if first + taken >= len(spoken.tokens):
            break
        first += taken
    return first


def _left(spoken: Spoken, found: Found) -> bool:
    """Whether words are left that say more than was understood: they may turn it around."""
    left = [token.word for n, token in enumerate(spoken.tokens) if n not in found.covers and token.word]
    return bool(left) and " ".join(left) not in {*spoken.known.after, *spoken.known.before}


def _fill(found: Found, spoken: Spoken, rest: int) -> None:
    """Fill the form from the words after the answer: a day, a name, one of the options, and the words that are left.

    Words of their own are taken where the form needs some, or where they stand apart from the answer: behind a sign, or
    after "because" and the like. "No problem" is no reason against, and "stop messaging me" no lesson.
    """
    kinds = {f.kind: f for f in reversed(found.choice.form)}
    if FieldKind.DAY in kinds:
        found.keep(kinds[FieldKind.DAY].key, _day(spoken, rest))
    if FieldKind.PERSON in kinds:
        person = find_name(spoken, rest) or find_person(spoken)
        if person and len(str(person.value)) <= LONGEST_PERSON:
            found.keep(kinds[FieldKind.PERSON].key, person)
    words, left = kinds.get(FieldKind.TEXT), [n for n in range(rest, len(spoken.tokens)) if n not in found.covers]
    _pick(found, spoken, rest, kinds.get(FieldKind.CHOICE))
    if words is None or not left or not (words.required or _is_apart(spoken, rest, left[0])):
        return
    raw = " ".join(spoken.tokens[n].raw for n in left).strip(SIGNS + " -\u2013\u2014")
    said = _without_lead(raw, spoken)
    if said and len(said) <= LONGEST_ACTION:
        found.values[words.key] = said
        found.covers |= set(left)


def _is_apart(spoken: Spoken, rest: int, first: int) -> bool:
    """Whether words begin a clause of their own, or follow something that leads to them."""
    begins = any(clause.first == first for clause in spoken.clauses)
    return begins or bool(starts(spoken.words(first), spoken.known.leads)) or spoken.words(0, rest)[-1:] in LEADING


def _pick(found: Found, spoken: Spoken, rest: int, asked: FormField | None) -> None:
    """Note the one option that the words name."""
    options = [key for key, label in asked.options if _names(spoken, rest, key, label)] if asked else []
    if asked is not None and len(options) == 1:
        found.values[asked.key] = options[0]


def _day(spoken: Spoken, rest: int) -> Detail | None:
    """Return the day right after the answer, else the first after "by", "until" or the like, else one anywhere."""
    after = find_day(spoken, rest) or find_until(spoken)
    return after or next((d for n in range(rest, len(spoken.tokens)) if (d := find_day(spoken, n))), None)


def _names(spoken: Spoken, rest: int, key: str, label: str) -> bool:
    """Whether the words name an option by its key or by one of the words of its label."""
    named = tuple({key, *(word for word in to_words(label) if len(word) > len("with"))})
    return contains(spoken.words(rest), named)


def _without_lead(words: str, spoken: Spoken) -> str:
    """Leave out what only leads from an answer to its words ("because", "that"), and thanks alone."""
    if " ".join(to_words(words)) in spoken.known.after:
        return ""
    taken = starts(to_words(words), spoken.known.leads)
    return " ".join(words.split()[taken:]) if taken < len(words.split()) else ""
