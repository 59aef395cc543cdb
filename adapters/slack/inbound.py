"""What Slack delivers, as what it means for us: a tap, a form that was filled in, words to us. Pure, and never a fault.

What is not ours, or not in the shape that Slack documents, is None: it is acknowledged and left alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from adapters.slack.blocks import ASKS, FORM, Ref, parse_ref
from bot.domain.outreach import identity
from bot.domain.turn import LONGEST, SHORTCUT, Form, Given, Tap, Turn, Words
from bot.domain.value import Clean, Excerpt, clean

CHAT: Final = "slack"
"""What turns of Slack are called by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A button that opens a form; `trigger` opens one within three seconds, `place` is that of the message."""

    user: str
    ref: Ref
    trigger: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A user of the workspace who left, came back or changed, by their id and their address."""

    user: str
    alias: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command; `url` takes what is said later, `key` is the same however often it comes."""

    user: str
    called: str
    text: str
    url: str
    key: str


Name = Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
"""An id of Slack's: letters, numbers and signs on one line."""


class _Id(Excerpt):
    id: Name


class _Action(Excerpt):
    value: Clean = ""
    action_ts: Name
    action_id: Clean = ""


class _Container(Excerpt):
    channel_id: Name | None = None
    message_ts: Name | None = None


class _Actions(Excerpt):
    type: Literal["block_actions"]
    user: _Id
    team: _Id
    trigger_id: str = ""
    container: _Container = _Container()
    actions: tuple[_Action, ...] = Field(min_length=1)


class _Message(Excerpt):
    ts: Name
    blocks: list[Any] = Field(default_factory=list)


class _Shortcut(Excerpt):
    type: Literal["message_action"]
    callback_id: Literal["why", "feedback"]
    user: _Id
    team: _Id
    channel: _Id
    message: _Message
    action_ts: Name


class _State(Excerpt):
    values: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)


class _View(Excerpt):
    id: Name
    callback_id: str = ""
    private_metadata: Clean = ""
    state: _State = _State()


class _Submission(Excerpt):
    type: Literal["view_submission"]
    user: _Id
    team: _Id
    view: _View


class _Profile(Excerpt):
    email: Annotated[Clean, Field(max_length=200)] = ""


class _User(Excerpt):
    id: Name
    deleted: bool = False
    is_bot: bool = False
    profile: _Profile = _Profile()


class _Change(Excerpt):
    type: Literal["user_change"]
    user: _User


class _UserChange(Excerpt):
    type: Literal["event_callback"]
    event: _Change


class _Home(Excerpt):
    type: Literal["app_home_opened"]
    tab: Literal["home"]
    user: Name


class _HomeOpened(Excerpt):
    type: Literal["event_callback"]
    event: _Home


class _Command(Excerpt):
    command: Annotated[Clean, Field(pattern=r"^/", max_length=255)]
    text: Clean = ""
    user_id: Name
    team_id: Name = ""
    trigger_id: Name
    response_url: Clean = ""


class _Event(Excerpt):
    type: Literal["message"]
    channel_type: Literal["im"]
    user: Name
    channel: Name
    text: Annotated[Clean, Field(min_length=1)]
    ts: Name
    subtype: None = None
    bot_id: None = None


class _Callback(Excerpt):
    type: Literal["event_callback"]
    team_id: Name
    event: _Event


def read_tap(body: object, at: datetime) -> Turn | Asked | None:
    """Return the tap in a `block_actions` payload, or that it asks for a form; None where its button is none of ours."""
    try:
        read = _Actions.model_validate(body)
    except ValidationError:
        return None
    action, container = read.actions[0], read.container
    ref = parse_ref(action.value)
    if ref is None:
        return None
    place = f"{container.channel_id}:{container.message_ts}" if container.channel_id and container.message_ts else ""
    if action.action_id.startswith(f"{ASKS}:"):
        return Asked(read.user.id, Ref(ref.delivery, ref.section, ref.choice, place), read.trigger_id)
    key = identity(read.team.id, read.user.id, action.action_ts, action.action_id)
    what = Tap(delivery=ref.delivery, section=ref.section, choice=ref.choice)
    return Turn(key=key, chat=CHAT, user=read.user.id, place=place, what=what, at=at)


