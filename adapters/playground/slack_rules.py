"""What Slack refuses about a message, by its documentation: this knows nothing of our own limits."""

from adapters.playground.slack_state import Body
from adapters.playground.slack_views import Refused

MOST_BLOCKS = 50
MOST_CHARACTERS = 13_200
LONGEST = {"section": 3000, "context": 2000, "header": 150}
MOST_POINTS, MOST_TITLE, MOST_LABEL = 20, 50, 20
"""Of a chart."""


def judge_message(body: Body, refused: frozenset[str] = frozenset()) -> None:
    """Refuse a message that Slack refuses: without words, or with blocks that break its rules."""
    blocks = body.get("blocks") or []
    if not body.get("text") and not blocks:
        raise Refused("no_text")
    if not isinstance(blocks, list) or not all(isinstance(b, dict) and "type" in b for b in blocks):
        raise Refused("invalid_blocks_format")
    if any(block["type"] in refused for block in blocks):
        raise Refused("invalid_blocks")
    if len(blocks) > MOST_BLOCKS or any(_is_refused(block) for block in blocks):
        raise Refused("invalid_blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        raise Refused("invalid_blocks")
    if sum(len(text) for block in blocks for text in _texts(block)) > MOST_CHARACTERS:
        raise Refused("msg_blocks_too_long")


def _is_refused(block: Body) -> bool:
    """Whether a block breaks a rule of length, count or form."""
    kind = block["type"]
    texts = [text for text in _texts(block) if isinstance(text, str)]
    if not all(texts) or (kind in LONGEST and any(len(t) > LONGEST[kind] for t in _own_texts(block))):
        return True
    if kind == "data_visualization":
        points = [p for one in block.get("chart", {}).get("series", []) for p in one.get("data", [])]
        is_long = len(block.get("title", "")) > MOST_TITLE or any(len(p["label"]) > MOST_LABEL for p in points)
        return is_long or not 1 <= len(points) <= MOST_POINTS
    elements = block.get("elements", [])
    if kind in {"actions", "context", "rich_text"} and not elements:
        return True
    if kind == "actions":
        names = [e.get("action_id") for e in elements]
        return len(elements) > 25 or len(names) != len(set(names)) or any(map(_is_bad_button, elements))  # noqa: PLR2004  as documented
    if kind == "context" and len(elements) > 10:  # noqa: PLR2004  as documented
        return True
    return kind == "section" and "accessory" in block and _is_bad_button(block["accessory"])


def _is_bad_button(element: Body) -> bool:
    if element.get("type") != "button":
        return False
    text = element.get("text", {})
    is_long = len(text.get("text", "")) > 75 or len(element.get("value", "")) > 2000  # noqa: PLR2004  as documented
    return is_long or text.get("type") != "plain_text" or len(element.get("action_id", "")) > 255  # noqa: PLR2004  as documented


def _own_texts(block: Body) -> list[str]:
    """Return the texts of a block without those of its buttons."""
    return [t for key, part in block.items() if key != "accessory" for t in _texts(part)]


def _texts(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return [*own, *(t for key, value in part.items() if key != "text" or not own for t in _texts(value))]
    return [t for one in part for t in _texts(one)] if isinstance(part, list) else []
