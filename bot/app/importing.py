"""An export read back into an empty store: what can be restored of it, and nothing over anything that is there."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from bot.app.export import VERSION, Seal, key_mark
from bot.app.load import BATCH, people_of, too_fine
from bot.domain.audit import AuditEntry
from bot.domain.case import Asked, Case
from bot.domain.outreach import DeliveryState
from bot.domain.pilot import Pilot
from bot.domain.record import Record
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import InputError
from bot.ports import Ports

KINDS: Final[dict[str, type[Record]]] = {"source": SourceStatus, "pilot": Pilot, "usage": UsageDay, "case": Case}


@dataclass(slots=True)
class Imported:
    """How much was taken from an export."""

    sources: int = 0
    pilots: int = 0
    usage: int = 0
    suppressed: int = 0
    """Rows of these whose figures the export had left out."""
    left_out: int = 0
    """Rows too fine for a process that takes in weeks of groups only."""
    cases: int = 0
    undone: int = 0
    """Messages that were under way when the export was made: those not sent yet are decided anew."""


@dataclass(slots=True)
class _Batch:
    """Lines of an export in a row, by what they hold."""

    sources: list[SourceStatus] = field(default_factory=list)
    pilots: list[Pilot] = field(default_factory=list)
    usage: list[UsageDay] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


async def take_export(lines: Iterable[str], ports: Ports, who: str, *, least_group: int | None = None) -> Imported:
    """Store what an export holds; run again after a cut, it goes on. The lines are gone through twice, so give no iterator.

    Nothing is stored unless the last line says that all before it are there and unchanged. With `least_group` (aggregate-only) days and small groups are left out. Raises InputError, naming the line, for
    what is no export of ours, was made under another pseudonym key, or differs from what the store already holds.
    """
    taken, sources = Imported(), list[SourceStatus]()
    count = _check_whole(lines, ports)
    rows = islice(enumerate(lines, 1), 1, count - 1)
    pilots: dict[str, Pilot] = {}
    while numbered := list(islice(rows, BATCH)):
        batch = _read(numbered, taken)
        sources += batch.sources
        pilots |= {p.id: p for p in batch.pilots}
        await _keep_pilots(batch.pilots, ports)
        kept = [u for u in batch.usage if least_group is None or not too_fine(u, pilots.get(u.pilot), least_group)]
        taken.left_out += len(batch.usage) - len(kept)
        _check_pilots({u.pilot for u in batch.usage} | {c.pilot for c in batch.cases}, pilots)
        await ports.telemetry.put(kept)
        for case in batch.cases:
            await _keep_case(case, taken, ports, who)
        taken.pilots += len(batch.pilots)
        taken.usage += len(kept)
        taken.cases += len(batch.cases)
    for status in sources:  # after all rows: a watermark never runs ahead of them
        await ports.sources.put(status)
    taken.sources = len(sources)
    return taken


def _check_whole(lines: Iterable[str], ports: Ports) -> int:
    """Return how many lines there are; raises InputError unless they are what was printed, from the first to the last."""
    seal, count, last = Seal(), 0, ""
    for count, line in enumerate(lines, 1):
        if count == 1:
            _check_header(line, ports)
        else:
            seal.add(last)
        last = line
    if count == 0:
        _check_header("", ports)
    if not last.startswith('{"end":'):
        msg = f"The export is cut off after line {count}: its last line, with counts and a checksum, is missing. Make it again."
        raise InputError(msg)
    if _object(last, count) != seal.told:
        for number, line in enumerate(lines, 1):
            _object(line, number)
        msg = f"The {count} lines of the export are not those that were printed (counts or checksum differ). Make it again."
        raise InputError(msg)
    return count


def _check_header(line: str, ports: Ports) -> None:
    header = _object(line, 1)
    if header.get("stickshaker") != "export":
        msg = "Line 1 is no header of an export; give what `stickshaker export` printed, whole and unchanged."
        raise InputError(msg)
    version = header.get("v")
    if version == 1:
        msg = (
            "This export is of an older Stickshaker, which did not write down whether it is whole: make it again with "
            "this one, or import it with that one and export it anew."
        )
        raise InputError(msg)
    if version != VERSION:
        msg = f"This export has version {version}, this program reads version {VERSION}; import it with the Stickshaker that made it."
        raise InputError(msg)
    if header.get("key") != key_mark(ports):
        msg = (
            "This export was made under another STICKSHAKER_PSEUDONYM_KEY: its cases would be nobody's. "
            "Set the key of the store it came from."
        )
        raise InputError(msg)


def _read(numbered: Iterable[tuple[int, str]], taken: Imported) -> _Batch:
    batch = _Batch()
    for number, line in numbered:
        record = _record(_object(line, number), number, taken)
        match record:
            case SourceStatus():
                batch.sources.append(record)
            case Pilot():
                batch.pilots.append(record)
            case UsageDay():
                batch.usage.append(record)
            case Case():
                batch.cases.append(record)
    return batch


def _object(line: str, number: int) -> dict[str, Any]:
    """Return the JSON object of a line."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        msg = f"Line {number} is no line of an export: it is cut off or changed. Make the export again."
        raise InputError(msg)
    return value


