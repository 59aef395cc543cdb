"""Privacy: what is stored, shown and sent holds nothing about one person's use, and no figure of a small group."""

import json
import logging
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from world import old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.export import export
from bot.app.overview import line_to_plain, lines, to_plain
from bot.app.sweep import sweep
from bot.detection.look import SMALL_SEVERITY
from bot.domain.finding import Kind
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.messages.plain import to_plain as message_to_plain
from jobs.settings import PREFIX, SLACK, Settings, SlackSettings

pytestmark = pytest.mark.no_cover
"""It is long: counting lines would double the time, and other tests cover them."""

FIRST = date(2026, 1, 12)
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
DAYS = 150
ROOT = Path(__file__).resolve().parent.parent.parent


def usage(pilot: str, people: int, seats: int | None) -> list[UsageDay]:
    """Return steady use that ends after a hundred days."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    used = [people if n < 100 and d.weekday() < 5 else 0 for n, d in enumerate(days)]
    return [
        UsageDay(pilot=pilot, day=d, source="chat", active_users=u, active_28d=people, seats=seats)
        for d, u in zip(days, used, strict=True)
    ]


@pytest.mark.parametrize("seats", [4, None])
async def test_no_figure_of_a_small_group_is_shown_anywhere(store: RedisStore, seats: int | None) -> None:
    """Four people, with or without known seats: a question without figures, in report, status, message and export."""
    world = world_of(store, at=NOW)
    await world.register(
        old_pilot("tiny", seats=seats, stage_since=date(2026, 5, 1), planned_stage_days=300),
        old_pilot("big", "maria", stage_since=date(2026, 5, 1), planned_stage_days=300),
    )
    await store.telemetry.put([*usage("tiny", 4, seats), *usage("big", 31, 40)])
    await store.sources.put(SourceStatus(source="chat", newest_day=FIRST + timedelta(days=DAYS - 1), lag_days=10))
    await world.live()
    report = await sweep(world.ports, world.rules, NOW)
    await world.work()
    found = {f.pilot: f for f in report.findings if f.kind is Kind.DROP_OFF}
    assert (found["big"].observed, found["tiny"].observed) != (None, 0)
    assert found["big"].expected is not None
    tiny = found["tiny"]
    assert (tiny.tier, tiny.observed, tiny.expected, tiny.recent_share) == ("question", None, None, None)
    assert figures(tiny.evidence) == []
    pilots = {p.id: p for p in await store.pilots.all()}
    shown = next(line_to_plain(x) for x in lines(report, pilots) if x.id == "tiny")
    assert figures(str(shown["evidence"])) == []
    told = [f for f in json.loads(json.dumps(to_plain(report)))["findings"] if f["pilot"] == "tiny"]
    assert all(f["observed"] is None and f["expected"] is None for f in told if f["kind"] == "drop_off")
    (message,) = [m for _, _, _, m in world.chat.got if m.sections[0].pilot == "tiny"]
    assert figures(message_to_plain(message).split("1  ")[0].replace("1 question, about 10 seconds.", "")) == []
    whole = [json.loads(line) async for line in export(world.ports, 5)]
    cases = [line["case"] for line in whole if line.get("case", {}).get("pilot") == "tiny"]
    assert {f["severity"] for c in cases for f in c["findings"]} == {SMALL_SEVERITY}
    rows = [line.get("usage") for line in whole]
    by_pilot = [r for r in rows if r and r["pilot"] == "tiny"]
    assert len(by_pilot) == DAYS
    assert all("active_users" not in r and "active_28d" not in r for r in by_pilot)
    assert any("active_users" in r for r in rows if r and r["pilot"] == "big")


def figures(text: str) -> list[str]:
    """Return the numbers of a text that are not part of a day."""
    return re.findall(r"\d+", re.sub(r"\b\d{1,2} [A-Z][a-z]+( \d{4})?", "", text))


async def test_people_are_stored_under_keyed_ids_and_never_logged(
    store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    """No key holds a name; a failing send is logged without the person, the words and the fault's text."""
    caplog.set_level(logging.DEBUG)
    world = world_of(store, at=NOW)
    await world.register(old_pilot("a", "dana.fischer@n.example"))
    await world.live()
    await world.sweep()
    world.chat.dies = "before"
    await world.work()
    keys = [key.decode() async for key in store.client.scan_iter(f"{store.keys.root}*")]
    assert keys
    assert not [key for key in keys if "dana" in key or "fischer" in key]
    assert "CutOff" in caplog.text
    assert "dana" not in caplog.text
    assert world.ports.people.identify("dana.fischer@n.example") not in caplog.text


def test_every_setting_is_documented() -> None:
    """Each variable that the process reads is in the table of settings, with its default."""
    text = (ROOT / "docs" / "settings.md").read_text()
    for prefix, model in ((PREFIX, Settings), (SLACK, SlackSettings)):
        for name in model.model_fields:
            assert prefix + name.upper() in text
