"""An admin's word on deliveries that came to nothing, or of which nobody knows whether they arrived."""

from typing import Final

from bot.domain.audit import AuditEntry
from bot.domain.outreach import Delivery, DeliveryState
from bot.errors import InputError, NotFound
from bot.ports import Ports

LEAST_OF_ID: Final = 4
"""Characters of an id that must be typed, so that a slip of the finger names nothing."""

CAN_DROP: Final = frozenset({DeliveryState.QUEUED, DeliveryState.UNKNOWN, DeliveryState.DEAD})


async def letter(delivery_id: str, ports: Ports) -> Delivery:
    """Return the delivery of this id, or whose id alone begins so; raises NotFound or InputError."""
    if len(delivery_id) < LEAST_OF_ID:
        msg = f"'{delivery_id}' is too short for an id; write at least {LEAST_OF_ID} characters of it."
        raise InputError(msg)
    # What is in trouble is few, and nearly always what is meant.
    for held in (await ports.dead_letters.all(), await ports.outbox.all()):
        found = [d for d in held if d.id.startswith(delivery_id)]
        if len(found) > 1:
            msg = f"{len(found)} messages have an id that begins with '{delivery_id}'; write more of it."
            raise InputError(msg)
        if found:
            return found[0]
    msg = f"There is no message '{delivery_id}'; `stickshaker letters` lists those that did not get through."
    raise NotFound(msg)


async def retry(delivery: Delivery, ports: Ports, who: str, *, may_arrive_twice: bool = False) -> bool:
    """Queue a delivery once more; False when somebody else moved it meanwhile.

    Raises InputError where there is nothing to send again, or where it could arrive twice and nobody said yes to that.
    """
    if delivery.state not in {DeliveryState.DEAD, DeliveryState.UNKNOWN}:
        msg = f"Message {delivery.id} is {delivery.state.value}: only what is dead or unknown can be sent once more."
        raise InputError(msg)
    if delivery.state is DeliveryState.UNKNOWN and not may_arrive_twice:
        msg = (
            f"Nobody knows whether message {delivery.id} arrived: look into the chat first, then add "
            "--yes-it-may-arrive-twice, or end it with `stickshaker drop`."
        )
        raise InputError(msg)
    entry = _entry(ports, who, "delivery queued again by an admin", delivery, delivery.reason or "")
    return await _moved(await ports.dead_letters.retry(delivery, entry), delivery, ports)


async def drop(delivery: Delivery, ports: Ports, who: str, why: str) -> bool:
    """Give a delivery up for good, for a reason; False when somebody else moved it meanwhile.

    What it said is not asked anew: its cases go onto the programme lead's list. Raises InputError for a reason of
    no words, and for a delivery that has ended or is being sent.
    """
    if not why.strip():
        msg = "--why is empty; say in a few words why this message is given up: it is kept in the trail."
        raise InputError(msg)
    if delivery.state not in CAN_DROP:
        msg = f"Message {delivery.id} is {delivery.state.value}: only what is queued, unknown or dead can be dropped."
        raise InputError(msg)
    entry = _entry(ports, who, "delivery dropped by an admin", delivery, why.strip())
    return await _moved(await ports.dead_letters.drop(delivery, entry), delivery, ports)


async def _moved(is_done: bool, delivery: Delivery, ports: Ports) -> bool:  # noqa: FBT001  the answer of the store
    """Have the pilots looked at, so that their cases learn of it."""
    if is_done:
        await ports.touched.note([o.pilot for o in delivery.outreach])
    return is_done


def _entry(ports: Ports, who: str, what: str, delivery: Delivery, why: str) -> AuditEntry:
    return AuditEntry(at=ports.clock.now(), who=who, what=what, before=delivery.state.value, after=delivery.id, why=why)
