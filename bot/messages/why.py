"""Why somebody got a message: the rule, the facts with time and source, who set the role, who sees the answer, the budget."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.domain.finding import Finding, Kind
from bot.domain.outreach import OF_WEEKLIES, Role, Step
from bot.messages.asks import LONGEST_THING
from bot.messages.model import Receipt
from bot.messages.why_texts import Audience, By, What, WhyTexts
from bot.messages.wording import LONGEST_NAME, name_day, shorten

MOST_WORDS: Final = 120
NAMES: Final = (LONGEST_NAME, 4, 2)
"""Words of a name: fewer where the whole would be too long."""
CALENDAR_DAYS: Final = frozenset({Step.RECOVERY})
"""Steps whose rule counts calendar days; all others count working days."""
OF_THINGS: Final = frozenset({Step.UNBLOCK, Step.UNBLOCK_CHECK, Step.THANKS})
"""Steps that are about something a pilot waits for, to whoever can clear it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many messages of a role somebody got in seven days, of how many, and how many may come in the next seven.

    `stopped` says that they want no more.
    """

    role: Role
    got: int
    most: int
    may: int
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What there is to tell of one message to one person, its days as the reader counts them.

    `since` is since when the matter is open, `day` the day that the rule or the facts speak of, `days` the number
    that the rule counts. `finding` is what it was about, judged up to `judged` from `source`; it is left out where
    the reader is not to see it. `by` is who set the role. `name` is the person who did, or for whom they stand in,
    `other` whoever answered, `owner` the owner; `thing` is what is waited for, `reason` why a decision is open.
    """

    step: Step
    pilot: str
    today: date
    since: date
    day: date
    by: By
    audience: Audience
    allowance: Allowance
    days: int = 0
    finding: Finding | None = None
    judged: date | None = None
    source: str | None = None
    what: What | None = None
    name: str = ""
    other: str = ""
    owner: str = ""
    thing: str = ""
    thing_by_registry: bool = False
    reason: str = ""


def why(facts: Why, texts: WhyTexts) -> Receipt:
    """Return why somebody got a message, in a few lines of at most `MOST_WORDS` words together.

    Names are shortened where it would be longer, and then the evidence. Raises ValueError for a first question
    without a finding.
    """
    told = _Telling(facts, texts, NAMES[0])
    for longest in NAMES:
        told = _Telling(facts, texts, longest)
        if _length(told.text()) <= MOST_WORDS:
            return Receipt(text=told.text())
    return Receipt(text=told.cut().text())


@dataclass(frozen=True, slots=True)
class _Telling:
    """Writes it with names of so many words."""

    facts: Why
    texts: WhyTexts
    longest: int

    def text(self) -> str:
        """Return everything, a line for each question."""
        lines = (self._rule(), self._grounds(), self._role(), self._seen_by(), self._budget())
        return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)

    def cut(self) -> "_Telling":
        """Return it with evidence of no more words than there is room for."""
        finding = self.facts.finding
        if finding is None:
            return self
        over = _length(self.text()) - MOST_WORDS
        evidence = shorten(finding.evidence, max(0, _length(finding.evidence) - over))
        return replace(self, facts=replace(self.facts, finding=finding.model_copy(update={"evidence": evidence})))

    def _rule(self) -> str:
        facts = self.facts
        fills = {
            "what": self._what(),
            "found": self._day(facts.finding.opened_on) if facts.finding else "",
            "since": self._day(facts.since),
            "days": self._days(),
        }
        return self.texts.rule[facts.step].format(**fills)

    def _what(self) -> str:
        """Say what the rule turns on: what was found, or what happened."""
        facts = self.facts
        if facts.step is Step.NUDGE:
            if facts.finding is None:
                msg = "a first question rests on a finding"
                raise ValueError(msg)
            return self.texts.kinds[facts.finding.kind]
        if facts.what is None:
            return ""
        return self.texts.what[facts.what].format(
            day=self._day(facts.day),
            days=self._days(),
            thing=self._thing(),
            name=self._name(facts.other),
            pilot=self._name(facts.pilot),
            reason=shorten(facts.reason, LONGEST_THING * 2),
        )

    def _grounds(self) -> str:
        facts, said = self.facts, self.texts.grounds
        since, day, judged = self._day(facts.since), self._day(facts.day), self._judged()
        evidence = facts.finding.evidence if facts.finding else ""
        if facts.step is Step.RECOVERY:
            return said.recovery.format(day=day, judged=judged)
        if facts.step is Step.RETRACTION:
            return said.retraction.format(judged=judged)
        if facts.step in OF_WEEKLIES:
            return said.weekly.format(day=day)
        if facts.step in OF_THINGS:
            text = said.thing_registry if facts.thing_by_registry else said.thing
            return text.format(thing=self._thing(), since=since, evidence=evidence, judged=judged)
        if facts.step is Step.DECISION:
            return said.decision.format(since=since, evidence=evidence, judged=judged)
        if facts.step is Step.TOLD:
            return said.said.format(day=day, evidence=evidence, judged=judged)
        return said.evidence.format(evidence=evidence, judged=judged) if evidence else ""

    def _judged(self) -> str:
        """Say up to which day, and from which source."""
        facts, said = self.facts, self.texts.judged
        if facts.finding is None:
            return ""
        judged = self._day(facts.judged or facts.finding.opened_on)
        if facts.finding.kind is Kind.STAGE_AGE:
            return said.registry.format(judged=judged)
        if facts.source is None:
            return said.unfed.format(judged=judged)
        text = said.use_and_plan if facts.finding.kind is Kind.STALL else said.use
        return text.format(judged=judged, source=facts.source)

    def _role(self) -> str:
        names = self.texts.roles
        by_step = {Step.DECISION: names.sponsor, Step.DIGEST: names.sponsor, Step.LEAD_LIST: names.lead}
        return self.texts.role[self.facts.by].format(
            role=by_step.get(self.facts.step, names.owner),
            pilot=self._name(self.facts.pilot),
            name=self._name(self.facts.name),
        )

    def _seen_by(self) -> str:
        text = self.texts.seen_by[self.facts.audience]
        return text.format(name=self._name(self.facts.owner), pilot=self._name(self.facts.pilot))

    def _budget(self) -> str:
        allowed, said = self.facts.allowance, self.texts.budget
        if allowed.stopped:
            return said.stopped
        may = said.may.format(count=allowed.may) if allowed.may else said.may_not
        return said.left.format(kind=self.texts.messages[allowed.role], got=allowed.got, most=allowed.most, may=may)

    def _name(self, name: str) -> str:
        """Return a name as it stands in a sentence; that of nobody in particular is the owner's."""
        return shorten(name, self.longest) or self.texts.the_owner

    def _thing(self) -> str:
        return shorten(self.facts.thing, min(LONGEST_THING, self.longest + 2)) or self.texts.thing

    def _day(self, day: date) -> str:
        return name_day(day, self.facts.today)

    def _days(self) -> str:
        said = self.texts.days if self.facts.step in CALENDAR_DAYS else self.texts.working_days
        return said.of(self.facts.days)


def _length(text: str) -> int:
    return len(text.split())
