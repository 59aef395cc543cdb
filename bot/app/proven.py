"""Whoever taps at a message has it: a send of which nobody knew whether it arrived is known by the first tap at it."""

from typing import Final

from bot.app.asks import note_sent
from bot.app.chats import BETWEEN
from bot.domain.outreach import Delivery, DeliveryState
from bot.domain.turn import Form, Tap, Turn
from bot.ports import Ports

IN_DOUBT: Final = frozenset({DeliveryState.SENDING, DeliveryState.UNKNOWN})


async def prove(delivery: Delivery, turn: Turn, ports: Ports) -> None:
    """Record that a delivery arrived, and where, since somebody did something at it; what is shown elsewhere proves nothing."""
    is_at_it = isinstance(turn.what, Tap | Form) and turn.what.sent
    if not is_at_it or delivery.state not in IN_DOUBT or delivery.token is None:
        return
    now, ref = ports.clock.now(), f"{turn.chat}{BETWEEN}{turn.place}" if turn.place else ""
    if await ports.outbox.settle(delivery, token=delivery.token, state=DeliveryState.SENT, now=now, ref=ref):
        await note_sent(delivery, ports, now)
