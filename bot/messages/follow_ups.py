"""Survey items as they answer a reply, feedback on a message, and what is made of a tap on either."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from bot.domain.ask import RequestState
from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.people import Preferences
from bot.domain.reply import Answer, Feedback, ItemAnswer
from bot.domain.survey import Effect, FeedbackOption, ItemId, Scoring, Standing
from bot.messages.answers import CHOICE, LONGEST_ACTION, LONGEST_PERSON, Reader, Unclear, Values
from bot.messages.asks import About
from bot.messages.item_texts import NEED, OWNERS, ItemTexts
from bot.messages.items import Items
from bot.messages.model import FieldKind, FormField, Message, Section
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_NAME, name_day, shorten

FOLLOW_UPS: Final = frozenset({*OWNERS, ItemId.USEFUL})
"""Items whose taps `read_item` reads; all others have answers of their own (bot.messages.item_answers)."""
ITEM: Final = "item"
"""Kind of a message that holds an item in answer to a reply, or feedback."""
OF_A_PILOT: Final = frozenset(
    {FeedbackOption.WRONG_FACTS, FeedbackOption.WRONG_PERSON, Standing.NOT_ME, Standing.LATER}
)
"""Feedback that can be followed up where one pilot is meant."""

SECOND: Final = "second"
WORDS: Final = "words"
"""Keys of the second question and of the free words of a form (bot.messages.items)."""
NAMES: Final = {FieldKind.MOMENT: "at", FieldKind.DAY: "day", FieldKind.PERSON: "person", FieldKind.TEXT: "words"}
"""Where an answer keeps what an input asked for."""


def bank_of(items: Items) -> dict[ItemId, Scoring]:
    """Return what the rules need to know of each item, with what its options lead to."""
    leads = {item.id: {o.key: o.next for o in item.options if o.next} for item in items.items}
    return {key: scoring.model_copy(update={"leads": leads[key]}) for key, scoring in items.to_scorings().items()}


def suggested_step(case: Case, said: ItemTexts) -> str:
    """Return the step that is suggested to an owner: what somebody needs first, else one that fits what was found."""
    for request in reversed(case.requests):
        if request.state is RequestState.NEEDS:
            # Their words are not in it: those are deleted some time after the end, and a step is kept.
            return said.steps[NEED].format(name=shorten(request.name, LONGEST_NAME))
    finding = case.lead_finding
    return said.steps.get(finding.kind, said.steps["drop_off"]) if finding else said.steps["drop_off"]


def item_section(item: ItemId, about: About, texts: Texts, said: ItemTexts) -> Section:
    """Return one of the owner's items as it answers a reply, with who sees the answer below it.

    A step is suggested as the case has kept it, so that what is promised is what was read. Raises ValueError for an
    item of somebody else.
    """
    if item not in OWNERS:
        msg = f"{item} is not put to an owner"
        raise ValueError(msg)
    asked = texts.items.of(item)
    posed = next((one for one in reversed(about.case.posed) if one.item is item and one.action), None)
    action = posed.action if posed and posed.action else suggested_step(about.case, said)
    fills = {"pilot": about.name, "action": action}
    return Section(
        case_id=about.case.id,
        pilot=about.case.pilot,
        title=about.pilot,
        fact=said.facts[item].format(pilot=about.name),
        question=asked.question.format(**fills),
        choices=asked.to_choices(),
        line=said.lines[item],
        asks=item,
        footer=said.footer.format(pilot=about.name, seen_by=asked.seen_by.format(**fills)),
    )


def feedback_section(shown: Section, texts: Texts, said: ItemTexts) -> Section:
    """Return what may be said of a message that began with this section; about no pilot, less can be said."""
    asked, name = texts.items.of(ItemId.USEFUL), shorten(shown.title, LONGEST_NAME)
    choices = tuple(one for one in asked.to_choices() if shown.pilot or one.key not in OF_A_PILOT)
    return Section(
        case_id=shown.case_id,
        pilot=shown.pilot,
        title=shown.title,
        fact=said.feedback.format(pilot=name) if shown.pilot else said.feedback_plain,
        question=asked.question,
        choices=choices,
        line=said.feedback_line,
        thing=shown.thing,
        asks=ItemId.USEFUL,
        footer=asked.seen_by,
    )


def to_message(section: Section, texts: Texts) -> Message:
    """Return an item, or feedback, as a message of its own that says first how little it is."""
    return Message(kind=ITEM, intro=texts.items.announce, sections=(section,), footer=section.footer)


def read_item(
    item: ItemId, choice: str, values: Values, texts: Texts, *, now: datetime, timezone: str
) -> Answer | Unclear:
    """Return the answer behind a choice of an item that `FOLLOW_UPS` holds, or a sentence for each gap.

    Values are keyed as the fields of the form; what the form doesn't ask for is left aside.
    """
    offered = {one.key: one for one in texts.items.of(item).to_choices()} if item in FOLLOW_UPS else {}
    if choice not in offered:
        return Unclear({CHOICE: texts.asks.gone})
    reader = Reader(values, texts, now, to_zone(timezone))
    is_need = any(o.key == choice and o.effect is Effect.NEED for o in texts.items.of(item).options)
    given: dict[str, object] = {}
    for field in offered[choice].form:
        name = field.key if field.key in {SECOND, WORDS} else NAMES[field.kind]
        # What is needed of somebody, and words at a second question, are as short as a name.
        longest = LONGEST_PERSON if is_need or field.key == SECOND else LONGEST_ACTION
        given[name] = _read(field, reader, longest) or None
    if reader.reasons:
        return Unclear(reader.reasons)
    if item is ItemId.USEFUL:
        return Feedback.model_validate({"option": choice, **given})
    return ItemAnswer.model_validate({"item": item, "option": choice, **given})


def _read(field: FormField, reader: Reader, longest: int) -> object:
    """Return what was filled into one field, `longest` in characters; what can't be taken is in the reasons."""
    if not field.required and not reader.has(field.key):
        return None
    match field.kind:
        case FieldKind.DAY:
            return reader.day(field.key, required=field.required)
        case FieldKind.MOMENT:
            return reader.moment(field.key)
        case FieldKind.CHOICE:
            return reader.option(field.key, [key for key, _ in field.options])
        case FieldKind.PERSON:
            return reader.text(field.key, LONGEST_PERSON, required=field.required)
        case FieldKind.TEXT:
            return reader.text(field.key, longest, required=field.required)


