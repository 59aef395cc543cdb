"""A primary that Sentinels name: who is asked, why there is none, and connections that follow it."""

import asyncio
from typing import Final

from redis.asyncio.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from bot.errors import StoreUnavailable

SENTINEL_PORT: Final = 26379


class Watchers(Sentinel):
    """The Sentinels of a URL, who say why there is no primary."""

    @property
    def told(self) -> str:
        """Return their addresses."""
        given = [one.connection_pool.connection_kwargs for one in self.sentinels]
        return ", ".join(sorted(f"{one['host']}:{one['port']}" for one in given))

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """Return host and port of the primary; raises StoreUnavailable in one sentence when none is named."""
        try:
            found: tuple[str, int] = await super().discover_master(service_name)
        except (MasterNotFoundError, ResponseError) as fault:
            why = await self._why(service_name)
            if why is None:
                raise
            raise StoreUnavailable(why) from fault
        return found

    async def _why(self, name: str) -> str | None:
        """Ask each of them once more; returns None where none can be reached."""
        answers = await asyncio.gather(*(one.sentinel_masters() for one in self.sentinels), return_exceptions=True)
        known = [told for told in answers if isinstance(told, dict)]
        at = f"The Sentinels at {self.told}"
        if any(name in told for told in known):
            return f"{at} know no primary of '{name}' at this moment; wait until they have chosen one and run the command again."
        if known:
            return f"{at} watch no primary of the name '{name}'; write one that they know at the end of STICKSHAKER_REDIS_URL."
        if any(isinstance(told, AuthenticationError) for told in answers):
            return (
                f"{at} refused user or password; set sentinel_username and sentinel_password in STICKSHAKER_REDIS_URL."
            )
        if any(isinstance(told, NoPermissionError) for told in answers):
            return f"{at} do not let their user run SENTINEL MASTERS; allow that in their ACL."
        if any(isinstance(told, ResponseError) for told in answers):
            return f"What answers at {self.told} is no Sentinel; name the Sentinels (port {SENTINEL_PORT}) in STICKSHAKER_REDIS_URL, not the servers."
        return None


class _Asking(SentinelManagedConnection):
    """A connection that asks the Sentinels before it goes anywhere.

    redis-py 8.1 asks when a connection is taken from the pool, and on the retries of a command goes back to where
    it was: to the server that is dead, or no primary any more.
    """

    async def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:  # noqa: FBT001, FBT002  as redis-py calls it
        """Connect; `retry_socket_connect` is left out by whoever asked already."""
        if retry_socket_connect and not self.is_connected:
            self.host, self.port = await self.connection_pool.get_master_address()
        await super().connect_check_health(check_health, retry_socket_connect)


class PlainConnection(_Asking):
    """One in plain text."""


class SecureConnection(_Asking, SentinelManagedSSLConnection):
    """One with TLS."""


class WatchedPool(SentinelConnectionPool):
    """Connections to the primary that the Sentinels name, which it closes as well."""

    service_name: str

    def __init__(self, name: str, sentinels: Watchers, *, ssl: bool = False, **given: object) -> None:
        """Ask these Sentinels for the primary of `name`."""
        self.sentinels = sentinels
        kind = SecureConnection if ssl else PlainConnection
        super().__init__(name, sentinels, connection_class=kind, **given)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    async def aclose(self) -> None:
        """Let go of the servers and of the Sentinels."""
        await super().aclose()
        await self.sentinels.aclose()
