"""Whom our token may be sent to: hosts of Microsoft's, or, where the keys come from this machine, this machine."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def is_service(url: str, allowed: Sequence[str], *, is_local: bool = False) -> bool:
    """Whether an address may get our token: https and an allowed host (`*.` stands for any below it).

    `is_local` allows this machine besides, also without TLS: where the keys come from it too, somebody tests.
    """
    parts = _parts(url)
    if parts is None or parts.username or parts.password or not parts.hostname:
        return False
    if is_local and _is_loopback(parts.hostname):
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and any(fnmatchcase(parts.hostname, host.casefold()) for host in allowed)


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    parts = _parts(url)
    return parts is not None and _is_loopback(parts.hostname or "")


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
