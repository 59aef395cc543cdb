"""The words around survey items that answer a reply, and around feedback on a message, as a validated model."""

from typing import Annotated, Final

from bot.domain.finding import OWNER_KINDS
from bot.domain.survey import ItemId
from bot.messages.braces import Dated, Group, Named, Plain, complete, holes

OWNERS: Final = (ItemId.HOLDS_BACK, ItemId.DATA, ItemId.QUALITY, ItemId.NEXT_STEP)
"""Items that are put to an owner."""
NEED: Final = "need"
"""Key of the step that is suggested where somebody needs something first."""
STEPS: Final = (NEED, *sorted(OWNER_KINDS))
"""Keys of the steps that may be suggested: one more for each kind of finding that an owner is told about."""


class ItemReceipts(Group):
    """What is said after an answer to an item, or after feedback."""

    recorded: Plain
    dont_know: Plain
    otherwise: dict[str, Plain]
    """By the key of what somebody does when something gets in the way of their step."""
    useful: Plain
    wrong_facts: Dated
    wrong_person: Plain
    bad_time: Annotated[str, holes("hour")]
    too_many: Dated


class ItemTexts(Group):
    """Every text by its use; an adapter loads the file."""

    facts: Annotated[dict[ItemId, Named], complete(OWNERS)]
    lines: Annotated[dict[ItemId, Plain], complete(OWNERS)]
    footer: Annotated[str, holes("pilot", "seen_by")]
    steps: Annotated[dict[str, Annotated[str, holes("name")]], complete(STEPS)]
    under: Plain
    """Stands below a message that nobody asked for."""
    feedback: Named
    feedback_plain: Plain
    feedback_line: Plain
    receipts: ItemReceipts
