"""Slack and Teams in one process: a person in both is written to in one, and nobody is gone who is in either."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from office import Heard, at_firm, firm_pilot
from pydantic import SecretStr
from servers import Papers
from stories import Story, to
from teams_story import serving, settings_of, trusting

from adapters.clock import SystemClock
from adapters.playground.slack_hands import SECRET
from adapters.playground.slack_server import TOKEN, LocalSlack
from adapters.playground.teams_server import LocalTeams
from adapters.slack.http import PATH as SLACK_PATH
from adapters.teams.connector import new_session
from adapters.teams.http import PATH as TEAMS_PATH
from bot.app.directory import look_up_all
from bot.app.turns import answer_turns
from jobs.chats import Joined
from jobs.settings import SlackSettings
from jobs.slack import open_slack
from jobs.teams import open_teams


@dataclass(slots=True)
class Firm:
    """A firm in both chats."""

    story: Story
    slack: LocalSlack
    cloud: LocalTeams
    joined: Joined

    async def told(self, name: str, doing: Awaitable[object]) -> None:
        """Do something in Teams, and wait for what is said to that."""
        hands = self.cloud.hands(at_firm(name))
        before = len(hands.posts)
        await doing
        async with asyncio.timeout(5):
            while len(hands.posts) == before:  # noqa: ASYNC110  it is said after Teams was answered
                await asyncio.sleep(0.01)

    async def settle(self) -> None:
        """Answer what people did."""
        world = self.story.world
        while await answer_turns(world.ports, world.rules, self.joined.voices(world.ports.references)):
            pass
        await world.work()

    def got(self, name: str) -> tuple[int, int]:
        """Return how many messages somebody got in Slack, and in Teams besides the greeting."""
        in_slack = {user.email for user in self.slack.state.users.values()}
        posts = self.slack.hands(at_firm(name)).posts if at_firm(name) in in_slack else []
        return len(posts), max(0, len(self.cloud.hands(at_firm(name)).posts) - 1)


@pytest.fixture
async def firm(story: Story, tls: Papers) -> AsyncIterator[Firm]:
    """Return a firm whose dana is in both chats, sam and lee in Slack, and kim in Teams."""
    world = story.world
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack().running())
        cloud = await stack.enter_async_context(LocalTeams().running(serving(tls)))
        for name in ("dana", "sam", "lee"):
            slack.state.add_user(at_firm(name))
        for name in ("dana", "kim"):
            cloud.state.add_person(at_firm(name))
        given = SlackSettings(bot_token=SecretStr(TOKEN), api_base_url=slack.url, signing_secret=SecretStr(SECRET))
        one = await stack.enter_async_context(open_slack(given, world.clock, []))
        session = new_session(aiohttp.TCPConnector(ssl=trusting(tls)))
        other = await stack.enter_async_context(open_teams(settings_of(cloud), SystemClock(), [], session=session))
        joined = Joined([one, other])
        world.use_chat(Heard(joined.messenger(world.ports.references), story))
        site = web.Application(handler_args={"auto_decompress": False})
        await stack.enter_async_context(joined.listening(world.ports, world.rules, site))
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stack.push_async_callback(runner.cleanup)
        root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        slack.deliveries.address, cloud.way.address = f"{root}{SLACK_PATH}", f"{root}{TEAMS_PATH}"
        found = Firm(story, slack, cloud, joined)
        await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
        for name in ("dana", "kim"):
            await found.told(name, cloud.hands(at_firm(name)).install())
        yield found


async def test_each_is_written_to_in_one_chat(firm: Firm) -> None:
    """Dana gets her question in Slack alone; once she has answered in Teams the next one comes there; kim, in Teams only, is asked there."""
    await firm.story.until(to(at_firm("dana"), "nudge"))
    assert firm.got("dana") == (1, 0)
    dana = firm.cloud.hands(at_firm("dana"))
    await dana.write(f"blocked on data, {at_firm('kim')} could clear it")
    await firm.settle()
    await dana.write("yes")
    await firm.settle()
    in_slack = firm.got("dana")[0]
    person = await firm.story.world.ports.people.get(firm.story.world.ports.people.identify(at_firm("dana")))
    assert person is not None
    assert person.met_in == "teams"
    await firm.story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    assert firm.got("kim")[1] == 1
    kim, before = firm.cloud.hands(at_firm("kim")), firm.got("dana")[1]
    for words in ("I would advise against it, legal: the agreement forbids it", "yes"):
        await kim.write(words)
        await firm.settle()
    await firm.story.until(lambda said: said.to == at_firm("dana"), most=60)
    assert firm.got("dana") == (in_slack, before + 1)


async def test_their_own_choice_counts(firm: Firm) -> None:
    """'set chat slack' typed in Teams holds whatever they answer where; 'either' ends it, and another word is asked back."""
    ports, dana = firm.story.world.ports, firm.cloud.hands(at_firm("dana"))
    for text, chosen in (
        ("set chat Slack", "slack"),
        ("set chat fax", "slack"),
        ("set chat either", None),
        ("set chat slack", "slack"),
    ):
        await firm.told("dana", dana.write(f"/{text}"))
        person = await ports.people.get(ports.people.identify(at_firm("dana")))
        assert person is not None
        assert person.preferences.chat == chosen, text
    await dana.write("help")
    await firm.settle()
    await firm.story.until(to(at_firm("dana"), "nudge"))
    assert firm.got("dana")[0] == 1


async def test_nobody_is_gone_who_is_in_either(firm: Firm) -> None:
    """Whoever takes the app away in Teams is written to in Slack; whoever left both is gone."""
    ports = firm.story.world.ports
    id_ = ports.people.identify(at_firm("dana"))
    await firm.cloud.hands(at_firm("dana")).uninstall()
    dana = await ports.people.get(id_)
    assert dana is not None
    assert dana.gone_on is None
    await firm.story.until(to(at_firm("dana"), "nudge"))
    assert firm.got("dana") == (1, 0)
    await firm.slack.hands(at_firm("dana")).leave()
    dana = await ports.people.get(id_)
    assert dana is not None
    assert dana.gone_on is not None


async def test_who_is_looked_up_is_looked_up_in_both(firm: Firm) -> None:
    """Kim, whom Slack does not know, is not gone: the daily look asks every chat."""
    ports = firm.story.world.ports
    assert await look_up_all(ports, firm.joined.voices(ports.references)) == 0
