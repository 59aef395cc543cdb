"""Small histories to be replayed: pilots with a stage, and weekday use that may fall."""

from collections.abc import Mapping
from datetime import date, timedelta

from bot.app.replay import History
from bot.domain.hindsight import nameless
from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.metrics.gathered import Gathered

FIRST = date(2025, 9, 1)
"""A Monday."""
DAYS = 160


def pilot_of(name: str, **given: object) -> Pilot:
    """Return a pilot in its second stage, with an owner in Berlin."""
    fields: dict[str, object] = {
        "id": name,
        "name": f"Pilot {name}",
        "owner": f"{name}@n.example",
        "stage": "pilot",
        "stage_since": FIRST + timedelta(days=20),
        "stage_history": [{"stage": "build", "since": FIRST - timedelta(days=60), "planned_days": 80}],
        "planned_stage_days": 40,
        "seats": 40,
        "country": "DE",
        "timezone": "Europe/Berlin",
    }
    return Pilot.model_validate(fields | given)


def use_of(name: str, level: int = 20, fall: int | None = None, days: int = DAYS, seats: int = 40) -> list[UsageDay]:
    """Return rows of a pilot that is used on weekdays; from day `fall` on at a quarter of its level."""
    rows = []
    for n in range(days):
        day = FIRST + timedelta(days=n)
        usual = level + (n * 7 + len(name)) % 5 - 2 if day.weekday() < 5 else 0
        people = min(seats, max(0, usual // 4 if fall is not None and n >= fall else usual))
        rows.append(
            UsageDay(
                pilot=name, day=day, source="chat", active_users=people, seats=seats, active_28d=min(seats, level + 4)
            )
        )
    return rows


def history_of(pilots: list[Pilot], rows: list[UsageDay], lag_days: int = 0) -> History:
    """Return the history of these pilots and rows."""
    usage = Gathered([p.id for p in sorted(pilots, key=lambda p: p.id)])
    for row in rows:
        usage.add(row)
    return History(nameless(pilots), usage, lag_days)


def firm(falls: Mapping[str, int | None]) -> History:
    """Return a history of a pilot for each name, whose use falls on a day or never."""
    rows = [row for name, fall in falls.items() for row in use_of(name, fall=fall)]
    return history_of([pilot_of(name) for name in falls], rows)
