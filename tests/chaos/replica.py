"""One process of the service for these tests: the real one, but for a clock that can be set, and no pauses between sends.

    python tests/chaos/replica.py ROLE CLOCK-FILE RAMP

Everything else is read from the environment, as always. Where that names the chat of these tests it is spoken to, else the
real ones, wherever they are.
"""

import asyncio
import logging
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from chat import HttpMessenger
from chat_server import CHAT_URL
from jumping import JumpingClock

from adapters.slack.pacing import Pacing as InSlack
from adapters.teams.pacing import Pacing as InTeams
from bot.app import turns
from bot.app.rules import Rules, Sending
from bot.domain.playbook import Budgets, Playbook
from jobs.run import Role, serve
from jobs.settings import read_settings
from jobs.wiring import rules_of

SENDING: Final = Sending(limit=timedelta(seconds=2), look_after=timedelta(seconds=6))
"""A minute and five of them, made short enough to wait for."""
EVERYBODY: Final = 100_000
"""Owners a day whom the ramp lets through where it isn't what is tested."""


def hurried(rules: Rules, ramp: int) -> Rules:
    """Return the rules with short clocks of a send and another ramp."""
    return replace(rules, sending=SENDING, playbook=Playbook(budgets=Budgets(ramp_owners_per_day=ramp)))


def hurry() -> None:
    """Let the real adapters wait for nothing in this process, and a turn of the dead be taken over in seconds, not a minute.

    How the adapters pace themselves is tested elsewhere.
    """
    turns.LIMIT, turns.LEASE = timedelta(seconds=4), timedelta(seconds=6)  # type: ignore[misc]  # as below
    InSlack.turn = at_once  # type: ignore[method-assign]  # for the whole of it
    InTeams.turn = at_once  # type: ignore[method-assign]  # as above


async def at_once(_pacing: object, *_of: str) -> None:
    """Wait for nothing."""


async def main() -> None:
    """Serve until asked to end."""
    role, clock, ramp = sys.argv[1:]
    settings = read_settings()
    url = os.environ.get(CHAT_URL)
    hurry()
    chat = HttpMessenger(url or "")
    try:
        await serve(
            settings,
            Role(role),
            clock=JumpingClock(Path(clock)),
            messenger=chat if url else None,
            rules=hurried(rules_of(settings), int(ramp)),
        )
    finally:
        await chat.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(main())
