"""What a click and a command of Slack cost, beside a bare handler with the same signature check and one call of the store.

    python tests/bench/slack.py [--requests 4000] [--burst 0]

Each server is a process of its own over one embedded store, asked in turns by this one; the processor time is that of the
server. Demand: at most 2 x of the bare one, and p99 at most 2 x + 1 ms. `--burst 1000` sends so many direct messages at
our own pace, while the other end answers 429 to a fifth of them: none may be lost and none come twice.
"""

import argparse
import asyncio
import hmac
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import aiohttp
from aiohttp import web
from world import RULES, world_of

from adapters.clock import SystemClock
from adapters.playground.slack_hands import SECRET
from adapters.playground.slack_server import TOKEN, LocalSlack
from adapters.playground.slack_state import Failure, Fault
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from adapters.slack.app import SlackApp
from adapters.slack.client import SlackClient, new_session, web_client
from adapters.slack.directory import Directory, User
from adapters.slack.http import PATH, SlackRoute
from adapters.slack.messenger import SlackMessenger
from adapters.slack.voice import SlackVoice
from bot.domain.people import Person
from bot.domain.turn import Tap, Turn
from bot.errors import SendRefused
from bot.messages.model import Message
from jobs.slack import desk_of

KEY = b"a key of the bench"
DANA = "dana@n.example"
FORM = "application/x-www-form-urlencoded"
ROUNDS = 4


