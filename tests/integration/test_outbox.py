"""Deliveries and replies over a real server: joined, claimed, settled and refunded, each step one script."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, reply
from world import claims

from adapters.redis_store.outbox import from_ms, to_ms
from adapters.redis_store.store import RedisStore
from bot.domain.audit import AuditEntry
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Step, Window
from bot.domain.reply import OnTrack
from bot.domain.settings import Mode, OrgState
from bot.outgoing import Claim, Limits

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LIMITS = Limits(per_week=2, in_role=2, min_gap=timedelta(hours=20), local_day="2026-03-10")
WINDOW = Window(opens_at=NOW - HOUR, closes_at=NOW + HOUR)


def said(name: str, at: datetime = NOW, severity: float = 1.0) -> Outreach:
    """Return outreach to the owner."""
    return Outreach(
        id=name, case_id="tax#1", pilot="tax", step=Step.NUDGE, recipient="p_owner", decided_at=at, severity=severity
    )


async def live(store: RedisStore) -> None:
    """Turn the switch to live."""
    await store.settings.write(OrgState(mode=Mode.LIVE), AuditEntry(at=NOW, who="test", what="switch"))


async def claim(
    store: RedisStore,
    delivery: Delivery,
    token: str = "t1",
    *,
    at: datetime = NOW,
    day: int = 0,
    limits: Limits = LIMITS,
) -> Claim:
    """Try to claim a delivery on a day of the test."""
    window = Window(opens_at=WINDOW.opens_at + day * DAY, closes_at=WINDOW.closes_at + day * DAY)
    mine = replace(limits, local_day=f"2026-03-{10 + day}")
    return await store.outbox.claim(
        delivery,
        now=at + day * DAY,
        token=token,
        message="text",
        window=window,
        look_at=at + day * DAY + 5 * MINUTE,
        limits=mine,
    )


async def queued(store: RedisStore, *names: str, due: datetime = NOW) -> Delivery:
    """Queue outreach and return the delivery of the last one."""
    ids = [await store.outbox.accept(said(name), due) for name in names]
    delivery = await store.outbox.get("p_owner", ids[-1])
    assert delivery is not None
    return delivery


async def test_outreach_joins_a_queued_delivery_and_is_known_for_good(store: RedisStore) -> None:
    """Two outreach to one person make one delivery; accepting one again changes nothing."""
    one = await queued(store, "a", "b", "a")
    assert [o.id for o in one.active] == ["a", "b"]
    assert one.state is DeliveryState.QUEUED
    assert await store.outbox.holding([("p_owner", "b"), ("p_owner", "a"), ("p_owner", "z")]) == {"a": one, "b": one}
    assert await store.outbox.of("p_owner") == await store.outbox.all() == [one]
    assert await store.outbox.holding([]) == {}
    assert await store.outbox.get("p_owner", "z") is None


async def test_a_delivery_is_claimed_once(store: RedisStore) -> None:
    """The second claim finds nothing queued; the same claim repeated by a lost answer is still ours."""
    await live(store)
    one = await queued(store, "a")
    assert await claim(store, one) is Claim.TAKEN
    assert await claim(store, one) is Claim.TAKEN
    assert await claim(store, one, "t2") is Claim.NOT_QUEUED
    assert await store.outbox.settle(one, token="t2", state=DeliveryState.SENT, now=NOW) is False
    assert await store.outbox.settle(one, token="t1", state=DeliveryState.SENT, now=NOW, ref="r1") is True
    assert await store.outbox.settle(one, token="t1", state=DeliveryState.SENT, now=NOW, ref="r2") is True
    sent = await store.outbox.get("p_owner", one.id)
    assert sent is not None
    assert (sent.state, sent.ref, sent.message, sent.attempt) == (DeliveryState.SENT, "r1", "text", 1)
    assert await store.outbox.due(NOW + 9 * DAY) == []
    fresh = await queued(store, "b")
    assert fresh.id != one.id


async def test_a_claim_says_why_not(store: RedisStore) -> None:
    """Shadow, too early, outside the hours, and outreach that changed since each refuse the claim."""
    one = await queued(store, "a", due=NOW)
    assert await claim(store, one) is Claim.NOT_LIVE
    await live(store)
    assert await claim(store, one, at=NOW - timedelta(minutes=1)) is Claim.NOT_DUE
    assert await claim(store, one, at=NOW + HOUR) is Claim.OUTSIDE_HOURS
    await queued(store, "b")
    assert await claim(store, one) is Claim.NOT_QUEUED
    paused = (await store.settings.read()).model_copy(update={"mode": Mode.PAUSED})
    await store.settings.write(paused, AuditEntry(at=NOW, who="test", what="switch"))
    both = await queued(store, "b")
    assert await claim(store, both) is Claim.NOT_LIVE


async def test_the_budget_of_a_person_is_kept_by_the_claim(store: RedisStore) -> None:
    """Two messages in seven days, twenty hours apart, one a local day; a week later there is room again."""
    await live(store)
    for day, name, expected in [
        (0, "a", Claim.TAKEN),
        (0, "b", Claim.OVER_BUDGET),
        (1, "b", Claim.TAKEN),
        (2, "c", Claim.OVER_BUDGET),
        (7, "c", Claim.TAKEN),
    ]:
        one = await queued(store, name)
        assert await claim(store, one, name, day=day) is expected, (day, name)
    assert len(await claims(store.outbox, "p_owner", NOW - DAY)) == 3
    near = Limits(per_week=9, in_role=9, min_gap=timedelta(0), local_day="")
    assert await claim(store, await queued(store, "d"), "d", day=7, limits=near) is Claim.OVER_BUDGET


@pytest.mark.parametrize("final", [False, True])
async def test_a_definite_refusal_gives_the_budget_back(store: RedisStore, *, final: bool) -> None:
    """Queued again for later or dead, a message that never left costs nobody anything."""
    await live(store)
    one = await queued(store, "a")
    await claim(store, one)
    held = await store.outbox.get("p_owner", one.id)
    assert held is not None
    if final:
        await store.outbox.settle(held, token="t1", state=DeliveryState.DEAD, now=NOW, reason="gone")
    else:
        assert await store.outbox.requeue(held, token="t1", due_at=NOW + HOUR / 2, reason="429")
        assert not await store.outbox.requeue(held, token="t1", due_at=NOW, reason="429")
    assert await claims(store.outbox, "p_owner", NOW - DAY) == []
    other = await queued(store, "b")
    if final:
        assert await claim(store, other) is Claim.TAKEN
    else:
        again = await store.outbox.get("p_owner", one.id)
        assert again is not None
        assert (again.state, again.reason, again.message) == (DeliveryState.QUEUED, "429", None)


async def test_a_send_without_an_end_comes_back_to_be_looked_after(store: RedisStore) -> None:
    """A claimed delivery is due again after the send timeout, still as sending, and can end as unknown."""
    await live(store)
    one = await queued(store, "a")
    await claim(store, one)
    assert await store.outbox.due(NOW + timedelta(seconds=60)) == []
    stale = (await store.outbox.due(NOW + 5 * MINUTE))[0]
    assert (stale.state, stale.token) == (DeliveryState.SENDING, "t1")
    assert await store.outbox.settle(stale, token="t1", state=DeliveryState.UNKNOWN, now=NOW, reason="?")
    assert await store.outbox.settle(stale, token="t1", state=DeliveryState.SENT, now=NOW, ref="r")
    assert len(await claims(store.outbox, "p_owner", NOW - DAY)) == 1


async def test_a_send_without_a_trace_is_looked_into_once_more(store: RedisStore) -> None:
    """The first look is noted and moves the time; put back in the queue, the delivery begins anew."""
    await live(store)
    one = await queued(store, "a")
    await claim(store, one)
    assert not await store.outbox.look_again(one, token="t2", now=NOW, due_at=NOW + HOUR)
    assert await store.outbox.look_again(one, token="t1", now=NOW, due_at=NOW + HOUR)
    assert await store.outbox.due(NOW + 59 * MINUTE) == []
    (looked,) = await store.outbox.due(NOW + HOUR)
    assert (looked.state, looked.looked_at) == (DeliveryState.SENDING, NOW)
    assert await store.outbox.requeue(looked, token="t1", due_at=NOW, reason="?")
    (again,) = await store.outbox.due(NOW)
    assert (again.state, again.looked_at) == (DeliveryState.QUEUED, None)


async def test_withdrawn_outreach_is_listed_with_its_reason(store: RedisStore) -> None:
    """Taken out, outreach keeps its reason; the last one out drops the delivery, and none goes after a claim."""
    one = await queued(store, "a", "b")
    await store.outbox.withdraw("p_owner", one.id, ["a"], "answered", NOW)
    left = await store.outbox.get("p_owner", one.id)
    assert left is not None
    assert ([o.id for o in left.active], left.withdrawn) == (["b"], {"a": "answered"})
    await store.outbox.withdraw("p_owner", one.id, ["b"], "recovered", NOW)
    gone = await store.outbox.get("p_owner", one.id)
    assert gone is not None
    assert (gone.state, gone.reason) == (DeliveryState.DROPPED, "recovered")
    assert await store.outbox.due(NOW + DAY) == []
    other = await queued(store, "c")
    assert other.id != one.id
    await live(store)
    await claim(store, other)
    await store.outbox.withdraw("p_owner", other.id, ["c"], "too late", NOW)
    sending = await store.outbox.get("p_owner", other.id)
    assert sending is not None
    assert (sending.state, sending.withdrawn) == (DeliveryState.SENDING, {})


async def test_a_queued_delivery_can_be_moved_and_its_map_expires(store: RedisStore) -> None:
    """Postponed, it is not due before; forgotten, what it was mapped to goes after a while."""
    one = await queued(store, "a")
    await store.outbox.postpone(one, NOW + DAY)
    assert await store.outbox.due(NOW + HOUR) == []
    assert [d.id for d in await store.outbox.due(NOW + DAY)] == [one.id]
    await store.outbox.forget([("p_owner", "a")], timedelta(days=90))
    left = await store.client.ttl(store.keys.outreach("p_owner", "a"))
    assert 89 * 86400 < left <= 90 * 86400


async def test_the_ramp_counts_each_once(store: RedisStore) -> None:
    """Of three for two places the third waits; asking again for a held place costs nothing."""
    day = NOW.date()
    assert [await store.outbox.reserve(day, name, 2) for name in ("a", "b", "a", "c", "b")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert await store.outbox.reserve(day + DAY, "c", 2)


async def test_a_reply_is_received_once_and_worked_off_once(store: RedisStore) -> None:
    """The business key decides; a reply waits until it is applied and keeps what became of it."""
    late, early = reply(OnTrack(), "k2", NOW + HOUR), reply(OnTrack(), "k1", NOW)
    assert [await store.inbox.receive(r) for r in (late, early, late)] == [True, True, False]
    assert await store.inbox.waiting() == [early, late]
    assert await store.inbox.note(early) is None
    await store.inbox.applied(early, "noted")
    await store.inbox.applied(early, "noted")
    assert await store.inbox.waiting() == [late]
    assert await store.inbox.note(early) == "noted"
    assert await store.inbox.receive(early) is False


def test_moments_survive_to_the_millisecond() -> None:
    """What the store keeps of a moment is enough for every clock of ours."""
    moment = datetime(2026, 3, 10, 10, 0, 0, 123_000, tzinfo=UTC)
    assert from_ms(to_ms(moment)) == moment
