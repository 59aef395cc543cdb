"""A Cluster of three: the same life as on one server, through lost scripts and a moved slot; each fault in one sentence."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from loops import ask_and_answer, count_people
from servers import SECRET, Server, cluster, cluster_url, form, free_port, serve, until

from adapters.redis_store.address import client_for, engine_url
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.domain.entry import Stream
from bot.domain.pilot import Pilot
from bot.errors import StoreUnavailable

KEYS = Keys("ss", "acme")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Return three servers that form a Cluster."""
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
async def clustered(nodes: list[Server]) -> AsyncIterator[RedisStore]:
    """Return an empty store on the Cluster."""
    for node in nodes:
        node.admin.flushall()
    one = RedisStore(client_for(cluster_url(nodes)), b"k", KEYS)
    await one.open()
    yield one
    await one.close()


def is_whole(node: Server) -> bool:
    """Whether a node sees every slot held."""
    return b"cluster_state:ok" in node.admin.execute_command("CLUSTER", "INFO").split()


async def said(url: str) -> str:
    """Return the sentence with which a store is refused."""
    store = RedisStore(client_for(url), b"k", KEYS)
    try:
        with pytest.raises(StoreUnavailable) as told:
            await store.open()
        return str(told.value)
    finally:
        await store.close()


async def test_the_whole_loop_runs_on_a_cluster(clustered: RedisStore, nodes: list[Server]) -> None:
    """Found, asked, answered, counted and forgotten, and every node holds a part of it; the probe leaves nothing."""
    assert [key for node in nodes for key in node.admin.keys("*")] == [b"ss:acme:key"]
    await ask_and_answer(clustered)
    await count_people(clustered)
    assert all(node.admin.dbsize() > 5 for node in nodes)


async def test_the_streams_of_others_are_read_where_they_lie(clustered: RedisStore) -> None:
    """Entries of both streams, which lie in slots of their own, are handed out and gone once taken in."""
    for stream in Stream:
        await clustered.client.xadd(KEYS.ingress(stream), {"kind": "x"})
        (entry,) = (await clustered.ingress.read(stream)).entries
        await clustered.ingress.done(stream, [entry.id])
        assert not (await clustered.ingress.read(stream)).entries


async def test_a_node_that_forgot_its_scripts_is_sent_them_again(clustered: RedisStore, nodes: list[Server]) -> None:
    """After SCRIPT FLUSH, as after a failover, single scripts and those in pipelines run."""
    await count_people(clustered)
    for node in nodes:
        node.admin.script_flush()
    await ask_and_answer(clustered)


async def test_a_slot_that_moves_is_followed(clustered: RedisStore, nodes: list[Server]) -> None:
    """What was written before a slot moved to another node is found there, on its own and in a pipeline."""
    await clustered.pilots.put([Pilot(id=n, name=n) for n in "abc"])
    place = KEYS.pilot(0)
    slot = nodes[0].admin.cluster("keyslot", place)
    (source,) = [n for n in nodes if n.admin.execute_command("CLUSTER", "COUNTKEYSINSLOT", slot)]
    target = next(n for n in nodes if n is not source)
    ids = {n.port: n.admin.execute_command("CLUSTER", "MYID").decode() for n in nodes}
    target.admin.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source.port])
    source.admin.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target.port])
    moving = source.admin.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100)
    source.admin.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "AUTH", SECRET, "KEYS", *moving)
    assert {p.id for p in await clustered.pilots.all()} == set("abc")  # asked to look there, while it moves
    for node in (target, source, *nodes):
        node.admin.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target.port])
    assert {p.id for p in await clustered.pilots.all()} == set("abc")
    assert (await clustered.pilots.put([Pilot(id="a", name="A")])).changed == 1


async def test_the_engine_gets_one_node_that_answers(nodes: list[Server]) -> None:
    """Of a Cluster the engine is told a node that answered, with user, password and options as they were."""
    gone = free_port()
    url = cluster_url(nodes).replace("@", f"@127.0.0.1:{gone},") + "?socket_keepalive=yes"
    store = RedisStore(client_for(url), b"k", KEYS)
    await store.open()
    told = engine_url(url, store.client)
    await store.close()
    assert told in {f"redis+cluster://:{SECRET}@127.0.0.1:{n.port}?socket_keepalive=yes" for n in nodes}
    assert engine_url("redis://h:1/2", store.client) == "redis://h:1/2"


async def test_a_right_that_one_node_keeps_is_named(nodes: list[Server]) -> None:
    """Nodes have users of their own: what one of them refuses is said, and so are keys of the engine."""
    for node in nodes:
        node.admin.execute_command("ACL", "SETUSER", "weak", "reset", "on", f">{SECRET}", "~*", "&*", "+@all")
    url = cluster_url(nodes, "weak")
    nodes[1].admin.execute_command("ACL", "SETUSER", "weak", "-zscore")
    assert "may not run ZSCORE;" in await said(url)
    nodes[1].admin.execute_command("ACL", "SETUSER", "weak", "+zscore")
    for node in nodes:
        node.admin.execute_command("ACL", "SETUSER", "weak", "resetkeys", "~ss:*", "~stickshaker:in:*")
    assert "allow ~{ss:acme:docket}:* in" in await said(url)
    for node in nodes:
        node.admin.execute_command("ACL", "SETUSER", "weak", "-cluster|slots")
    assert "may not run CLUSTER SLOTS;" in await said(url)


async def test_the_wrong_url_and_the_wrong_password_are_said(nodes: list[Server], tmp_path: Path) -> None:
    """A Cluster under a plain URL, one server under that of a Cluster, a wrong password, nobody there."""
    assert "write redis+cluster://" in await said(nodes[0].url)
    with serve(tmp_path) as single:
        assert "is no Cluster; write redis://" in await said(cluster_url([single]))
    wrong = await said(cluster_url(nodes, password=f"no-{SECRET}"))
    assert "user or password" in wrong
    assert SECRET not in wrong
    nobody = await said(f"redis+cluster://:{SECRET}@127.0.0.1:{free_port()}")
    assert "can't be reached" in nobody
    assert SECRET not in nobody


async def test_a_cluster_that_is_not_whole_is_said(tmp_path: Path) -> None:
    """Never formed, and with slots that nobody holds."""
    flags = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    with serve(tmp_path, *flags) as lone:
        url = cluster_url([lone])
        assert "slots that no node holds" in await said(url)
        form([lone])
        store = RedisStore(client_for(url), b"k", KEYS)
        await store.open()
        await store.close()
        lone.admin.execute_command("CLUSTER", "DELSLOTS", 7)
        assert "slots that no node holds" in await said(url)


async def test_a_node_that_ends_is_one_sentence_and_the_client_goes_on(tmp_path: Path) -> None:
    """While a node is down the fault is said; the same client works again once it is back."""
    with cluster(tmp_path, 3, "--appendonly", "yes", "--appendfsync", "always") as nodes:
        store = RedisStore(client_for(cluster_url(nodes)), b"k", KEYS)
        await store.open()
        await store.pilots.put([Pilot(id=str(n), name="x") for n in range(30)])
        nodes[1].kill()
        with pytest.raises(StoreUnavailable) as told, store.faults_said():
            await store.pilots.all()
        assert "run the command again" in str(told.value)
        nodes[1].start_again()
        until(lambda: all(is_whole(node) for node in nodes), "the cluster never came back")
        assert len(await store.pilots.all()) == 30
        await store.close()
