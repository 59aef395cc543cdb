"""What somebody did in a chat, as it came in: kept until it was answered, and nothing of their words after that."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field

from bot.domain.outreach import Role
from bot.domain.record import Record
from bot.domain.reply import Answer
from bot.domain.value import Value

LONGEST: Final = 4_000
"""Characters of words that are read."""

SHORTCUT: Final = "shortcut:"
"""What the choice of a tap begins with that is about the message itself: `why` it came, or `feedback` on it."""


class Given(Value):
    """What was put into one field of a form: words, a day, or a moment."""

    text: str | None = None
    day: date | None = None
    at: AwareDatetime | None = None

    @classmethod
    def of(cls, value: str | date | datetime) -> Self:
        """Return it of words, a day, or an aware moment."""
        if isinstance(value, datetime):
            return cls(at=value)
        return cls(day=value) if isinstance(value, date) else cls(text=value)

    @property
    def value(self) -> str | date | datetime:
        """Return what was given; nothing is empty words."""
        return self.at or self.day or self.text or ""


def to_given(values: Mapping[str, str | date | datetime]) -> dict[str, Given]:
    """Return the values of a form as they are stored."""
    return {key: Given.of(value) for key, value in values.items()}


def from_given(given: Mapping[str, Given]) -> dict[str, str | date | datetime]:
    """Return stored values as they were given."""
    return {key: one.value for key, one in given.items()}


class Tap(Value):
    """A choice at a section of a message of ours; without a choice the section is opened."""

    kind: Literal["tap"] = "tap"
    delivery: str
    section: str
    choice: str = ""
    sent: bool = False
    """Whether it was done at the message as it was sent, which so has arrived; the same may be shown elsewhere."""


class Form(Value):
    """A form that was sent, with what was filled in by the keys of its fields."""

    kind: Literal["form"] = "form"
    delivery: str
    section: str
    choice: str
    sent: bool = False
    """As of a tap."""
    values: dict[str, Given] = Field(default_factory=dict)


class Words(Value):
    """Words that somebody wrote to us."""

    kind: Literal["words"] = "words"
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Turn(Record):
    """One tap, form or line of one user of a chat.

    `key` is the same however often the chat delivers it; `user` and `place` (the message it was done at, or the
    conversation) are the chat's own names, which only its adapter reads.
    """

    key: str
    chat: str
    user: str
    place: str
    what: Annotated[Tap | Form | Words, Field(discriminator="kind")]
    at: AwareDatetime


class Meant(Record):
    """What was understood of somebody's words and waits for their yes, or for one more detail.

    Without a `choice` it waits for which of the `offered` sections they mean; `words` are what they said. `by` is the
    key of the turn that led to it.
    """

    by: str = ""
    delivery: str = ""
    section: str = ""
    choice: str = ""
    values: dict[str, Given] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    words: str = ""
    offered: tuple[tuple[str, str], ...] = ()


class Settled(Record):
    """What a turn led to, kept until it was shown: cut off there, it is shown and not worked out anew.

    Either an `answer` at a section (JSON of a Section) of a delivery, or a `message` (JSON of a Message) that is said.
    With `moves_meant`, `meant` takes the place of what waited for their yes.
    """

    delivery: str = ""
    section: str | None = None
    role: Role = Role.OWNER
    answer: Answer | None = None
    label: str = ""
    message: str | None = None
    meant: Meant | None = None
    moves_meant: bool = False
