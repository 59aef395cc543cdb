"""The demo fleet: each pilot does what its label says, measured on the rows, and the truth is dated."""

import ast
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jobs.fleet
from adapters.sources.daily import read_daily
from adapters.sources.registry import read_registry
from bot.domain.calendar import Calendar
from bot.domain.finding import Kind
from bot.domain.pilot import PRE_PRODUCTION, Pilot, Stage
from bot.domain.reply import BlockedBy, Cause, NextStep, OnTrack, SnoozeUntil, StepDone
from bot.domain.telemetry import SourceStatus, UsageDay
from jobs.fleet.firm import Shape
from jobs.fleet.fleet import Fleet, Truth, make_fleet
from jobs.fleet.seasons import COUNTRIES, is_ordinary, presence
from jobs.fleet.write import write_fleet

CALENDAR = Calendar()
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
CASES = [
    (7, date(2026, 6, 10)),
    (1, date(2027, 1, 4)),
    (2, date(2024, 2, 29)),
    (3, date(2025, 9, 15)),
    (4, date(2026, 12, 24)),
]

build = lru_cache(maxsize=None)(make_fleet)
todays = st.dates(date(2023, 1, 1), date(2030, 12, 31))


@pytest.fixture(params=CASES, ids=lambda case: f"seed {case[0]} on {case[1]}")
def fleet(request: pytest.FixtureRequest) -> Fleet:
    """Return a fleet; the days lie before and after Christmas and summer, and on a leap day."""
    return build(*request.param)


def pilots(fleet: Fleet, shape: Shape) -> list[Pilot]:
    """Return the pilots of a shape."""
    return [pilot for pilot in fleet.pilots if fleet.shapes[pilot.id] is shape]


def rows(fleet: Fleet, pilot: Pilot) -> list[UsageDay]:
    """Return the rows of a pilot by day."""
    return [row for row in fleet.usage if row.pilot == pilot.id]


def story(fleet: Fleet, pilot: Pilot) -> Truth:
    """Return what is said of a pilot first."""
    return next(told for told in fleet.truth if told.pilot == pilot.id)


def use(fleet: Fleet, pilot: Pilot, first: date, last: date) -> float:
    """Return active people per weekday, as if nobody were on holiday; both days included."""
    days = (last - first).days + 1
    present = presence(CALENDAR, pilot.country or "", first, days)
    kept = [r for r in rows(fleet, pilot) if first <= r.day <= last and r.day.weekday() < 5]
    return sum(r.active_users or 0 for r in kept) / float(sum(present[(r.day - first).days] for r in kept))


def reach(row: UsageDay) -> int:
    """Return the people active in 28 days."""
    assert row.active_28d is not None
    return row.active_28d


def test_the_firm_has_fourteen_pilots_six_sources_and_thirty_weeks(fleet: Fleet) -> None:
    """Fourteen pilots of about 520 people in several countries have 210 days that end yesterday."""
    assert len(fleet.pilots) == len({pilot.id for pilot in fleet.pilots}) == 14
    assert 500 <= sum(fleet.people.values()) <= 540
    assert fleet.last_day == fleet.today - DAY
    assert (fleet.last_day - fleet.first_day).days + 1 == 210
    assert {row.day for row in fleet.usage} == {fleet.first_day + i * DAY for i in range(210)}
    assert {pilot.country for pilot in fleet.pilots} == {"US", "DE", "GB", "FR"}
    assert len(set(fleet.sources.values())) == 6
    assert Counter(fleet.shapes.values()) == {
        shape: 2 if shape in {Shape.GROWTH, Shape.PLATEAU, Shape.SPIKE} else 1 for shape in Shape
    }


def test_ages_follow_the_quartiles(fleet: Fleet) -> None:
    """Five of fourteen are older than 18 months, a quarter is younger than three, and rows begin at the start."""
    ages = [(fleet.today - pilot.start).days for pilot in fleet.pilots if pilot.start]
    assert len(ages) == 14
    assert sum(age > 548 for age in ages) == 5
    assert sum(age < 85 for age in ages) == 4
    assert ages == sorted(ages)
    for pilot in fleet.pilots:
        assert pilot.start
        assert rows(fleet, pilot)[0].day == max(pilot.start, fleet.first_day)


