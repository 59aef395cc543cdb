"""The backtest command: read a registry and usage, replay their history, and show what would have been said."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Annotated, Final, Protocol

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.app.backtest import Backtest, Story, Told, backtest, backtest_to_plain, outcome, range_of
from bot.app.replay import History
from bot.app.tried import Tried, read_tried
from bot.domain.hindsight import nameless
from bot.errors import InputError
from bot.metrics.gathered import Gathered
from jobs.load import STDIN, read_pilots, read_usage
from jobs.settings import read_settings
from jobs.shown import ERR, KINDS, OUT, plain, say, say_json
from jobs.wiring import rules_of

WIDTH: Final = 120
"""Columns of what is shown on a wide screen; longer lines are harder to read."""
FORMATS: Final = ("daily", "weekly")
"""Usage that a backtest reads: totals of pilots, by day or by week."""
DEFAULTS: Final = "defaults"
AS_SET: Final = "as set"
"""What the two runs that are compared are called."""
WEEK_COLUMNS: Final = 17
"""Columns that a line of the chart needs besides its bars: the week, and room around."""
NUMBER_COLUMNS: Final = 5
LONGEST_BAR: Final = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backtest is asked for: files, the usual lag in days, range and settings."""

    registry: str
    usage: Sequence[str]
    usage_format: str
    lag_days: int
    first: date | None
    last: date | None
    given: Sequence[str]


def backtest_command(
    registry: Annotated[str, typer.Option(metavar="FILE", help="The pilots, as for `load registry`.")],
    usage: Annotated[list[str], typer.Option(metavar="FILE", help="Their usage, one file for each source.")],
    usage_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Shape of the usage: daily, weekly.")
    ] = "daily",
    lag: Annotated[int, typer.Option(metavar="DAYS", min=0, max=60, help="Days the sources are usually behind.")] = 0,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="Go live on this day.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="End with this day.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Compare with this setting; several may be given."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")] = False,
) -> None:
    """Replay history day by day: what would have been found, asked and answered. Stores and sends nothing."""
    if usage_format not in FORMATS:
        msg = f"--format {usage_format} is not known here; write --format {' or '.join(FORMATS)} (docs/loading.md)."
        raise InputError(msg)
    wanted = Wanted(registry, usage, usage_format, lag, _to_day("--from", first), _to_day("--to", last), given or ())
    raise typer.Exit(run_backtest(wanted, as_json=as_json))


def _to_day(option: str, text: str | None) -> date | None:
    """Return the day of an option; raises InputError where it is none."""
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as fault:
        msg = f"{option} '{text}' is no day; write it as 2026-03-10."
        raise InputError(msg) from fault


def run_backtest(wanted: Wanted, *, as_json: bool) -> int:
    """Replay history and show it; returns the exit code, 1 where rows were rejected.

    Raises InputError in one sentence for what can't be read, judged or set. Nothing is stored but rejects.
    """
    began = monotonic()
    settings = read_settings()
    rules = rules_of(settings)
    own = Tried(rules.detection, rules.playbook)
    tried = read_tried(wanted.given, own)
    history, rejected = _history(wanted, rules.detection.min_group if settings.aggregate_only else None)
    days = range_of(history, wanted.first, wanted.last)
    asked = {DEFAULTS: own} | ({AS_SET: tried} if wanted.given else {})
    with _progress(days.days * len(asked)) as each_day:
        runs = {name: backtest(history, days, rules, one, each_day) for name, one in asked.items()}
    seconds = round(monotonic() - began, 2)
    run = next(reversed(runs.values()))
    compared = runs if wanted.given else {}
    if as_json:
        by_name = {"defaults": runs[DEFAULTS], "set": run} if compared else {}
        say_json(backtest_to_plain(run, by_name) | {"settings": list(wanted.given), "seconds": seconds})
    else:
        _show(run, compared, history, wanted.given, seconds)
    return 1 if rejected else 0


def _history(wanted: Wanted, least_group: int | None) -> tuple[History, int]:
    """Read the files; returns the history and how many rows were rejected, with `least_group` as aggregate-only does."""
    found, rejected = read_pilots(wanted.registry)
    if not found:
        msg = f"{wanted.registry} holds no pilot that can be taken; see docs/loading.md for what a registry looks like."
        raise InputError(msg)
    pilots = nameless(found)
    usage = Gathered([p.id for p in pilots])
    for file in wanted.usage:
        rejected += read_usage(
            file,
            source_of(file),
            usage,
            pilots={p.id: p for p in pilots},
            least_group=least_group,
            usage_format=wanted.usage_format,
        )
    return History(pilots, usage, wanted.lag_days), rejected


def source_of(file: str) -> str:
    """Return what the source of a file is called: the file's name in letters that a source may have."""
    stem = "usage" if file == STDIN else Path(file).name.split(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:64] or "usage"


class EachDay(Protocol):
    """Is told each day that was lived through."""

    def __call__(self, day: date, /) -> None:
        """Note a day."""
        ...


