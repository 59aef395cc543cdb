"""Person-level use over a real server: what a write changes, what a fold makes of it, and what expires."""

from datetime import date, timedelta

import pytest

from adapters.redis_store.cells import day_number
from adapters.redis_store.store import RedisStore
from bot.domain.fact import Cell, Partition, Seat
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import NotFound
from bot.intake import PutCounts

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY


def actor(n: int) -> bytes:
    """Return a pseudonym."""
    return n.to_bytes(10)


def cell(n: int, day: date = YESTERDAY, pilot: str = "a", **given: object) -> Cell:
    """Return one person's use of one surface."""
    told = Cell(pilot, day, actor(n), "chat", "chat.x", 1, active=True, actions=3)
    return told._replace(**given)  # type: ignore[arg-type]  # fields by name


def whole(first: date, last: date = YESTERDAY, revision: int = 5, **given: object) -> Partition:
    """Return everything the source says of some days."""
    return Partition(
        **({"source": "chat", "first": first, "last": last, "pilots": ("a",), "revision": revision} | given)
    )  # type: ignore[arg-type]  # as above


@pytest.fixture
async def ready(store: RedisStore) -> RedisStore:
    """Return a store that knows the pilots a and b."""
    await store.pilots.put([Pilot(id=name, name=name) for name in ("a", "b")])
    return store


async def rows(store: RedisStore, *names: str) -> list[tuple[object, ...]]:
    """Return these fields of every row."""
    return [tuple(getattr(r, n) for n in names) async for r in store.telemetry.rows(["a", "b"])]


async def test_a_write_is_counted_exactly(ready: RedisStore) -> None:
    """New, changed and unchanged are told apart; a lower revision changes nothing, the same again neither."""
    told = [cell(n) for n in range(300)]
    assert await ready.facts.put(told, today=TODAY) == PutCounts(new=300)
    assert await ready.facts.put(told, today=TODAY) == PutCounts(unchanged=300)
    assert await ready.facts.put([cell(1, revision=0, actions=9)], today=TODAY) == PutCounts(unchanged=1)
    assert await ready.facts.put([cell(1, revision=2)], today=TODAY) == PutCounts(unchanged=1)
    assert await ready.facts.put([cell(1, revision=1, actions=9)], today=TODAY) == PutCounts(unchanged=1)
    assert await ready.facts.put([cell(1, revision=2, actions=9), cell(300)], today=TODAY) == PutCounts(1, 1, 0)
    assert await ready.facts.put([], today=TODAY) == PutCounts()
    with pytest.raises(NotFound, match="'c'"):
        await ready.facts.put([cell(1), cell(1, pilot="c")], today=TODAY)


async def test_what_vanished_at_the_source_vanishes_here(ready: RedisStore) -> None:
    """A partition is everything its source says of its days: the rest goes, other sources and older news stay."""
    await ready.facts.put([cell(1), cell(2), cell(3, source="code"), cell(4, revision=9)], today=TODAY)
    counts = await ready.facts.put([cell(1, actions=5)], today=TODAY, whole=whole(YESTERDAY))
    assert counts == PutCounts(changed=2)
    await ready.facts.fold(TODAY)
    assert await rows(ready, "active_users", "actions") == [(3, 11)]
    assert await ready.facts.put([cell(2)], today=TODAY, whole=whole(YESTERDAY, revision=4)) == PutCounts(unchanged=1)
    assert await ready.facts.put([cell(2, revision=4)], today=TODAY) == PutCounts(unchanged=1)
    assert await ready.facts.put([cell(2, revision=5)], today=TODAY) == PutCounts(new=1)
    with pytest.raises(ValueError, match="partition"):
        await ready.facts.put([cell(2, day=TODAY)], today=TODAY, whole=whole(YESTERDAY))


async def test_a_covered_day_is_zero_where_there_is_a_roster(ready: RedisStore) -> None:
    """Without a roster nobody's day is unknown; with one it's a zero, also when the roster comes later."""
    first = TODAY - 3 * DAY
    await ready.facts.put([cell(1, day=first)], today=TODAY, whole=whole(first))
    await ready.facts.fold(TODAY)
    assert await rows(ready, "day", "active_users", "seats") == [(first, 1, None)]
    seats = [Seat("a", "seats", actor(n), since=first + DAY) for n in range(8)]
    await ready.roster.put(seats, source="seats")
    await ready.facts.fold(TODAY)
    assert await rows(ready, "active_users", "seats", "active_7d", "actions") == [
        (1, None, 1, 3),
        (0, 8, 1, 0),
        (0, 8, 1, 0),
    ]


