"""From a tap or a number, with the details typed or picked beside it, to an Answer; or what to ask back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.calendar import to_zone
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    ChangeRequest,
    HandOver,
    HoldRequest,
    NextStep,
    NotMe,
    OnTrack,
    ProposeStop,
    SnoozeUntil,
    StepDone,
    StopAsking,
    WithdrawRequest,
)
from bot.messages.days import Doubt, Why, check_day, read_day
from bot.messages.moments import check_moment, read_moment, to_moment, without_time
from bot.messages.phrases import find_causes, to_words
from bot.messages.texts import CHOICES, Asks, Texts
from bot.messages.wording import name_day

CHOICE: Final = "choice"
"""The key under which it is said that the answer itself is not one we know."""
LONGEST_ACTION: Final = 280
LONGEST_PERSON: Final = 200
"""Characters, as in `bot.domain.reply`."""
DAWN: Final = 7
"""The first hour of a time that is offered as an example."""

Value: TypeAlias = str | date | datetime
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Unclear:
    """What to ask back: one sentence for each detail that is missing or can't be taken, in the form's order."""

    reasons: Mapping[str, str]


def to_answer(choice: str, values: Values, texts: Texts, *, now: datetime, timezone: str) -> Answer | Unclear:
    """Return the answer behind the key of a choice and the values of its form, or a sentence for each gap.

    Values are as typed, or as a chat's picker gave them: a date, or a datetime (a naive one is the
    person's own time). Empty values count as missing; what the form doesn't ask for is left aside.
    The days and moments of an answer lie ahead and within a year; a moment is aware UTC.
    """
    reader = Reader(values, texts, now, to_zone(timezone))
    match choice:
        case "blocked":
            return _blocked(reader)
        case "step":
            return _step(reader)
        case "snooze":
            until = reader.day("until", required=True)
            return SnoozeUntil(until=until) if until else Unclear(reader.reasons)
        case "stop" | "not_me":
            return _given_up(choice, reader)
        case "hold" | "change":
            return _about_request(choice, reader)
        case _:
            return _plain(choice) if choice in {*CHOICES, "withdraw"} else Unclear({CHOICE: texts.asks.gone})


def _plain(choice: str) -> Answer:
    """Return an answer that needs no detail."""
    plain: dict[str, Answer] = {
        "on_track": OnTrack(),
        "done": StepDone(),
        "stop_asking": StopAsking(),
        "withdraw": WithdrawRequest(),
    }
    return plain[choice]


def _given_up(choice: str, reader: "Reader") -> Answer | Unclear:
    """Return that the pilot should end, with what was learned, or that somebody else has it, by name where it was said."""
    lesson, person = reader.text("lesson", LONGEST_ACTION), reader.text("person", LONGEST_PERSON)
    if reader.reasons:
        return Unclear(reader.reasons)
    if choice == "stop":
        return ProposeStop(lesson=lesson or None)
    return HandOver(person=person) if person else NotMe()


def _about_request(choice: str, reader: "Reader") -> Answer | Unclear:
    """Return what an owner does about a wish that has not left."""
    if choice == "hold":
        reason = reader.text("reason", LONGEST_ACTION, required=True)
        until = reader.day("until", required=False)
        return Unclear(reader.reasons) if reader.reasons else HoldRequest(reason=reason, until=until)
    thing, line = reader.text("thing", LONGEST_PERSON), reader.text("line", LONGEST_ACTION)
    due = reader.day("due", required=False)
    if not (thing or line or due or reader.reasons):
        reader.text("thing", LONGEST_PERSON, required=True)
    return Unclear(reader.reasons) if reader.reasons else ChangeRequest(thing=thing or None, line=line or None, due=due)


def _blocked(reader: "Reader") -> Answer | Unclear:
    cause = reader.cause()
    thing = reader.text("thing", LONGEST_PERSON)
    person = reader.text("person", LONGEST_PERSON)
    until = reader.day("until", required=False)
    if cause is None or reader.reasons:
        return Unclear(reader.reasons)
    return BlockedBy(cause=cause, thing=thing or None, person=person or None, until=until)


def _step(reader: "Reader") -> Answer | Unclear:
    action = reader.text("action", LONGEST_ACTION, required=True)
    at = reader.moment()
    if at is None or reader.reasons:
        return Unclear(reader.reasons)
    return NextStep(action=action, at=at)


class Reader:
    """Reads the values of one form and gathers in `reasons` what has to be asked back."""

    def __init__(self, values: Values, texts: Texts, now: datetime, zone: ZoneInfo) -> None:
        """Read what was filled in, by the person's own clock."""
        self.reasons: dict[str, str] = {}
        self._now = now
        self._values = values
        self._texts = texts
        self._zone = zone

    def day(self, key: str, *, required: bool) -> date | None:
        """Return a day from tomorrow on."""
        given = self._given(key)
        if given is None and not required:
            return None
        found = to_checked_day(given or "", self._now, self._zone)
        if isinstance(found, Doubt):
            self._ask(key, found, moment=False)
            return None
        return found

    def moment(self, key: str = "at") -> datetime | None:
        """Return a moment ahead, in UTC."""
        found = to_checked_moment(self._given(key) or "", self._now, self._zone)
        if isinstance(found, Doubt):
            self._ask(key, found, moment=True)
            return None
        return found

    def has(self, key: str) -> bool:
        """Whether this was filled in."""
        return self._given(key) is not None

    def text(self, key: str, longest: int, *, required: bool = False) -> str:
        """Return words on one line."""
        asks = self._texts.asks
        said = " ".join(str(self._given(key) or "").split())
        if len(said) > longest:
            self.reasons[key] = {"action": asks.long, "person": asks.person}.get(key, asks.shorter).format(
                count=longest
            )
        elif not said and required:
            self.reasons[key] = {"action": asks.text, "person": asks.whom}.get(key, asks.what)
        return said

    def option(self, key: str, options: Sequence[str]) -> str | None:
        """Return the key of one of these options, given as it is or by its number in the list."""
        said = str(self._given(key) or "").strip().casefold()
        if said.isdecimal() and 1 <= int(said) <= len(options):
            return options[int(said) - 1]
        if said in options:
            return said
        self.reasons[key] = self._texts.asks.one_of.format(options=", ".join(options))
        return None

    def cause(self) -> Cause | None:
        """Return the cause behind a key, its label, its number in the list, or words about one cause."""
        said = " ".join(str(self._given("cause") or "").casefold().split())
        for number, (cause, label) in enumerate(self._texts.causes.items(), 1):
            if said in {cause.value, label.casefold(), str(number)}:
                return cause
        found = find_causes(to_words(said), self._texts.words)
        if len(found) == 1:
            return found.pop()
        self.reasons["cause"] = _ask_cause(self._texts)
        return None

    def _given(self, key: str) -> Value | None:
        value = self._values.get(key)
        return None if isinstance(value, str) and not value.strip() else value

    def _ask(self, key: str, doubt: Doubt, *, moment: bool) -> None:
        asks = self._texts.asks
        if doubt.why is Why.PASSED and not isinstance(self._given(key), str):  # nobody can write into a picker
            self.reasons[key] = asks.picked_moment if moment else asks.picked_day
            return
        self.reasons[key] = ask_back(doubt, asks, self._now, self._zone, moment=moment)


