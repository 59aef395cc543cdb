"""The ingest command: what data teams wrote into our streams, once or for as long as we run (docs/ingress.md)."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from bot.app.ingress import Receiver, Taken
from jobs.running import ending
from jobs.shown import say, say_json
from jobs.wiring import Process

PAUSE: Final = timedelta(seconds=1)
"""How long we wait before we look again: for new entries, or for somebody else to finish."""


async def run_ingest(process: Process, *, follow: bool, as_json: bool) -> int:
    """Take in what is in the streams, and with `follow` whatever comes; returns the exit code.

    Ctrl-C and SIGTERM end it once what is in hand is taken in.
    """
    taken, receiver = Taken(), _receiver(process)
    with ending() as end:
        while not end.is_set():
            part = await receiver.take_in(end.is_set)
            taken += part
            if follow and part.entries and not as_json:
                show_taken(part)
            if not follow and not part.is_busy:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), PAUSE.total_seconds())
    if as_json:
        counts = asdict(taken)
        del counts["is_busy"]
        say_json(counts)
    elif not follow:
        show_taken(taken)
    return 1 if taken.rejected else 0


async def take_in_before(process: Process, *, as_json: bool) -> None:
    """Take in what is in the streams, before a look rests on it; what somebody else has in hand is left to them."""
    taken = await _receiver(process).take_in()
    if taken.entries and not as_json:
        show_taken(taken)


def _receiver(process: Process) -> Receiver:
    least = process.rules.detection.min_group
    return Receiver(process.ports, aggregate_only=process.settings.aggregate_only, least_group=least)


def show_taken(taken: Taken) -> None:
    """Say what became of entries."""
    if not taken.entries:
        say("There is nothing in the streams.")
        return
    unread = f", {taken.unread} about people deleted unread" if taken.unread else ""
    say(f"Taken in: {taken.facts} facts, {taken.days} daily rows, {taken.pilots} pilots{unread}.")
    if taken.rejected:
        say(f"[yellow]{taken.rejected} objects were rejected[/]; the stream stickshaker:in:rejects says why.")
