"""What the commands print: tables and sentences for people, JSON for scripts."""

import codecs
import io
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app.overview import PilotLine, PilotPage
from bot.app.sweep import Planned, SweepReport
from bot.detection.evidence import day as say_day
from bot.detection.signals.recovered import recovery
from bot.domain.ask import Request, RequestState
from bot.domain.case import Case, CaseState
from bot.domain.finding import OWNER_KINDS, RANK, SIGNAL_KINDS, Finding
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode
from bot.errors import StickshakerError
from bot.metrics.people import Segments

PIPED: Final = 120
"""Columns of what is printed into a file or a pipe."""

ESCAPED: Final = "stickshaker.escaped"
"""Name of our way to write what an encoding lacks."""


class _Console(Console):
    """A console that finishes its work when nobody reads on, and says it when what it prints gets lost."""

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401  as Rich has it
        """Print; raises StickshakerError where that can't be done."""
        with written(self.file):
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Print into nothing from now on; Rich would end the process in the middle of a command."""
        _let_go(self.file)


OUT: Final = _Console(highlight=False)
ERR: Final = _Console(stderr=True, highlight=False)

LONELY: Final = re.compile(r"[\ud800-\udfff]")
"""How Python keeps bytes that it could not read as text."""

MOST_NAMED: Final = 5
"""Ids that a line names before it says how many more there are."""

KINDS: Final = {
    "drop_off": "use dropped",
    "stall": "stalled",
    "stage_age": "long in its stage",
    "source_late": "source late",
    "source_broken": "source broken",
    "telemetry_check": "telemetry to check",
    "team_gone": "half the team gone",
    "never_activated": "hardly taken up",
    "small_plateau": "small plateau",
    "seat_ceiling": "seats at a ceiling",
    "low_habit": "little habit",
    "dependency_open": "waiting for something",
    "curated_data": "not on live data",
    "owner_gone": "owner left",
    "owner_missing": "no owner named",
    "sponsor_gone": "sponsor left",
    "sponsor_missing": "no sponsor named",
    "no_release": "no new version",
    "top3_breadth": "few kinds of use",
}

STEPS: Final = {
    "nudge": "first question",
    "follow_up": "follow-up",
    "commitment_check": "question about what was promised",
    "recovery": "thank-you",
    "retraction": "correction",
    "told": "news of an answer",
    "unblock_ask": "request to who can clear it",
    "unblock_check": "question about a day they named",
    "thanks": "thank-you to who cleared it",
    "decision": "question to the sponsor",
    "digest": "sponsor's message of the week",
    "lead_list": "programme lead's message of the week",
    "upkeep": "questions about the registry",
    "review": "digest to be read first",
}
"""What each step is called."""


def open_streams() -> None:
    """Make the standard streams usable however the process was started; call it once, before anything is said."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # In this order, so that each number is taken again: a socket of ours must never become standard output.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  open as long as we run
    codecs.register_error(ESCAPED, _escape)
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, ESCAPED), (sys.stderr, ESCAPED)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
    if not sys.stdout.isatty():
        OUT.width = PIPED


