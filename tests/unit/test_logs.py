"""What is logged: ids that join, and nothing about a person, whoever wrote the line."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.correlated import correlated
from jobs.logs import configure

SECRETS = ("hunter2-password", "a-token-of-the-chat-feed")
OURS = logging.getLogger("bot.app.test")
THEIRS = logging.getLogger("docket.worker")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Put the loggers back as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("bot", "adapters", "jobs")}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)


def logged(*, as_json: bool = True, level: str = "INFO") -> io.StringIO:
    """Log into a text and return it."""
    out = io.StringIO()
    configure(level, as_json=as_json, secrets=SECRETS, to=out)
    return out


def told(out: io.StringIO) -> list[dict[str, str]]:
    """Return the lines as objects."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_holds_the_ids_of_its_block() -> None:
    """What is bound stands on each line within, is joined with what is bound inside, and ends with the block."""
    out = logged()
    with correlated(case="tax#1", pilot="tax"):
        with correlated(delivery="d1"):
            OURS.info("sent")
        OURS.info("moved")
    OURS.info("done")
    first, second, third = told(out)
    assert (first["case"], first["pilot"], first["delivery"], first["message"]) == ("tax#1", "tax", "d1", "sent")
    assert second["case"] == "tax#1"
    assert "delivery" not in second
    assert set(third) == {"at", "level", "logger", "message"}


async def test_tasks_at_the_same_time_keep_their_own_ids() -> None:
    """Two tasks that take turns each log their own case."""
    out = logged()

    async def work(case: str) -> None:
        with correlated(case=case):
            for _ in range(3):
                OURS.info("step of %s", case)
                await asyncio.sleep(0)

    await asyncio.gather(work("tax#1"), work("hr#2"))
    assert len(told(out)) == 6
    assert all(line["message"].endswith(line["case"]) for line in told(out))


def test_nothing_of_a_person_or_a_secret_is_in_any_line() -> None:
    """Names in arguments of libraries and words of faults, addresses, passwords, tokens and ids of people stay out."""
    for as_json in (True, False):
        out = logged(as_json=as_json)
        with correlated(case="tax#1"):
            OURS.warning("for dana@n.example by redis://app:other-secret@host:6379/0 and Bearer xyz.abc")
            OURS.warning("p_0123456789abcdef0123 and hunter2-password and %s", SECRETS[1])
            THEIRS.warning("task %r of %s", "Dana Miller", "p_0123456789abcdef0123")
            THEIRS.warning("hello dana@n.example\nexception=ValueError('Dana Miller')")
            try:
                int("Dana Miller")
            except ValueError:
                OURS.exception("it failed")
                THEIRS.exception("it failed")
        text = out.getvalue()
        for word in ("dana", "Dana", "Miller", "other-secret", "xyz", "p_0123", "hunter2", "chat-feed"):
            assert word not in text
        assert text.count("ValueError in test_logs.py") == 2
        assert text.count("tax#1") == 6


def test_libraries_speak_from_warning_on_and_we_from_the_level_set() -> None:
    """Below its level neither is heard, and a handler that a library brought is gone."""
    own = logging.StreamHandler(io.StringIO())
    THEIRS.addHandler(own)
    out = logged(level="WARNING")
    THEIRS.info("no")
    OURS.info("no")
    OURS.warning("yes")
    THEIRS.warning("yes too")
    assert [line["message"] for line in told(out)] == ["yes", "yes too"]
    assert own not in THEIRS.handlers


@given(st.text())
def test_one_event_is_one_line(text: str) -> None:
    """Whatever a message holds, a line of either form stays one line."""
    for as_json in (True, False):
        out = logged(as_json=as_json)
        OURS.warning("%s", text)
        assert len(out.getvalue().rstrip("\n").splitlines()) == 1
