"""A real server for the session, and a store of its own for each test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from servers import Connect, cluster, cluster_url, old_binary, serve, watched

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_for, client_of

settings.register_profile("suite", deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
"""No clock: machines are shared. HYPOTHESIS_PROFILE=thorough draws more examples than the hundred of each run."""


SECRET = b"a key of the tests"
KIND = os.environ.get("STICKSHAKER_TEST_STORE", "embedded")
"""Which kind of store the tests run on: embedded, redis62, sentinel or cluster."""


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a running embedded server, ended with the session."""
    with EmbeddedServer(Path(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture(scope="session")
def connect(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """Return how to connect to the store of the session, which STICKSHAKER_TEST_STORE chooses."""
    if KIND == "embedded":
        server = request.getfixturevalue("valkey")
        yield lambda: client_of(server)
        return
    folder = tmp_path_factory.mktemp(KIND)
    with ExitStack() as stack:
        if KIND == "cluster":
            url = cluster_url(stack.enter_context(cluster(folder)))
        elif KIND == "sentinel":
            url = stack.enter_context(watched(folder, patience_ms=10_000)).url
        else:
            one = stack.enter_context(serve(folder, binary=old_binary()))
            url = one.url
        yield lambda: client_for(url)


@pytest.fixture
async def store(connect: Connect) -> AsyncIterator[RedisStore]:
    """Return an empty store whose keys no other test sees."""
    one = RedisStore(connect(), SECRET, Keys(prefix="test", tenant=uuid4().hex))
    await asyncio.wait_for(one.open(), 5)
    yield one
    await one.close()
