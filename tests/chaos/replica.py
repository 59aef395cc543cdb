"""One process of the service for these tests: the real one, but for a chat on loopback and a clock that can be set.

    python tests/chaos/replica.py ROLE CHAT-URL CLOCK-FILE

Everything else is read from the environment, as always.
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
from jumping import JumpingClock
from slack_end import MARK

from adapters.playground.slack_server import APP_TOKEN, TOKEN
from adapters.slack.pacing import Pacing
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


def by_slack(address: str) -> None:
    """Send by the real adapter of Slack, at the pace of these tests: what it paces is tested elsewhere."""
    os.environ |= {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_BASE_URL": address}
    Pacing.turn = at_once  # type: ignore[method-assign]  # for the whole of this process


async def at_once(_pacing: Pacing, _method: str, _channel: str = "") -> None:
    """Wait for nothing."""


async def main() -> None:
    """Serve until asked to end."""
    role, url, clock, ramp = sys.argv[1:]
    settings = read_settings()
    is_slack = url.startswith(MARK)
    if is_slack:
        by_slack(url.removeprefix(MARK))
    chat = HttpMessenger(url)
    try:
        await serve(
            settings,
            Role(role),
            clock=JumpingClock(Path(clock)),
            messenger=None if is_slack else chat,
            rules=hurried(rules_of(settings), int(ramp)),
        )
    finally:
        await chat.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(main())
