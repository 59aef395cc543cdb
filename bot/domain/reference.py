"""Where somebody can be written to in a chat that finds nobody by their address: they came to us first."""

from pydantic import AwareDatetime, Field

from bot.domain.record import Record


class Reference(Record):
    """What one chat told us of one of its users when they came.

    `aliases` are the ways in which the registry may write them, the best first,
    as of `looked_at`; `address` is the chat's own and only its adapter reads it.
    """

    user: str
    address: dict[str, str] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    timezone: str | None = None
    looked_at: AwareDatetime | None = None
