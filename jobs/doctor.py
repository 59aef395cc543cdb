"""The doctor command: why did somebody not get a message, and what is stuck at all."""

from dataclasses import asdict
from typing import Annotated, Final

import typer

from bot.app.doctor import Diagnosis, Report, examine
from bot.app.stops import Mark, Stop
from jobs.running import AsJson, run
from jobs.shown import plain, say, say_json
from jobs.wiring import Process

MARKS: Final = {Mark.OK: "[green]ok[/]   ", Mark.WAITS: "[yellow]waits[/]", Mark.STUCK: "[red]stuck[/]"}


def doctor_command(
    about: Annotated[
        str | None,
        typer.Argument(metavar="[PERSON|MESSAGE|PILOT]", help="A name, how a message's id begins, or a pilot's id."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Follow a message from the switch to the chat and say where it stops; without a name, all that is stuck."""

    async def body(process: Process) -> int:
        report = await examine(about, process.ports, process.rules, process.ports.clock.now())
        if as_json:
            say_json(to_plain(report))
        else:
            _show(report, is_all=about is None)
        return int(report.needs_somebody)

    raise typer.Exit(run(body))


def to_plain(report: Report) -> dict[str, object]:
    """Return the report as plain values for a script."""
    return {
        "common": [_plain(s) for s in report.common],
        "ways": [
            {"pilot": d.pilot, "to": d.person, "stuck": d.is_stuck, "stops": [_plain(s) for s in d.stops]}
            | {"stops_at": d.stop.what if d.stop else None}
            for d in report.diagnoses
        ],
    }


def _plain(stop: Stop) -> dict[str, str]:
    return asdict(stop) | {"mark": stop.mark.value}


def _show(report: Report, *, is_all: bool) -> None:
    stops_all = next((s for s in report.common if s.mark is not Mark.OK), None)
    for stop in report.common:
        _show_stop(stop, is_first=stop is stops_all)
    if is_all and not report.diagnoses:
        say("Nothing is stuck in any pilot.")
    for one in report.diagnoses:
        say(f"\n[bold]{plain(one.pilot)}[/] to {plain(one.person or 'nobody')}")
        first = None if stops_all else one.stop
        for stop in _worth_saying(one) if is_all else one.stops:
            _show_stop(stop, is_first=stop is first)
        if not is_all and one.stop is None:
            say("  It went through.")


def _worth_saying(one: Diagnosis) -> list[Stop]:
    return [one.stop] if one.stop else []


def _show_stop(stop: Stop, *, is_first: bool) -> None:
    arrow = "[bold]>[/]" if is_first else " "
    say(f"{arrow} {MARKS[stop.mark]}  [bold]{stop.what:<10}[/] {plain(stop.says)}")
    if is_first and stop.remedy:
        say(f"                     {plain(stop.remedy)}")
