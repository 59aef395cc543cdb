"""What of the outbox is in trouble, an admin's word on it, and rounds of the jobs."""

from datetime import UTC, datetime, timedelta

import pytest
from world import RULES, World, claims, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app import undelivered
from bot.domain.audit import AuditEntry
from bot.domain.case import CaseState
from bot.domain.outreach import Delivery, DeliveryState
from bot.errors import InputError, NotFound, SendRefused
from bot.policy.budget import WEEK
from bot.ports import Round

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LATER = RULES.sending.look_after + timedelta(minutes=1)


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation in which two questions, to two people, may leave now."""
    one = world_of(store)
    await one.register(old_pilot("a"), old_pilot("b", "erin"))
    await one.live()
    await one.sweep()
    await one.work()
    one.clock.at = OPEN
    return one


async def dead(world: World) -> Delivery:
    """Have the chat refuse everything for good, and return one of the dead deliveries: that about pilot a."""
    world.chat.refusal = SendRefused("this person is not in the workspace", final=True)
    await world.work()
    world.chat.refusal = None
    return next(d for d in await world.ports.dead_letters.all() if d.outreach[0].pilot == "a")


async def unknown(world: World) -> Delivery:
    """Cut a send off in a chat without history, and return the delivery of which nobody knows."""
    world.chat.dies, world.chat.knows = "before", False
    await world.work()
    world.chat.dies = None
    world.clock.at += LATER
    await world.work()
    return next(d for d in await world.ports.dead_letters.all() if d.outreach[0].pilot == "a")


def entry(world: World, why: str = "tried") -> AuditEntry:
    """Return what the trail gets."""
    return AuditEntry(at=world.clock.at, who="ada", what="test", why=why)


async def test_what_waits_and_what_is_in_trouble_is_counted(world: World) -> None:
    """Two wait for their hour with the time of the first; refused for good, both are dead and nothing waits."""
    load = await world.ports.dead_letters.load()
    assert (load.queued, load.dead, load.oldest_due_at) == (2, 0, datetime(2026, 3, 10, 8, 30, tzinfo=UTC))
    await dead(world)
    load = await world.ports.dead_letters.load()
    assert (load.queued, load.sending, load.unknown, load.dead, load.oldest_due_at) == (0, 0, 0, 2, None)
    assert {d.reason for d in await world.ports.dead_letters.all()} == {"this person is not in the workspace"}


async def test_a_dead_letter_is_sent_once_more_and_its_case_learns_of_it(world: World) -> None:
    """Queued again by an admin it arrives once, leaves the list, and the case counts it as sent."""
    letter = await dead(world)
    assert await undelivered.retry(letter, world.ports, "ada")
    assert not await undelivered.retry(letter, world.ports, "ada")
    await world.work()
    await world.work()
    assert [d for _, _, d, _ in world.chat.got] == [letter.id]
    assert letter.id not in {d.id for d in await world.ports.dead_letters.all()}
    await world.sweep()
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert [(a.outcome, a.sent_at) for a in stored.case.asked] == [(DeliveryState.SENT, OPEN)]
    assert stored.case.state is CaseState.WAITING


async def test_a_retry_gives_back_what_was_paid_and_the_next_claim_pays_once(world: World) -> None:
    """An unknown send took its budget; once more it takes it once, not twice, and the day is free for it."""
    letter = await unknown(world)
    person = letter.recipient
    assert len(await claims(world.ports.outbox, person, OPEN - WEEK)) == 1
    assert await world.ports.dead_letters.retry(letter, entry(world))
    assert await claims(world.ports.outbox, person, OPEN - WEEK) == []
    again = await world.ports.outbox.get(person, letter.id)
    assert again is not None
    assert (again.state, again.token, again.message, again.reason) == (DeliveryState.QUEUED, None, None, None)
    await world.work()
    assert [who for _, who, _, _ in world.chat.got] == [person]
    assert len(await claims(world.ports.outbox, person, OPEN - WEEK)) == 1


async def test_whether_it_arrived_is_not_guessed(world: World) -> None:
    """What is unknown goes out once more only with a yes to its arriving twice; what was sent never does."""
    letter = await unknown(world)
    with pytest.raises(InputError, match="--yes-it-may-arrive-twice"):
        await undelivered.retry(letter, world.ports, "ada")
    assert await undelivered.retry(letter, world.ports, "ada", may_arrive_twice=True)
    await world.work()
    sent = await world.ports.outbox.get(letter.recipient, letter.id)
    assert sent is not None
    with pytest.raises(InputError, match="is sent"):
        await undelivered.retry(sent, world.ports, "ada", may_arrive_twice=True)
    with pytest.raises(InputError, match="is sent"):
        await undelivered.drop(sent, world.ports, "ada", "too late")
    assert not await world.ports.dead_letters.retry(sent, entry(world))
    assert not await world.ports.dead_letters.drop(sent, entry(world))


@pytest.mark.parametrize("trouble", [dead, unknown])
async def test_what_was_given_up_is_not_asked_anew(world: World, trouble: object) -> None:
    """Dropped with its reason it leaves the list for good, and the case goes to the programme lead's list."""
    assert callable(trouble)
    letter = await trouble(world)
    assert await undelivered.drop(letter, world.ports, "ada", "spoke to her")
    kept = await world.ports.outbox.get(letter.recipient, letter.id)
    assert kept is not None
    assert (kept.state, kept.reason) == (DeliveryState.DROPPED, "spoke to her")
    before = len(world.chat.got)
    for _ in range(3):
        await world.day()
    assert [d for _, who, d, _ in world.chat.got[before:] if who == letter.recipient] == []
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.listed_why == "the message did not get through"


