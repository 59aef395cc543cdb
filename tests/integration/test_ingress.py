"""The streams of data teams: taken in in order and once, refused without identities, then gone."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as Unreachable
from servers import Connect
from world import World, world_of

from adapters.redis_store.ingress import GROUP, RedisIngress
from adapters.redis_store.keys import Keys
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.store import RedisStore
from bot.app.export import export
from bot.app.ingress import Receiver, Taken
from bot.app.parts import MOST_REFUSED
from bot.domain.entry import LARGEST_ENTRY, Stream
from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.intake import PutCounts
from bot.ports import Ports, Telemetry

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PEOPLE = [f"person{n}@n.example" for n in range(8)]
TAX = {"id": "tax", "name": "Tax letters", "owner": "dana@n.example", "routes": [{"group": "tax"}]}
HR = {"id": "hr", "name": "Job ads"}
SHORT = timedelta(milliseconds=150)
"""How long a reader has in these tests."""


@pytest.fixture
async def world(connect: Connect) -> AsyncIterator[World]:
    """Return an organisation with streams of its own, in which a dead reader is known as such soon."""
    name = uuid4().hex
    store = RedisStore(connect(), b"a key of the tests", Keys("test", name, f"test:{name}:in"))
    await store.open()
    found = world_of(store, at=NOW)
    found.ports = replace(
        found.ports, ingress=RedisIngress(store.client, store.keys, Scripts(store.client), time=SHORT)
    )
    yield found
    await store.close()


def fact(user: str, day: str = "2026-03-02", **changes: object) -> dict[str, object]:
    """Return a fact of a person who used the pilot `tax` on a day."""
    end = date.fromisoformat(day) + timedelta(days=1)
    told = {"source": "chat", "user": user, "start": day, "end": end.isoformat(), "surface": "chat.web"}
    return told | {"group": "tax", "actions": 3} | changes


def day(active: int, on: str = "2026-03-02", pilot: str = "hr", **changes: object) -> dict[str, object]:
    """Return a daily row."""
    return {"pilot": pilot, "day": on, "source": "ads", "active_users": active, "seats": 40} | changes


async def send(world: World, stream: str, *entries: dict[str, object]) -> list[str]:
    """Put entries into a stream, contents that are no text as JSON; returns their ids."""
    ids = []
    for entry in entries:
        raw = {k: v if isinstance(v, str | bytes) else json.dumps(v) for k, v in entry.items()}
        ids.append((await world.store.client.xadd(world.store.keys.ingress(stream), raw)).decode())
    return ids


async def take_in(ports: Ports, *, aggregate_only: bool = False) -> Taken:
    """Take in what is in the streams."""
    return await Receiver(ports, aggregate_only=aggregate_only).take_in()


async def left(world: World) -> tuple[int, int, int]:
    """Return how many entries are in the two streams, and how many are in somebody's hand."""
    client, keys = world.store.client, world.store.keys
    lengths = [await client.xlen(keys.ingress(s)) for s in ("usage", "registry")]
    held = [await client.xpending(keys.ingress(s), GROUP) for s in ("usage", "registry")]
    return lengths[0], lengths[1], sum(h["pending"] for h in held)


async def rejects(world: World) -> list[dict[str, str]]:
    """Return the rejects, oldest first."""
    found = await world.store.client.xrange(world.store.keys.rejects)
    return [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in found]


async def rows(world: World, pilot: str) -> dict[str, UsageDay]:
    """Return the stored rows of a pilot by day."""
    return {row.day.isoformat(): row async for row in world.store.telemetry.rows([pilot])}


async def test_everything_sent_becomes_rows_and_is_gone(world: World) -> None:
    """Pilots, single facts, batches and daily rows in one go, the registry first whenever it was sent; nothing is left."""
    await send(world, "usage", {"fact": fact(PEOPLE[0])}, {"kind": "fact", "batch": [fact(u) for u in PEOPLE[1:]]})
    await send(world, "usage", {"day": day(7)}, {"kind": "day", "batch": json.dumps(day(9, "2026-03-03"))})
    await send(world, "registry", {"pilot": TAX}, {"kind": "pilot", "batch": [HR]})
    taken = await take_in(world.ports)
    assert taken == Taken(entries=6, facts=8, days=2, pilots=2)
    assert await left(world) == (0, 0, 0)
    assert (await rows(world, "tax"))["2026-03-02"].active_users == 8
    assert {d: r.active_users for d, r in (await rows(world, "hr")).items()} == {"2026-03-02": 7, "2026-03-03": 9}
    newest = {s.source: s.newest_day for s in await world.ports.sources.all()}
    assert newest == {"chat": date(2026, 3, 2), "ads": date(2026, 3, 3)}
    assert world.ports.people.identify("dana@n.example") in await world.ports.people.all()
    assert await rejects(world) == []


