"""The stores of a storm: one server, three as a Cluster, or a primary with a replica under a Sentinel."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final, Protocol

from servers import Server, Watched, cluster, cluster_url, is_formed, old_binary, serve, until, watched

SYNC = os.environ.get("STICKSHAKER_CHAOS_SYNC", "always")
"""How the store keeps its file: as ours does, or `everysec`."""
KEEPING: Final = ("--appendonly", "yes", "--appendfsync", SYNC)
PATIENCE: Final = 60.0
"""Seconds in which a Sentinel must have put a new primary in place, or made the old one its replica."""


class Store(Protocol):
    """What a storm needs of a store."""

    @property
    def url(self) -> str:
        """Return its URL."""
        ...

    def settle(self) -> None:
        """Return once the next breakdown can be survived."""
        ...

    def break_down(self, dice: Random) -> None:
        """Kill a server that is written to, and return once the store takes writes again."""
        ...


@dataclass(frozen=True, slots=True)
class OneServer:
    """A server without a replica: killed, it comes back with what it had acknowledged."""

    server: Server

    @property
    def url(self) -> str:
        """Return where it is."""
        return self.server.url

    def settle(self) -> None:
        """Return at once: it runs."""

    def break_down(self, dice: Random) -> None:
        """Kill it and start it again after a moment."""
        _kill_for_a_moment(self.server, dice)


@dataclass(frozen=True, slots=True)
class ThreeNodes:
    """A Cluster without replicas: while a node is gone, a third of the keys is."""

    nodes: list[Server]

    @property
    def url(self) -> str:
        """Return where they are."""
        return cluster_url(self.nodes)

    def settle(self) -> None:
        """Return at once: all of them run."""

    def break_down(self, dice: Random) -> None:
        """Kill one, start it again after a moment, and wait until every node takes writes."""
        _kill_for_a_moment(dice.choice(self.nodes), dice)
        for node in self.nodes:
            until(partial(is_formed, node), "the cluster never came back", PATIENCE)


@dataclass(frozen=True, slots=True)
class UnderSentinel:
    """A pair of servers: when the primary is killed, the other one takes its place."""

    pair: Watched

    @property
    def url(self) -> str:
        """Return where its Sentinel is."""
        return self.pair.url

    def settle(self) -> None:
        """Return once the Sentinel knows a replica that is up to date."""
        until(self._has_replica, "the old primary never became a replica", PATIENCE)

    def break_down(self, dice: Random) -> None:
        """Kill the primary, and start it again once the replica was promoted."""
        port = self._primary()
        one = self.pair.primary if self.pair.primary.port == port else self.pair.replica
        one.kill()
        until(lambda: self._primary() != port, "the sentinel never promoted the replica", PATIENCE)
        time.sleep(dice.uniform(0.1, 1.0))
        one.start_again()

    def _primary(self) -> int:
        return int(self.pair.sentinel.admin.sentinel_get_master_addr_by_name("store")[1])

    def _has_replica(self) -> bool:
        told = self.pair.sentinel.admin.sentinel_slaves("store")
        return any(one["master-link-status"] == "ok" and not one["is_disconnected"] for one in told)


@contextmanager
def one_server(folder: Path) -> Iterator[Store]:
    """Run one server with an append-only file."""
    with serve(folder, *KEEPING, binary=_binary()) as server:
        yield OneServer(server)


@contextmanager
def three_nodes(folder: Path) -> Iterator[Store]:
    """Run a Cluster of three with append-only files."""
    with cluster(folder, 3, *KEEPING, binary=_binary()) as nodes:
        yield ThreeNodes(nodes)


@contextmanager
def under_sentinel(folder: Path) -> Iterator[Store]:
    """Run a primary and its replica under a Sentinel."""
    with watched(folder, *KEEPING, binary=_binary()) as pair:
        yield UnderSentinel(pair)


LAYOUTS: Final[dict[str, Callable[[Path], AbstractContextManager[Store]]]] = {
    "one server": one_server,
    "a cluster": three_nodes,
    "a sentinel": under_sentinel,
}


def _kill_for_a_moment(server: Server, dice: Random) -> None:
    server.kill()
    time.sleep(dice.uniform(0.1, 1.0))
    server.start_again()


def _binary() -> Path | None:
    return old_binary() if os.environ.get("STICKSHAKER_TEST_STORE") == "redis62" else None
