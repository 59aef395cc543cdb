"""Outreach becomes deliveries, and of these it is settled what leaves this moment and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.app.replies import desk_of
from bot.app.rules import Rules
from bot.domain.outreach import Delivery, DeliveryState, Outreach, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode
from bot.policy.budget import WEEK, Budget
from bot.policy.decide import still_holds
from bot.policy.departure import first_chance
from bot.ports import Ports, StoredCase


async def relay(ports: Ports, rules: Rules) -> int:
    """Put pending outreach into deliveries and return how many; cut off anywhere, the next pass goes on.

    While the organisation is not live no delivery is made.
    """
    done = 0
    if rules.mode(await ports.settings.read()) is not Mode.LIVE:
        return done
    for outreach in await ports.cases.pending():
        pilot, person = await ports.pilots.get(outreach.pilot), await ports.people.get(outreach.recipient)
        claimed = await ports.outbox.budget(outreach.recipient, outreach.decided_at - WEEK)
        budget, desk = Budget(tuple(claimed)), desk_of(person, pilot, rules)
        due_at = first_chance(budget, outreach.decided_at, rules.playbook.budgets, desk)
        await ports.outbox.accept(outreach, due_at)
        await ports.cases.relayed(outreach)
        done += 1
    return done


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come, and the workspace it goes through (empty when nobody knows the person)."""

    delivery: Delivery
    workspace: str


async def due_now(ports: Ports, rules: Rules, most: int | None = None) -> list[Due]:
    """Return what may leave this moment or is to be looked after, the worst first, and put off everything else.

    Hours and the places of the day's ramp are given here, in one order, so that it makes no difference
    how many work on what is returned. `most` bounds what is returned; the rest is due at the next call.
    """
    if rules.mode(await ports.settings.read()) is not Mode.LIVE:
        return []
    now = ports.clock.now()
    due = (await ports.outbox.due(now))[:most]
    known = await read_known(due, ports)
    ready = []
    for delivery in due:
        later = await _later(delivery, known, ports, rules, now)
        if later is None:
            person = known.people.get(delivery.recipient)
            ready.append(Due(delivery, ports.messenger.workspace(person) if person else ""))
        else:
            await ports.outbox.postpone(delivery, later)
    return ready


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for a batch of deliveries, in as many questions as there are kinds of it."""

    people: Mapping[str, Person]
    pilots: Mapping[str, Pilot]
    cases: Mapping[str, StoredCase]


async def read_known(deliveries: Sequence[Delivery], ports: Ports) -> Known:
    """Read people, pilots and cases that these deliveries are about."""
    about = sorted({o.pilot for d in deliveries for o in d.active})
    return Known(
        people=await ports.people.some(sorted({d.recipient for d in deliveries})),
        pilots={p.id: p for p in await ports.pilots.some(about)},
        cases=await ports.cases.some(about),
    )


async def _later(delivery: Delivery, known: Known, ports: Ports, rules: Rules, now: datetime) -> datetime | None:
    """Return when to try again when now is outside the hours or the day's ramp is full, else None.

    What is not to be said any more takes no place: it goes on to be dropped.
    """
    person = known.people.get(delivery.recipient)
    held = [o for o in delivery.active if _holds(o, known, person, ports)]
    if delivery.state is not DeliveryState.QUEUED or not held:
        return None
    desk = desk_of(person, known.pilots[held[0].pilot], rules)
    opens = desk.next_open(now)
    if opens > now:
        return opens
    if not any(o.step is Step.NUDGE for o in held):
        return None
    limit = known.cases[held[0].pilot].case.playbook.budgets.ramp_owners_per_day
    return None if await ports.outbox.reserve(now.date(), delivery.id, limit) else desk.tomorrow(now)


def _holds(outreach: Outreach, known: Known, person: Person | None, ports: Ports) -> bool:
    pilot, stored = known.pilots.get(outreach.pilot), known.cases.get(outreach.pilot)
    return pilot is not None and why_not(outreach, stored, pilot, person, ports) is None


def why_not(
    outreach: Outreach, stored: StoredCase | None, pilot: Pilot | None, person: Person | None, ports: Ports
) -> str | None:
    """Return why this is not to be said any more, or None while it is."""
    if person is None or person.opted_out:
        return "no longer to be sent"
    owner = ports.people.identify(pilot.owner) if pilot and pilot.owner else None
    case = stored.case if stored else None
    return still_holds(case, outreach.case_id, outreach.step, outreach.recipient, owner)
