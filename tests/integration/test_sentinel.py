"""A primary under a Sentinel: the same life, through a failover; each fault in one sentence."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loops import ask_and_answer, count_people
from servers import SECRET, Watched, free_port, serve, until, watched

from adapters.redis_store.address import client_for
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.domain.pilot import Pilot
from bot.errors import StoreUnavailable

KEYS = Keys("ss", "acme")
ACL = Path(__file__).resolve().parent.parent.parent / "docs" / "acl"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Return a primary, its replica and their Sentinel."""
    with watched(tmp_path_factory.mktemp("watched")) as made:
        yield made


def store_at(url: str) -> RedisStore:
    """Return a store that isn't open yet."""
    return RedisStore(client_for(url), b"k", KEYS)


async def said(url: str) -> str:
    """Return the sentence with which a store is refused."""
    store = store_at(url)
    try:
        with pytest.raises(StoreUnavailable) as told:
            await store.open()
        assert SECRET not in str(told.value)
        return str(told.value)
    finally:
        await store.close()


async def test_the_whole_loop_runs_under_a_sentinel(three: Watched) -> None:
    """Found, asked, answered and counted on the primary that the second Sentinel names; the first one isn't there."""
    store = store_at(three.url)
    await store.open()
    await ask_and_answer(store)
    await count_people(store)
    assert three.primary.admin.dbsize() > 20
    await store.close()


async def test_a_database_of_its_own_is_used(three: Watched) -> None:
    """The number behind the name of the primary is the database."""
    store = store_at(three.url.replace("/store", "/store/3"))
    await store.open()
    assert three.primary.admin.info("keyspace")["db3"]["keys"] == 1
    await store.close()


async def test_the_same_client_goes_on_after_a_failover(tmp_path: Path) -> None:
    """The primary is killed: what was written is there on the new one, for the client that was open all the time."""
    with watched(tmp_path) as three:
        store = store_at(three.url)
        await store.open()
        assert (await store.pilots.put([Pilot(id="a", name="A")])).new == 1
        until(lambda: three.replica.admin.dbsize() == three.primary.admin.dbsize(), "the replica never had it all")
        await ask_and_answer(store)
        three.primary.admin.wait(1, 5000)
        three.primary.kill()
        end, faults = time.monotonic() + 20, set()
        while time.monotonic() < end:
            try:
                with store.faults_said():
                    found = await store.pilots.all()
                break
            except StoreUnavailable as fault:
                faults.add(str(fault))
                await asyncio.sleep(0.1)
        assert {p.id for p in found} == {"a", "b"}
        assert faults
        assert all("run the command again" in fault for fault in faults)
        await count_people(store)
        await store.close()


async def test_a_primary_that_hands_over_is_left(tmp_path: Path) -> None:
    """After a failover that somebody asked for the open client writes to the new primary, though the old one lives."""
    with watched(tmp_path) as three:
        store = store_at(three.url)
        await store.open()
        await ask_and_answer(store)
        three.sentinel.admin.execute_command("SENTINEL", "FAILOVER", "store")
        until(lambda: three.sentinel.admin.sentinel_masters()["store"]["port"] == three.replica.port, "never named")
        # What the Sentinel does by itself within its next ten seconds.
        three.primary.admin.replicaof("127.0.0.1", three.replica.port)
        assert (await store.pilots.put([Pilot(id="c", name="C")])).new == 1
        await count_people(store)
        assert three.replica.admin.exists(KEYS.pilots)
        await store.close()


async def test_faults_of_sentinels_are_said(three: Watched) -> None:
    """Nobody there, a name nobody watches, a password that is wrong or left out, a server instead of a Sentinel."""
    assert "can't be reached" in await said(f"redis+sentinel://:{SECRET}@127.0.0.1:{free_port()}/store")
    assert "no primary of the name 'other'" in await said(three.url.replace("/store", "/other"))
    for given in (three.url.replace("sentinel_password=", "sentinel_password=no-"), three.url.partition("?")[0]):
        assert "set sentinel_username and sentinel_password" in await said(given)
    server = f"redis+sentinel://:{SECRET}@127.0.0.1:{three.primary.port}/store?sentinel_password={SECRET}"
    assert "is no Sentinel" in await said(server)
    wrong = three.url.replace(f":{SECRET}@", f":no-{SECRET}@")
    assert "The store at store (Sentinels" in await said(wrong)
    assert "refused user or password; check them" in await said(wrong)
    assert "runs as sentinel; write redis+sentinel://" in await said(three.sentinel.url)


async def test_a_primary_that_is_gone_is_said(tmp_path: Path) -> None:
    """Where there is no replica to take over, the Sentinels know no primary at this moment."""
    with serve(tmp_path) as primary:
        notes = tmp_path / "sentinel.conf"
        notes.write_text(
            f"sentinel monitor store 127.0.0.1 {primary.port} 1\nsentinel auth-pass store {SECRET}\nsentinel down-after-milliseconds store 200\n"
        )
        with serve(tmp_path, "--sentinel", notes=notes) as sentinel:
            until(lambda: "master" in sentinel.admin.sentinel_masters()["store"]["flags"], "never seen")
            primary.kill()
            until(lambda: sentinel.admin.sentinel_masters()["store"]["is_sdown"], "never missed")
            url = f"redis+sentinel://:{SECRET}@127.0.0.1:{sentinel.port}/store?sentinel_password={SECRET}"
            assert "know no primary of 'store' at this moment" in await said(url)


async def test_the_user_of_the_docs_may_ask_a_sentinel(three: Watched) -> None:
    """The rights of sentinel.acl are enough; without them the command is named."""
    words = (ACL / "sentinel.acl").read_text().replace("PASSWORD", SECRET).split()
    three.sentinel.admin.execute_command("ACL", "SETUSER", *words[1:2], "reset", *words[2:])
    url = three.url.replace("?", "?sentinel_username=stickshaker&")
    store = store_at(url)
    await store.open()
    await store.close()
    three.sentinel.admin.execute_command("ACL", "SETUSER", "stickshaker", "-sentinel|masters")
    assert "do not let their user run SENTINEL MASTERS" in await said(url)
