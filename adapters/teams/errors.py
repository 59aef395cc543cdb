"""What the Bot Connector answers, as kinds: what each means for us, and for a send what is to be done.

By the status, since bodies differ (learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/
send-proactive-messages). A message that was posted has no key by which Microsoft would know it again, so whatever
leaves open whether it arrived is never posted a second time.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from bot.errors import SendRefused


class Kind(StrEnum):
    """What is to be done about an answer."""

    LATER = "later"
    """Microsoft wants fewer calls: wait as long as it says."""
    OPEN = "open"
    """It may have happened or not: never posted again blindly, anything else is repeated."""
    REROUTE = "reroute"
    """This person can't be reached there: somebody else has to be."""
    SETUP = "setup"
    """App id, secret or tenant: an admin has to mend it, and until then nothing can be sent."""
    TOO_LARGE = "too_large"
    GONE = "gone"
    """What it was about is not there any more: a message, a conversation."""
    FAULT = "fault"
    """What we sent was wrong."""


WAIT: Final = timedelta(seconds=30)
"""How long to wait where Microsoft names no time."""
LONGEST: Final = timedelta(hours=1)
NO_IDENTITY: Final = "no_identity"
"""Azure does not know the managed identity where we run."""
NO_ENDPOINT: Final = "no_identity_endpoint"
"""Nobody answers for managed identities where we run."""
KINDS: Final[Mapping[int, Kind]] = {
    HTTPStatus.UNAUTHORIZED: Kind.SETUP,
    HTTPStatus.FORBIDDEN: Kind.REROUTE,
    HTTPStatus.NOT_FOUND: Kind.GONE,
    HTTPStatus.REQUEST_TIMEOUT: Kind.OPEN,
    HTTPStatus.PRECONDITION_FAILED: Kind.LATER,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Kind.TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS: Kind.LATER,
}


class ConnectorError(Exception):
    """The Bot Connector answered that a call did not work; `code` is its own word, for the log."""

    def __init__(self, status: int, code: str, *, retry_after: timedelta | None = None) -> None:
        """Keep what it said."""
        super().__init__(f"HTTP {status}: {code}")
        self.status, self.code, self.retry_after = status, code, retry_after

    @property
    def kind(self) -> Kind:
        """Return what it means for us."""
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Kind.OPEN
        return KINDS.get(self.status, Kind.FAULT)


class NoToken(ConnectorError):  # noqa: N818  a state, no fault
    """We got no token, so nothing was sent: 401 where Microsoft refuses us, anything else where it could not be asked."""

    @property
    def kind(self) -> Kind:
        """Return what it means for us."""
        return Kind.SETUP if self.is_of_setup else Kind.LATER

    @property
    def is_of_setup(self) -> bool:
        """Whether an admin has to mend it."""
        return self.status == HTTPStatus.UNAUTHORIZED


def code_of(body: bytes) -> str:
    """Return Microsoft's own word for what went wrong, wherever in an answer it stands; empty where there is none.

    The body of a 403 is JSON in a string of JSON.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for name in ("error", "message"):
        inner = found.get(name) if isinstance(found, dict) else None
        if isinstance(inner, str) and inner.startswith("{"):
            return code_of(inner.encode()) or _word(found)
        if isinstance(inner, dict):
            return _word(inner)
    return _word(found)


def _word(found: Any) -> str:  # noqa: ANN401  whatever came
    said = (
        next((found[key] for key in ("subCode", "code", "errorCode") if key in found), "")
        if isinstance(found, dict)
        else ""
    )
    return "".join(c for c in str(said)[:80] if c.isalnum() or c in "_-.")


def pause_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long Microsoft wants us to wait, told in seconds or as a date; an hour at the most."""
    given = headers.get("Retry-After", "")[:40]
    try:
        wait = timedelta(seconds=float(given))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(given)
        except (ValueError, TypeError):
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST)


def refusal(error: ConnectorError) -> SendRefused | None:
    """Return how a send that was answered with an error stands; None where it may have happened all the same."""
    match error.kind:
        case Kind.OPEN:
            return None
        case Kind.LATER:
            is_away = isinstance(error, NoToken)
            why = f"Microsoft gives no token ({error.code})" if is_away else "Teams wants fewer messages"
            return SendRefused(why, retry_after=error.retry_after or WAIT)
        case Kind.SETUP:
            return SendRefused(f"Microsoft refuses the app ({error.code or error.status}): `stickshaker check`")
        case Kind.REROUTE | Kind.GONE:
            why = f"the app is blocked or not installed for this person ({error.code or error.status})"
            return SendRefused(why, final=True, gone=True)
        case _:
            return SendRefused(f"Teams did not take the message ({error.code or error.status})", final=True)
