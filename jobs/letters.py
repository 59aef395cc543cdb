"""The commands on messages that did not get through: list them, send one once more, give one up."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Annotated

import typer
from rich.table import Table

from bot.app import undelivered
from bot.domain.outreach import Delivery, DeliveryState
from bot.domain.people import Person
from bot.domain.settings import Mode
from bot.errors import InputError
from bot.outgoing import OutboxLoad
from jobs.running import AsJson, operator, run
from jobs.shown import OUT, plain, say, say_json
from jobs.wiring import Process


def letters_command(*, as_json: AsJson = False) -> None:
    """List messages that did not get through, or of which nobody knows whether they did, each with its reason."""

    async def body(process: Process) -> int:
        ports = process.ports
        load, found = await ports.dead_letters.load(), await ports.dead_letters.all()
        people = await ports.people.some(sorted({d.recipient for d in found}))
        if as_json:
            say_json({"load": _load_to_plain(load), "letters": [_to_plain(d, people) for d in found]})
        else:
            _show(load, found, people)
        return 1 if found else 0

    raise typer.Exit(run(body))


def retry_command(
    delivery: Annotated[str | None, typer.Argument(help="The id of a message, or how it begins.")] = None,
    *,
    all_dead: Annotated[
        bool, typer.Option("--all-dead", help="Every message that is dead; never one that may have arrived.")
    ] = False,
    may_arrive_twice: Annotated[
        bool, typer.Option("--yes-it-may-arrive-twice", help="Also where nobody knows whether it arrived.")
    ] = False,
) -> None:
    """Send a message once more that did not get through."""
    if (delivery is None) != all_dead:
        msg = "Name one message, or write --all-dead; `stickshaker letters` lists them."
        raise InputError(msg)

    async def body(process: Process) -> int:
        ports = process.ports
        chosen = (
            [await undelivered.letter(delivery, ports)]
            if delivery is not None
            else [d for d in await ports.dead_letters.all() if d.state is DeliveryState.DEAD]
        )
        done = [
            d.id for d in chosen if await undelivered.retry(d, ports, operator(), may_arrive_twice=may_arrive_twice)
        ]
        say(f"{len(done)} of {len(chosen)} queued once more; each leaves in the hours of whom it is for.")
        if done and process.rules.mode(await ports.settings.read()) is not Mode.LIVE:
            say("[yellow]But nothing is sent now:[/] `stickshaker check` says why.")
        return 0 if len(done) == len(chosen) else 1

    raise typer.Exit(run(body))


def drop_command(
    delivery: Annotated[str, typer.Argument(help="The id of a message, or how it begins.")],
    *,
    why: Annotated[str, typer.Option("--why", help="The reason, for the trail.")],
) -> None:
    """Give up a message for good; what it would have said goes onto the programme lead's list."""

    async def body(process: Process) -> int:
        found = await undelivered.letter(delivery, process.ports)
        if await undelivered.drop(found, process.ports, operator(), why):
            say(f"Message {found.id} is dropped: {plain(why)}.")
            return 0
        say(f"Message {found.id} was moved by somebody else meanwhile; nothing changed.")
        return 1

    raise typer.Exit(run(body))


def _load_to_plain(load: OutboxLoad) -> dict[str, object]:
    oldest = load.oldest_due_at.isoformat() if load.oldest_due_at else None
    counts = {"queued": load.queued, "sending": load.sending, "unknown": load.unknown, "dead": load.dead}
    return counts | {"oldest_due_at": oldest}


def _to_plain(delivery: Delivery, people: Mapping[str, Person]) -> dict[str, object]:
    since = delivery.settled_at or delivery.made_at
    return {
        "id": delivery.id,
        "state": delivery.state.value,
        "to": _name(delivery, people),
        "about": sorted({o.pilot for o in delivery.active}),
        "since": since.isoformat(),
        "attempts": delivery.attempt,
        "reason": delivery.reason,
    }


def _name(delivery: Delivery, people: Mapping[str, Person]) -> str:
    person = people.get(delivery.recipient)
    return person.name if person else "nobody the registry names"


def _show(load: OutboxLoad, found: Sequence[Delivery], people: Mapping[str, Person]) -> None:
    say(f"{load.queued} wait, {load.sending} are being sent, {load.unknown} unknown, {load.dead} dead.")
    if not found:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("message", "state", "to", "about", "since (UTC)"):
        table.add_column(column, no_wrap=column == "message")
    table.add_column("why", ratio=1)
    for one in found:
        row = _to_plain(one, people)
        since = (one.settled_at or one.made_at).astimezone(UTC)
        about = ", ".join(sorted({o.pilot for o in one.active}))
        table.add_row(
            one.id, one.state.value, plain(row["to"]), plain(about), f"{since:%Y-%m-%d %H:%M}", plain(one.reason or "")
        )
    OUT.print(table)
    say("[dim]`stickshaker retry ID` sends one once more, `stickshaker drop ID --why TEXT` gives it up.[/]")
