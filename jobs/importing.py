"""The import command: an export read back into an empty store."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, BinaryIO

import typer

from bot.app.importing import Imported, take_export
from bot.errors import InputError
from jobs.load import opened
from jobs.running import AsJson, operator, run
from jobs.shown import plain, say, say_json
from jobs.wiring import Process


def import_command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `export` printed; - for standard input.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Read an export into an empty store: sources, pilots, their use and their cases (docs/backup.md)."""

    async def body(process: Process) -> None:
        least = process.rules.detection.min_group if process.settings.aggregate_only else None
        with opened(file) as (stream, name, _):
            taken = await take_export(_lines(stream, name), process.ports, operator(), least_group=least)
        if as_json:
            say_json(asdict(taken))
        else:
            _show(name, taken)

    run(body)


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Yield the lines of a stream as text; raises InputError where it is none."""
    try:
        for line in stream:
            yield line.decode("utf-8")
    except UnicodeDecodeError as fault:
        msg = f"{name} is no text in UTF-8; give what `stickshaker export` printed, unchanged."
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
