"""Why did somebody not get a message? The whole way of it, part by part, from the switch to the chat."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.app.cast import budgets, desk_of
from bot.app.look import Facts, Verdict, gather, owner_of, written_to
from bot.app.overview import person_by_name
from bot.app.rules import Rules
from bot.app.stops import RUN, Mark, Stop, delivery_stop, quiet_stop
from bot.app.sweep import judge
from bot.app.undelivered import LEAST_OF_ID
from bot.domain.case import Asked, Case
from bot.domain.finding import OWNER_KINDS, Finding
from bot.domain.outreach import Delivery, DeliveryState
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.settings import Mode
from bot.errors import NotFound
from bot.policy.budget import WEEK
from bot.policy.departure import Desk
from bot.ports import Ports, Round

SILENT_AFTER: Final = timedelta(minutes=3)
"""A process with jobs ends a round of the frequent ones at least so often."""
FED_WITHIN: Final = timedelta(days=90)
"""How far back it is looked for the source that feeds a pilot."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The way of what there is to say about one pilot to one person, part by part."""

    pilot: str
    person: str | None
    stops: tuple[Stop, ...]

    @property
    def stop(self) -> Stop | None:
        """The first part that is not passed."""
        return next((s for s in self.stops if s.mark is not Mark.OK), None)

    @property
    def is_stuck(self) -> bool:
        """Whether it stops where somebody has to do something."""
        return self.stop is not None and self.stop.mark is Mark.STUCK


@dataclass(frozen=True, slots=True)
class Report:
    """What concerns everybody, and the ways that were asked for; without a question, those that are stuck."""

    common: tuple[Stop, ...]
    diagnoses: tuple[Diagnosis, ...]

    @property
    def needs_somebody(self) -> bool:
        """Whether anything is stuck."""
        return any(s.mark is Mark.STUCK for s in self.common) or any(d.is_stuck for d in self.diagnoses)


async def examine(about: str | None, ports: Ports, rules: Rules, now: datetime) -> Report:
    """Follow a pilot by its id, a message by how its id begins, or a person by name; without a word, what is stuck.

    Stores nothing. Raises NotFound where the word is none of these.
    """
    common = (_switch(rules, (await ports.settings.read()).mode), _jobs(await ports.rounds.last(), now))
    if about is None:
        found = await _follow(None, None, ports, rules, now)
        # Who wants no messages is told to who asks about them, and to nobody in a list of everybody.
        return Report(common, tuple(d for d in found if d.is_stuck and all(s.what != "person" for s in d.stops)))
    ids, delivery = await _meant(about, ports)
    return Report(common, tuple(await _follow(ids, delivery, ports, rules, now)))


async def _meant(about: str, ports: Ports) -> tuple[list[str], Delivery | None]:
    """Return the pilots a word is about, and the message where it is one."""
    if await ports.pilots.get(about) is not None:
        return [about], None
    held = [d for d in await ports.outbox.all() if len(about) >= LEAST_OF_ID and d.id.startswith(about)]
    if len(held) == 1:
        return sorted({o.pilot for o in held[0].outreach}), held[0]
    try:
        person = await person_by_name(about, ports)
    except NotFound as fault:
        msg = f"There is no pilot, message or person '{about}': write a pilot's id, how a message's id begins, or a name. {fault}"
        raise NotFound(msg) from fault
    owned = [p.id for p in await ports.pilots.all() if p.owner and ports.people.identify(p.owner) == person.id]
    asked = {o.pilot for d in await ports.outbox.of(person.id) for o in d.outreach}
    if not owned and not asked:
        msg = f"{person.name} owns no pilot and was never written to: messages go to owners."
        raise NotFound(msg)
    return sorted({*owned, *asked}), None


def _switch(rules: Rules, mode: Mode) -> Stop:
    if not rules.may_send:
        return Stop(
            "switch", Mark.STUCK, "STICKSHAKER_MODE=shadow keeps this process from sending.", "Unset it where it runs."
        )
    if mode is Mode.LIVE:
        return Stop("switch", Mark.OK, "Live.")
    remedy = "`stickshaker golive` lets messages leave." if mode is Mode.SHADOW else "`stickshaker resume` ends it."
    says = "Shadow mode: nothing is sent." if mode is Mode.SHADOW else "Paused: nothing is sent."
    return Stop("switch", Mark.STUCK, says, remedy)


