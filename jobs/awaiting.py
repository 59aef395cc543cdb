"""What answers over HTTP before there is a store: that the process lives, and what it waits for.

Whoever watches us would take a closed port for a process that died, and start it again and again.
"""

from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.errors import SettingsError

AWAITED: Final = "the store is awaited"
AGAIN: Final = "5"
"""Seconds after which whoever asked may ask again."""
PATIENCE: Final = 1.0
"""Seconds that an answer under way has when this ends."""
STORE_UP: Final = b"# TYPE stickshaker_store_up gauge\nstickshaker_store_up 0.0\n"


class WaitingRoom:
    """A web server of the same address and paths, for as long as there is no store; it may be opened again."""

    def __init__(self, host: str, port: int, version: str, registry: CollectorRegistry) -> None:
        """Answer here once it is opened; `registry` has what this process counts."""
        self._host, self._port, self._version, self._registry = host, port, version, registry
        self._runner: web.AppRunner | None = None
        self.why = ""
        """What the store does instead, where it is there and can't be used: "is full"."""

    async def open(self) -> None:
        """Listen, if that isn't so already; raises SettingsError when nothing can be served there."""
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_route("*", "/{path:.*}", self._ready)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=PATIENCE)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as fault:
            msg = (
                f"Nothing can be served at {self._host}:{self._port} ({fault.strerror}); "
                "set STICKSHAKER_HTTP_HOST and STICKSHAKER_HTTP_PORT."
            )
            raise SettingsError(msg) from fault

    async def close(self) -> None:
        """Leave the address to the server that comes after."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive", "version": self._version})

    async def _ready(self, _: web.Request) -> web.Response:
        """Say why not, to readiness and to whoever wants anything else."""
        reason = f"{AWAITED}: it {self.why}" if self.why else AWAITED
        told = {"status": "not ready", "reasons": [reason], "error": f"{reason}; send it again"}
        answer = web.json_response(told, status=503, headers={"Retry-After": AGAIN})
        answer.force_close()  # a body that comes with it is not read
        return answer

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._registry) + STORE_UP
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