def read_shortcut(body: object, at: datetime) -> Turn | None:
    """Return the shortcut at a message in a `message_action` payload; at a message without buttons it is about the last."""
    try:
        read = _Shortcut.model_validate(body)
    except ValidationError:
        return None
    ref = next((ref for value in _values(read.message.blocks) if (ref := parse_ref(value)) and ref.delivery), None)
    key = identity(read.team.id, read.user.id, read.action_ts, read.callback_id)
    # A shortcut is offered at every message, wherever it stands: where it is none of ours the answer goes to them alone.
    place = f"{read.channel.id}:{read.message.ts}" if ref else ""
    what: Tap | Words = Words(text=read.callback_id)
    if ref is not None:
        what = Tap(delivery=ref.delivery, section=ref.section, choice=f"{SHORTCUT}{read.callback_id}")
    return Turn(key=key, chat=CHAT, user=read.user.id, place=place, what=what, at=at)


def _values(blocks: object) -> Iterator[str]:
    """Yield the value of everything in blocks that has one."""
    if isinstance(blocks, dict):
        if isinstance(blocks.get("value"), str):
            yield blocks["value"]
        for part in blocks.values():
            yield from _values(part)
    elif isinstance(blocks, list):
        for part in blocks:
            yield from _values(part)


def read_form(body: object, at: datetime) -> Turn | None:
    """Return the form in a `view_submission` payload; None where it is none of ours."""
    try:
        read = _Submission.model_validate(body)
    except ValidationError:
        return None
    ref = parse_ref(read.view.private_metadata) if read.view.callback_id == FORM else None
    if ref is None:
        return None
    given = {name: value for name, element in read.view.state.values.items() if (value := _value(element)) is not None}
    what = Form(delivery=ref.delivery, section=ref.section, choice=ref.choice, values=given)
    key = identity(read.team.id, read.view.id)
    return Turn(key=key, chat=CHAT, user=read.user.id, place=ref.place, what=what, at=at)


def read_words(body: object, at: datetime) -> Turn | None:
    """Return the words in a `message` event of direct messages; None where a bot, an edit or a channel speaks."""
    try:
        read = _Callback.model_validate(body)
    except ValidationError:
        return None
    event = read.event
    key = identity(read.team_id, event.channel, event.ts)
    place = f"{event.channel}:{event.ts}"
    return Turn(key=key, chat=CHAT, user=event.user, place=place, what=Words(text=event.text[:LONGEST]), at=at)


def read_home(body: object) -> str | None:
    """Return the user who turned to the home tab in an `app_home_opened` event; None for the other tabs."""
    try:
        return _HomeOpened.model_validate(body).event.user
    except ValidationError:
        return None


def read_change(body: object) -> Changed | None:
    """Return who left or came back in a `user_change` event; None for bots."""
    try:
        read = _UserChange.model_validate(body)
    except ValidationError:
        return None
    user = read.event.user
    return None if user.is_bot else Changed(user.id, user.profile.email, user.deleted)


def read_command(body: object) -> Typed | None:
    """Return the slash command in a payload, or None."""
    try:
        read = _Command.model_validate(body)
    except ValidationError:
        return None
    key = identity(CHAT, read.team_id, read.user_id, read.trigger_id)
    return Typed(read.user_id, read.command, read.text[:LONGEST], read.response_url, key)


def _value(element: Mapping[str, Mapping[str, Any]]) -> Given | None:
    """Return what one input holds, by the kind of its element; None where it was left empty or is not understood."""
    for state in element.values():
        try:
            found = _read(state)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return None
        return None if found is None else Given.of(clean(found) if isinstance(found, str) else found)
    return None


def _read(state: Mapping[str, Any]) -> str | date | datetime | None:
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
