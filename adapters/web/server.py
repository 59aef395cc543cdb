"""The web server: how we are, for machines that watch us, and facts that data teams push (docs/operating.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from adapters.web.metrics import metrics_text
from adapters.web.push import Pusher
from bot.app.vitals import Check, Vitals
from bot.errors import StoreUnavailable

LOG = logging.getLogger(__name__)

FRESH: Final = 5.0
"""Seconds for which what the store said is good enough for another scrape, at the least."""
SHARE: Final = 0.02
"""Of our time that reading it may take: where it takes long it is read less often."""
PATIENCE: Final = 3.0
"""Seconds that the store has to answer us."""
AGAIN: Final = "5"
"""Seconds after which whoever asked may ask again while the store is away."""
SAID: Final = {
    "store": "the store does not answer",
    "key": "the store was filled under another pseudonym key, or can't say",
    "switch": "the switch (shadow, live, paused) can't be read",
    "queue": "the queue of tasks does not answer",
    "worker": "the worker of this process does not run",
}
Faults = Callable[[], AbstractContextManager[None]]


class Watch:
    """What machines that watch us ask for."""

    def __init__(
        self,
        *,
        version: str,
        checks: Mapping[str, Check],
        vitals: Callable[[], Awaitable[Vitals]],
        faults: Faults,
        registry: CollectorRegistry,
    ) -> None:
        """Ask by these; `faults` makes a block in which faults of the store are StoreUnavailable."""
        self._version, self._checks, self._vitals = version, checks, vitals
        self._faults, self._registry = faults, registry
        self._lock = asyncio.Lock()
        self._last: Vitals | None = None
        self._read_again_at = 0.0

    async def health(self, _: web.Request) -> web.Response:
        """Say that the process lives, whatever the store does."""
        return web.json_response({"status": "alive", "version": self._version})

    async def ready(self, _: web.Request) -> web.Response:
        """Say whether this process is of use, and if not why."""
        answers = await asyncio.gather(*(self._is_well(check) for check in self._checks.values()))
        missing = [SAID[name] for name, is_well in zip(self._checks, answers, strict=True) if not is_well]
        status = 503 if missing else 200
        return web.json_response({"status": "not ready" if missing else "ready", "reasons": missing}, status=status)

    async def metrics(self, _: web.Request) -> web.Response:
        """Return figures for Prometheus; those of the store are missing when it does not answer."""
        text = metrics_text(self._registry, await self._fresh())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _is_well(self, check: Check) -> bool:
        try:
            with self._faults():
                async with asyncio.timeout(PATIENCE):
                    await check()
        except Exception as fault:  # noqa: BLE001  whatever it was, this part is not ready
            LOG.warning("not ready: %s", type(fault).__name__)
            return False
        return True

    async def _fresh(self) -> Vitals | None:
        """Return what the store says, asked by one scrape at a time."""
        async with self._lock:
            begun = monotonic()
            if begun >= self._read_again_at:
                self._last = None
                try:
                    with self._faults():
                        async with asyncio.timeout(PATIENCE):
                            self._last = await self._vitals()
                except (StoreUnavailable, TimeoutError) as fault:
                    LOG.warning("no figures of the store: %s", type(fault).__name__)
                ended = monotonic()
                self._read_again_at = ended + max(FRESH, (ended - begun) / SHARE) if self._last else ended
            return self._last


def application(watch: Watch, pusher: Pusher | None = None) -> web.Application:
    """Return what answers /healthz, /readyz and /metrics, and with a pusher POST /v1/usage.

    Serve it by `web.AppRunner(app, access_log=None)`: paths, addresses and headers are not logged.
    """
    app = web.Application(middlewares=[_boundary])
    app.router.add_get("/healthz", watch.health)
    app.router.add_get("/readyz", watch.ready)
    app.router.add_get("/metrics", watch.metrics)
    if pusher is not None:
        app.router.add_post("/v1/usage", pusher.take)
    return app


@web.middleware
async def _boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a fault of ours into an answer without detail; only its kind and place are logged."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except StoreUnavailable:
        LOG.warning("a request was turned away: the store does not answer")
        return web.json_response(
            {"error": SAID["store"] + "; send it again"}, status=503, headers={"Retry-After": AGAIN}
        )
    except Exception as fault:  # noqa: BLE001  the one boundary of requests
        place = extract_tb(fault.__traceback__)[-1]
        LOG.error("a request failed: %s in %s:%d", type(fault).__name__, Path(place.filename).name, place.lineno)  # noqa: TRY400  the words of the fault stay out
        return web.json_response({"error": "a fault of ours; the log has its kind"}, status=500)