@contextmanager
def _progress(days: int) -> Iterator[EachDay]:
    """Show how far a replay is, where somebody looks."""
    columns = (TextColumn("[cyan]{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task("replaying", total=days)
        yield lambda day: progress.update(task, advance=1, description=f"replaying {day}")


def _show(
    run: Backtest, compared: Mapping[str, Backtest], history: History, given: Sequence[str], seconds: float
) -> None:
    """Print a backtest for people."""
    days = run.days
    say(
        f"[bold]{len(history.pilots)} pilots, {history.usage.rows:,} rows of usage:[/] {days.days} days replayed, "
        f"{days.first} to {days.last}, in {seconds:.1f} s."
    )
    say("[dim]How people answer is a stated model, and no answer changes what was used (docs/backtest.md).[/]")
    runs = compared or {"": run}
    if compared:
        _show_compared(compared, given)
    else:
        say(_summary(run))
    _show_weeks(run, runs)
    _show_pilots(run)
    say("[dim]Nothing was stored or sent. No person is named, and groups below five show no figures.[/]")


def _summary(run: Backtest) -> str:
    wait = run.days_to_question
    return (
        f"[bold]{run.messages} messages[/], {run.messages_a_week:g} a week; {run.asked} owners asked, {run.answers} answers; "
        f"{run.listed} cases on the programme lead's list at some time; escalations: none yet."
        + ("" if wait is None else f" Median of days from a finding to its first question: {wait:g}.")
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


def _show_compared(compared: Mapping[str, Backtest], given: Sequence[str]) -> None:
    table = _table("Two settings side by side", "", *compared)
    for column in table.columns[1:]:
        column.justify = "right"
    runs = list(compared.values())
    kinds = list(dict.fromkeys(kind for run in runs for kind in run.by_kind))
    for kind in kinds:
        table.add_row(f"found: {KINDS.get(kind, kind)}", *(str(run.by_kind.get(kind, 0)) for run in runs))
    for label, values in (
        ("messages", [str(run.messages) for run in runs]),
        ("messages a week", [f"{run.messages_a_week:g}" for run in runs]),
        ("owners asked", [str(run.asked) for run in runs]),
        ("answers", [str(run.answers) for run in runs]),
        ("cases on the lead's list", [str(run.listed) for run in runs]),
        ("escalations", ["none yet" for _ in runs]),
        ("days to first question", ["-" if (d := run.days_to_question) is None else f"{d:g}" for run in runs]),
    ):
        table.add_row(label, *values)
    say()
    OUT.print(table)
    say(f"[dim]{AS_SET}: {plain(', '.join(given))}[/]")


def _show_weeks(run: Backtest, runs: Mapping[str, Backtest]) -> None:
    """Draw the messages of each week as bars of plain signs."""
    most = max((count for one in runs.values() for count in one.weeks.values()), default=0)
    room = (min(OUT.width, WIDTH) - WEEK_COLUMNS) // len(runs) - NUMBER_COLUMNS
    table = _table("Messages a week", "week of", *runs)
    table.show_header = len(runs) > 1
    sign = "█" if OUT.encoding.lower().startswith("utf") else "#"
    for monday in run.weeks:
        bars = [sign * _length(one.weeks[monday], most, room) for one in runs.values()]
        counts = [one.weeks[monday] for one in runs.values()]
        table.add_row(
            str(monday), *(f"[cyan]{bar}[/] {n}" if bar else "0" for bar, n in zip(bars, counts, strict=True))
        )
    say()
    OUT.print(table)


def _length(count: int, most: int, room: int) -> int:
    """Return the length of a bar; the smallest number is still seen."""
    return -(-count * min(room, LONGEST_BAR) // most) if most else 0


def _show_pilots(run: Backtest) -> None:
    """Print each pilot in which something was found, with what came of it; the others are counted."""
    told = [story for story in run.stories if story.findings]
    table = _table("Pilots", "pilot", "found", "seen", "ended", "sent", "how it stands")
    table.width = min(OUT.width, WIDTH)
    for place, column in enumerate(table.columns):
        column.ratio = {0: 2, 5: 3}.get(place)
        column.no_wrap = place in {2, 3}
    table.columns[0].style = "cyan"
    table.columns[4].justify = "right"
    for story in told:
        _add_pilot(table, story, run.days.last)
    say()
    if told:
        OUT.print(table)
    silent = len(run.stories) - len(told)
    if silent:
        say(f"In {silent} of {len(run.stories)} pilots nothing was found and nobody was asked.")


def _add_pilot(table: Table, story: Story, last: date) -> None:
    """Add the rows of a pilot: one for each finding."""
    for place, one in enumerate(story.findings):
        finding = one.finding
        is_first = place == 0
        table.add_row(
            plain(story.name) if is_first else "",
            KINDS.get(finding.kind.value, finding.kind.value),
            _short(finding.opened_on),
            _ended(one, last),
            str(story.messages) if is_first else "",
            plain(outcome(story)) if is_first else "",
        )


def _ended(told: Told, last: date) -> str:
    """Return when a finding ended; one that was not told to the end counts as ended with the last day it was."""
    if told.finding.closed_on is not None:
        return _short(told.finding.closed_on)
    return _short(told.last_day) if told.last_day < last else ""


def _short(day: date) -> str:
    return f"{day:%d %b %y}"
