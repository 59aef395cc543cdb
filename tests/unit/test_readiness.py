"""Whether a chat takes the app: asked seldom, and never the reason that others are turned away for its silence."""

import asyncio

import aiohttp
import pytest

from jobs.readiness import FRESH, Readiness


class Chat:
    """Answers what it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        """Take the app."""
        self.refusal: Exception | None = None
        self.fault: Exception | None = None
        self.is_silent = False
        self.asked = 0
        self.now = 1000.0
        self.readiness = Readiness(self.ask, clock=lambda: self.now, patience=0.02)

    async def ask(self) -> Exception | None:
        """Say what it says, if anything."""
        self.asked += 1
        if self.is_silent:
            await asyncio.sleep(30)
        if self.fault is not None:
            raise self.fault
        return self.refusal


async def test_a_chat_is_asked_once_a_minute_at_the_most() -> None:
    """However many want to know, one asks; a minute later it is asked again."""
    chat = Chat()
    await asyncio.gather(*(chat.readiness.check() for _ in range(20)))
    chat.now += FRESH - 1
    await chat.readiness.check()
    assert chat.asked == 1
    chat.now += 1
    await chat.readiness.check()
    assert chat.asked == 2


async def test_a_silent_chat_is_ready() -> None:
    """One that does not answer in time turns nobody away, and is left alone for a minute."""
    chat = Chat()
    chat.is_silent = True
    async with asyncio.timeout(5):
        await chat.readiness.check()
        await chat.readiness.check()
    assert chat.asked == 1


@pytest.mark.parametrize("fault", [aiohttp.ClientError(), OSError(), TimeoutError()])
async def test_a_chat_out_of_reach_is_ready(fault: Exception) -> None:
    """What the wire says is no refusal."""
    chat = Chat()
    chat.fault = fault
    await chat.readiness.check()
    assert chat.asked == 1


async def test_a_refusal_holds_until_the_chat_is_asked_again() -> None:
    """It is raised each time, also once the chat would take us, and no more after it was asked again."""
    chat = Chat()
    chat.refusal = PermissionError("taken back")
    for _ in range(2):
        with pytest.raises(PermissionError, match="taken back"):
            await chat.readiness.check()
    chat.refusal = None
    with pytest.raises(PermissionError):
        await chat.readiness.check()
    assert chat.asked == 1
    chat.now += FRESH
    await chat.readiness.check()
    assert chat.asked == 2