def _jobs(last: dict[str, Round], now: datetime) -> Stop:
    """Say whether a process with jobs is there, by the last round of any."""
    if not last:
        return Stop("jobs", Mark.OK, "No process that stays up has run here; `stickshaker sweep` does the work.")
    newest = max(last.values(), key=lambda r: r.ended_at)
    ago = now - newest.ended_at
    if ago > SILENT_AFTER:
        says = f"The last round of any job ended {newest.ended_at:%Y-%m-%d %H:%M} UTC: no process with jobs runs."
        return Stop("jobs", Mark.STUCK, says, RUN)
    return Stop(
        "jobs", Mark.OK, f"A process is at work: its last round ended {max(0, int(ago.total_seconds()))} s ago."
    )


async def _follow(
    ids: Sequence[str] | None, delivery: Delivery | None, ports: Ports, rules: Rules, now: datetime
) -> list[Diagnosis]:
    facts = await gather(ports, rules, now, ids)
    owners = {p.id: owner_of(p, facts.cast, rules) for p in facts.pilots}
    held = await budgets(ports, sorted(written_to(facts, owners)), now)
    live = rules.mode(await ports.settings.read()) is Mode.LIVE
    verdicts = {v.pilot.id: v for v in judge(facts, owners, held, rules, now, live=live)}
    pending = {o.id for o in await ports.cases.pending()}
    feeds = await _feeds(facts, ports, now)
    return [
        await _Way(facts, pilot, verdicts.get(pilot.id), pending, feeds.get(pilot.id), ports, rules, now).diagnose(
            delivery
        )
        for pilot in facts.pilots
    ]


async def _feeds(facts: Facts, ports: Ports, now: datetime) -> dict[str, str | None]:
    """Return the source that feeds each pilot of late."""
    last = now.date() - timedelta(days=1)
    names = [p.id for p in facts.pilots]
    window = await ports.telemetry.window(names, last - FED_WITHIN, last)
    return {name: window.feed(row, window.days - 1) for row, name in enumerate(names)}


