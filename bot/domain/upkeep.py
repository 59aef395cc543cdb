"""What the registry lacks of a pilot, and what somebody said in its place."""

from datetime import date
from enum import StrEnum

from bot.domain.pilot import Pilot
from bot.domain.value import Value


class Field(StrEnum):
    """What of a pilot somebody can fill in by a name or a day."""

    OWNER = "owner"
    SPONSOR = "sponsor"
    TARGET_DATE = "target_date"
    HOLDER = "holder"
    """Of a dependency that is open and nobody is named for."""

    @property
    def is_day(self) -> bool:
        """Whether it is a day; else it is a person."""
        return self is Field.TARGET_DATE


class Gap(Value):
    """One thing the registry lacks of one pilot; `dependency` is the id of that which has no holder."""

    pilot: str
    field: Field
    dependency: str | None = None

    @property
    def id(self) -> str:
        """Return what stands in a message in the place of a case's id."""
        return f"gap:{self.field.value}:{self.dependency or ''}:{self.pilot}"


def parse_gap(text: str) -> Gap | None:
    """Return the gap of an id, or None where it is none."""
    parts = text.split(":", 3)
    if len(parts) != len(("gap", "field", "dependency", "pilot")) or parts[0] != "gap" or parts[1] not in tuple(Field):
        return None
    return Gap(pilot=parts[3], field=Field(parts[1]), dependency=parts[2] or None)


def gaps_of(pilot: Pilot, today: date) -> list[Gap]:
    """Return what a pilot on its way lacks, in the order in which it is asked for."""
    if not pilot.is_pre_production:
        return []
    owner_is_gone = pilot.owner is None or (pilot.owner_left is not None and pilot.owner_left <= today)
    sponsor_is_gone = pilot.sponsor is None or (pilot.sponsor_left is not None and pilot.sponsor_left <= today)
    plain = {Field.OWNER: owner_is_gone, Field.SPONSOR: sponsor_is_gone, Field.TARGET_DATE: pilot.target_date is None}
    lacking = [Gap(pilot=pilot.id, field=field) for field, is_missing in plain.items() if is_missing]
    unheld = [d for d in pilot.dependencies if d.done_on is None and d.holder is None]
    return lacking + [Gap(pilot=pilot.id, field=Field.HOLDER, dependency=d.id) for d in unheld]


def with_filled(pilot: Pilot, filled: dict[str, str]) -> Pilot:
    """Return the pilot with what people said of it where the registry says nothing; by the ids of gaps.

    Where the registry names somebody who has left, what was said counts, and that they left no longer does.
    """
    for text, value in filled.items():
        gap = parse_gap(text)
        if gap is not None:
            pilot = _with(pilot, gap, value)
    return pilot


def _with(pilot: Pilot, gap: Gap, value: str) -> Pilot:
    match gap.field:
        case Field.OWNER if pilot.owner is None or (pilot.owner_left and pilot.owner != value):
            return pilot.model_copy(update={"owner": value, "owner_left": None})
        case Field.SPONSOR if pilot.sponsor is None or (pilot.sponsor_left and pilot.sponsor != value):
            return pilot.model_copy(update={"sponsor": value, "sponsor_left": None})
        case Field.TARGET_DATE if pilot.target_date is None:
            return pilot.model_copy(update={"target_date": date.fromisoformat(value)})
        case Field.HOLDER:
            held = tuple(
                d.model_copy(update={"holder": value}) if d.id == gap.dependency and d.holder is None else d
                for d in pilot.dependencies
            )
            return pilot.model_copy(update={"dependencies": held})
        case _:
            return pilot
