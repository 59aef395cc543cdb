"""Taking in facts: what becomes of them in a real store, what is refused, and what goes nowhere."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from servers import Connect
from stored import everything
from world import World, world_of

from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.app.export import export
from bot.app.ingest import IngestReport, take_facts
from bot.app.seats import load_leave, load_people, load_roster
from bot.domain.fact import Partition, WireFact
from bot.domain.pilot import Pilot, Route
from bot.domain.roster import WireAway, WirePerson, WireSeat
from bot.domain.routing import Router
from bot.domain.table import Row
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import InputError
from bot.intake import PutCounts, Unrouted

TODAY = date(2026, 3, 10)
DAY = date(2026, 3, 6)
NOBODY: list[Row[WireFact]] = []
CREW = [f"person{n}@n.example" for n in range(8)]


def fact(user: str | None = CREW[0], day: date = DAY, **changes: object) -> WireFact:
    """Return a fact about somebody in the group of the tax pilot."""
    given_fields: dict[str, object] = {
        "source": "chat",
        "user": user,
        "start": day,
        "end": day + timedelta(days=1),
        "surface": "chat.web",
        "group": "tax-team",
        "actions": 3,
    }
    return WireFact.model_validate(given_fields | changes)


def total(people: int, day: date = DAY, **changes: object) -> WireFact:
    """Return a total of so many people."""
    return fact(None, day, actor_kind="aggregate", people=people, **changes)


def week(user: str | None, end: date, **changes: object) -> WireFact:
    """Return a fact about the week that ends with a day."""
    return fact(user, end, period="week", start=end - timedelta(days=6), **changes)


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return a world of two pilots: one for a group of the chat, one for a surface of anything."""
    one = world_of(store, at=datetime(2026, 3, 10, 9, tzinfo=UTC))
    await fill(one)
    return one


async def fill(world: World) -> None:
    """Store three pilots."""
    await world.register(
        Pilot(id="tax", name="Tax", seats=8, routes=(Route(source="chat*", group="tax-*"),)),
        Pilot(id="code", name="Code", seats=8, routes=(Route(group="tax-*", surface="code.*"),)),
        Pilot(id="bare", name="Bare"),
    )


async def take(
    world: World, *facts: WireFact, rejects: list[Row[WireFact]] | None = None, **given: object
) -> IngestReport:
    """Take in facts as one table; `rejects` gets what is refused, which otherwise is nothing."""
    refused: list[Row[WireFact]] = rejects if rejects is not None else []
    rows = [Row(line, {}, one) for line, one in enumerate(facts, 1)]
    report = await take_facts(rows, world.ports, refused.append, today=TODAY, **given)  # type: ignore[arg-type]  # as given
    assert rejects is not None or not refused, refused
    return report


async def rows_of(world: World, *pilots: str) -> dict[tuple[str, date], UsageDay]:
    """Return the rows of pilots by pilot and day."""
    return {(row.pilot, row.day): row async for row in world.ports.telemetry.rows(pilots)}


async def export_of(world: World) -> list[str]:
    """Return what would be exported."""
    return [line async for line in export(world.ports, 5)]


async def test_facts_become_rows_and_twice_the_same_changes_nothing(world: World) -> None:
    """People, acts and surfaces are counted by pilot and day; the second time all of it is known."""
    facts = [fact(user) for user in CREW[:6]] + [fact(CREW[6], active=False, actions=0), fact(surface="code.x")]
    report = await take(world, *facts)
    assert (report.counts, report.read, report.shared, report.unrouted) == (PutCounts(new=9), 8, 1, ())
    rows = await rows_of(world, "tax", "code", "bare")
    assert rows.keys() == {("tax", DAY), ("code", DAY)}
    row = rows["tax", DAY]
    assert (row.active_users, row.actions, row.use_cases, row.weekly) == (6, 21, 2, False)
    (told,) = report.told
    assert (told.people, told.told, told.active, told.passive, told.spans) == (7, 7, 6, 1, 0)
    before = await export_of(world)
    again = await take(world, *facts)
    assert again.counts == PutCounts(unchanged=9)
    assert await export_of(world) == before


