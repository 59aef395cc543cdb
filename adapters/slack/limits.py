"""What Slack takes: surfaces, counts and lengths of blocks, as a table, and whether a payload keeps to it.

The numbers are from Slack's reference of blocks and elements (docs.slack.dev/reference/block-kit). Slack refuses
a whole message with `invalid_blocks` where one is exceeded, so texts are cut here and counted before they are sent.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

Block = dict[str, Any]


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


MOST_BLOCKS: Final = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}
MOST_TEXT: Final = 12_000
"""Characters of a whole message: Slack answers `msg_blocks_too_long` from about 13,200 on, which it says nowhere."""
FALLBACK: Final = 3_000
"""Characters of the text beside the blocks, which notifications and screen readers show."""
MOST_VIEW: Final = 250_000
"""Bytes of a view as JSON."""

LENGTHS: Final[Mapping[str, int]] = {
    "section.text": 3_000,
    "section.field": 2_000,
    "header.text": 150,
    "context.text": 2_000,
    "rich_text.text": 3_000,
    "input.label": 2_000,
    "input.hint": 2_000,
    "button.text": 75,
    "button.value": 2_000,
    "button.url": 3_000,
    "option.text": 75,
    "option.value": 150,
    "option.description": 75,
    "placeholder": 150,
    "confirm.title": 100,
    "confirm.text": 300,
    "confirm.confirm": 30,
    "confirm.deny": 30,
    "chart.title": 50,
    "chart.label": 20,
    "view.title": 24,
    "view.submit": 24,
    "view.close": 24,
    "private_metadata": 3_000,
    "callback_id": 255,
    "action_id": 255,
    "block_id": 255,
}
"""Characters by the place of a text."""
COUNTS: Final[Mapping[str, int]] = {
    "section.fields": 10,
    "actions.elements": 25,
    "context.elements": 10,
    "select.options": 100,
    "radio.options": 10,
    "overflow.options": 5,
}
"""How many of something a block or an element holds."""
SURFACES: Final[Mapping[str, frozenset[Surface]]] = {
    "section": frozenset(Surface),
    "rich_text": frozenset(Surface),
    "context": frozenset(Surface),
    "header": frozenset(Surface),
    "divider": frozenset(Surface),
    "actions": frozenset(Surface),
    "input": frozenset({Surface.MODAL, Surface.HOME, Surface.MESSAGE}),
    "table": frozenset({Surface.MESSAGE}),
    "data_visualization": frozenset({Surface.MESSAGE}),
}
"""Blocks that we use, by where Slack takes them."""
MOST_POINTS, MOST_SERIES, MOST_CHARTS = 20, 6, 2
"""Of a chart that Slack draws, and of those in a message (changelog of 2026-06-16)."""
MOST_ROWS, MOST_COLUMNS = 100, 20
"""Of a table."""
MARK: Final = "\u2026"
"""Ends a text that was cut."""


def clamp(text: str, place: str) -> str:
    """Return a text no longer than its place takes, and never empty: Slack refuses both."""
    most = LENGTHS[place]
    short = text if len(text) <= most else text[: most - 1].rstrip() + MARK
    return short or " "


def escape(text: str) -> str:
    """Return a text in which Slack reads no mention, no link and no special word; for places that take mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def lint(blocks: Sequence[Block], surface: Surface) -> list[str]:
    """Return what Slack would refuse about blocks, each with its place; empty where it takes them."""
    found = [f"{len(blocks)} blocks, at most {MOST_BLOCKS[surface]}"] if len(blocks) > MOST_BLOCKS[surface] else []
    for number, block in enumerate(blocks):
        found += [f"block {number} ({block.get('type')}): {fault}" for fault in _of_block(block, surface)]
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    found += [f"block_id {name!r} is there {count} times" for name, count in ids.items() if count > 1]
    if surface is Surface.MESSAGE:
        charts = sum(block.get("type") == "data_visualization" for block in blocks)
        found += [f"{charts} charts, at most {MOST_CHARTS}"] if charts > MOST_CHARTS else []
        length = sum(len(text) for block in blocks for text in texts_of(block))
        found += [f"{length} characters, at most {MOST_TEXT}"] if length > MOST_TEXT else []
    return found


def lint_view(view: Mapping[str, Any]) -> list[str]:
    """Return what Slack would refuse about a modal or a home tab."""
    surface = Surface(view["type"])
    found = lint(view["blocks"], surface)
    for name in ("title", "submit", "close"):
        if name in view:
            found += _text(view[name], f"view.{name}", plain=True)
    found += _length(view, "private_metadata", "callback_id")
    if surface is Surface.MODAL and "title" not in view:
        found.append("a modal needs a title")
    if len(json.dumps(view).encode()) > MOST_VIEW:
        found.append(f"more than {MOST_VIEW} bytes")
    if any(block["type"] == "input" for block in view["blocks"]) and surface is Surface.MODAL and "submit" not in view:
        found.append("a modal with inputs needs a submit")
    return found