def test_one_owner_has_two_pilots(fleet: Fleet) -> None:
    """Thirteen owners, sponsors of several pilots and one programme lead have addresses of the invented firm."""
    owners = Counter(pilot.owner for pilot in fleet.pilots)
    assert sorted(owners.values()) == [*[1] * 12, 2]
    assert len({pilot.programme_lead for pilot in fleet.pilots}) == 1
    for pilot in fleet.pilots:
        for person in (pilot.owner, pilot.sponsor, pilot.programme_lead):
            assert person
            assert person.endswith("@northwind.example")


def test_the_same_seed_and_day_give_the_same_firm() -> None:
    """A fleet is decided by seed and day alone, and another seed gives another one."""
    seed, today = CASES[0]
    once, again, other = build(seed, today), make_fleet(seed, today), build(seed + 1, today)
    assert (once.pilots, once.usage, once.truth, once.sessions) == (
        again.pilots,
        again.usage,
        again.truth,
        again.sessions,
    )
    assert once.usage != other.usage
    assert once.pilots != other.pilots


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**32), today=todays)
def test_rows_and_truth_hold_on_any_day_of_the_year(seed: int, today: date) -> None:
    """Whatever the seed and the day, counts grow with their window, and truth is dated inside the weeks shown."""
    made = make_fleet(seed, today)
    previous: UsageDay | None = None
    for row in made.usage:
        counts = (row.active_users, row.active_7d, row.active_28d, made.people[row.pilot])
        assert all(small is not None and big is not None and small <= big for small, big in pairwise(counts))
        assert (row.actions or 0) >= (row.active_users or 0)
        assert row.source == made.sources[row.pilot]
        assert not previous or previous.pilot != row.pilot or previous.day < row.day
        previous = row
    assert {told.pilot for told in made.truth} == set(made.people)
    for told in made.truth:
        assert told.label
        assert (told.kind is None) == (told.onset is None) == (told.latest_day is None)
        if told.onset and told.latest_day:
            assert told.onset < told.latest_day <= made.last_day
            assert told.kind is Kind.STAGE_AGE or told.onset >= made.first_day
            assert told.latest_day >= made.first_day


def test_each_shape_has_the_kind_it_should_be_found_as(fleet: Fleet) -> None:
    """Two drop-offs, three stalls and a late source are true; everything else is silent or an old stage."""
    told = {(fleet.shapes[t.pilot], t.kind) for t in fleet.truth}
    loud = {
        Shape.PLATEAU: {Kind.STALL, Kind.STAGE_AGE},
        Shape.DEAD_PLAN: {Kind.STALL, Kind.STAGE_AGE},
        Shape.CLIFF: {Kind.DROP_OFF},
        Shape.FADE: {Kind.DROP_OFF},
        Shape.LATE: {Kind.SOURCE_LATE},
    }
    assert told == {(shape, kind) for shape in Shape for kind in loud.get(shape, {None})}


def test_a_pilot_nothing_is_wrong_with_is_on_its_plan(fleet: Fleet) -> None:
    """Where no stall and no old stage is true, the stage is within its plan, young, and no promise is overdue."""
    behind = {told.pilot for told in fleet.truth if told.kind in {Kind.STALL, Kind.STAGE_AGE}}
    for pilot in fleet.pilots:
        assert pilot.start
        assert pilot.stage_since
        assert pilot.planned_stage_days
        assert pilot.start <= pilot.stage_since
        overdue = [m for m in pilot.milestones if m.done_on is None and m.due < fleet.today]
        assert all(m.done_on < fleet.today for m in pilot.milestones if m.done_on)
        if pilot.id in behind:
            assert pilot.stage is Stage.PILOT
            assert pilot.stage_since + pilot.planned_stage_days * DAY < fleet.last_day
        elif pilot.stage in PRE_PRODUCTION:
            assert pilot.stage_since > fleet.today - 182 * DAY
            assert pilot.stage_since + pilot.planned_stage_days * DAY > fleet.last_day
            assert not overdue
        else:
            assert pilot.stage is Stage.PRODUCTION
            assert all(milestone.done_on for milestone in pilot.milestones)