async def test_a_week_is_one_row_and_never_spread(ready: RedisStore) -> None:
    """Weekly use has people of the week and no figure of a day; a daily source on the same day makes it a day."""
    told = [cell(n, day=day, weekly=True) for n in range(6) for day in (YESTERDAY, YESTERDAY - 7 * DAY)]
    await ready.facts.put(told, today=TODAY, whole=whole(TODAY - 14 * DAY, weekly=True))
    await ready.facts.fold(TODAY)
    fields = ("day", "weekly", "active_users", "active_7d", "active_28d", "new_users", "actions")
    assert await rows(ready, *fields) == [
        (YESTERDAY - 7 * DAY, True, None, 6, 6, 6, 18),
        (YESTERDAY, True, None, 6, 6, 0, 18),
    ]
    await ready.facts.put([cell(1, source="code")], today=TODAY)
    await ready.facts.fold(TODAY)
    assert (await rows(ready, *fields))[1] == (YESTERDAY, False, 1, 6, 6, 0, 3)


async def test_overlapping_sources_are_never_added(ready: RedisStore) -> None:
    """A person in two sources counts once, with the most acts that either says of a surface."""
    told = [cell(1), cell(1, source="code", actions=10), cell(1, surface="chat.y", actions=None), cell(2, active=False)]
    await ready.facts.put(told, today=TODAY)
    await ready.facts.fold(TODAY)
    assert await rows(ready, "active_users", "actions", "use_cases") == [(1, 10, 2)]


async def test_a_pilot_is_judged_up_to_its_slowest_source(ready: RedisStore) -> None:
    """A day that one of two sources has not reached is that source's and not vouched for, until it declares it."""
    days = [TODAY - n * DAY for n in (4, 3, 2)]
    await ready.facts.put([cell(1, day=day) for day in days], today=TODAY)
    await ready.facts.put([cell(2, day=days[0], source="code")], today=TODAY)
    await ready.facts.fold(TODAY)
    assert await rows(ready, "source", "complete") == [("chat", True), ("code", False), ("code", False)]
    await ready.sources.put(SourceStatus(source="code", newest_day=days[1]))
    report = await ready.facts.fold(TODAY)
    assert (report.pilot_days, report.rows) == (0, 1)
    assert await rows(ready, "source", "complete") == [("chat", True), ("chat", True), ("code", False)]


async def test_totals_of_a_source_do_not_outrank_exact_counts(ready: RedisStore) -> None:
    """A daily row never overwrites what was counted from people, whichever comes first; elsewhere it does."""
    total = UsageDay(pilot="a", day=YESTERDAY, source="daily", active_users=50)
    assert await ready.telemetry.put([total]) == PutCounts(new=1)
    await ready.facts.put([cell(1)], today=TODAY)
    await ready.facts.fold(TODAY)
    other = total.model_copy(update={"day": TODAY - 2 * DAY})
    assert await ready.telemetry.put([total, other]) == PutCounts(new=1, unchanged=1)
    assert await rows(ready, "source", "active_users") == [("daily", 50), ("chat", 1)]


async def test_a_total_that_people_replaced_comes_back_only_when_it_is_loaded_again(ready: RedisStore) -> None:
    """Once the people have vanished at their source the day is unknown, and a total loaded then counts again."""
    total = UsageDay(pilot="a", day=YESTERDAY, source="daily", active_users=50)
    await ready.telemetry.put([total])
    await ready.facts.put([cell(1)], today=TODAY)
    await ready.facts.fold(TODAY)
    await ready.facts.put([], today=TODAY, whole=whole(YESTERDAY))
    await ready.facts.fold(TODAY)
    assert await rows(ready, "source", "active_users") == []
    assert await ready.telemetry.put([total]) == PutCounts(new=1)
    assert await rows(ready, "source", "active_users") == [("daily", 50)]


async def test_use_that_comes_after_its_cells_expired_only_adds(ready: RedisStore) -> None:
    """People are added to a day counted before; a whole partition of its only source counts it anew."""
    day = TODAY - 40 * DAY
    hot = ready.keys.hot(0, day_number(day))
    await ready.facts.put([cell(n, day=day) for n in range(5)], today=TODAY)
    await ready.facts.fold(TODAY)
    await ready.client.delete(hot)
    await ready.facts.put([cell(4, day=day), cell(5, day=day, surface="chat.y")], today=TODAY)
    await ready.facts.fold(TODAY)
    assert await rows(ready, "active_users", "actions", "use_cases") == [(6, 15, 2)]
    await ready.client.delete(hot)
    await ready.facts.put([cell(1, day=day)], today=TODAY, whole=whole(day, day))
    await ready.facts.fold(TODAY)
    assert await rows(ready, "active_users", "active_28d", "new_users") == [(1, 1, 1)]


