"""The words of the weekly messages as a validated model."""

from typing import Annotated, Final

from bot.domain.reply import CorrectWeekly, HoldWeekly
from bot.domain.upkeep import Field
from bot.domain.weekly import Weekly
from bot.messages.braces import Counted, Dated, Group, PerCause, Plain, complete, holes
from bot.messages.charts import ChartTexts
from bot.messages.wording import name_day

SORTS: Final = ("digests", "cases", "gaps")
"""What stands on that list, from top to bottom."""
CHOICES: Final = ("scale", "fix", "stop", "need")
"""A sponsor's answers, always in this order."""
LEAD_CHOICES: Final = ("look", "name", "sponsor")
"""What a programme lead may do about a case on their list, always in this order."""
REVIEW_CHOICES: Final = ("release", "correct", "hold")
"""Answers of the person who reads a digest before it leaves, always in this order."""

Listed = Annotated[str, holes("list")]


class SponsorTexts(Group):
    """What is said to a sponsor."""

    waiting: Annotated[str, holes("count", "more")]
    nothing: Plain
    fact: Annotated[str, holes("pilot", "fact", "since")]
    asked: Plain
    ask: Annotated[str, holes("asked", "when")]
    line: Annotated[str, holes("asked", "when", "since")]
    cleared: Listed
    cleared_one: Annotated[str, holes("pilot", "role")]
    stuck: Listed
    stuck_one: Annotated[str, holes("pilot", "cause")]
    lesson: Annotated[str, holes("lesson")]
    more: Plain
    choices: Annotated[dict[str, Plain], complete(CHOICES)]
    fields: Annotated[dict[str, Plain], complete(("scale", "fix", "stop", "need", "text"))]
    footer: Plain
    footer_quiet: Plain


class LeadReceipts(Group):
    """What is said after a programme lead's answer about a case on their list."""

    look: Dated
    name: Annotated[str, holes("name")]
    name_alone: Annotated[str, holes("name", "day")]
    """Where there is no owner who reads it first."""
    sponsor: Annotated[str, holes("sponsor", "day")]


class LeadTexts(Group):
    """What is said to a programme lead."""

    intro: Annotated[str, holes("parts")]
    counts: Annotated[dict[str, Counted], complete(SORTS)]
    asked: Annotated[str, holes("due", "parts")]
    asks: Annotated[dict[str, Plain], complete(SORTS)]
    fact: Annotated[str, holes("pilot", "fact", "why", "since")]
    ask: Plain
    line: Annotated[str, holes("fact", "why", "since")]
    choices: Annotated[dict[str, Plain], complete(LEAD_CHOICES)]
    fields: Annotated[dict[str, Plain], complete(("until", "thing", "person"))]
    receipts: LeadReceipts
    gap_title: Plain
    gap: Annotated[str, holes("what", "list")]
    gap_line: Annotated[str, holes("what", "list")]
    more: Plain
    footer: Plain


class UpkeepReceipts(Group):
    """What is said after an answer about something that the registry lacks."""

    filled: Annotated[str, holes("value", "pilot")]
    dont_know: Plain
    over: Plain
    not_asked: Plain


class UpkeepTexts(Group):
    """What is said about something that the registry lacks."""

    intro: Counted
    fact: Annotated[dict[Field, Annotated[str, holes("pilot", "thing")]], complete(tuple(Field))]
    ask: Annotated[dict[Field, Annotated[str, holes("pilot", "thing")]], complete(tuple(Field))]
    line: Annotated[dict[Field, Plain], complete(tuple(Field))]
    choices: Annotated[dict[str, Plain], complete(("fill", "dont_know", "stop_asking"))]
    fields: Annotated[dict[str, Plain], complete(("day", "person"))]
    footer: Plain
    receipts: UpkeepReceipts


class ReviewReceipts(Group):
    """What is said after an answer of whoever reads a digest before it leaves."""

    release: Plain
    correct: Plain
    hold: Dated
    over: Plain
    not_asked: Plain

    def of(self, weekly: Weekly, answer: object) -> str:
        """Return what is said of an answer that was taken."""
        if isinstance(answer, HoldWeekly):
            return self.hold.format(day=name_day(weekly.held_until or answer.until, weekly.week))
        return self.correct if isinstance(answer, CorrectWeekly) else self.release


class ReviewTexts(Group):
    """What is said to the person who reads a digest before it leaves."""

    intro: Plain
    title: Annotated[str, holes("sponsor")]
    fact: Annotated[str, holes("sponsor", "week")]
    ask: Annotated[str, holes("when")]
    line: Annotated[str, holes("week", "when")]
    choices: Annotated[dict[str, Plain], complete(REVIEW_CHOICES)]
    fields: Annotated[dict[str, Plain], complete(("correct", "hold", "reason"))]
    receipts: ReviewReceipts
    footer: Annotated[str, holes("sponsor")]


class DigestTexts(Group):
    """Every text of the weekly messages by its use; an adapter loads the file."""

    and_more: Counted
    by: Dated
    planned: Dated
    sponsor: SponsorTexts
    causes: Annotated[dict[str, Plain], PerCause]
    roles: dict[str, Plain]
    """In which role somebody clears the way, by a word in the kind of what is waited for."""
    chart: ChartTexts
    lead: LeadTexts
    upkeep: UpkeepTexts
    review: ReviewTexts

    def role_of(self, kind: str) -> str:
        """Return in which role somebody clears a thing of a kind; empty where we have no word for it."""
        return next((role for word, role in self.roles.items() if word in kind.casefold()), "")
