"""What the chat refused is in the log: of which delivery and case and how, and nothing of the refusal's own words."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.dispatch import relay
from bot.errors import SendRefused
from jobs.logs import configure

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
WORDS = "no mailbox of dana@n.example in channel C0TOP"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Log into a text as the service does, and put the loggers back."""
    root, names = logging.getLogger(), ("bot", "adapters", "jobs")
    handlers, level, levels = list(root.handlers), root.level, {n: logging.getLogger(n).level for n in names}
    text = io.StringIO()
    configure(to=text)
    yield text
    root.handlers = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)


@pytest.fixture
async def world(store: RedisStore) -> World:
    """Return an organisation with one message that is due."""
    one = world_of(store)
    await one.register(old_pilot("a"))
    await one.live()
    await one.sweep()
    await relay(one.ports, one.rules)
    one.clock.at = OPEN
    return one


async def said(world: World, out: io.StringIO, refusal: SendRefused) -> dict[str, str]:
    """Return the line about a send that was refused so; empty where it was night, so that none was tried."""
    out.truncate(out.seek(0))
    world.chat.refusal = refusal
    await world.work()
    assert "mailbox" not in out.getvalue()
    assert "C0TOP" not in out.getvalue()
    told = [one for one in map(json.loads, out.getvalue().splitlines()) if one["logger"] == "bot.app.deliver"]
    assert len(told) <= 1
    return dict(told[0]) if told else {}


async def test_each_refusal_is_one_line_with_ids_and_kind(world: World, out: io.StringIO) -> None:
    """For now it is told for the record, for good as a warning, each with delivery and case."""
    line = await said(world, out, SendRefused(WORDS, retry_after=timedelta(minutes=5)))
    assert (line["level"], line["message"]) == ("info", "refused for now, time 1")
    (delivery,) = await world.ports.outbox.all()
    assert (line["delivery"], line["case"]) == (delivery.id, "a#1")
    world.clock.at = delivery.due_at
    line = await said(world, out, SendRefused(WORDS, final=True))
    assert (line["level"], line["message"]) == ("warning", "dead: the chat refused it for good")
    assert (line["delivery"], line["case"]) == (delivery.id, "a#1")


async def test_patience_that_ends_is_told_as_such(world: World, out: io.StringIO) -> None:
    """A chat that says not now for days makes a dead message too, and the line says that it was time."""
    line: dict[str, str] = {}
    while line.get("level") != "warning":
        line = await said(world, out, SendRefused(WORDS))
        (delivery,) = await world.ports.outbox.all()
        world.clock.at = max(delivery.due_at, world.clock.at + timedelta(hours=1))
    assert line["message"] == "dead: the chat refused it for too long"
