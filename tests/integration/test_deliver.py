"""From decision to message: once each, in the recipient's hours, within the budget, and only when live."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import CutOff, FakeMessenger
from world import RULES, World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.deliver import STALE, Deliverer
from bot.app.replies import work_off_replies
from bot.app.rules import Sending
from bot.app.switch import go_live, pause, resume
from bot.domain.case import CaseState
from bot.domain.outreach import DeliveryState
from bot.domain.people import Person
from bot.domain.reply import OnTrack, StopAsking
from bot.domain.settings import Mode
from bot.errors import SendRefused
from bot.messages.model import Message

DAY = timedelta(days=1)
OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation."""
    return world_of(store)


async def decided(world: World, *names: str, owner: str = "dana") -> None:
    """Register old pilots, go live, sweep and relay, before anybody may be written to."""
    await world.register(*(old_pilot(n, owner) for n in names))
    await world.live()
    await world.sweep()
    await world.work()


async def state_of(world: World) -> list[DeliveryState]:
    """Return the states of all deliveries."""
    return [d.state for d in await world.ports.outbox.all()]


async def test_a_stall_found_is_asked_once_in_the_owners_hours(world: World) -> None:
    """Found before dawn, the question leaves at 09:30 Berlin time and the case knows when."""
    await decided(world, "a")
    assert world.sent == []
    (delivery,) = await world.ports.outbox.all()
    assert delivery.due_at == datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
    world.clock.at = OPEN
    for _ in range(3):
        await world.work()
        await world.sweep()
    assert len(world.sent) == 1
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.state is CaseState.WAITING
    assert stored.case.asked[0].sent_at == OPEN
    assert "Pilot a" in world.chat.got[0][3].sections[0].fact


async def test_two_pilots_of_one_owner_make_one_message(world: World) -> None:
    """An owner of two pilots reads one message with both."""
    await decided(world, "a", "b")
    world.clock.at = OPEN
    await world.work()
    assert [len(m.sections) for _, _, _, m in world.chat.got] == [2]


async def test_nothing_leaves_in_shadow_mode_or_pause(world: World) -> None:
    """Shadow lists what would be sent and moves no rung; a pause holds what is queued until it ends."""
    await world.register(old_pilot("a"))
    report = await world.sweep()
    await world.work()
    assert [(o.pilot, o.recipient, str(o.on)) for o in report.outreach] == [("a", "dana", "2026-03-10")]
    assert await world.ports.outbox.all() == []
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert (stored.case.state, stored.case.asked) == (CaseState.OPEN, ())
    await world.live()
    await world.sweep()
    await world.work()
    await pause(world.ports, "test", world.clock.at)
    world.clock.at = OPEN
    await world.work()
    await world.sweep()
    assert (world.sent, await state_of(world)) == ([], [DeliveryState.QUEUED])
    assert (await resume(world.ports, "test", world.clock.at)).mode is Mode.LIVE
    await world.work()
    assert len(world.sent) == 1


async def test_a_pause_survives_a_restart_and_a_half_spread_switch_is_finished(world: World, store: RedisStore) -> None:
    """Another process that starts later is paused too; a claim refused by an old copy heals it for the next pass."""
    await decided(world, "a")
    for shard in range(256):
        await store.client.set(store.keys.mode(shard), "0:shadow")
    other = world_of(store, at=OPEN, worker="w2")
    await other.work()
    assert other.sent == []
    await other.work()
    assert len(other.sent) == 1
    await pause(other.ports, "test", OPEN)
    await pause(other.ports, "test", OPEN)
    assert (await world_of(store).ports.settings.read()).mode is Mode.PAUSED


async def test_going_live_or_resuming_twice_changes_nothing(world: World) -> None:
    """The switch remembers one change; resuming without a pause is none."""
    assert (await resume(world.ports, "test", OPEN)).mode is Mode.SHADOW
    first = await go_live(world.ports, "a", OPEN)
    assert await go_live(world.ports, "b", OPEN) == first
    assert [e.after for e in await world.ports.audit.admin()] == ["live"]


