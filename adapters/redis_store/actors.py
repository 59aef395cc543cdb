"""Pseudonyms of users. What is stored of an id is its HMAC under the organisation's key, never the id itself."""

import hmac
from collections.abc import Sequence
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.fact import ACTOR_BYTES
from bot.domain.people import normalise

CHUNK: Final = 500
"""Ids in one call of a script."""


class RedisActors:
    """The Actors port.

    An alias is kept as 80 bits of HMAC(key, "alias:" + id), pointing at the id it stands for in the
    same form. The pseudonym is 80 bits of HMAC(key, "usage:" + that form), so that it matches neither
    the table of aliases nor the ids of people the registry names.
    """

    def __init__(self, client: Client, keys: Keys, scripts: Scripts, secret: bytes) -> None:
        """Keep the secret of this organisation; it is never stored here."""
        self._client, self._keys, self._scripts, self._secret = client, keys, scripts, secret

    async def resolve(self, users: Sequence[str]) -> dict[str, bytes]:
        """Return the pseudonym of each user: through the aliases, then keyed."""
        wanted = list(dict.fromkeys(users))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            blob = to_bytes(
                await self._scripts.run("resolve", [self._keys.aliases], [self._keyed(user) for user in part])
            )
            for place, user in enumerate(part):
                stands_for = blob[place * ACTOR_BYTES : (place + 1) * ACTOR_BYTES]
                found[user] = hmac.digest(self._secret, b"usage:" + stands_for, "sha256")[:ACTOR_BYTES]
        return found

    async def join(self, people: Sequence[Sequence[str]]) -> int:
        """Remember that the ids of each list are of one person, named by the first; returns how many are new."""
        lists = [[self._keyed(alias) for alias in one] for one in people if len(one) > 1]
        fresh = 0
        for start in range(0, len(lists), CHUNK):
            args: list[str | int | float | bytes] = []
            for one in lists[start : start + CHUNK]:
                args += [len(one), *one]
            fresh += int(await self._scripts.run("join", [self._keys.aliases], args))
        return fresh

    def _keyed(self, alias: str) -> bytes:
        return hmac.digest(self._secret, b"alias:" + normalise(alias).encode(), "sha256")[:ACTOR_BYTES]