async def test_nobody_is_stored_under_their_own_name(world: World) -> None:
    """After a run no key, no value and no reject of the store holds the user of any fact, taken or refused."""
    client = world.store.client
    await client.config_set("rdbcompression", "no")  # so that a dump is searched as it is
    await send(world, "registry", {"pilot": TAX})
    bad = [fact(PEOPLE[1], surface=PEOPLE[2]), fact(PEOPLE[3], start="2027-01-01"), {PEOPLE[4]: PEOPLE[5]}]
    await send(world, "usage", {"kind": "fact", "batch": [fact(PEOPLE[0]), fact(PEOPLE[6], group="none"), *bad]})
    await send(world, "usage", {"day": day(3, pilot=PEOPLE[7])}, {PEOPLE[1]: PEOPLE[2]}, {"fact": PEOPLE[3]})
    taken = await take_in(world.ports)
    assert (taken.facts, taken.rejected) == (2, 6)
    assert len(await rejects(world)) == 6
    keys = [key async for key in client.scan_iter(f"{world.store.keys.root}*")]
    everything = b"\n".join([key + b" " + (await client.dump(key) or b"") for key in keys])
    assert b"dana@n.example" in everything  # the owner, by whom we see that the search finds what is there
    assert not [user for user in PEOPLE if user.encode() in everything]


async def test_a_reject_says_where_and_why(world: World) -> None:
    """Stream, entry, place, field, reason and moment of each reject; a pilot's id is named where it looks like one."""
    await send(world, "registry", {"pilot": HR})
    ids = await send(
        world,
        "usage",
        {"kind": "day", "batch": [day(7), day(8, pilot="nix"), day(9, pilot="a person"), day(5, active_7d=3)]},
        {"pilot": HR},
    )
    await take_in(world.ports)
    found = await rejects(world)
    assert [(r["entry"], r["place"], r["field"]) for r in found] == [
        (ids[0], "2", "pilot"),
        (ids[0], "3", "pilot"),
        (ids[0], "4", ""),
        (ids[1], "0", ""),
    ]
    assert {(r["stream"], r["at"]) for r in found} == {("usage", "2026-03-10T09:00:00+00:00")}
    assert found[0]["reason"].startswith("pilot: there is no pilot 'nix' in the registry; ")
    assert found[1]["reason"].startswith("pilot: there is no such pilot in the registry; ")
    assert (await rows(world, "hr"))["2026-03-02"].active_users == 7


async def test_what_is_too_large_or_too_many_is_refused_and_the_rest_goes_on(world: World) -> None:
    """An entry over 4 MiB is never fetched; of very many rejects of one entry the first hundred are written."""
    await send(world, "registry", {"pilot": HR})
    many = [{"kind": "day", "batch": "{}\n" * 250} for _ in range(6)]
    ids = await send(world, "usage", {"day": "x" * LARGEST_ENTRY}, *many, {"day": day(7)})
    taken = await take_in(world.ports)
    assert (taken.days, taken.rejected) == (1, 1 + 6 * 250)
    found = await rejects(world)
    assert found[0]["reason"] == "the entry has 4,194,307 bytes; send at most 4,194,304 in one"
    assert [r["entry"] for r in found[1:]] == [name for name in ids[1:-1] for _ in range(MOST_REFUSED + 1)]
    assert (found[-1]["place"], found[-1]["reason"]) == ("0", "and 150 more objects of this entry")
    assert await left(world) == (0, 0, 0)


async def test_many_entries_are_taken_in_parts(world: World) -> None:
    """More entries than one part holds are all taken, in the order in which they were sent."""
    await send(world, "registry", {"pilot": HR})
    await send(world, "usage", *({"day": day(n % 41)} for n in range(100)))
    scripts = Scripts(world.store.client)
    few = replace(world.ports, ingress=RedisIngress(world.store.client, world.store.keys, scripts, most=7))
    assert (await take_in(few)).days == 100
    assert (await rows(world, "hr"))["2026-03-02"].active_users == 99 % 41


