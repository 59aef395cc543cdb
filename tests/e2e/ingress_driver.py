"""A process that the kill test starts and kills: takes in what is in the streams of a server, a few entries at a time."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.redis_store.ingress import RedisIngress
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.store import RedisStore, client_for

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

from world import world_of

from bot.app.ingress import Receiver

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SECRET = b"a key of the kill tests"


async def run(url: str, pause: float) -> None:
    """Take in until nothing is left, and nothing is in anybody's hand."""
    store = RedisStore(client_for(url), SECRET)
    await store.open()
    ports = world_of(store, at=NOW).ports
    few = RedisIngress(store.client, store.keys, Scripts(store.client), time=timedelta(milliseconds=300), most=7)
    receiver = Receiver(replace(ports, ingress=few))
    print("ready", flush=True)  # noqa: T201  the parent waits for it
    is_busy = True
    while is_busy:
        is_busy = (await receiver.take_in()).is_busy
        await asyncio.sleep(pause)
    print("done", flush=True)  # noqa: T201  as above
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2])))