def to_checked_day(value: Value, now: datetime, zone: ZoneInfo) -> date | Doubt:
    """Return a day from tomorrow on out of what was typed or picked."""
    if isinstance(value, str):
        return read_day(value, now, zone)
    today = now.astimezone(zone).date()
    if isinstance(value, datetime):
        local = check_moment(value, now) if value.tzinfo else value
        return local if isinstance(local, Doubt) else check_day(_local_day(local, zone), today)
    return check_day(value, today)


def _local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date() if at.tzinfo else at.date()


def to_checked_moment(value: Value, now: datetime, zone: ZoneInfo) -> datetime | Doubt:
    """Return a moment ahead as UTC out of what was typed or picked; a day alone lacks its time."""
    if isinstance(value, str):
        return read_moment(value, now, zone)
    if isinstance(value, datetime):
        return check_moment(value, now) if value.tzinfo else to_moment(value, now, zone)
    return without_time(value, now.astimezone(zone).date())


def _ask_cause(texts: Texts) -> str:
    """Ask for the cause, naming all there are."""
    return texts.asks.cause.format(options=", ".join(texts.causes.values()))


def ask_back(doubt: Doubt, asks: Asks, now: datetime, zone: ZoneInfo, *, moment: bool) -> str:
    """Return the question that settles a doubt, with an example that can be copied."""
    today = now.astimezone(zone).date()
    day = next((each for each in doubt.days if each > today), today + timedelta(days=14))
    at = next((each for each in doubt.times if each.hour >= DAWN), time(10))
    names = [name_day(each, today) for each in doubt.days] or [""]
    hours = [f"{each:%H:%M}" for each in doubt.times] or [""]
    fills = {
        "example": f"{day} {at:%H:%M}" if moment else f"{day}",
        "day": names[0],
        "first": names[0],
        "second": names[-1],
        "early": hours[0],
        "late": hours[-1],
    }
    return _sentence(doubt.why, asks, moment=moment).format(**fills)


def _sentence(why: Why, asks: Asks, *, moment: bool) -> str:
    sentences = {
        Why.UNCLEAR: asks.unclear_moment if moment else asks.unclear_day,
        Why.PASSED: asks.passed_moment if moment else asks.passed_day,
        Why.FAR: asks.far,
        Why.TWO_DAYS: asks.two_days,
        Why.TODAY_OR_WEEK: asks.two_days,
        Why.NO_TIME: asks.no_time,
        Why.NO_DAY: asks.no_day,
        Why.HALF_DAY: asks.half_day,
        Why.SKIPPED: asks.skipped,
        Why.TWICE: asks.twice,
    }
    return sentences[why]