async def test_what_a_dead_reader_had_in_hand_is_taken_by_the_next_in_its_order(world: World) -> None:
    """Until its time is up nobody else reads on; then the earlier entry comes first and the later one counts."""
    await send(world, "registry", {"pilot": HR})
    await take_in(world.ports)
    await send(world, "usage", {"day": day(7)}, {"day": "no"})
    held = await world.ports.ingress.read(Stream.USAGE)  # and this reader dies
    await send(world, "usage", {"day": day(9)})
    assert await take_in(world.ports) == Taken(is_busy=True)
    assert await rows(world, "hr") == {}
    await asyncio.sleep(SHORT.total_seconds() * 1.5)
    again = await world.ports.ingress.read(Stream.USAGE)
    assert (again.entries, again.is_again) == (held.entries, True)
    await asyncio.sleep(SHORT.total_seconds() * 1.5)  # the second one dies too
    taken = await take_in(world.ports)
    assert (taken.entries, taken.days, taken.rejected, taken.is_busy) == (3, 2, 1, False)
    assert (await rows(world, "hr"))["2026-03-02"].active_users == 9
    assert await left(world) == (0, 0, 0)


async def test_cut_off_before_the_end_it_counts_and_refuses_once(world: World) -> None:
    """A reader that dies between storing and deleting leaves the same store, and the same rejects, as one that does not."""
    await send(world, "registry", {"pilot": TAX}, {"pilot": HR})
    await take_in(world.ports)
    await send(world, "usage", {"kind": "fact", "batch": [fact(u) for u in PEOPLE]}, {"day": day(7)}, {"fact": "no"})
    dying = replace(world.ports, ingress=_Dying(world.ports.ingress))  # type: ignore[arg-type]  # it hands the rest on
    with pytest.raises(Unreachable):
        await take_in(dying)
    assert len(await rejects(world)) == 1
    assert (await left(world))[0] == 3
    await asyncio.sleep(SHORT.total_seconds() * 1.5)
    await take_in(world.ports)
    assert len(await rejects(world)) == 1
    assert await left(world) == (0, 0, 0)
    once = [line async for line in export(world.ports, 5)]
    await send(world, "usage", {"kind": "fact", "batch": [fact(u) for u in PEOPLE[:5]]}, {"day": day(7)})
    await take_in(world.ports)
    assert [line async for line in export(world.ports, 5)] == once
    assert (await rows(world, "tax"))["2026-03-02"].active_users == 8


class _Dying:
    """A way to the streams that dies when entries are to be deleted."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def done(self, stream: Stream, entries: Sequence[str]) -> None:
        """Break off instead."""
        raise Unreachable(stream, entries)


class _Choking:
    """A telemetry that ends in a fault of ours, or of the store's, at a row with a certain number of people."""

    def __init__(self, inner: Telemetry, people: int, fault: Exception) -> None:
        self._inner, self._people, self._fault = inner, people, fault
        self.met = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def put(self, rows: Sequence[UsageDay]) -> PutCounts:
        """Store rows, unless the one is among them."""
        if any(row.active_users == self._people for row in rows):
            self.met += 1
            raise self._fault
        return await self._inner.put(rows)


async def test_an_entry_that_ends_in_a_fault_of_ours_is_given_up_and_the_others_go_on(world: World) -> None:
    """Found by halves, tried three times, refused with the kind of the fault and none of its words; order is kept."""
    await send(world, "registry", {"pilot": HR})
    await send(world, "usage", *({"day": day(n, f"2026-03-0{1 + n % 9}")} for n in range(20)))
    choking = _Choking(world.ports.telemetry, 13, ValueError("person0@n.example"))
    taken = await take_in(replace(world.ports, telemetry=choking))  # type: ignore[arg-type]  # it hands the rest on
    assert (taken.entries, taken.days, taken.rejected) == (21, 19, 1)
    assert choking.met <= 5 + 3
    (reject,) = await rejects(world)
    assert "ends in a fault of ours (ValueError), 3 times" in reject["reason"]
    assert "person0" not in str(reject)
    people = {d: r.active_users for d, r in (await rows(world, "hr")).items()}
    assert people == {f"2026-03-0{1 + n % 9}": n for n in (9, 10, 11, 12, 4, 14, 15, 16, 17, 18, 19)} | {}
    assert await left(world) == (0, 0, 0)


async def test_a_fault_that_all_entries_meet_ends_it_and_keeps_them(world: World) -> None:
    """After ten entries it is no longer taken for theirs: it shows, and the rest stays in the stream."""
    await send(world, "registry", {"pilot": HR})
    await send(world, "usage", *({"day": day(13, f"2026-02-{n + 1:02}")} for n in range(25)))
    choking = _Choking(world.ports.telemetry, 13, ValueError("ours"))
    with pytest.raises(ValueError, match="ours"):
        await take_in(replace(world.ports, telemetry=choking))  # type: ignore[arg-type]  # as above
    assert (await left(world))[0] == 25
    assert await rejects(world) == []
    await asyncio.sleep(SHORT.total_seconds() * 1.5)
    assert (await take_in(world.ports)).days == 25


