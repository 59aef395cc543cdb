"""Exact figures of people from the days on which each of them was active: who counts, never who it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.telemetry import BoolGrid, FloatGrid

IntGrid = NDArray[np.int64]
Words = NDArray[np.uint32]

WORD: Final = 32
"""Days in one word of bits."""
WEEK: Final = 7
MONTH: Final = 28
SEASON: Final = 12
"""Weeks over which use becomes a habit."""
HABIT: Final = 9
"""Weeks of those with any use that make a habitual user (viva-insights sample code, telemetry.md section 7)."""
POWER: Final = 15
"""Acts a week on average that make a habitual user a power user (same source)."""
SEASON_DAYS: Final = SEASON * WEEK
LEAST_GROUP: Final = 5
"""No figure about fewer people than this is given to anybody (telemetry.md section 10)."""
ACTIVATION_DAYS: Final = 30
"""Days from getting a seat to the first use that count as activated."""
RETENTION_WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class DayBits:
    """Days of people: bit `column % 32` of words[column // 32, person] says whether the person was active.

    Days are columns from 0 on; days before the first one or after the last are days without use.
    """

    words: Words

    @classmethod
    def blank(cls, people: int, days: int) -> "DayBits":
        """Return people without any use; the words are fresh and may be written to by `mark` and `clear`."""
        return cls(np.zeros((-(-days // WORD), people), dtype=np.uint32))

    @property
    def people(self) -> int:
        """Number of people."""
        return int(self.words.shape[1])

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.words.shape[0]) * WORD

    def mark(self, people: IntGrid, columns: IntGrid) -> None:
        """Note that these people were active, each on the column at the same place."""
        bits = np.left_shift(np.uint32(1), (columns % WORD).astype(np.uint32))
        np.bitwise_or.at(self.words, (columns // WORD, people), bits)

    def clear(self, people: slice, column: int) -> None:
        """Forget whether these people were active on one column."""
        self.words[column // WORD, people] &= ~np.uint32(1 << column % WORD)

    def used(self, first: int, last: int) -> BoolGrid:
        """Say for each person whether there was use on any of the columns first..last."""
        found = np.zeros(self.people, dtype=np.uint32)
        for word in range(max(0, first) // WORD, min(last, self.days - 1) // WORD + 1):
            below, above = max(0, first - word * WORD), min(WORD - 1, last - word * WORD)
            found |= self.words[word] & np.uint32(max(0, (1 << above + 1) - (1 << below)))
        return found > 0

    def weeks_used(self, column: int, weeks: int = SEASON) -> IntGrid:
        """Count for each person the weeks with use among the `weeks` weeks that end with a column."""
        count = np.zeros(self.people, dtype=np.int64)
        for end in range(column, column - weeks * WEEK, -WEEK):
            count += self.used(end - WEEK + 1, end)
        return count

    def days_used(self, first: int, last: int) -> IntGrid:
        """Count for each person the columns first..last with use."""
        count = np.zeros(self.people, dtype=np.int64)
        for column in range(max(0, first), min(last, self.days - 1) + 1):
            count += (self.words[column // WORD] >> np.uint32(column % WORD)) & np.uint32(1)
        return count

    def first_used(self) -> IntGrid:
        """Return each person's first column with use, -1 for none."""
        first = np.full(self.people, -1, dtype=np.int64)
        for word in range(self.words.shape[0] - 1, -1, -1):
            bits = self.words[word].astype(np.int64)
            some = bits > 0
            first[some] = word * WORD + np.log2((bits & -bits)[some]).astype(np.int64)
        return first


def per_group(people: BoolGrid, starts: IntGrid) -> IntGrid:
    """Count the people (rows) of each group who are True; group k has the rows starts[k] up to starts[k + 1]."""
    total = np.zeros((people.shape[0] + 1, *people.shape[1:]), dtype=np.int64)
    np.cumsum(people, axis=0, out=total[1:])
    return total[starts[1:]] - total[starts[:-1]]


def activation(since: FloatGrid, first_use: FloatGrid, today: int, grace: int = ACTIVATION_DAYS) -> float | None:
    """Return the share of people who used it within 30 days of getting their seat.

    `since` is the day each got a seat, `first_use` the day of first use (NaN for none), both counted
    like `today`. Seats younger than `grace` days are left out: their people still have time. Use from
    before the seat counts. None for fewer than five people.
    """
    counts = since <= today - grace
    if np.count_nonzero(counts) < LEAST_GROUP:
        return None
    return float(np.mean(first_use[counts] <= since[counts] + ACTIVATION_DAYS))


def ever_used(first_use: FloatGrid) -> float | None:
    """Return the share of people with a seat who ever used it; None for fewer than five people."""
    return float(np.mean(~np.isnan(first_use))) if first_use.size >= LEAST_GROUP else None


def days_to_first_use(since: FloatGrid, first_use: FloatGrid) -> float | None:
    """Return the median days from getting a seat to the first use, of those who did; None for fewer than five."""
    waited = np.maximum(0, first_use - since)
    waited = waited[~np.isnan(waited)]
    return float(np.median(waited)) if waited.size >= LEAST_GROUP else None


def retention(days: DayBits, last: int, weeks: int = RETENTION_WEEKS) -> FloatGrid:
    """Return for each week the share of the people new in it who were active again `weeks` weeks later.

    Weeks are blocks of seven columns from the first one on, up to column `last`; a rest at the end is
    no week. NaN for a week with fewer than five new people, and for one whose later week isn't over.
    """
    count = (last + 1) // WEEK
    used = [days.used(week * WEEK, week * WEEK + WEEK - 1) for week in range(count)]
    first = days.first_used() // WEEK
    shares = np.full(count, np.nan)
    for week in range(count - weeks):
        new = first == week
        if np.count_nonzero(new) >= LEAST_GROUP:
            shares[week] = np.mean(used[week + weeks][new])
    return shares


@dataclass(frozen=True, slots=True)
class Segments:
    """How many people of a pilot use it how, over twelve weeks. None is hidden: few people, or would tell of few.

    Names and limits follow the viva-insights sample code (telemetry.md section 7): habitual is any use
    in at least 9 of 12 weeks, power is habitual with 15 acts a week, novice is use once a week on
    average, low is any use.
    """

    people: int
    power: int | None
    habitual: int | None
    novice: int | None
    low: int | None
    non_users: int | None


def segments(
    days: DayBits, last: int, acts_a_week: FloatGrid, without_use: int, least: int = LEAST_GROUP
) -> Segments | None:
    """Sort people by their twelve weeks up to column `last`; None where there are fewer than `least` of them.

    `acts_a_week` is each person's weekly mean, NaN where unknown; `without_use` counts people with a
    seat who are not among the people of `days`. For novices a day with use counts as one act.
    """
    used = days.days_used(last - SEASON_DAYS + 1, last)
    habitual = days.weeks_used(last) >= HABIT
    power = habitual & (np.nan_to_num(acts_a_week) >= POWER)
    novice = ~habitual & (used >= SEASON)
    low = ~habitual & ~novice & (used > 0)
    counts = [int(np.count_nonzero(g)) for g in (power, habitual & ~power, novice, low, used == 0)]
    counts[-1] += without_use
    people = sum(counts)
    return Segments(people, *disclosed(counts, least)) if people >= least else None


def disclosed(counts: Sequence[int], least: int = LEAST_GROUP) -> list[int | None]:
    """Hide what tells of few people in the five counts of Segments, beside the people with a habit.

    Those are power and habitual together and may be shown elsewhere (`habitual_users`), so that power and
    habitual are hidden both or not at all, and never hide another count by their sum.
    """
    regular, rest = counts[0] + counts[1], sum(counts[2:])
    if 0 < regular < least or 0 < rest < least:
        _, *others = suppressed([regular, *counts[2:]], least)
        return [None, None, *others]
    is_told = not any(0 < count < least for count in counts[:2])
    return [*(counts[:2] if is_told else (None, None)), *suppressed(counts[2:], least)]


def suppressed(counts: Sequence[int], least: int = LEAST_GROUP) -> list[int | None]:
    """Hide counts of fewer than `least` people, and more where the sum of all would tell what is hidden.

    The hidden ones together are at least `least` people and at least two groups, the smallest first.
    """
    order = sorted(range(len(counts)), key=lambda n: counts[n])
    hidden = [n for n in order if counts[n] < least]
    for n in order[len(hidden) :]:
        if not hidden or (len(hidden) > 1 and sum(counts[k] for k in hidden) >= least):
            break
        hidden.append(n)
    return [None if n in hidden else count for n, count in enumerate(counts)]
