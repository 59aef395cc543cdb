"""The one place that knows Microsoft's library: what it describes on the wire, and its pipeline. Another one goes here.

Of botbuilder-core only what does no I/O is used; its own adapters, connector and token checks have faults that nobody
mends any more (ADR 16). It comes without types, so nothing of it leaves this module.
"""

from typing import Any, Final

from botbuilder.core import (  # type: ignore[import-untyped]  # botbuilder has no types
    BotAdapter,
    CardFactory,
    MessageFactory,
    TurnContext,
)
from botbuilder.schema import (  # type: ignore[import-untyped]  # as above
    Activity,
    ChannelAccount,
    ConversationAccount,
    ConversationReference,
    ResourceResponse,
)

from adapters.teams.cards import Card
from adapters.teams.connector import Address, Connector
from adapters.teams.directory import BOT, USER
from bot.domain.reference import Reference

CHANNEL: Final = "msteams"
TARGETED: Final = "stickshaker.targeted"
CARD: Final = "stickshaker.card"
OURS: Final = frozenset({"serviceUrl", "replyToId", "id"})
"""What the library adds and nobody asked for: where it is posted to is in the address, and it makes up the others."""


def card_to(reference: Reference, at: Address, card: Card, summary: str) -> dict[str, Any]:
    """Return the activity that shows somebody a card, with the words that a notification shows."""
    return _shown(_addressed(_noted(summary), reference, at), card)


def words_to(reference: Reference, at: Address, text: str, *, is_targeted: bool = False) -> dict[str, Any]:
    """Return the activity that says something to somebody; a targeted one only they see."""
    body = _addressed(MessageFactory.text(text), reference, at)
    return _targeted(body) if is_targeted else body


async def reply(connector: Connector, body: dict[str, Any], card: Card, summary: str, *, is_targeted: bool) -> None:
    """Answer an activity with a card in its conversation; a targeted one only its author sees."""
    context = TurnContext(_Adapter(connector), _incoming(body))
    context.turn_state[TARGETED], context.turn_state[CARD] = is_targeted, card

    async def say(turn: Any) -> None:  # noqa: ANN401  a TurnContext, which has no type
        await turn.send_activity(_noted(summary))

    await context.adapter.run_pipeline(context, say)


class _Adapter(BotAdapter):  # type: ignore[misc]  # as above
    """Microsoft's pipeline over our connector."""

    def __init__(self, connector: Connector) -> None:
        super().__init__()
        self._connector = connector

    async def send_activities(self, context: Any, activities: list[Any]) -> list[Any]:  # noqa: ANN401  as above
        """Post each into the conversation of the turn."""
        is_targeted = bool(context.turn_state.get(TARGETED))
        found = []
        for activity in activities:
            at = Address(context.activity.service_url, activity.conversation.id)
            body = _shown(_serialised(activity), context.turn_state[CARD])
            body = _targeted(body) if is_targeted else body
            found.append(ResourceResponse(id=await self._connector.post(at, body, is_targeted=is_targeted)))
        return found

    async def update_activity(self, context: Any, activity: Any) -> Any:  # noqa: ANN401  as above
        """Put an activity into the place of another."""
        at = Address(context.activity.service_url, activity.conversation.id)
        await self._connector.put(at, activity.id, _serialised(activity))
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: Any, reference: Any) -> None:  # noqa: ANN401  as above
        """Take an activity away."""
        at = Address(context.activity.service_url, reference.conversation.id)
        await self._connector.delete(at, reference.activity_id)


def _incoming(body: dict[str, Any]) -> Any:  # noqa: ANN401  as above
    """Return as much of an activity as an answer is addressed by: the library is slow to read what nobody asks it for."""
    told = {name: body.get(name) for name in ("channelId", "serviceUrl", "locale", "conversation")}
    told |= {"user": body.get("from"), "bot": body.get("recipient"), "activityId": body.get("id")}
    known = ConversationReference().deserialize(told)
    return TurnContext.apply_conversation_reference(Activity(type=body.get("type")), known, is_incoming=True)


def _noted(summary: str) -> Any:  # noqa: ANN401  as above
    """Return an activity with an empty card."""
    activity = MessageFactory.attachment(CardFactory.adaptive_card({}))
    activity.summary = summary
    return activity


def _shown(body: dict[str, Any], card: Card) -> dict[str, Any]:
    """Return an activity with its card, which is put in last: the library would copy it and write it out bit by bit."""
    (attachment,) = body["attachments"]
    return body | {"attachments": [attachment | {"content": card}]}


def _addressed(activity: Any, reference: Reference, at: Address) -> dict[str, Any]:  # noqa: ANN401  as above
    """Return an activity as it is posted: from us, to them, in this conversation."""
    known = ConversationReference(
        user=ChannelAccount(id=reference.address[USER], aad_object_id=reference.user),
        bot=ChannelAccount(id=reference.address[BOT]),
        conversation=ConversationAccount(id=at.conversation),
        channel_id=CHANNEL,
        service_url=at.service_url,
    )
    return _serialised(TurnContext.apply_conversation_reference(activity, known))


def _serialised(activity: Any) -> dict[str, Any]:  # noqa: ANN401  as above
    return {key: value for key, value in _written(activity).items() if key not in OURS}


def _written(part: Any) -> Any:  # noqa: ANN401  as above
    """Return what is set of a model, as it goes on the wire: the library's own `serialize` takes ten times as long over all that is not."""
    if isinstance(part, list):
        return [_written(one) for one in part]
    fields = getattr(part, "_attribute_map", None)
    if fields is None:
        return part
    found = ((told["key"], getattr(part, name)) for name, told in fields.items())
    return {key: _written(value) for key, value in found if value is not None}


def _targeted(body: dict[str, Any]) -> dict[str, Any]:
    """Return an activity for its recipient alone: the library's models know no such mark, and drop it."""
    return body | {"recipient": body.get("recipient", {}) | {"isTargeted": True}}