def _record(value: dict[str, Any], number: int, taken: Imported) -> Record:
    """Return the record that a line holds; raises NewerRecord for one of a newer program."""
    kind = next(iter(value), "")
    held = value.get(kind)
    if len(value) != 1 or kind not in KINDS or not isinstance(held, dict):
        msg = f"Line {number} holds none of {', '.join(KINDS)}; give what `stickshaker export` printed, unchanged."
        raise InputError(msg)
    if kind == "usage":
        taken.suppressed += bool(held.pop("suppressed", False))
    try:
        return KINDS[kind].from_stored(json.dumps(held))
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        msg = f"Line {number} holds a {kind} that can't be read ({where}: {first['msg']}); it was changed since the export."
        raise InputError(msg) from fault


async def _keep_pilots(pilots: list[Pilot], ports: Ports) -> None:
    """Store pilots and whom they name, unless the store holds others or other words of them."""
    known = {p.id: p for p in await ports.pilots.some([p.id for p in pilots])}
    other = next((p.id for p in pilots if p.id in known and known[p.id] != p), None)
    if other is not None:
        raise InputError(_not_empty(f"pilot {other} differs"))
    await ports.people.put(people_of(pilots, ports))
    await ports.pilots.put(pilots)


def _check_pilots(told: set[str], pilots: Mapping[str, Pilot]) -> None:
    unknown = told - set(pilots)
    if unknown:
        msg = f"The export tells of pilot {min(unknown)} and does not hold its record; it is not whole: make it again."
        raise InputError(msg)


async def _keep_case(case: Case, taken: Imported, ports: Ports, who: str) -> None:
    """Store a case after those before it, unless the store holds another of its number."""
    asked = tuple(_ended(a) for a in case.asked)
    taken.undone += sum(a != b for a, b in zip(asked, case.asked, strict=True))
    case = case.model_copy(update={"asked": asked})
    stored = await ports.cases.get(case.pilot)
    known = {c.ordinal: c for c in [*await ports.cases.past(case.pilot), *([stored.case] if stored else [])]}
    if case.ordinal in known:
        if known[case.ordinal] != case:
            raise InputError(_not_empty(f"the case of pilot {case.pilot} has moved on"))
        return
    entry = AuditEntry(at=ports.clock.now(), who=who, what="imported", after=case.state.value)
    await ports.cases.save(case, expected=stored.revision if stored else 0, outreach=[], entry=entry)


def _ended(asked: Asked) -> Asked:
    """Return what was asked without a delivery under way, since an export holds none.

    What had not left is as if never asked; what was being sent counts as sent, as everywhere else.
    """
    if asked.outcome is DeliveryState.QUEUED:
        return asked.model_copy(update={"outcome": DeliveryState.DROPPED})
    if asked.outcome is DeliveryState.SENDING:
        return asked.model_copy(update={"outcome": DeliveryState.UNKNOWN, "sent_at": asked.decided_at})
    return asked


def _not_empty(what: str) -> str:
    return f"This store is in use ({what}): an export is read into an empty store, never over what is there."
