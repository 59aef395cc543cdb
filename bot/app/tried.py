"""Settings that a backtest is run with: the organisation's own, with some of them replaced by KEY=VALUE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Final, Self, TypeVar

from pydantic import BaseModel, ValidationError, model_validator

from bot.domain.playbook import Playbook
from bot.domain.settings import DetectionSettings
from bot.errors import InputError
from bot.policy.replying import Replying

Wanted = TypeVar("Wanted", bound=BaseModel)

REPLY: Final = "reply."
"""What keys of the model of replies begin with."""
MOST: Final = 3650
"""Days of the longest plan; no threshold is higher."""
LISTED: Final = "docs/backtest.md lists the keys"


class TriedDetection(DetectionSettings):
    """Thresholds of detection within the bounds in which they mean something and tell on nobody."""

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if not self.stage_marks or any(a >= b for a, b in pairwise((0, *self.stage_marks))):
            raise ValueError("stage_marks must be days above 0 that rise, such as 182,365,548")
        wrong = next((name for name, value in _numbers(self) if not 0 <= value <= MOST), None)
        if wrong:
            msg = f"{wrong} must be between 0 and {MOST}"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Tried:
    """What a run is judged, asked and answered by."""

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    playbook: Playbook = field(default_factory=Playbook)
    replying: Replying = field(default_factory=Replying)


def keys() -> dict[str, object]:
    """Return every key that can be set, with its default."""
    defaults = Tried()
    plain = [_flat(prefix, one.model_dump(mode="json")) for prefix, one in _parts(defaults)]
    return {key: value for part in plain for key, value in part.items()}


def _parts(tried: Tried) -> tuple[tuple[str, BaseModel], ...]:
    """Return the three records with what their keys begin with."""
    return ("", tried.detection), ("", tried.playbook), (REPLY, tried.replying)


def read_tried(given: Sequence[str], own: Tried) -> Tried:
    """Return `own` settings with those that KEY=VALUE texts name; of a key given twice the last one counts.

    Raises InputError for an unknown key (naming the nearest), for a value that does not fit, and for a
    group smaller than `own` lets figures be shown of.
    """
    values = dict(_pair(text) for text in given)
    detection = _record("", TriedDetection, own.detection, values)
    if detection.min_group < own.detection.min_group:
        least = own.detection.min_group
        msg = f"--set min_group={detection.min_group} can't be used: figures of fewer than {least} people are never shown."
        raise InputError(msg)
    playbook = _record("", Playbook, own.playbook, values)
    return Tried(detection, playbook, _record(REPLY, Replying, own.replying, values))


def _pair(text: str) -> tuple[str, str]:
    """Split KEY=VALUE and make sure that there is such a key."""
    key, mark, value = text.partition("=")
    key = key.strip()
    if not mark:
        msg = f"--set '{text}' has no value; write KEY=VALUE, for example flat_weeks=10."
        raise InputError(msg)
    known = keys()
    if key not in known:
        near = get_close_matches(key, known, n=1, cutoff=0.0)[0]
        msg = f"--set {key}: there is no such setting; did you mean {near} ({LISTED})?"
        raise InputError(msg)
    return key, value.strip()


def _record(prefix: str, record: type[Wanted], own: BaseModel, values: Mapping[str, str]) -> Wanted:
    """Return a record with the values whose keys are its own."""
    plain = own.model_dump()
    mine = {key: value for key, value in values.items() if key in _flat(prefix, own.model_dump(mode="json"))}
    for key, value in mine.items():
        *path, last = key.removeprefix(prefix).split(".")
        holder = plain
        for part in path:
            holder = holder[part]
        holder[last] = value.split(",") if isinstance(holder[last], tuple | list) else value
    try:
        return record.model_validate(plain)
    except ValidationError as fault:
        raise InputError(_said(fault, prefix, mine)) from fault


def _said(fault: ValidationError, prefix: str, given: Mapping[str, str]) -> str:
    """Return what is wrong with the values given, in one sentence."""
    first = fault.errors(include_url=False, include_context=False)[0]
    place = prefix + ".".join(str(part) for part in first["loc"] if isinstance(part, str) and part != "[key]")
    about = next((key for key in given if key == place), None) or ", ".join(given)
    reason = first["msg"].removeprefix("Value error, ").replace("Input should", "it should").split(", unable")[0]
    shown = f"{about}={given[about]}" if about in given else about
    return f"--set {shown} can't be used: {reason} ({LISTED})."


def _flat(prefix: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return nested values by their dotted keys."""
    found: dict[str, object] = {}
    for name, value in values.items():
        found |= _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else {prefix + name: value}
    return {key: value for key, value in found.items() if key != "name"}


def _numbers(settings: DetectionSettings) -> list[tuple[str, float]]:
    """Return every number among thresholds, by key."""
    found: list[tuple[str, float]] = []
    for key, value in _flat("", settings.model_dump()).items():
        several = value if isinstance(value, tuple) else (value,)
        found += [(key, float(one)) for one in several if isinstance(one, int | float)]
    return found
