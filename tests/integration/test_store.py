"""The ports over a real server: registry, telemetry, sources, people, cases, switch, trail."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from builders import NOW, finding, open_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import Connect
from world import world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import SHARDS, Keys
from adapters.redis_store.store import RedisStore, client_of
from bot.app.export import export
from bot.app.load import load_usage
from bot.domain.audit import AuditEntry
from bot.domain.case import CaseState
from bot.domain.outreach import Outreach, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode
from bot.domain.table import Row
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import Conflict, NotFound, WrongKey
from bot.intake import PutCounts

FIRST = date(2026, 1, 5)
DAY = timedelta(days=1)
ENTRY = AuditEntry(at=NOW, who="test", what="moved")


def pilot(name: str, **given: object) -> Pilot:
    """Return a pilot with only a name."""
    return Pilot.model_validate({"id": name, "name": name.upper(), **given})


def usage(name: str, day: date, active: int | None = 7, source: str = "chat", **given: object) -> UsageDay:
    """Return a row of one pilot-day."""
    return UsageDay.model_validate({"pilot": name, "day": day, "source": source, "active_users": active, **given})


async def test_a_pilot_is_stored_once_and_counted(store: RedisStore) -> None:
    """New, unchanged and changed pilots are told apart; a pilot is found by its id."""
    assert await store.pilots.put([pilot("b"), pilot("a")]) == PutCounts(new=2)
    assert await store.pilots.put([pilot("a"), pilot("b", seats=9)]) == PutCounts(changed=1, unchanged=1)
    assert [p.id for p in await store.pilots.all()] == ["a", "b"]
    assert await store.pilots.get("b") == pilot("b", seats=9)
    assert await store.pilots.get("c") is None
    assert await store.pilots.ids() == {"a", "b"}


async def test_usage_comes_back_as_it_was_written(store: RedisStore) -> None:
    """Rows survive with unknown figures and their source, across epochs; the same rows again change nothing."""
    await store.pilots.put([pilot("a"), pilot("b")])
    rows = [usage("a", FIRST + n * DAY, active=n % 50, seats=60, use_cases=2) for n in range(150)]
    rows += [usage("b", FIRST + 70 * DAY, active=None, source="code", complete=False, actions=70_000)]
    assert await store.telemetry.put(rows) == PutCounts(new=151)
    assert await store.telemetry.put(rows[::-1]) == PutCounts(unchanged=151)
    assert await store.telemetry.put([usage("a", FIRST, active=1)]) == PutCounts(changed=1)
    back = [r async for r in store.telemetry.rows(["a", "b", "nobody"])]
    assert back == [usage("a", FIRST, active=1), *rows[1:]]
    assert await store.telemetry.extent() == (FIRST, FIRST + 149 * DAY)
    with pytest.raises(NotFound, match="'c'"):
        await store.telemetry.put([usage("c", FIRST)])
    assert await store.telemetry.put([]) == PutCounts()


async def test_a_window_holds_figures_and_origin(store: RedisStore) -> None:
    """A day without a row or not vouched for is unknown; a pilot's feed is the source of its newest row."""
    await store.pilots.put([pilot("a"), pilot("b")])
    assert await store.telemetry.extent() is None
    await store.telemetry.put(
        [
            usage("b", FIRST, active=3, seats=10, active_28d=5),
            usage("b", FIRST + DAY, active=4, complete=False),
            usage("b", FIRST + 3 * DAY, active=0, source="code"),
        ]
    )
    window = await store.telemetry.window(["b", "a", "nobody"], FIRST - DAY, FIRST + 4 * DAY)
    assert window.pilots == ("b", "a", "nobody")
    assert window.active.shape == (3, 6)
    np.testing.assert_array_equal(window.active[0], [np.nan, 3, np.nan, np.nan, 0, np.nan])
    assert np.isnan(window.active[1:]).all()
    assert (window.seats[0, 1], window.active_28d[0, 1]) == (10, 5)
    assert [window.feed(0, column) for column in range(6)] == [None, "chat", "chat", "chat", "code", "code"]
    assert window.feed(1, 5) is None


