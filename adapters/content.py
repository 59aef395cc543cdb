"""Loads our own content files and refuses, in words, what does not hold."""

from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import ContentError
from bot.messages.texts import Texts
from bot.messages.words import Words

T = TypeVar("T", bound=BaseModel)


def load_texts() -> Texts:
    """Return the words of every message, and how people answer; raises ContentError naming file, place and reason."""
    return read_texts(_shipped("texts.yaml"), _shipped("words.yaml"))


def read_texts(texts: str, words: str) -> Texts:
    """Validate the content of a texts file and of the words file beside it."""
    known = _read(words, "words.yaml")
    _validated(Words, known, "words.yaml")
    return _validated(Texts, {**_read(texts, "texts.yaml"), "words": known}, "texts.yaml")


def _shipped(name: str) -> str:
    return (files("bot") / "content" / name).read_text(encoding="utf-8")


def _read(text: str, name: str) -> dict[str, object]:
    """Return the names and values of a file."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        msg = f"{name} is not YAML: {fault}"
        raise ContentError(msg) from fault
    if isinstance(given, dict):
        return given
    msg = f"{name} holds no names with texts; restore the file that was shipped."
    raise ContentError(msg)


def _validated(model: type[T], given: dict[str, object], name: str) -> T:
    try:
        return model.model_validate(given)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        msg = f"{name}, {where}: {first['msg']}; mend it there or restore the file that was shipped."
        raise ContentError(msg) from fault
