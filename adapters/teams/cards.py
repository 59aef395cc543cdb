"""A message of the core as an Adaptive Card, and a form as the card of a dialog: pure functions.

Everything is Adaptive Cards 1.5, which is what Teams promises (learn.microsoft.com/microsoft-copilot-studio/
adaptive-cards-overview); a newer element says the same in words as its `fallback`. Words of people and pilots stand in
text runs, in which neither Markdown nor a mention is read.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.turn import Given, Tap
from bot.messages.charts import BLOCK, Chart, to_bars
from bot.messages.home import Home
from bot.messages.model import Answered, Choice, FieldKind, FormField, Message, Section
from bot.messages.plain import ANSWERED, to_plain
from bot.messages.plain import MARK as APART

Element = dict[str, Any]
Card = dict[str, Any]

APART_BY_A_LINE: Final[Mapping[str, Any]] = {"spacing": "Large", "separator": True}
"""With a line between it and what stands above; half of the space is on either side."""
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION: Final = "1.5"
ANSWER: Final = "answer"
"""The verb of everything that is tapped; what it means is in the data, and who may is looked up."""
FETCH: Final[Mapping[str, str]] = {"type": "task/fetch"}
"""What Teams wants in the data of a button that opens a dialog."""
WIDEST_ROW: Final = 38
"""Letters of the buttons beside each other, each with its frame: on a phone of 320 pixels no more is seen.