async def test_a_few_of_many_pilots_are_read_by_themselves(store: RedisStore) -> None:
    """A window of one pilot among many is the same as its row of a window of all."""
    names = [f"p{n:04}" for n in range(1100)]
    await store.pilots.put([pilot(n) for n in names])
    told = [usage(n, FIRST + d * DAY, active=d, seats=k % 90) for k, n in enumerate(names[::50]) for d in (0, 40, 80)]
    await store.telemetry.put(told)
    whole = await store.telemetry.window(names, FIRST, FIRST + 90 * DAY)
    few = await store.telemetry.window(["p0100", "p1099", "nobody"], FIRST, FIRST + 90 * DAY)
    for name in ("active", "seats", "origin", "weekly"):
        expected, found = getattr(whole, name), getattr(few, name)
        np.testing.assert_array_equal(found[:2], expected[[100, 1099]])
    assert np.nansum(few.active[0]) == 120
    assert np.isnan(few.active[2]).all()
    assert (few.origin[2] == -1).all()


async def test_a_window_can_be_cut_and_changed(store: RedisStore) -> None:
    """A stored window is a window like any other: shorter, longer, or with a grid of one's own."""
    await store.pilots.put([pilot("a")])
    await store.telemetry.put([usage("a", FIRST + n * DAY, active=n) for n in range(5)])
    window = await store.telemetry.window(["a"], FIRST, FIRST + 4 * DAY)
    assert (window.days, window.first(2).days, window.first(9).days) == (5, 2, 9)
    changed = replace(window, active=window.active[:, :3], origin=window.origin[:, :3])
    assert (changed.days, changed.active.tolist()) == (3, [[0, 1, 2]])
    with pytest.raises(AttributeError):
        _ = window.nothing  # type: ignore[attr-defined]  # that is the point


async def test_the_newest_day_of_a_source_never_moves_back(store: RedisStore) -> None:
    """An older file loaded later does not make a source look late."""
    await store.sources.put(SourceStatus(source="chat", newest_day=FIRST + DAY, lag_days=2))
    await store.sources.put(SourceStatus(source="chat", newest_day=FIRST, lag_days=2))
    assert await store.sources.all() == [SourceStatus(source="chat", newest_day=FIRST + DAY, lag_days=2)]


async def test_people_keep_what_they_set_themselves(store: RedisStore) -> None:
    """One person has one id however the name is written; loading again does not undo an opt-out."""
    dana = store.people.identify("Dana.Fischer@northwind.example ")
    assert dana == store.people.identify("dana.fischer@northwind.example")
    assert "dana" not in dana
    await store.people.put([Person(id=dana, name="Dana")])
    await store.people.opt_out(dana)
    await store.people.put([Person(id=dana, name="Dana Fischer", timezone="Europe/Berlin")])
    expected = Person(id=dana, name="Dana Fischer", timezone="Europe/Berlin", opted_out=True)
    assert await store.people.get(dana) == expected
    assert await store.people.all() == {dana: expected}
    assert await store.people.get("p_nobody") is None
    await store.people.opt_in(dana)
    assert (await store.people.all())[dana].opted_out is False


async def test_one_write_moves_a_case(store: RedisStore) -> None:
    """A second writer with an old revision is refused and nothing of theirs is stored."""
    await store.pilots.put([pilot("tax")])
    case, outreach = (
        open_case(),
        Outreach(
            id="o1", case_id="tax#1", pilot="tax", step=Step.NUDGE, recipient="p_owner", decided_at=NOW, severity=3
        ),
    )
    assert await store.cases.save(case, expected=0, outreach=[outreach], entry=ENTRY) == 1
    with pytest.raises(Conflict):
        await store.cases.save(open_case(loop=2), expected=0, outreach=[], entry=ENTRY)
    stored = await store.cases.get("tax")
    assert stored is not None
    assert (stored.case, stored.revision) == (case, 1)
    assert await store.cases.pending() == [outreach]
    await store.cases.relayed(outreach)
    await store.cases.relayed(outreach)
    assert await store.cases.pending() == []
    assert len(await store.audit.of_pilot("tax")) == 1