async def test_no_user_is_stored(world: World, store: RedisStore) -> None:
    """Neither the ids of facts, rosters, leave and aliases nor anything they begin with is in any key or value."""
    await load_people([Row(1, {}, WirePerson((CREW[1], "zebra-alias")))], world.ports, NOBODY.append)  # type: ignore[arg-type]  # nothing is refused
    seats = [Row(1, {}, WireSeat(user, ("tax-team",), also=(f"zebra-{user}",))) for user in CREW]
    await load_roster(seats, "chat", world.ports, NOBODY.append, today=TODAY, partial=False)  # type: ignore[arg-type]  # as above
    await load_leave([Row(1, {}, WireAway(CREW[2], DAY, DAY))], world.ports, NOBODY.append, today=TODAY)  # type: ignore[arg-type]  # as above
    await take(world, *[fact(user) for user in CREW], fact("zebra-nowhere", source="other"))
    stored = b" ".join(await everything(store.client, store.keys.root))
    assert b"tax-team" in stored
    assert [word for word in (b"person", b"n.example", b"zebra") if word in stored] == []


async def test_one_person_under_two_ids_counts_once(world: World) -> None:
    """Aliases told before are followed, whatever case they are written in; two sources are never added."""
    people = [Row(1, {}, WirePerson((CREW[0], "4711")))]
    assert (await load_people(people, world.ports, NOBODY.append)).counts == PutCounts(new=1)  # type: ignore[arg-type]  # nothing is refused
    await take(
        world, fact(), fact("4711", source="chat2", actions=5), fact(CREW[0].upper(), source="chat2", surface="chat.b")
    )
    row = (await rows_of(world, "tax"))["tax", DAY]
    assert row.active_users == 1
    assert row.actions == 8  # of each surface what the source that tells more tells: 5 + 3


async def test_robots_are_counted_apart_and_totals_are_never_added(world: World) -> None:
    """Keys and robots are no people; of several totals of a day the most people and all acts count."""
    told = [total(9, actions=5), total(7, surface="chat.b", actions=4), total(8, group="tax-two", actions=1)]
    report = await take(world, fact("key-1", actor_kind="service"), *told)
    assert (report.services, report.told, report.counts) == (1, (), PutCounts(new=1))
    row = (await rows_of(world, "tax"))["tax", DAY]
    assert (row.active_users, row.actions, row.active_7d) == (9, 10, None)
    await take(world, total(4, actions=None), total(6, surface="chat.b", actions=4))
    row = (await rows_of(world, "tax"))["tax", DAY]
    assert (row.active_users, row.actions) == (6, None)


async def test_a_week_stays_a_week(world: World) -> None:
    """Facts and totals of weeks stand on the last day of theirs and give no figure of a day."""
    sunday = date(2026, 3, 8)
    report = await take(
        world,
        *[week(user, sunday) for user in CREW],
        total(12, sunday, period="week", start=date(2026, 3, 2), group="pilot:bare"),
    )
    rows = await rows_of(world, "tax", "bare")
    assert {key: (r.weekly, r.active_users, r.active_7d) for key, r in rows.items()} == {
        ("tax", sunday): (True, None, 8),
        ("bare", sunday): (True, None, 12),
    }
    (told,) = report.told
    assert (told.period.value, told.told) == ("week", 8)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (fact(period="month", end=date(2026, 4, 6)), "period: a month can't be judged and is never spread over days"),
        (fact(period="snapshot"), "period: a snapshot can't be judged"),
        (fact(day=date(2026, 3, 11)), "end: the day is not over today (2026-03-10); send it once it is"),
        (week("zebra", date(2026, 3, 11)), "end: the week is not over today"),
        (fact(day=date(1999, 12, 31)), "start: lies before 2000-01-01; check the year"),
        (fact(revision=1_900_000_000), "revision: lies in the future"),
    ],
)
async def test_what_can_not_be_judged_is_refused(world: World, bad: WireFact, reason: str) -> None:
    """The reason names the field and the remedy; the next fact is taken in."""
    rejects: list[Row[WireFact]] = []
    report = await take(world, bad, fact(), rejects=rejects)
    assert (report.rejected, report.counts.new, rejects[0].line) == (1, 1, 1)
    assert reason in rejects[0].reason
    assert CREW[0] not in rejects[0].reason


