"""Loads our own content files and refuses, in words, what does not hold."""

from importlib.resources import files

import yaml
from pydantic import ValidationError

from bot.errors import ContentError
from bot.messages.texts import Texts


def load_texts() -> Texts:
    """Return the words of every message; raises ContentError naming file, place and reason."""
    return read_texts((files("bot") / "content" / "texts.yaml").read_text(encoding="utf-8"))


def read_texts(text: str) -> Texts:
    """Validate the content of a texts file."""
    try:
        return Texts.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as fault:
        msg = f"texts.yaml is not YAML: {fault}"
        raise ContentError(msg) from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        msg = f"texts.yaml, {where}: {first['msg']}; mend it there or restore the file that was shipped."
        raise ContentError(msg) from fault
