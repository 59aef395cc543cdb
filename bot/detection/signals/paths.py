"""Whether a pilot on its way to production has a day ahead on which it is to be there."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from bot.domain.pilot import PRE_PRODUCTION, Pilot
from bot.domain.telemetry import BoolGrid
from bot.metrics.progress import StageSpan


def pathless_mask(pilot: Pilot, spans: Sequence[StageSpan], first_day: date, days: int) -> BoolGrid:
    """Say for each day whether the pilot was in a stage on its way, and its target date not set or passed."""
    mask = np.zeros(days, dtype=np.bool_)
    for span in spans:
        if span.stage in PRE_PRODUCTION:
            begin = 0 if span.since is None else max(0, (span.since - first_day).days)
            mask[begin : days if span.until is None else max(0, (span.until - first_day).days)] = True
    if pilot.target_date is not None:
        mask[: max(0, (pilot.target_date - first_day).days + 1)] = False
    return mask