There a row does not wrap, it scrolls, and nothing shows that it does (microsoft/AdaptiveCards#4758).
"""
FRAME: Final = 4
"""Letters that the frame of a button and the gap to the next are wide."""
LONGEST_INPUT: Final = 280
"""Characters of words that somebody types, as in `bot.domain.reply`."""
LONGEST_LABEL: Final = 80
LONGEST_SUMMARY: Final = 200
"""Characters of what a notification shows."""
MOST_CHOICES: Final = 6
"""A list of more options folds."""
BAR: Final = re.compile(f"( [0-9]+ )({BLOCK}+)$", re.MULTILINE)
"""A bar of a chart in plain words, after its number: what else has blocks in it is left as it is."""
CLOCK: Final = "_time"
"""What the second field of a moment is called after: a card asks for day and time apart."""
LARGEST: Final = 90 * 1024
"""Bytes in UTF-16 of an activity: Teams takes 100 KB (learn.microsoft.com, format your bot messages)."""


def to_card(message: Message, delivery: str, *, sent: bool = False) -> Card:
    """Return a message as a card: the first section in full with its answers, each further one as a line to open.

    What is `sent` says so in its buttons: a tap at one proves that it arrived.
    """
    at = Tap(delivery=delivery, section="", sent=sent)
    first, *others = message.sections or (None,)
    body = [*_head(message), *(_asked(first, at, apart=message.answered is not None) if first else [])]
    if others:
        body += [_small(message.more, apart=True)] if message.more else []
        for number, section in enumerate(others):
            body += _line(section, at, spacing="Small" if message.more and not number else "Medium")
    if message.footer:
        body.append(_small(message.footer, apart=True))
    return _card(body)


def to_form(
    section: Section,
    choice: Choice,
    tap: Tap,
    *,
    submit: str,
    values: Mapping[str, Given] | None = None,
    faults: Mapping[str, str] | None = None,
    zone: ZoneInfo | None = None,
    place: str = "",
) -> Card:
    """Return the form of an answer as the card of a dialog, with what was said already and what can't be taken.

    `zone` is that of moments; `place` is the message it stands for, which a dialog would not know otherwise.
    """
    known, wrong = values or {}, faults or {}
    body: list[Element] = [_runs((choice.label, True)), _told(section)]
    for field in choice.form:
        body += _inputs(field, known.get(field.key), zone)
        if field.key in wrong:  # bold too: in high contrast its color is that of much else
            body.append(_run(wrong[field.key], color="Attention", weight="Bolder") | {"spacing": "Small"})
    data = tap.model_dump(exclude={"kind"}) | ({"place": place} if place else {})
    return _card(body, [{"type": "Action.Submit", "title": _label(submit), "data": data}])


def to_said(text: str) -> Card:
    """Return a card that says something: why there is no form, or that a moment is needed."""
    return _card(_paragraphs(text))


def to_home(home: Home) -> Card:
    """Return what a home tab shows as a card: Teams has no such tab for a bot."""
    body: list[Element] = []
    for shelf in home.shelves:
        body.append(_heading(shelf.title, apart=bool(body)))
        for line in shelf.lines:
            body += _paragraphs(line)
        for one in shelf.questions:
            body += _line(one.section, Tap(delivery=one.delivery, section=""), home.answer)
    return _card(body)


def to_summary(message: Message) -> str:
    """Return what a notification shows."""
    said = (message.intro or "", *(section.fact for section in message.sections[:1]), to_plain(message))
    plain = next((" ".join(one.split()) for one in said if one.strip()), "\u2026")
    return plain if len(plain) <= LONGEST_SUMMARY else plain[: LONGEST_SUMMARY - 1].rstrip() + "\u2026"


def size_of(activity: Mapping[str, Any]) -> int:
    """Return the size of an activity as Teams counts it: bytes of its JSON in UTF-16."""
    return len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le", "replace"))


def read_values(
    form: Sequence[FormField], data: Mapping[str, object], zone: ZoneInfo | None = None
) -> dict[str, Given]:
    """Return what was filled in, by the keys of the form's fields; what was left empty or can't be read is left out."""
    found = {field.key: _read(field, data, zone or ZoneInfo("UTC")) for field in form}
    return {key: Given.of(value) for key, value in found.items() if value}


def _read(field: FormField, data: Mapping[str, object], zone: ZoneInfo) -> str | datetime | Any:  # noqa: ANN401  a date too
    given = data.get(field.key)
    if not isinstance(given, str) or not given.strip():
        return None
    text = given.encode("utf-8", "replace").decode().strip()
    try:
        if field.kind is FieldKind.DAY:
            return datetime.fromisoformat(text).date()
        if field.kind is FieldKind.MOMENT:
            at = datetime.fromisoformat(f"{text}T{data.get(f'{field.key}{CLOCK}') or ''}")
            return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return text[:LONGEST_INPUT]


def _card(body: list[Element], actions: Sequence[Element] = ()) -> Card:
    card: Card = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": VERSION, "body": body}
    # The width of the chat: a question with its answers is not squeezed into a column.
    return card | {"msteams": {"width": "Full"}} | ({"actions": list(actions)} if actions else {})


def _head(message: Message) -> list[Element]:
    intro = [_small(message.intro)] if message.intro else []
    done = _done(message.answered) if message.answered else []
    body = [element for part in message.body for element in _paragraphs(part)]
    chart = [_chart(message.chart)] if message.chart else []
    return [*intro, *done, *body, *chart]


def _done(answered: Answered) -> list[Element]:
    """Tell what was asked, what was answered, and what follows from it."""
    label = _runs((f"{ANSWERED} {answered.label}", True))
    return [_runs((answered.fact, False)), label, *_told_in_parts(answered.note)]


def _told_in_parts(text: str) -> list[Element]:
    """Tell a text by its lines; those that are set apart stand in one box."""
    found: list[Element] = []
    lines = [line for line in text.split("\n") if line.strip()]
    for is_quote, part in groupby(lines, key=lambda line: line.startswith(APART)):
        if is_quote:
            found.append(_quote("\n".join(line.removeprefix(APART) for line in part)))
        else:
            found += [_runs((line, False)) for line in part]
    return found


def _asked(section: Section, at: Tap, *, apart: bool) -> list[Element]:
    """Tell a section in full, with its question and answers."""
    told = _told(section) | (dict(APART_BY_A_LINE) if apart else {})
    quote = [_quote(section.quote)] if section.quote else []
    question = [_runs((section.question, True))] if section.question else []
    return [told, *quote, *question, *_answers(section, at)]


def _answers(section: Section, at: Tap) -> list[Element]:
    """Return a button for each answer in its order, in rows that a phone shows in full.

    What is too long for that stands above its button, which is called by what it begins with: the name of a pilot.
    """
    rows: list[Element] = []
    left = 0
    for choice in section.choices:
        whole = _label(choice.label)
        is_long = len(whole) > WIDEST_ROW - FRAME
        label = (is_long and whole.partition(": ")[0]) or whole
        if is_long:
            rows.append(_runs((whole, False)))
        if is_long or len(label) + FRAME > left:
            rows.append({"type": "ActionSet", "actions": []} | ({"spacing": "Small"} if rows else {}))
            left = WIDEST_ROW
        rows[-1]["actions"].append(_button(section, choice, at, label))
        left = 0 if is_long else left - len(label) - FRAME
    return rows


def _told(section: Section) -> Element:
    """Tell the fact of a section, its title in bold."""
    lead, rest = section.title, section.fact.removeprefix(section.title)
    if section.title and section.fact.startswith(section.title) and rest:
        return _runs((lead, True), (rest, False))
    return _runs((section.fact, False))


def _button(section: Section, choice: Choice, at: Tap, label: str) -> Element:
    tap = at.model_copy(update={"section": section.key, "choice": choice.key})
    return _opens(label, tap) if choice.form else _tells(label, tap)


def _tells(label: str, tap: Tap) -> Element:
    """Return a button that answers; where a client knows no Execute it submits the same."""
    data = tap.model_dump(exclude={"kind"})
    submit = {"type": "Action.Submit", "title": _label(label), "data": data}
    return {"type": "Action.Execute", "title": _label(label), "verb": ANSWER, "data": data, "fallback": submit}


def _opens(label: str, tap: Tap) -> Element:
    """Return a button that opens a dialog."""
    data = tap.model_dump(exclude={"kind"}) | {"msteams": dict(FETCH)}
    return {"type": "Action.Submit", "title": _label(label), "data": data}


def _line(section: Section, at: Tap, label: str = "Open", spacing: str = "Medium") -> list[Element]:
    """Tell a section in a line, with a button that opens it."""
    told = _runs((section.title, True), (f": {section.line or section.fact}", False)) | {"spacing": spacing}
    if not section.question:
        return [told]
    tap = at.model_copy(update={"section": section.key})
    return [told, {"type": "ActionSet", "spacing": "Small", "actions": [_tells(label, tap)]}]


def _chart(chart: Chart) -> Element:
    """Return a chart that Teams draws, with the same in figures where it can't.

    Each bar has its number beside it: an axis of a few pilots would have marks between whole ones. All bars count the
    same, so they have one color, by a name that each theme knows.
    """
    drawn = {
        "type": "Chart.HorizontalBar",
        "title": f"{chart.title} ({chart.unit})",
        "showTitle": True,  # else Teams keeps it to itself
        "displayMode": "AbsoluteNoAxis",
        "color": "categoricalBlue",
        "data": [{"x": label, "y": number} for label, number in chart.bars],
    }
    return drawn | {"fallback": _fixed(to_bars(chart))}


def _inputs(field: FormField, known: Given | None, zone: ZoneInfo | None) -> Iterator[Element]:
    """Yield the inputs of one field: a day with its time is two."""
    common = {"id": field.key, "label": _label(field.label), "isRequired": field.required}
    common |= {"errorMessage": "This is needed."} if field.required else {}
    match field.kind:
        case FieldKind.CHOICE:
            options = [{"title": _label(label), "value": key} for key, label in field.options]
            style = "expanded" if len(options) <= MOST_CHOICES else "compact"
            chosen = {"value": known.text} if known and known.text in dict(field.options) else {}
            hint = {"placeholder": "Choose one"} if style == "compact" else {}
            yield {"type": "Input.ChoiceSet", "style": style, "choices": options, "wrap": True} | common | hint | chosen
        case FieldKind.DAY:
            yield {"type": "Input.Date"} | common | ({"value": known.day.isoformat()} if known and known.day else {})
        case FieldKind.MOMENT:
            at = known.at.astimezone(zone or ZoneInfo("UTC")) if known and known.at else None
            yield {"type": "Input.Date"} | common | ({"value": at.date().isoformat()} if at else {})
            clock = common | {"id": f"{field.key}{CLOCK}", "label": "Time"}
            yield {"type": "Input.Time"} | clock | ({"value": f"{at:%H:%M}"} if at else {})
        case _:
            hint = {"placeholder": "name@example.com"} if field.kind is FieldKind.PERSON else {}
            value = {"value": known.text[:LONGEST_INPUT]} if known and known.text else {}
            yield {"type": "Input.Text", "maxLength": LONGEST_INPUT} | common | hint | value


def _runs(*runs: tuple[str, bool]) -> Element:
    """Return a paragraph of plain words, some of them bold; nothing in it is read as Markdown or as a mention."""
    inlines = [{"type": "TextRun", "text": text} | ({"weight": "Bolder"} if bold else {}) for text, bold in runs]
    return {"type": "RichTextBlock", "inlines": inlines}


def _paragraphs(text: str) -> list[Element]:
    """Return each paragraph with its lines close to each other, a chart with its columns below each other."""
    found: list[Element] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line.strip()]
        if BAR.search(part):
            found.append(_fixed("\n".join(lines)))
        else:
            found += [_runs((line, False)) | ({"spacing": "Small"} if n else {}) for n, line in enumerate(lines)]
    return found


def _small(text: str, *, apart: bool = False) -> Element:
    run = {"type": "TextRun", "text": text, "size": "Small", "isSubtle": True}
    return {"type": "RichTextBlock", "inlines": [run]} | (dict(APART_BY_A_LINE) if apart else {})


def _heading(text: str, *, apart: bool) -> Element:
    """Return a title of ours that a screen reader finds; no words of people, for Markdown is read in it."""
    looks = {"style": "heading", "size": "Medium", "weight": "Bolder", "wrap": True}
    return {"type": "TextBlock", "text": text, **looks} | (dict(APART_BY_A_LINE) if apart else {})


def _quote(text: str) -> Element:
    """Return words that are not ours, or not yet, in a box of their own."""
    return {"type": "Container", "style": "emphasis", "items": _paragraphs(text)}


def _fixed(text: str) -> Element:
    """Return a chart in lines whose columns stand below each other: small, its bars half as long, to fit a phone.

    Spaces that only part words may break, those of columns do not.
    """
    bars = BAR.sub(lambda found: found[1] + BLOCK * ceil(len(found[2]) / 2), text)
    lines = re.sub(" {2,}", lambda found: "\u00a0" * len(found[0]), bars).split("\n")
    style = {"fontType": "Monospace", "size": "Small"}
    return {"type": "Container", "items": [_run(line, **style) | {"spacing": "None"} for line in lines]}


def _run(text: str, **style: str) -> Element:
    """Return a paragraph of one run in a style of its own."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text} | style]}


def _label(text: str) -> str:
    """Return a text for a button or a label, on one line and not longer than a button is wide."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_LABEL else plain[: LONGEST_LABEL - 1].rstrip() + "\u2026"
