"""However much is due, so many sends and no more are in doubt when a process is killed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import FakeClock, FakeMessenger
from world import RULES, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.rules import Sending
from bot.domain.people import Person
from bot.domain.playbook import Budgets
from bot.messages.model import Message

LETTERS = 40
OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


class Counting(FakeMessenger):
    """A chat that takes a moment, and knows how many were inside at the most."""

    def __init__(self, clock: FakeClock) -> None:
        """Have nobody inside."""
        super().__init__(clock)
        self.inside = self.most = 0

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Count who comes and goes."""
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.02)
        self.inside -= 1
        return await super().send(person, delivery, message)


@pytest.mark.parametrize("at_once", [Sending().at_once, 3])
async def test_no_more_are_sent_at_once_than_may_be(store: RedisStore, at_once: int) -> None:
    """Forty letters are due at once: all leave, and as many at a time as the rules say."""
    playbook = RULES.playbook.model_copy(update={"budgets": Budgets(ramp_owners_per_day=LETTERS)})
    world = world_of(store, rules=replace(RULES, playbook=playbook, sending=Sending(at_once=at_once)))
    await world.register(*(old_pilot(f"p{n}", f"owner-{n}") for n in range(LETTERS)))
    await world.live()
    await world.sweep()
    await world.work()
    chat = Counting(world.clock)
    world.use_chat(chat)
    world.clock.at = OPEN
    due = await world.ports.outbox.due(OPEN)
    done = await world.deliverer.deliver([(one.recipient, one.id) for one in due])
    assert (len(due), len(done.sent), len(chat.got)) == (LETTERS, LETTERS, LETTERS)
    assert chat.most == at_once
