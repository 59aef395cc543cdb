"""A message of the core as Block Kit, and a form as a modal: pure functions, whose output keeps to Slack's limits.

Words of people and pilots stand in plain or rich text, in which Slack reads no mention, no link and no markup.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from adapters.slack.limits import (
    FALLBACK,
    MARK,
    MOST_BLOCKS,
    MOST_POINTS,
    MOST_TEXT,
    Block,
    Surface,
    clamp,
    escape,
    texts_of,
)
from bot.domain.turn import Given
from bot.messages.charts import Chart, to_bars
from bot.messages.home import Home
from bot.messages.model import Answered, Choice, FieldKind, FormField, Message, Section
from bot.messages.plain import ANSWERED, to_plain
from bot.messages.plain import MARK as APART

CHOICE: Final = "choice"
ASKS: Final = "asks"
OPEN: Final = "open"
"""What a button does: an answer, a form that asks for its details, or showing another pilot of the message in full. Its
`action_id` begins so."""
FORM: Final = "form"
"""The `callback_id` of a modal that asks for the details of an answer."""
LONGEST_INPUT: Final = 280
"""Characters of words that somebody types, as in `bot.domain.reply`."""
NAME: Final = "Stickshaker"
DRAWN: Final = "data_visualization"
"""The type of block in which Slack draws a chart, since June 2026 and not in every workspace yet."""
DIVIDER: Final[Block] = {"type": "divider"}


@dataclass(frozen=True, slots=True)
class Ref:
    """What a tap is about: a delivery, a section of its message, and the answer; without one it opens the section.

    `place` is that of the message, which a form would not know otherwise.
    """

    delivery: str
    section: str
    choice: str = ""
    place: str = ""

    def to_value(self) -> str:
        """Return it as the value of a button, or the metadata of a modal."""
        parts = [self.delivery, self.section, self.choice, *([self.place] if self.place else [])]
        return json.dumps(parts, separators=(",", ":"))


def parse_ref(value: str) -> Ref | None:
    """Return what a value stands for, or None where it is none of ours."""
    try:
        parts = json.loads(value)
    except ValueError:
        return None
    is_ours = isinstance(parts, list) and len(parts) in {3, 4} and all(isinstance(part, str) for part in parts)
    return Ref(*parts) if is_ours else None


def to_posts(message: Message, delivery: str, *, draws: bool = True) -> list[dict[str, Any]]:
    """Return a message as `text` and `blocks`, in several posts where one would exceed Slack's limits.

    The first post asks; what does not fit beside it are further pilots, which follow in posts of their own. Slack draws
    a chart where it `draws`, else it is lines of text.
    """
    first, *others = message.sections or (None,)
    parted = [DIVIDER] if message.answered and first else []
    head = [*_head(message, draws=draws), *parted, *(_asked(first, delivery) if first else [])]
    lines = [_line(section, delivery) for section in others]
    foot = [_context(message.footer)] if message.footer else []
    room = [*([_context(message.more)] if message.more and lines else []), *lines]
    posts, room = ([head], room) if _fits([*head, *foot]) else ([[]], [*head, *room])
    for block in room:
        if posts[-1] and not _fits([*posts[-1], block, *foot]):
            posts.append([])
        posts[-1].append(block)
    posts[-1] += foot
    text = fallback(escape(to_plain(message)))
    return [{"text": text, "blocks": blocks} for blocks in posts]


def is_drawn(post: dict[str, Any]) -> bool:
    """Whether Slack was asked to draw a chart."""
    return any(block["type"] == DRAWN for block in post.get("blocks", ()))


def plainer(post: dict[str, Any], message: Message) -> dict[str, Any] | None:
    """Return a post that asks less of Slack than one it refused: a chart as lines, then no blocks, then None."""
    blocks = post.get("blocks")
    if not blocks:
        return None
    if message.chart is not None and is_drawn(post):
        lines = _preformatted(to_bars(message.chart))
        return post | {"blocks": [lines if block["type"] == DRAWN else block for block in blocks]}
    return {key: value for key, value in post.items() if key != "blocks"}


def to_modal(
    section: Section, choice: Choice, ref: Ref, *, submit: str, close: str, values: Mapping[str, Given] | None = None
) -> dict[str, Any]:
    """Return the form of an answer as a modal, with what was said already; its state is keyed by the form's fields."""
    known = values or {}
    intro = _rich(*_paragraph(section.fact))
    label = {"type": "header", "text": _text(choice.label, "header.text")}
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": ref.to_value(),
        "title": _text(NAME, "view.title"),
        "submit": _text(submit, "view.submit"),
        "close": _text(close, "view.close"),
        "blocks": [label, intro, *(_input(field, known.get(field.key)) for field in choice.form)],
    }


