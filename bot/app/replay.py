"""History lived through once more, day after day, by the live code: what would have been found, asked and said.

Detection, policy, hours and budgets are the very functions that a sweep and a delivery use. Only the
places where they are kept differ: nothing is stored, nothing is sent, and people answer as a stated model
has them answer (bot.policy.replying).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from bot.app.cast import Budgets, Cast, desk_of
from bot.app.letters import Letters
from bot.app.look import Facts, Verdict, look, owner_of
from bot.app.replies import reflected
from bot.app.rules import Rules
from bot.app.sweep import SweepReport, judge, plan_queued, report_of
from bot.domain.case import Case
from bot.domain.finding import Finding
from bot.domain.hindsight import Chronicle
from bot.domain.outreach import Delivery, Outreach, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import Reply
from bot.domain.settings import Mode
from bot.domain.telemetry import SourceStatus, UsageWindow
from bot.metrics.gathered import Gathered
from bot.policy.answer import apply_reply
from bot.policy.decisions import Recipient
from bot.policy.departure import Desk, can_leave, first_chance, next_chance
from bot.policy.replying import Replying, reply_to
from bot.policy.withdrawal import still_holds
from bot.ports import StoredCase

SWEPT_AT: Final = time(5, tzinfo=UTC)
"""The one sweep of a day."""
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class History:
    """What is replayed: pilots without names, their usage, and how many days their source is usually behind."""

    pilots: tuple[Pilot, ...]
    usage: Gathered
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class Lived:
    """One day: what its sweep found and made of each case, what was sent until the next, and what was answered."""

    day: date
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    sent: tuple[Delivery, ...]
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class _Swept:
    """What a report of the latest sweep is made of."""

    facts: Facts
    owners: dict[str, Recipient | None]
    held: Budgets
    verdicts: Sequence[Verdict]
    queued: Sequence[tuple[Outreach, datetime]]
    now: datetime


class Replay:
    """One life under some rules; ask for its days in their order. It goes live on the first one."""

    def __init__(self, history: History, rules: Rules, replying: Replying, until: date) -> None:
        """Take what is known before `until`; on each day only what was known by then is looked at."""
        self._rules, self._replying, self._lag = rules, replying, history.lag_days
        self._window = history.usage.window(until)
        first_use = history.usage.first_days()
        self._chronicles = [Chronicle(p, first_use.get(p.id)) for p in history.pilots]
        named = {name for p in history.pilots for name in (p.owner, p.sponsor) if name}
        self._people = {name: Person(id=name, name=name) for name in named}
        self._given = _days_given(self._window)
        self._letters = Letters()
        self._pilots: dict[str, Pilot] = {}
        self._cases: dict[str, StoredCase] = {}
        self._past: list[Case] = []
        self._planned: list[Reply] = []
        self._swept: _Swept | None = None

    @property
    def cases(self) -> list[Case]:
        """Return every case there was so far, earlier ones of a pilot first."""
        return [*self._past, *(stored.case for stored in self._cases.values())]

    def live(self, day: date) -> Lived:
        """Sweep in the morning and live until the next one."""
        now = datetime.combine(day, SWEPT_AT)
        self._swept = swept = self._sweep(now)
        sent: list[Delivery] = []
        replies: list[Reply] = []
        for moment in self._moments(now):
            replies += self._answer(moment)
            sent += self._deliver(moment)
        return Lived(day, swept.facts.detection.findings, tuple(swept.verdicts), tuple(sent), tuple(replies))

    def report(self) -> SweepReport:
        """Return the report of the latest sweep; raises ValueError before the first."""
        if self._swept is None:
            msg = "nothing was lived through yet"
            raise ValueError(msg)
        s, rules = self._swept, self._rules
        queued = plan_queued(s.queued, s.facts, rules)
        return report_of(s.facts, s.owners, s.held, s.verdicts, queued, rules=rules, now=s.now, mode=Mode.LIVE)

    def _sweep(self, now: datetime) -> _Swept:
        """Judge every pilot by what is known now, move its case, and queue what is to be said."""
        day = now.date()
        records = [c.on(day) for c in self._chronicles]
        cast = Cast(self._people, str, day)
        seen = look(self._window, records, self._sources(day), self._cases, cast, rules=self._rules, now=now)
        facts = _begun(seen, [r for r, c in zip(records, self._chronicles, strict=True) if c.has_begun(day)])
        self._pilots = {p.id: p for p in facts.pilots}
        owners = {p.id: owner_of(p, cast, self._rules) for p in facts.pilots}
        waiting = self._letters.waiting()
        held = Budgets({who: self._letters.standing(who, now) for who in self._people})
        verdicts = judge(facts, owners, held, self._rules, now, live=True)
        for verdict in verdicts:
            self._store(verdict, now)
        return _Swept(facts, owners, held, verdicts, waiting, now)

    def _sources(self, day: date) -> list[SourceStatus]:
        """Return what is known of each source on a day: its newest day before it."""
        found = []
        for source, given in self._given.items():
            before = int(np.searchsorted(given, self._window.column(day)))
            if before:
                newest = self._window.day(int(given[before - 1]))
                found.append(SourceStatus(source=source, lag_days=self._lag, newest_day=newest))
        return found

    def _store(self, verdict: Verdict, now: datetime) -> None:
        """Keep a case that moved, and what it asks for."""
        if verdict.has_moved:
            self._keep(verdict.case)
        for one in verdict.said:
            budget = self._letters.standing(one.recipient, now).budget(one.role)
            due_at = first_chance(budget, now, self._rules.playbook.budgets, self._desk(one))
            self._letters.accept(one, due_at)

    def _keep(self, case: Case) -> None:
        before = self._cases.get(case.pilot)
        if before is not None and before.case.ordinal != case.ordinal:
            self._past.append(before.case)
        self._cases[case.pilot] = StoredCase(case, before.revision + 1 if before else 1)

    def _moments(self, begin: datetime) -> Iterator[datetime]:
        """Yield the moments of a day at which something is due or answered, its sweep first."""
        moment, end = begin, begin + ONE_DAY
        while moment < end:
            yield moment
            due = self._letters.next_due(moment)
            moment = min((m for m in (due, *(r.received_at for r in self._planned)) if m and m > moment), default=end)

    def _answer(self, now: datetime) -> list[Reply]:
        """Apply the answers whose moment has come; return those that moved their case."""
        given = sorted((r for r in self._planned if r.received_at <= now), key=lambda r: (r.received_at, r.key))
        self._planned = [r for r in self._planned if r.received_at > now]
        return [reply for reply in given if self._apply(reply)]

    def _apply(self, reply: Reply) -> bool:
        before = self._cases[reply.pilot].case
        after = apply_reply(before, reply, reply.received_at)
        if after != before:
            self._keep(after)
        return after != before

    def _deliver(self, now: datetime) -> list[Delivery]:
        """Send what is due, still holds and may leave now; put off the rest."""
        sent = []
        for queued in self._letters.due(now):
            delivery = self._withdraw(queued)
            self._letters.keep(delivery)
            if not delivery.active:
                continue
            later = self._later(delivery, now)
            if later is None:
                sent.append(self._send(delivery, now))
            else:
                self._letters.keep(delivery.model_copy(update={"due_at": later}))
        return sent

    def _withdraw(self, delivery: Delivery) -> Delivery:
        """Take out of a delivery what no longer holds."""
        reasons = {o.id: self._why_not(o) for o in delivery.active}
        gone = {name: reason for name, reason in reasons.items() if reason is not None}
        left = delivery.model_copy(update={"withdrawn": delivery.withdrawn | gone})
        self._reflect(left, [o for o in delivery.active if o.id in gone])
        return left

    def _why_not(self, outreach: Outreach) -> str | None:
        """Return why an outreach should not be sent any more."""
        case, owner = self._cases[outreach.pilot].case, self._pilots[outreach.pilot].owner
        return still_holds(case, outreach, owner)

    def _later(self, delivery: Delivery, now: datetime) -> datetime | None:
        """Return when to try again when a message can't leave now, else None."""
        desk, who = self._desk(delivery.active[0]), delivery.recipient
        limits = self._cases[delivery.active[0].pilot].case.playbook.budgets
        opens = desk.next_open(now)
        if opens > now:
            return opens
        is_first = any(o.step is Step.NUDGE for o in delivery.active)
        if is_first and not self._letters.reserve(now.date(), delivery.id, limits.ramp_owners_per_day):
            return desk.tomorrow(now)
        budget = self._letters.standing(who, now).budget(delivery.role)
        may = can_leave(budget, self._letters.days(who), now, limits, desk)
        return None if may else next_chance(budget, now, limits, desk)

    def _send(self, delivery: Delivery, now: datetime) -> Delivery:
        """Send a message, note it in its cases, and plan how it is answered."""
        sent = self._letters.send(delivery, now, self._desk(delivery.active[0]).day(now))
        self._reflect(sent, sent.active)
        for outreach in sent.active:
            self._plan_reply(outreach, now)
        return sent

    def _plan_reply(self, outreach: Outreach, now: datetime) -> None:
        """Plan the answer to a question, unless one about the same case is on its way already."""
        loop = self._cases[outreach.pilot].case.loop
        reply = reply_to(outreach, loop, now, self._desk(outreach), self._replying)
        if reply is not None and not any(r.case_id == reply.case_id for r in self._planned):
            self._planned.append(reply)

    def _reflect(self, delivery: Delivery, outreach: Sequence[Outreach]) -> None:
        """Note in the cases of some outreach what became of it."""
        for one in outreach:
            case = self._cases[one.pilot].case
            asked = tuple(reflected(a, delivery) if a.outreach == one.id else a for a in case.asked)
            self._keep(case.model_copy(update={"asked": asked}))

    def _desk(self, outreach: Outreach) -> Desk:
        return desk_of(self._people[outreach.recipient], self._pilots[outreach.pilot], self._rules)


def _begun(facts: Facts, pilots: Sequence[Pilot]) -> Facts:
    """Return what was seen of the pilots that had begun.

    The others have a row too, without figures, so that the detector can carry on from day to day.
    """
    known = {p.id for p in pilots} | {""}  # what is about the fleet names no pilot
    findings = tuple(f for f in facts.detection.findings if f.pilot in known)
    return replace(facts, pilots=tuple(pilots), detection=replace(facts.detection, findings=findings))


def _days_given(window: UsageWindow) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """Return the columns in which each source has a row."""
    return {name: np.flatnonzero((window.origin == n).any(axis=0)) for n, name in enumerate(window.sources)}
