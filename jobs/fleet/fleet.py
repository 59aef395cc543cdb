"""The whole demo fleet from a seed and a day: registry, usage, truth, and how the owners answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from bot.domain.calendar import Calendar
from bot.domain.finding import Kind
from bot.domain.pilot import PRE_PRODUCTION, Dependency, Pilot
from bot.domain.telemetry import FloatGrid, UsageDay
from jobs.fleet.chance import Chance, make_chance
from jobs.fleet.firm import APPROVER, PROFILES, PROGRAMME_LEAD, TIMEZONES, Profile, Shape, Tool, to_mail
from jobs.fleet.owners import Script, write_later_scripts, write_scripts
from jobs.fleet.people import Counts, live
from jobs.fleet.plans import draw_age, make_plan
from jobs.fleet.seasons import COUNTRIES, SATURDAY, Dip, longest_dip, presence
from jobs.fleet.shapes import LATE_BY, Scene, Story, tell
from jobs.fleet.span import EARLIER_DAYS, Span

OLD_STAGE: Final = timedelta(days=182)
"""A stage before production that lasts half a year is a finding of its own."""
OLD_STAGE_WINDOW: Final = timedelta(weeks=4)
FIRM: Final = len(PROFILES)
"""The branch of dice for what the whole firm shares."""
COMPANY_DAYS: Final = 3
"""Days on which the firm is elsewhere together, and no calendar says so."""
ON_COMPANY_DAY: Final = 0.25
MISSING_DAYS: Final = 2
"""Length of the gap in one source."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a pilot by construction; a pilot may have several. `kind` is None where nothing is wrong.

    `onset` is the first day of the condition, `latest_day` the last day by which it should be found.
    """

    pilot: str
    label: str
    kind: Kind | None = None
    onset: date | None = None
    latest_day: date | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """An invented firm. Mappings are by pilot id, in the order of `pilots`: from the youngest to the oldest.

    `usage` has the rows by pilot and day in this order; `sources` names the one source of each pilot,
    `shapes` how it goes, `people` how many ever had a seat, `sessions` the day of a training session
    after which people came back, `replies` how each owner answers the first nudge.
    """

    seed: int
    today: date
    first_day: date
    last_day: date
    dip: Dip
    pilots: tuple[Pilot, ...]
    usage: tuple[UsageDay, ...]
    truth: tuple[Truth, ...]
    sources: Mapping[str, str]
    shapes: Mapping[str, Shape]
    people: Mapping[str, int]
    sessions: Mapping[str, date]
    replies: Mapping[str, Script]
    later: Mapping[str, Script]
    """How an owner answers the first question of a second round."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What one run of an importer lost: days without rows of one source, and a day another does not vouch for."""

    missing_from: Tool
    missing: frozenset[date]
    partial_from: Tool
    partial: date


def make_fleet(seed: int, today: date) -> Fleet:
    """Return the firm of this seed with 30 weeks of usage that end on the day before `today`.

    The same seed and day give the same fleet. All days are UTC.
    """
    span, calendar = Span(today), Calendar()
    dice = make_chance(seed, FIRM)
    dip = longest_dip(calendar, span.first_day, span.last_day)
    together, gap = _company_days(dice, span), _draw_gap(dice, span)
    present = {country: presence(calendar, country, span.begin, span.days) * together for country in COUNTRIES}
    scenes = [_scene(seed, place, span, calendar, dip) for place in range(len(PROFILES))]
    stories = {scene.profile.id: tell(scene) for scene in scenes}
    pilots, usage, truth = [], [], []
    for scene in scenes:
        story = stories[scene.profile.id]
        counts = live(scene.dice, story.cast, present[scene.country], span)
        pilots.append(_pilot(scene, seats=int(counts.seats[-1])))
        usage.extend(_rows(scene, counts, gap))
        truth.extend(_truth(pilots[-1], story, span))
    shapes = {profile.id: profile.shape for profile in PROFILES}
    sessions = {name: story.session for name, story in stories.items() if story.session}
    return Fleet(
        seed=seed,
        today=today,
        first_day=span.first_day,
        last_day=span.last_day,
        dip=dip,
        pilots=tuple(pilots),
        usage=tuple(usage),
        truth=tuple(truth),
        sources={profile.id: profile.tool.value for profile in PROFILES},
        shapes=shapes,
        people={name: story.cast.people for name, story in stories.items()},
        sessions=sessions,
        replies=write_scripts(shapes, tuple(pilots), sessions, calendar),
        later=write_later_scripts(shapes, tuple(pilots), calendar),
    )


