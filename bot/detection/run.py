"""All pilots judged day by day: the state after a day rests on that day and earlier ones only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bot.detection.book import Book
from bot.detection.columns import BoolRow, Columns, FloatRow, IntRow
from bot.detection.dates import WEEK, WORKDAYS, Dates
from bot.detection.dropoff import Daily, Outlook, Today
from bot.detection.feeds import Feeds, Gap, Moved
from bot.detection.grain import Grain
from bot.detection.hold import Check
from bot.detection.seats import Seats, at_work
from bot.detection.spells import Log, Spell
from bot.detection.stall import Reach, Stalled, Stalls
from bot.detection.sums import Drop, OpenSums, Sums, bars_of
from bot.detection.together import WEEK as WEEK_SIGN
from bot.detection.together import Common, CommonFall, Together, signs_of
from bot.detection.weeks import Week, Weekly, worth_of
from bot.domain.settings import DetectionSettings


class State(Columns):
    """Everything that is carried from one day to the next, for each pilot."""

    def __init__(self, registered: FloatRow) -> None:
        """Start before the first day; `registered` are the registry's seats, NaN where it names none."""
        pilots = registered.size
        self.grain, self.seats = Grain(pilots), Seats(registered)
        self.daily, self.weekly, self.sums = Daily(pilots), Weekly(pilots), Sums(pilots)
        self.reach, self.stalls, self.feeds = Reach(pilots), Stalls(pilots), Feeds(pilots)


@dataclass(slots=True)
class Logs:
    """What was found, by pilot."""

    drops: Log[Drop] = field(default_factory=Log)
    checks: Log[Check] = field(default_factory=Log)
    stalled: Log[Stalled] = field(default_factory=Log)
    slowing: Log[Spell] = field(default_factory=Log)
    moves: Log[Moved] = field(default_factory=Log)
    gaps: Log[Gap] = field(default_factory=Log)

    def all(self) -> tuple[Log[Any], ...]:
        """Return every log, in one order."""
        return (self.drops, self.checks, self.stalled, self.slowing, self.moves, self.gaps)

    def taken(self, pilots: IntRow, days: int) -> "Logs":
        """Return what was found in some pilots before the day `days`."""
        return Logs(*(log.taken(pilots, days) for log in self.all()))


@dataclass(slots=True)
class Checkpoint:
    """A run as it was after so many days, but for what it had found."""

    days: int
    state: State
    together: Together

    def copied(self) -> "Checkpoint":
        """Return the same, to be run on without touching this one."""
        return Checkpoint(self.days, self.state.copied(), self.together.copied())


@dataclass(frozen=True, slots=True)
class Whole:
    """All pilots, for a run of some of them: a source falls with every one that it feeds."""

    book: Book
    pilots: IntRow
    """Places of those that are run, in rising order."""


