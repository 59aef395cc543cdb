"""The load command: a file or standard input, with a progress bar, a reject list and a summary."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final, Generic, Self, TypeVar

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.sources.daily import read_daily
from adapters.sources.registry import read_registry
from adapters.sources.registry_lines import is_lines, read_registry_lines
from adapters.sources.registry_map import load_registry_map
from adapters.sources.rejects import Rejects, rejects_path
from adapters.sources.tables import Reading
from adapters.sources.weekly import read_weekly
from bot.app.load import LoadReport, checked, coarse, load_registry, load_usage
from bot.domain.pilot import Pilot
from bot.domain.table import Row
from bot.domain.telemetry import SOURCE_PATTERN
from bot.errors import InputError
from bot.metrics.gathered import Gathered
from jobs.shown import ERR, plain, say, say_json
from jobs.wiring import Process, today

STDIN: Final = "-"
STDIN_REJECTS: Final = "stdin.rejects.csv"
LONG: Final = 1_000_000
"""Bytes from which a load shows how far it is."""

Wanted = TypeVar("Wanted")


@contextmanager
def opened(file: str) -> Iterator[tuple[BinaryIO, str, int | None]]:
    """Open a file or standard input; gives stream, what to call it and its size in bytes where known."""
    if file == STDIN:
        yield sys.stdin.buffer, "standard input", None
        return
    path = Path(file)
    try:
        stream = path.open("rb")
    except OSError as fault:
        msg = f"{file} can't be read ({fault.strerror}); check the path, or pipe the table in and write - for FILE."
        raise InputError(msg) from fault
    with stream:
        yield stream, path.name, path.stat().st_size


async def load_registry_file(process: Process, file: str, map_file: Path | None, *, as_json: bool) -> int:
    """Load pilots from a file and say what became of it; returns the exit code."""
    return _tell(file, *await take_registry(process, file, map_file), as_json=as_json)


async def load_usage_file(
    process: Process, file: str, source: str, lag: int | None, *, usage_format: str = "daily", as_json: bool
) -> int:
    """Load usage by day or week from a file and say what became of it; returns the exit code."""
    report, rejects = await take_usage(process, file, source, lag, usage_format=usage_format)
    return _tell(file, report, rejects, as_json=as_json, is_bare=process.settings.aggregate_only)


async def take_registry(process: Process, file: str, map_file: Path | None) -> tuple[LoadReport, Path]:
    """Load pilots from a file; returns what became of it and where its rejects are."""
    with opened(file) as (stream, name, size), TableFile(file, _pilots_in(stream, map_file, name), size) as table:
        return await load_registry(table.rows(), process.ports, table.rejects.add), table.rejects.path


def _pilots_in(stream: BinaryIO, map_file: Path | None, name: str) -> Reading[Pilot]:
    """Read a registry: lines of JSON where the first sign is a brace, else a table."""
    mapping = load_registry_map(map_file) if map_file else None
    if not is_lines(stream):
        return read_registry(stream, mapping, name=name)
    if mapping is not None:
        msg = f"{name} holds lines of JSON, whose fields have our names: load it without --map."
        raise InputError(msg)
    return read_registry_lines(stream, name=name)


async def take_usage(
    process: Process, file: str, source: str, lag: int | None, *, usage_format: str = "daily"
) -> tuple[LoadReport, Path]:
    """Load usage by day or week from a file; returns what became of it and where its rejects are."""
    check_source(source)
    today = process.ports.clock.now().date()
    read = read_weekly if usage_format == "weekly" else read_daily
    least = process.rules.detection.min_group if process.settings.aggregate_only else None
    with (
        opened(file) as (stream, name, size),
        TableFile(file, read(stream, source=source, today=today, name=name), size, is_bare=least is not None) as table,
    ):
        report = await load_usage(table.rows(), source, lag, process.ports, table.rejects.add, least_group=least)
        return report, table.rejects.path


def check_source(source: str) -> None:
    """Refuse a name that no source can have; raises InputError."""
    if not SOURCE_PATTERN.fullmatch(source):
        msg = f"--source '{source}' can't be used; write 1 to 64 of a-z, 0-9, _ . / - and begin with a letter or digit."
        raise InputError(msg)


def read_pilots(file: str) -> tuple[list[Pilot], int]:
    """Return the pilots of a registry without storing them, and how many rows were rejected, as a load rejects them."""
    with opened(file) as (stream, name, size), TableFile(file, _pilots_in(stream, None, name), size) as table:
        return list(_good(table.rows(), table.rejects)), _name_rejects(file, table.rejects)


def read_usage(
    file: str, source: str, take: Gathered, *, pilots: Mapping[str, Pilot], least_group: int | None, usage_format: str
) -> int:
    """Gather usage of these pilots without storing it; return how many rows were rejected, as a load rejects them."""
    read, day = read_weekly if usage_format == "weekly" else read_daily, today()
    with (
        opened(file) as (stream, name, size),
        TableFile(
            file, read(stream, source=source, today=day, name=name), size, is_bare=least_group is not None
        ) as table,
    ):
        rows = table.rows() if least_group is None else coarse(table.rows(), pilots, least_group)
        for usage in _good(checked(rows, set(pilots)), table.rejects):
            take.add(usage)
        return _name_rejects(file, table.rejects)


def _name_rejects(file: str, rejects: Rejects[Wanted]) -> int:
    """Say on standard error where rejects are, and return how many there are."""
    if rejects.count:
        ERR.print(
            f"[yellow]{plain(file)}: {rejects.count} rows were rejected[/]; {plain(rejects.path)} names line and "
            "reason of each.",
            soft_wrap=True,
        )
    return rejects.count


def _good(rows: Iterable[Row[Wanted]], rejects: Rejects[Wanted]) -> Iterator[Wanted]:
    """Yield the records, and write what is none to the rejects."""
    for row in rows:
        if row.record is None:
            rejects.add(row)
        else:
            yield row.record


def rejects_of(file: str, can_write: Callable[[Path], bool] = lambda folder: os.access(folder, os.W_OK)) -> Path:
    """Return where rejects go: beside the file, or here where that folder can't be written to."""
    if file == STDIN:
        return Path(STDIN_REJECTS)
    beside = rejects_path(Path(file))
    if can_write(beside.parent):
        return beside
    # Files of one name from several folders must not take each other's rejects for those of a former load.
    folder = blake2b(os.fsencode(beside.parent.resolve()), digest_size=4).hexdigest()
    return rejects_path(Path.cwd() / f"{Path(file).name}.{folder}")


