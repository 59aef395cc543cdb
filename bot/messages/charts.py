"""A chart as numbers, for chats that draw one, and as plain text for those that don't."""

from textwrap import wrap
from typing import Annotated, Final

from pydantic import Field

from bot.domain.value import Value
from bot.messages.braces import Plain, complete
from bot.messages.wording import ELLIPSIS
from bot.metrics.portfolio import Portfolio

WIDEST: Final = 40
"""Columns of a chart in plain text: it fits a phone."""
LONGEST_LABEL: Final = 18
BLOCK: Final = "\u2588"
LABELS: Final = ("under_12", "from_12", "from_18", "undated", "production", "paused", "retired", "stage_unknown")
"""Bars of a portfolio, from top to bottom."""

Bar = tuple[str, Annotated[int, Field(ge=0, le=10**9)]]


class Chart(Value):
    """Bars with their labels, from top to bottom; `unit` names what is counted."""

    title: str
    unit: str
    bars: Annotated[tuple[Bar, ...], Field(min_length=1)]


class ChartTexts(Value):
    """What stands at the chart of a portfolio."""

    title: Plain
    unit: Plain
    labels: Annotated[dict[str, Plain], complete(LABELS)]


def portfolio_chart(counts: Portfolio, said: ChartTexts) -> Chart | None:
    """Return the pilots by months on the way or by stage: each in one bar, empty bars left out, None without a pilot."""
    numbers = {
        "under_12": counts.pre_production - counts.over_12_months,
        "from_12": counts.over_12_months - counts.over_18_months,
        "from_18": counts.over_18_months,
        "undated": counts.undated,
        "production": counts.production,
        "paused": counts.paused,
        "retired": counts.retired,
        "stage_unknown": counts.stage_unknown,
    }
    bars = tuple((said.labels[key], numbers[key]) for key in LABELS if numbers[key])
    return Chart(title=said.title, unit=said.unit, bars=bars) if bars else None


def to_bars(chart: Chart) -> str:
    """Return the chart as lines of at most 40 columns: its title with the unit, then label, number and bar.

    The longest bar takes the room that is left; any number above zero shows at least one block.
    """
    labels = [_clip(label) for label, _ in chart.bars]
    numbers = [str(number) for _, number in chart.bars]
    wide, deep = max(map(len, labels)), max(map(len, numbers))
    room = WIDEST - wide - deep - 2
    most = max(number for _, number in chart.bars)
    bars = [BLOCK * _blocks(number, most, room) for _, number in chart.bars]
    lines = [
        f"{label:<{wide}} {number:>{deep}} {bar}".rstrip()
        for label, number, bar in zip(labels, numbers, bars, strict=True)
    ]
    return "\n".join([*wrap(f"{chart.title} ({chart.unit})", WIDEST), *lines])


def _blocks(number: int, most: int, room: int) -> int:
    return max(1, round(number * room / most)) if number else 0


def _clip(label: str) -> str:
    """Return a label on one line and in its columns."""
    plain = " ".join(label.split())
    return plain if len(plain) <= LONGEST_LABEL else plain[: LONGEST_LABEL - len(ELLIPSIS)] + ELLIPSIS
