"""A certificate in a secret's place: a file of PEM, or of PKCS #12 without a password, that holds it and its key.

Entra says only that a signature is none of its certificates; what can be seen in the file is said here.
"""

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from bot.errors import SettingsError


def read_certificate(path: Path) -> bytes:
    """Return what a file has, once it is sure that Microsoft's library can sign with it.

    Raises SettingsError, which names the setting and the file and nothing that stands in it.
    """
    try:
        held = path.read_bytes()
    except OSError as fault:
        raise _unusable(path, f"it can't be read ({fault.strerror})") from None
    if why := _fault_of(held):
        raise _unusable(path, why)
    return held


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(f"TEAMS_CERTIFICATE '{path}' can't be used: {why}; how is in docs/install-teams.md.")


def _fault_of(held: bytes) -> str:
    """Return what is wrong with a file; empty where nothing is."""
    is_pem = b"-----BEGIN " in held
    if is_pem and b"-----BEGIN CERTIFICATE-----" not in held:
        return "it holds no certificate"
    if is_pem and b"PRIVATE KEY-----" not in held:
        return "it holds no key beside the certificate"
    try:
        key, certificate = _of_pem(held) if is_pem else pkcs12.load_key_and_certificates(held, None)[:2]
    except TypeError:
        return "its key has a passphrase: write it without one"
    except (ValueError, UnsupportedAlgorithm):
        return "it is damaged" if is_pem else "it is neither PEM nor PKCS #12 without a password"
    if certificate is None or not isinstance(key, RSAPrivateKey):
        return "it must hold a certificate and its key, of the kind RSA"
    if key.public_key() != certificate.public_key():
        return "its key is not that of the certificate, which must be the first one there"
    return ""


def _of_pem(held: bytes) -> tuple[object, x509.Certificate]:
    """Return the first key and the first certificate, as Microsoft's library takes them."""
    return load_pem_private_key(held, None), x509.load_pem_x509_certificate(held)
