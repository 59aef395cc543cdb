"""What reaches us from Slack by HTTP: only what Slack signed, and nothing of it is a fault of ours."""

import asyncio
import io
import json
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from office import at_firm, firm_pilot
from slack_payloads import mutated, payloads_of_others
from slack_story import SlackOffice, office_of, served, signed
from stories import Story
from yarl import URL

from adapters.bodies import Bodies
from adapters.playground.slack_hands import SECRET
from adapters.slack.http import LARGEST, SlackRoute
from bot.domain.turn import Turn

MUTATIONS = int(os.environ.get("STICKSHAKER_FUZZ", "4000"))
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
async def office(story: Story) -> AsyncIterator[SlackOffice]:
    """Return the office of a firm with one pilot."""
    async with office_of(story, "dana", "sam", "lee", "eve") as opened:
        await story.begin(firm_pilot("tax"))
        yield opened


async def post(office: SlackOffice, body: bytes, headers: Mapping[str, str], kind: str = JSON) -> tuple[int, str]:
    """Send a body and return what came back."""
    async with aiohttp.ClientSession() as session:
        address = office.slack.deliveries.address
        async with session.post(address, data=io.BytesIO(body), headers={"Content-Type": kind, **headers}) as answer:
            return answer.status, await answer.text()


CHALLENGE = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()