async def test_aggregates_only(world: World, store: RedisStore) -> None:
    """Facts about people and days are refused; weeks of large enough groups are taken in."""
    sunday, monday = date(2026, 3, 8), date(2026, 3, 2)
    rejects: list[Row[WireFact]] = []
    weekly: dict[str, object] = {"period": "week", "start": monday}
    facts = [
        fact(),
        week(CREW[0], sunday),
        fact("key", actor_kind="service"),
        total(30),
        total(30, sunday, **weekly),
        total(30, sunday, group="pilot:bare", **weekly),
        total(9, sunday, group="pilot:bare", surface="chat.b", **weekly),
    ]
    report = await take(world, *facts, rejects=rejects, aggregate_only=True, least_group=10)
    assert [(row.line, row.reason.split(":")[0]) for row in rejects] == [
        (1, "actor_kind"),
        (2, "actor_kind"),
        (3, "actor_kind"),
        (4, "period"),
        (5, "people"),
        (7, "people"),
    ]
    assert (report.counts, report.told) == (PutCounts(new=1), ())
    assert (await rows_of(world, "tax", "bare")).keys() == {("bare", sunday)}
    assert b"hot" not in b" ".join(await everything(store.client, store.keys.root))


async def test_what_no_rule_wants_is_told_with_its_group(world: World) -> None:
    """By source, group and surface; of few people without figures; a rule or a new load clears it."""
    lost = [fact(user, group="ops") for user in CREW] + [fact(CREW[0], group="boss"), total(6, group=None)]
    report = await take(world, *lost, fact())
    assert {(u.group, u.facts, u.people) for u in report.unrouted} == {("ops", 8, 8), ("boss", 0, 0), (None, 1, 6)}
    assert report.counts.new == 1
    stored = await world.ports.nowhere.all()
    assert sorted(stored, key=lambda u: u.group or "") == sorted(report.unrouted, key=lambda u: u.group or "")
    assert stored[0] == Unrouted("chat", "ops", "chat.web", 8, 8, DAY)
    await take(world, *[fact(user, group="ops") for user in CREW[:5]])
    assert {(u.group, u.facts) for u in await world.ports.nowhere.all()} == {("ops", 8), ("boss", 0), (None, 1)}
    await world.register(Pilot(id="ops", name="Ops", routes=(Route(group="ops"),)))
    await take(world, fact(group="ops"))
    assert {u.group for u in await world.ports.nowhere.all()} == {"boss", None}
    await take(world, *[fact(user) for user in CREW], whole=True)
    assert await world.ports.nowhere.all() == []


async def test_the_groups_of_the_roster_count_where_a_fact_has_none(world: World) -> None:
    """Somebody's team is asked for once; a group in the fact outranks it."""
    seats = [Row(n, {}, WireSeat(user, ("tax-team",))) for n, user in enumerate(CREW)]
    await load_roster(seats, "chat", world.ports, NOBODY.append, today=TODAY, partial=False)  # type: ignore[arg-type]  # nothing is refused
    report = await take(
        world, *[fact(user, group=None) for user in CREW], fact(CREW[0], group="ops"), fact("new", group=None)
    )
    row = (await rows_of(world, "tax"))["tax", DAY]
    assert (row.active_users, row.seats) == (8, 8)
    assert {u.group for u in report.unrouted} == {"ops", None}


