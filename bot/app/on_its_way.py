"""What is to be asked of others in somebody's name and has not left: they may hold it, change it or take it back."""

from bot.app.cast import desk_of, read_cast
from bot.app.rules import Rules
from bot.domain.outreach import DeliveryState
from bot.domain.people import Person
from bot.messages.asks import About, on_its_way_section
from bot.messages.model import Section
from bot.policy.asking import leaves_on
from bot.policy.request_answer import held_request
from bot.ports import Ports

SENT = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})


async def on_its_way(ports: Ports, rules: Rules, person: Person) -> list[Section]:
    """Return a section for each wish that waits to leave in a pilot of which this person is the owner now, or that they made.

    Only pilots about which they were written to are looked at.
    """
    letters = await ports.outbox.of(person.id)
    told = {o.pilot for letter in letters if letter.state in SENT for o in letter.active if o.pilot}
    cases = await ports.cases.some(sorted(told))
    waiting = {p: s for p, s in cases.items() if not s.case.is_closed and held_request(s.case)}
    pilots = await ports.pilots.some(sorted(waiting))
    now = ports.clock.now()
    cast = await read_cast(ports, pilots, waiting, now.date())
    found = []
    for pilot in pilots:
        case, owner = waiting[pilot.id].case, cast.owner(pilot)
        request = held_request(case)
        if request is None or person.id in case.disowned:
            continue
        is_named = request.said_by == person.id and not request.by_lead
        if is_named or (owner is not None and owner.id == person.id):
            desk = desk_of(person, pilot, rules)
            today = desk.day(now)
            named = cast.people.get(request.said_by) if not request.by_lead else cast.named(pilot.owner)
            about = About(case, pilot.name, (named or person).name, today, desk.timezone)
            leaves = leaves_on(request, case, person.id, rules.calendar, desk.country, today)
            found.append(on_its_way_section(about, request.model_copy(update={"leaves_on": leaves}), rules.texts))
    return found
