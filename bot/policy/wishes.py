"""From what an owner says is in the way to a wish: one person, one thing, one date; or a decision, or neither."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.ask import Request, RequestState, Thing
from bot.domain.calendar import Calendar
from bot.domain.case import Case
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.pilot import Dependency, Pilot
from bot.domain.reply import BlockedBy, Cause
from bot.policy.deadlines import local_day
from bot.policy.decisions import Recipient

MOST_OPEN: Final = 2
"""Wishes of one case at a time."""
OPEN_FOR: Final = timedelta(days=14)
"""A dependency that is open for longer is asked for without the owner having named it."""

KINDS: Final = {
    Cause.DATA: ("data",),
    Cause.APPROVAL: ("legal", "security", "approval", "procurement", "contract", "privacy", "permission"),
    Cause.PEOPLE: ("training", "people", "capacity"),
}
"""Words in the registry's kind of a dependency, by the cause they belong to."""


@dataclass(frozen=True, slots=True)
class Around:
    """Who stands around a pilot when something is in the way; ids of people, and the owner's clock and calendar."""

    owner: Recipient
    sponsor: str | None
    calendar: Calendar
    now: datetime

    def day(self) -> date:
        """Return the owner's present day."""
        return local_day(self.now, self.owner)


def wish(
    case: Case, answer: BlockedBy, named: str | None, thing: Thing, around: Around, since: date | None = None
) -> Request | OpenDecision | None:
    """Return what follows from an answer; `named` is the id of the person it names, empty when nobody knows them.

    `since` is the day since which the registry has it open, where the registry makes the wish.

    None where a person looks at it (targets), where nobody was named, or where it is the owner's own to clear.
    """
    if answer.cause is Cause.TARGETS or answer.person is None or named == around.owner.person:
        return None
    if named and named == around.sponsor:
        return decision(case, OpenedBy.SPONSOR_HOLDS_IT, around, thing.words)
    book = case.playbook
    country, today = around.owner.country, around.day()
    return Request(
        person=named or "",
        name=answer.person,
        thing=thing,
        due=_due(answer, case, around),
        since=since or today,
        made_at=around.now,
        from_registry=since is not None,
        said_by="" if since else around.owner.person,
        leaves_on=around.calendar.add_working_days(country, today, book.preview_wd),
        loop=case.loop,
        state=RequestState.SHOWN if named else RequestState.UNSENT,
    )


def _due(answer: BlockedBy, case: Case, around: Around) -> date:
    """Return the day by which it is asked for: as said, but for days that leave no time to answer."""
    country, today, book = around.owner.country, around.day(), case.playbook
    soonest = around.calendar.add_working_days(country, today, book.preview_wd + 2)
    usual = around.calendar.add_working_days(country, today, book.ask_due_wd)
    return max(answer.until, soonest) if answer.until else usual


def decision(case: Case, why: OpenedBy, around: Around, thing: str = "") -> OpenDecision:
    """Return a decision that opens now, hoped for in the playbook's working days."""
    due = around.calendar.add_working_days(around.owner.country, around.day(), case.playbook.decision_wd)
    return OpenDecision(opened_by=why, opened_at=around.now, due=due, thing=thing)


def dependency_for(pilot: Pilot, cause: Cause, words: str | None) -> Dependency | None:
    """Return the open dependency of the registry that an answer means: by its own words, else the only one of its cause."""
    waiting = [d for d in pilot.dependencies if d.done_on is None]
    if words:
        said = [d for d in waiting if readable(d.kind).casefold() == words.casefold()]
        return said[0] if len(said) == 1 else None
    alike = [d for d in waiting if any(kind in d.kind.casefold() for kind in KINDS.get(cause, ()))]
    return alike[0] if len(alike) == 1 else None


def thing_of(dependency: Dependency) -> Thing:
    """Return what is waited for where the registry has it as a dependency."""
    return Thing(kind=dependency.kind, words=readable(dependency.kind), dependency=dependency.id)


def readable(kind: str) -> str:
    """Return a registry's kind of dependency as words."""
    return " ".join(kind.replace("_", " ").replace("-", " ").split())


def from_registry(case: Case, pilot: Pilot, people: dict[str, str], around: Around) -> Request | None:
    """Return the wish that the registry makes by itself: its oldest dependency that has been open for long.

    `people` gives the id of each holder whom we can write to, by how the registry names them. A dependency that was
    asked for in this loop, or whose holder is the owner or the sponsor, is left aside.
    """
    today, known = around.day(), {r.thing.dependency for r in case.requests if r.loop == case.loop}
    for one in sorted(pilot.dependencies, key=lambda d: (d.since or date.max, d.id)):
        holder = people.get(one.holder or "")
        is_old = one.done_on is None and one.since is not None and today - one.since > OPEN_FOR
        if is_old and holder and one.id not in known and holder not in {around.owner.person, around.sponsor}:
            answer = BlockedBy(cause=Cause.OTHER, person=one.holder, until=None)
            made = wish(case, answer, holder, thing_of(one), around, one.since)
            return made if isinstance(made, Request) else None
    return None
