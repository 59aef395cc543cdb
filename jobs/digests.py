"""Weekly messages to sponsors that wait for somebody to read them first: seen, released and held by an admin too."""

from datetime import date
from typing import Annotated

import typer

from bot.app.weekly import settle_as_admin, shown, waiting
from bot.domain.reply import HoldWeekly, ReleaseWeekly
from bot.domain.weekly import Weekly
from bot.errors import InputError
from bot.messages.plain import to_plain
from jobs.running import AsJson, operator, run
from jobs.shown import plain, say, say_json
from jobs.wiring import Process

digests = typer.Typer(help="Messages to sponsors that somebody has to read before they leave.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="As `stickshaker digests list` shows it.")]


@digests.command("list")
def list_command(*, as_json: AsJson = False) -> None:
    """Show every weekly message that waits for its release, and who was asked to read it."""

    async def body(process: Process) -> int:
        found = await waiting(process.ports)
        people = await process.ports.people.all()
        names = {one.id: _names(one, {p.id: p.name for p in people.values()}) for one in found}
        if as_json:
            say_json(
                [{"id": o.id, "sponsor": names[o.id][0], "reader": names[o.id][1], "state": o.state} for o in found]
            )
            return 1 if found else 0
        for one in found:
            sponsor, reader = names[one.id]
            say(f"[bold]{plain(one.id)}[/]  for {plain(sponsor)}, {one.state.value}; to be read by {plain(reader)}")
            say(plain(to_plain(shown(one))) + "\n")
        if not found:
            say("Nothing waits for release.")
        return 1 if found else 0

    raise typer.Exit(run(body))


def _names(weekly: Weekly, names: dict[str, str]) -> tuple[str, str]:
    return names.get(weekly.person, "?"), names.get(weekly.reviewer or "", "an admin")


@digests.command("release")
def release_command(which: Which) -> None:
    """Let one leave, in the sponsor's hours."""

    async def body(process: Process) -> None:
        await settle_as_admin(which, ReleaseWeekly(), operator(), process.ports)
        await process.work()
        say("Released; it leaves in the sponsor's hours.")

    run(body)


@digests.command("hold")
def hold_command(
    which: Which, until: Annotated[str, typer.Option("--until", metavar="DAY", help="As YYYY-MM-DD.")]
) -> None:
    """Hold one back until a day."""
    try:
        day = date.fromisoformat(until)
    except ValueError as fault:
        msg = f"--until '{until}' is no day; write it like 2026-12-15."
        raise InputError(msg) from fault

    async def body(process: Process) -> None:
        await settle_as_admin(which, HoldWeekly(until=day), operator(), process.ports)
        say(f"Held until {day}.")

    run(body)
