"""The questions that wait for a person, from what was sent to them and how things stand now."""

from dataclasses import dataclass
from datetime import datetime

from bot.app.follow_ups import items_put
from bot.app.on_its_way import on_its_way
from bot.app.rules import Rules
from bot.domain.case import Case
from bot.domain.outreach import Delivery, DeliveryState, Role
from bot.domain.people import Person
from bot.domain.upkeep import gaps_of
from bot.domain.weekly import parse_weekly_id
from bot.messages.follow_ups import feedback_section, to_message
from bot.messages.model import Message, Section
from bot.ports import Ports

SENT = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits for a person: what was said, in which delivery, about which case."""

    delivery: Delivery
    message: Message
    section: Section

    @property
    def letter(self) -> tuple[str, str]:
        """Return what several questions have in common that are shown in one message."""
        return self.delivery.id, self.message.kind


@dataclass(frozen=True, slots=True)
class Letters:
    """What was sent to a person: the questions that wait, the newest of each case, and what asks nothing any more."""

    waiting: tuple[Waiting, ...]
    past: tuple[tuple[Delivery, Section], ...]


async def letters_of(ports: Ports, rules: Rules, person: Person) -> Letters:
    """Return what was sent to a person, oldest first, and what of it still waits for them."""
    waiting: dict[str, Waiting] = {}
    past: list[tuple[Delivery, Section]] = []
    last: dict[str, Delivery] = {}
    for delivery in await ports.outbox.of(person.id):
        if delivery.state not in SENT or delivery.message is None:
            continue
        message = Message.from_stored(delivery.message)
        last |= dict.fromkeys((o.pilot for o in delivery.active), delivery)
        for section in message.sections:
            if await waits(ports, delivery, section, person.id):
                waiting[section.key] = Waiting(delivery, message, section)
            else:
                past.append((delivery, section))
    for section in await on_its_way(ports, rules, person):
        if section.pilot in last:
            waiting[section.key] = Waiting(last[section.pilot], to_message(section, rules.texts), section)
    return Letters(tuple(waiting.values()), tuple(past))


async def waits(ports: Ports, delivery: Delivery, section: Section, person: str) -> bool:
    """Whether the question of a section still waits for an answer of this person."""
    if section.fills is not None:
        pilot = await ports.pilots.get(section.pilot)
        return pilot is not None and section.case_id in {gap.id for gap in gaps_of(pilot, ports.clock.now().date())}
    if section.reviews:
        return await _is_unread(ports, section, person)
    stored = await ports.cases.get(section.pilot) if section.pilot else None
    if section.question is None or stored is None or stored.case.id != section.case_id or stored.case.is_closed:
        return False
    if section.looks:
        return stored.case.listed_on is not None
    answered, sent = _answered_at(stored.case, section, person), delivery.claimed_at
    return answered is None or sent is None or answered < sent


async def _is_unread(ports: Ports, section: Section, person: str) -> bool:
    """Whether a weekly message that was shown to this person waits for its release."""
    known = parse_weekly_id(section.case_id)
    owned = (await ports.weeklies.of([known[1]]))[known[1]] if known else []
    return any(one.id == section.case_id and one.waits and one.reviewer == person for one in owned)


def _answered_at(case: Case, section: Section, person: str) -> datetime | None:
    """Return when the question of a section was answered last: by the owner, by who was asked, or by the sponsor."""
    if section.thing is not None:
        said = [r.said_at for r in case.requests if r.key == (person, section.thing) and r.said_at]
        return max(said, default=None)
    if section.asks is not None:
        return case.decided[-1].at if case.decided and case.decision is None else None
    return case.answered_at


@dataclass(frozen=True, slots=True)
class Question:
    """A section of a message, or what followed it, and as what it is answered."""

    section: Section
    role: Role


async def question_at(ports: Ports, rules: Rules, person: Person, delivery: Delivery, key: str) -> Question | None:
    """Return the section of this key at a delivery, whether it still waits or not.

    It stands in the message itself; or it is feedback on it, what is on its way in the pilot's name, or the item that
    followed an answer to it.
    """
    sections = Message.from_stored(delivery.message).sections if delivery.message else ()
    for section in sections:
        feedback = feedback_section(section, rules.texts, rules.texts.follow_ups)
        found = next((one for one in (section, feedback) if one.key == key), None)
        if found is not None:
            return Question(found, section.role)
    following = [*await on_its_way(ports, rules, person)]
    cases = {section.case_id: section for section in sections if section.pilot}
    for section in cases.values():
        following += await items_put(ports, rules, person, section)
    return next((Question(one, one.role) for one in following if one.key == key), None)