def test_growth_goes_on_in_reach_and_breadth(fleet: Fleet) -> None:
    """A growing pilot has more people and more use cases in the second half of its weeks than in the first."""
    for pilot in pilots(fleet, Shape.GROWTH):
        days = rows(fleet, pilot)
        first, middle, last = days[len(days) // 4], days[len(days) // 2], days[-1]
        assert reach(first) < reach(middle) < reach(last)
        assert (first.use_cases or 0) < (last.use_cases or 0)
        assert (first.seats or 0) < (last.seats or 0)


def test_a_plateau_neither_grows_nor_falls(fleet: Fleet) -> None:
    """About 20 people use it all the time and no new use case appears, long after the plan ended without a next date."""
    for pilot in pilots(fleet, Shape.PLATEAU):
        days = rows(fleet, pilot)
        assert all(14 <= reach(row) <= 20 for row in days)
        assert {row.use_cases for row in days[:28]} >= {row.use_cases for row in days[28:]}
        assert pilot.stage_since
        assert pilot.stage_since < fleet.today - 365 * DAY
        assert pilot.target_date is None
        assert all(milestone.done_on for milestone in pilot.milestones)
        assert story(fleet, pilot).onset == fleet.first_day


def test_a_launch_spike_is_over_after_five_weeks(fleet: Fleet) -> None:
    """Use in the first week is well above what stays from the sixth week on, and what stays does not fall further."""
    for pilot in pilots(fleet, Shape.SPIKE):
        assert pilot.start
        settled = pilot.start + 5 * WEEK
        later = use(fleet, pilot, settled, fleet.last_day)
        assert use(fleet, pilot, pilot.start, pilot.start + 6 * DAY) > 1.5 * later
        assert use(fleet, pilot, fleet.last_day - 13 * DAY, fleet.last_day) > 0.6 * later


def test_use_falls_over_the_cliff_and_comes_back_after_the_session(fleet: Fleet) -> None:
    """From one day to the next use is less than half, and two weeks after the session it is about the former level."""
    (pilot,) = pilots(fleet, Shape.CLIFF)
    told, session = story(fleet, pilot), fleet.sessions[pilot.id]
    assert told.onset
    assert told.latest_day == told.onset + 45 * DAY
    assert fleet.people[pilot.id] == 60
    assert fleet.last_day - told.onset >= 10 * WEEK
    assert 45 <= (session - told.onset).days <= 62
    before = use(fleet, pilot, told.onset - 8 * WEEK, told.onset - DAY)
    assert use(fleet, pilot, told.onset, told.onset + 6 * DAY) <= 0.5 * before
    assert use(fleet, pilot, told.onset, session) <= 0.5 * before
    assert use(fleet, pilot, session + 15 * DAY, fleet.last_day) >= 0.75 * before


def test_a_fade_takes_half_of_the_use_in_seventeen_weeks(fleet: Fleet) -> None:
    """Use falls bit by bit, is about half by the latest day, and nobody comes back."""
    (pilot,) = pilots(fleet, Shape.FADE)
    told = story(fleet, pilot)
    assert told.onset
    assert told.latest_day == told.onset + 17 * WEEK
    before = use(fleet, pilot, fleet.first_day, told.onset - DAY)
    assert use(fleet, pilot, told.onset, told.onset + 3 * WEEK) > 0.7 * before
    assert 0.3 * before < use(fleet, pilot, told.latest_day - 2 * WEEK, told.latest_day + WEEK) < 0.65 * before
    days = rows(fleet, pilot)
    assert reach(days[-1]) < 0.6 * reach(days[0])
    assert pilot.id not in fleet.sessions


def test_a_dead_plan_is_well_used(fleet: Fleet) -> None:
    """Nearly everybody with a seat is active in 28 days, while promises lie open since the plan ended."""
    (pilot,) = pilots(fleet, Shape.DEAD_PLAN)
    told, days = story(fleet, pilot), rows(fleet, pilot)
    assert all(reach(row) >= 0.75 * fleet.people[pilot.id] for row in days)
    assert {row.use_cases for row in days} == {4}
    overdue = [m for m in pilot.milestones if m.done_on is None]
    assert len(overdue) == 3
    assert pilot.stage_since
    assert told.onset == max(m.due for m in overdue) == pilot.stage_since + 100 * DAY


def test_a_tool_nobody_needs_is_on_plan_and_unused(fleet: Fleet) -> None:
    """Milestones were met in the last weeks, and on most days nobody is active."""
    (pilot,) = pilots(fleet, Shape.UNUSED)
    days = rows(fleet, pilot)
    assert sum(milestone.done_on is not None for milestone in pilot.milestones) >= 2
    assert sum(row.active_users or 0 for row in days) < 0.05 * len(days) * fleet.people[pilot.id]


def test_the_dip_is_in_the_country_of_the_dip(fleet: Fleet) -> None:
    """In the longest quiet spell use is lower than in the other weeks, and the label names its days."""
    (pilot,) = pilots(fleet, Shape.DIP)
    dip = fleet.dip
    assert pilot.country == dip.country
    assert str(dip.first) in story(fleet, pilot).label
    workdays = [row for row in rows(fleet, pilot) if row.day.weekday() < 5]
    inside = [row.active_users or 0 for row in workdays if dip.first <= row.day <= dip.last]
    outside = [row.active_users or 0 for row in workdays if not dip.first <= row.day <= dip.last]
    assert sum(inside) / len(inside) < 0.9 * sum(outside) / len(outside)


def test_the_late_source_feeds_nobody_else(fleet: Fleet) -> None:
    """One source ends six days before the others, which feed two or three pilots each and are not late."""
    (pilot,) = pilots(fleet, Shape.LATE)
    told = story(fleet, pilot)
    newest: dict[str, date] = {}
    for row in fleet.usage:
        newest[row.source] = max(row.day, newest.get(row.source, row.day))
    late = newest.pop(fleet.sources[pilot.id])
    assert set(newest.values()) == {fleet.last_day}
    assert late == fleet.last_day - 6 * DAY
    assert told.onset == late + DAY
    feeds = Counter(fleet.sources.values())
    assert feeds.pop(fleet.sources[pilot.id]) == 1
    assert set(feeds.values()) == {2, 3}
    for source, day in {**newest, fleet.sources[pilot.id]: late}.items():
        assert SourceStatus(source=source, newest_day=day).is_late(fleet.today) == (day == late)


def test_a_licence_cut_leaves_use_per_licence_as_it_was(fleet: Fleet) -> None:
    """On one day a third of the seats goes, and those who stay use it as much as before."""
    (pilot,) = pilots(fleet, Shape.CUT)
    days = rows(fleet, pilot)
    cut = next(after.day for before, after in pairwise(days) if before.seats != after.seats)
    seats = [row.seats for row in days]
    assert set(seats) == {39, 26}
    assert pilot.seats == 26
    before = use(fleet, pilot, fleet.first_day, cut - DAY) / 39
    assert 0.75 < use(fleet, pilot, cut, fleet.last_day) / 26 / before < 1.33


def test_a_tiny_pilot_has_four_people(fleet: Fleet) -> None:
    """Four people have seats and use them."""
    (pilot,) = pilots(fleet, Shape.TINY)
    assert {row.seats for row in rows(fleet, pilot)} == {4}
    assert max(reach(row) for row in rows(fleet, pilot)) >= 3


def test_weekends_are_zeros_and_lost_days_have_no_row(fleet: Fleet) -> None:
    """One source lost two days altogether, one vouches for all but one day, and each other day is there."""
    lost: dict[str, set[date]] = {}
    for pilot in fleet.pilots:
        days = [row.day for row in rows(fleet, pilot)]
        gaps = {day + i * DAY for day, after in pairwise(days) for i in range(1, (after - day).days)}
        lost.setdefault(fleet.sources[pilot.id], set()).update(gaps)
    assert sorted(map(len, lost.values())) == [0, 0, 0, 0, 0, 2]
    partial = {(row.source, row.day) for row in fleet.usage if not row.complete}
    assert len(partial) == 1
    assert any(row.active_users == 0 for row in fleet.usage if row.day.weekday() >= 5)


def test_owners_answer_by_their_script(fleet: Fleet) -> None:
    """The first nudge is answered with a session, a blocker, a snooze, on track, or not at all."""
    nudged = next(d for d in (fleet.first_day + (130 + i) * DAY for i in range(9)) if is_plain(d))
    answers = {name: script(nudged) for name, script in fleet.replies.items()}
    assert set(answers) == set(fleet.people)
    loud = {fleet.shapes[name]: said for name, said in answers.items() if said}
    assert set(loud) == {Shape.CLIFF, Shape.PLATEAU, Shape.FADE, Shape.DEAD_PLAN}
    assert sum(said is not None for said in answers.values()) == 4
    assert all(said.at > datetime.combine(nudged, datetime.max.time(), tzinfo=UTC) for said in loud.values())
    blocked, snoozed = loud[Shape.PLATEAU].answer, loud[Shape.FADE].answer
    assert isinstance(blocked, BlockedBy)
    assert blocked.cause is Cause.APPROVAL
    assert blocked.until
    assert isinstance(snoozed, SnoozeUntil)
    assert snoozed.until == loud[Shape.FADE].at.date() + 2 * WEEK
    assert isinstance(loud[Shape.DEAD_PLAN].answer, OnTrack)


def is_plain(day: date) -> bool:
    """Whether the day is an ordinary one in each country of the firm."""
    return all(is_ordinary(CALENDAR, country, day) for country in COUNTRIES)


def test_the_cliff_owner_names_the_session(fleet: Fleet) -> None:
    """The answer comes on the next working day and names ten o'clock on the day of the session, or says it is over."""
    (pilot,) = pilots(fleet, Shape.CLIFF)
    onset, session = story(fleet, pilot).onset, fleet.sessions[pilot.id]
    assert onset
    early, late = fleet.replies[pilot.id](onset + 10 * DAY), fleet.replies[pilot.id](session)
    assert early
    assert late
    assert early.at.date() == CALENDAR.add_working_days(pilot.country, onset + 10 * DAY, 1)
    assert isinstance(early.answer, NextStep)
    local = early.answer.at.astimezone(ZoneInfo(pilot.timezone or ""))
    assert (local.date(), local.hour) == (session, 10)
    assert isinstance(late.answer, StepDone)


def test_files_hold_what_the_fleet_holds(tmp_path: Path) -> None:
    """The real importers read back the same pilots and the same usage, and the truth beside them has ISO days."""
    fleet = build(*CASES[0])
    files = write_fleet(fleet, tmp_path)
    with files.registry.open("rb") as stream:
        assert [row.record or row.reason for row in read_registry(stream)] == list(fleet.pilots)
    assert set(files.usage) == set(fleet.sources.values())
    for source, path in files.usage.items():
        assert path.name == f"usage-{source}.csv"
        with path.open("rb") as stream:
            read = [row.record or row.reason for row in read_daily(stream, source=source, today=fleet.today)]
        assert read == [row for row in fleet.usage if row.source == source]
    truth = json.loads(files.truth.read_text(encoding="utf-8"))
    assert [set(told) for told in truth] == [{"pilot", "label", "kind", "onset", "latest_day"}] * len(fleet.truth)
    assert [told["onset"] for told in truth] == [told.onset and str(told.onset) for told in fleet.truth]
    assert {told["kind"] for told in truth} == {None, "drop_off", "stall", "stage_age", "source_late"}


def test_the_fleet_knows_nothing_of_detection() -> None:
    """No file of the fleet imports detection, metrics or policy: it must not be shaped by what finds it."""
    for path in Path(jobs.fleet.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module
                assert node.module.split(".")[:2] not in (["bot", "detection"], ["bot", "metrics"], ["bot", "policy"])