class TableFile(Generic[Wanted]):
    """The rows of a file on their way in, with its rejects and how far it is."""

    def __init__(self, file: str, reading: Reading[Wanted], size: int | None, *, is_bare: bool = False) -> None:
        """Join the rows with the place of their rejects; `size` is that of the file in bytes, where known.

        `is_bare` rejects keep nothing of their row.
        """
        self._reading, self._size = reading, size
        self.rejects: Rejects[Wanted] = Rejects(rejects_of(file), reading.columns, is_bare=is_bare)

    def __enter__(self) -> Self:
        """Remove the rejects of a former load."""
        self.rejects.__enter__()
        return self

    def __exit__(self, *fault: object) -> None:
        """Close the rejects."""
        self.rejects.__exit__(None, None, None)

    def rows(self) -> Iterator[Row[Wanted]]:
        """Iterate over the rows behind a progress bar, where the table is long and somebody looks."""
        if self._size is None or self._size < LONG or not ERR.is_terminal:
            yield from self._reading
            return
        columns = (TextColumn("[cyan]loading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=ERR, transient=True) as progress:
            task = progress.add_task("load", total=self._size)
            for row in self._reading:
                progress.update(task, completed=self._reading.bytes_read)
                yield row


def _tell(file: str, report: LoadReport, rejects: Path, *, as_json: bool, is_bare: bool = False) -> int:
    """Say what became of the file and return the exit code; `is_bare` rejects keep nothing that could be mended."""
    if as_json:
        newest = report.newest_day.isoformat() if report.newest_day else None
        rejected = {"rejected": report.rejected, "rejects": str(rejects) if report.rejected else None}
        say_json({"read": report.read, **asdict(report.counts), **rejected, "newest_day": newest})
    else:
        _say(file, report, rejects, "Mend them in your file." if is_bare else "Mend them there and load that file.")
    return 1 if report.rejected else 0


def _say(file: str, report: LoadReport, rejects: Path, remedy: str) -> None:
    counts = report.counts
    name = "standard input" if file == STDIN else file
    newest = f" The newest day is {report.newest_day}." if isinstance(report.newest_day, date) else ""
    if report.read == 0:
        say(f"{plain(name)} holds a header and no rows: nothing changed.")
    elif report.read == report.rejected:
        say(f"{plain(name)}: nothing changed.")
    elif counts.new == counts.changed == 0:
        say(f"{plain(name)}: nothing changed, all {counts.unchanged} good rows were known already.{newest}")
    else:
        say(f"{plain(name)}: {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged.{newest}")
    if report.rejected:
        were = "1 row was rejected" if report.rejected == 1 else f"{report.rejected} rows were rejected"
        say(f"[yellow]{were}[/]; {plain(rejects)} names line and reason of each. {remedy}")
