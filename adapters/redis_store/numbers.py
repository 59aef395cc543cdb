"""Dense numbers of pilots and sources: allotted once, never reused, never shown."""

from collections.abc import Iterable, Sequence

from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_text
from bot.errors import NotFound

CHUNK = 500


class Numbers:
    """Numbers of the names in one hash; known ones are remembered, since they never change."""

    def __init__(self, client: Client, scripts: Scripts, key: str) -> None:
        """Look after the hash `key`."""
        self._client, self._scripts, self._key = client, scripts, key
        self._known: dict[str, int] = {}

    async def allot(self, names: Sequence[str]) -> dict[str, int]:
        """Return the numbers of these names, giving out new ones where there are none."""
        fresh = sorted({name for name in names if name not in self._known})
        for start in range(0, len(fresh), CHUNK):
            part = fresh[start : start + CHUNK]
            numbers = await self._scripts.run("number", [self._key], list(part))
            self._known.update(zip(part, map(int, numbers), strict=True))
        return {name: self._known[name] for name in names}

    async def of(self, name: str) -> int | None:
        """Return the number of a name, None when it has none."""
        if name not in self._known:
            found = await self._client.hget(self._key, name)
            if found is None:
                return None
            self._known[name] = int(found)
        return self._known[name]

    async def some(self, names: Sequence[str]) -> dict[str, int]:
        """Return the numbers of these names; those without one are left out."""
        fresh = sorted({name for name in names if name not in self._known})
        for start in range(0, len(fresh), CHUNK):
            part = fresh[start : start + CHUNK]
            found = zip(part, await self._client.hmget(self._key, part), strict=True)
            self._known.update({name: int(number) for name, number in found if number is not None})
        return {name: self._known[name] for name in names if name in self._known}

    async def known(self, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of these pilots; raises NotFound for one that has none."""
        wanted = set(names)
        if not wanted <= self._known.keys():
            await self.all()
        missing = sorted(wanted - self._known.keys())
        if missing:
            msg = f"There is no pilot '{missing[0]}' in the registry; load the registry first."
            raise NotFound(msg)
        return {name: self._known[name] for name in wanted}

    async def all(self) -> dict[str, int]:
        """Return every name with its number."""
        stored = await self._client.hgetall(self._key)
        self._known = {to_text(name): int(to_text(number)) for name, number in stored.items()}
        return dict(self._known)
