"""How a command runs: over an opened process, and what every command may be asked for."""

import asyncio
import getpass
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer

from jobs.settings import read_settings
from jobs.wiring import Process, open_process

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def run(body: Callable[[Process], Coroutine[Any, Any, T]], *, reading: bool = False) -> T:
    """Open the process, run a command's body in it, and let go; with `reading` the user of the store need not write."""

    async def inner() -> T:
        async with open_process(read_settings(), reading=reading) as process:
            return await body(process)

    return wait_for(inner())


def wait_for(body: Coroutine[Any, Any, T]) -> T:
    """Return what a command brings; when whoever reads us has read enough, such as head, that is no fault."""
    try:
        return asyncio.run(body)
    except BrokenPipeError as fault:
        raise typer.Exit(0) from fault


def operator() -> str:
    """Return who sits at this machine, for the trail."""
    try:
        return f"admin at the terminal ({getpass.getuser()})"
    except (KeyError, OSError):
        return "admin at the terminal"


@contextmanager
def ending() -> Iterator[asyncio.Event]:
    """Give what is set once somebody asks us to end; until then nothing is cut off in the middle."""
    end, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    try:
        yield end
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