async def test_after_going_live_five_owners_a_day_the_worst_first(world: World) -> None:
    """Of seven owners five are asked on the first day, those with the oldest pilots, two on the next."""
    pilots = [
        old_pilot(f"p{n}", f"owner{n}", stage_since=datetime(2025, 1 + n, 1, tzinfo=UTC).date()) for n in range(7)
    ]
    await world.register(*pilots)
    preview = await world.sweep()
    await world.live()
    await world.day()
    assert len(world.sent) == 5
    await world.day()
    assert len(world.sent) == 7
    asked = [m.sections[0].pilot for _, _, _, m in world.chat.got]
    assert asked[:5] == ["p0", "p1", "p2", "p3", "p4"]
    assert [str(o.on) for o in preview.outreach] == ["2026-03-10"] * 5 + ["2026-03-11"] * 2


async def test_an_answer_before_the_send_withdraws_the_question(world: World) -> None:
    """What an owner answered meanwhile is not asked any more, and the drop has its reason."""
    await decided(world, "a")
    await world.answer("a", OnTrack(), "k1")
    world.clock.at = OPEN
    await world.work()
    assert world.sent == []
    (delivery,) = await world.ports.outbox.all()
    assert (delivery.state, delivery.reason) == (DeliveryState.DROPPED, "the owner has answered")


async def test_who_wants_no_messages_gets_none(world: World) -> None:
    """An opt-out between decision and send is respected at once."""
    await decided(world, "a", "b")
    await world.answer("a", StopAsking(), "k1")
    world.clock.at = OPEN
    await world.work()
    assert (world.sent, await state_of(world)) == ([], [DeliveryState.DROPPED])
    report = await world.sweep()
    assert report.outreach == ()


async def test_an_owner_who_changed_gets_the_question_the_former_does_not(world: World) -> None:
    """When the registry names another owner before the send, the question goes to that person."""
    await decided(world, "a")
    await world.register(old_pilot("a", "maria"))
    world.clock.at = OPEN
    await world.work()
    await world.sweep()
    await world.work()
    assert [person for _, person in world.sent] == [world.ports.people.identify("maria")]


@pytest.mark.parametrize("dies", ["before", "after"])
@pytest.mark.parametrize("knows", [True, False])
async def test_a_send_that_was_cut_off_is_never_repeated_blindly(world: World, dies: str, *, knows: bool) -> None:
    """Cut off around the send, a message arrives exactly once, or is listed as unknown where the chat can't tell."""
    await decided(world, "a")
    world.clock.at, world.chat.dies, world.chat.knows = OPEN, dies, knows
    await world.work()
    assert await state_of(world) == [DeliveryState.SENDING]
    world.chat.dies = None
    await world.work()
    assert len(world.sent) == (dies == "after")
    world.clock.at += world.rules.sending.look_after
    for _ in range(3):
        await world.work()
        assert len(world.sent) <= 1
        world.clock.at += world.rules.sending.limit
    assert await state_of(world) == [DeliveryState.SENT if knows else DeliveryState.UNKNOWN]
    assert len(world.sent) == (1 if knows else int(dies == "after"))
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.asked[0].sent_at is not None


async def test_no_trace_is_believed_at_the_second_look_only(world: World) -> None:
    """A history that lags, or a clock that jumped over the send, does not make a message go out twice."""
    await decided(world, "a")
    world.clock.at, world.chat.dies = OPEN, "before"
    await world.work()
    world.clock.at += world.rules.sending.look_after
    world.chat.dies = None
    await world.work()
    (looked,) = await world.ports.outbox.all()
    assert (looked.state, looked.looked_at) == (DeliveryState.SENDING, world.clock.at)
    person = await world.ports.people.get(looked.recipient)
    assert person is not None
    await world.chat.send(person, looked.id, Message.from_stored(looked.message or ""))
    world.clock.at += world.rules.sending.limit
    await world.work()
    assert await state_of(world) == [DeliveryState.SENT]
    assert len(world.sent) == 1


async def test_a_history_that_can_not_be_read_now_settles_nothing(world: World) -> None:
    """Where the chat does not let us look, the delivery stays as it is; the next look settles it."""
    await decided(world, "a")
    world.clock.at, world.chat.dies = OPEN, "after"
    await world.work()
    world.clock.at += world.rules.sending.look_after
    world.chat.dies, world.chat.refusal = None, SendRefused("not now")
    await world.work()
    assert await state_of(world) == [DeliveryState.SENDING]
    world.chat.refusal = None
    await world.work()
    assert await state_of(world) == [DeliveryState.SENT]
    assert len(world.sent) == 1