def to_home(home: Home) -> dict[str, Any]:
    """Return the home tab as a view: a header for each part, its lines, and a button for each question."""
    blocks: list[Block] = []
    for shelf in home.shelves:
        blocks.append({"type": "header", "text": _text(shelf.title, "header.text")})
        blocks += [_rich(*_paragraph(line)) for line in shelf.lines]
        blocks += [_line(one.section, one.delivery, home.answer) for one in shelf.questions]
    return {"type": "home", "blocks": blocks[: MOST_BLOCKS[Surface.HOME]]}


def to_plain_modal(text: str) -> dict[str, Any]:
    """Return a modal that says something: at once, until the real one is there, or why there is none."""
    return {"type": "modal", "callback_id": FORM, "title": _text(NAME, "view.title"), "blocks": [_rich(_plain(text))]}


def fallback(text: str) -> str:
    """Return the text beside the blocks: notifications and screen readers show it."""
    return text if len(text) <= FALLBACK else text[: FALLBACK - 1].rstrip() + MARK


def _head(message: Message, *, draws: bool) -> list[Block]:
    intro = [_context(message.intro)] if message.intro else []
    done = _done(message.answered) if message.answered else []
    body = [_rich(*_paragraph(part)) for part in message.body]
    drawn = _drawn(message.chart) if message.chart and draws else None
    chart = [drawn or _preformatted(to_bars(message.chart))] if message.chart else []
    return [*intro, *done, *body, *chart]


def _drawn(chart: Chart) -> Block | None:
    """Return a chart that Slack draws; None where it has more bars than Slack draws."""
    if len(chart.bars) > MOST_POINTS:
        return None
    labels = [clamp(label, "chart.label") for label, _ in chart.bars]
    if len(set(labels)) < len(labels):
        return None
    points = [{"label": label, "value": number} for label, (_, number) in zip(labels, chart.bars, strict=True)]
    series = {"name": clamp(chart.unit, "chart.label"), "data": points}
    drawing = {"type": "bar", "series": [series], "axis_config": {"categories": labels}}
    return {"type": DRAWN, "title": clamp(f"{chart.title} ({chart.unit})", "chart.title"), "chart": drawing}


def _done(answered: Answered) -> list[Block]:
    """Tell what was asked, what was answered, and what follows from it."""
    label = _rich(_plain(f"{ANSWERED} {answered.label}", bold=True))
    return [_rich(_plain(answered.fact)), label, *_told_in_parts(answered.note)]


def _told_in_parts(text: str) -> list[Block]:
    """Tell a text by its lines; those that are set apart stand in one quote."""
    blocks: list[Block] = []
    for is_quote, lines in groupby(_paragraphs(text), key=lambda line: line.startswith(APART)):
        if is_quote:
            blocks.append(_quote("\n".join(line.removeprefix(APART) for line in lines)))
        else:
            blocks += [_rich(*_paragraph(line)) for line in lines]
    return blocks