async def test_a_fault_of_the_store_costs_nothing(world: World) -> None:
    """When the store fails nothing is given up: the entries are taken once it is back."""
    await send(world, "registry", {"pilot": HR})
    await send(world, "usage", {"day": day(7)}, {"day": day(8, "2026-03-03")})
    choking = _Choking(world.ports.telemetry, 7, Unreachable())
    for _ in range(4):
        with pytest.raises(Unreachable):
            await take_in(replace(world.ports, telemetry=choking))  # type: ignore[arg-type]  # as above
        await asyncio.sleep(SHORT.total_seconds() * 1.5)
    assert choking.met == 4
    assert await rejects(world) == []
    assert (await take_in(world.ports)).days == 2


async def test_without_people_facts_of_persons_are_deleted_unread(world: World) -> None:
    """They leave no row, no reject and no pseudonym and are counted; weeks of groups are taken, days are refused."""
    await send(world, "registry", {"pilot": TAX}, {"pilot": HR})
    week = {"active_users": None, "active_7d": 12, "weekly": True}
    total = {"user": None, "actor_kind": "aggregate", "people": 11, "period": "week", "start": "2026-02-24"}
    await send(world, "usage", {"kind": "fact", "batch": [fact(u) for u in PEOPLE]}, {"fact": {"user": "x", "y": 1}})
    await send(world, "usage", {"day": day(7)}, {"day": day(0, **week)}, {"fact": fact("x") | total})
    taken = await take_in(world.ports, aggregate_only=True)
    assert (taken.facts, taken.days, taken.unread, taken.rejected) == (1, 1, 9, 1)
    assert (await rejects(world))[0]["reason"].startswith("day: days are not taken in here")
    assert await left(world) == (0, 0, 0)
    assert (await rows(world, "tax"))["2026-03-02"].active_7d == 11
    assert (await rows(world, "hr"))["2026-03-02"].active_7d == 12
    keys = [key.decode() async for key in world.store.client.scan_iter(f"{world.store.keys.root}*")]
    assert not [key for key in keys if any(part in key for part in (":hot:", ":usr:", ":bit:", ":aliases"))]


@pytest.mark.parametrize("is_at_once", [True, False], ids=["at once", "one by one"])
async def test_what_is_taken_in_together_makes_no_difference(world: World, is_at_once: bool) -> None:  # noqa: FBT001  pytest
    """Each entry is a table of its own: groups and totals of one are added up, and a later entry replaces what it told."""
    total = {"user": None, "actor_kind": "aggregate", "people": 9, "source": "sum"}
    entries = [
        {"kind": "fact", "batch": [fact("a", group="tax"), fact("a", group="tax-eu", actions=40)]},
        {"fact": fact("a", group="tax-eu", actions=7)},
        {"kind": "fact", "batch": [fact("b"), fact("c"), fact("b", group="tax-eu"), fact("b", actions=1)]},
        {"fact": fact("b", "2026-03-03") | total},
        {"kind": "fact", "batch": [fact("", "2026-03-03", surface=f"chat.{s}") | total for s in "xy"]},
        {"fact": fact("", "2026-03-04", surface="chat.x") | total},
        {"fact": fact("", "2026-03-04", surface="chat.y") | total},
    ]
    await send(world, "registry", {"pilot": TAX | {"routes": [{"group": "tax*"}]}})
    for entry in entries:
        await send(world, "usage", entry)
        if not is_at_once:
            await take_in(world.ports)
    await take_in(world.ports)
    acts = {d: r.actions for d, r in (await rows(world, "tax")).items()}
    assert acts == {"2026-03-02": 7 + (1 + 3) + 3, "2026-03-03": 3 + 3, "2026-03-04": 3}


async def test_rejects_are_kept_for_thirty_days(world: World) -> None:
    """Older ones go at the next look, whether or not there is anything new."""
    client, key = world.store.client, world.store.keys.rejects
    for age in (31, 29):
        await client.xadd(key, {"reason": f"{age} days"}, id=int((NOW - timedelta(days=age)).timestamp() * 1000))
    await take_in(world.ports)
    assert [r["reason"] for r in await rejects(world)] == ["29 days"]


async def test_use_that_no_pilot_wants_goes_nowhere_and_is_no_error(world: World) -> None:
    """A fact without a route is told by source, group and surface, under no name."""
    await world.ports.pilots.put([Pilot.model_validate(TAX)])
    await send(world, "usage", {"kind": "fact", "batch": [fact(u, group="sales") for u in PEOPLE]})
    taken = await take_in(world.ports)
    assert (taken.facts, taken.rejected) == (8, 0)
    (told,) = await world.ports.nowhere.all()
    assert (told.source, told.group, told.surface, told.facts) == ("chat", "sales", "chat.web", 8)
