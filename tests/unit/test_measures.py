"""What a process counts, and which tokens may push."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.errors import StoreUnavailable
from jobs.measures import Measures
from jobs.settings import Settings, read_tokens

LONG = "0123456789abcdef"


def test_each_count_is_told_by_its_name() -> None:
    """Every method moves its own metric by what it was given."""
    measures = Measures()
    measures.sent(3)
    measures.unknown()
    measures.dropped(2)
    measures.refused("final")
    measures.rate_limited()
    measures.received(4)
    measures.ended("sweep", 2.5)
    value = measures.registry.get_sample_value
    ends = {end: value("stickshaker_deliveries_total", {"end": end}) for end in ("sent", "unknown", "dropped")}
    assert ends == {"sent": 3, "unknown": 1, "dropped": 2}
    assert value("stickshaker_refusals_total", {"kind": "final"}) == 1
    assert value("stickshaker_rate_limited_total") == 1
    assert value("stickshaker_replies_received_total") == 4
    assert value("stickshaker_job_seconds_sum", {"job": "sweep"}) == 2.5


def test_a_return_of_the_store_is_counted_once() -> None:
    """Two faults and then two uses that go well are two faults and one return; other faults are none."""
    measures, is_away = Measures(), True

    @contextmanager
    def faults() -> Iterator[None]:
        if is_away:
            msg = "away"
            raise StoreUnavailable(msg)
        yield

    block = measures.watched(faults)
    for _ in range(2):
        with pytest.raises(StoreUnavailable), block():
            pass
    is_away = False
    for _ in range(2):
        with block():
            pass
    with pytest.raises(KeyError), block():
        raise KeyError
    value = measures.registry.get_sample_value
    assert (value("stickshaker_store_faults_total"), value("stickshaker_store_reconnects_total")) == (2, 1)


@given(st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=32), min_size=1))
def test_every_password_of_a_url_is_a_secret(password: str) -> None:
    """As it stands in the URL and decoded, of the server and of the Sentinels, well encoded or not at all."""
    encoded = quote(password, safe="")
    for url in (f"redis://u:{encoded}@h:1/0", f"redis+sentinel://h/name?sentinel_password={encoded}&db=1"):
        held = Settings(redis_url=SecretStr(url)).secrets
        assert {password, encoded} <= set(held)
    assert password in Settings(redis_url=SecretStr(f"redis://u:{password}@h:1/0")).secrets


def test_a_password_with_brackets_ends_nothing() -> None:
    """A URL that no parser takes still tells which secret to mask, so that the fault can be said."""
    for sign in "[]#?/":
        settings = Settings(redis_url=SecretStr(f"redis://u:SE{sign}CRETX@h:1/0"))
        assert f"SE{sign}CRETX" in settings.secrets


def test_tokens_are_read_by_source() -> None:
    """Each source has its token, blanks around them do not count, and a token may hold an equals sign."""
    assert read_tokens(f"github={LONG}, llm/acme = {LONG}== ") == {"github": LONG, "llm/acme": LONG + "=="}


@pytest.mark.parametrize(
    "text",
    [LONG, f"={LONG}", "chat=short", f"Chat={LONG}", f"a={LONG},a={LONG}x", f"a={LONG},b={LONG}", f"a={LONG},", "a="],
)
def test_tokens_that_do_not_hold_are_refused_without_being_told(text: str) -> None:
    """A part without a source, a short or shared token or a source named twice is refused; no token is in the reason."""
    with pytest.raises(ValidationError) as caught:
        Settings(push_tokens=text)  # type: ignore[arg-type]  # as the environment gives it
    reason = caught.value.errors(include_input=False, include_context=False)[0]["msg"]
    assert "part" in reason
    assert LONG not in reason