async def test_who_is_gone_is_written_to_no_more(world: World) -> None:
    """A chat that knows nobody of this name ends the delivery, and nothing more is decided for them; when they are back it is."""
    await decided(world, "a")
    world.clock.at, world.chat.refusal = OPEN, SendRefused("nobody", final=True, gone=True)
    await world.work()
    assert await state_of(world) == [DeliveryState.DEAD]
    (delivery,) = await world.ports.outbox.all()
    person = await world.ports.people.get(delivery.recipient)
    assert person is not None
    assert person.gone_on == OPEN.date()
    assert (await world.ports.people.some([person.id]))[person.id] == person
    assert (await world.ports.people.all())[person.id] == person
    await world.ports.people.put([person.model_copy(update={"gone_on": None})])
    assert await world.ports.people.get(person.id) == person
    await world.ports.people.lost(person.id, None)
    back = await world.ports.people.get(person.id)
    assert back is not None
    assert back.gone_on is None


async def test_refused_without_a_delay_it_waits_longer_each_time_and_is_given_up_after_days(world: World) -> None:
    """A minute, two, four: after ten attempts and three days the delivery is dead with the chat's reason."""
    sending = world.rules.sending
    assert [sending.pause(n) for n in (1, 2, 3, 9, 999)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(hours=4),
        timedelta(hours=4),
    ]
    await decided(world, "a")
    world.clock.at = OPEN
    world.chat.refusal = SendRefused("out of order")
    while (await state_of(world)) == [DeliveryState.QUEUED]:
        await world.work()
        world.clock.at += timedelta(hours=1)
    (dead,) = await world.ports.outbox.all()
    assert (dead.state, dead.reason) == (DeliveryState.DEAD, "out of order")
    assert dead.attempt >= sending.attempts
    assert world.clock.at - dead.made_at >= sending.patience


async def test_a_refusal_is_tried_again_later_or_given_up(world: World) -> None:
    """The chat's own delay is kept; a final refusal goes to the programme lead's list."""
    await decided(world, "a")
    world.clock.at = OPEN
    world.chat.refusal = SendRefused("slow down", retry_after=timedelta(minutes=40))
    await world.work()
    (delivery,) = await world.ports.outbox.all()
    assert (delivery.state, delivery.due_at) == (DeliveryState.QUEUED, OPEN + timedelta(minutes=40))
    world.clock.at = delivery.due_at
    world.chat.refusal = SendRefused("no such person", final=True)
    await world.work()
    assert await state_of(world) == [DeliveryState.DEAD]
    world.clock.at += DAY
    await world.sweep()
    stored = await world.ports.cases.get("a")
    assert stored is not None
    assert stored.case.listed_why == "the message did not get through"


async def test_two_workers_send_one_message(world: World, store: RedisStore) -> None:
    """Of two processes that see the same delivery as due, one sends it."""
    await decided(world, "a")
    world.clock.at = OPEN
    other = Deliverer(world.ports, world.rules, "w2")
    (due,) = await world.ports.outbox.due(OPEN)
    assert due.state is DeliveryState.QUEUED
    await world.deliverer.deliver_due()
    await other.deliver_due()
    assert len(world.sent) == 1
    assert isinstance(CutOff(), Exception)
    assert store.keys.root.startswith("test:")


class Interrupted(FakeMessenger):
    """A chat that is slow, and in which somebody answers meanwhile."""

    world: World

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Take a while, in which the owner of the other pilot answers."""
        if not self.got:
            await self.world.answer("b", OnTrack(), "r1", person="kim")
            await work_off_replies(self.world.ports, self.world.rules)
            await asyncio.sleep(STALE + 0.1)
        return await super().send(person, delivery, message)


async def test_who_answers_while_a_message_waits_for_its_turn_is_not_asked(store: RedisStore) -> None:
    """Only so many are sent at once: what has become idle while it waited for that does not leave."""
    world = world_of(store, rules=replace(RULES, sending=Sending(at_once=1)))
    chat = Interrupted(world.clock)
    chat.world = world
    await world.register(old_pilot("a", "dana"), old_pilot("b", "kim"))
    await world.live()
    await world.sweep()
    await world.work()
    world.use_chat(chat)
    world.clock.at = OPEN
    due = sorted(await world.ports.outbox.due(OPEN), key=lambda one: one.active[0].pilot)
    await world.deliverer.deliver([(one.recipient, one.id) for one in due])
    assert [message.sections[0].pilot for _, _, _, message in chat.got] == ["a"]
    stored = await world.ports.cases.get("b")
    assert stored is not None
    assert stored.case.state is CaseState.SNOOZED
