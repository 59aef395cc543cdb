"""The demo's account: what was found when, who was asked what, one pilot's whole story, and what stayed silent."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from rich.panel import Panel
from rich.table import Table

from bot.domain.calendar import to_zone
from bot.domain.case import Case, CaseState
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cleared,
    Decide,
    NextStep,
    OnTrack,
    Promise,
    ProposeStop,
    ReleaseWeekly,
    SnoozeUntil,
)
from bot.messages.model import Message
from bot.messages.plain import to_plain
from jobs.fleet.firm import Shape
from jobs.fleet.fleet import Fleet, Truth
from jobs.play import Played, Sent
from jobs.shown import KINDS, OUT, STEPS, plain, say
from jobs.wiring import Process

BARS: Final = "▁▂▃▄▅▆▇█"
WEEK: Final = 7
WIDTH: Final = 110
"""Columns of the account on a wide screen; longer lines are harder to read."""


async def tell(played: Played, process: Process) -> None:
    """Print the account."""
    people = await process.ports.people.all()
    stored = await process.ports.cases.all()
    cases = {name: one.case for name, one in stored.items()}
    _firm(played.fleet)
    _found(played)
    _asked(played, people)
    _stories(played, cases, people)
    _listed(played)
    _silent(played)
    _sums(played)


def match(truth: Truth, findings: Sequence[Finding]) -> Finding | None:
    """Return the first finding of a true condition's kind that was still open, or opened, after its onset."""
    alike = [f for f in findings if (f.pilot, f.kind) == (truth.pilot, truth.kind)]
    after = [f for f in alike if truth.onset is None or f.opened_on >= truth.onset]
    return min(after, key=lambda f: f.opened_on, default=None)


def is_in_time(truth: Truth, finding: Finding | None) -> bool:
    """Whether a true condition was found by its latest day."""
    return finding is not None and truth.latest_day is not None and finding.opened_on <= truth.latest_day


def _firm(fleet: Fleet) -> None:
    days = (fleet.last_day - fleet.first_day).days + 1
    say(
        f"\n[bold]An invented firm[/] (seed {fleet.seed}): {len(fleet.pilots)} pilots, {sum(fleet.people.values())} "
        f"people, {days // WEEK} weeks from {_day(fleet.first_day, fleet)} to {_day(fleet.last_day, fleet)}."
    )
    say("[dim]Simulated people; every figure below was worked out in this run.[/]")


def _table(title: str, *columns: str) -> Table:
    """Return a table whose first column takes the room that is left."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, width=min(OUT.width, WIDTH)
    )
    for place, column in enumerate(columns):
        table.add_column(column, ratio=1 if place == 0 else None, no_wrap=place > 0)
    return table


def _told(fleet: Fleet, truth: Truth) -> str:
    """Return a pilot's name with what is true of it below."""
    return f"[cyan]{plain(_name(fleet, truth.pilot))}[/]\n[dim]{plain(truth.label)}[/]"


def _found(played: Played) -> None:
    fleet = played.fleet
    table = _table(
        "What was found, and when", "pilot, and what is true of it", "found", "began", "named", "seen", "in time"
    )
    for truth in fleet.truth:
        if truth.kind is None:
            continue
        finding = match(truth, played.report.findings)
        table.add_row(
            _told(fleet, truth),
            KINDS[truth.kind.value],
            _day(truth.onset, fleet),
            _day(finding.onset if finding else None, fleet),
            _day(finding.opened_on if finding else None, fleet),
            "[green]yes[/]" if is_in_time(truth, finding) else "[red]no[/]",
        )
    say()
    OUT.print(table)
    say("[dim]began: the true first day; named: the first day the finding names; seen: the day it was found.[/]")


def _asked(played: Played, people: Mapping[str, Person]) -> None:
    fleet = played.fleet
    table = _table("Who was asked what, and what they said", "what", "about", "who", "their time")
    rows: list[tuple[datetime, str, str, str]] = []
    for sent in played.sent:
        step = STEPS[sent.outreach.step.value]
        rows.append((sent.at, f"[cyan]{step}[/]", sent.outreach.pilot, people[sent.outreach.recipient].name))
    for reply in played.replies:
        said = f"[green]answer: {plain(say_answer(reply.answer))}[/]"
        rows.append((reply.received_at, said, reply.pilot, people[reply.person].name))
    for at, what, pilot, who in sorted(rows):
        table.add_row(
            what,
            plain(_name(fleet, pilot)) if pilot else "",
            plain(who.split("@")[0]),
            f"{at.astimezone(_zone(fleet, pilot)):%a %d %b %H:%M}",
        )
    say()
    OUT.print(table)


