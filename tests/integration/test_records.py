"""Many at once: records, people and deliveries that are read a shard at a time are those read one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from builders import NOW, finding, open_case
from world import old_pilot, world_of

from adapters.redis_store.cases import RedisCases
from adapters.redis_store.keys import SHARDS
from adapters.redis_store.records import Records
from adapters.redis_store.scripts import Scripts
from adapters.redis_store.store import RedisStore
from bot.app.replies import reflect_deliveries
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import DeliveryState, Outreach, Role, Step
from bot.domain.people import Person
from bot.outgoing import Standing

ENTRY = AuditEntry(at=NOW, who="test", what="moved")


def said(name: str, to: str, after: timedelta = timedelta(0)) -> Outreach:
    """Return outreach to somebody."""
    return Outreach(
        id=name, case_id="a#1", pilot="a", step=Step.NUDGE, recipient=to, decided_at=NOW + after, severity=1
    )


async def test_fields_of_many_hashes_come_in_the_order_asked_for(store: RedisStore) -> None:
    """More hashes than one call takes, in one shard and over all: each has its own values, missing ones are None."""
    records = Records(store.client, store.keys, Scripts(store.client))
    numbers = [*range(0, SHARDS * 1_100, SHARDS), *range(1, 2 * SHARDS)][::-1]
    held = [n for n in numbers if n % 3 == 0]
    async with store.client.pipeline(transaction=False) as pipe:
        for number in held:
            pipe.hset(store.keys.case(number), "doc", f"text {number}")
        await pipe.execute()
    found = await records.of(numbers, store.keys.case, "rev", "doc")
    assert found == [[None, b"text %d" % n if n % 3 == 0 else None] for n in numbers]
    assert await records.of([], store.keys.case, "doc") == []


async def test_cases_of_some_pilots_are_those_of_each(store: RedisStore) -> None:
    """Cases are told by pilot, with their revision; pilots without a case and unknown ones are left out."""
    await store.pilots.put([old_pilot(f"p{n}") for n in range(SHARDS + 5)])
    with_case = [f"p{n}" for n in (0, 3, SHARDS, SHARDS + 3)]
    for name in with_case:
        await store.cases.save(open_case(finding(pilot=name), pilot=name), expected=0, outreach=[], entry=ENTRY)
    some = await store.cases.some(["p1", *with_case[1:], "nobody"])
    assert some == {name: await store.cases.get(name) for name in with_case[1:]}
    assert await store.cases.all() == {name: await store.cases.get(name) for name in with_case}


async def test_some_people_are_those_of_each(store: RedisStore) -> None:
    """People are found with what they set themselves; unknown ones are left out, one named twice comes once."""
    ids = [store.people.identify(f"person {n}") for n in range(40)]
    await store.people.put([Person(id=one, name=f"Person {n}") for n, one in enumerate(ids)])
    for one in ids[::3]:
        await store.people.opt_out(one)
    assert await store.people.some([*ids, ids[0], "p_nobody"]) == {one: await store.people.get(one) for one in ids}
    assert await store.people.some([]) == {}


async def test_what_waits_for_people_is_told_of_each(store: RedisStore) -> None:
    """Who has something queued is told apart from who has nothing, got something before, or had it withdrawn."""
    first = await store.outbox.accept(said("one", "p_a"), NOW)
    withdrawn = await store.outbox.accept(said("two", "p_b"), NOW)
    later = await store.outbox.accept(said("three", "p_c", timedelta(hours=1)), NOW)
    await store.outbox.withdraw("p_b", withdrawn, ["two"], "recovered meanwhile", NOW)
    await store.client.zadd(store.keys.budget("p_d"), {"x": NOW.timestamp() * 1000, "y": 1})
    assert await store.outbox.standing(["p_a", "p_b", "p_d", "p_a"], NOW - timedelta(days=7)) == {
        "p_a": Standing({}, frozenset({Role.OWNER})),
        "p_b": Standing({}),
        "p_d": Standing({"x": NOW}),
    }
    assert await store.outbox.standing([], NOW) == {}
    assert [d.id for d in await store.outbox.queued()] == [first, later]
    held = await store.outbox.holding([("p_a", "one"), ("p_b", "two"), ("p_c", "four")])
    assert {one: (d.id, d.state) for one, d in held.items()} == {
        "one": (first, DeliveryState.QUEUED),
        "two": (withdrawn, DeliveryState.DROPPED),
    }


class RacedCases(RedisCases):
    """Cases that somebody else moves just before the first write."""

    rival: Case | None = None

    async def save(self, case: Case, *, expected: int, outreach: Sequence[Outreach], entry: AuditEntry) -> int:
        """Let the rival write first, once."""
        if self.rival is not None:
            rival, self.rival = self.rival, None
            await super().save(rival, expected=expected, outreach=[], entry=entry)
        return await super().save(case, expected=expected, outreach=outreach, entry=entry)


async def test_cases_are_returned_as_they_stand_after_what_became_of_deliveries(store: RedisStore) -> None:
    """A case that took what was sent comes back with its new revision, one that somebody else moved as theirs."""
    world = world_of(store)
    await world.register(old_pilot("a"), old_pilot("b", "maria"), old_pilot("c", "jo"))
    await world.live()
    await world.sweep()
    await world.work()
    world.clock.at = NOW
    await world.deliverer.deliver_due()
    before = await store.cases.all()
    raced = RacedCases(store.client, store.keys, Scripts(store.client), store.cases._pilots, store.cases._shards)  # noqa: SLF001  the same numbers
    raced.rival = before["a"].case.model_copy(update={"listed_why": "somebody else was here"})
    stands = await reflect_deliveries(replace(world.ports, cases=raced), ["a", "b"])
    assert stands == await store.cases.some(["a", "b"])
    assert stands["a"].case == before["a"].case.model_copy(update={"listed_why": "somebody else was here"})
    assert stands["b"].case.asked[0].outcome is DeliveryState.SENT
    again = await reflect_deliveries(world.ports)
    assert again == await store.cases.all()
    assert all(s.case.asked[0].outcome is DeliveryState.SENT for s in again.values())
