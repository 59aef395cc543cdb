"""Outreach becomes deliveries, and of these it is settled what leaves this moment and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.app.asks import ask_for
from bot.app.cast import Cast, desk_of, read_cast
from bot.app.rules import Rules
from bot.domain.ask import Ask
from bot.domain.outreach import OF_WEEKLIES, Delivery, DeliveryState, Outreach, Role, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode
from bot.domain.weekly import Weekly, WeeklyState, parse_weekly_id
from bot.messages.digest import says_something
from bot.messages.model import Message, Section
from bot.policy.budget import WEEK
from bot.policy.departure import first_chance
from bot.policy.item_effects import fewer
from bot.policy.withdrawal import still_holds
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
        standing = await ports.outbox.standing([outreach.recipient], outreach.decided_at - WEEK)
        budget, desk = standing[outreach.recipient].budget(outreach.role), desk_of(person, pilot, rules)
        if outreach.step is Step.UNBLOCK:
            await ask_for(outreach, ports, outreach.decided_at)
        day = desk.day(outreach.decided_at)
        limits = fewer(rules.playbook.budgets, person.preferences, day) if person else rules.playbook.budgets
        due_at = first_chance(budget, outreach.decided_at, limits, desk)
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

    cast: Cast
    pilots: Mapping[str, Pilot]
    cases: Mapping[str, StoredCase]
    asks: Mapping[tuple[str, str], Ask]
    """What deliveries ask for, by person and thing."""
    weeklies: Mapping[str, Weekly]
    """Weekly messages that deliveries carry, by id."""

    def pilot_of(self, outreach: Outreach) -> Pilot | None:
        """Return the pilot by whose clock and country somebody is written to; of a weekly message the first it tells of."""
        weekly = self.weeklies.get(outreach.case_id)
        told = [s.pilot for s in Message.from_stored(weekly.message).sections] if weekly else [outreach.pilot]
        return next((self.pilots[one] for one in told if one in self.pilots), None)

    @property
    def people(self) -> Mapping[str, Person]:
        """Return everybody who was read, by id."""
        return self.cast.people


async def read_known(deliveries: Sequence[Delivery], ports: Ports) -> Known:
    """Read people, pilots and cases that these deliveries are about."""
    wanted = [(d.recipient, o.thing) for d in deliveries for o in d.active if o.thing and o.role is Role.UNBLOCKER]
    asks = {key: stored.ask for key, stored in (await ports.asks.some(wanted)).items()}
    # A message about one thing tells of every pilot that waits for it.
    about = {o.pilot for d in deliveries for o in d.active if o.pilot}
    about |= {w.pilot for a in asks.values() for w in a.waiting}
    weeklies = await _weeklies(deliveries, ports)
    about |= {s.pilot for w in weeklies.values() for s in Message.from_stored(w.message).sections if s.pilot}
    pilots = await ports.pilots.some(sorted(about))
    cases = await ports.cases.some(sorted(about))
    cast = await read_cast(ports, pilots, cases, ports.clock.now().date())
    more = {d.recipient for d in deliveries} | {w.person for w in weeklies.values()}
    others = await ports.people.some(sorted(more - cast.people.keys()))
    return Known(replace(cast, people={**cast.people, **others}), {p.id: p for p in pilots}, cases, asks, weeklies)


async def _weeklies(deliveries: Sequence[Delivery], ports: Ports) -> dict[str, Weekly]:
    """Read the weekly messages that deliveries carry."""
    ids = {o.case_id for d in deliveries for o in d.active if o.step in OF_WEEKLIES}
    people = {known[1] for one in ids if (known := parse_weekly_id(one))}
    owned = await ports.weeklies.of(sorted(people))
    return {w.id: w for weeklies in owned.values() for w in weeklies if w.id in ids and w.message}


async def _later(delivery: Delivery, known: Known, ports: Ports, rules: Rules, now: datetime) -> datetime | None:
    """Return when to try again when now is outside the hours or the day's ramp is full, else None.

    What is not to be said any more takes no place: it goes on to be dropped.
    """
    person = known.people.get(delivery.recipient)
    held = [o for o in delivery.active if _holds(o, known)]
    if delivery.state is not DeliveryState.QUEUED or not held:
        return None
    desk = desk_of(person, known.pilot_of(held[0]), rules)
    opens = desk.next_open(now)
    if opens > now:
        return opens
    if not any(o.step is Step.NUDGE for o in held):
        return None
    limit = known.cases[held[0].pilot].case.playbook.budgets.ramp_owners_per_day
    return None if await ports.outbox.reserve(now.date(), delivery.id, limit) else desk.tomorrow(now)


def _holds(outreach: Outreach, known: Known) -> bool:
    is_known = outreach.pilot in known.pilots or outreach.step in OF_WEEKLIES
    return is_known and why_not(outreach, known) is None


def why_not(outreach: Outreach, known: Known) -> str | None:
    """Return why this is not to be said any more, or None while it is."""
    person, pilot = known.people.get(outreach.recipient), known.pilots.get(outreach.pilot)
    if person is None or person.is_silent:
        return "no longer to be sent"
    if outreach.step in OF_WEEKLIES:
        return _why_not_weekly(outreach, known.weeklies.get(outreach.case_id), known)
    ask = known.asks.get((outreach.recipient, outreach.thing or ""))
    if (
        outreach.step is Step.UNBLOCK
        and ask is not None
        and ask.takes_more(known.cast.today)
        and ask.sent_at is not None
    ):
        return "they were asked for it already"
    owner = known.cast.owner(pilot) if pilot else None
    sponsor = known.cast.sponsor(pilot) if pilot else None
    stored = known.cases.get(outreach.pilot)
    return still_holds(
        stored.case if stored else None, outreach, owner.id if owner else None, sponsor.id if sponsor else None
    )


def settled(message: Message, known: Known) -> set[str]:
    """Return the ids of cases in a weekly message whose decision was taken, or taken back, since it was made."""
    return {s.case_id for s in message.sections if s.pilot and not _is_undecided(s, known)}


def _is_undecided(section: Section, known: Known) -> bool:
    stored = known.cases.get(section.pilot)
    return stored is not None and stored.case.id == section.case_id and stored.case.decision is not None


def _why_not_weekly(outreach: Outreach, weekly: Weekly | None, known: Known) -> str | None:
    """Return why a weekly message is not to be sent, or not to be shown to whoever reads it first."""
    if weekly is None:
        return "there is no such weekly message"
    if outreach.step is Step.REVIEW:
        return None if weekly.waits and weekly.reviewer == outreach.recipient else "it is settled"
    if weekly.state is not WeeklyState.READY:
        return "it was not released"
    if outreach.step is not Step.DIGEST or weekly.note:
        return None
    message = Message.from_stored(weekly.message)
    return None if says_something(message, settled(message, known)) else "nothing is left to tell"
