"""What Teams delivers, as what it means for us: a tap, a form, words, a command, or where somebody can be reached.

Pure, and never a fault: what is not ours, or not in the shape that Microsoft documents, is None, and is left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from bot.domain.calendar import is_zone
from bot.domain.outreach import identity
from bot.domain.turn import LONGEST, Tap, Turn, Words
from bot.domain.value import Clean, Excerpt

CHAT: Final = "teams"
"""What turns of Teams are called by."""
PERSONAL: Final = "personal"
BETWEEN: Final = "|"
"""Stands in a place between the conversation and the message: in no id of either."""
CARD: Final = "adaptiveCard/action"
FETCH: Final = "task/fetch"
SUBMIT: Final = "task/submit"


GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""How Entra tells people by; a registry may write them so."""


Id = Annotated[str, Field(pattern=r"^[!-{}~]{1,500}$")]
"""An id of Microsoft's: letters, numbers and signs on one line."""
Guid = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]
"""What Entra tells people and tenants by."""


class _Account(Excerpt):
    id: Id
    aad_object_id: Guid | None = Field(None, alias="aadObjectId")
    name: Clean = ""


class _Conversation(Excerpt):
    id: Id
    tenant_id: Guid | None = Field(None, alias="tenantId")
    kind: str = Field("", alias="conversationType")
    """Where it is not told, others may read along."""


class _Tenant(Excerpt):
    id: Guid


class _ChannelData(Excerpt):
    tenant: _Tenant | None = None


class _Recipient(Excerpt):
    id: Id
    is_targeted: bool = Field(default=False, alias="isTargeted")


class _Mentioned(Excerpt):
    id: Clean = ""
    name: Clean = ""


class _Entity(Excerpt):
    type: str = ""
    timezone: str | None = None
    mentioned: _Mentioned = _Mentioned()
    text: Clean = ""


class Activity(Excerpt):
    """What every activity of a person holds."""

    type: Clean
    id: Id
    channel: Literal["msteams"] = Field(alias="channelId")
    service_url: Id = Field(alias="serviceUrl")
    sender: _Account = Field(alias="from")
    recipient: _Recipient
    conversation: _Conversation
    channel_data: _ChannelData | None = Field(None, alias="channelData")
    reply_to: Id | None = Field(None, alias="replyToId")
    text: Clean = ""
    value: Any = None
    name: Clean = ""
    action: Clean = ""
    zone: str | None = Field(None, alias="localTimezone")
    entities: tuple[_Entity, ...] = ()

    @property
    def user(self) -> str | None:
        """Return who Entra says they are; None for guests of other clouds and for connectors."""
        return self.sender.aad_object_id

    @property
    def is_personal(self) -> bool:
        """Whether it was done in the chat of one person with us."""
        return self.conversation.kind == PERSONAL

    @property
    def place(self) -> str:
        """Return the message it was done at, or the conversation."""
        return f"{self.conversation.id}{BETWEEN}{self.reply_to or ''}"

    @property
    def key(self) -> str:
        """Return what is the same however often it is delivered: ids of activities are unique in a conversation only."""
        return identity(self.conversation.id, self.id)

    @property
    def timezone(self) -> str | None:
        """Return the time zone of who did it, where it is one."""
        told = (self.zone, *(one.timezone for one in self.entities if one.type == "clientInfo"))
        return next((zone for zone in told if zone and is_zone(zone)), None)


def read_activity(body: object) -> Activity | None:
    """Return an activity of Teams, or None where the body is none."""
    try:
        return Activity.model_validate(body)
    except ValidationError:
        return None


def tenant_of(body: Mapping[str, Any]) -> str:
    """Return the tenant that an activity names, empty where it names none."""
    data, conversation = body.get("channelData"), body.get("conversation")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    named = tenant.get("id") if isinstance(tenant, dict) else None
    if named is None and isinstance(conversation, dict):
        named = conversation.get("tenantId")
    return named if isinstance(named, str) else ""


MENTIONED: Final = re.compile(r"<@(?P<user>[!-;=?A-~]{1,500})>")
"""How a text of ours holds a member whom it mentions, until their address is known."""


