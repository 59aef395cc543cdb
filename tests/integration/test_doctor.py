"""Why did Dana not get it? Each part of the way that can stop a message is named, with what to do."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from world import RULES, World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.doctor import Report, examine
from bot.app.stops import QUIET, Mark
from bot.app.switch import pause
from bot.domain.outreach import DeliveryState
from bot.domain.pilot import Pilot
from bot.domain.reply import NextStep, OnTrack, StopAsking
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import NotFound, SendRefused
from bot.policy.decisions import Quiet
from bot.ports import Round

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty organisation before the hours of Berlin."""
    return world_of(store)


async def why(world: World, about: str | None = "dana") -> Report:
    """Ask the doctor as of the clock."""
    return await examine(about, world.ports, world.rules, world.clock.at)


async def stops(world: World, about: str = "dana") -> tuple[str, Mark, str, str]:
    """Return where the one way asked about stops: part, mark, sentence, remedy."""
    (way,) = (await why(world, about)).diagnoses
    assert way.stop is not None, way
    return way.stop.what, way.stop.mark, way.stop.says, way.stop.remedy


async def asked(world: World, *pilots: Pilot) -> None:
    """Register pilots, go live, sweep and relay, before anybody may be written to."""
    await world.register(*pilots or (old_pilot("a"),))
    await world.live()
    await world.sweep()
    await world.work()


async def test_the_switch_comes_first(world: World) -> None:
    """In shadow, in a pause and by the environment the switch is named, with what turns it."""
    await world.register(old_pilot("a"))
    for remedy in ("golive", "resume"):
        report = await why(world)
        assert (report.common[0].mark, remedy in report.common[0].remedy) == (Mark.STUCK, True)
        assert report.needs_somebody
        await pause(world.ports, "test", world.clock.at)
    world.rules = replace(RULES, may_send=False)
    assert "STICKSHAKER_MODE" in (await why(world)).common[0].says


async def test_a_process_that_is_gone_is_named(world: World) -> None:
    """Rounds that ended long ago mean that no process with jobs runs; fresh ones, or none ever, are no fault."""
    await asked(world)
    assert (await why(world)).common[1].mark is Mark.OK
    await world.ports.rounds.ended("wake", Round(world.clock.at - timedelta(seconds=5), timedelta(0)))
    assert (await why(world)).common[1].mark is Mark.OK
    world.clock.move(hours=1)
    gone = (await why(world)).common[1]
    assert (gone.mark, "no process with jobs runs" in gone.says, "stickshaker run" in gone.remedy) == (
        Mark.STUCK,
        True,
        True,
    )


async def test_a_pilot_of_nobody(world: World) -> None:
    """Without an owner in the registry nobody can be asked, and that is what it says."""
    await asked(world, old_pilot("a", None))
    what, mark, says, remedy = await stops(world, "a")
    assert (what, mark, "no owner" in says, "registry" in remedy) == ("registry", Mark.STUCK, True, True)
    assert [d.pilot for d in (await why(world, None)).diagnoses] == ["a"]


async def test_nothing_is_found(world: World) -> None:
    """A pilot about which nothing is found has nothing to say, which is no fault."""
    await asked(world, old_pilot("a", stage_since=date(2026, 3, 1)))
    what, mark, _, _ = await stops(world)
    assert (what, mark) == ("finding", Mark.WAITS)
    assert (await why(world, None)).diagnoses == ()


async def test_a_source_that_is_late_stops_what_rests_on_it(world: World) -> None:
    """Where nothing holds without the late days, the source and its newest day are named; where it does, it goes on."""
    await world.register(old_pilot("a", stage_since=date(2026, 3, 1)), old_pilot("b", "erin"))
    for pilot in ("a", "b"):
        await world.ports.telemetry.put([UsageDay(pilot=pilot, day=date(2026, 2, 1), source="chat", active_users=9)])
    await world.ports.sources.put(SourceStatus(source="chat", lag_days=1, newest_day=date(2026, 2, 1)))
    await world.live()
    await world.sweep()
    what, mark, says, remedy = await stops(world)
    assert (what, mark, "chat" in says, "2026-02-01" in says, "--lag" in remedy) == (
        "telemetry",
        Mark.STUCK,
        True,
        True,
        True,
    )
    (way,) = (await why(world, "erin")).diagnoses
    assert [s.mark for s in way.stops if s.what == "telemetry"] == [Mark.OK]


