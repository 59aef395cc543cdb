"""The import command: an export read back into an empty store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, BinaryIO, Final

import typer

from bot.app.importing import Imported, take_export
from bot.errors import InputError
from jobs.load import opened
from jobs.running import AsJson, operator, run
from jobs.shown import plain, say, say_json
from jobs.wiring import Process

IN_MEMORY: Final = 32 * 1024 * 1024
"""Bytes of a pipe that are kept in memory; more of them in a file without a name."""


def import_command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `export` printed; - for standard input.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Read an export into an empty store: sources, pilots, their use and their cases (docs/backup.md)."""

    async def body(process: Process) -> None:
        least = process.rules.detection.min_group if process.settings.aggregate_only else None
        with opened(file) as (stream, name, _), _rewindable(stream, name) as kept:
            taken = await take_export(_Lines(kept, name), process.ports, operator(), least_group=least)
        if as_json:
            say_json(asdict(taken))
        else:
            _show(name, taken)

    run(body)


@contextmanager
def _rewindable(stream: BinaryIO, name: str) -> Iterator[IO[bytes]]:
    """Give a stream that can be gone through twice: what comes through a pipe is kept until the end of the block."""
    if stream.seekable():
        yield stream
        return
    with SpooledTemporaryFile(IN_MEMORY) as kept:
        try:
            copyfileobj(stream, kept)
        except OSError as fault:
            msg = f"{name} can't be kept while it is checked ({fault.strerror}); give the export as a FILE."
            raise InputError(msg) from fault
        yield kept


class _Lines:
    """The lines of a stream as text, from its begin each time; iterating raises InputError where it is no text."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name

    def __iter__(self) -> Iterator[str]:
        self._stream.seek(0)
        try:
            for line in self._stream:
                yield line.decode("utf-8")
        except UnicodeDecodeError as fault:
            msg = f"{self._name} is no text in UTF-8; give what `stickshaker export` printed, unchanged."
            raise InputError(msg) from fault


def _show(name: str, taken: Imported) -> None:
    say(
        f"{plain(name)}: {taken.sources} sources, {taken.pilots} pilots, {taken.usage} days or weeks of use, "
        f"{taken.cases} cases."
    )
    if taken.suppressed:
        say(f"[yellow]{taken.suppressed} rows of small groups have no figures:[/] load their files again for these.")
    if taken.left_out:
        say(f"[yellow]{taken.left_out} rows are left out:[/] single days and small groups are not taken in here.")
    if taken.undone:
        say(f"[yellow]{taken.undone} messages were under way then:[/] what had not left is decided anew.")
    say(
        "Still to do: load rosters and facts again, then `stickshaker golive`; who wants no messages must say so again."
    )
