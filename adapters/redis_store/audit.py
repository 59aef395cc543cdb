"""The trail of changes: written by the scripts that make them, read here."""

import json
from datetime import datetime
from typing import Final

from adapters.redis_store.keys import Keys
from adapters.redis_store.numbers import Numbers
from adapters.redis_store.wire import Client, to_bytes, to_text
from bot.domain.audit import AuditEntry

FIELDS: Final = ("at", "who", "what", "before", "after", "why")


class RedisAudit:
    """The Audit port."""

    def __init__(self, client: Client, keys: Keys, pilots: Numbers) -> None:
        """Share the pilots' numbers."""
        self._client, self._keys, self._pilots = client, keys, pilots

    async def admin(self) -> list[AuditEntry]:
        """Return what admins did, oldest first."""
        return [from_stored(entry) for _, entry in await self._entries(self._keys.admin_audit)]

    async def of_pilot(self, pilot: str) -> list[AuditEntry]:
        """Return how the cases of a pilot moved, oldest first."""
        number = await self._pilots.of(pilot)
        if number is None:
            return []
        entries = await self._entries(self._keys.audit(self._keys.shard_of_pilot(number)))
        return [from_stored(entry) for about, entry in entries if about == str(number)]

    async def note(self, pilot: str, entry: AuditEntry) -> None:
        """Write down what somebody changed about a pilot."""
        number = await self._pilots.of(pilot)
        if number is not None:
            stream = self._keys.audit(self._keys.shard_of_pilot(number))
            await self._client.xadd(stream, {"pilot": number, "entry": to_stored(entry)})

    async def _entries(self, stream: str) -> list[tuple[str, bytes]]:
        """Return what each entry of a stream is about, and the entry."""
        found = await self._client.xrange(stream) or []
        held = [fields or {} for _, fields in found]
        return [(to_text(f.get(b"pilot", b"")), to_bytes(f[b"entry"])) for f in held]


def to_stored(entry: AuditEntry) -> str:
    """Return the JSON of an audit entry."""
    # One is written with every step of a delivery: `asdict` would copy each text.
    fields = (entry.at.isoformat(), entry.who, entry.what, entry.before, entry.after, entry.why)
    return json.dumps(dict(zip(FIELDS, fields, strict=True)))


def from_stored(text: bytes) -> AuditEntry:
    """Read the JSON of an audit entry."""
    fields = json.loads(text)
    return AuditEntry(**(fields | {"at": datetime.fromisoformat(fields["at"])}))