def _escape(fault: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as JSON does, so that a document for a script stays one."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    return json.dumps(fault.object[fault.start : fault.end])[1:-1], fault.end


@contextmanager
def written(stream: IO[str] | None = None) -> Iterator[None]:
    """Turn the fault of a stream, else of standard output, into one sentence; a reader who has gone is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        _let_go(stream or sys.stdout)
        msg = f"The output can't be written ({fault.strerror}): what was printed is not whole."
        raise StickshakerError(msg) from fault


def flush_output() -> None:
    """Write what is still held back; raises StickshakerError where that can't be done."""
    try:
        with written():
            sys.stdout.flush()
    except BrokenPipeError:
        _let_go(sys.stdout)


def _let_go(stream: IO[str]) -> None:
    """Lead a stream nowhere, so that the end of the process, which flushes it once more, stays silent."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(sentence: object) -> None:
    """Print one sentence on standard error, if anybody can read it there."""
    with suppress(StickshakerError):
        ERR.print(f"[red]{plain(sentence)}[/]", soft_wrap=True)


def typed(prompt: str) -> str:
    """Show a prompt and return the line typed; bytes that are no text become a mark, since no store takes them."""
    return LONELY.sub("\N{REPLACEMENT CHARACTER}", input(prompt))


def say(text: str = "") -> None:
    """Print a line for a person; what stands in brackets is style."""
    OUT.print(text, soft_wrap=True)


def say_json(value: object) -> None:
    """Print one JSON document for a script."""
    with suppress(BrokenPipeError):
        say_raw(json.dumps(value, indent=2, ensure_ascii=False))


def say_raw(line: str) -> None:
    """Print a line for a script as it is; raises BrokenPipeError when nobody reads on."""
    with written():
        print(line)  # noqa: T201  a script reads plain standard output


def plain(text: object) -> str:
    """Return text whose brackets are no style."""
    return escape(str(text))


def show_report(report: SweepReport, pilots: Mapping[str, Pilot], *, dry_run: bool) -> None:
    """Print a sweep for an admin: what is open, what is or would be said, and what is missing."""
    if report.changed_only:
        say(f"Looked at [bold]{report.pilots} pilots[/] that changed since the last look; without --changed all are.")
    else:
        _show_portfolio(report)
    _show_findings([f for f in report.findings if f.is_open], pilots)
    show_outreach(report, pilots, dry_run=dry_run)
    _show_gaps(report)


def _show_portfolio(report: SweepReport) -> None:
    p = report.portfolio
    say(
        f"[bold]{p.pilots} pilots[/] as of {say_day(report.today)}: {p.pre_production} on the way to production, "
        f"{p.over_12_months} of them for over 12 months, {p.over_18_months} for over 18."
    )
    if p.undated:
        say(f"[dim]{p.undated} more are on the way with a start nobody has written down.[/]")


def _show_findings(found: Sequence[Finding], pilots: Mapping[str, Pilot]) -> None:
    signals = [f for f in found if f.kind in SIGNAL_KINDS]
    _show_table("Found in pilots", [f for f in found if f.kind in OWNER_KINDS], pilots)
    _show_table("To look at in the telemetry", [f for f in found if f.kind not in OWNER_KINDS | SIGNAL_KINDS], pilots)
    many = {kind for kind, times in Counter(f.kind for f in signals).items() if times > MOST_NAMED}
    _show_table("Other signals", [f for f in signals if f.kind not in many], pilots)
    if many:
        say()
    for kind in sorted(many, key=lambda kind: RANK[kind]):
        say(f"[cyan]{KINDS[kind.value].capitalize()}:[/] {_named([f.pilot for f in signals if f.kind is kind])}")


def _show_table(title: str, shown: Sequence[Finding], pilots: Mapping[str, Pilot]) -> None:
    if not shown:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("pilot", "what", "since"):
        table.add_column(column, style="cyan" if column == "pilot" else "", no_wrap=column == "since")
    table.add_column("evidence", ratio=1)
    for f in shown:
        held = " [yellow](held: data late)[/]" if f.suspended else ""
        name = pilots[f.pilot].name if f.pilot else "all pilots"
        table.add_row(plain(name), KINDS[f.kind.value], str(f.onset), plain(f.evidence) + held)
    say()
    OUT.print(table)


def show_outreach(report: SweepReport, pilots: Mapping[str, Pilot], *, dry_run: bool = True, hint: bool = True) -> None:
    """Print what is or would be said, to whom and when, and the mode this happens in."""
    say()
    if report.outreach:
        will = "Decided" if report.mode is Mode.LIVE and not dry_run else "Would be sent"
        _show_planned(will, report.outreach, pilots)
    elif not report.queued:
        say("Nobody needs to be written to now.")
    if report.queued:
        _show_planned("Decided before, not sent yet", report.queued, pilots)
    if report.mode is Mode.SHADOW and hint:
        say(
            "[yellow]Shadow mode:[/] nothing is sent. `stickshaker golive` shows this once more and lets messages leave."
        )
    if report.mode is Mode.PAUSED:
        say("[yellow]Paused:[/] nothing is sent until `stickshaker resume`.")


def _show_planned(title: str, planned: Sequence[Planned], pilots: Mapping[str, Pilot]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("on", "to", "about", "what"):
        table.add_column(column)
    for o in planned:
        name = pilots[o.pilot].name if o.pilot in pilots else o.pilot
        table.add_row(str(o.on), plain(o.recipient), plain(name), STEPS[o.kind.value])
    OUT.print(table)


def _show_gaps(report: SweepReport) -> None:
    for gap in report.gaps:
        say(f"[yellow]Registry, {gap.what}:[/] {_named(gap.pilots)}")
    if report.unreadable:
        values = [f"{pilot}: {u.field} '{u.value}'" for pilot, held in sorted(report.unreadable.items()) for u in held]
        say(f"[yellow]Registry, unreadable and taken as unknown:[/] {_named(values)}")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return plain(", ".join(names[:MOST_NAMED])) + more


def show_lines(lines: Sequence[PilotLine]) -> None:
    """Print every pilot in a line."""
    table = Table(box=None, pad_edge=False)
    for column in ("pilot", "name", "stage", "days"):
        table.add_column(
            column, style="cyan" if column == "pilot" else "", justify="right" if column == "days" else "left"
        )
    table.add_column("case")
    table.add_column("what was found, or why it is quiet", ratio=1)
    for line in lines:
        state = line.state.value if line.state else "slowing" if line.is_slowing else ""
        about = " ".join(part for part in (line.evidence, f"({line.why})" if line.why else None) if part)
        listed = f"[yellow]Programme lead: {plain(line.listed)}.[/] " if line.listed else ""
        days = "" if line.days_in_stage is None else str(line.days_in_stage)
        table.add_row(plain(line.id), plain(line.name), line.stage or "?", days, state, listed + plain(about))
    OUT.print(table)


def _said(case: Case) -> str:
    """Return what the owner said last, as far as it still stands."""
    if case.block:
        who = f", {case.block.person} could clear it" if case.block.person else ""
        return f"in the way: {case.block.cause.value}{who}, until {case.block.until}"
    if case.commitment:
        return f"a step on {case.commitment.due_at:%Y-%m-%d %H:%M} UTC: {case.commitment.action}"
    return f"ask again on {case.snoozed_until}" if case.snoozed_until else ""


def _asked_of_others(case: Case) -> str:
    """Return what somebody else is asked for, as far as it matters now."""
    live = [r for r in case.requests if r.loop == case.loop]
    return "; ".join(f"{r.thing.words}, of {r.name}: {r.state.value}{_by(r)}" for r in live)


def _by(request: Request) -> str:
    day = request.promised_for if request.promised_for and request.state is RequestState.PROMISED else None
    return f", by {day}" if day else ""


def _decision(case: Case) -> str:
    """Return what a sponsor is to decide, or has decided."""
    if case.decision is not None:
        return f"open since {case.decision.opened_at:%Y-%m-%d}, hoped for by {case.decision.due}"
    last = case.decided[-1] if case.decided else None
    return f"{last.verdict.value}{f' by {last.until}' if last.until else ''}, on {last.at:%Y-%m-%d}" if last else ""


def _recovered(case: Case) -> str:
    """Return why a case ended as recovered."""
    if case.state is not CaseState.RECOVERED or case.closed_at is None:
        return ""
    found = recovery(case.clear_since, case.closed_at.date(), case.playbook.recovered_after_days)
    return found.evidence if found else ""


def _show_of(findings: Sequence[Finding]) -> None:
    for f in findings:
        end = f"closed {f.closed_on}" if f.closed_on else "open"
        say(f"\n[cyan]{KINDS[f.kind.value]}[/], {end}, seen on {f.opened_on}\n  {plain(f.evidence)}")


def _segments(of: Segments) -> str:
    """Say how many people use it how; groups that are too small are not named."""
    counts = {"power": of.power, "habitual": of.habitual, "novice": of.novice, "low": of.low, "none": of.non_users}
    told = ", ".join(f"{name} {count}" for name, count in counts.items() if count is not None)
    few = "; the others are too few to show" if None in counts.values() else ""
    return f"{of.people} people" + (f": {told}{few}" if told else few)


def show_page(page: PilotPage) -> None:
    """Print one pilot in full."""
    p, line = page.pilot, page.line
    say(f"[bold]{plain(p.name)}[/] [dim]{plain(p.id)}[/]")
    for label, value in (
        ("owner", p.owner),
        ("sponsor", p.sponsor),
        ("programme lead", p.programme_lead),
        ("stage", line.stage and f"{line.stage}, {line.days_in_stage if line.days_in_stage is not None else '?'} days"),
        ("seats", p.seats),
        ("use over twelve weeks", page.segments and _segments(page.segments)),
        ("case", line.state and line.state.value),
        ("recovered", page.case and _recovered(page.case)),
        ("was said", page.case and _said(page.case)),
        ("asked of others", page.case and _asked_of_others(page.case)),
        ("decision", page.case and _decision(page.case)),
        ("listed for the programme lead", line.listed),
        ("quiet because", line.why),
    ):
        if value is not None and value != "":
            say(f"  {label:<30}{plain(value)}")
    _show_of([f for f in page.findings if f.kind not in SIGNAL_KINDS])
    signals = [f for f in page.findings if f.kind in SIGNAL_KINDS]
    if signals:
        say("\n[bold]Further reasons[/]" if line.state else "\n[bold]Other signals[/]")
    _show_of(signals)
    if page.case and page.case.asked:
        say("\n[bold]Asked[/]")
        for a in page.case.asked:
            sent = f"sent {a.sent_at:%Y-%m-%d %H:%M} UTC" if a.sent_at else a.outcome.value
            reason = page.reasons.get(a.outreach)
            say(f"  {STEPS[a.step.value]}, {sent}" + (f": {plain(reason)}" if reason else ""))
    if page.trail:
        say("\n[bold]How it moved[/]")
        for entry in page.trail:
            moved = (
                f" ({entry.before or 'new'} to {entry.after})" if entry.after and entry.before != entry.after else ""
            )
            who = "the owner" if entry.who.startswith("p_") else entry.who
            say(f"  {entry.at:%Y-%m-%d %H:%M}  {who}: {plain(entry.what)}{moved}")
