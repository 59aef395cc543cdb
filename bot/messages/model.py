"""The chat-neutral message: what is said and what can be answered, without any chat's markup."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from bot.domain.outreach import Role
from bot.domain.record import Record
from bot.domain.survey import ItemId
from bot.domain.upkeep import Field
from bot.domain.value import Value
from bot.messages.charts import Chart


class FieldKind(StrEnum):
    """What a form asks for."""

    CHOICE = "choice"
    DAY = "day"
    MOMENT = "moment"
    PERSON = "person"
    TEXT = "text"


class FormField(Value):
    """One question of a form. `options` are (key, label) pairs of a choice."""

    key: str
    label: str
    kind: FieldKind
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


class Choice(Value):
    """One answer somebody can tap; `form` is asked when the answer needs a detail."""

    key: str
    label: str
    form: tuple[FormField, ...] = ()


class Section(Value):
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
    thing: str | None = None
    """Key of what is asked for: an answer then holds for every case that waits for it."""
    asks: ItemId | None = None
    """The item whose answers are offered, where it is one; else they are those of an owner."""
    fills: Field | None = None
    """What the registry lacks that an answer fills, where it is about that."""
    reviews: bool = False
    """Whether it shows a weekly message that is to be released, corrected or held."""
    looks: bool = False
    """Whether it is a case on a programme lead's list, which they may move on."""
    footer: str = ""
    """What stands below a message that begins with this section, where that is its own."""
    quote: str | None = None
    """Words of somebody, or of a message that is to leave, shown apart and not counted as ours."""

    @property
    def role(self) -> Role:
        """Return as what somebody answers it."""
        if self.reviews or self.looks:
            return Role.LEAD
        return {ItemId.DEPENDENCY: Role.UNBLOCKER, ItemId.DECISION: Role.SPONSOR}.get(
            self.asks or ItemId.USEFUL, Role.OWNER
        )

    @property
    def is_of_owner(self) -> bool:
        """Whether the answers are an owner's about their pilot, and not those of an item or of somebody else."""
        return self.asks is None and self.fills is None and not self.reviews and not self.looks

    @property
    def key(self) -> str:
        """Return what tells it from the other sections of a message, and from an item or feedback that follows it.

        Two wishes of one case are two.
        """
        follows = f":{self.asks}" if self.asks not in {None, ItemId.DEPENDENCY, ItemId.DECISION} else ""
        return f"{self.case_id}:{self.thing or ''}{follows}"


class Answered(Value):
    """What was asked, what was answered, and what was said to that: in the place of a section and its choices."""

    fact: str
    label: str
    note: str


class Message(Record):
    """One message to one person: the first section in full, further ones as one line each.

    `intro` stands above all, then what was `answered`; `body` and `chart` stand before the first section, `more`
    above the lines of the further pilots, `footer` below all.
    """

    kind: str
    intro: str | None = None
    answered: Answered | None = None
    body: tuple[str, ...] = ()
    """Paragraphs that ask nothing."""
    chart: Chart | None = None
    sections: tuple[Section, ...] = ()
    more: str | None = None
    footer: str

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Refuse a message without a section, a paragraph, or what was answered."""
        if not self.sections and not self.body and self.answered is None:
            msg = "a message needs a section or a paragraph"
            raise ValueError(msg)
        return self


class Receipt(Record):
    """What is answered to a reply: what was understood and what happens next."""

    text: str
