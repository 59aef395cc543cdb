"""Our token for the Bot Connector: by a secret, a certificate or a managed identity, through Microsoft's own library.

azure-identity keeps a token until it ends and knows each place that a managed identity may come from.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import CertificateCredential, ClientSecretCredential, ManagedIdentityCredential

from adapters.teams.errors import NoToken

SCOPE: Final = "https://api.botframework.com/.default"
LOGIN: Final = "https://login.microsoftonline.com"
PATIENCE: Final = 10.0
"""Seconds that a token may take."""


@dataclass(frozen=True, slots=True)
class App:
    """Who we are at Microsoft's: a secret, the file of a certificate with its key, or neither, which is a managed identity."""

    id: str
    tenant: str
    secret: str = ""
    certificate: str = ""
    login: str = LOGIN
    scope: str = SCOPE


class Tokens:
    """Tokens of one app: one request at a time, however many wait for it."""

    def __init__(self, make: Callable[[], AsyncTokenCredential], scope: str = SCOPE) -> None:
        """Make what asks for tokens when the first is needed, and anew when one was refused."""
        self._make, self._scope = make, scope
        self._asks: AsyncTokenCredential | None = None
        self._one = asyncio.Lock()

    async def get(self) -> str:
        """Return a token that is not about to end.

        Raises NoToken: 401 where Microsoft refuses us, 503 where it can't be asked; either way nothing was sent.
        """
        async with self._one:
            self._asks = self._asks or self._make()
            try:
                async with asyncio.timeout(PATIENCE):
                    return (await self._asks.get_token(self._scope)).token
            except ClientAuthenticationError as fault:
                raise NoToken(HTTPStatus.UNAUTHORIZED, _code(fault)) from None
            except (AzureError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
                raise NoToken(HTTPStatus.SERVICE_UNAVAILABLE, type(fault).__name__) from None

    def drop(self) -> None:
        """Ask anew next time: the token was refused."""
        self._asks = None


def tokens_of(app: App, session: aiohttp.ClientSession) -> Tokens:
    """Return the tokens of an app, asked for over a session of ours: our proxy and our certificates hold for it."""

    def make() -> AsyncTokenCredential:
        transport = AioHttpTransport(session=session, session_owner=False)
        if app.secret:
            return ClientSecretCredential(
                app.tenant, app.id, app.secret, authority=_authority(app.login), transport=transport
            )
        if app.certificate:
            return CertificateCredential(
                app.tenant, app.id, app.certificate, authority=_authority(app.login), transport=transport
            )
        return ManagedIdentityCredential(client_id=app.id, transport=transport)

    return Tokens(make, app.scope)


def _authority(login: str) -> str:
    """Return the host of an address of the token endpoint: the library adds tenant and path itself."""
    parts = urlsplit(login)
    return f"https://{parts.netloc}"


def _code(fault: ClientAuthenticationError) -> str:
    """Return Microsoft's own number of a refusal (AADSTS7000215), which is in its words; nothing else of them is told."""
    words = str(fault.message or "").replace(":", " ").replace(",", " ").split()
    return next((word for word in words if word.startswith("AADSTS")), "invalid_client")
