"""The words of the weekly messages as a validated model."""

from typing import Annotated, Final

from bot.messages.braces import Counted, Dated, Group, PerCause, Plain, complete, holes
from bot.messages.charts import ChartTexts

SORTS: Final = ("digests", "cases", "gaps")
"""What stands on that list, from top to bottom."""
CHOICES: Final = ("scale", "fix", "stop", "need")
"""A sponsor's answers, always in this order."""
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
    fields: Annotated[dict[str, Plain], complete(("scale", "fix", "need", "text"))]
    footer: Plain
    footer_quiet: Plain


class LeadTexts(Group):
    """What is said to a programme lead."""

    intro: Annotated[str, holes("parts")]
    counts: Annotated[dict[str, Counted], complete(SORTS)]
    asked: Annotated[str, holes("due", "parts")]
    asks: Annotated[dict[str, Plain], complete(SORTS)]
    fact: Annotated[str, holes("pilot", "fact", "why", "since")]
    line: Annotated[str, holes("fact", "why", "since")]
    gap_title: Plain
    gap: Annotated[str, holes("what", "list")]
    gap_line: Annotated[str, holes("what", "list")]
    more: Plain
    footer: Plain


class ReviewTexts(Group):
    """What is said to the person who reads a digest before it leaves."""

    intro: Plain
    title: Annotated[str, holes("sponsor")]
    fact: Annotated[str, holes("sponsor", "week")]
    ask: Annotated[str, holes("when")]
    line: Annotated[str, holes("week", "when")]
    choices: Annotated[dict[str, Plain], complete(REVIEW_CHOICES)]
    fields: Annotated[dict[str, Plain], complete(("correct", "hold", "reason"))]
    footer: Annotated[str, holes("sponsor")]


class DigestTexts(Group):
    """Every text of the weekly messages by its use; an adapter loads the file."""

    and_more: Counted
    by: Dated
    planned: Dated
    sponsor: SponsorTexts
    causes: Annotated[dict[str, Plain], PerCause]
    chart: ChartTexts
    lead: LeadTexts
    review: ReviewTexts
