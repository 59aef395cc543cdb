"""The backtest: history replayed under some settings, and what came of it, by week and by pilot."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import median

from bot.app.overview import finding_to_plain, to_plain
from bot.app.replay import ONE_DAY, History, Lived, Replay
from bot.app.rules import Rules
from bot.app.sweep import SweepReport
from bot.app.tried import Tried
from bot.detection.detect import Detector
from bot.domain.case import Case, CaseState
from bot.domain.finding import RANK, Finding
from bot.domain.outreach import Step
from bot.errors import InputError
from bot.policy.decisions import Quiet

WEEK = timedelta(days=7)
FURTHEST = timedelta(days=366)
"""Days without usage that a replay may have in front and behind."""


@dataclass(frozen=True, slots=True)
class Range:
    """The days of a replay, both included: `first` is the day of going live."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        """Yield the days in their order."""
        return (self.first + n * ONE_DAY for n in range(self.days))


def range_of(history: History, first: date | None, last: date | None) -> Range:
    """Return the days to replay; without a day given, all on which usage was new.

    A row of a day is known on the day after, and judged once the source's usual lag is over. Raises
    InputError where there is nothing to replay.
    """
    extent = history.usage.extent()
    if extent is None:
        raise InputError("There is no row of usage to replay; give a file with usage of pilots of the registry.")
    known, judged = extent[0] + ONE_DAY, extent[1] + ONE_DAY + timedelta(days=history.lag_days)
    asked = Range(first or known, last or judged)
    if first and last and first > last:
        msg = f"--from {first} lies after --to {last}; exchange the two days."
        raise InputError(msg)
    told = f"usage is told from {extent[0]} to {extent[1]}, so write days from {known} to {judged}"
    if asked.last < known or asked.first > judged:
        msg = f"There is no usage to judge from {asked.first} to {asked.last}: {told}."
        raise InputError(msg)
    if asked.first < known - FURTHEST or asked.last > judged + FURTHEST:
        msg = f"From {asked.first} to {asked.last} more than a year is without usage at one end: {told}."
        raise InputError(msg)
    return asked


@dataclass(frozen=True, slots=True)
class Told:
    """A finding that was open on a day of the replay, as it was told last, and the last day it was told on."""

    finding: Finding
    last_day: date


@dataclass(frozen=True, slots=True)
class Story:
    """What came of one pilot: what was found in it, how many messages spoke of it, how its last case stands."""

    pilot: str
    name: str
    findings: tuple[Told, ...]
    messages: int
    answers: int
    first_asked: date | None
    case: Case | None
    quiet: Quiet | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """One run: the report of its last day, and everything the days before it brought."""

    days: Range
    report: SweepReport
    stories: tuple[Story, ...]
    told: tuple[Told, ...]
    weeks: Mapping[date, int]
    """Messages that reached somebody, by the Monday of their week (UTC)."""
    asked: int
    """People who were asked about a pilot at least once."""
    answers: int
    listed: int
    """Cases that were on the programme lead's list at some time."""
    waits: tuple[int, ...]
    """Days from opening each case to its first question."""

    @property
    def messages(self) -> int:
        """Number of messages."""
        return sum(self.weeks.values())

    @property
    def messages_a_week(self) -> float:
        """Messages in a mean week."""
        return round(self.messages * WEEK.days / self.days.days, 2)

    @property
    def days_to_question(self) -> float | None:
        """Median of the days from opening a case to its first question, None where nothing was asked."""
        return median(self.waits) if self.waits else None

    @property
    def by_kind(self) -> dict[str, int]:
        """Findings by kind, in the order in which they are told."""
        found = Counter(t.finding.kind for t in self.told)
        return {kind.value: found[kind] for kind in sorted(found, key=lambda k: RANK[k])}


@dataclass(slots=True)
class _Account:
    """What the days brought so far."""

    told: dict[tuple[str, str, date], Told] = field(default_factory=dict)
    weeks: Counter[date] = field(default_factory=Counter)
    about: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    asked: dict[str, date] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)

    def take(self, lived: Lived) -> None:
        """Note one day."""
        for finding in lived.findings:
            key = (finding.pilot, finding.kind.value, finding.opened_on)
            # What had ended before the first day was never told.
            if finding.is_open or key in self.told:
                self.told[key] = Told(finding, lived.day)
        for delivery in lived.sent:
            day = (delivery.claimed_at or delivery.due_at).date()
            self.weeks[day - timedelta(days=day.weekday())] += 1
            self.about.update({o.pilot for o in delivery.active})
            for outreach in delivery.active:
                if outreach.step is Step.NUDGE:
                    self.people.add(delivery.recipient)
                    self.asked.setdefault(outreach.pilot, day)
        self.answers.update(reply.pilot for reply in lived.replies)
        self.listed.update(v.case.id for v in lived.verdicts if v.case.listed_on)