def texts_of(part: object) -> Iterator[str]:
    """Yield every text that somebody reads in a block."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts_of(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from texts_of(one)


def _of_block(block: Block, surface: Surface) -> Iterator[str]:
    kind = block.get("type", "")
    if kind not in SURFACES:
        yield "is of a type that we do not use"
        return
    if surface not in SURFACES[kind]:
        yield f"is not taken in a {surface}"
    yield from _length(block, "block_id")
    yield from CHECKS[kind](block)


def _section(block: Block) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "needs a text or fields"
    if "text" in block:
        yield from _text(block["text"], "section.text")
    yield from _count(block.get("fields", []), "section.fields")
    for field in block.get("fields", []):
        yield from _text(field, "section.field")
    if "accessory" in block:
        yield from _element(block["accessory"])


def _header(block: Block) -> Iterator[str]:
    yield from _text(block["text"], "header.text", plain=True)


def _context(block: Block) -> Iterator[str]:
    if not block["elements"]:
        yield "is empty"
    yield from _count(block["elements"], "context.elements")
    for element in block["elements"]:
        yield from _text(element, "context.text")


def _actions(block: Block) -> Iterator[str]:
    if not block["elements"]:
        yield "is empty"
    yield from _count(block["elements"], "actions.elements")
    ids = Counter(element.get("action_id") for element in block["elements"])
    yield from (f"action_id {name!r} is there {count} times" for name, count in ids.items() if count > 1)
    for element in block["elements"]:
        yield from _element(element)


def _input(block: Block) -> Iterator[str]:
    yield from _text(block["label"], "input.label", plain=True)
    if "hint" in block:
        yield from _text(block["hint"], "input.hint", plain=True)
    yield from _element(block["element"])


def _rich_text(block: Block) -> Iterator[str]:
    if not block["elements"]:
        yield "is empty"
    for text in texts_of(block["elements"]):
        if not text:
            yield "has an empty text"
        if len(text) > LENGTHS["rich_text.text"]:
            yield f"has a text of {len(text)} characters, at most {LENGTHS['rich_text.text']}"


def _table(block: Block) -> Iterator[str]:
    rows = block["rows"]
    if len(rows) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in rows):
        yield f"has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns"


def _chart(block: Block) -> Iterator[str]:
    """Judge a chart that Slack draws."""
    if len(block.get("title", "")) > LENGTHS["chart.title"]:
        yield f"has a title of {len(block['title'])} characters, at most {LENGTHS['chart.title']}"
    series = block["chart"].get("series", [])
    if not series or len(series) > MOST_SERIES or any(len(one["data"]) > MOST_POINTS for one in series):
        yield f"has no series, more than {MOST_SERIES}, or more than {MOST_POINTS} points in one"
    labels = [point["label"] for one in series for point in one["data"]]
    yield from (f"has a label of {len(label)} characters" for label in labels if len(label) > LENGTHS["chart.label"])


def _nothing(_block: Block) -> Iterator[str]:
    return iter(())


CHECKS: Final = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "table": _table,
    "data_visualization": _chart,
    "divider": _nothing,
}


def _element(element: Block) -> Iterator[str]:
    """Judge what can be tapped or filled in."""
    yield from _length(element, "action_id")
    if "placeholder" in element:
        yield from _text(element["placeholder"], "placeholder", plain=True)
    if element["type"] == "button":
        yield from _text(element["text"], "button.text", plain=True)
        if len(element.get("value", "")) > LENGTHS["button.value"]:
            yield "has a value that is too long"
    if "options" in element:
        yield from _options(element["options"], COUNTED.get(element["type"], "select.options"))
    confirm = element.get("confirm", {})
    for name in ("title", "text", "confirm", "deny"):
        if name in confirm:
            yield from _text(confirm[name], f"confirm.{name}")


def _options(options: Sequence[Block], place: str) -> Iterator[str]:
    """Judge what can be picked."""
    if not options:
        yield "has no options"
    yield from _count(options, place)
    values = Counter(option["value"] for option in options)
    yield from (f"option value {name!r} is there {count} times" for name, count in values.items() if count > 1)
    for option in options:
        yield from _text(option["text"], "option.text")
        if not option["value"] or len(option["value"]) > LENGTHS["option.value"]:
            yield "has an option value that is empty or too long"


COUNTED: Final = {"radio_buttons": "radio.options", "checkboxes": "radio.options", "overflow": "overflow.options"}


def _text(text: Mapping[str, Any], place: str, *, plain: bool = False) -> Iterator[str]:
    said = text.get("text", "")
    if plain and text.get("type") != "plain_text":
        yield f"{place} has to be plain_text"
    if not said:
        yield f"{place} is empty"
    if len(said) > LENGTHS[place]:
        yield f"{place} has {len(said)} characters, at most {LENGTHS[place]}"


def _length(part: Mapping[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        if len(part.get(name, "")) > LENGTHS[name]:
            yield f"{name} has {len(part[name])} characters, at most {LENGTHS[name]}"


def _count(parts: Sequence[object], place: str) -> Iterator[str]:
    if len(parts) > COUNTS[place]:
        yield f"{place}: {len(parts)}, at most {COUNTS[place]}"
