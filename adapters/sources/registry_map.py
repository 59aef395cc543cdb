"""The map of a registry: how a foreign table's columns, stages and dates are to be read (docs/loading.md)."""

from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from adapters.sources.cells import DateShape, plain
from bot.domain.pilot import Stage
from bot.domain.value import Value
from bot.errors import InputError


class Column(StrEnum):
    """The columns of a registry, in the order of docs/loading.md."""

    ID = "id"
    NAME = "name"
    OWNER = "owner"
    SPONSOR = "sponsor"
    STAGE = "stage"
    STAGE_SINCE = "stage_since"
    PLANNED_STAGE_DAYS = "planned_stage_days"
    SEATS = "seats"
    COUNTRY = "country"
    TIMEZONE = "timezone"
    START = "start"
    USE_CASE_FAMILY = "use_case_family"
    PROGRAMME_LEAD = "programme_lead"
    TARGET_DATE = "target_date"
    MILESTONES = "milestones"
    DEPENDENCIES = "dependencies"
    STAGE_HISTORY = "stage_history"
    DEPTH = "depth"
    OUTCOME_METRIC = "outcome_metric"
    PRODUCTION_OWNER = "production_owner"
    DATA_MODE = "data_mode"
    DATA_MODE_SINCE = "data_mode_since"
    LAST_RELEASE = "last_release"
    OWNER_LEFT = "owner_left"
    SPONSOR_LEFT = "sponsor_left"
    ROUTES = "routes"


class RegistryMap(Value):
    """What `--map` gives. Without a map columns have our names, stages our words, dates YYYY-MM-DD."""

    columns: dict[Column, str] = Field(default_factory=dict)
    """Our column: the file's. Columns not named here are found by our name."""
    id: tuple[str, ...] = ()
    """Columns of the file whose words make up the id of a pilot, where the file has no id of its own."""
    stages: dict[str, Stage] = Field(default_factory=lambda: {stage.value: stage for stage in Stage})
    """The file's word: our stage. Only these words are understood, in any case."""
    dates: tuple[DateShape, ...] = Field(default=(DateShape.ISO,), min_length=1)
    """How dates are written in the file."""
    unreadable: Literal["reject", "unknown"] = "reject"
    """What becomes of a row with a date or stage that can't be read: refused, or kept without it."""
    defaults: dict[Column, str] = Field(default_factory=dict)
    """Our column: what its empty cells hold, written as a cell of the file would be."""

    @field_validator("stages")
    @classmethod
    def _fold(cls, stages: dict[str, Stage]) -> dict[str, Stage]:
        return {fold(word): stage for word, stage in stages.items()}

    @model_validator(mode="after")
    def _one_meaning(self) -> "RegistryMap":
        """Refuse a map under which a row could mean two things."""
        if {DateShape.MONTH_DAY, DateShape.DAY_MONTH} <= set(self.dates):
            msg = "dates can't be both M/D/YYYY and D/M/YYYY, since 3/4/2026 would be either; keep one"
            raise ValueError(msg)
        if self.id and Column.ID in self.columns:
            raise ValueError("an id comes either from one column (columns: id) or from several (id); keep one")
        if Column.ID in self.defaults or Column.NAME in self.defaults:
            raise ValueError("id and name can't have a default, since each pilot has its own; remove it")
        return self


def fold(word: str) -> str:
    """Return the form of a stage word in which words are compared."""
    return plain(word).casefold()


_REMEDIES: Final = {
    "extra_forbidden": "no such word; a map has columns, id, stages, dates, unreadable and defaults",
    "dict_type": "write pairs below it, one a line, such as `name: Use Case Name`",
    "tuple_type": "write a list below it, one a line, each after `- `",
    "string_type": "write one word or text here",
    "model_type": "a map begins with one of columns, id, stages, dates, unreadable and defaults",
    "too_short": "name at least one",
}
"""What to do, by the kind of fault; the library's own words serve for the rest."""


def load_registry_map(path: Path) -> RegistryMap:
    """Read a map; raises InputError naming file, place and remedy."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        msg = f"The map {path} can't be read ({fault.strerror}): name a file that is there."
        raise InputError(msg) from fault
    except UnicodeDecodeError as fault:
        msg = f"The map {path} is not UTF-8 text: save it as UTF-8."
        raise InputError(msg) from fault
    return parse_registry_map(text, str(path))


def parse_registry_map(text: str, name: str) -> RegistryMap:
    """Validate the text of a map; `name` is what errors call it."""
    try:
        # The base loader leaves every word as it stands: the country NO is no boolean, a date no date.
        given = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  this loader builds nothing but text, lists, dicts
    except (yaml.YAMLError, RecursionError) as fault:
        msg = f"The map {name} is not YAML ({plain(str(fault))}): mend it there, or compare it with examples/us_federal.yaml."
        raise InputError(msg) from fault
    try:
        return RegistryMap.model_validate(given or {})
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]") or "the whole file"
        remedy = _REMEDIES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        msg = f"The map {name}, at {place}: {remedy} (docs/loading.md)."
        raise InputError(msg) from fault
