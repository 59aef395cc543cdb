"""The `usage_facts` format: one WireFact in JSON a line (docs/loading.md). Rejects keep nothing of their line."""

from typing import BinaryIO, Final

from adapters.sources.lines import Lines
from adapters.sources.tables import Reading
from bot.domain.fact import WireFact
from bot.domain.table import Row
from bot.domain.wire import read_wire

ANOTHER_SOURCE: Final = "source: is another one than --source says; leave --source out, or mend the line"


def read_usage_facts(stream: BinaryIO, *, source: str | None, name: str = "the file") -> Reading[WireFact]:
    """Read facts; with `source` each must name that one. Raises InputError when the stream is no text."""
    lines = Lines(stream, name)
    return Reading(lines, (_row(number, raw, fault, source) for number, raw, fault in lines))


def _row(number: int, raw: bytes, fault: str, source: str | None) -> Row[WireFact]:
    """Return the fact of a line, or why it is none."""
    if fault:
        return Row(number, {}, None, fault)
    try:
        fact = read_wire(WireFact, raw)
    except ValueError as reason:
        return Row(number, {}, None, str(reason))
    if source is not None and fact.source != source:
        return Row(number, {}, None, ANOTHER_SOURCE)
    return Row(number, {}, fact)
