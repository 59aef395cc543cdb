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
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from adapters.web.metrics import metrics_text
from adapters.web.push import Pusher
from bot.app.vitals import Check, Vitals
from bot.errors import NewerRecord, StoreUnavailable

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
    "write": "nothing can be written to the store",
    "key": "the store was filled under another pseudonym key, or can't say",
    "switch": "the switch (shadow, live, paused) can't be read",
    "queue": "the queue of tasks does not answer",
    "worker": "the worker of this process does not run",
    "slack": "Slack refuses the app; `stickshaker check` says why",
    "teams": "Microsoft refuses the app; `stickshaker check` says why",
}
Faults = Callable[[], AbstractContextManager[None]]


def reason_of(fault: BaseException, otherwise: str) -> str:
    """Return why, in words that anybody may read: no address, nothing of what is stored."""
    match fault:
        case NewerRecord():
            return str(fault)
        case StoreUnavailable(why=why) if why:
            return f"the store {why}"
    return otherwise


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
        self._unreadable = ""
        self._read_again_at = 0.0
        self._logged: dict[str, str] = {}

    async def health(self, _: web.Request) -> web.Response:
        """Say that the process lives, whatever the store does."""
        return web.json_response({"status": "alive", "version": self._version})

    async def ready(self, _: web.Request) -> web.Response:
        """Say whether this process is of use, and if not why."""
        answers = await asyncio.gather(*(self._missing(*check) for check in self._checks.items()))
        if not any(answers):
            await self._fresh()  # which reads more records than the parts do, and no more often than for figures
            answers.append(self._unreadable)
        missing = list(dict.fromkeys(filter(None, answers)))
        status = 503 if missing else 200
        return web.json_response({"status": "not ready" if missing else "ready", "reasons": missing}, status=status)

    async def metrics(self, _: web.Request) -> web.Response:
        """Return figures for Prometheus; those of the store are missing when it does not answer, or not in our words."""
        text = metrics_text(self._registry, await self._fresh())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _missing(self, name: str, check: Check) -> str:
        """Return why a part is not ready, empty when it is."""
        try:
            with self._faults():
                async with asyncio.timeout(PATIENCE):
                    await check()
        except Exception as fault:  # noqa: BLE001  whatever it was, this part is not ready
            reason = reason_of(fault, SAID[name])
            self._log(name, f"not ready: {reason} ({type(fault).__name__})")
            return reason
        self._logged.pop(name, None)
        return ""

    async def _fresh(self) -> Vitals | None:
        """Return what the store says, asked by one scrape at a time."""
        async with self._lock:
            begun = monotonic()
            if begun < self._read_again_at:
                return self._last
            self._last, self._unreadable = None, ""
            try:
                with self._faults():
                    async with asyncio.timeout(PATIENCE):
                        self._last = await self._vitals()
            except Exception as fault:  # noqa: BLE001  whatever it was, our own figures are told
                reason = reason_of(fault, "")
                self._unreadable = reason if isinstance(fault, NewerRecord) else ""
                self._log("figures", f"no figures of the store: {type(fault).__name__}: {reason}".rstrip(": "))
                is_away = isinstance(fault, StoreUnavailable | TimeoutError)
            else:
                self._logged.pop("figures", None)
                is_away = False
            ended = monotonic()
            self._read_again_at = ended if is_away else ended + max(FRESH, (ended - begun) / SHARE)
            return self._last

    def _log(self, what: str, says: str) -> None:
        """Say what is wrong with something once, until it is well again or something else is wrong."""
        if self._logged.get(what) != says:
            self._logged[what] = says
            LOG.warning("%s", says)


def application(watch: Watch, pusher: Pusher | None = None) -> web.Application:
    """Return what answers /healthz, /readyz and /metrics, and with a pusher POST /v1/usage.

    Serve it by `web.AppRunner(app, access_log=None)`: paths, addresses and headers are not logged.
    """
    logging.getLogger("aiohttp.server").addFilter(is_ours)
    # A body is taken as it was sent: aiohttp would take a gzip that was cut off for a whole one.
    app = web.Application(middlewares=[_boundary], handler_args={"auto_decompress": False})
    app.router.add_get("/healthz", watch.health)
    app.router.add_get("/readyz", watch.ready)
    app.router.add_get("/metrics", watch.metrics)
    if pusher is not None:
        app.router.add_post("/v1/usage", pusher.take)
    return app


def is_ours(record: logging.LogRecord) -> bool:
    """Whether what aiohttp logs is a fault of ours: that a sender speaks no good HTTP is told to the sender."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


@web.middleware
async def _boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a fault of ours into an answer without detail; only its kind and place are logged."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except (StoreUnavailable, NewerRecord) as fault:
        reason = reason_of(fault, SAID["store"])
        LOG.warning("a request was turned away: %s", reason)
        told = {"error": f"{reason.rstrip('.')}; send it again"}
        return web.json_response(told, status=503, headers={"Retry-After": AGAIN})
    except Exception as fault:  # noqa: BLE001  the one boundary of requests
        place = extract_tb(fault.__traceback__)[-1]
        LOG.error("a request failed: %s in %s:%d", type(fault).__name__, Path(place.filename).name, place.lineno)  # noqa: TRY400  the words of the fault stay out
        return web.json_response({"error": "a fault of ours; the log has its kind"}, status=500)
