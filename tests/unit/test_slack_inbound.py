"""What Slack delivers: ours is understood, everything else is left alone, and nothing of it is a fault."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_payloads import mutated, payloads_of_others

from adapters.slack.blocks import FORM, Ref
from adapters.slack.inbound import Asked, read_form, read_tap, read_words
from bot.domain.turn import LONGEST, Form, Given, Tap, Turn, Words

REF = Ref("d1", "tax#1:", "blocked")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
READERS = (read_tap, read_form, read_words)
MUTATIONS = 6_000


def tapped(value: str = REF.to_value(), **changes: object) -> dict[str, Any]:
    """Return a tap as Slack delivers one."""
    action = {"type": "button", "action_id": "choice:blocked", "value": value, "action_ts": "1.2"}
    body = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "team": {"id": "T1"},
        "trigger_id": "3.4",
        "container": {"type": "message", "message_ts": "7.8", "channel_id": "D1"},
        "actions": [action],
    }
    return body | changes


def submitted(values: dict[str, Any], callback: str = FORM, metadata: str = REF.to_value()) -> dict[str, Any]:
    """Return a form as Slack delivers one, with the state of each input by its name."""
    state = {"values": {name: {name: element} for name, element in values.items()}}
    view = {"id": "V1", "callback_id": callback, "private_metadata": metadata, "state": state}
    return {"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": view}


def written(**changes: object) -> dict[str, Any]:
    """Return a direct message as Slack delivers one."""
    event = {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "text": "on track", "ts": "5.6"}
    return {"type": "event_callback", "team_id": "T1", "event": event | changes}


def test_a_tap_is_one_however_often_it_comes() -> None:
    """Button, person and moment make its key; another moment is another tap."""
    tap = read_tap(tapped(), NOW)
    assert isinstance(tap, Turn)
    assert (tap.chat, tap.user, tap.place) == ("slack", "U1", "D1:7.8")
    assert tap.what == Tap(delivery="d1", section="tax#1:", choice="blocked")
    again, later = read_tap(tapped(), NOW), tapped()
    later["actions"][0]["action_ts"] = "1.3"
    assert again == tap
    found = read_tap(later, NOW)
    assert isinstance(found, Turn)
    assert found.key != tap.key


def test_a_button_whose_answer_needs_details_asks_for_a_form() -> None:
    """It is no answer yet: it opens a form, which knows where it was asked for."""
    body = tapped()
    body["actions"][0]["action_id"] = "asks:blocked"
    assert read_tap(body, NOW) == Asked("U1", Ref("d1", "tax#1:", "blocked", "D1:7.8"), "3.4")
    assert isinstance(read_tap(tapped(container={}), NOW), Turn)


def test_a_form_gives_its_values() -> None:
    """Days, moments, people, options and words come as what they are; what was left empty is not there."""
    form = read_form(
        submitted(
            {
                "until": {"type": "datepicker", "selected_date": "2026-03-20"},
                "at": {"type": "datetimepicker", "selected_date_time": 1773306000},
                "person": {"type": "users_select", "selected_user": "U2"},
                "cause": {"type": "radio_buttons", "selected_option": {"value": "data"}},
                "second": {"type": "static_select", "selected_option": {"value": "legal"}},
                "thing": {"type": "plain_text_input", "value": "the ledger"},
                "line": {"type": "plain_text_input", "value": None},
                "due": {"type": "datepicker", "selected_date": None},
                "odd": {"type": "datepicker", "selected_date": "tomorrow"},
                "other": {"type": "file_input", "files": []},
            },
            metadata=Ref("d1", "tax#1:", "blocked", "D1:7.8").to_value(),
        ),
        NOW,
    )
    assert form is not None
    assert isinstance(form.what, Form)
    assert (form.place, form.what.delivery, form.what.section, form.what.choice) == (
        "D1:7.8",
        "d1",
        "tax#1:",
        "blocked",
    )
    assert form.what.values == {
        "until": Given(day=date(2026, 3, 20)),
        "at": Given(at=datetime(2026, 3, 12, 9, 0, tzinfo=UTC)),
        "person": Given(text="U2"),
        "cause": Given(text="data"),
        "second": Given(text="legal"),
        "thing": Given(text="the ledger"),
    }


def test_words_are_those_of_a_person_in_their_direct_messages() -> None:
    """Channels, bots, edits and empty ones are not for us, and a letter is read as far as we read."""
    said = read_words(written(text="blocked by R&amp;D"), NOW)
    assert said is not None
    assert (said.user, said.place, said.what) == ("U1", "D1:5.6", Words(text="blocked by R&amp;D"))
    for changes in ({"channel_type": "channel"}, {"bot_id": "B1"}, {"subtype": "message_changed"}, {"text": ""}):
        assert read_words(written(**changes), NOW) is None
    long = read_words(written(text="x" * 40_000), NOW)
    assert long is not None
    assert isinstance(long.what, Words)
    assert len(long.what.text) == LONGEST


@pytest.mark.parametrize(
    "body",
    [
        tapped(value="click_me_123"),
        tapped(actions=[]),
        tapped(user=None),
        tapped(team={}),
        submitted({}, callback="view-id"),
        submitted({}, metadata="This is for you!"),
        None,
        [],
        "x",
        {"type": "block_actions"},
    ],
)
def test_what_is_not_ours_is_left_alone(body: object) -> None:
    """Buttons and forms of others, and whatever has no shape, are nothing."""
    assert [reader(body, NOW) for reader in READERS] == [None, None, None]


def test_payloads_of_others_are_left_alone() -> None:
    """Real payloads that are not about us are understood as nothing."""
    for body in payloads_of_others():
        assert [reader(body, NOW) for reader in READERS] == [None, None, None]


def test_no_mutated_payload_is_a_fault() -> None:
    """Of thousands of payloads with something broken each is understood or left alone."""
    dice = random.Random(6)  # noqa: S311  the same payloads each time
    pickers = {
        "a": {"type": "datetimepicker", "selected_date_time": 9},
        "b": {"type": "users_select", "selected_user": "U"},
    }
    whole = [tapped(), submitted(pickers), written()]
    for n in range(MUTATIONS):
        body = mutated(whole[n % 3], dice)
        found = [reader(body, NOW) for reader in READERS]
        assert sum(one is not None for one in found) <= 1


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_nothing_or_ours(body: object) -> None:
    """No JSON is a fault."""
    assert [reader(body, NOW) for reader in READERS] == [None, None, None]