async def test_an_old_day_is_counted_and_then_closed(ready: RedisStore) -> None:
    """Use from before the 90 days makes exact rows while its files are read, leaves no bit, and is not added to later."""
    day = TODAY - 200 * DAY
    await ready.facts.put([cell(n, day=day) for n in range(5)], today=TODAY)
    await ready.facts.fold(TODAY)
    await ready.facts.put([cell(n, day=day + DAY) for n in range(3, 8)], today=TODAY)
    await ready.facts.fold(TODAY)
    fields = ("active_users", "active_7d", "active_28d", "new_users")
    counted = [(5, 5, 5, 5), (5, 8, 8, 3)]
    assert await rows(ready, *fields) == counted
    assert not [key async for key in ready.client.scan_iter(f"{ready.keys.root}:bit:*")]
    await ready.client.delete(*(ready.keys.hot(0, day_number(day + n * DAY)) for n in range(2)))
    await ready.facts.put([cell(9, day=day), cell(9, day=day + 2 * DAY)], today=TODAY + 3 * DAY)
    await ready.facts.fold(TODAY + 3 * DAY)
    assert await rows(ready, *fields) == [*counted, (1, None, None, 1)]


async def test_everything_about_people_expires_by_itself(ready: RedisStore) -> None:
    """Every key of people's days has a time to live that ends within its limit."""
    told = [cell(n, day=TODAY - back * DAY) for n in range(3) for back in (0, 1, 50, 89, 90, 91, 200)]
    await ready.facts.put(told, today=TODAY)
    await ready.facts.fold(TODAY)
    seen = {"hot": 0, "bit": 0, "usr": 0}
    async for key in ready.client.scan_iter(f"{ready.keys.root}:*"):
        kind, *rest = key.decode().removeprefix(f"{ready.keys.root}:").split(":")
        if kind not in seen:
            continue
        seen[kind] += 1
        days = await ready.client.ttl(key) / 86_400
        assert days > 0, key
        if kind == "hot":
            age = day_number(TODAY) - int(rest[-1])
            assert days <= max(2, min(35, 91 - age)), key
        elif kind == "bit":
            assert days <= (int(rest[-1]) + 1) * 32 + 90 - day_number(TODAY), key
            assert days <= 91 + 31, key
    assert all(seen.values())


async def test_forgetting_clears_bits_and_people_who_left(ready: RedisStore) -> None:
    """After 90 days a person's day is gone, and so is whoever has no day left and no seat; rows stay as they are."""
    seats = [Seat("a", "seats", actor(1)), Seat("a", "seats", actor(2), since=TODAY - 200 * DAY, until=TODAY)]
    await ready.roster.put(seats, source="seats")
    told = [cell(n, day=TODAY - back * DAY) for n, back in ((1, 80), (2, 80), (3, 80), (4, 10), (4, 80))]
    await ready.facts.put(told, today=TODAY)
    await ready.facts.fold(TODAY)
    counted = await rows(ready, "day", "active_users", "active_28d", "new_users")
    assert await ready.facts.forget(TODAY) == 0
    later = TODAY + 11 * DAY
    assert await ready.facts.forget(later) > 0
    people = await ready.client.get(ready.keys.users(0))
    assert people is not None
    assert [people[n : n + 10] for n in range(0, len(people), 12)] == [actor(1), actor(4)]
    assert await ready.facts.forget(later) == 0
    await ready.facts.put([cell(n, day=later - DAY) for n in (1, 3, 4)], today=later)
    await ready.facts.fold(later)
    assert await rows(ready, "day", "active_users", "active_28d", "new_users") == [*counted, (later - DAY, 3, 3, 1)]
    assert await ready.facts.forget(later + 200 * DAY) > 0
    left = [k async for k in ready.client.scan_iter(f"{ready.keys.root}:bit:*")]
    assert (left, await ready.client.get(ready.keys.users(0))) == ([], actor(1) + people[10:12])


async def test_segments_tell_of_no_few(ready: RedisStore) -> None:
    """Habits are counts of five people and more, and what is hidden can't be worked out from what is shown."""
    assert await ready.facts.segments("c", TODAY) is None
    assert await ready.facts.segments("a", TODAY) is None
    habitual = [cell(n, day=TODAY - 7 * w * DAY, actions=40) for n in range(12) for w in range(10)]
    low = [cell(n, day=TODAY - DAY) for n in range(12, 20)]
    await ready.roster.put([Seat("a", "seats", actor(n)) for n in range(22)], source="seats")
    await ready.facts.put([*habitual, *low], today=TODAY)
    await ready.facts.fold(TODAY)
    found = await ready.facts.segments("a", TODAY)
    assert found is not None
    assert (found.people, found.power, found.low) == (22, 12, None)
    assert (found.habitual, found.novice, found.non_users) == (0, None, None)  # nobody is not few