async def test_a_message_that_waits_can_be_dropped(world: World) -> None:
    """A queued one is given up, never leaves, and what is found next opens a delivery of its own."""
    waiting = next(d for d in await world.ports.outbox.all() if d.outreach[0].pilot == "a")
    assert await undelivered.drop(waiting, world.ports, "ada", "wrong person")
    await world.work()
    assert [d.outreach[0].pilot for d in await world.ports.outbox.all() if d.state is DeliveryState.SENT] == ["b"]
    assert (await world.ports.dead_letters.load()).queued == 0


async def test_a_letter_is_found_by_how_its_id_begins(world: World) -> None:
    """Four characters are enough where they are one message's; too few, none and many are said."""
    letter = await dead(world)
    assert (await undelivered.letter(letter.id, world.ports)).id == letter.id
    assert (await undelivered.letter(letter.id[:6], world.ports)).id == letter.id
    with pytest.raises(InputError, match="too short"):
        await undelivered.letter(letter.id[:3], world.ports)
    with pytest.raises(NotFound, match="no message"):
        await undelivered.letter("none", world.ports)
    with pytest.raises(InputError, match="--why"):
        await undelivered.drop(letter, world.ports, "ada", " ")


async def test_a_send_in_hand_is_left_alone(world: World) -> None:
    """While somebody sends it, neither a retry nor a drop changes anything."""
    world.chat.dies = "before"
    await world.work()
    sending = next(d for d in await world.ports.outbox.all() if d.state is DeliveryState.SENDING)
    assert not await world.ports.dead_letters.retry(sending, entry(world))
    assert not await world.ports.dead_letters.drop(sending, entry(world))
    assert (await world.ports.dead_letters.load()).sending == 2


async def test_a_round_is_taken_once_and_how_the_last_went_is_kept(store: RedisStore) -> None:
    """One caller gets a round, the next one gets the next; of each job the last end is read back as written."""
    life = timedelta(seconds=30)
    claims = [await store.rounds.claim("sweep", OPEN, life) for _ in range(3)]
    assert claims == [True, False, False]
    assert await store.rounds.claim("sweep", OPEN + timedelta(hours=1), life)
    assert await store.rounds.claim("relay", OPEN, life)
    assert await store.rounds.last() == {}
    went = Round(OPEN + timedelta(seconds=2), timedelta(milliseconds=1500))
    await store.rounds.ended("sweep", Round(OPEN, timedelta(seconds=9)))
    await store.rounds.ended("sweep", went)
    await store.rounds.ended("relay", Round(OPEN, timedelta(0)))
    assert await store.rounds.last() == {"sweep": went, "relay": Round(OPEN, timedelta(0))}


async def test_a_round_is_free_again_after_its_life(store: RedisStore) -> None:
    """The mark of a round that was taken ends by itself, so that marks do not pile up."""
    assert await store.rounds.claim("sweep", OPEN, timedelta(seconds=30))
    left = await store.client.pttl(store.keys.round("sweep", int(OPEN.timestamp() * 1000)))
    assert 0 < left <= 30_000
