"""What is asked about something that the registry lacks, in chat-neutral form."""

from collections.abc import Sequence
from typing import Final

from bot.messages.digest import Missing
from bot.messages.digest_texts import DigestTexts, UpkeepTexts
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.messages.wording import LONGEST_NAME, LONGEST_QUOTE, shorten

MOST_ASKED: Final = 5
"""Questions of one message; the rest comes in later weeks."""


def upkeep(missing: Sequence[Missing], texts: UpkeepTexts, more: str) -> Message | None:
    """Return an owner's message about what the registry lacks, or None where it lacks nothing."""
    if not missing:
        return None
    sections = asked(missing, texts)
    intro = texts.intro.format(count=len(sections))
    return Message(
        kind="upkeep", intro=intro, sections=sections, more=more if len(sections) > 1 else None, footer=texts.footer
    )


def with_gaps(message: Message | None, missing: Sequence[Missing], texts: DigestTexts) -> Message | None:
    """Return a programme lead's list with the questions about what the registry lacks below everything else."""
    questions = asked(missing, texts.upkeep)
    if not questions:
        return message
    if message is None:
        alone = upkeep(missing, texts.upkeep, texts.lead.more)
        return alone.model_copy(update={"kind": "lead_list"}) if alone else None
    return message.model_copy(update={"sections": (*message.sections, *questions), "more": texts.lead.more})


def asked(missing: Sequence[Missing], texts: UpkeepTexts) -> tuple[Section, ...]:
    """Return a section for each of the first things that are missing."""
    return tuple(_section(one, texts) for one in missing[:MOST_ASKED])


def _section(one: Missing, texts: UpkeepTexts) -> Section:
    kind = FieldKind.DAY if one.field.is_day else FieldKind.PERSON
    form = (FormField(key=kind.value, label=texts.fields[kind.value], kind=kind),)
    fills = {"pilot": shorten(one.name, LONGEST_NAME), "thing": shorten(one.thing, LONGEST_QUOTE) or "something"}
    return Section(
        case_id=one.gap,
        pilot=one.pilot,
        title=one.name,
        fact=texts.fact[one.field].format(**fills),
        question=texts.ask[one.field].format(**fills),
        choices=tuple(
            Choice(key=key, label=label, form=form if key == "fill" else ()) for key, label in texts.choices.items()
        ),
        line=texts.line[one.field],
        footer=texts.footer,
        fills=one.field,
    )
