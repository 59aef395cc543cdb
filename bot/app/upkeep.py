"""What the registry lacks is asked of whoever can fill it, in their message of the week, and answered in chat."""

from collections.abc import Sequence
from datetime import date

from bot.app.cast import Cast, read_cast
from bot.app.rules import Rules
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import DontKnow, FillGap, Reply, StopAsking
from bot.domain.upkeep import Field, Gap, gaps_of, parse_gap
from bot.messages.digest import Missing
from bot.messages.wording import LONGEST_NAME, shorten
from bot.policy.wishes import readable
from bot.ports import Ports

OF_LEADS = frozenset({Field.OWNER, Field.SPONSOR})
"""What a programme lead is asked for; the rest is the owner's to say."""


def missing(pilots: Sequence[Pilot], today: date, fields: frozenset[Field]) -> list[Missing]:
    """Return what these pilots lack of some fields, as a message tells it."""
    names = {p.id: p.name for p in pilots}
    gaps = [gap for pilot in pilots for gap in gaps_of(pilot, today) if gap.field in fields]
    return [Missing(gap.id, gap.pilot, names[gap.pilot], gap.field, _thing(gap, pilots)) for gap in gaps]


def _thing(gap: Gap, pilots: Sequence[Pilot]) -> str:
    """Name the dependency that nobody holds."""
    held = (d.kind for p in pilots if p.id == gap.pilot for d in p.dependencies if d.id == gap.dependency)
    return readable(next(held, ""))


async def answer_gap(reply: Reply, ports: Ports, rules: Rules) -> str:
    """Fill what the registry lacks by the answer of who was asked, and return what they are told."""
    said, gap = rules.texts.weekly.upkeep.receipts, parse_gap(reply.case_id)
    pilots = await ports.pilots.some([gap.pilot]) if gap else []
    if gap is None or not pilots:
        return said.over
    if isinstance(reply.answer, StopAsking):
        return rules.texts.receipts.stop_asking
    today = reply.received_at.date()
    cast = await read_cast(ports, pilots, {}, today)
    if reply.person not in _may_fill(gap, pilots[0], cast):
        return said.not_asked
    if gap not in gaps_of(pilots[0], today):
        return said.over
    if not isinstance(reply.answer, FillGap):
        return said.dont_know if isinstance(reply.answer, DontKnow) else said.over
    value = reply.answer.value
    if not gap.field.is_day:
        await ports.people.put([Person(id=ports.people.identify(value), name=value)])
    await ports.pilots.fill(gap, value)
    return said.filled.format(value=shorten(value, LONGEST_NAME), pilot=shorten(pilots[0].name, LONGEST_NAME))


def _may_fill(gap: Gap, pilot: Pilot, cast: Cast) -> set[str]:
    """Return the ids of those who may say it: the programme lead, and of what is the owner's to say the owner."""
    lead, owner = cast.named(pilot.programme_lead), cast.owner(pilot)
    wanted = (lead,) if gap.field in OF_LEADS else (owner, lead)
    return {one.id for one in wanted if one is not None}
