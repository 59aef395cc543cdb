"""Loads our own content files and refuses, in words, what does not hold."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import ContentError
from bot.messages.command_texts import CommandTexts
from bot.messages.digest_texts import DigestTexts
from bot.messages.item_texts import ItemTexts
from bot.messages.items import Items
from bot.messages.other_texts import OtherTexts
from bot.messages.talk_texts import TalkTexts
from bot.messages.texts import Texts
from bot.messages.why_texts import WhyTexts
from bot.messages.words import Words

T = TypeVar("T", bound=BaseModel)
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where it was built: every command reads the texts, and this is ten times as fast."""

PARTS: Final[dict[str, tuple[str, type[BaseModel]]]] = {
    "words": ("words.yaml", Words),
    "others": ("asks.yaml", OtherTexts),
    "items": ("items.yaml", Items),
    "weekly": ("digest.yaml", DigestTexts),
    "why": ("why.yaml", WhyTexts),
    "follow_ups": ("follow_ups.yaml", ItemTexts),
    "talk": ("talk.yaml", TalkTexts),
    "commands": ("commands.yaml", CommandTexts),
}
"""Parts of the texts that have a file of their own."""


def load_texts() -> Texts:
    """Return the words of every message, and how people answer; raises ContentError naming file, place and reason."""
    return read_texts(_shipped("texts.yaml"), {name: _shipped(file) for name, (file, _) in PARTS.items()})


def read_texts(texts: str, parts: dict[str, str]) -> Texts:
    """Validate the content of a texts file and of the files of its parts, by their names in PARTS."""
    known = {name: read_part(name, text) for name, text in parts.items()}
    return _validated(Texts, {**_names(_read(texts, "texts.yaml"), "texts.yaml"), **known}, "texts.yaml")


def read_part(name: str, text: str) -> BaseModel:
    """Validate the file of one part; raises ContentError naming file, place and reason."""
    file, model = PARTS[name]
    return _validated(model, _names(_read(text, file), file), file)


def _shipped(name: str) -> str:
    return (files("bot") / "content" / name).read_text(encoding="utf-8")


def _read(text: str, name: str) -> object:
    """Return what a file holds. YAML keeps the last of two equal names in silence; here they are a fault."""
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        twice = next(_named_twice(node), None)
        given: object = None if twice or node is None else loader.construct_document(node)
    except yaml.YAMLError as fault:
        msg = f"{name} is not YAML: {fault}"
        raise ContentError(msg) from fault
    finally:
        loader.dispose()
    if twice:
        msg = f"{name}, line {twice.start_mark.line + 1}: {twice.value} is named twice; leave one of them out."
        raise ContentError(msg)
    return given


def _names(given: object, name: str) -> dict[str, object]:
    if isinstance(given, dict):
        return given
    msg = f"{name} holds no names with texts; restore the file that was shipped."
    raise ContentError(msg)


def _validated(model: type[T], given: dict[str, object], name: str) -> T:
    try:
        return model.model_validate(given)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = _place(given, first["loc"])
        msg = f"{name}, {where}: {first['msg']}; mend it there or restore the file that was shipped."
        raise ContentError(msg) from fault


def _named_twice(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Return each name that stands twice in one group."""
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _named_twice(part)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value in seen:
                yield name
            seen.add(str(name.value))
            yield from _named_twice(value)


def _place(given: object, loc: tuple[int | str, ...]) -> str:
    """Return where a fault is, with the id of an item or the key of an option instead of its number."""
    names: list[str] = []
    for part in loc:
        given = _inside(given, part)
        named = given if isinstance(part, int) and isinstance(given, dict) else {}
        names.append(str(named.get("id", named.get("key", part))))
    return ".".join(names) or "the whole file"


def _inside(given: object, part: int | str) -> object:
    """Return what stands at one step of a place; None where the step leads nowhere."""
    if isinstance(given, list) and isinstance(part, int):
        return given[part] if part < len(given) else None
    return given.get(part) if isinstance(given, dict) else None
