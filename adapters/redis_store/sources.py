"""What is known of each source of usage."""

from adapters.redis_store.keys import Keys
from adapters.redis_store.records import refuse_newer
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_bytes
from bot.domain.falls import CommonFalls
from bot.domain.telemetry import SourceStatus


class RedisSources:
    """The Sources port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts) -> None:
        """Keep all statuses in one hash: there are few."""
        self._client, self._keys, self._scripts = client, keys, scripts

    async def put(self, status: SourceStatus) -> None:
        """Store a status; the newest day never moves back, whoever else stores one at the same time."""
        is_stored = False
        while not is_stored:
            before = await self._client.hget(self._keys.sources, status.source)
            held = SourceStatus.from_stored(before).newest_day if before is not None else None
            newest = max((d for d in (held, status.newest_day) if d), default=None)
            after = status.model_copy(update={"newest_day": newest}).to_stored()
            args: list[str | int | float | bytes] = [status.source, before or "", after]
            is_stored = bool(await self._scripts.run("swap", [self._keys.sources], args))

    async def all(self) -> list[SourceStatus]:
        """Return every status, sorted by source."""
        stored = await self._client.hgetall(self._keys.sources)
        return sorted((SourceStatus.from_stored(s) for s in stored.values()), key=lambda s: s.source)

    async def keep_common(self, common: CommonFalls) -> None:
        """Keep what a look at everything saw of sources as a whole; raises NewerRecord over a newer one."""
        before = await self._client.get(self._keys.common)
        refuse_newer(CommonFalls, [] if before is None else [to_bytes(before)])
        await self._client.set(self._keys.common, common.to_stored())

    async def common(self) -> CommonFalls:
        """Return what the last look at everything saw of sources as a whole."""
        stored = await self._client.get(self._keys.common)
        return CommonFalls() if stored is None else CommonFalls.from_stored(stored)
