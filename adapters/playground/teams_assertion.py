"""What Entra checks of an assertion: that whoever asks for a token holds the key of a certificate of the app.

learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha1, sha256
from typing import Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from jwt.exceptions import InvalidSubjectError

KIND: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY: Final = 300
"""Seconds that clocks may differ by."""
CLAIMS: Final = ("aud", "exp", "iss", "jti", "sub")
SAYS: Final[Mapping[type[jwt.InvalidTokenError], str]] = {
    jwt.InvalidSignatureError: "AADSTS700027: Client assertion contains an invalid signature.",
    jwt.ExpiredSignatureError: "AADSTS700024: Client assertion is not within its valid time range.",
    jwt.ImmatureSignatureError: "AADSTS700024: Client assertion is not within its valid time range.",
    jwt.InvalidAudienceError: "AADSTS700023: Client assertion audience claim does not match Realm issuer.",
    jwt.InvalidIssuerError: "AADSTS700021: Client assertion application identifier doesn't match 'client_id'.",
    InvalidSubjectError: "AADSTS700021: Client assertion application identifier doesn't match 'client_id'.",
}


def fault_of(form: Mapping[str, str], registered: Iterable[x509.Certificate], app_id: str, address: str) -> str:
    """Return Entra's words for what is wrong with an assertion that was sent to this address; empty where nothing is."""
    if form.get("client_assertion_type") != KIND:
        return "AADSTS7000216: 'client_assertion_type' must be jwt-bearer."
    assertion = form["client_assertion"]
    try:
        certificate = _named(jwt.get_unverified_header(assertion), registered)
        if certificate is None:
            return "AADSTS700027: The certificate that signed the client assertion is not registered on application."
        if certificate.not_valid_after_utc < datetime.now(UTC):  # noqa: TID251  the wire is checked against the real clock
            return "AADSTS700027: The certificate that signed the client assertion is expired on application."
        _check(assertion, certificate, app_id, address)
    except jwt.InvalidTokenError as fault:
        return SAYS.get(type(fault), "AADSTS50027: JWT token is invalid or malformed.")
    return ""


def thumbprints(certificate: x509.Certificate) -> dict[str, str]:
    """Return how a header may name a certificate, and by what."""
    held = certificate.public_bytes(Encoding.DER)
    digests = {"x5t": sha1(held, usedforsecurity=False), "x5t#S256": sha256(held)}
    return {name: urlsafe_b64encode(one.digest()).decode().rstrip("=") for name, one in digests.items()}


def _named(header: Mapping[str, object], registered: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the certificate that a header names; Microsoft's library leaves the padding at its name."""
    told = {name: str(header[name]).rstrip("=") for name in ("x5t", "x5t#S256") if name in header}
    return next((one for one in registered if told and told.items() <= thumbprints(one).items()), None)


def _check(assertion: str, certificate: x509.Certificate, app_id: str, address: str) -> None:
    """Raise where the signature is another's, or is for something else."""
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise jwt.InvalidSignatureError
    jwt.decode(
        assertion,
        key,
        algorithms=["PS256", "RS256"],
        audience=address,
        issuer=app_id,
        subject=app_id,
        leeway=LEEWAY,
        options={"require": list(CLAIMS)},
    )
