"""Why did I get this? Read for whoever asks, about a message of their own: the rule, the facts, the role, the budget."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.app.cast import desk_of
from bot.app.look import Facts, gather
from bot.app.rules import Rules
from bot.domain.ask import Request
from bot.domain.case import Asked, Case
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import OF_WEEKLIES, Delivery, DeliveryState, Outreach, Role, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.playbook import Playbook
from bot.messages.asks import decision_reason
from bot.messages.compose import checked_request
from bot.messages.model import Message
from bot.messages.why import OF_THINGS, Allowance, Why
from bot.messages.why import why as tell
from bot.messages.why_texts import Audience, By, What
from bot.policy.budget import WEEK, Budget, weekly
from bot.policy.departure import Desk, first_chance, next_chance
from bot.ports import Ports

REACHED: Final = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN})
"""States of a message that its recipient has, or may have, before them."""
FED_WITHIN: Final = timedelta(days=90)
"""How far back it is looked for the source that feeds a pilot."""
SILENT: Final = frozenset({Step.RECOVERY, Step.RETRACTION, Step.THANKS})
"""Steps that ask for no answer."""
ONE_DAY: Final = timedelta(days=1)


async def why(ports: Ports, rules: Rules, person_id: str, delivery_id: str, case_id: str, now: datetime) -> str:
    """Return why a person got a message about a case: the facts are those of the moment at which it left.

    Only its recipient is told; for anybody else, and for a message that has not left, it is a sentence saying so.
    For a weekly message the case makes no difference.
    """
    texts = rules.texts.why
    delivery = await ports.outbox.get(person_id, delivery_id)
    if delivery is None or delivery.recipient != person_id or delivery.state not in REACHED:
        return texts.not_yours
    outreach = next((o for o in delivery.active if o.case_id == case_id or o.step in OF_WEEKLIES), None)
    if outreach is None:
        return texts.not_in_it
    person = await ports.people.get(person_id)
    if outreach.step in OF_WEEKLIES:
        return tell(await _of_weekly(delivery, outreach, person, ports, rules, now), texts).text
    read = await _read(delivery, outreach, person, ports, rules, now)
    return texts.not_in_it if read is None else tell(read.why(), texts).text


async def _of_weekly(
    delivery: Delivery, outreach: Outreach, person: Person | None, ports: Ports, rules: Rules, now: datetime
) -> Why:
    """Return what there is to tell of a weekly message, or of the look at one before it leaves."""
    desk = desk_of(person, None, rules)
    made_on = desk.day(outreach.decided_at)
    asks = delivery.message and any(s.question for s in Message.from_stored(delivery.message).sections)
    by_step = {Step.DIGEST: Audience.SPONSOR, Step.UPKEEP: Audience.OWNER}
    audience = by_step.get(outreach.step, Audience.LEAD)
    return Why(
        step=outreach.step,
        pilot="",
        today=desk.day(now),
        since=made_on,
        day=made_on,
        by=By.REVIEWER if outreach.step is Step.REVIEW else By.WEEKLY,
        audience=audience if asks else Audience.NOBODY,
        allowance=await _allowance(outreach, person, rules.playbook, desk, ports, now),
    )


async def _read(
    delivery: Delivery, outreach: Outreach, person: Person | None, ports: Ports, rules: Rules, now: datetime
) -> "_Read | None":
    """Read what a message about a case rested on when it left; None where the case is not kept."""
    at = delivery.claimed_at or now
    facts = await gather(ports, rules, at, [outreach.pilot])
    case = await _case(outreach, facts, ports)
    if case is None:
        return None
    pilot = next(iter(facts.pilots), None)
    desk = desk_of(person, pilot, rules)
    key = (outreach.recipient, outreach.thing or "")
    ask = (await ports.asks.some([key])).get(key) if outreach.role is Role.UNBLOCKER else None
    return _Read(
        outreach=outreach,
        case=case,
        pilot=pilot,
        facts=facts,
        source=await _feed(outreach.pilot, at, ports),
        desk=desk,
        rules=rules,
        at=at,
        now=now,
        allowance=await _allowance(outreach, person, case.playbook, desk, ports, now),
        is_for_several=ask is not None and len(ask.ask.waiting) > 1,
    )


async def _case(outreach: Outreach, facts: Facts, ports: Ports) -> Case | None:
    """Return the case that a message was about, also where a later one has followed."""
    stored = facts.cases.get(outreach.pilot)
    if stored is not None and stored.case.id == outreach.case_id:
        return stored.case
    return next((c for c in await ports.cases.past(outreach.pilot) if c.id == outreach.case_id), None)


async def _feed(pilot: str, at: datetime, ports: Ports) -> str | None:
    """Return the source that fed a pilot at a moment."""
    last = at.date() - ONE_DAY
    window = await ports.telemetry.window([pilot], last - FED_WITHIN, last)
    return window.feed(0, window.days - 1)


async def _allowance(
    outreach: Outreach, person: Person | None, playbook: Playbook, desk: Desk, ports: Ports, now: datetime
) -> Allowance:
    """Return what the recipient got in seven days in this role, and how many may come in the next seven."""
    standing = await ports.outbox.standing([outreach.recipient], now - WEEK)
    budget = standing[outreach.recipient].budget(outreach.role)
    return Allowance(
        role=outreach.role,
        got=sum(at > now - WEEK for at in budget.in_role or ()),
        most=weekly(playbook.budgets, outreach.role),
        may=may_come(budget, playbook, desk, now),
        stopped=person is not None and person.opted_out,
    )


def may_come(budget: Budget, playbook: Playbook, desk: Desk, now: datetime) -> int:
    """Return how many messages of the role could leave in the next seven days, each as soon as it may."""
    limits, claimed, mine = playbook.budgets, budget.claimed, budget.in_role or ()
    had_today = any(desk.day(at) == desk.day(now) for at in claimed)
    at = (next_chance if had_today else first_chance)(budget, now, limits, desk)
    count = 0
    while at < now + WEEK and count < weekly(limits, budget.role):
        count, claimed, mine = count + 1, (*claimed, at), (*mine, at)
        at = next_chance(Budget(claimed, role=budget.role, in_role=mine), at, limits, desk)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a message about a case rested on: the case as it is now, the facts as of `at`, when it left."""

    outreach: Outreach
    case: Case
    pilot: Pilot | None
    facts: Facts
    source: str | None
    desk: Desk
    rules: Rules
    at: datetime
    now: datetime
    allowance: Allowance
    is_for_several: bool

    def why(self) -> Why:
        """Return what there is to tell."""
        step, request, finding = self.outreach.step, self._request(), self._finding()
        what, day = self._what(request)
        by, name = self._by(request)
        opened = self._decision_day()
        return Why(
            step=step,
            pilot=self.pilot.name if self.pilot else self.outreach.pilot,
            today=self.desk.day(self.now),
            since=request.since if request and step in OF_THINGS else opened or self._since(),
            day=day,
            by=by,
            audience=self._audience(),
            allowance=self.allowance,
            days=self._days(what),
            finding=finding,
            judged=self._judged(finding),
            source=self.source,
            what=what,
            name=name,
            other=request.name if request else "",
            owner=self._owner(),
            thing=request.thing.words if request else "",
            thing_by_registry=request is not None and request.from_registry,
            reason=decision_reason(self.case, self.rules.texts) if opened else "",
        )

    def _day(self, moment: datetime) -> date:
        return self.desk.day(moment)

    def _finding(self) -> Finding | None:
        """Return what the message was about, as it was known when it left; nothing a role is not to see.

        What the figures do not show any more is told as the case keeps it.
        """
        known = [f for f in self.case.findings if f.opened_on <= self.at.date()]
        same = {(f.kind, f.opened_on) for f in known}
        seen = [f for f in self.facts.findings.get(self.case.pilot, ()) if (f.kind, f.opened_on) in same]
        finding = self.case.model_copy(update={"findings": tuple(seen or known)}).lead_finding
        # A question about few people goes to the owner and no further.
        is_hidden = self.outreach.role is not Role.OWNER and finding is not None and finding.tier == "question"
        return None if is_hidden else finding

    def _judged(self, finding: Finding | None) -> date | None:
        """Return up to which day that was judged: what the registry tells holds on the very day."""
        if finding is not None and finding.kind is Kind.STAGE_AGE:
            return self._day(self.at)
        return self.facts.detection.judged_through.get(self.case.pilot)

    def _request(self) -> Request | None:
        """Return the wish that the message was about: to its recipient, or answered and told to the owner."""
        about = [r for r in self.case.requests if r.thing.key == self.outreach.thing]
        if self.outreach.role is Role.UNBLOCKER:
            about = [r for r in about if r.person == self.outreach.recipient]
        elif self.outreach.step is Step.TOLD:
            about = [r for r in about if r.said_at and r.said_at <= self.outreach.decided_at]
        elif self.outreach.thing is None and self.outreach.step is Step.CHECK:
            checked = checked_request(self.case)
            return checked if checked and checked.said_at and checked.said_at <= self.outreach.decided_at else None
        return about[-1] if about else None

    def _what(self, request: Request | None) -> tuple[What | None, date]:
        """Return what the rule turned on, and the day it speaks of."""
        step, left_on = self.outreach.step, self._day(self.at)
        if step is Step.CHECK:
            what, day = self._checked(request)
            # What was agreed later is not what this message was about.
            return (what, day) if day <= left_on else (What.MOMENT, left_on)
        if step is Step.UNBLOCK_CHECK:
            promised = request.promised_for if request else None
            return (What.PROMISED, promised) if promised and promised <= left_on else (What.MOMENT, left_on)
        if step is Step.TOLD:
            return self._told(request)
        if step is Step.DECISION:
            is_open = self._decision_day() is not None
            return (What.OPEN, self.case.decision.due) if is_open and self.case.decision else (What.OVER, left_on)
        return None, (step is Step.RECOVERY and self.case.clear_since) or left_on

    def _checked(self, request: Request | None) -> tuple[What, date]:
        """Return which promise was looked into, and its day."""
        case, before = self.case, self.outreach.decided_at
        if request is not None:
            return What.OTHERS, self._day(request.said_at or request.made_at)
        if case.commitment and case.commitment.made_at <= before:
            what = What.FIX if case.commitment.by_sponsor else What.STEP
            return what, self._day(case.commitment.due_at)
        if case.block and case.block.said_at <= before:
            return What.BLOCK, case.block.until
        return What.MOMENT, self._day(self.at)

    def _told(self, request: Request | None) -> tuple[What, date]:
        """Return what an owner was told of: an answer to their wish, or a decision."""
        if self.outreach.thing is not None:
            said_at, told_at = request.said_at if request else None, self.outreach.decided_at
            if request is not None and request.by_lead and (said_at is None or said_at > told_at):
                return What.NAMED, self._day(request.made_at)
            return What.ANSWERED, self._day(said_at or told_at)
        taken = [d for d in self.case.decided if d.at <= self.outreach.decided_at]
        return What.DECIDED, self._day(taken[-1].at if taken else self.outreach.decided_at)

    def _decision_day(self) -> date | None:
        """Return since when the decision was open that a sponsor was asked for, where it is open now."""
        opened = self.case.decision
        is_meant = self.outreach.step is Step.DECISION and opened and opened.opened_at <= self.outreach.decided_at
        return self._day(opened.opened_at) if is_meant and opened else None

    def _since(self) -> date:
        """Return since when the matter is open with the reader: from the first question on, else from the case."""
        mine = next((a for a in self.case.asked if a.outreach == self.outreach.id), None)
        first = [a for a in self.case.asked if mine and _is_first_question(a, mine)]
        if self.outreach.step is Step.FOLLOW_UP and first:
            return self._day(first[-1].sent_at or first[-1].decided_at)
        return self._day(self.case.opened_at)

    def _days(self, what: What | None) -> int:
        """Return the number of days that the rule counts."""
        book, step = self.case.playbook, self.outreach.step
        by_step = {Step.FOLLOW_UP: book.follow_up_after_wd, Step.RECOVERY: book.recovered_after_days}
        checked = book.blocked_check_after_wd if what is What.BLOCK else book.commitment_check_after_wd
        return by_step.get(step, checked)

    def _audience(self) -> Audience:
        step, role = self.outreach.step, self.outreach.role
        if step in SILENT or (step is Step.TOLD and self.outreach.thing is None):
            return Audience.NOBODY
        if role is Role.UNBLOCKER:
            return Audience.SEVERAL if self.is_for_several else Audience.UNBLOCKER
        return Audience.SPONSOR if role is Role.SPONSOR else Audience.OWNER

    def _owner(self) -> str:
        named = self.pilot.owner if self.pilot else None
        person = self.facts.cast.named(named)
        return person.name if person else named or ""

    def _by(self, request: Request | None) -> tuple[By, str]:
        """Return who set the role, and the name that goes with it."""
        if self.outreach.role is not Role.UNBLOCKER:
            return self._by_registry()
        if request is not None and request.hops:
            return By.PASSED_ON, ""
        if request is not None and request.by_lead:
            return By.NAMED_BY_LEAD, ""
        return (By.HOLDER, "") if request and request.from_registry else (By.OWNER, self._who_named(request))

    def _by_registry(self) -> tuple[By, str]:
        if self.pilot is None:
            return By.FORMER, ""
        cast, reader = self.facts.cast, self.outreach.recipient
        name = self.pilot.sponsor if self.outreach.role is Role.SPONSOR else self.pilot.owner
        if name and cast.identify(name) == reader:
            return By.REGISTRY, ""
        person, lead = cast.named(name), cast.named(self.pilot.programme_lead)
        if person and person.preferences.delegate == reader:
            return By.STAND_IN, person.name
        is_lead = self.outreach.role is Role.OWNER and lead is not None and lead.id == reader
        return (By.LEAD, "") if is_lead else (By.FORMER, "")

    def _who_named(self, request: Request | None) -> str:
        """Return whose word it was: what stands in the way and the wish were said in one answer."""
        block = self.case.block
        said = block is not None and request is not None and block.said_at == request.made_at
        person = self.facts.cast.people.get(block.said_by) if block and said else None
        return person.name if person else self._owner()


def _is_first_question(asked: Asked, later: Asked) -> bool:
    """Whether something was the first question to the same person before, in the same loop."""
    is_same = (asked.person, asked.loop) == (later.person, later.loop)
    return is_same and asked.step is Step.NUDGE and asked.decided_at <= later.decided_at
