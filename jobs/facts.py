"""The load commands for what is about people: facts of use, reports of vendors, seats, leave, and who is who."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.sources.aliases import read_aliases
from adapters.sources.github_copilot import USUAL_LAG, CopilotReport
from adapters.sources.leave import read_leave
from adapters.sources.roster import read_github_seats, read_roster
from adapters.sources.tables import Reading
from adapters.sources.usage_facts import read_usage_facts
from bot.app.ingest import IngestReport, take_facts
from bot.app.seats import PeopleReport, load_leave, load_people, load_roster
from bot.domain.roster import WireSeat
from bot.errors import InputError
from jobs.load import STDIN, TableFile, check_source, load_usage_file, opened
from jobs.told import tell_facts, tell_people
from jobs.wiring import Process

DAILY, WEEKLY, USAGE_FACTS, GITHUB_COPILOT = "daily", "weekly", "usage_facts", "github_copilot"
FORMATS: Final = (DAILY, WEEKLY, USAGE_FACTS, GITHUB_COPILOT)
ROSTERS: Final = ("csv", "github_seats")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How usage is to be loaded: files and their format, source and lag where given, whether it is everything."""

    files: Sequence[str]
    usage_format: str = DAILY
    source: str | None = None
    lag: int | None = None
    whole: bool = False

    @property
    def file(self) -> str:
        """The first file, which the rejects are named after."""
        return self.files[0]


async def load_usage_files(process: Process, wanted: Wanted, *, as_json: bool) -> int:
    """Load usage in any format and say what became of it; returns the exit code. Raises InputError."""
    _check(wanted)
    if wanted.usage_format in {DAILY, WEEKLY}:
        source, lag = wanted.source or "", wanted.lag
        return await load_usage_file(
            process, wanted.file, source, lag, usage_format=wanted.usage_format, as_json=as_json
        )
    take = _take_copilot if wanted.usage_format == GITHUB_COPILOT else _take_usage_facts
    report, rejects = await take(process, wanted)
    least = process.rules.detection.min_group
    return tell_facts(_called(wanted.file), report, rejects, least_group=least, as_json=as_json)


def _check(wanted: Wanted) -> None:
    """Refuse what can't be meant."""
    name = wanted.usage_format
    if name not in FORMATS:
        msg = f"--format {name} is not known; write one of {', '.join(FORMATS)} (docs/loading.md)."
        raise InputError(msg)
    if wanted.source is not None:
        check_source(wanted.source)
    elif name != USAGE_FACTS:
        msg = f"--source is missing: --format {name} needs to know where the figures come from, such as --source chat."
        raise InputError(msg)
    if wanted.whole and name != USAGE_FACTS:
        msg = f"--whole goes with --format {USAGE_FACTS} only; a {GITHUB_COPILOT} report is whole by itself."
        raise InputError(msg)
    if len(wanted.files) > 1 and name != GITHUB_COPILOT:
        msg = f"--format {name} takes one FILE at a time; several are parts of one {GITHUB_COPILOT} report."
        raise InputError(msg)


def _called(file: str) -> str:
    return "standard input" if file == STDIN else file


async def _take_usage_facts(process: Process, wanted: Wanted) -> tuple[IngestReport, Path]:
    with (
        opened(wanted.file) as (stream, name, size),
        TableFile(wanted.file, read_usage_facts(stream, source=wanted.source, name=name), size) as table,
    ):
        report = await take_facts(
            table.rows(),
            process.ports,
            table.rejects.add,
            today=process.ports.clock.now().date(),
            whole=wanted.whole,
            aggregate_only=process.settings.aggregate_only,
            lag=wanted.lag,
            least_group=process.rules.detection.min_group,
        )
        return report, table.rejects.path


async def _take_copilot(process: Process, wanted: Wanted) -> tuple[IngestReport, Path]:
    now = process.ports.clock.now()
    with ExitStack() as stack:
        parts = [stack.enter_context(opened(file))[:2] for file in wanted.files]
        copilot = CopilotReport(parts, source=wanted.source or "", fetched=int(now.timestamp()))
        table = stack.enter_context(TableFile(wanted.file, Reading(copilot, iter(copilot)), None))
        report = await take_facts(
            table.rows(),
            process.ports,
            table.rejects.add,
            today=now.date(),
            whole=True,
            spans=copilot.whole,
            aggregate_only=process.settings.aggregate_only,
            lag=wanted.lag,
            usual_lag=USUAL_LAG,
            least_group=process.rules.detection.min_group,
        )
        return report, table.rejects.path


async def load_roster_file(
    process: Process, file: str, source: str, roster_format: str, *, partial: bool, as_json: bool
) -> int:
    """Load who has access to a source and say what became of it; returns the exit code. Raises InputError."""
    check_source(source)
    _check_people(process)
    if roster_format not in ROSTERS:
        msg = f"--format {roster_format} is not known; write one of {', '.join(ROSTERS)} (docs/loading.md)."
        raise InputError(msg)
    with opened(file) as (stream, name, size):
        reading: Reading[WireSeat] = (
            read_github_seats(stream, partial=partial, name=name)
            if roster_format == "github_seats"
            else read_roster(stream, name=name)
        )
        with TableFile(file, reading, size) as table:
            today = process.ports.clock.now().date()
            report = await load_roster(
                table.rows(), source, process.ports, table.rejects.add, today=today, partial=partial
            )
            return _tell(process, file, "seats", report, table.rejects.path, as_json=as_json)


async def load_leave_file(process: Process, file: str, *, as_json: bool) -> int:
    """Load who is away when and say what became of it; returns the exit code. Raises InputError."""
    _check_people(process)
    with opened(file) as (stream, name, size), TableFile(file, read_leave(stream, name=name), size) as table:
        today = process.ports.clock.now().date()
        report = await load_leave(table.rows(), process.ports, table.rejects.add, today=today)
        return _tell(process, file, "days away", report, table.rejects.path, as_json=as_json)


async def load_people_file(process: Process, file: str, *, as_json: bool) -> int:
    """Load which ids are one person's and say what became of it; returns the exit code. Raises InputError."""
    _check_people(process)
    with opened(file) as (stream, name, size), TableFile(file, read_aliases(stream, name=name), size) as table:
        report = await load_people(table.rows(), process.ports, table.rejects.add)
        return _tell(process, file, "ids", report, table.rejects.path, as_json=as_json)


def _check_people(process: Process) -> None:
    """Refuse everything about people where only totals are taken in."""
    if process.settings.aggregate_only:
        raise InputError(
            "STICKSHAKER_AGGREGATE_ONLY=1: nothing about a person is taken in, so the file was not read; "
            "load totals by week instead (--format weekly)."
        )


def _tell(process: Process, file: str, what: str, report: PeopleReport, rejects: Path, *, as_json: bool) -> int:
    least = process.rules.detection.min_group
    return tell_people(_called(file), what, report, rejects, least_group=least, as_json=as_json)