def say_answer(answer: Answer) -> str:
    """Return an answer in a few words."""
    match answer:
        case BlockedBy(cause=cause, person=person, until=until):
            who = f", {person.split('@')[0]} could clear it" if person else ""
            return f"blocked by {cause.value}{who}{f', until {until:%d %B}' if until else ''}"
        case NextStep(action=action, at=at):
            return f"on {at:%d %B}: {action[0].lower()}{action[1:]}"
        case SnoozeUntil(until=until):
            return f"ask me later, on {until:%d %B}"
        case OnTrack():
            return "it is on track"
        case ProposeStop(lesson=lesson):
            return f"it should end; learned: {lesson}"
        case _:
            return _say_of_others(answer)


def _say_of_others(answer: Answer) -> str:
    """Return in a few words what somebody else than an owner answered."""
    match answer:
        case Promise(on=on):
            return f"it will be done by {on:%d %B}"
        case Cleared():
            return "it is done"
        case Decide(verdict=verdict, until=until):
            return f"decided: {verdict.value}{f', by {until:%d %B}' if until else ''}"
        case ReleaseWeekly():
            return "the digest may leave"
        case _:
            return answer.kind.replace("_", " ")


def _stories(played: Played, cases: Mapping[str, Case], people: Mapping[str, Person]) -> None:
    """Tell one pilot from the first question to recovery, one whose way somebody else had to clear, and a digest."""
    fleet = played.fleet
    cliff = next(p for p in fleet.pilots if fleet.shapes[p.id] is Shape.CLIFF)
    _story(f"One pilot's story: {plain(cliff.name)}", cliff, played, cases, people)
    asked = [s.outreach.pilot for s in played.sent if s.outreach.step is Step.UNBLOCK]
    for pilot in (p for p in fleet.pilots if p.id in asked[:1]):
        _story(f"Somebody else had to clear the way: {plain(pilot.name)}", pilot, played, cases, people)
    _digest(played, people)


def _story(title: str, pilot: Pilot, played: Played, cases: Mapping[str, Case], people: Mapping[str, Person]) -> None:
    zone = _zone(played.fleet, pilot.id)
    moments = [
        (s.at, f"[bold]Stickshaker writes to {_who(s.outreach.recipient, people)}[/]", _words(s, pilot.id))
        for s in played.sent
        if s.outreach.pilot == pilot.id
    ]
    moments += [
        (r.received_at, f"[bold green]{_who(r.person, people)} answers[/]", say_answer(r.answer))
        for r in played.replies
        if r.pilot == pilot.id
    ]
    parts = [_spark(played, pilot)]
    for at, who, text in sorted(moments):
        parts.append(f"[cyan]{at.astimezone(zone):%A %d %B, %H:%M}[/]  {who}\n{plain(text)}")
    case = cases.get(pilot.id)
    if case and case.closed_at:
        parts.append(f"[bold]The case ends on {case.closed_at:%d %B}: {case.state.value}.[/]")
    elif case:
        parts.append(f"[bold]The case stands as {case.state.value}.[/]")
    _panel(title, "\n\n".join(parts))


def _digest(played: Played, people: Mapping[str, Person]) -> None:
    """Show the first message of the week that asks a sponsor for a decision, as it was sent."""
    for sent in played.sent:
        message = Message.from_stored(sent.delivery.message or "")
        if sent.outreach.step is Step.DIGEST and message.sections:
            _panel(
                f"A sponsor's message of the week: {_who(sent.outreach.recipient, people)}", plain(to_plain(message))
            )
            return


def _who(person: str, people: Mapping[str, Person]) -> str:
    return plain(people[person].name.split("@")[0]) if person in people else "somebody"


