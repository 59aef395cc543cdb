"""What all stored records share: frozen, closed, and versioned."""

import json
from typing import Any, Self

from pydantic import ValidationError

from bot.domain.value import Value
from bot.errors import NewerRecord

KNOWN = 1
"""Version of record shapes that this program writes; it reads older ones and refuses newer ones."""


class Record(Value):
    """A value that is stored as JSON. `v` is the version of its shape and starts at 1."""

    v: int = 1

    @classmethod
    def from_stored(cls, text: str | bytes) -> Self:
        """Read a stored record.

        Raises NewerRecord when it was written by a newer program, whose fields we would drop.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as fault:
            version = _version(text)
            if version is not None and version > KNOWN:
                raise NewerRecord(_newer(cls.__name__, version)) from fault
            raise

    def model_post_init(self, _context: Any, /) -> None:  # noqa: ANN401  pydantic's own signature
        """Refuse a version that this program can't know."""
        if self.v > KNOWN:
            raise NewerRecord(_newer(type(self).__name__, self.v))

    def to_stored(self) -> str:
        """Return the JSON that `from_stored` reads back as an equal record."""
        return self.model_dump_json(exclude_none=True)


def _newer(name: str, version: int) -> str:
    return (
        f"A stored {name} has version {version}, this program knows version {KNOWN}: "
        "it was written by a newer Stickshaker; install that version again."
    )


def _version(text: str | bytes) -> int | None:
    """Find the version in a text that did not validate, if it is a record at all."""
    try:
        given = json.loads(text)
    except ValueError:
        return None
    version = given.get("v") if isinstance(given, dict) else None
    return version if isinstance(version, int) else None
