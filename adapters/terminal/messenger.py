"""The terminal as a chat: a message is there as soon as its delivery is recorded as sent."""

from bot.domain.people import Person
from bot.messages.model import Message
from bot.outgoing import Found


class TerminalMessenger:
    """The Messenger port of the terminal.

    It has no wire and no history of its own: `stickshaker chat` shows what the deliveries of a
    person say was sent. So a send that was cut off has shown nothing to anybody.
    """

    def workspace(self, person: Person) -> str:  # noqa: ARG002  the port's own name
        """Name the one terminal there is."""
        return "terminal"

    async def send(self, person: Person, delivery: str, message: Message) -> str:  # noqa: ARG002  the port's own names
        """Accept the message; it becomes visible with the record of its delivery."""
        return f"terminal:{delivery}"

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:  # noqa: ARG002  the port's own names
        """Say that a delivery without a record of its end was never shown."""
        return Found.ABSENT, ""
