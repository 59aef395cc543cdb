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
OURS: Final = frozenset({"serviceUrl", "replyToId", "id"})
"""What the library adds and nobody asked for: where it is posted to is in the address, and it makes up the others."""


def card_to(reference: Reference, at: Address, card: Card, summary: str) -> dict[str, Any]:
    """Return the activity that shows somebody a card, with the words that a notification shows."""
    return _addressed(_with_card(card, summary), reference, at)


def words_to(reference: Reference, at: Address, text: str, *, is_targeted: bool = False) -> dict[str, Any]:
    """Return the activity that says something to somebody; a targeted one only they see."""
    body = _addressed(MessageFactory.text(text), reference, at)
    return _targeted(body) if is_targeted else body


async def reply(connector: Connector, body: dict[str, Any], card: Card, summary: str, *, is_targeted: bool) -> None:
    """Answer an activity with a card in its conversation; a targeted one only its author sees."""
    context = TurnContext(_Adapter(connector), Activity().deserialize(body))
    context.turn_state[TARGETED] = is_targeted

    async def say(turn: Any) -> None:  # noqa: ANN401  a TurnContext, which has no type
        await turn.send_activity(_with_card(card, summary))

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
            body = _serialised(activity)
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


def _with_card(card: Card, summary: str) -> Any:  # noqa: ANN401  as above
    activity = MessageFactory.attachment(CardFactory.adaptive_card(card))
    activity.summary = summary
    return activity


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
    return {key: value for key, value in activity.serialize().items() if key not in OURS}


def _targeted(body: dict[str, Any]) -> dict[str, Any]:
    """Return an activity for its recipient alone: the library's models know no such mark, and drop it."""
    return body | {"recipient": body.get("recipient", {}) | {"isTargeted": True}}
