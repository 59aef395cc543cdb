"""The names that columns of any of our formats have: of a header nothing else is repeated.

A file without a header begins with a row, whose cells may be somebody's name.
"""

from typing import Final

_LINES: Final = (
    "line reason",
    "id name owner sponsor stage stage_since planned_stage_days seats country timezone start use_case_family",
    "programme_lead target_date milestones dependencies stage_history depth outcome_metric production_owner data_mode",
    "data_mode_since last_release owner_left sponsor_left routes",
    "pilot day week_start week_end active_users active_7d active_28d actions use_cases complete",
    "user group since until first_day last_day person aliases",
)
NAMES: Final = frozenset(name for line in _LINES for name in line.split())
"""In the form in which names are compared; `tests/unit/test_headers.py` holds them against the formats."""
