"""A real server for the session, and a store of its own for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_of

SECRET = b"a key of the tests"


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a running server, ended with the session."""
    with EmbeddedServer(Path(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture
async def store(valkey: EmbeddedServer) -> AsyncIterator[RedisStore]:
    """Return an empty store whose keys no other test sees."""
    one = RedisStore(client_of(valkey), SECRET, Keys(prefix="test", tenant=uuid4().hex))
    await asyncio.wait_for(one.open(), 5)
    yield one
    await one.close()