async def test_one_person_in_two_groups_of_a_pilot_is_added_up(world: World) -> None:
    """Acts in two groups of one source are different acts; the same group twice is the same ones."""
    await take(world, fact(), fact(group="tax-two", actions=4), fact(actions=5), fact(group="tax-two", actions=4))
    row = (await rows_of(world, "tax"))["tax", DAY]
    assert (row.active_users, row.actions) == (1, 9)


async def test_sources_tell_their_newest_day_and_lag(world: World) -> None:
    """The day never moves back; the lag given is kept, and a usual one is taken for new sources only."""
    await take(world, fact(), fact(source="llm", day=date(2026, 3, 2)), usual_lag=3)
    await take(world, fact(day=date(2026, 3, 1)), lag=2)
    await take(world, fact(), usual_lag=5)
    assert await world.ports.sources.all() == [
        SourceStatus(source="chat", newest_day=DAY, lag_days=2),
        SourceStatus(source="llm", newest_day=date(2026, 3, 2), lag_days=3),
    ]


def spans(revision: int, first: date = DAY, last: date = DAY) -> Sequence[Partition]:
    """Return the days of a report about everybody."""
    return [Partition("chat", first, last, (), revision)]


async def test_a_later_report_replaces_its_days_and_an_earlier_one_changes_nothing(world: World) -> None:
    """Rows that vanished at the vendor vanish here; days outside of the report stay."""
    before, after = [fact(user) for user in CREW], [fact(user, actions=1) for user in CREW[:6]]
    other_day = fact(day=DAY - timedelta(days=1))
    await take(world, *before, other_day, whole=True)
    report = await take(world, *after, whole=True, spans=lambda: spans(200))
    assert (report.was_whole, report.counts.changed) == (True, 8)
    rows = await rows_of(world, "tax")
    assert (rows["tax", DAY].active_users, rows["tax", DAY].actions) == (6, 6)
    assert rows["tax", DAY - timedelta(days=1)].active_users == 1
    stored = await export_of(world)
    late = await take(world, *before, whole=True, spans=lambda: spans(100))
    assert (late.counts.new, late.counts.changed) == (0, 0)
    assert await export_of(world) == stored


async def test_nothing_vanishes_when_a_row_could_not_be_read(world: World) -> None:
    """An incomplete table can't say what is not so any more."""
    await take(world, *[fact(user) for user in CREW], whole=True)
    rejects: list[Row[WireFact]] = []
    report = await take(world, fact(), fact(period="month", end=date(2026, 4, 6)), rejects=rejects, whole=True)
    assert (report.was_whole, report.kept_missing) == (False, True)
    assert (await rows_of(world, "tax"))["tax", DAY].active_users == 8


async def test_people_without_a_row_are_unknown_and_with_a_roster_zero(world: World) -> None:
    """Of 8 people and 2 days 9 user-days are told; the other 7 are unknown, or idle once access is known."""
    facts = [fact(user) for user in CREW] + [fact(day=DAY - timedelta(days=1))]
    (told,) = (await take(world, *facts, whole=True)).told
    assert (told.people, told.spans, told.zero, told.unknown) == (8, 2, 0, 7)
    assert (await rows_of(world, "tax"))["tax", DAY].seats is None
    seats = [Row(n, {}, WireSeat(user, ("tax-team",))) for n, user in enumerate(CREW)]
    await load_roster(seats, "chat", world.ports, NOBODY.append, today=TODAY, partial=False)  # type: ignore[arg-type]  # nothing is refused
    (told,) = (await take(world, *facts, whole=True)).told
    assert (told.zero, told.unknown) == (7, 0)
    row = (await rows_of(world, "tax"))["tax", DAY - timedelta(days=1)]
    assert (row.active_users, row.seats) == (1, 8)


async def test_few_people_have_no_figures_in_the_report(world: World) -> None:
    """Below the least group nothing but that is said."""
    (told,) = (await take(world, *[fact(user) for user in CREW[:4]], whole=True)).told
    assert (told.is_small, told.people, told.told, told.unknown) == (True, 0, 0, 0)
    (told,) = (await take(world, *[fact(user) for user in CREW], least_group=10)).told
    assert told.is_small


