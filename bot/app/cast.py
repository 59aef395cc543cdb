"""Who stands around a pilot: its owner or whoever stands in, its sponsor, and those who can clear the way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.app.rules import Rules
from bot.domain.ask import Ask
from bot.domain.case import Case
from bot.domain.outreach import Role
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.outgoing import Standing
from bot.policy.budget import WEEK, Budget
from bot.policy.decisions import Others, Recipient
from bot.policy.departure import Desk
from bot.ports import Ports, StoredCase


def clock_of(person: Person | None, pilot: Pilot | None, rules: Rules) -> tuple[str, str | None]:
    """Return timezone and country of a person about a pilot: their own, else the pilot's, else the setting."""
    zone = (person.timezone if person else None) or (pilot.timezone if pilot else None) or rules.timezone
    return zone, (person.country if person else None) or (pilot.country if pilot else None)


def desk_of(person: Person | None, pilot: Pilot | None, rules: Rules) -> Desk:
    """Return by which clock, calendar and hours a person is written to about a pilot."""
    zone, country = clock_of(person, pilot, rules)
    return Desk(zone, country, rules.hours, rules.calendar, person.preferences.hour if person else None)


def to_recipient(person: Person, pilot: Pilot, rules: Rules) -> Recipient:
    """Return somebody as policy sees them when a pilot is spoken of."""
    zone, country = clock_of(person, pilot, rules)
    own = person.preferences
    return Recipient(person.id, zone, country, person.is_silent, own.delegate, own.away_until, person.name)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody whom pilots name, as far as we know them, by id; `identify` gives the id behind a name."""

    people: Mapping[str, Person]
    identify: Callable[[str], str]
    today: date

    def named(self, name: str | None) -> Person | None:
        """Return the person behind a name of the registry."""
        return self.people.get(self.identify(name)) if name else None

    def owner(self, pilot: Pilot) -> Person | None:
        """Return whom a pilot's owner is: who stands in when they have left, or want no messages and named somebody.

        For an owner who has left without a delegate it's the programme lead.
        """
        person = self.named(pilot.owner)
        has_left = _has_left(person, pilot.owner_left, self.today)
        if person is None or has_left:
            return self._delegate(person) or (self.named(pilot.programme_lead) if has_left else None)
        return (self._delegate(person) or person) if person.opted_out or self._is_away(person) else person

    def sponsor(self, pilot: Pilot) -> Person | None:
        """Return a pilot's sponsor, or who stands in for one who is away or wants no messages; None where they left."""
        person = self.named(pilot.sponsor)
        if person is None or _has_left(person, pilot.sponsor_left, self.today):
            return self._delegate(person)
        return (self._delegate(person) or person) if person.opted_out or self._is_away(person) else person

    def _delegate(self, person: Person | None) -> Person | None:
        return self.people.get(person.preferences.delegate or "") if person else None

    def _is_away(self, person: Person) -> bool:
        away = person.preferences.away_until
        return away is not None and self.today < away


def _has_left(person: Person | None, left: date | None, today: date) -> bool:
    """Whether somebody is not there any more, by the registry or by the chat."""
    return (left is not None and left <= today) or (person is not None and person.gone_on is not None)


@dataclass(slots=True)
class Budgets:
    """What people got and will get, kept while a look asks one after the other."""

    standing: Mapping[str, Standing]
    queued: set[tuple[str, Role]] = field(default_factory=set)
    """For whom this look has asked something in a role: what it asks besides joins one message."""

    def of(self, person: str, role: Role = Role.OWNER) -> Budget:
        """Return the budget of one person in a role."""
        known = self.standing.get(person, Standing({}))
        budget = known.budget(role)
        return Budget(budget.claimed, budget.is_queued or (person, role) in self.queued, role, budget.in_role)


async def budgets(ports: Ports, people: Sequence[str], now: datetime) -> Budgets:
    """Read what these people got in a week and what is queued for them."""
    return Budgets(await ports.outbox.standing(people, now - WEEK))


def names_of(pilots: Sequence[Pilot]) -> Iterator[str]:
    """Yield everybody whom pilots name, as they name them."""
    for pilot in pilots:
        holders = (d.holder for d in pilot.dependencies if d.done_on is None)
        yield from (name for name in (pilot.owner, pilot.sponsor, pilot.programme_lead, *holders) if name)


def asked_of(cases: Mapping[str, StoredCase]) -> Iterator[tuple[str, str]]:
    """Yield person and thing of every wish of open cases."""
    for stored in cases.values():
        if not stored.case.is_closed:
            yield from (r.key for r in stored.case.requests if r.person)


def sayers_of(cases: Mapping[str, StoredCase]) -> Iterator[str]:
    """Yield the ids of those who named somebody to ask."""
    yield from (r.said_by for stored in cases.values() for r in stored.case.requests if r.said_by)


async def read_cast(ports: Ports, pilots: Sequence[Pilot], cases: Mapping[str, StoredCase], today: date) -> Cast:
    """Read everybody whom these pilots name or who is asked about them, and who stands in for those."""
    ids = {ports.people.identify(name) for name in names_of(pilots)} | {person for person, _ in asked_of(cases)}
    ids |= set(sayers_of(cases))
    people = await ports.people.some(sorted(ids))
    delegates = {p.preferences.delegate for p in people.values() if p.preferences.delegate} - people.keys()
    return Cast(people | await ports.people.some(sorted(delegates)), ports.people.identify, today)


def others_of(
    pilot: Pilot, case: Case, cast: Cast, budgets: Budgets, asks: Mapping[tuple[str, str], Ask], rules: Rules
) -> Others:
    """Return everybody but the owner who may be written to about a case."""
    sponsor = cast.sponsor(pilot)
    wanted = {r.person for r in case.requests} | ({sponsor.id} if sponsor else set())
    known = [cast.people[one] for one in wanted if one in cast.people]
    known += [cast.people[d] for p in known if (d := p.preferences.delegate) and d in cast.people]
    return Others(
        people={p.id: to_recipient(p, pilot, rules) for p in known},
        budget=budgets.of,
        asks=asks,
        met=frozenset(d.id for d in pilot.dependencies if d.done_on and d.done_on <= cast.today),
        sponsor=sponsor.id if sponsor else None,
    )
