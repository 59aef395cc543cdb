"""Where people of Teams can be written to: kept for every process, and by none of them kept against the others."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from fakes import FakeClock
from office import at_firm, firm_pilot
from servers import Papers
from stories import Story
from teams_story import TeamsOffice, office_of, said

from adapters.playground.teams_state import BOT, TENANT, Body, Failure, Fault
from adapters.teams.connector import Address, Connector
from adapters.teams.directory import MET, PERSONAL, SERVICE, Directory
from adapters.teams.errors import ConnectorError
from adapters.teams.inbound import CHAT, Activity, read_activity
from bot.domain.reference import Reference
from bot.errors import SendRefused

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ELSEWHERE = "https://elsewhere.example/teams/"
FAULTS = (ConnectorError(500, ""), ConnectorError(429, ""), TimeoutError(), aiohttp.ClientConnectionError())


@pytest.fixture
async def office(story: Story, tls: Papers) -> AsyncIterator[TeamsOffice]:
    """Return the office of a firm in which nobody has the app."""
    async with office_of(story, tls, "dana", "kim", installed=False) as opened:
        opened.at("dana").me.is_installed = True
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    """Return the clock of every process."""
    return FakeClock(AT)


def process(office: TeamsOffice, clock: FakeClock) -> Directory:
    """Return the directory of one process over the store of all."""
    return Directory(office.teams.connector, office.story.world.ports.references, clock, TENANT)


def done(office: TeamsOffice, kind: str, name: str = "dana", **more: object) -> Activity:
    """Return what somebody does."""
    activity = read_activity(office.at(name).activity(kind, more))
    assert activity is not None
    return activity


def met(office: TeamsOffice, channel: str = "19:one") -> Reference:
    """Return Dana as she is known who wrote in a channel."""
    dana = office.at("dana")
    address = {SERVICE: office.cloud.url, "user_id": dana.me.id, "bot_id": BOT, MET: channel}
    return Reference(user=dana.user, address=address)


def failing(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """Let no member be looked up."""

    async def fail(*_: object) -> Body:
        raise fault

    monkeypatch.setattr(Connector, "member", fail)


def during(monkeypatch: pytest.MonkeyPatch, call: str, doing: Callable[[], Awaitable[None]]) -> None:
    """Let something happen while a call is under way."""
    real: Any = getattr(Connector, call)

    async def called(connector: Connector, *given: object) -> object:
        found: object = await real(connector, *given)
        await doing()
        return found

    monkeypatch.setattr(Connector, call, called)


async def test_who_installs_again_is_known_whoever_heard_of_the_removal(office: TeamsOffice, clock: FakeClock) -> None:
    """One process sees the app come, another sees it go, and the first sees it come again, with nothing changed."""
    one, other = process(office, clock), process(office, clock)
    user = office.at("dana").user
    await one.see(done(office, "installationUpdate", action="add"))
    await other.forget(user)
    assert await one.of_user(user) is None
    await one.see(done(office, "installationUpdate", action="add"))
    known = await other.of_user(user)
    assert known is not None
    assert known.address[PERSONAL] == office.at("dana").chat.id


async def test_a_process_relies_on_its_memory_for_a_minute(office: TeamsOffice, clock: FakeClock) -> None:
    """Then it looks whether what it wrote is still there."""
    one, other = process(office, clock), process(office, clock)
    user = office.at("dana").user
    await one.see(done(office, "message"))
    await other.forget(user)
    clock.move(seconds=59)
    await one.see(done(office, "message"))
    assert await one.of_user(user) is None
    clock.move(seconds=1)
    await one.see(done(office, "message"))
    assert await one.of_user(user) is not None


@pytest.mark.parametrize("call", ["member", "open"])
async def test_what_happens_during_a_call_is_not_undone(
    office: TeamsOffice, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Who took the app away stays deleted, and a newer address stays beside what the call brought."""
    one, other = process(office, clock), process(office, clock)
    references, user = office.story.world.ports.references, office.at("dana").user
    team = office.cloud.state.team_of(at_firm("dana"))
    old = met(office, team.id)
    moved = old.model_copy(update={"address": old.address | {SERVICE: ELSEWHERE}, "timezone": "Asia/Tokyo"})

    async def ask() -> None:
        await references.keep(CHAT, old)
        if call == "member":
            assert at_firm("dana") in await one.aliases(user)
        else:
            assert (await one.chat_with(old)).conversation == office.at("dana").chat.id

    with monkeypatch.context() as patch:
        during(patch, call, lambda: other.forget(user))
        await ask()
    assert await other.of_user(user) is None
    with monkeypatch.context() as patch:
        during(patch, call, lambda: references.keep(CHAT, moved))
        await ask()
    known = await other.of_user(user)
    assert known is not None
    assert (known.address[SERVICE], known.timezone) == (ELSEWHERE, "Asia/Tokyo")
    assert known.aliases if call == "member" else known.address[PERSONAL]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_who_was_looked_up_before_is_known_while_teams_cannot_say(
    office: TeamsOffice, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """By the names from before; of whom there are none it is told that nobody can say."""
    directory = process(office, clock)
    await directory.see(done(office, "message"))
    await directory.see(done(office, "message", "kim"))
    before = await directory.aliases(office.at("dana").user)
    assert at_firm("dana") in before
    clock.move(hours=25)
    failing(monkeypatch, fault)
    assert await directory.aliases(office.at("dana").user) == before
    with pytest.raises(type(fault)):
        await directory.aliases(office.at("kim").user)


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_a_mention_that_cannot_be_looked_up_stays(
    office: TeamsOffice, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """The command goes on with it, so that whoever typed it hears that nobody can tell who that is."""
    failing(monkeypatch, fault)
    text = f"delegate <@{office.at('kim').me.id}>"
    assert await process(office, clock).read(text, Address(office.cloud.url, "19:one")) == text


async def test_of_strangers_in_a_channel_nothing_is_kept(office: TeamsOffice) -> None:
    """Whoever calls the bot in a channel is answered; in the store is only whom the registry names."""
    await office.story.begin(firm_pilot("tax"), people=(at_firm("dana"),))
    refs, team = office.story.world.ports.references, office.cloud.state.team_of(at_firm("kim"), at_firm("dana"))
    for name, answer in (("kim", "I don't know you yet"), ("dana", "Pilot tax")):
        await office.act(office.at(name).write("status tax", team))
        assert answer in said(office.at(name), team.activities[-1])
    assert await refs.of_user(CHAT, office.at("kim").user) is None
    assert await refs.of_user(CHAT, office.at("dana").user) is not None


async def test_who_is_only_in_a_channel_is_told_there(office: TeamsOffice) -> None:
    """Without a chat with us alone a message for one alone arrives; where that is refused too, nothing is said."""
    kim, team = office.at("kim"), office.cloud.state.team_of(at_firm("dana"), at_firm("kim"))
    await office.story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    await office.act(kim.write("status", team))
    before = len(office.cloud.state.calls)
    turn = office.turn("kim", f"{team.id}|1")
    await office.voice.whisper(turn, "a secret")
    answer = team.activities[-1]
    assert (answer["targeted"], answer["recipient"]["id"], answer["text"]) == (True, kim.me.id, "a secret")
    assert len(office.cloud.state.calls) == before + 1  # no chat was opened
    office.cloud.state.fail("post", Fault(Failure.REFUSED, 400))
    with pytest.raises(SendRefused) as refused:
        await office.voice.whisper(turn, "another")
    assert refused.value.gone
    assert kim.posts == []
