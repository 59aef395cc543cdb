"""A process that the kill tests start and kill: sweeps and sends on the store of a data folder.

The chat is a file: each message is a line, written and synced before the send returns, and the
history that `find` looks into.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.people import Person
from bot.messages.model import Message
from bot.outgoing import Found

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from world import world_of


class FileChat:
    """A chat whose history is a file."""

    def __init__(self, path: Path) -> None:
        """Write to `path`."""
        self._path = path

    def workspace(self, person: Person) -> str:  # noqa: ARG002  the port's own name
        """Name the one workspace there is."""
        return "file"

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Append one line and sync it."""
        with self._path.open("a") as history:
            history.write(f"{delivery} {person.id} {message.kind}\n")
            history.flush()
            os.fsync(history.fileno())
        return delivery

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Look for the line."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        sent = any(line.startswith(f"{delivery} {person.id} ") for line in lines)
        return (Found.SENT, delivery) if sent else (Found.ABSENT, "")


async def run(folder: Path, at: datetime, worker: str) -> None:
    """Sweep, relay and deliver once as of `at`."""
    server = EmbeddedServer(folder)
    server.ensure()
    store = RedisStore(client_of(server), b"a key of the kill tests")
    await store.open()
    world = world_of(store, at=at, worker=worker)
    chat = FileChat(folder / "chat.txt")
    world.use_chat(chat)
    print("ready", flush=True)  # noqa: T201  the parent waits for it
    await world.sweep()
    await world.work()
    print("done", flush=True)  # noqa: T201  as above
    await store.close()
    server.close()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]).astimezone(UTC), sys.argv[3]))