def backtest(
    history: History, days: Range, rules: Rules, tried: Tried, each_day: Callable[[date], None] = lambda _: None
) -> Backtest:
    """Replay the days under some settings; `each_day` is told how far it is."""
    judged = replace(rules, detection=tried.detection, playbook=tried.playbook, detect=Detector().detect)
    life, account = Replay(history, judged, tried.replying, days.last), _Account()
    for day in days:
        account.take(life.live(day))
        each_day(day)
    report = life.report()
    mondays = range(
        (days.first - timedelta(days=days.first.weekday())).toordinal(), days.last.toordinal() + 1, WEEK.days
    )
    return Backtest(
        days=days,
        report=report,
        stories=tuple(_stories(history, report, life.cases, account)),
        told=tuple(account.told.values()),
        weeks={date.fromordinal(monday): account.weeks[date.fromordinal(monday)] for monday in mondays},
        asked=len(account.people),
        answers=account.answers.total(),
        listed=len(account.listed),
        waits=tuple(_waits(life.cases)),
    )


def _waits(cases: Sequence[Case]) -> Iterator[int]:
    """Yield the days from opening each case to its first question that was sent."""
    for case in cases:
        sent = [a.sent_at for a in case.asked if a.sent_at and a.step is Step.NUDGE]
        if sent:
            yield (min(sent).date() - case.opened_at.date()).days


def _stories(history: History, report: SweepReport, cases: Sequence[Case], account: _Account) -> Iterator[Story]:
    told: dict[str, list[Told]] = defaultdict(list)
    for one in account.told.values():
        told[one.finding.pilot].append(one)
    latest = {case.pilot: case for case in cases}
    quiet = {v.pilot.id: v.quiet for v in report.verdicts}
    for pilot in history.pilots:
        yield Story(
            pilot=pilot.id,
            name=pilot.name,
            findings=tuple(sorted(told[pilot.id], key=lambda t: (t.finding.opened_on, RANK[t.finding.kind]))),
            messages=account.about[pilot.id],
            answers=account.answers[pilot.id],
            first_asked=account.asked.get(pilot.id),
            case=latest.get(pilot.id),
            quiet=quiet.get(pilot.id),
        )


def outcome(story: Story) -> str:
    """Say in a few words how a pilot stands at the end."""
    case = story.case
    if case is None:
        return "nobody to be asked" if story.findings else "nothing found"
    if case.closed_at is not None:
        ends = {CaseState.RECOVERED: "recovered", CaseState.RETRACTED: "taken back"}
        return f"{ends.get(case.state, case.state.value)} on {case.closed_at.date()}"
    if case.listed_on is not None:
        return f"on the lead's list since {case.listed_on}: {case.listed_why}"
    if case.state is CaseState.COMMITTED and case.commitment is not None:
        return f"a step is agreed for {case.commitment.due_at.date()}"
    if case.state is CaseState.BLOCKED and case.block is not None:
        return f"blocked until {case.block.until}"
    if case.state is CaseState.SNOOZED:
        return f"left alone until {case.snoozed_until}"
    return story.quiet.value if story.quiet else "to be asked"


def backtest_to_plain(run: Backtest, compared: Mapping[str, Backtest]) -> dict[str, object]:
    """Return a run as plain values: the document of a sweep on its last day, and what the days brought.

    `compared` are the runs to be shown side by side, by name; empty where there is only one.
    """
    plain = to_plain(run.report) | {
        "pilots": len(run.stories),
        "from": run.days.first.isoformat(),
        "to": run.days.last.isoformat(),
        "days": run.days.days,
        "messages": [{"week": monday.isoformat(), "messages": count} for monday, count in run.weeks.items()],
        "totals": totals(run),
        "by_pilot": [_story_to_plain(story) for story in run.stories],
    }
    return plain | ({"compared": {name: totals(one) for name, one in compared.items()}} if compared else {})


def totals(run: Backtest) -> dict[str, object]:
    """Return the figures by which two runs are compared."""
    return {
        "findings": run.by_kind,
        "messages": run.messages,
        "messages_a_week": run.messages_a_week,
        "owners_asked": run.asked,
        "answers": run.answers,
        "listed": run.listed,
        "escalations": 0,
        "days_to_question": run.days_to_question,
    }


def _story_to_plain(story: Story) -> dict[str, object]:
    case = story.case
    return {
        "pilot": story.pilot,
        "findings": [finding_to_plain(t.finding) | {"told_until": t.last_day.isoformat()} for t in story.findings],
        "messages": story.messages,
        "answers": story.answers,
        "first_asked": story.first_asked.isoformat() if story.first_asked else None,
        "state": case.state.value if case else None,
        "outcome": outcome(story),
    }
