"""Seats over time, groups, leave, pseudonyms and what is routed nowhere, over a real server."""

from datetime import date, timedelta

import pytest

from adapters.redis_store.store import RedisStore
from bot.domain.fact import Away, Cell, Seat
from bot.domain.pilot import Pilot
from bot.errors import NotFound
from bot.intake import PutCounts, Unrouted

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
WEEK = [TODAY - n * DAY for n in range(7, 0, -1)]


def actor(n: int) -> bytes:
    """Return a pseudonym."""
    return n.to_bytes(10)


def seats(*people: int, since: date | None = None, until: date | None = None) -> list[Seat]:
    """Return seats of these people in pilot a."""
    return [Seat("a", "seats", actor(n), since, until) for n in people]


@pytest.fixture
async def used(store: RedisStore) -> RedisStore:
    """Return a store with a week of use of pilot a."""
    await store.pilots.put([Pilot(id=name, name=name) for name in ("a", "b")])
    told = [Cell("a", day, actor(9), "chat", "chat.x", 1, active=True, actions=1) for day in WEEK]
    await store.facts.put(told, today=TODAY)
    return store


async def counted(store: RedisStore) -> list[tuple[int | None, int | None]]:
    """Fold, and return seats and people present of each day."""
    await store.facts.fold(TODAY)
    return [(row.seats, row.present) async for row in store.telemetry.rows(["a"])]


async def test_seats_begin_and_end(used: RedisStore) -> None:
    """Seats count from their first day up to the one before their last; what is said later replaces it."""
    assert await counted(used) == [(None, None)] * 7
    assert await used.roster.put(seats(1, 2, since=WEEK[1], until=WEEK[4]), source="seats") == PutCounts(new=2)
    assert await used.roster.put(seats(1, since=WEEK[1], until=WEEK[4]), source="seats") == PutCounts(unchanged=1)
    assert await counted(used) == [(None, None)] + [(2, 2)] * 3 + [(0, 0)] * 3
    assert await used.roster.put(seats(1, since=WEEK[2]), source="seats") == PutCounts(changed=1)
    assert [s for s, _ in await counted(used)] == [None, 1, 2, 2, 1, 1, 1]
    with pytest.raises(NotFound, match="'c'"):
        await used.roster.put([Seat("c", "seats", actor(1))], source="seats")


async def test_a_whole_roster_ends_who_left_and_begins_who_is_new(used: RedisStore) -> None:
    """In the first one everybody was there before; in a later one who is new begins with it and who lacks ends."""
    assert await used.roster.put(seats(1, 2, 3), source="seats", whole_on=WEEK[1]) == PutCounts(new=3)
    assert await used.roster.put(seats(2, 3, 4), source="seats", whole_on=WEEK[3]) == PutCounts(1, 1, 2)
    assert [s for s, _ in await counted(used)] == [3] * 7
    assert await used.roster.put(seats(2), source="seats", whole_on=WEEK[5]) == PutCounts(changed=2, unchanged=1)
    assert [s for s, _ in await counted(used)] == [3, 3, 3, 3, 3, 1, 1]
    assert await used.roster.put([], source="seats", whole_on=WEEK[6]) == PutCounts(changed=1)
    assert [s for s, _ in await counted(used)] == [3, 3, 3, 3, 3, 1, 0]
    assert await used.roster.put([], source="other", whole_on=WEEK[0]) == PutCounts()


async def test_an_older_roster_that_comes_late_ends_nobody(used: RedisStore) -> None:
    """Who is in the newest roster stays; who was only in the older one has left with the newest."""
    await used.roster.put(seats(1, 2), source="seats", whole_on=WEEK[4])
    assert await used.roster.put(seats(1, 3), source="seats", whole_on=WEEK[2]) == PutCounts(new=1, unchanged=1)
    assert [s for s, _ in await counted(used)] == [2, 2, 3, 3, 2, 2, 2]


async def test_a_person_in_two_sources_has_one_seat(used: RedisStore) -> None:
    """Seats are people, not entries."""
    await used.roster.put(seats(1, 2), source="seats")
    await used.roster.put([Seat("a", "licences", actor(2))], source="licences")
    assert [s for s, _ in await counted(used)] == [2] * 7