@dataclass(frozen=True, slots=True)
class _Way:
    """The way of one pilot's message."""

    facts: Facts
    pilot: Pilot
    verdict: Verdict | None
    pending: Collection[str]
    feed: str | None
    ports: Ports
    rules: Rules
    now: datetime

    async def diagnose(self, delivery: Delivery | None) -> Diagnosis:
        """Follow it from the registry to the chat; with a delivery, that one and its recipient."""
        person = await self._recipient(delivery)
        stops = [self._telemetry(), self._found(), self._person(person)]
        stored = self.verdict.stored if self.verdict else None
        stops += await self._said(stored.case if stored else None, person, delivery)
        return Diagnosis(self.pilot.id, person.name if person else None, tuple(stops))

    async def _recipient(self, delivery: Delivery | None) -> Person | None:
        if delivery is not None:
            return await self.ports.people.get(delivery.recipient)
        return self.facts.cast.owner(self.pilot)

    def _person(self, person: Person | None) -> Stop:
        if person is None:
            says = f"The registry names no owner of pilot {self.pilot.id}."
            return Stop("registry", Mark.STUCK, says, "Name an owner in the registry and load it.")
        if person.opted_out:
            remedy = "Speak to them yourself; `stickshaker optin` is for their own word only."
            return Stop("person", Mark.STUCK, f"{person.name} wants no messages.", remedy)
        if person.gone_on is not None:
            remedy = "Name somebody else in the registry, or mend their address there."
            return Stop(
                "person", Mark.STUCK, f"The chat knows nobody called {person.name} since {person.gone_on}.", remedy
            )
        return Stop("registry", Mark.OK, f"Pilot {self.pilot.id}, for {person.name}.")

    def _telemetry(self) -> Stop:
        judged = self.facts.detection.judged_through.get(self.pilot.id)
        status = next((s for s in self.facts.sources if s.source == self.feed), None)
        if status is None:
            says = "No use of it is known of late: only what the registry tells can be found."
            return Stop("telemetry", Mark.OK, says)
        if status.is_late(self.now.date()):
            says = f"Source {status.source} is late: its newest day is {status.newest_day or 'none'}."
            # What the registry tells needs no days of use.
            mark = Mark.OK if self._holds() else Mark.STUCK
            return Stop("telemetry", mark, says, "" if mark is Mark.OK else "Load newer days, or raise its --lag.")
        return Stop("telemetry", Mark.OK, f"Fed by {status.source}, judged up to {judged or 'no day yet'}.")

    def _holds(self) -> bool:
        return any(f.is_open and not f.suspended for f in self._open())

    def _open(self) -> list[Finding]:
        return [f for f in self.facts.findings.get(self.pilot.id, ()) if f.is_open and f.kind in OWNER_KINDS]

    def _found(self) -> Stop:
        found = self._open()
        if not found:
            remedy = (
                f"Nothing: there is nothing to say. `stickshaker status {self.pilot.id}` tells what was found before."
            )
            return Stop("finding", Mark.WAITS, "Nothing that an owner is asked about is found in it now.", remedy)
        kinds = ", ".join(f"{f.kind.value} since {f.onset}" for f in found)
        return Stop("finding", Mark.OK, f"Found: {kinds}.")

    async def _said(self, case: Case | None, person: Person | None, delivery: Delivery | None) -> list[Stop]:
        """Say what was decided, what became of it, and why nothing more is said now."""
        desk = desk_of(person, self.pilot, self.rules)
        asked = self._asked(case, person) if delivery is None else None
        if delivery is None and asked is not None:
            held = await self.ports.outbox.holding([(asked.person, asked.outreach)])
            delivery = held.get(asked.outreach)
        stops = [self._case(case)] if case else []
        if asked is not None and delivery is None:
            stops.append(self._not_handed_over(asked))
        if delivery is not None:
            standing = await self.ports.outbox.standing([delivery.recipient], self.now - WEEK)
            limits = case.playbook.budgets if case else self.rules.playbook.budgets
            budget = standing[delivery.recipient].budget(delivery.role)
            stops.append(delivery_stop(delivery, desk, budget, limits, self.now))
        return [*stops, *self._next(desk)]

    @staticmethod
    def _asked(case: Case | None, person: Person | None) -> Asked | None:
        """Return what the person was asked last in this loop and not taken back."""
        if case is None or person is None:
            return None
        of_now = (a for a in reversed(case.asked) if (a.loop, a.person) == (case.loop, person.id))
        return next((a for a in of_now if a.outcome is not DeliveryState.DROPPED), None)

    def _case(self, case: Case) -> Stop:
        return Stop("case", Mark.OK, f"Case {case.id} is {case.state.value}, opened {case.opened_at:%Y-%m-%d}.")

    def _not_handed_over(self, asked: Asked) -> Stop:
        """Say where something decided is that is in no message."""
        if asked.outreach in self.pending:
            says = f"Decided on {asked.decided_at:%Y-%m-%d %H:%M} UTC ({asked.step.value}), not yet put into a message."
            if self.now - asked.decided_at > SILENT_AFTER:
                return Stop("outreach", Mark.STUCK, says, RUN)
            return Stop("outreach", Mark.WAITS, says, "Nothing: that takes seconds.")
        at = asked.sent_at or asked.decided_at
        says = f"The {asked.step.value} of {at:%Y-%m-%d} ended as {asked.outcome.value}; its message is no longer kept."
        return Stop("message", Mark.OK, says)

    def _next(self, desk: Desk) -> list[Stop]:
        """Say what policy makes of it now: why nothing is said, or what will be."""
        verdict = self.verdict
        if verdict is None:
            return []
        if verdict.said:
            says = f"The next sweep decides to say: {', '.join(one.step.value for one in verdict.said)}."
            return [Stop("policy", Mark.WAITS, says, "Nothing: `stickshaker sweep` does it at once.")]
        return [] if verdict.quiet is None else [quiet_stop(verdict.case, verdict.quiet, desk)]
