"""What is routed to no pilot: one small record for each source."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.wire import Client, to_text
from bot.intake import Unrouted

MOST: Final = 200
"""Combinations of group and surface that are kept of a source, those with the most facts."""


class RedisNowhere:
    """The Nowhere port."""

    def __init__(self, client: Client, keys: Keys) -> None:
        """Keep all sources in one hash: there are few."""
        self._client, self._keys = client, keys

    async def put(self, source: str, unrouted: Sequence[Unrouted]) -> None:
        """Replace what is known of a source; of very many only those with the most facts are kept."""
        if not unrouted:
            await self._client.hdel(self._keys.nowhere, source)
            return
        most = sorted(unrouted, key=_rank)[:MOST]
        told = [[u.group, u.surface, u.facts, u.people, u.newest_day.isoformat()] for u in most]
        await self._client.hset(self._keys.nowhere, source, json.dumps(told))

    async def all(self) -> list[Unrouted]:
        """Return everything, the most facts first."""
        stored = await self._client.hgetall(self._keys.nowhere)
        found = [
            Unrouted(to_text(source), group, surface, facts, people, date.fromisoformat(day))
            for source, told in stored.items()
            for group, surface, facts, people, day in json.loads(told)
        ]
        return sorted(found, key=_rank)


def _rank(one: Unrouted) -> tuple[int, str, str, str]:
    return -one.facts, one.source, one.group or "", one.surface
