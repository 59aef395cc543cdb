"""The keys and tokens of a local Microsoft cloud: what it signs with, what it publishes, and who may call it."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from adapters.playground.teams_assertion import fault_of

ISSUER: Final = "https://api.botframework.com"
HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its name and the channels it may sign for."""

    name: str
    private: rsa.RSAPrivateKey
    endorsements: tuple[str, ...] = ("msteams",)

    def to_jwk(self) -> dict[str, Any]:
        """Return the public half as it is published."""
        found: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return found | {"kid": self.name, "use": "sig", "alg": "RS256", "endorsements": list(self.endorsements)}


def new_pair(name: str, endorsements: tuple[str, ...] = ("msteams",)) -> Pair:
    """Return a new key."""
    return Pair(name, rsa.generate_private_key(public_exponent=65537, key_size=2048), endorsements)


@dataclass(slots=True)
class Keys:
    """The keys that are published, the last of which signs, and how often somebody asked for them."""

    pairs: list[Pair] = field(default_factory=lambda: [new_pair("k0")])
    loads: int = 0
    is_broken: bool = False
    """Whether whoever asks gets an error."""
    _numbers: Any = field(default_factory=lambda: count(1))

    def rotate(self, *, keeps: bool = False) -> Pair:
        """Sign with a new key from now on; the old ones stay published where it `keeps` them."""
        fresh = new_pair(f"k{next(self._numbers)}")
        self.pairs = [*(self.pairs if keeps else []), fresh]
        return fresh

    def to_body(self) -> dict[str, Any]:
        """Return the key set as it is published."""
        return {"keys": [pair.to_jwk() for pair in self.pairs]}

    def sign(
        self,
        app_id: str,
        service_url: str,
        *,
        pair: Pair | None = None,
        headers: Mapping[str, str] | None = None,
        **claims: object,
    ) -> str:
        """Return a token as Microsoft would sign it; `claims` take the place of its own, None leaves one out."""
        signer, now = pair or self.pairs[-1], present()
        told: dict[str, object] = {
            "serviceurl": service_url,
            "nbf": now,
            "exp": now + HOUR,
            "iss": ISSUER,
            "aud": app_id,
        }
        held = {name: value for name, value in (told | claims).items() if value is not None}
        return jwt.encode(held, signer.private, "RS256", {"kid": signer.name, **(headers or {})})


def present() -> int:
    """Return the present as tokens tell it."""
    return int(datetime.now(UTC).timestamp())  # noqa: TID251  the wire is checked against the real clock


@dataclass(frozen=True, slots=True)
class Place:
    """Where a managed identity gets its tokens: what it has to say there, and how it is answered where it does not."""

    header: str
    version: str
    refusal: int


MACHINE: Final = Place("Metadata", "2018-02-01", 400)
"""A machine in Azure, at 169.254.169.254."""
APP_SERVICE: Final = Place("X-IDENTITY-HEADER", "2019-08-01", 401)
"""An app of App Service or Container Apps, at its IDENTITY_ENDPOINT."""


@dataclass(slots=True)
class Login:
    """Who may get a token, and those that were given."""

    tenant: str
    app_id: str
    secret: str = "local-secret"  # noqa: S105  of a server on this machine
    certificates: list[x509.Certificate] = field(default_factory=list)
    """Those that the app registration has."""
    identity_header: str = "local-identity-header"
    """What an app finds in IDENTITY_HEADER."""
    given: list[str] = field(default_factory=list)
    requests: list[Mapping[str, str]] = field(default_factory=list)
    lasts: int = HOUR
    is_broken: bool = False
    is_silent: bool = False
    """Whether whoever asks waits for ever."""

    def answer(self, tenant: str, form: Mapping[str, str], address: str) -> tuple[int, dict[str, Any]]:
        """Return status and body for a request of a token that came to this address."""
        self.requests.append(dict(form))
        if self.is_broken:
            return 500, {}
        if tenant != self.tenant:
            return 400, _error("invalid_request", "AADSTS90002: Tenant not found.")
        if form.get("client_id") != self.app_id:
            return 400, _error("unauthorized_client", "AADSTS700016: Application was not found.")
        if form.get("grant_type") != "client_credentials" or form.get("scope") != f"{ISSUER}/.default":
            return 400, _error("invalid_scope", "AADSTS70011: The scope is not valid.")
        if words := self._fault(form, address):
            return 401, _error("invalid_client", words)
        return 200, {"token_type": "Bearer", "expires_in": self.lasts, "access_token": self.give()}

    def _fault(self, form: Mapping[str, str], address: str) -> str:
        """Return what is wrong with the proof that the app is who it says; empty where nothing is."""
        if "client_assertion" in form:
            return fault_of(form, self.certificates, self.app_id, address)
        if "client_secret" not in form:
            return "AADSTS7000216: 'client_assertion' or 'client_secret' is required."
        return "" if form["client_secret"] == self.secret else "AADSTS7000215: Invalid client secret provided."

    def identify(
        self, place: Place, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body for a request of a managed identity; numbers are text there."""
        self.requests.append(dict(query))
        if self.is_broken:
            return 500, {}
        wanted = "true" if place is MACHINE else self.identity_header
        if headers.get(place.header) != wanted:
            return place.refusal, _error("invalid_request", f"Required header {place.header} not specified")
        if query.get("api-version") != place.version or query.get("resource") != ISSUER:
            return 400, _error("invalid_resource", "The version or the resource is not known.")
        if query.get("client_id") != self.app_id:
            return 400, _error("invalid_request", "Identity not found")
        told = {"access_token": self.give(), "token_type": "Bearer", "resource": ISSUER, "client_id": self.app_id}
        ends = {"expires_on": str(present() + self.lasts)}
        return 200, told | ends | ({"expires_in": str(self.lasts)} if place is MACHINE else {})

    def give(self) -> str:
        """Return a new token."""
        self.given.append(f"local-{secrets.token_hex(8)}")
        return self.given[-1]

    def is_valid(self, authorization: str) -> bool:
        """Whether a call of the connector comes with a token that was given."""
        kind, _, token = authorization.partition(" ")
        return kind == "Bearer" and token in self.given

    def revoke(self) -> None:
        """Let no token that was given count any more."""
        self.given.clear()


def _error(code: str, words: str) -> dict[str, Any]:
    return {"error": code, "error_description": words}