def _panel(title: str, text: str) -> None:
    say()
    OUT.print(Panel(text, title=title, title_align="left", border_style="cyan", width=min(OUT.width, WIDTH)))


def _words(sent: Sent, pilot: str) -> str:
    """Return what a message said about one pilot, without its answers and footer."""
    message = Message.from_stored(sent.delivery.message or "")
    section = next(s for s in message.sections if s.pilot == pilot)
    return " ".join(part for part in (section.fact, section.question) if part)


def _spark(played: Played, pilot: Pilot) -> str:
    """Draw the people active in each week, as the rows that were loaded tell it."""
    weeks: dict[int, int] = defaultdict(int)
    for row in played.fleet.usage:
        if row.pilot == pilot.id:
            week = (row.day - played.fleet.first_day).days // WEEK
            weeks[week] = max(weeks[week], row.active_7d or 0)
    most = max(weeks.values())
    bars = "".join(BARS[min(len(BARS) - 1, weeks[w] * len(BARS) // (most + 1))] for w in sorted(weeks))
    return f"{bars}\n[dim]people active in each week, at most {most} of {pilot.seats}[/]"


def _listed(played: Played) -> None:
    listed = [v for v in played.report.verdicts if v.case.listed_why and not v.case.is_closed]
    if not listed:
        return
    table = _table("On the programme lead's list", "pilot", "why")
    for verdict in listed:
        table.add_row(f"[cyan]{plain(verdict.pilot.name)}[/]", plain(verdict.case.listed_why))
    say()
    OUT.print(table)


def _silent(played: Played) -> None:
    fleet = played.fleet
    sent = Counter(s.outreach.pilot for s in played.sent)
    loud = {t.pilot for t in fleet.truth if t.kind is not None and t.kind is not Kind.SOURCE_LATE}
    table = _table(
        "What stayed silent, and why", "pilot, and what is true of it", "messages", "what the looks made of it"
    )
    table.columns[-1].no_wrap = False
    table.columns[-1].ratio = 1
    for truth in fleet.truth:
        if truth.pilot not in loud:
            table.add_row(_told(fleet, truth), str(sent[truth.pilot]), plain(_why(played, truth)))
    say()
    OUT.print(table)


def _why(played: Played, truth: Truth) -> str:
    """Say what the looks made of a pilot about which nothing was to be said."""
    findings = [f for f in played.report.findings if f.pilot == truth.pilot]
    if not findings:
        return "Nothing was found in it on any day."
    newest = max(findings, key=lambda f: f.opened_on)
    if newest.is_open:
        return newest.evidence
    return f"Once noted as '{KINDS[newest.kind.value]}', closed on {newest.closed_on}."


def _sums(played: Played) -> None:
    letters = {(s.at, s.delivery.recipient) for s in played.sent}
    weekly = Counter((who, at.isocalendar()[:2]) for at, who in letters)
    due = [t for t in played.fleet.truth if t.kind is not None]
    in_time = sum(is_in_time(t, match(t, played.report.findings)) for t in due)
    ended = sum(v.case.state is CaseState.RECOVERED for v in played.report.verdicts)
    say(
        f"\n[bold]{in_time} of {len(due)} conditions found in time; {len(letters)} messages in "
        f"{(played.fleet.last_day - played.fleet.first_day).days // WEEK + 1} weeks to {len({w for _, w in letters})} people, "
        f"at most {max(weekly.values(), default=0)} to one person in a week; {ended} recovered.[/]"
    )
    say(
        "Upward went open decisions and facts, never who was silent; no person's use was looked at, and what is late or "
        "small was not concluded from."
    )


def _name(fleet: Fleet, pilot: str) -> str:
    return next(p.name for p in fleet.pilots if p.id == pilot)


def _zone(fleet: Fleet, pilot: str) -> ZoneInfo:
    """Return the clock of a pilot's people; weekly messages, which are about several, are told by that of Paris."""
    return to_zone(next((p.timezone for p in fleet.pilots if p.id == pilot), None) or "Europe/Paris")


def _day(day: date | None, fleet: Fleet) -> str:
    """Write a day in short, with its year where that is not the year of the run."""
    if day is None:
        return "-"
    return f"{day:%d %b}" if day.year == fleet.today.year else f"{day:%d %b %y}"