def _told(section: Section) -> list[Block]:
    """Tell the fact of a section, its title in bold, and the words that stand apart."""
    lead, rest = section.title, section.fact.removeprefix(section.title)
    is_led = section.title and section.fact.startswith(section.title) and rest
    said = [_plain(lead, bold=True), _plain(rest)] if is_led else [_plain(section.fact)]
    quote = [_quote(section.quote)] if section.quote else []
    return [_rich(*said), *quote]


def _asked(section: Section, delivery: str) -> list[Block]:
    """Tell a section in full, with its question and answers."""
    question = [_rich(_plain(section.question, bold=True))] if section.question else []
    buttons = [
        _button(c.label, f"{ASKS if c.form else CHOICE}:{c.key}", Ref(delivery, section.key, c.key))
        for c in section.choices
    ]
    return [*_told(section), *question, *([{"type": "actions", "elements": buttons}] if buttons else [])]


def _line(section: Section, delivery: str, label: str = "Open") -> Block:
    """Tell a section in a line, with a button that opens it."""
    text = _text(f"{section.title}: {section.line or section.fact}", "section.text")
    block: Block = {"type": "section", "text": text}
    if section.question:
        block["accessory"] = _button(label, f"{OPEN}:{section.key}"[:255], Ref(delivery, section.key))
    return block


def _button(label: str, action: str, ref: Ref) -> Block:
    return {"type": "button", "action_id": action, "text": _text(label, "button.text"), "value": ref.to_value()}


def _input(field: FormField, known: Given | None) -> Block:
    """Return the input of one field; its block and its action are called as the field is."""
    return {
        "type": "input",
        "block_id": field.key,
        "optional": not field.required,
        "label": _text(field.label, "input.label"),
        "element": _control(field) | _filled(field, known) | {"action_id": field.key},
    }


def _control(field: FormField) -> Block:
    if field.kind is FieldKind.CHOICE:
        options = [{"text": _text(label, "option.text"), "value": key} for key, label in field.options]
        return {"type": "radio_buttons" if len(options) <= 10 else "static_select", "options": options}  # noqa: PLR2004  as Slack has it
    if field.kind is FieldKind.TEXT:
        return {"type": "plain_text_input", "max_length": LONGEST_INPUT, "multiline": False}
    return {"type": CONTROLS[field.kind]}


def _filled(field: FormField, known: Given | None) -> Block:
    """Return what an input begins with, where somebody said it already and it fits into this kind of input."""
    if known is None:
        return {}
    if field.kind is FieldKind.DAY and known.day:
        return {"initial_date": known.day.isoformat()}
    if field.kind is FieldKind.MOMENT and known.at:
        return {"initial_date_time": int(known.at.timestamp())}
    if field.kind is FieldKind.TEXT and known.text:
        return {"initial_value": known.text[:LONGEST_INPUT]}
    options = dict(field.options)
    if field.kind is FieldKind.CHOICE and known.text in options:
        return {"initial_option": {"text": _text(options[known.text], "option.text"), "value": known.text}}
    return {}


CONTROLS: Final = {
    FieldKind.DAY: "datepicker",
    FieldKind.MOMENT: "datetimepicker",
    FieldKind.PERSON: "users_select",
}
"""Elements that need nothing but a name."""


def _text(text: str, place: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": clamp(text, place), "emoji": False}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_text(text, "context.text")]}


def _plain(text: str, *, bold: bool = False) -> dict[str, Any]:
    said = {"type": "text", "text": clamp(text, "rich_text.text")}
    return said | {"style": {"bold": True}} if bold else said


def _paragraph(text: str) -> tuple[dict[str, Any], ...]:
    return (_plain(text),)


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.split("\n") if part.strip()]


def _rich(*texts: dict[str, Any]) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(texts)}]}


def _quote(text: str) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [_plain(text)]}]}


def _preformatted(text: str) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [_plain(text)]}]}


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= MOST_BLOCKS[Surface.MESSAGE] and sum(_lengths(blocks)) <= MOST_TEXT


def _lengths(blocks: Sequence[Block]) -> Iterator[int]:
    return (len(text) for block in blocks for text in texts_of(block))
