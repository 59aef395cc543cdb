"""From a tap on an item, with what its form asked for, to an Answer; or what to ask back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.domain.calendar import to_zone
from bot.domain.decision import Verdict
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    Cleared,
    Concern,
    CorrectWeekly,
    Decide,
    DontKnow,
    Elsewhere,
    FillGap,
    HoldWeekly,
    NeedsFirst,
    NotMe,
    Object,
    Promise,
    PutUp,
    ReleaseWeekly,
    SnoozeUntil,
    StopAsking,
)
from bot.domain.survey import Effect, ItemId
from bot.domain.upkeep import Field
from bot.messages.answers import CHOICE, LONGEST_ACTION, LONGEST_PERSON, Reader, Unclear, Values, to_answer
from bot.messages.follow_ups import FOLLOW_UPS, read_item
from bot.messages.model import Section
from bot.messages.texts import Texts

STOP: Final = "stop_asking"
"""Is an answer to every message."""
WORDS: Final = "words"
SECOND: Final = "second"
"""Keys of the free words and of the second question of a form (bot.messages.items)."""


def read_answer(
    section: Section, choice: str, values: Values, texts: Texts, *, now: datetime, timezone: str
) -> Answer | Unclear:
    """Return the answer behind a choice that a section offers, or a sentence for each gap."""
    if choice == STOP and section.asks is None:
        return StopAsking()
    if section.fills is not None:
        return _filled(choice, section.fills, Reader(values, texts, now, to_zone(timezone)), texts)
    if section.reviews:
        return _reviewed(choice, Reader(values, texts, now, to_zone(timezone)), texts)
    if section.looks:
        return _looked(choice, Reader(values, texts, now, to_zone(timezone)), texts)
    if section.asks in FOLLOW_UPS and section.asks is not None:
        return read_item(section.asks, choice, values, texts, now=now, timezone=timezone)
    if section.asks is not None:
        return to_item_answer(section.asks, choice, values, texts, now=now, timezone=timezone)
    return to_answer(choice, values, texts, now=now, timezone=timezone)


def _filled(choice: str, field: Field, reader: Reader, texts: Texts) -> Answer | Unclear:
    """Return what somebody says in the place of what the registry lacks."""
    if choice == "dont_know":
        return DontKnow()
    if choice != "fill":
        return Unclear({CHOICE: texts.asks.gone})
    day = reader.day("day", required=True) if field.is_day else None
    value = day.isoformat() if day else reader.text("person", LONGEST_PERSON, required=not field.is_day)
    return Unclear(reader.reasons) if reader.reasons else FillGap(value=value)


def _reviewed(choice: str, reader: Reader, texts: Texts) -> Answer | Unclear:
    """Return what is done about a weekly message that waits for its release."""
    answer: Answer | None = None
    if choice == "release":
        answer = ReleaseWeekly()
    elif choice == "correct":
        words = reader.text("text", LONGEST_ACTION, required=True)
        answer = CorrectWeekly(words=words) if words else None
    elif choice == "hold":
        until, reason = reader.day("until", required=True), reader.text("text", LONGEST_ACTION)
        answer = HoldWeekly(until=until, reason=reason or None) if until else None
    else:
        return Unclear({CHOICE: texts.asks.gone})
    return answer if answer is not None and not reader.reasons else Unclear(reader.reasons)


def _looked(choice: str, reader: Reader, texts: Texts) -> Answer | Unclear:
    """Return what a programme lead does about a case on their list."""
    answer: Answer | None = None
    if choice == "look":
        until = reader.day("until", required=True)
        answer = SnoozeUntil(until=until) if until else None
    elif choice == "name":
        person = reader.text("person", LONGEST_PERSON, required=True)
        thing = reader.text("thing", LONGEST_PERSON, required=True)
        answer = BlockedBy(cause=Cause.OTHER, person=person, thing=thing) if person and thing else None
    elif choice == "sponsor":
        answer = PutUp()
    else:
        return Unclear({CHOICE: texts.asks.gone})
    return answer if answer is not None and not reader.reasons else Unclear(reader.reasons)


def to_item_answer(
    item: ItemId, choice: str, values: Values, texts: Texts, *, now: datetime, timezone: str
) -> Answer | Unclear:
    """Return the answer behind a choice of BLK-01 or SPN-01, or a sentence for each gap.

    A day may stand under `day`, `until` or `second`: a weekly message asks for it under its own name.
    """
    option = next((o for o in texts.items.of(item).options if o.key == choice), None)
    reader = Reader(values, texts, now, to_zone(timezone))
    build = BUILDERS.get(option.effect) if option else None
    if build is None:
        return Unclear({CHOICE: texts.asks.gone})
    answer = build(reader)
    return answer if answer is not None and not reader.reasons else Unclear(reader.reasons)


def _day(reader: Reader) -> Promise | None:
    day = reader.day(_first(reader, "day", "until"), required=True)
    return Promise(on=day) if day else None


def _first(reader: Reader, *keys: str) -> str:
    """Return the first key that was filled in, else the first one."""
    return next((key for key in keys if reader.has(key)), keys[0])


def _needs(reader: Reader) -> NeedsFirst | None:
    what = reader.text("text", LONGEST_ACTION, required=True)
    return NeedsFirst(what=what) if what else None


def _elsewhere(reader: Reader) -> Elsewhere | None:
    person = reader.text("person", LONGEST_PERSON, required=True)
    return Elsewhere(person=person) if person else None


def _object(reader: Reader) -> Object | None:
    concern = reader.option(SECOND, tuple(Concern))
    words = reader.text(WORDS, LONGEST_ACTION)
    return Object(concern=Concern(concern), words=words or None) if concern else None


def _decide(verdict: Verdict) -> Callable[[Reader], Decide | None]:
    def build(reader: Reader) -> Decide | None:
        if verdict is Verdict.STOP:
            lesson = reader.text(_first(reader, "text", "lesson"), LONGEST_ACTION)
            return Decide(verdict=verdict, lesson=lesson or None)
        day = reader.day(_first(reader, SECOND, "until", "day"), required=True)
        return Decide(verdict=verdict, until=day) if day else None

    return build


def _not_me(reader: Reader) -> Elsewhere | NotMe:
    person = reader.text("person", LONGEST_PERSON)
    return Elsewhere(person=person) if person else NotMe()


def _later(reader: Reader) -> SnoozeUntil | None:
    day = reader.day("day", required=True)
    return SnoozeUntil(until=day) if day else None


BUILDERS: Final[Mapping[Effect, Callable[[Reader], Answer | None]]] = {
    Effect.DONE: lambda _: Cleared(),
    Effect.PROMISE: _day,
    Effect.NEED: _needs,
    Effect.ELSEWHERE: _elsewhere,
    Effect.OBJECTION: _object,
    Effect.SCALE: _decide(Verdict.SCALE),
    Effect.FIX: _decide(Verdict.FIX),
    Effect.STOP: _decide(Verdict.STOP),
    Effect.UNKNOWN: lambda _: DontKnow(),
    Effect.NOT_ME: _not_me,
    Effect.LATER: _later,
    Effect.STOP_ASKING: lambda _: StopAsking(),
}
"""What each effect of an option needs and becomes."""