async def test_people_away_are_seats_and_not_present(used: RedisStore) -> None:
    """Leave told before or after a fold takes people out of those present, once however often it's told."""
    await used.roster.put(seats(1, 2, 3), source="seats")
    told = [Away(actor(1), WEEK[0], WEEK[2]), Away(actor(2), WEEK[2], WEEK[2]), Away(actor(8), WEEK[0], WEEK[6])]
    assert await used.roster.put_away(told[:1]) == PutCounts(new=1)
    assert [p for _, p in await counted(used)] == [2, 2, 2, 3, 3, 3, 3]
    assert await used.roster.put_away(told) == PutCounts(new=2, unchanged=1)
    assert await counted(used) == [(3, 2), (3, 2), (3, 1), (3, 3), (3, 3), (3, 3), (3, 3)]


async def test_seats_of_long_ago_and_leave_are_forgotten(used: RedisStore) -> None:
    """Ended seats and past leave go after 90 days with everything that leads to them; present ones stay."""
    await used.roster.put([*seats(1), *seats(2, until=WEEK[3])], source="seats")
    await used.roster.put_away([Away(actor(1), WEEK[0], WEEK[1]), Away(actor(1), TODAY, TODAY + 300 * DAY)])
    await used.facts.fold(TODAY)
    later = TODAY + 95 * DAY
    assert await used.facts.forget(later) > 0
    assert {key[:10] for key in await used.client.hgetall(used.keys.seats(0)) if len(key) == 12} == {actor(1)}
    assert not await used.client.hkeys(used.keys.seated(actor(2))) or actor(2) + bytes(
        4
    ) not in await used.client.hkeys(used.keys.seated(actor(2)))
    assert len(await used.client.hget(used.keys.away, actor(1)) or b"") == 4  # type: ignore[arg-type]  # fields are bytes


async def test_groups_are_replaced_as_a_whole_or_one_by_one(store: RedisStore) -> None:
    """Whoever a whole list lacks is in no group; a partial one changes only whom it names."""
    await store.roster.put_groups("gh", {actor(1): ["x", "a"], actor(2): ["b"]}, whole=True)
    assert await store.roster.groups("gh", [actor(1), actor(2), actor(3)]) == {actor(1): ("a", "x"), actor(2): ("b",)}
    await store.roster.put_groups("gh", {actor(2): []}, whole=False)
    assert await store.roster.groups("gh", [actor(1), actor(2)]) == {actor(1): ("a", "x")}
    await store.roster.put_groups("gh", {actor(3): ["c"]}, whole=True)
    assert await store.roster.groups("gh", [actor(1), actor(3)]) == {actor(3): ("c",)}
    assert await store.roster.groups("nobody", [actor(1)]) == {}


async def test_one_person_under_several_ids_is_one_actor(store: RedisStore) -> None:
    """Ids joined once, twice or in chains lead to one pseudonym, however they are written; others stay apart."""
    alone = await store.actors.resolve(["dana@n.example", "4711"])
    assert alone["dana@n.example"] != alone["4711"]
    assert await store.actors.join([["dana@n.example", "4711"], ["sam@n.example"]]) == 1
    assert await store.actors.join([[" Dana@N.example ", "4711"]]) == 0
    assert await store.actors.join([["4711", "dana-f"], ["dana", "dana@n.example"]]) == 2
    found = await store.actors.resolve(["DANA@n.example", "4711", "dana-f", "dana", "sam@n.example"])
    assert len(set(found.values())) == 2
    assert found["sam@n.example"] not in set(alone.values())
    assert await store.actors.resolve([]) == {}


async def test_no_identity_is_stored(store: RedisStore) -> None:
    """Neither an id nor the id of a person of the registry is in any key or value of the aliases, nor a pseudonym."""
    await store.actors.join([["dana@n.example", "4711"]])
    actors = set((await store.actors.resolve(["dana@n.example", "4711"])).values())
    person = bytes.fromhex(store.people.identify("dana@n.example").removeprefix("p_"))
    table = await store.client.hgetall(store.keys.aliases)
    told = {*table, *table.values()}
    assert all(len(one) == 10 and one not in actors and one != person for one in told)
    assert person not in actors


async def test_what_is_routed_nowhere_is_told_by_source(store: RedisStore) -> None:
    """Each source's list replaces its former one; the most facts come first; an empty one is gone."""
    few = Unrouted("chat", None, "chat.x", facts=1, people=1, newest_day=TODAY)
    many = Unrouted("code", "team-1", "code.x", facts=9, people=3, newest_day=TODAY)
    await store.nowhere.put("chat", [few])
    await store.nowhere.put("code", [few, many])
    await store.nowhere.put("code", [many])
    assert await store.nowhere.all() == [many, few]
    await store.nowhere.put("code", [])
    assert await store.nowhere.all() == [few]
