"""What Slack delivers, as what it means for us: a tap, a form that was filled in, words to us. Pure, and never a fault.

What is not ours, or not in the shape that Slack documents, is None: it is acknowledged and left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from adapters.slack.blocks import FORM, Ref, parse_ref
from bot.domain.outreach import identity
from bot.messages.answers import Value

LONGEST: Final = 4_000
"""Characters of words that are read; Slack lets people write 40,000."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of a message of ours. `trigger` opens a form for three seconds, `key` is the same however often it comes."""

    team: str
    user: str
    ref: Ref
    trigger: str
    key: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent, with its values by the names of the fields."""

    team: str
    user: str
    ref: Ref
    values: Mapping[str, Value]
    key: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words that somebody wrote to us in their direct messages."""

    team: str
    user: str
    channel: str
    text: str
    key: str


def _clean(text: str) -> str:
    """Return a text without halves of letters, which JSON can hold and nothing else."""
    return text.encode("utf-8", "replace").decode()


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


Name = Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
"""An id of Slack's: letters, numbers and signs on one line."""


class _Id(_Part):
    id: Name


class _Action(_Part):
    value: Annotated[str, AfterValidator(_clean)] = ""
    action_ts: Name
    action_id: Annotated[str, AfterValidator(_clean)] = ""


class _Actions(_Part):
    type: Literal["block_actions"]
    user: _Id
    team: _Id
    trigger_id: str = ""
    actions: tuple[_Action, ...] = Field(min_length=1)


class _State(_Part):
    values: dict[str, dict[str, dict[str, Any]]] = {}


class _View(_Part):
    id: Name
    callback_id: str = ""
    private_metadata: Annotated[str, AfterValidator(_clean)] = ""
    state: _State = _State()


class _Submission(_Part):
    type: Literal["view_submission"]
    user: _Id
    team: _Id
    view: _View


class _Event(_Part):
    type: Literal["message"]
    channel_type: Literal["im"]
    user: Name
    channel: Name
    text: Annotated[str, AfterValidator(_clean), Field(min_length=1)]
    ts: Name
    subtype: None = None
    bot_id: None = None


class _Callback(_Part):
    type: Literal["event_callback"]
    team_id: Name
    event: _Event


def read_tap(body: object) -> Tap | None:
    """Return the tap in a `block_actions` payload; None where its button is none of ours."""
    try:
        read = _Actions.model_validate(body)
    except ValidationError:
        return None
    action = read.actions[0]
    ref = parse_ref(action.value)
    if ref is None:
        return None
    key = identity("slack", read.team.id, read.user.id, action.action_ts, action.action_id)
    return Tap(read.team.id, read.user.id, ref, read.trigger_id, key)


def read_form(body: object) -> Filled | None:
    """Return the form in a `view_submission` payload; None where it is none of ours."""
    try:
        read = _Submission.model_validate(body)
    except ValidationError:
        return None
    ref = parse_ref(read.view.private_metadata) if read.view.callback_id == FORM else None
    if ref is None:
        return None
    given = {name: value for name, element in read.view.state.values.items() if (value := _value(element)) is not None}
    return Filled(read.team.id, read.user.id, ref, given, identity("slack", read.team.id, read.view.id))


def read_words(body: object) -> Said | None:
    """Return the words in a `message` event of direct messages; None where a bot, an edit or a channel speaks."""
    try:
        read = _Callback.model_validate(body)
    except ValidationError:
        return None
    event = read.event
    key = identity("slack", read.team_id, event.channel, event.ts)
    return Said(read.team_id, event.user, event.channel, _unescaped(event.text[:LONGEST]), key)


def _value(element: Mapping[str, Mapping[str, Any]]) -> Value | None:
    """Return what one input holds, by the kind of its element; None where it was left empty or is not understood."""
    for state in element.values():
        try:
            found = _read(state)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return None
        return _clean(found) if isinstance(found, str) else found
    return None


def _read(state: Mapping[str, Any]) -> Value | None:
    match state.get("type"):
        case "datepicker":
            return date.fromisoformat(state["selected_date"]) if state.get("selected_date") else None
        case "datetimepicker":
            at = state.get("selected_date_time")
            return datetime.fromtimestamp(int(at), UTC) if at else None
        case "users_select":
            return str(state["selected_user"]) if state.get("selected_user") else None
        case "radio_buttons" | "static_select":
            return str(state["selected_option"]["value"]) if state.get("selected_option") else None
        case "plain_text_input":
            return str(state["value"]) if state.get("value") else None
        case _:
            return None


def _unescaped(text: str) -> str:
    """Return words as they were written: Slack escapes three letters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