def item_receipt(answer: ItemAnswer, said: ItemTexts) -> str:
    """Return what is said to an answer that was recorded and moved nothing."""
    return said.receipts.dont_know if answer.option == Standing.DONT_KNOW else said.receipts.recorded


def otherwise(case: Case, said: ItemTexts) -> str:
    """Say back what somebody does when something gets in the way of their step; empty where they did not say."""
    key = case.commitment.otherwise if case.commitment else None
    return said.receipts.otherwise.get(key or "", "")


def feedback_receipt(
    feedback: Feedback, case: Case | None, preferences: Preferences, said: ItemTexts, today: date
) -> str:
    """Return what is said to feedback; `case` and `preferences` are those after it, `today` a day of the reader."""
    texts = said.receipts
    quiet = max(case.muted.values(), default=None) if case else None
    dated: Mapping[str, date | None] = {
        FeedbackOption.WRONG_FACTS: quiet,
        FeedbackOption.TOO_MANY: preferences.few_until,
    }
    day = dated.get(feedback.option)
    fills = {"day": name_day(day, today) if day else "", "hour": f"{preferences.hour or 0:02d}"}
    texts_by_option = {
        FeedbackOption.USEFUL.value: texts.useful,
        FeedbackOption.WRONG_FACTS.value: texts.wrong_facts,
        FeedbackOption.WRONG_PERSON.value: texts.wrong_person,
        Standing.NOT_ME.value: texts.wrong_person,
        FeedbackOption.BAD_TIME.value: texts.bad_time,
        FeedbackOption.TOO_MANY.value: texts.too_many,
        Standing.DONT_KNOW.value: texts.dont_know,
    }
    return texts_by_option.get(feedback.option, texts.recorded).format(**fills)