READ: Final = 4 * LONGEST
"""Letters of a text that are read, with the names of whom it mentions: more than a turn holds, for spaces go."""
MOST_MARKS: Final = 20
"""Mentions of a text that are read."""
LONGEST_MARK: Final = 600
"""Letters of a mention as it stands in the text, and of what stands for it: a name has 256 at the most, an id 500."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, as it was typed without what it is called by; members whom it mentions are held as MENTIONED."""

    text: str


class _Ref(Excerpt):
    delivery: Clean
    section: Clean
    choice: Clean = ""
    place: Clean = ""
    sent: bool = False


class _Action(Excerpt):
    verb: Literal["answer"]
    data: _Ref


class _Execute(Excerpt):
    action: _Action


class _Dialog(Excerpt):
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog that is opened or sent: the choice whose details it asks, what was filled in, and the message behind it."""

    tap: Tap
    place: str
    values: Mapping[str, Any]


def read_tap(activity: Activity, at: datetime) -> Turn | None:
    """Return the tap in a card's action, executed or submitted; None where it is none of ours."""
    try:
        if activity.type == "invoke":
            ref = _Execute.model_validate(activity.value).action.data
        else:
            ref = _Ref.model_validate(activity.value)
    except ValidationError:
        return None
    what = Tap(delivery=ref.delivery, section=ref.section, choice=ref.choice, sent=ref.sent)
    return _turn(activity, what, at)


def read_dialog(activity: Activity) -> Dialog | None:
    """Return the dialog of a `task/fetch` or `task/submit`; None where it is none of ours."""
    try:
        data = _Dialog.model_validate(activity.value).data
        ref = _Ref.model_validate(data)
    except ValidationError:
        return None
    tap = Tap(delivery=ref.delivery, section=ref.section, choice=ref.choice, sent=ref.sent)
    # What a client sends is no proof of where it stood: only a message of this very conversation can be meant.
    is_here = ref.place.partition(BETWEEN)[0] == activity.conversation.id
    return Dialog(tap, ref.place if is_here else activity.place, data)


def read_words(activity: Activity, at: datetime, commands: frozenset[str], called: str) -> Turn | Typed | None:
    """Return what somebody wrote: a command, words to us, or None where nothing is left of it.

    A command begins with a slash, with what commands are called by, or is one in a chat of several, where we read
    nothing else.
    """
    plain = " ".join(_without_marks(activity, keeps=not activity.is_personal).split())
    if not plain:  # called by name and told nothing: they want to know what we can do
        return Typed("") if any(_is_ours(one, activity) for one in activity.entities) else None
    bare = plain.removeprefix("/").strip()
    first, _, rest = bare.partition(" ")
    if first.casefold() == called:
        return Typed(rest)
    is_command = any(bare.casefold() == name or bare.casefold().startswith(f"{name} ") for name in commands)
    if plain.startswith("/") or activity.recipient.is_targeted or not activity.is_personal:
        return Typed(bare)
    if is_command and first.casefold() in PLAIN:
        return Typed(bare)
    return _turn(activity, Words(text=plain[:LONGEST]), at)


def _without_marks(activity: Activity, *, keeps: bool) -> str:
    """Return what was written without the mention of us; others are named, or where it `keeps` them held as MENTIONED."""
    marks: dict[str, str] = {}
    for one in activity.entities:
        if one.type == "mention" and 0 < len(one.text) <= LONGEST_MARK and len(marks) < MOST_MARKS:
            other = f"<@{one.mentioned.id}>" if keeps else one.mentioned.name
            marks.setdefault(one.text, " " if _is_ours(one, activity) else f" {other[:LONGEST_MARK]} ")
    text = activity.text[:READ]
    if not marks:
        return text
    any_mark = re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)))
    # In one pass, so that nothing is looked for in what stands for a mention.
    return any_mark.sub(lambda found: marks[found[0]], text, count=MOST_MARKS)[:READ]


def _is_ours(one: _Entity, activity: Activity) -> bool:
    """Whether this is a mention of us."""
    return one.type == "mention" and one.mentioned.id == activity.recipient.id


PLAIN: Final = frozenset({"list", "status", "settings", "preview", "sources", "golive", "resume", "mydata"})
"""Commands that nobody means as an answer, so that they may be typed without anything before them."""


def _turn(activity: Activity, what: Tap | Words, at: datetime) -> Turn | None:
    if activity.user is None:
        return None
    return Turn(key=activity.key, chat=CHAT, user=activity.user, place=activity.place, what=what, at=at)
