"""The organisation's switch, and the fingerprint of its key."""

import hmac

from adapters.redis_store.audit import to_stored
from adapters.redis_store.keys import SHARDS, Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.wire import Client, to_text
from bot.domain.audit import AuditEntry
from bot.domain.settings import OrgState
from bot.errors import Conflict, WrongKey


class RedisSettings:
    """The SettingsStore port."""

    def __init__(self, client: Client, keys: Keys, scripts: Scripts) -> None:
        """Keep what is needed; all state is in the store."""
        self._client, self._keys, self._scripts = client, keys, scripts

    async def read(self) -> OrgState:
        """Return the present state; shadow mode as long as nobody turned the switch."""
        found = await self._client.hget(self._keys.org, "doc")
        return OrgState() if found is None else OrgState.from_stored(found)

    async def write(self, state: OrgState, entry: AuditEntry) -> OrgState:
        """Turn the switch; raises Conflict when somebody else turned it since `state` was read."""
        turned = state.model_copy(update={"revision": state.revision + 1})
        args: list[str | int | float | bytes] = [state.revision, turned.to_stored(), to_stored(entry)]
        if not await self._scripts.run("switch", [self._keys.org, self._keys.admin_audit], args):
            msg = "Somebody else turned the switch at this moment; look at `stickshaker check` and try again."
            raise Conflict(msg)
        await self.spread(turned)
        return turned

    async def spread(self, state: OrgState) -> None:
        """Copy the mode to every shard of people, where a claim looks."""
        for shard in range(SHARDS):
            await self._scripts.run("mode", [self._keys.mode(shard)], [state.revision, state.mode.value])

    async def check_key(self, secret: bytes, *, reading: bool = False) -> None:
        """Remember the fingerprint of the organisation's key, unless `reading`; raises WrongKey for another one."""
        mark = hmac.digest(secret, b"stickshaker key fingerprint", "sha256").hex()[:16]
        if not reading:
            await self._client.set(self._keys.key_fingerprint, mark, nx=True)
        held = await self._client.get(self._keys.key_fingerprint)
        if held is None and reading:
            return
        if held is None or to_text(held) != mark:
            msg = (
                "This store was filled under another STICKSHAKER_PSEUDONYM_KEY: with this one nobody would be "
                "recognised. Set the former key again, or use an empty store."
            )
            raise WrongKey(msg)
