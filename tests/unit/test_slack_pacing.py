"""How fast Slack is called: no faster than its tiers, one post a second into a channel, and not at all while it says so."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.busy import Busy
from adapters.slack import pacing
from adapters.slack.pacing import MOST_CHANNELS, PER_MINUTE, Bucket, Pacing


@given(
    asks=st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=60),
    rate=st.floats(min_value=0.1, max_value=20),
)
def test_a_bucket_never_gives_more_than_its_rate(asks: list[float], rate: float) -> None:
    """However calls come, those of any stretch are at most its length times the rate, and what may come at once."""
    bucket, now, turns = Bucket(rate), 0.0, []
    for gap in asks:
        now += gap
        turns.append(now + bucket.reserve(now))
    assert turns == sorted(turns)
    for begin in range(len(turns)):
        for end in range(begin + 1, len(turns)):
            assert end - begin <= (turns[end] - turns[begin]) * rate + rate * bucket.burst + 1e-6


def test_posts_into_a_channel_are_a_second_apart() -> None:
    """Without any burst; another channel does not wait for it."""
    bucket = Bucket(pacing.CHANNEL, burst=0.0)
    turns = [now + bucket.reserve(now) for now in (0.0, 0.1, 0.2, 5.0)]
    assert turns[:3] == pytest.approx([0.0, 1.0, 2.0])
    assert all(b - a >= 1 for a, b in pairwise(turns))


async def test_a_method_rests_when_slack_says_so() -> None:
    """The one that was refused waits, those who wait already wait on, and no other method does."""
    loop, held, ended = asyncio.get_running_loop(), Pacing(), []
    held.methods["chat.update"] = Bucket(10.0, burst=0.0)

    async def call() -> None:
        await held.turn("chat.update")
        ended.append(loop.time())

    begun = loop.time()
    waiting = [asyncio.create_task(call()) for _ in range(3)]
    await asyncio.sleep(0.05)
    held.park("chat.update", timedelta(seconds=0.4))
    await held.turn("users.info")
    assert loop.time() - begun < 0.2
    await asyncio.gather(*waiting)
    first, second, third = sorted(ended)
    assert first - begun < 0.1  # it had gone before
    assert second - begun >= 0.4
    assert third - second >= 0.09


async def test_what_would_wait_long_comes_again_later() -> None:
    """A turn that is far away is not waited for and not taken; nor is one of somebody who gave up."""
    held = Pacing()
    held.park("chat.update", timedelta(seconds=60))
    with pytest.raises(Busy) as told:
        await held.turn("chat.update")
    assert told.value.wait == pytest.approx(60, abs=1)
    one = held.methods["views.open"] = Bucket(1.0, burst=0.0)
    await held.turn("views.open")
    before = one.at
    waiting = asyncio.create_task(held.turn("views.open"))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert one.at == pytest.approx(before, abs=0.1)


async def test_many_people_may_open_forms_at_once() -> None:
    """A trigger lasts three seconds: what Slack allows in a minute is not spread over it evenly."""
    loop, held = asyncio.get_running_loop(), Pacing()
    begun = loop.time()
    await asyncio.gather(*(held.turn("views.open") for _ in range(30)))
    assert loop.time() - begun < 0.5


async def test_channels_are_forgotten_when_there_are_many() -> None:
    """A channel needs no memory a second after its last post."""
    held = Pacing()
    held.channels = {f"D{n}": Bucket(1.0, burst=0.0, at=-10.0) for n in range(MOST_CHANNELS)}
    await held.turn("users.info", "D-new")
    assert list(held.channels) == ["D-new"]


def test_each_method_has_the_pace_of_its_tier() -> None:
    """Whatever is not named gets the slowest tier that we use."""
    assert {PER_MINUTE[name] for name in ("users.lookupByEmail", "conversations.open", "chat.update")} == {50}
    assert Pacing()._method("new.method").per_second == pytest.approx(20 / 60)  # noqa: SLF001  it has no other face
