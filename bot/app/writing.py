"""What a delivery says: each outreach becomes a section, and what asks one person for one thing becomes one."""

from collections.abc import Sequence
from datetime import datetime

from bot.app.cast import desk_of
from bot.app.dispatch import Known, settled
from bot.app.rules import Rules
from bot.app.weekly import shown
from bot.domain.ask import Request, RequestState, Waiting
from bot.domain.case import Case
from bot.domain.outreach import OF_WEEKLIES, Outreach, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.messages import asks
from bot.messages.compose import compose, owner_choices, section
from bot.messages.digest import digest_review, without_decided
from bot.messages.model import Message, Section
from bot.messages.plain import to_plain
from bot.policy.asking import leaves_on
from bot.policy.telling import news_since


class Writer:
    """Writes the sections of one delivery to one person, from what was read for it."""

    def __init__(self, known: Known, person: Person, rules: Rules, now: datetime) -> None:
        """Write to this person as of now."""
        self._known, self._person, self._rules, self._now = known, person, rules, now

    def message(self, held: Sequence[Outreach]) -> Message:
        """Return the message of a delivery; weekly ones were written when they were made."""
        weekly = [self._weekly(one) for one in held if one.step in OF_WEEKLIES]
        if not weekly:
            return compose(self.sections(held), self._rules.texts)
        first, *others = weekly
        return (
            first.model_copy(
                update={
                    "body": tuple(part for one in weekly for part in one.body),
                    "sections": tuple(part for one in weekly for part in one.sections),
                    "more": next((one.more for one in weekly if one.more), None),
                }
            )
            if others
            else first
        )

    def _weekly(self, outreach: Outreach) -> Message:
        """Return a weekly message without what was decided meanwhile, or the look at one before it leaves."""
        weekly, texts = self._known.weeklies[outreach.case_id], self._rules.texts
        message = shown(weekly)
        if outreach.step is not Step.REVIEW:
            return without_decided(message, settled(message, self._known), texts.weekly)
        zone = desk_of(self._person, None, self._rules)
        today = zone.day(self._now)
        due = self._rules.calendar.add_working_days(zone.country, today, self._rules.playbook.lead_look_wd)
        sponsor = self._known.people.get(weekly.person)
        name = sponsor.name if sponsor else ""
        return digest_review(to_plain(message), name, weekly.week, texts.weekly, digest=weekly.id, due=due, today=today)

    def sections(self, held: Sequence[Outreach]) -> list[tuple[Step, Section]]:
        """Return a section for each outreach; several about one thing are told once, in the place of the first."""
        found: list[tuple[Step, Section]] = []
        told: set[tuple[Step, str]] = set()
        for one in held:
            if one.step in {Step.UNBLOCK, Step.UNBLOCK_CHECK} and one.thing is not None:
                if (one.step, one.thing) in told:
                    continue
                told.add((one.step, one.thing))
            found.append((one.step, self._section(one)))
        return found

    def _section(self, outreach: Outreach) -> Section:
        pilot, case, texts = self._known.pilots[outreach.pilot], self._case(outreach.pilot), self._rules.texts
        about, request = self._about(pilot, case), self._request(case, outreach)
        if outreach.step is Step.TOLD:
            onward = self._leaving(self._onward(case, request), case, pilot)
            told = self._about(pilot, case, onward)
            return asks.told(told, request, owner_choices(case, Step.NUDGE, texts), texts)
        if outreach.step is Step.DECISION:
            return asks.decision(about, texts)
        if request is not None and outreach.step in {Step.UNBLOCK, Step.UNBLOCK_CHECK, Step.THANKS}:
            write = {Step.UNBLOCK: asks.unblock, Step.UNBLOCK_CHECK: asks.unblock_check, Step.THANKS: asks.thanks}
            return write[outreach.step](self._for_ask(about, request, outreach), request, texts)
        zone = desk_of(self._person, pilot, self._rules).timezone
        return self._with_preview(section(case, outreach.step, pilot.name, texts, timezone=zone), about, outreach.step)

    def _with_preview(self, said: Section, about: asks.About, step: Step) -> Section:
        """Show with a first question what the registry alone has us ask of somebody else."""
        shown = [r for r in about.case.requests if r.state is RequestState.SHOWN and r.from_registry]
        if step is not Step.NUDGE or not shown:
            return said
        preview = self._rules.texts.others.preview
        told = preview.from_registry.format(name=shown[-1].name, thing=shown[-1].thing.words)
        text = asks.quoted(asks.unblock(about, shown[-1], self._rules.texts))
        return said.model_copy(update={"quote": f"{told}\n{text}"})

    def _case(self, pilot: str) -> Case:
        return self._known.cases[pilot].case

    def _request(self, case: Case, outreach: Outreach) -> Request | None:
        """Return the wish that an outreach is about: to its recipient, or told to an owner."""
        about = [r for r in case.requests if r.thing.key == outreach.thing]
        mine = [r for r in about if r.person == outreach.recipient]
        if outreach.step is Step.TOLD:
            fresh = [(since, r) for r in about if (since := news_since(r))]
            return max(fresh, key=lambda one: one[0])[1] if fresh else None
        return mine[-1] if mine else None

    def _onward(self, case: Case, request: Request | None) -> Request | None:
        """Return the wish that followed one which somebody else holds, or that the programme lead made."""
        if request is not None and request.state is RequestState.SHOWN:
            return request
        if request is None or request.state is not RequestState.ELSEWHERE:
            return None
        later = [r for r in case.requests if r.thing.key == request.thing.key and r.hops > request.hops]
        return later[-1] if later else None

    def _leaving(self, onward: Request | None, case: Case, pilot: Pilot) -> Request | None:
        """Return a wish with the day on which it leaves once its owner has read this."""
        if onward is None:
            return None
        desk = desk_of(self._person, pilot, self._rules)
        today = desk.day(self._now)
        day = leaves_on(onward, case, self._person.id, self._rules.calendar, desk.country, today)
        return onward.model_copy(update={"leaves_on": day})

    def _about(self, pilot: Pilot, case: Case, onward: Request | None = None) -> asks.About:
        desk, owner = desk_of(self._person, pilot, self._rules), self._known.cast.named(pilot.owner)
        return asks.About(
            case=case,
            pilot=pilot.name,
            owner=self._named_by(case) or (owner.name if owner else pilot.owner or ""),
            today=desk.day(self._now),
            timezone=desk.timezone,
            other=onward.name if onward else self._sponsor(pilot) if case.decision else "",
            onward=onward,
        )

    def _sponsor(self, pilot: Pilot) -> str:
        sponsor = self._known.cast.sponsor(pilot)
        return sponsor.name if sponsor else ""

    def _named_by(self, case: Case) -> str:
        """Return the name of whoever said last who can clear the way: an owner, or who stood in for one."""
        said = [r.said_by for r in case.requests if r.said_by and not r.by_lead]
        person = self._known.people.get(said[-1]) if said else None
        return person.name if person else ""

    def _for_ask(self, about: asks.About, request: Request, outreach: Outreach) -> asks.About:
        """Name every pilot that waits for the same thing of the same person and still does."""
        ask = self._known.asks.get((outreach.recipient, request.thing.key))
        waiting = [w for w in ask.waiting if self._waits(w, outreach)] if ask else []
        names = {self._known.pilots[w.pilot].name for w in waiting} | {about.pilot}
        lines = [(self._named_by(self._case(w.pilot)) or about.owner, w.line) for w in waiting if w.line]
        return asks.About(
            case=about.case,
            pilot=about.pilot,
            owner=about.owner,
            today=about.today,
            timezone=about.timezone,
            waiting=tuple(sorted(names)),
            lines=tuple((who, line) for who, line in lines if line) if len(names) > 1 else (),
        )

    def _waits(self, waiting: Waiting, outreach: Outreach) -> bool:
        """Whether a case that joined an Ask waits for it."""
        stored = self._known.cases.get(waiting.pilot)
        if stored is None or stored.case.id != waiting.case_id or waiting.pilot not in self._known.pilots:
            return False
        wishes = (r for r in stored.case.requests if r.key == (outreach.recipient, outreach.thing))
        return not stored.case.is_closed and any(r.is_live for r in wishes)
