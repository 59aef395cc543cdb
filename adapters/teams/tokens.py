"""Our token for the Bot Connector: by a secret, a certificate or a managed identity, through Microsoft's own library.

azure-identity keeps a token, asks for another five minutes before it ends, and knows each place that a managed identity
may come from.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity import CredentialUnavailableError
from azure.identity.aio import CertificateCredential, ClientSecretCredential, ManagedIdentityCredential

from adapters.teams.errors import NO_ENDPOINT, NO_IDENTITY, NoToken

SCOPE: Final = "https://api.botframework.com/.default"
LOGIN: Final = "https://login.microsoftonline.com"
PATIENCE: Final = 10.0
"""Seconds that a token may take."""
TRY: Final = 4.5
"""Seconds that one try of two may take: after both a token that still holds is kept."""
AWAY: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Answers that are no refusal: come again. The address of a machine says 404 and 410 while it is renewed."""


@dataclass(frozen=True, slots=True)
class App:
    """Who we are at Microsoft's: a secret, a certificate with its key, or neither, which is a managed identity."""

    id: str
    tenant: str
    secret: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    login: str = LOGIN
    scope: str = SCOPE

    @property
    def is_identity(self) -> bool:
        """Whether Azure vouches for us."""
        return not (self.secret or self.certificate)


class Tokens:
    """Tokens of one app: one request at a time, whose outcome is that of all who wait for it."""

    def __init__(
        self,
        make: Callable[[], AsyncTokenCredential],
        scope: str = SCOPE,
        *,
        is_identity: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """Make what asks for tokens when the first is needed, and anew when one was refused."""
        self._make, self._scope, self._is_identity, self._patience = make, scope, is_identity, patience
        self._asks: AsyncTokenCredential | None = None
        self._asking: asyncio.Task[str] | None = None
        self._newest = ""

    async def get(self) -> str:
        """Return a token that is not about to end.

        Raises NoToken: 401 where Microsoft refuses us, 503 where it can't be asked; either way nothing was sent.
        """
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._asked)
        return await asyncio.shield(self._asking)

    def drop(self, refused: str = "") -> None:
        """Ask anew next time: this token was refused, unless there is a newer one already."""
        if refused in {"", self._newest}:
            self._asks, self._newest = None, ""

    def _asked(self, task: asyncio.Task[str]) -> None:
        """Let the next one ask; nobody may be left to hear of a fault."""
        self._asking = None
        if not task.cancelled():
            task.exception()

    async def _ask(self) -> str:
        try:
            self._asks = self._asks or self._make()
            async with asyncio.timeout(self._patience):
                self._newest = (await self._asks.get_token(self._scope)).token
        except ClientAuthenticationError as fault:
            raise self._no_token(fault) from None
        except (AzureError, aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as fault:
            raise self._away(fault) from None
        return self._newest

    def _no_token(self, fault: ClientAuthenticationError) -> NoToken:
        """Return what a refusal means: some are none, and the library tells of an address that is silent as of one."""
        status = _status(fault)
        is_silent = status is None and isinstance(fault, CredentialUnavailableError)
        if is_silent or (status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AWAY:
            return self._away(fault)
        return NoToken(HTTPStatus.UNAUTHORIZED, NO_IDENTITY if self._is_identity else _code(fault))

    def _away(self, fault: Exception) -> NoToken:
        status = _status(fault)
        code = f"HTTP {status}" if status else NO_ENDPOINT if self._is_identity else type(fault).__name__
        return NoToken(HTTPStatus.SERVICE_UNAVAILABLE, code)


def tokens_of(app: App, session: aiohttp.ClientSession, *, patience: float = PATIENCE, one_try: float = TRY) -> Tokens:
    """Return the tokens of an app, asked for over a session of ours: our proxy and our certificates hold for it."""

    def make() -> AsyncTokenCredential:
        transport = AioHttpTransport(
            session=session, session_owner=False, connection_timeout=one_try, read_timeout=one_try
        )
        if app.is_identity:
            return ManagedIdentityCredential(client_id=app.id, transport=transport)
        authority = _authority(app.login)
        if app.secret:
            return ClientSecretCredential(
                app.tenant, app.id, app.secret, authority=authority, transport=transport, retry_total=1
            )
        return CertificateCredential(
            app.tenant,
            app.id,
            certificate_data=app.certificate,
            authority=authority,
            transport=transport,
            retry_total=1,
        )

    return Tokens(make, app.scope, is_identity=app.is_identity, patience=patience)


def _authority(login: str) -> str:
    """Return the host of an address of the token endpoint: the library adds tenant and path itself."""
    parts = urlsplit(login)
    return f"https://{parts.netloc}"


def _status(fault: Exception) -> int | None:
    """Return what was answered, where anything was: the library may wrap one fault in another."""
    told = (one.status_code for one in (fault, fault.__cause__) if isinstance(one, HttpResponseError))
    return next((status for status in told if status), None)


def _code(fault: ClientAuthenticationError) -> str:
    """Return Microsoft's own number of a refusal (AADSTS7000215), which is in its words; nothing else of them is told."""
    words = str(fault.message or "").replace(":", " ").replace(",", " ").split()
    return next((word for word in words if word.startswith("AADSTS")), "invalid_client")
