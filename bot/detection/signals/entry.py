"""All signals of one look: what is found beside drop-off, stall, stage age and the state of the sources."""

from collections.abc import Iterable
from typing import Final

from bot.detection.signals.fleet import top3_breadth
from bot.detection.signals.ground import Ground, kept_columns
from bot.detection.signals.registry import registry_findings
from bot.detection.signals.told import Told
from bot.domain.finding import SOURCE_KINDS, Finding

BLOCK: Final = 512
"""Pilots that are looked at together."""


def signals_of(ground: Ground, found: Iterable[Finding]) -> list[Finding]:
    """Return the signals of all pilots, closed ones included; none opens a case or has a severity.

    Open ones that rest on usage are suspended while a source of the pilot is late or broken, as `found` says.
    """
    doubtful = {f.pilot for f in found if f.kind in SOURCE_KINDS and f.is_open}
    kept = kept_columns(ground.pilots, ground.settings.kept_share)
    signals: list[Finding] = []
    for block in ground.blocks(BLOCK):
        signals += (_suspended(f) if f.is_open and f.pilot in doubtful else f for f in Told(block).findings())
        signals += registry_findings(block, kept)
    return [*signals, *top3_breadth(ground.pilots, ground.spans, ground.today, ground.settings)]


def _suspended(finding: Finding) -> Finding:
    return finding.model_copy(update={"suspended": True})
