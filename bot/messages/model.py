"""The chat-neutral message: what is said and what can be answered, without any chat's markup."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.record import Record


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldKind(StrEnum):
    """What a form asks for."""

    CHOICE = "choice"
    DAY = "day"
    MOMENT = "moment"
    PERSON = "person"
    TEXT = "text"


class FormField(_Part):
    """One question of a form. `options` are (key, label) pairs of a choice."""

    key: str
    label: str
    kind: FieldKind
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


class Choice(_Part):
    """One answer somebody can tap; `form` is asked when the answer needs a detail."""

    key: str
    label: str
    form: tuple[FormField, ...] = ()


class Section(_Part):
    """What is said about one pilot: a fact, one question, and the answers to it.

    The first section of a message is shown in full, each other one as its `line` until it is opened.
    """

    case_id: str
    pilot: str
    title: str
    fact: str
    question: str | None = None
    choices: tuple[Choice, ...] = ()
    line: str = ""
    """The fact in a few words, without the pilot's name."""


class Message(Record):
    """One message to one person: the first section in full, further ones as one line each.

    `intro` stands above all, `more` above the lines of the further pilots, `footer` below all.
    """

    kind: str
    intro: str | None = None
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    more: str | None = None
    footer: str


class Receipt(Record):
    """What is answered to a reply: what was understood and what happens next."""

    text: str