class Run:
    """Pilots of a book, while the days go by.

    A pilot is run beyond the last day it is judged on, with those it shares a source with, and read
    as of that day.
    """

    def __init__(
        self, book: Book, dates: Dates, settings: DetectionSettings, weekday: int, whole: Whole | None = None
    ) -> None:
        """Start before the first day, whose weekday is given (Monday is 0)."""
        self.book, self.dates, self.days = book, dates, 0
        self._settings, self._weekday, self._whole = settings, weekday, whole
        self.state, self.together = State(dates.registered), Together(book.sources)
        self.logs, self.open_sums = Logs(), list[OpenSums]()
        """For each day the sums of the drop-offs that were open."""
        self.common: dict[int, Common] = {}
        """Days that said something of sources as a whole."""
        self._told: Mapping[int, Common] | None = None

    def believe(self, common: Mapping[int, Common], falls: list[list[CommonFall]]) -> None:
        """Take what days say of sources from a look at everything, and ask the pilots of this run no more."""
        self._told, self.together.falls = common, falls

    def advance(self, until: int) -> None:
        """Judge the days that are not judged yet, up to and without column `until`."""
        while self.days < until:
            self._step(self.days, (self._weekday + self.days) % WEEK)
            self.days += 1

    def checkpoint(self) -> Checkpoint:
        """Return a copy of the state to go back to."""
        return Checkpoint(self.days, self.state, self.together).copied()

    def back_to(self, then: Checkpoint | None) -> None:
        """Go back to how it was then, or to before the first day."""
        falls = self.together.falls
        if then is None:
            then = Checkpoint(0, State(self.dates.registered), Together(self.book.sources))
        self.days, self.state, self.together = then.days, then.state.copied(), then.together.copied()
        if self._told is not None:
            self.together.falls = falls
        for log in self.logs.all():
            log.back_to(self.days)
        del self.open_sums[self.days :]
        self.common = {day: common for day, common in self.common.items() if day < self.days}

    def part(self, pilots: IntRow, then: Checkpoint | None) -> "Run":
        """Return a run of some pilots alone as it was then; they stand in rising order."""
        whole, book = Whole(self.book, pilots), self.book.taken(pilots)
        run = Run(book, self.dates.taken(pilots), self._settings, self._weekday, whole)
        if self._told is not None:
            run.believe(self._told, self.together.falls)
        if then is not None:
            run.days, run.state, run.together = then.days, then.state.taken(pilots), then.together.copied()
            run.logs = self.logs.taken(pilots, then.days)
            run.open_sums = [OpenSums.none()] * then.days
        return run

    def put(self, pilots: IntRow, part: "Run", since: int) -> None:
        """Set some pilots to a part that came as far as this run; it was run from day `since` on."""
        self.book.put(pilots, part.book)
        self.state.put(pilots, part.state)
        self.together = part.together
        for mine, theirs in zip(self.logs.all(), part.logs.all(), strict=True):
            mine.put(pilots, theirs)
        others = np.ones(self.book.pilots, dtype=np.bool_)
        others[pilots] = False
        for day in range(since, self.days):
            self.open_sums[day] = self.open_sums[day].mended(others, pilots, part.open_sums[day])

    def is_as_common_as(self, other: "Run", since: int) -> bool:
        """Whether two runs said the same of sources as a whole, from a day on."""
        mine, theirs = ({d: c for d, c in run.common.items() if d >= since} for run in (self, other))
        return mine.keys() == theirs.keys() and all(mine[day].equals(theirs[day]) for day in mine)

    def _step(self, day: int, weekday: int) -> None:
        """Judge one day."""
        book, state, logs, dates = self.book, self.state, self.logs, self.dates
        resting = dates.resting(day)
        told = state.grain.see(book, day, dates.worked(day), resting)
        people = np.where(told.day, book.active[day], np.where(told.week, book.active_7d[day], 0.0))
        seats, usable = state.seats.see(day, book.seats[day], people, told.day | told.week)
        usable, age = at_work(usable, seats, book.present[day], dates.presence(day)), state.seats.age
        today = Today(day, weekday, people, told.day & dates.countable(day) & ~resting, usable, age)
        week = None
        if told.week.any():
            week = Week(day, told.week, told.counted, people, usable, worth_of(dates.worked(day)), age)
        self._rest(day, resting | told.switched)
        self.open_sums.append(self._judge(today, week, seats))
        worth = today.counted * np.int16(weekday < WORKDAYS) + told.counted * np.int16(WORKDAYS)
        state.reach.write(book, day, today.counted | told.reached, people, worth, state.grain)
        state.stalls.see(book, day, dates.overrun(day), state.grain, self._settings, logs.stalled, logs.slowing)
        state.feeds.see(book, day, logs.moves, logs.gaps)

    def _rest(self, day: int, pilots: BoolRow) -> None:
        """Forget the evidence against pilots that were paused or retired, or whose figures are others now."""
        if pilots.any():
            self.state.sums.forget(pilots)
            self.state.daily.rest(day, pilots, self.logs.checks)
            self.state.weekly.rest(day, pilots, self.logs.checks)

    def _judge(self, today: Today, week: Week | None, seats: FloatRow) -> OpenSums:
        """Say what was to be expected of a day, and of weeks that end with it, and add what speaks against pilots."""
        day, state, logs = today.day, self.state, self.logs
        outlook = state.daily.foresee(today, self.book, state.sums.open)
        weekly = None if week is None else state.weekly.foresee(week, state.sums.open)
        fell, ended = self._common(today, outlook, week, weekly)
        if ended.any():
            state.sums.forgive(state.daily.forgive(day, ended & today.counted, outlook.left, logs.checks))
        state.daily.judge(today, outlook, fell & today.counted, state.sums, logs.checks)
        if week is not None and weekly is not None:
            if ended.any():
                state.sums.forgive(state.weekly.forgive(day, ended & week.counted, weekly.left, logs.checks))
            state.weekly.judge(week, weekly, fell & week.counted, state.sums, logs.checks)
        bars = bars_of(seats, today.age, state.grain.weekly)
        fired, open_sums = state.sums.alarm(day, bars, state.grain.weekly, logs.drops)
        onset = state.sums.onset_of(fired)
        state.daily.close(day, state.sums.open, fired, onset)
        if week is not None:
            state.weekly.close(state.sums.open, week.told, fired, onset)
        return open_sums

    def _said(self, day: int, weekday: int, whole: Book) -> Common | None:
        """Return what a day says of sources as a whole: as all pilots say it, or as it was told."""
        if self._told is not None:
            return self._told.get(day)
        return self.together.see(day, weekday, whole.origin[day], whole.signs[day])

    def _common(
        self, today: Today, outlook: Outlook, week: Week | None, weekly: Outlook | None
    ) -> tuple[BoolRow, BoolRow]:
        """Ask all pilots of each source what the day says of it; return those that fell with it, and whose fall ended."""
        book, day = self.book, today.day
        fed, asked, left = today.counted, outlook.telling, outlook.left
        if week is not None and weekly is not None:
            fed = fed | week.counted
            asked, left = (np.where(week.told, a, b) for a, b in ((weekly.telling, asked), (weekly.left, left)))
        fed = fed & (book.origin[day] >= 0)
        book.signs[day] = signs_of(fed, asked, left)
        if week is not None:
            book.signs[day] |= week.counted * np.uint8(WEEK_SIGN)
        whole = book
        if self._whole is not None:
            whole = self._whole.book
            whole.signs[day, self._whole.pilots] = book.signs[day]
        common = self._said(day, today.weekday, whole)
        if common is None:
            nobody = np.zeros(book.pilots, dtype=np.bool_)
            return nobody, nobody
        self.common[day] = common
        return fed & common.fell[book.origin[day]], fed & common.ended[book.origin[day]]
