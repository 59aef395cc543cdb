"""The load command: a file or standard input, with a progress bar, a reject list and a summary."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final, Generic, Self, TypeVar

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.sources.daily import read_daily
from adapters.sources.registry import read_registry
from adapters.sources.registry_map import load_registry_map
from adapters.sources.rejects import Rejects, rejects_path
from adapters.sources.tables import Reading
from bot.app.load import LoadReport, load_registry, load_usage
from bot.domain.table import Row
from bot.domain.telemetry import SOURCE_PATTERN
from bot.errors import InputError
from jobs.shown import ERR, plain, say, say_json
from jobs.wiring import Process

STDIN: Final = "-"
STDIN_REJECTS: Final = "stdin.rejects.csv"
LONG: Final = 1_000_000
"""Bytes from which a load shows how far it is."""

Wanted = TypeVar("Wanted")


@contextmanager
def _open(file: str) -> Iterator[tuple[BinaryIO, str, int | None]]:
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


async def load_usage_file(process: Process, file: str, source: str, lag: int | None, *, as_json: bool) -> int:
    """Load daily usage from a file and say what became of it; returns the exit code."""
    return _tell(file, *await take_usage(process, file, source, lag), as_json=as_json)


async def take_registry(process: Process, file: str, map_file: Path | None) -> tuple[LoadReport, Path]:
    """Load pilots from a file; returns what became of it and where its rejects are."""
    mapping = load_registry_map(map_file) if map_file else None
    with _open(file) as (stream, name, size), _Table(file, read_registry(stream, mapping, name=name), size) as table:
        return await load_registry(table.rows(), process.ports, table.rejects.add), table.rejects.path


async def take_usage(process: Process, file: str, source: str, lag: int | None) -> tuple[LoadReport, Path]:
    """Load daily usage from a file; returns what became of it and where its rejects are."""
    if not SOURCE_PATTERN.fullmatch(source):
        msg = f"--source '{source}' can't be used; write 1 to 64 of a-z, 0-9, _ . / - and begin with a letter or digit."
        raise InputError(msg)
    today = process.ports.clock.now().date()
    with (
        _open(file) as (stream, name, size),
        _Table(file, read_daily(stream, source=source, today=today, name=name), size) as table,
    ):
        return await load_usage(table.rows(), source, lag, process.ports, table.rejects.add), table.rejects.path


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


class _Table(Generic[Wanted]):
    """The rows of a file on their way in, with its rejects and how far it is."""

    def __init__(self, file: str, reading: Reading[Wanted], size: int | None) -> None:
        self._reading, self._size = reading, size
        self.rejects: Rejects[Wanted] = Rejects(rejects_of(file), reading.columns)

    def __enter__(self) -> Self:
        self.rejects.__enter__()
        return self

    def __exit__(self, *fault: object) -> None:
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


def _tell(file: str, report: LoadReport, rejects: Path, *, as_json: bool) -> int:
    """Say what became of the file and return the exit code."""
    if as_json:
        newest = report.newest_day.isoformat() if report.newest_day else None
        rejected = {"rejected": report.rejected, "rejects": str(rejects) if report.rejected else None}
        say_json({"read": report.read, **asdict(report.counts), **rejected, "newest_day": newest})
    else:
        _say(file, report, rejects)
    return 1 if report.rejected else 0


def _say(file: str, report: LoadReport, rejects: Path) -> None:
    counts = report.counts
    name = "standard input" if file == STDIN else file
    newest = f" The newest day is {report.newest_day}." if isinstance(report.newest_day, date) else ""
    if report.read == 0:
        say(f"{plain(name)} holds a header and no rows: nothing changed.")
    elif counts.new == counts.changed == 0:
        say(f"{plain(name)}: nothing changed, all {counts.unchanged} good rows were known already.{newest}")
    else:
        say(f"{plain(name)}: {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged.{newest}")
    if report.rejected:
        say(
            f"[yellow]{report.rejected} rows were rejected[/]; {plain(rejects)} names line and reason of each. "
            "Mend them there and load that file."
        )