async def test_before_its_hours_a_message_waits_by_the_clock_of_whom_it_is_for(world: World) -> None:
    """Decided but not swept, swept but not relayed, relayed but before hours: each says what comes next and when."""
    await world.register(old_pilot("a"))
    await world.live()
    what, mark, says, _ = await stops(world)
    assert (what, mark, "nudge" in says) == ("policy", Mark.WAITS, True)
    await world.sweep()
    assert (await stops(world))[:2] == ("outreach", Mark.WAITS)
    world.clock.move(minutes=30)
    assert (await stops(world))[:2] == ("outreach", Mark.STUCK)
    await world.work()
    what, mark, says, _ = await stops(world)
    assert (what, mark) == ("message", Mark.WAITS)
    assert "Tue 10 Mar 2026 09:30 (Europe/Berlin)" in says
    assert "outside working hours" in says
    world.clock.at = OPEN
    assert (await stops(world))[:2] == ("message", Mark.STUCK), "due for half an hour and nobody takes it"
    world.clock.at = datetime(2026, 3, 10, 8, 35, tzinfo=UTC)
    assert (await stops(world))[:2] == ("message", Mark.WAITS)


@pytest.mark.parametrize(
    ("day", "words"),
    [(datetime(2026, 4, 3, 9, tzinfo=UTC), "public holiday"), (datetime(2026, 3, 14, 9, tzinfo=UTC), "no working day")],
)
async def test_a_closed_day_is_named(world: World, day: datetime, words: str) -> None:
    """On a public holiday of the person's country, or on a weekend, that is why it waits."""
    world.clock.at = day
    await asked(world)
    what, mark, says, _ = await stops(world)
    assert (what, mark, words in says) == ("message", Mark.WAITS, True), says


async def test_what_was_sent_was_sent(world: World) -> None:
    """A message that the chat took has its moment, and the case then waits for an answer."""
    await asked(world)
    world.clock.at = OPEN
    await world.work()
    (way,) = (await why(world)).diagnoses
    sent = next(s for s in way.stops if s.what == "message")
    assert (sent.mark, "Tue 10 Mar 2026 10:00 (Europe/Berlin)" in sent.says) == (Mark.OK, True)
    assert way.stop is not None
    await world.sweep()
    what, mark, says, _ = await stops(world)
    assert (what, mark, Quiet.ASKED.value in says) == ("policy", Mark.WAITS, True)
    assert not (await why(world)).needs_somebody


async def test_a_budget_that_is_used_up_is_named(world: World) -> None:
    """A second message soon after the first waits for the distance that the budget asks for."""
    await asked(world)
    world.clock.at = OPEN
    await world.work()
    await world.register(old_pilot("b"))
    await world.sweep()
    await world.work()
    what, mark, says, _ = await stops(world, "b")
    assert (what, mark, "1 messages in seven days" in says) == ("message", Mark.WAITS, True), says


async def test_the_ramp_is_named(world: World) -> None:
    """The sixth owner of a first day waits for the next one because the places of the day are taken."""
    await asked(world, *(old_pilot(f"p{i}", f"owner{i}") for i in range(6)))
    world.clock.at = OPEN
    await world.work()
    late = next(d for d in await world.ports.outbox.all() if d.state is DeliveryState.QUEUED)
    what, mark, says, _ = await stops(world, late.id)
    assert (what, mark, "places for first questions (5)" in says) == ("message", Mark.WAITS, True), says


async def test_what_the_chat_refused_is_told_with_its_reason(world: World) -> None:
    """Refused for now it waits with the reason and the number of tries; refused for good it is dead, with the remedy."""
    await asked(world)
    world.clock.at = OPEN
    world.chat.refusal = SendRefused("too many messages", retry_after=timedelta(minutes=5))
    await world.work()
    what, mark, says, _ = await stops(world)
    assert (what, mark) == ("message", Mark.WAITS)
    assert "refused it 1 times, last: too many messages" in says
    world.clock.move(minutes=6)
    world.chat.refusal = SendRefused("this account is closed", final=True)
    await world.work()
    what, mark, says, remedy = await stops(world)
    assert (what, mark, "this account is closed" in says) == ("message", Mark.STUCK, True)
    assert "stickshaker retry" in remedy
    assert [d.pilot for d in (await why(world, None)).diagnoses] == ["a"]