async def test_slack_finds_the_address(office: SlackOffice) -> None:
    """The question with which Slack makes sure of an address is answered."""
    status, text = await post(office, CHALLENGE, signed(CHALLENGE))
    assert (status, json.loads(text)) == (200, {"challenge": "abc"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": f"v0={'a' * 64}"},
        {"X-Slack-Request-Timestamp": "1" * 40, "X-Slack-Signature": f"v0={'a' * 64}"},
        {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": "v0=\u00e9"},
        {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": f"v0={'a' * 64}"},
        signed(CHALLENGE, "another"),
        signed(CHALLENGE, age=301),
        signed(CHALLENGE, age=-100_000),
        signed(CHALLENGE + b" "),
    ],
)
async def test_what_slack_did_not_sign_is_turned_away(office: SlackOffice, headers: dict[str, str]) -> None:
    """No signature, a broken one, one of somebody else, of another body or of another time: 401."""
    assert (await post(office, CHALLENGE, headers))[0] == 401


async def test_what_is_no_request_of_slacks_is_turned_away(office: SlackOffice) -> None:
    """Another type is 415, too much is 413 with or without a length, no text is 400: and all of it quickly."""
    assert (await post(office, CHALLENGE, signed(CHALLENGE), "text/plain"))[0] == 415
    assert (await post(office, CHALLENGE, signed(CHALLENGE) | {"Content-Encoding": "deflate"}))[0] == 415
    large = b"x" * (LARGEST + 1)
    assert (await post(office, large, signed(large)))[0] == 413
    assert (await post(office, b"\xff\xfe", signed(b"\xff\xfe")))[0] == 400
    for body in (b"null", b"[]", b"3", b'"x"', b"{", b"payload=%7B", b"payload=null"):
        assert (await post(office, body, signed(body)))[0] in {200, 400}

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536

    async with aiohttp.ClientSession() as session:
        headers = signed(b"x") | {"Content-Type": JSON}
        async with session.post(office.slack.deliveries.address, data=parts(), headers=headers) as answer:
            assert answer.status == 413


async def begun(address: str, sent: int, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a request that looks signed, and send so many bytes of its body."""
    there = URL(address)
    reader, writer = await asyncio.open_connection(there.host, there.port)
    headers = signed(b"") | {"Host": "x", "Content-Type": JSON, "Content-Length": str(length)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {there.path} HTTP/1.1\r\n{head}\r\n".encode() + b"x" * sent)
    await writer.drain()
    return reader, writer


async def status_of(reader: asyncio.StreamReader) -> int:
    """Return the status that comes back, within five seconds."""
    async with asyncio.timeout(5):
        return int((await reader.readline()).split()[1])


async def test_a_body_that_does_not_come_is_not_waited_for(
    office: SlackOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sends a body by drops, or breaks it off, is let go without a traceback; a real request beside them is answered."""
    async with served(SlackRoute(office.app, SECRET, Bodies(LARGEST, patience=0.3))) as address:
        office.slack.deliveries.address = address
        slow = [await begun(address, 10, 1000) for _ in range(20)]
        _, broken = await begun(address, 10, 1000)
        broken.close()
        assert (await office.at("dana").write("help")).status == 200
        assert [await status_of(reader) for reader, _ in slow] == [408] * 20
        for _, writer in slow:
            writer.close()
    assert [one for one in caplog.records if one.exc_info] == []


async def test_bodies_of_nobody_fill_no_memory(office: SlackOffice) -> None:
    """What strangers have under way together is bounded: one more is sent away, and place is free again once they are."""
    async with served(SlackRoute(office.app, SECRET, Bodies(LARGEST, patience=1.0, in_hand=1000))) as address:
        reader, writer = await begun(address, 900, 2000)
        other, another = await begun(address, 900, 2000)
        assert sorted([await status_of(reader), await status_of(other)]) == [408, 503]
        writer.close()
        another.close()
        office.slack.deliveries.address = address
        assert (await office.at("dana").write("help")).status == 200


async def test_a_stale_request_is_turned_away_before_its_body_comes(office: SlackOffice) -> None:
    """Who replays an old signature needs not be listened to."""
    there = URL(office.slack.deliveries.address)
    reader, writer = await asyncio.open_connection(there.host, there.port)
    headers = signed(b"", age=301) | {"Host": "x", "Content-Type": JSON, "Content-Length": "1000"}
    writer.write(f"POST {there.path} HTTP/1.1\r\n".encode())
    writer.write("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")
    async with asyncio.timeout(5):
        assert b" 401 " in await reader.readline()
    writer.close()


@asynccontextmanager
async def store_away(office: SlackOffice) -> AsyncIterator[None]:
    """Let the store refuse turns for a while."""
    turns = office.story.world.ports.turns
    kept = turns.take

    async def refuse(_: Turn) -> bool:
        raise ConnectionError("the store is away")

    turns.take = refuse  # type: ignore[method-assign]  # the one place where it fails
    try:
        yield
    finally:
        turns.take = kept  # type: ignore[method-assign]  # as above


async def test_what_can_not_be_kept_is_not_acknowledged(office: SlackOffice) -> None:
    """Without a store Slack hears 503 and delivers again; then it counts once."""
    dana = office.at("dana")
    async with store_away(office):
        assert (await dana.write("help")).status == 503
    assert (await office.act(dana.write("help"))).status == 200
    assert "your own words" in office.reads("dana")


async def test_payloads_of_others_are_politely_left_alone(office: SlackOffice) -> None:
    """Each payload of Slack's own libraries is acknowledged, as an event and as an interaction, and moves nothing."""
    before = await state_of(office)
    for body in payloads_of_others():
        plain = json.dumps(body).encode()
        form = (body if isinstance(body, str) else urlencode({"payload": json.dumps(body)})).encode()
        for given, kind in ((plain, JSON), (form, FORM)):
            status, _ = await post(office, given, signed(given), kind)
            assert status in {200, 400}
            assert status == 200 or not isinstance(body, dict)
    await office.settle()
    assert await state_of(office) == before


async def state_of(office: SlackOffice) -> object:
    """Return everything that an answer of somebody could move."""
    ports = office.story.world.ports
    people = await ports.people.all()
    return await ports.cases.all(), await ports.pilots.all(), people, await ports.settings.read()


async def ours(office: SlackOffice) -> list[tuple[str, dict[str, Any]]]:
    """Return one of everything that people do in Slack, as it would be delivered; the form is none of an open case."""
    user, team = {"id": office.at("eve").user, "team_id": "T1"}, {"id": "T1", "domain": "local"}
    ref = '["d1","tax#1:","on_track"]'
    container = {"type": "message", "message_ts": "1.2", "channel_id": "D1"}
    button = {"type": "button", "action_id": "choice:on_track", "value": ref, "action_ts": "1.3"}
    whole = {"user": user, "team": team, "trigger_id": "t", "container": container, "api_app_id": "A1"}
    values = {"until": {"until": {"type": "datepicker", "selected_date": "2026-03-20"}}}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": "form",
        "private_metadata": ref,
        "state": {"values": values},
    }
    shortcut = {"type": "message_action", "callback_id": "why", "channel": {"id": "D1"}, "action_ts": "1.4"}
    said = {"type": "message", "channel_type": "im", "user": user["id"], "channel": "D1", "text": "hi", "ts": "5.6"}
    event = {"type": "event_callback", "team_id": "T1", "event_id": "E1", "api_app_id": "A1"}
    command = {
        "command": "/pilots",
        "text": "status tax",
        "user_id": user["id"],
        "team_id": "T1",
        "trigger_id": "t",
        "response_url": "https://hooks.slack.com/x",
    }
    return [
        ("interaction", whole | {"type": "block_actions", "actions": [button]}),
        ("interaction", whole | {"type": "block_actions", "actions": [button | {"action_id": "asks:on_track"}]}),
        ("interaction", whole | {"type": "view_submission", "view": view}),
        ("interaction", whole | shortcut | {"message": {"ts": "1.2", "blocks": [{"elements": [button]}]}}),
        ("event", event | {"event": said}),
        ("event", event | {"event": {"type": "app_home_opened", "tab": "home", "user": user["id"]}}),
        ("event", event | {"event": {"type": "user_change", "user": {"profile": {"email": at_firm("eve")}}}}),
        ("command", command),
    ]


@pytest.mark.no_cover
async def test_no_mutated_payload_is_a_fault_or_moves_anything(
    office: SlackOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Of thousands of payloads with something broken (STICKSHAKER_FUZZ says how many) none is a 5xx or leaves a traceback, and no case, pilot, person or switch moves."""
    dice = random.Random(6)  # noqa: S311  the same payloads each time
    kinds = [*(await ours(office)), *(("event", p) for p in payloads_of_others() if isinstance(p, dict))]
    before = await state_of(office)
    answers: dict[int, int] = {}
    for n in range(MUTATIONS):
        kind, whole = kinds[n % len(kinds)]
        body = mutated(whole, dice)
        if kind == "command" and isinstance(body, dict):
            given = urlencode({k: str(v) for k, v in body.items()}, errors="replace")
        elif kind == "interaction":
            given = urlencode({"payload": json.dumps(body)})
        else:
            given = json.dumps(body)
        headers = {"content-type": JSON if kind == "event" else FORM} | signed(given.encode())
        answer = await office.app.dispatch(given, headers)
        answers[answer.status] = answers.get(answer.status, 0) + 1
        if n % 500 == 0:
            await office.settle()
    await asyncio.sleep(0)
    await office.settle()
    assert set(answers) <= {200, 400}, answers
    assert await state_of(office) == before
    assert [r for r in caplog.records if r.exc_info] == []