async def test_a_seat_that_is_not_in_the_roster_any_more_ends(world: World) -> None:
    """A whole roster ends other seats today, a part or one with rejects none; one of nobody is refused."""

    async def load(rows: Iterable[Row[WireSeat]], *, partial: bool = False) -> tuple[int, bool]:
        report = await load_roster(rows, "chat", world.ports, NOBODY.append, today=TODAY, partial=partial)  # type: ignore[arg-type]  # as above
        seats = await world.ports.roster.seats("chat", ["tax"])
        return sum(seat.until is None for seat in seats), report.was_whole

    everybody = [Row(n, {}, WireSeat(user, ("tax-team",))) for n, user in enumerate(CREW)]
    assert await load(everybody) == (8, True)
    assert await load(everybody[:3], partial=True) == (8, False)
    assert await load([*everybody[:3], Row(9, {}, None, "bad")]) == (8, False)
    assert await load(everybody[:6]) == (6, True)
    with pytest.raises(InputError, match="would end everybody's access, so nothing was changed"):
        await load([])
    assert await load([], partial=True) == (6, False)


async def test_spans_of_one_person_are_joined_and_people_without_a_pilot_are_counted(world: World) -> None:
    """Access in two groups of a pilot is one span, whatever surface it takes; somebody in no pilot's group is told."""
    told = [
        WireSeat(CREW[0], ("tax-a",), date(2026, 1, 1), date(2026, 2, 1)),
        WireSeat(CREW[0], ("tax-b",), date(2026, 2, 1)),
        WireSeat(CREW[1], ("ops",)),
    ]
    rows = [Row(n, {}, seat) for n, seat in enumerate(told)]
    report = await load_roster(rows, "chat", world.ports, NOBODY.append, today=TODAY, partial=False)  # type: ignore[arg-type]  # as above
    assert (report.people, report.nowhere, report.counts.new) == (2, 1, 2)
    (seat,) = await world.ports.roster.seats("chat", ["tax"])
    assert (seat.since, seat.until) == (date(2026, 1, 1), None)
    (actor,) = (await world.ports.actors.resolve([CREW[0]])).values()
    assert await world.ports.roster.groups("chat", [actor]) == {actor: ("tax-b",)}


async def test_a_router_at_hand_saves_the_registry(world: World) -> None:
    """Batches of a stream can share one, and leave the fold for later."""
    router = Router([Pilot(id="bare", name="Bare", routes=(Route(source="chat"),))])
    await take(world, *[fact(user) for user in CREW], router=router, fold=False)
    assert await rows_of(world, "tax", "bare") == {}
    await world.ports.facts.fold(TODAY)
    assert (await rows_of(world, "tax", "bare")).keys() == {("bare", DAY)}


async def exported(connect: Connect, tables: Iterable[Sequence[WireFact]]) -> list[str]:
    """Return what an empty store exports after these tables."""
    store = RedisStore(connect(), b"a key of the tests", Keys(prefix="test", tenant=uuid4().hex))
    try:
        world = world_of(store, at=datetime(2026, 3, 10, 9, tzinfo=UTC))
        await fill(world)
        for table in tables:
            await take(world, *table)
        return await export_of(world)
    finally:
        await store.close()


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_of_tables_makes_no_difference(connect: Connect, order: tuple[int, ...]) -> None:
    """Tables of different days, people and sources give one export in whatever order, each once or twice."""
    tables = [
        [fact(user, DAY - timedelta(days=n % 3)) for n, user in enumerate(CREW)],
        [fact(user, DAY - timedelta(days=n % 5), source="chat2", actions=n) for n, user in enumerate(CREW)],
        [total(20 + n, DAY - timedelta(days=n), source="totals", group="pilot:bare") for n in range(4)],
    ]
    once = await exported(connect, tables)
    assert await exported(connect, [tables[n] for n in (*order, *order)]) == once
    assert sum('"usage"' in line for line in once) == 9