async def test_a_new_case_keeps_the_former_one(store: RedisStore) -> None:
    """The next ordinal moves the closed case to the past; other pilots are untouched."""
    await store.pilots.put([pilot("tax"), pilot("hr")])
    closed = open_case(state=CaseState.RECOVERED)
    await store.cases.save(closed, expected=0, outreach=[], entry=ENTRY)
    second = open_case(finding(opened=date(2026, 5, 1)), ordinal=2)
    await store.cases.save(second, expected=1, outreach=[], entry=ENTRY)
    assert await store.cases.past("tax") == [closed]
    assert {k: v.case for k, v in (await store.cases.all()).items()} == {"tax": second}
    assert await store.cases.past("hr") == await store.cases.past("nobody") == []
    assert await store.cases.get("nobody") is None
    with pytest.raises(NotFound, match="load the registry"):
        await store.cases.save(open_case(pilot="gone"), expected=0, outreach=[], entry=ENTRY)


async def test_the_switch_is_turned_once_and_spread(store: RedisStore) -> None:
    """Of two who turn it at once one is refused; an older state does not undo a later one anywhere."""
    shadow = await store.settings.read()
    assert shadow.mode is Mode.SHADOW
    live = await store.settings.write(shadow.model_copy(update={"mode": Mode.LIVE}), ENTRY)
    with pytest.raises(Conflict):
        await store.settings.write(shadow, ENTRY)
    await store.settings.write(live.model_copy(update={"mode": Mode.PAUSED}), ENTRY)
    await store.settings.spread(live)
    for shard in range(SHARDS):
        assert await store.client.get(store.keys.mode(shard)) == b"2:paused"
    assert len(await store.audit.admin()) == 2


async def test_another_key_is_refused(store: RedisStore, connect: Connect) -> None:
    """A store filled under one pseudonym key can't be opened under another."""
    other = RedisStore(connect(), b"another key", store.keys)
    with pytest.raises(WrongKey, match="STICKSHAKER_PSEUDONYM_KEY"):
        await other.open()
    await other.close()


async def test_a_store_whose_owner_ended_is_started_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A client whose server was stopped by its owner starts it again and finds what was written."""
    folder = tmp_path_factory.mktemp("owner")
    owner, user = EmbeddedServer(folder), EmbeddedServer(folder)
    owner.ensure()
    store = RedisStore(client_of(user), b"k", Keys())
    await store.open()
    await store.pilots.put([pilot("a")])
    owner.close()
    assert await store.pilots.ids() == {"a"}
    await store.close()
    user.close()


files = st.lists(
    st.builds(
        usage,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 200).map(lambda n: FIRST + n * DAY),
        active=st.none() | st.integers(0, 40),
        source=st.sampled_from(["chat", "code"]),
        complete=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda r: (r.pilot, r.day),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=files, cut=st.integers(0, 30))
async def test_files_in_any_order_give_the_same_export(connect: Connect, rows: list[UsageDay], cut: int) -> None:
    """Two files without a common pilot-day can be loaded in either order, and either one twice."""
    seen: list[object] = []
    for order in ([rows[:cut], rows[cut:]], [rows[cut:], rows[:cut], rows[cut:]]):
        store = RedisStore(connect(), b"k", Keys(prefix="test", tenant=f"{id(order)}-{datetime.now(UTC)}"))
        ports = world_of(store).ports
        await store.pilots.put([pilot(n) for n in ("a", "b", "c")])
        for file in order:
            for source in sorted({row.source for row in file}):
                told = [Row(line, {}, row) for line, row in enumerate(file, 2) if row.source == source]
                assert (await load_usage(told, source, None, ports, seen.append)).rejected == 0
        window = await store.telemetry.window(["a", "b", "c"], FIRST, FIRST + 200 * DAY)
        feeds = [window.feed(row, 200) for row in range(3)]
        seen.append(([line async for line in export(ports, 5)], feeds))
        await store.close()
    assert seen[0] == seen[1]
