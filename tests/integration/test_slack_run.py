"""Slack as the service joins it: from the settings to what listens, and what says whether it is of use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from office import at_firm
from pydantic import SecretStr
from world import RULES, World, world_of

from adapters.playground.slack_hands import SECRET
from adapters.playground.slack_server import APP_TOKEN, TOKEN, LocalSlack
from adapters.playground.slack_state import Failure, Fault
from adapters.redis_store.store import RedisStore
from adapters.slack.errors import SlackError
from adapters.slack.http import PATH
from bot.domain.people import Person
from bot.errors import SettingsError
from jobs.settings import SlackSettings
from jobs.slack import Slack, check, open_slack


def settings_of(slack: LocalSlack, *, by_socket: bool) -> SlackSettings:
    """Return settings for a local Slack, by one of the two ways in."""
    way = {"app_token": SecretStr(APP_TOKEN)} if by_socket else {"signing_secret": SecretStr(SECRET)}
    return SlackSettings(bot_token=SecretStr(TOKEN), api_base_url=slack.url, **way)  # type: ignore[arg-type]  # one of the two


@asynccontextmanager
async def listening(world: World, slack: LocalSlack, *, by_socket: bool) -> AsyncIterator[Slack]:
    """Listen as the service does."""
    site = web.Application()
    given = settings_of(slack, by_socket=by_socket)
    async with (
        open_slack(given, world.clock, [at_firm("ada")]) as opened,
        opened.listening(world.ports, RULES, site, {}),
    ):
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.deliveries.address = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        try:
            yield opened
        finally:
            await runner.cleanup()


@pytest.mark.parametrize("by_socket", [False, True])
async def test_what_is_kept_wakes_whoever_answers(store: RedisStore, *, by_socket: bool) -> None:
    """By either way in a turn is in the store, the task is asked for, and a command is answered."""
    world = world_of(store)
    await world.ports.people.put([Person(id=world.ports.people.identify(at_firm("dana")), name=at_firm("dana"))])
    async with LocalSlack().running() as slack:
        for name in ("dana", "ada"):
            slack.state.add_user(at_firm(name))
        async with listening(world, slack, by_socket=by_socket) as opened:
            async with asyncio.timeout(10):
                while by_socket and not slack.deliveries.sockets:  # noqa: ASYNC110  the library connects
                    await asyncio.sleep(0.02)
            assert (await slack.hands(at_firm("dana")).write("help")).status == 200
            assert len(await world.ports.turns.due(world.clock.now())) == 1
            await asyncio.sleep(0.1)
            assert ("turns",) in world.ports.queue.asked  # type: ignore[attr-defined]  # the fake one
            assert "golive" in str((await slack.hands(at_firm("ada")).command("help")).body)
            await slack.hands(at_firm("dana")).open_home()
            assert opened.name == "slack"


async def test_it_is_of_no_use_where_slack_refuses_the_app(store: RedisStore) -> None:
    """A token that was taken back makes the process not ready; that Slack is slow or away does not."""
    world = world_of(store)
    async with LocalSlack().running() as slack, listening(world, slack, by_socket=False) as opened:
        await opened.ready()
        for fault in (Fault(Failure.BROKEN), Fault(Failure.LIMITED), Fault(Failure.DROPPED)):
            slack.state.fail("auth.test", fault)
            opened.readiness.asked_again_at = 0.0
            await opened.ready()
        slack.state.fail("auth.test", Fault(Failure.ERROR, "token_revoked"))
        await opened.ready()  # it was asked within the minute
        opened.readiness.asked_again_at = 0.0
        for _ in range(2):
            with pytest.raises(SlackError, match="token_revoked"):
                await opened.ready()
        assert [one.state for one in await check(settings_of(slack, by_socket=True))] == ["ok"] * 4


async def test_without_a_token_there_is_no_slack(store: RedisStore) -> None:
    """It is said which setting is missing."""
    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN is not set"):
        async with open_slack(SlackSettings(bot_token=None), world_of(store).clock, []):
            pass