def _scene(seed: int, place: int, span: Span, calendar: Calendar, dip: Dip) -> Scene:
    profile, dice = PROFILES[place], make_chance(seed, place)
    age = draw_age(dice, place)
    return Scene(
        profile=profile,
        people=profile.people if profile.is_exact else profile.people + int(dice.integers(-1, 2)),
        start=span.today - timedelta(days=age),
        plan=make_plan(dice, profile.shape, age, span.today),
        span=span,
        calendar=calendar,
        dip=dip,
        dice=dice,
    )


def _pilot(scene: Scene, seats: int) -> Pilot:
    profile, plan = scene.profile, scene.plan
    return Pilot(
        id=profile.id,
        name=profile.name,
        owner=to_mail(profile.owner),
        sponsor=to_mail(profile.sponsor),
        programme_lead=to_mail(PROGRAMME_LEAD),
        stage=plan.stage,
        stage_since=plan.since,
        planned_stage_days=plan.planned_days,
        milestones=plan.milestones,
        dependencies=_reviewed(scene) if profile.shape is Shape.PLATEAU else (),
        seats=seats,
        country=scene.country,
        timezone=TIMEZONES[scene.country],
        start=scene.start,
        use_case_family=profile.family,
        depth=profile.depth,
        outcome_metric=profile.outcome_metric,
    )


def _reviewed(scene: Scene) -> tuple[Dependency, ...]:
    """Return what a plateau waited for before it could begin; so the registry knows whom it may wait for again."""
    held_by = to_mail(APPROVER)
    return (
        Dependency(id=f"{scene.profile.id}-dpia", kind="dpia", holder=held_by, since=scene.start, done_on=scene.start),
    )


def _rows(scene: Scene, counts: Counts, gap: Gap) -> list[UsageDay]:
    """Return the rows of one pilot; a day its source lost has none, weekends with nobody are zeros."""
    profile, span = scene.profile, scene.span
    last = span.days - LATE_BY if profile.shape is Shape.LATE else span.days
    rows = []
    for column in range(max(EARLIER_DAYS, scene.opening), last):
        day = span.day(column)
        if profile.tool is gap.missing_from and day in gap.missing:
            continue
        is_partial = profile.tool is gap.partial_from and day == gap.partial
        rows.append(_row(profile, day, counts, column, is_partial=is_partial))
    return rows


def _row(profile: Profile, day: date, counts: Counts, column: int, *, is_partial: bool) -> UsageDay:
    lost = 2 if is_partial else 1  # half of the records of a day not vouched for never arrived
    return UsageDay(
        pilot=profile.id,
        day=day,
        source=profile.tool.value,
        active_users=int(counts.active[column]) // lost,
        seats=int(counts.seats[column]),
        active_7d=int(counts.active_7d[column]),
        active_28d=int(counts.active_28d[column]),
        actions=int(counts.actions[column]) // lost,
        use_cases=int(counts.use_cases[column]),
        complete=not is_partial,
    )


def _truth(pilot: Pilot, story: Story, span: Span) -> list[Truth]:
    """Return what is true of a pilot: its story, and the age of its stage where that is half a year."""
    told = [Truth(pilot.id, story.label, story.kind, story.onset, story.latest_day)]
    since = pilot.stage_since
    if since and pilot.stage in PRE_PRODUCTION and since + OLD_STAGE <= span.last_day:
        latest = max(span.first_day, since + OLD_STAGE) + OLD_STAGE_WINDOW
        label = f"in the stage {pilot.stage} since {since}, more than half a year"
        told.append(Truth(pilot.id, label, Kind.STAGE_AGE, since, latest))
    return told


def _company_days(dice: Chance, span: Span) -> FloatGrid:
    """Return the share of the firm that is at its desks by day, for reasons no calendar knows."""
    share = np.ones(span.days)
    workdays = [column for column in range(span.days) if span.day(column).weekday() < SATURDAY]
    share[dice.choice(workdays, COMPANY_DAYS, replace=False)] = ON_COMPANY_DAY
    return share


def _draw_gap(dice: Chance, span: Span) -> Gap:
    """Return what got lost of two of the sources that are not late."""
    missing_from, partial_from = dice.permutation([tool.value for tool in Tool if tool is not Tool.REPORTS])[:2]
    first, partial = (span.day(int(column)) for column in dice.integers(EARLIER_DAYS + 7, span.days - 14, 2))
    return Gap(
        missing_from=Tool(str(missing_from)),
        missing=frozenset(first + timedelta(days=i) for i in range(MISSING_DAYS)),
        partial_from=Tool(str(partial_from)),
        partial=partial,
    )
