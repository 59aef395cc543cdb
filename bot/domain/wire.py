"""Records as senders write them, in JSON: each becomes the record, or a reason.

A reason names the field and what to write, and nothing of what stood there: it may be shown and stored.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.domain.record import KNOWN, Record
from bot.errors import NewerRecord

Wanted = TypeVar("Wanted", bound=Record)

ALSO: Final = " | "
"""Between several reasons of one record."""
MOST_SAID: Final = 5

_FIELDS_OF: Final = json.JSONDecoder(object_pairs_hook=len)
"""Counts the fields of an object, twins too."""
_PLACE: Final = re.compile(r"column (\d+)")
_NUMBERS: Final = frozenset({"int_type", "float_type"})
"""What strict reading says of what is no number; of 3.0, which is a whole one, too."""
_FORMS: Final = {
    "source": "must be 1 to 64 of a-z, 0-9, _ . / - and begin with a letter or digit, such as chat or llm/acme",
    "surface": "must be chat, code, office, agent or api, a dot and a name in small letters, such as chat.web",
    "start": "must be the first day in UTC, such as 2026-01-31",
    "end": "must be the day after the last one in UTC, such as 2026-02-01",
    "day": "must be a day in UTC, such as 2026-01-31",
    "user": 'must be text of 1 to 320 characters in quotes, such as "4711"',
    "revision": "must be seconds since 1970 in UTC, a whole number such as 1767225600; leave it out if unknown",
    "pilot": "must be the id of a pilot, text of 1 to 200 characters",
}
"""What a field must be, where the kind of fault alone does not say it."""

Say = Callable[[Mapping[str, Any]], str]


def _unclear(_: Mapping[str, Any]) -> str:
    return "is not what the format says"


_SAYINGS: Final[dict[str, Say]] = {
    "missing": lambda _: "is missing",
    "enum": lambda given: f"must be {given['expected']}".replace("'", ""),
    "greater_than_equal": lambda given: f"must be {given['ge']:,} or more",
    "less_than_equal": lambda given: f"must be {given['le']:,} or less",
    "string_type": lambda _: "must be text in quotes",
    "string_too_short": lambda given: f"must have at least {given['min_length']} characters; leave it out if unknown",
    "string_too_long": lambda given: f"must have at most {given['max_length']:,} characters",
    "model_type": lambda _: "must be an object { ... }",
    "tuple_type": lambda _: "must be a list [ ... ]",
    "bool_type": lambda _: "must be true or false; leave it out if unknown",
    "bool_parsing": lambda _: "must be true or false; leave it out if unknown",
    "int_type": lambda _: "must be a whole number; leave it out if unknown",
    "int_parsing": lambda _: "must be a whole number; leave it out if unknown",
    "finite_number": lambda _: "must be a whole number; leave it out if unknown",
    "int_from_float": lambda _: "must be a whole number; leave it out if unknown",
}
"""What is said to a kind of fault."""


def read_wire(model: type[Wanted], raw: str | bytes) -> Wanted:
    """Return the record of a JSON object; raises ValueError with the reason."""
    try:
        record = _read(model, raw)
        twin = _twin(raw, len(record.model_fields_set))
        if not twin:
            return record
        reason = f"{twin}: stands twice in one object; keep the one that is right"
    except ValidationError as fault:
        reason = why_invalid(fault, raw)
    except _NumberError as fault:
        reason = str(fault)
    except NewerRecord:
        reason = f"v: this program knows version {KNOWN} of the format; write that one, or install a newer Stickshaker"
    raise ValueError(reason)  # outside, so that the fault, which quotes what stood there, is not carried along


class _NumberError(ValueError):
    """True or "3" stands where a number belongs; the text is the reason."""


def _read(model: type[Wanted], raw: str | bytes) -> Wanted:
    """Return the record; raises ValidationError, or _NumberError for what pydantic would take for a number."""
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as fault:
        strict = fault
    record = model.model_validate_json(raw)
    slips = [one for one in strict.errors(include_url=False) if one["type"] in _NUMBERS]
    said = [_said(one, raw) for one in slips if isinstance(one["input"], bool | str)]
    if said:
        raise _NumberError(ALSO.join(dict.fromkeys(said)))
    return record


def _twin(raw: str | bytes, fields: int) -> str:
    """Return the name of a field that stands twice, empty where none does; a reader of JSON would keep the last.

    The object is known to be valid, so that its names are ours and may be said.
    """
    # Each name has its colon, so as many as fields means no twin: nearly every fact ends here, or a line below.
    text = raw if isinstance(raw, str) else raw.decode()
    if text.count(":") == fields or (text.count("{") == 1 and _FIELDS_OF.decode(text) == fields):
        return ""
    twins: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        twins.extend(name for at, name in enumerate(names) if name in names[:at])

    json.loads(text, object_pairs_hook=note)
    return twins[0] if twins else ""


def why_invalid(fault: ValidationError, raw: str | bytes = b"") -> str:
    """Return what pydantic found in words, by field; `raw` is the JSON, which tells the place of an unknown field."""
    faults = fault.errors(include_url=False, include_input=False)
    said = list(dict.fromkeys(_said(one, raw) for one in faults))
    more = [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
    return ALSO.join([*said[:MOST_SAID], *more])


def _said(fault: ErrorDetails, raw: str | bytes) -> str:
    """Return one fault in words."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "json_invalid":
        place = _PLACE.search(fault["msg"])
        return f"is not JSON from character {place.group(1)} on; mend it there" if place else "is not JSON"
    if kind == "model_type" and not fault["loc"]:
        return "is not a JSON object; write one { ... } a line"
    if kind == "value_error":
        return fault["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"{_placed(fault, raw)} is not one we take; leave it out (docs/loading.md lists them)"
    field = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
    say = _SAYINGS.get(kind, _unclear)
    return f"{field}: {(kind != 'missing' and _FORMS.get(field)) or say(context)}"


def _placed(fault: ErrorDetails, raw: str | bytes) -> str:
    """Say where a field stands; its name is the sender's own and may tell something."""
    names = list(json.loads(raw or b"{}"))
    first = fault["loc"][0] if fault["loc"] else None
    return f"field {names.index(first) + 1}" if first in names and len(fault["loc"]) == 1 else "a field"
