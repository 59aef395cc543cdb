"""The `github_copilot` format: bodies of the Copilot usage metrics reports (docs/loading.md).

Only the fields named in this file are looked at; everything else is dropped unread, logins too. What is
taken: the id of a person, the day, and by feature what the person began: interactions, for completions
the accepted ones. What an agent accepted or wrote by itself is no act of a person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, BinaryIO, Final, NoReturn

from pydantic import Field, ValidationError

from adapters.sources.documents import Documents
from bot.domain.fact import ActorKind, Partition, WireFact
from bot.domain.table import Row
from bot.domain.value import Excerpt
from bot.domain.wire import why_invalid
from bot.errors import InputError

USUAL_LAG: Final = 3
"""Days the reports are usually behind: complete "within three full UTC days" (GitHub's documentation)."""

COMPLETION: Final = "code_completion"
CLI_SURFACE: Final = "code.copilot_cli"
WHOLE_TOOL: Final = "code.copilot"
"""The surface of what is not told by feature."""

_ENVELOPES: Final = ("download_links", "seats", "day_totals", "user_totals")
_HEAD: Final = ("report_day", "report_start_day", "report_end_day", "created_at")
_ONE_DAY: Final = timedelta(days=1)
_NO_SIGN: Final = re.compile(r"[^a-z0-9_-]+")
_LONGEST_FEATURE: Final = 40

Count = Annotated[int, Field(ge=0, le=2**32 - 2)]


class _Feature(Excerpt):
    feature: str
    user_initiated_interaction_count: Count | None = None
    code_acceptance_activity_count: Count | None = None

    @property
    def acts(self) -> int:
        """What the person began."""
        is_completion = self.feature == COMPLETION
        count = self.code_acceptance_activity_count if is_completion else self.user_initiated_interaction_count
        return count or 0

    @property
    def surface(self) -> str:
        return f"code.{_NO_SIGN.sub('_', self.feature.casefold())[:_LONGEST_FEATURE] or 'other'}"


class _Cli(Excerpt):
    prompt_count: Count | None = None


class _Total(Excerpt):
    """A day of a person (`user_id`) or of an organisation (`daily_active_users`)."""

    user_id: Annotated[str, Field(min_length=1, max_length=320)] | int | None = None
    daily_active_users: Annotated[int, Field(ge=0, le=65534)] | None = None
    day: date | None = None
    report_day: date | None = None
    report_start_day: date | None = None
    report_end_day: date | None = None
    created_at: datetime | None = None
    totals_by_feature: tuple[_Feature, ...] | None = None
    totals_by_cli: _Cli | None = None

    @property
    def on(self) -> date | None:
        """The day it is about, if it is about one."""
        return (
            self.day
            or self.report_day
            or (self.report_end_day if self.report_start_day == self.report_end_day else None)
        )

    @property
    def span(self) -> tuple[date, date] | None:
        """The days of the report it is from, if they are told."""
        if self.report_start_day and self.report_end_day:
            return self.report_start_day, self.report_end_day
        return (self.report_day, self.report_day) if self.report_day else None

    @property
    def prompts(self) -> int:
        """Prompts typed on the command line."""
        return (self.totals_by_cli.prompt_count or 0) if self.totals_by_cli else 0

    def acts(self) -> dict[str, int]:
        """Return what was begun, by surface."""
        found: dict[str, int] = {}
        for one in self.totals_by_feature or ():
            found[one.surface] = found.get(one.surface, 0) + one.acts
        if self.totals_by_cli is not None:
            # Where both are told they disagree; the one by feature is of the same making as the others.
            found.setdefault(CLI_SURFACE, self.prompts)
        return found or {WHOLE_TOOL: 0}

    def is_active(self, surface: str, acts: int) -> bool:
        """Whether the person did anything there: prompts on the command line also count where the feature tells none."""
        return acts > 0 or (surface == CLI_SURFACE and self.prompts > 0)


@dataclass(frozen=True, slots=True)
class _PersonDay:
    """What one person did on one day, by surface: acts, and whether that makes it active."""

    line: int
    revision: int
    acts: Mapping[str, tuple[int, bool]]

    def joined(self, other: "_PersonDay") -> "_PersonDay":
        """Join with what another organisation reports of the same person: it is the same use, never added."""
        if other.revision != self.revision:
            return max(self, other, key=lambda one: one.revision)
        names = dict.fromkeys((*self.acts, *other.acts))
        nothing = (0, False)
        pairs = {name: (self.acts.get(name, nothing), other.acts.get(name, nothing)) for name in names}
        return replace(self, acts={name: (max(a[0], b[0]), a[1] or b[1]) for name, (a, b) in pairs.items()})


class CopilotReport:
    """The rows of a report, one a person, day and surface, or organisation and day; iterate over it once.

    All of it is read before the first row comes, since somebody in two organisations stands there twice.
    """

    columns: tuple[str, ...] = ()

    def __init__(self, streams: Sequence[tuple[BinaryIO, str]], *, source: str, fetched: int) -> None:
        """Keep the parts of the report with their names; `fetched` is its revision where it tells none, in seconds."""
        self._documents = [Documents(stream, name) for stream, name in streams]
        self._source, self._fetched = source, fetched
        self._people: dict[tuple[str, date], _PersonDay] = {}
        self._others: list[Row[WireFact]] = []
        self._spans: list[tuple[date, date, int]] = []
        self._loose: list[tuple[date, int]] = []
        """Days and revisions of rows that do not say what report they are from."""

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the streams so far."""
        return sum(documents.bytes_read for documents in self._documents)

    def __iter__(self) -> Iterator[Row[WireFact]]:
        """Yield facts and rejects. Raises InputError for a body that is no report of days, before any row."""
        for documents in self._documents:
            for line, value, fault in documents:
                if fault:
                    self._reject(line, fault)
                else:
                    self._take(documents.name, line, value)
        yield from self._others
        for (user, day), person in self._people.items():
            for surface, (acts, is_active) in person.acts.items():
                fact = self._fact(day, surface, acts, person.revision)
                yield Row(person.line, {}, WireFact.model_validate(fact | {"user": user, "active": is_active}))

    def whole(self) -> tuple[Partition, ...]:
        """Return the days of which the report tells everything about people; known after the last row."""
        spans = list(self._spans)
        if self._loose:
            days = [day for day, _ in self._loose]
            spans.append((min(days), max(days), max(revision for _, revision in self._loose)))
        return tuple(Partition(self._source, first, last, (), revision) for first, last, revision in _merged(spans))

    def _take(self, name: str, line: int, value: object) -> None:
        if isinstance(value, list):
            for place, row in enumerate(value, 1):
                if isinstance(row, dict) and any(key in row for key in _ENVELOPES):
                    self._take(name, line, row)
                else:
                    self._total(line, place, row, {})
        elif not isinstance(value, dict) or not any(key in value for key in _ENVELOPES):
            self._total(line, 0, value, {})
        elif "download_links" in value:
            _refuse(
                name,
                "holds links and no figures: fetch each of them, they are signed and soon expire, and load what they bring",
            )
        elif "seats" in value:
            _refuse(name, "is the list of seats: load it by `stickshaker load roster FILE --source NAME`")
        else:
            self._envelope(name, line, value)

    def _envelope(self, name: str, line: int, value: Mapping[str, object]) -> None:
        head = {key: value[key] for key in _HEAD if key in value}
        rows = value.get("day_totals", value.get("user_totals"))
        if not isinstance(rows, list):
            self._reject(line, "day_totals or user_totals is no list of rows")
            return
        try:
            given = _Total.model_validate(head)
        except ValidationError as fault:
            self._reject(line, why_invalid(fault))
            return
        if "user_totals" in value and given.on is None and not any(isinstance(r, dict) and "day" in r for r in rows):
            _refuse(name, _window_sum(given))
        if not rows and given.span:
            self._spans.append((*given.span, self._revision(given)))
        for place, row in enumerate(rows, 1):
            self._total(line, place, row, head)

    def _total(self, line: int, place: int, row: object, head: Mapping[str, object]) -> None:
        where = f"row {place}: " if place else ""
        try:
            total = _Total.model_validate({**head, **row} if isinstance(row, dict) else row)
        except ValidationError as fault:
            self._reject(line, where + why_invalid(fault))
            return
        day = total.on
        if total.user_id is None and total.daily_active_users is None:
            self._reject(
                line, f"{where}has neither user_id nor daily_active_users; load a Copilot usage metrics report"
            )
        elif day is None:
            self._reject(line, f"{where}has no day; a sum over several days is never spread over them")
        elif total.user_id is None:
            fact = self._fact(day, WHOLE_TOOL, sum(total.acts().values()), self._revision(total))
            given = {"actor_kind": ActorKind.AGGREGATE, "people": total.daily_active_users}
            self._others.append(Row(line, {}, WireFact.model_validate(fact | given)))
        else:
            self._person(line, str(total.user_id).strip(), day, total)

    def _person(self, line: int, user: str, day: date, total: _Total) -> None:
        revision = self._revision(total)
        if total.span:
            self._spans.append((min(total.span[0], day), max(total.span[1], day), revision))
        else:
            self._loose.append((day, revision))
        acts = {surface: (count, total.is_active(surface, count)) for surface, count in total.acts().items()}
        fresh, known = _PersonDay(line, revision, acts), self._people.get((user, day))
        self._people[user, day] = known.joined(fresh) if known else fresh

    def _fact(self, day: date, surface: str, acts: int, revision: int) -> dict[str, object]:
        return {
            "source": self._source,
            "start": day,
            "end": day + _ONE_DAY,
            "surface": surface,
            "actions": acts,
            "revision": revision,
        }

    def _revision(self, total: _Total) -> int:
        made = total.created_at
        if made is None:
            return self._fetched
        return max(0, int((made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp()))

    def _reject(self, line: int, reason: str) -> None:
        self._others.append(Row(line, {}, None, reason))


def _refuse(name: str, what: str) -> NoReturn:
    msg = f"{name} {what}."
    raise InputError(msg)


def _window_sum(given: _Total) -> str:
    days = f" over {(given.span[1] - given.span[0]).days + 1} days" if given.span else ""
    return (
        f"gives one sum a person{days} and no day, and a sum is never spread over days: load the report users-28-day "
        "with a row for each person and day, or users-1-day for each day"
    )


def _merged(spans: Iterable[tuple[date, date, int]]) -> list[tuple[date, date, int]]:
    """Join spans that touch; the highest revision counts."""
    merged: list[tuple[date, date, int]] = []
    for first, last, revision in sorted(set(spans)):
        if merged and first <= merged[-1][1] + _ONE_DAY:
            begin, end, known = merged.pop()
            merged.append((begin, max(end, last), max(known, revision)))
        else:
            merged.append((first, last, revision))
    return merged
