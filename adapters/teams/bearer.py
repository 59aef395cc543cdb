"""Whether a request comes from Microsoft's Bot Connector and is meant for our bot: its signed token, by the published keys.

The rules are those of Microsoft's page on connector-to-bot authentication
(learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication), stricter where it leaves
something open: see ADR 16. No setting switches any of them off.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from bot.ports import Clock

LOG = logging.getLogger(__name__)

KEPT: Final = 24 * 3600.0
"""Seconds for which keys count as current; Microsoft asks for a day at the most."""
APART: Final = 60.0
"""Seconds between two loads: whoever makes up names of keys must not make us ask Microsoft each time."""
SOON: Final = 5.0
"""Seconds after a load that failed until the next one while there are no keys at all, so that everybody waits for it."""
PATIENCE: Final = 5.0
"""Seconds that a load may take."""
LARGEST: Final = 1024 * 1024
"""Bytes of either document; the keys are about 20 kB."""
LEEWAY: Final = 300
"""Seconds that clocks may differ."""
MOST: Final = 1000
"""Tokens whose claims are kept until they end; the connector uses one for many requests."""
SCHEME: Final = re.compile(r"[Bb]earer +(?P<token>[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *")


class NotMicrosoft(Exception):  # noqa: N818  reads as what it says of a request
    """A request is not proved to come from Microsoft for us; the text names the rule, for the log and for nobody else."""


class NoKeys(Exception):  # noqa: N818  a state, no fault
    """No key could be loaded so far, so nothing can be told of any request."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, and the channels for which it may sign."""

    key: RSAPublicKey
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Proved:
    """What a token has proved: who it is for is settled, what it is for differs by request."""

    ends_at: float
    service_url: str
    key: SigningKey


class SigningKeys:
    """The keys that Microsoft publishes, loaded at the first request and again when one is not known."""

    def __init__(
        self, session: aiohttp.ClientSession, metadata_url: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        """Load by this session from where the OpenID metadata say; `clock` counts seconds."""
        self._session, self._url, self._clock = session, metadata_url, clock
        self._keys: Mapping[str, SigningKey] = {}
        self._loaded_at = self._tried_at = -float("inf")
        self._loading = asyncio.Lock()

    async def get(self, name: str) -> SigningKey | None:
        """Return the key of this name, or None; raises NoKeys while none could be loaded at all."""
        if not self._is_current(name):
            async with self._loading:  # also for who may not load: somebody may be loading just what they need
                if not self._is_current(name) and self._clock() - self._tried_at >= (APART if self._keys else SOON):
                    await self._load()
        if not self._keys:
            raise NoKeys
        return self._keys.get(name)

    def _is_current(self, name: str) -> bool:
        """Whether this key is known, and was still published a day ago."""
        return name in self._keys and self._clock() - self._loaded_at < KEPT

    async def _load(self) -> None:
        """Load what there is now; a load that fails leaves the keys that were there."""
        try:
            async with asyncio.timeout(PATIENCE):
                metadata = await self._read(self._url)
                keys = _keys_of(await self._read(str(metadata["jwks_uri"])))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as fault:
            LOG.warning("the keys of Microsoft could not be loaded (%s); those we have stay", type(fault).__name__)
            return
        finally:  # who waited meanwhile must not load at once again
            self._tried_at = self._clock()
        if keys:
            self._keys, self._loaded_at = keys, self._clock()

    async def _read(self, url: str) -> Mapping[str, Any]:
        async with self._session.get(url, raise_for_status=True) as answer:
            if (answer.content_length or 0) > LARGEST:
                raise ValueError("too large")
            found = await answer.json(content_type=None)
        if not isinstance(found, dict):
            raise TypeError("no object")
        return found


def _keys_of(document: Mapping[str, Any]) -> dict[str, SigningKey]:
    """Return the RSA keys of a key set by their names; one that can't be read is left out."""
    found: dict[str, SigningKey] = {}
    for one in document["keys"]:
        try:
            key = RSAAlgorithm.from_jwk(one)
            marks = frozenset(str(mark) for mark in one.get("endorsements") or ())
            name = str(one["kid"])
        except (jwt.InvalidKeyError, KeyError, TypeError, ValueError, AttributeError):
            continue
        if isinstance(key, RSAPublicKey):
            found[name] = SigningKey(key, marks)
    return found


class Verifier:
    """Checks the token of each request. Every rule holds for every request; what a token proves by itself is kept until it ends."""

    def __init__(self, keys: SigningKeys, app_id: str, issuer: str, clock: Clock) -> None:
        """Take tokens of this issuer for this app; the clock is that of this machine, whatever day we judge by."""
        self._keys, self._app_id, self._issuer, self._clock = keys, app_id, issuer, clock
        self._proved: OrderedDict[str, _Proved] = OrderedDict()

    async def check(self, authorization: str, *, channel: str, service_url: str) -> None:
        """Raise NotMicrosoft where a request with this header may not say what its body says of channel and service."""
        shape = SCHEME.fullmatch(authorization)
        if shape is None:
            raise NotMicrosoft("no bearer token")
        token = shape["token"]
        proved = self._proved.get(token)
        if proved is None or proved.ends_at <= self._clock.now().timestamp():
            self._proved.pop(token, None)
            proved = await self._prove(token)
            self._proved[token] = proved
            while len(self._proved) > MOST:
                self._proved.popitem(last=False)
        if not service_url or proved.service_url != service_url.rstrip("/"):
            raise NotMicrosoft("signed for another service url")
        if channel not in proved.key.endorsements:
            raise NotMicrosoft("signed by a key that is not endorsed for this channel")

    async def _prove(self, token: str) -> _Proved:
        """Return what a token proves; raises NotMicrosoft."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as fault:
            raise NotMicrosoft("no token") from fault
        if header.get("alg") != "RS256":
            raise NotMicrosoft("signed by another algorithm")
        name = header.get("kid")
        key = await self._keys.get(name) if isinstance(name, str) else None
        if key is None:
            raise NotMicrosoft("signed by a key that Microsoft does not publish")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"], "strict_aud": True},
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as fault:
            raise NotMicrosoft(type(fault).__name__) from fault
        service_url = claims.get("serviceurl")
        if not isinstance(service_url, str):
            raise NotMicrosoft("signed for no service url")
        return _Proved(float(claims["exp"]) + LEEWAY, service_url.rstrip("/"), key)