async def bare(store: RedisStore) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler that checks the signature, makes the same call of the store as ours does, and says nothing."""
    dana = store.people.identify(DANA)
    kept = Turn(
        key="x", chat="slack", user="U1", place="D1:1.2", what=Tap(delivery="d", section="s"), at=datetime.now(UTC)
    )

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        stamp, given = request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        if abs(time.time() - int(stamp)) > 300:
            return web.Response(status=401)
        digest = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
        if not hmac.compare_digest(f"v0={digest}", given):
            return web.Response(status=401)
        if body.startswith(b"command"):
            await store.people.get(dana)
        else:
            await store.turns.take(kept.model_copy(update={"key": digest}))
        return web.Response(text="")

    return take


def serve(kind: str, folder: str, slack: str, told: Connection) -> None:
    """Run a server in a process of its own; tell its port."""

    async def inner() -> None:
        store = RedisStore(client_of(EmbeddedServer(Path(folder))), KEY)
        world = world_of(store, at=datetime.now(UTC))
        site = web.Application(handler_args={"auto_decompress": False})
        async with new_session() as session:
            api = web_client(TOKEN, session, slack)
            client = SlackClient(api, session)
            voice = SlackVoice(client, Directory(client, SystemClock()))
            app = SlackApp(api, client, desk_of(world.ports, RULES, voice, []), SystemClock(), RULES.texts.talk)
            if kind == "bare":
                site.router.add_post(PATH, await bare(store))
            else:
                SlackRoute(app, SECRET).add_to(site)
            site.router.add_get("/cpu", _cpu)
            runner = web.AppRunner(site, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            told.send(runner.addresses[0][1])
            await asyncio.to_thread(told.recv)
            await runner.cleanup()
        await store.close()

    asyncio.run(inner())


async def _cpu(_: web.Request) -> web.Response:
    return web.json_response(time.process_time())


def click(number: int, user: str) -> str:
    """Return a tap as Slack delivers one, each another one."""
    action = {"type": "button", "action_id": "choice:on_track", "value": '["d1","tax#1:","on_track"]'}
    body = {
        "type": "block_actions",
        "user": {"id": user, "team_id": "T1"},
        "team": {"id": "T1", "domain": "local"},
        "trigger_id": "3.4",
        "api_app_id": "A1",
        "container": {"type": "message", "message_ts": "7.8", "channel_id": "D1"},
        "actions": [action | {"action_ts": f"{time.time()}.{number}"}],
    }
    return urlencode({"payload": json.dumps(body)})


def command(number: int, user: str) -> str:
    """Return a command as Slack delivers one."""
    given = {"command": "/pilots", "text": "settings", "user_id": user, "team_id": "T1", "trigger_id": f"t{number}"}
    return urlencode(given | {"channel_id": "D1", "response_url": "https://hooks.slack.com/x", "api_app_id": "A1"})


async def ask(session: aiohttp.ClientSession, port: int, bodies: list[str]) -> tuple[float, list[float]]:
    """Return the server's processor time for these requests, one after the other, and the seconds of each."""
    async with session.get(f"http://127.0.0.1:{port}/cpu") as answer:
        before = await answer.json()
    took = []
    for body in bodies:
        stamp = str(int(time.time()))
        digest = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), sha256).hexdigest()
        headers = {"Content-Type": FORM, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
        begun = time.perf_counter()
        async with session.post(f"http://127.0.0.1:{port}{PATH}", data=body, headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, answer.status
        took.append(time.perf_counter() - begun)
    async with session.get(f"http://127.0.0.1:{port}/cpu") as answer:
        return await answer.json() - before, took


async def requests(count: int) -> bool:
    """Measure both kinds of request against the bare handler."""
    spawn, good = multiprocessing.get_context("spawn"), True
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        server.ensure()
        store = RedisStore(client_of(server), KEY)
        await store.open()
        people = store.people
        await people.put([Person(id=people.identify(DANA), name=DANA)])
        async with LocalSlack().running() as slack, aiohttp.ClientSession() as session:
            user = slack.state.add_user(DANA).id
            ports, ends = {}, []
            for kind in ("bare", "ours"):
                here, there = spawn.Pipe()
                process = spawn.Process(target=serve, args=(kind, folder, slack.url, there))
                process.start()
                ports[kind] = await asyncio.to_thread(here.recv)
                ends.append((here, process))
            for name, make in (("click", click), ("command", command)):
                good &= await compare(session, ports, name, [make(n, user) for n in range(count)])
            for here, process in ends:
                here.send("end")
                await asyncio.to_thread(process.join)
        await store.close()
        server.close()
    return good


async def compare(session: aiohttp.ClientSession, ports: dict[str, int], name: str, bodies: list[str]) -> bool:
    """Ask both servers in turns and tell the ratios; the first round warms up."""
    cpu: dict[str, float] = Counter()
    took: dict[str, list[float]] = {"bare": [], "ours": []}
    size = len(bodies) // (ROUNDS + 1)
    for n in range(ROUNDS + 1):
        for kind, port in ports.items():
            spent, seconds = await ask(session, port, bodies[n * size : (n + 1) * size])
            if n:
                cpu[kind] += spent
                took[kind] += seconds
    each = {kind: 1e6 * spent / (ROUNDS * size) for kind, spent in cpu.items()}
    p99 = {kind: 1e3 * statistics.quantiles(seconds, n=100)[98] for kind, seconds in took.items()}
    ratio = each["ours"] / each["bare"]
    is_good = ratio <= 2 and p99["ours"] <= 2 * p99["bare"] + 1
    print(  # noqa: T201  a bench speaks
        f"{name}: {each['ours']:.0f} us of processor time against {each['bare']:.0f} bare: {ratio:.2f} x (at most 2); "
        f"p50 {1e3 * statistics.median(took['ours']):.2f} ms, p99 {p99['ours']:.2f} against {p99['bare']:.2f} ms "
        f"(at most 2 x + 1)  {'ok' if is_good else 'MISSED'}"
    )
    return is_good


async def burst(count: int) -> bool:
    """Send to so many people at once, at our own pace, and count what arrived."""
    dice, refused = Random(1), Counter[str]()  # noqa: S311  nothing is secret here
    note = Message(kind="nudge", body=("A fact.",), footer="Why me?")

    def weather(method: str, _: object) -> Fault | None:
        if method == "chat.postMessage" and dice.random() < 0.2:
            refused["429"] += 1
            return Fault(Failure.LIMITED, retry_after=1)
        return None

    async with LocalSlack(weather=weather).running() as slack, new_session() as session:
        client = SlackClient(web_client(TOKEN, session, slack.url), session)
        directory = Directory(client, SystemClock())
        people = [Person(id=f"p{n}", name=f"p{n}@n.example") for n in range(count)]
        for person in people:
            user = slack.state.add_user(person.name)
            channel = slack.state.channel_of(user.id)
            directory.known[person.id] = User(user.id, person.name, datetime.now(UTC), None, channel)
        messenger = SlackMessenger(client, directory)

        async def send(person: Person) -> None:
            while True:
                try:
                    await messenger.send(person, f"d-{person.id}", note)
                except SendRefused as refusal:
                    await asyncio.sleep((refusal.retry_after or timedelta(seconds=1)).total_seconds())
                else:
                    return

        begun = time.monotonic()
        await asyncio.gather(*(send(person) for person in people))
        took = time.monotonic() - begun
        arrived = [len(posts) for posts in slack.state.posts.values()]
    is_good = len(arrived) == count and set(arrived) == {1}
    print(  # noqa: T201  a bench speaks
        f"burst: {count} direct messages in {took:.0f} s ({count / took:.1f}/s; our pace is 10/s), {refused['429']} times 429, "
        f"{count - len(arrived)} lost, {sum(n > 1 for n in arrived)} doubled  {'ok' if is_good else 'MISSED'}"
    )
    return is_good


async def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--burst", type=int, default=0)
    given = parser.parse_args()
    good = await burst(given.burst) if given.burst else await requests(given.requests)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    asyncio.run(main())