async def test_a_send_without_an_end(world: World) -> None:
    """It is being sent; past its time nobody looks after it; looked after without a trace, nobody knows."""
    await asked(world)
    world.clock.at = OPEN
    world.chat.dies, world.chat.knows = "before", False
    await world.work()
    assert (await stops(world))[:2] == ("message", Mark.WAITS)
    world.clock.move(minutes=30)
    assert (await stops(world))[:2] == ("message", Mark.STUCK)
    await world.work()
    what, mark, says, _ = await stops(world)
    assert (what, mark, "nobody knows whether it arrived" in says) == ("message", Mark.STUCK, True)


async def test_an_answer_ends_the_question(world: World) -> None:
    """A promise, a snooze and what was taken back are reasons for silence, with their day."""
    await asked(world)
    world.clock.at = OPEN
    await world.work()
    await world.answer("a", NextStep(action="Ask legal", at=OPEN + timedelta(days=2)), "k1")
    await world.work()
    what, mark, says, _ = await stops(world)
    assert (what, mark, "Thu 12 Mar 2026 10:00 (Europe/Berlin)" in says) == ("policy", Mark.WAITS, True)
    await world.answer("a", OnTrack(), "k2")
    await world.work()
    assert "until 2026-03-2" in (await stops(world))[2]


async def test_who_wants_no_messages_is_told_only_to_who_asks(world: World) -> None:
    """Asked about the person it is said in these words; the list of what is stuck does not tell it."""
    await asked(world)
    world.clock.at = OPEN
    await world.work()
    await world.answer("a", StopAsking(), "k1")
    await world.day()
    what, mark, says, _ = await stops(world)
    assert (what, mark, "wants no messages" in says) == ("person", Mark.STUCK, True)
    assert (await why(world, None)).diagnoses == ()


async def test_what_is_asked_about_is_found_or_said_to_be_unknown(world: World) -> None:
    """A pilot, a message and a person are found; a word that is none, and somebody never written to, are said."""
    await asked(world, old_pilot("a", sponsor="sam"), old_pilot("b", "erin"))
    (delivery,) = [d for d in await world.ports.outbox.all() if d.outreach[0].pilot == "a"]
    assert [d.pilot for d in (await why(world, delivery.id[:8])).diagnoses] == ["a"]
    assert [d.pilot for d in (await why(world, "ERIN")).diagnoses] == ["b"]
    for word, says in (("nobody", "no pilot, message or person"), ("sam", "owns no pilot")):
        with pytest.raises(NotFound, match=says):
            await why(world, word)


def test_every_reason_to_be_quiet_has_its_remedy() -> None:
    """Whatever policy gives as a reason, the doctor knows whether it passes and what can be done."""
    assert set(QUIET) == set(Quiet)
    assert all(remedy for _, remedy in QUIET.values())


async def test_it_stores_nothing(world: World) -> None:
    """Asked about everything twice, the store holds the same keys with the same values."""
    await asked(world)

    async def held() -> list[tuple[bytes, bytes | None]]:
        keys = sorted([k async for k in world.store.client.scan_iter(f"{world.store.keys.root}*")])
        return [(k, await world.store.client.dump(k)) for k in keys]

    before = await held()
    for about in (None, "dana", "a"):
        await why(world, about)
    assert await held() == before


def test_the_command_says_where_it_stops(cli: Cli, registry: str) -> None:
    """For people with an arrow and a remedy and exit code 1, for scripts as one document; unknown words are exit code 2."""
    cli("load", "registry", registry)
    code, out, _ = cli("doctor", "dana@n.example")
    assert (code, "golive" in out, "tax" in out) == (1, True, True)
    cli("golive", "--yes")
    cli("sweep")
    told = json.loads(cli("doctor", "tax", "--json")[1])
    assert [w["pilot"] for w in told["ways"]] == ["tax"]
    assert told["ways"][0]["to"] == "dana@n.example"
    assert {"what", "mark", "says", "remedy"} == set(told["common"][0])
    code, out, _ = cli("doctor")
    assert (code, "hr" in out) == (0, False), "a pilot without an owner, about which nothing is found, is not stuck"
    assert cli("doctor", "nobody")[0] == 2
    assert cli("letters")[0] == 0
    assert json.loads(cli("letters", "--json")[1])["letters"] == []
    assert cli("retry")[0] == 2
    assert cli("retry", "--all-dead")[0] == 0
    assert cli("drop", "0000", "--why", "x")[0] == 2
