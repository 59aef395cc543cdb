"""Whether the environment names a proxy."""

from urllib.request import getproxies


def is_proxied() -> bool:
    """Whether a session has to look into the environment at each call.

    Where it may, aiohttp looks for a proxy in a thread each time, which costs more than the call itself.
    """
    return bool(getproxies())
