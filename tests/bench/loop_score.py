"""What a year in one arm came to: ends of falls, messages a person and week, right messages, and where the days went."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import isnan
from statistics import mean, median, stdev

import numpy as np
from firm_year import Lived, Sent, monday
from hidden_world import Fall, Origin

from bot.domain.outreach import Outreach, Role, Step

WITHIN = (30, 60, 90)
Figures = dict[str, float]


def figures_of(lived: Lived) -> Figures:
    """Return every figure of a year by its name; one that nothing stands behind is left out."""
    found: Figures = {}
    for part in (_ends(lived), _messages(lived), _precision(lived), _days(lived)):
        found |= part
    return found


def _ends(lived: Lived) -> Figures:
    """Return which share of confirmed falls ended in time."""
    falls = [lived.firm.falls[p] for p in lived.confirmed]
    found: Figures = {"falls": len(lived.firm.falls), "falls confirmed": len(falls)}
    for days in WITHIN:
        found[f"back or stopped within {days} days"] = _share(_in_time(f, lived, days) for f in falls)
    found["  as cases tell it, clear or decided within 30"] = _share(
        f.pilot in lived.recorded and (lived.recorded[f.pilot] - lived.confirmed[f.pilot]).days <= WITHIN[0]
        for f in falls
    )
    found["  or a fix decided within 30"] = _share(
        _in_time(f, lived, WITHIN[0]) or (f.fixed_on is not None and _is_soon(f.fixed_on, f, lived, WITHIN[0]))
        for f in falls
    )
    for origin in Origin:
        for days in (WITHIN[0], WITHIN[-1]):
            of_it = (_in_time(f, lived, days) for f in falls if f.origin is origin)
            found[f"  {origin} within {days}"] = _share(of_it)
    return found


def _in_time(fall: Fall, lived: Lived, days: int) -> bool:
    return fall.ended_on is not None and _is_soon(fall.ended_on, fall, lived, days)


def _is_soon(day: date, fall: Fall, lived: Lived, days: int) -> bool:
    return day <= lived.confirmed[fall.pilot] + timedelta(days=days)


def _messages(lived: Lived) -> Figures:
    """Return messages a person and calendar week: of owners in weeks with an open case of theirs."""
    by_role = {role: _by_week(lived.sent, role) for role in Role}
    owner = [by_role[Role.OWNER].get(week, 0) for week in lived.open_weeks]
    found: Figures = {"messages": len(lived.sent)}
    if owner:
        found |= {
            "owner, mean a week with an open case": mean(owner),
            "owner, 95th percentile": float(np.percentile(owner, 95, method="inverted_cdf")),
            "owner, most": max(owner),
            "  share of these weeks with two or more": _share(n > 1 for n in owner),
        }
    decisions = [n for _, n in _in_seven_days(lived.sent, {Step.DECISION}).items()]
    found["sponsor, most decision messages in seven days"] = max(decisions, default=0)
    digests = _in_seven_days(lived.sent, {Step.DIGEST})
    found["sponsor, most digests in seven days"] = max(digests.values(), default=0)
    for role, name in ((Role.UNBLOCKER, "gatekeeper"), (Role.LEAD, "lead, reviews")):
        found[f"{name}, most a week"] = max(by_role[role].values(), default=0)
    return found


def _by_week(sent: Iterable[Sent], role: Role) -> Counter[tuple[str, date]]:
    return Counter((one.person, monday(one.day)) for one in sent if one.role is role)


def _in_seven_days(sent: Sequence[Sent], steps: set[Step]) -> dict[str, int]:
    """Return for each person how many messages with one of these steps they got in any seven days, at the most."""
    days: dict[str, list[date]] = {}
    for one in sent:
        if any(part.step in steps for part in one.parts):
            days.setdefault(one.person, []).append(one.day)
    week = timedelta(days=7)
    return {person: max(sum(a <= b < a + week for b in got) for a in got) for person, got in days.items()}


def _precision(lived: Lived) -> Figures:
    """Return which share of questions met a pilot that was down, and of asks whoever held the thing."""
    nudges = [(one, day) for one, day in _parts(lived, Step.NUDGE)]
    first = {one.case_id: (one, day) for one, day in reversed(nudges)}
    asks = [(one, day) for one, day in _parts(lived, Step.UNBLOCK)]
    found: Figures = {"first questions": len(first), "cases": lived.cases_opened}
    found["right first questions"] = _share(_is_down(lived, one.pilot, day) for one, day in first.values())
    found["  of all nudges, later loops too"] = _share(_is_down(lived, one.pilot, day) for one, day in nudges)
    found["asks of gatekeepers"] = len(asks)
    found["right asks"] = _share(_is_held(lived, one, day) for one, day in asks)
    return {name: value for name, value in found.items() if not isnan(value)}


def _parts(lived: Lived, step: Step) -> Iterator[tuple[Outreach, date]]:
    for sent in lived.sent:
        yield from ((part, sent.day) for part in sent.parts if part.step is step)


def _is_down(lived: Lived, pilot: str, day: date) -> bool:
    return lived.firm.down(pilot, day) is not None


def _is_held(lived: Lived, ask: Outreach, day: date) -> bool:
    """Whether this person held what a pilot that was down waited for."""
    fall = lived.firm.down(ask.pilot, day)
    return (
        fall is not None and fall.origin is Origin.BLOCKED and lived.firm.holder_of.get(ask.thing or "") == fall.holder
    )


def _days(lived: Lived) -> Figures:
    """Return where the days went: medians, each over those who came so far."""
    nudged = _first(lived, Step.NUDGE)
    asked = _first(lived, Step.UNBLOCK)
    ended = {p: f.ended_on for p, f in lived.firm.falls.items() if f.ended_on}
    steps: Mapping[str, tuple[Mapping[str, date], Mapping[str, date]]] = {
        "fall to confirmed": ({p: lived.firm.falls[p].onset for p in lived.confirmed}, lived.confirmed),
        "confirmed to first question": (lived.confirmed, nudged),
        "first question to a person named": (nudged, lived.named_on),
        "a person named to the ask": (lived.named_on, asked),
        "ask to back": (asked, ended),
        "decision opened to the sponsor's reading": (lived.decision_on, lived.shown),
        "reading to decided": (lived.shown, _decided(lived)),
    }
    found = {}
    for name, (begin, end) in steps.items():
        gaps = [(end[p] - begin[p]).days for p in begin if p in end and end[p] >= begin[p]]
        if gaps:
            found[f"days, {name}"] = median(gaps)
            found[f"  so many came so far: {name}"] = len(gaps)
    return found


def _first(lived: Lived, step: Step) -> dict[str, date]:
    found: dict[str, date] = {}
    for part, day in _parts(lived, step):
        if part.pilot in lived.confirmed and day >= lived.confirmed[part.pilot]:
            found.setdefault(part.pilot, day)
    return found


def _decided(lived: Lived) -> dict[str, date]:
    days = ((p, f.fixed_on or f.stopped_on) for p, f in lived.firm.falls.items())
    return {p: day for p, day in days if day is not None}


def _share(these: Iterable[bool]) -> float:
    """Return the share that is so, or not a number where there is none."""
    known = list(these)
    return sum(known) / len(known) if known else float("nan")


def table(years: Mapping[str, Sequence[Figures]]) -> list[str]:
    """Return the lines of a table: a figure a row, an arm a column, mean and standard deviation over seeds."""
    names = list(dict.fromkeys(name for figures in years.values() for one in figures for name in one))
    lines = ["| figure | " + " | ".join(years) + " |", "|---|" + "---|" * len(years)]
    for name in names:
        cells = [_cell([one[name] for one in figures if name in one]) for figures in years.values()]
        lines.append(f"| {name.replace('  ', '- ')} | " + " | ".join(cells) + " |")
    return lines


def _cell(values: Sequence[float]) -> str:
    known = [v for v in values if not isnan(v)]
    if not known:
        return "-"
    spread = f" ± {_short(stdev(known))}" if len(known) > 1 else ""
    return f"{_short(mean(known))}{spread}"


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 20 and value != int(value) else f"{value:.0f}"
