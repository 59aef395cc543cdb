"""How fast the Bot Connector is called: within each of Microsoft's windows, whatever comes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.busy import Busy
from adapters.teams.errors import ConnectorError, Kind, code_of, pause_of
from adapters.teams.hosts import is_loopback, is_service
from adapters.teams.pacing import EVERYWHERE, MOST, WINDOWS, Pacing, Windows
from jobs.settings import TeamsSettings

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HOSTS: tuple[str, ...] = TeamsSettings.model_fields["allowed_service_hosts"].default


@given(gaps=st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=120))
def test_no_window_holds_more_than_it_may(gaps: list[float]) -> None:
    """However calls come, in no stretch of a window's length are there more than it lets through."""
    windows, now, made = Windows(WINDOWS), 0.0, []
    for gap in gaps:
        now += gap
        at = now + windows.wait(now)
        windows.take(at)
        made.append(at)
    for most, length in WINDOWS:
        for place in range(len(made) - most):
            assert made[place + most] - made[place] >= length - 1e-9


async def test_what_would_wait_long_comes_again_later() -> None:
    """After sixty sends in half a minute the next one is told when, and no other conversation waits for it."""
    clock = [0.0]
    pacing = Pacing(clock=lambda: clock[0])
    for _ in range(60):
        clock[0] += 0.3
        await pacing.turn("a")
    with pytest.raises(Busy) as busy:
        await pacing.turn("a")
    assert 5 < busy.value.wait <= 30
    await pacing.turn("b")
    pacing.park("b", 60)
    with pytest.raises(Busy):
        await pacing.turn("b")


async def test_the_app_as_a_whole_is_bounded_and_conversations_are_forgotten() -> None:
    """No more than 25 calls start in a second, over whichever conversations; those long quiet are not remembered."""
    clock = [0.0]
    pacing = Pacing(clock=lambda: clock[0])
    for n in range(EVERYWHERE[0][0]):
        assert pacing.wait(f"c{n}") == 0
        await pacing.turn(f"c{n}")
    assert pacing.wait("another") == pytest.approx(1.0)
    for n in range(MOST + 10):
        pacing.wait(f"x{n}")
    assert len(pacing._conversations) == MOST  # noqa: SLF001  that memory is bounded has no outside


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-3", 0),
        ("1e9", 3600),
        ("Tue, 10 Mar 2026 09:00:30 GMT", 30),
        ("Tue, 10 Mar 2026 08:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("nan", None),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date(given: str, seconds: float | None) -> None:
    """An hour at the most; what is neither is none."""
    found = pause_of({"Retry-After": given}, NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":{"code":"BadSyntax","message":"x"}}', "BadSyntax"),
        (b'{"errorCode":209,"message":"{\\"subCode\\":\\"MessageWritesBlocked\\"}"}', "MessageWritesBlocked"),
        (b'{"errorCode":1,"message":"words"}', "1"),
        (b"<html>", ""),
        (b"[]", ""),
        (b"", ""),
        (b'{"error":{"code":"dana@n.example likes it"}}', "dananexamplelikesit".replace("nex", "n.ex")),
    ],
)
def test_microsofts_own_word_is_found_wherever_it_stands(body: bytes, code: str) -> None:
    """For the log: a word, never a sentence."""
    assert code_of(body) == code


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Kind.SETUP),
        (403, Kind.REROUTE),
        (404, Kind.GONE),
        (408, Kind.OPEN),
        (412, Kind.LATER),
        (413, Kind.TOO_LARGE),
        (429, Kind.LATER),
        (500, Kind.OPEN),
        (502, Kind.OPEN),
        (504, Kind.OPEN),
        (400, Kind.FAULT),
        (302, Kind.FAULT),
    ],
)
def test_a_status_is_what_it_means(status: int, kind: Kind) -> None:
    """What leaves it open whether it happened is never taken for a refusal."""
    assert ConnectorError(status, "").kind is kind


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://smba.infra.gcc.teams.microsoft.com/x", True),
        ("https://SMBA.trafficmanager.net/", True),
        ("http://smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://evil.example/smba.trafficmanager.net", False),
        ("https://user@smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://teams.microsoft.com.evil.example/", False),
        ("https://[::1", False),
        ("http://localhost:1/", False),
        ("", False),
    ],
)
def test_our_token_goes_to_microsoft_alone(url: str, *, is_ours: bool) -> None:
    """By https and the whole host; this machine only where the keys come from it."""
    assert is_service(url, HOSTS) is is_ours
    assert is_service("http://127.0.0.1:8/", HOSTS, is_local=True)
    assert not is_service("http://10.0.0.1:8/", HOSTS, is_local=True)
    assert is_loopback("https://localhost:9/v1")
    assert not is_loopback("https://login.botframework.com/v1")
