"""The words of every message, receipt and question as a validated model; an adapter loads the file.

What may stand in braces is declared beside each text, so that a file that loads can be filled in.
"""

from typing import Annotated, Final

from pydantic import AfterValidator

from bot.domain.finding import Kind
from bot.domain.reply import Cause
from bot.messages.braces import Counted, Dated, Example, Group, Named, PerCause, Plain, Said, complete, holes, within
from bot.messages.command_texts import CommandTexts
from bot.messages.digest_texts import DigestTexts
from bot.messages.item_texts import ItemTexts
from bot.messages.items import Items
from bot.messages.other_texts import OtherTexts
from bot.messages.talk_texts import TalkTexts
from bot.messages.why_texts import WhyTexts
from bot.messages.words import Words

TOLD: Final = (Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE)
"""Findings that an owner is told about."""

CHOICES: Final = ("on_track", "blocked", "step", "snooze", "done", "stop", "not_me", "stop_asking")
"""Keys of the answers, as in `bot.domain.reply`."""

FIELDS: Final = ("until", "cause", "thing", "person", "action", "at", "lesson", "owner")
"""Keys of the details that an answer may need."""


PerFinding = complete(TOLD)
Labels = Annotated[dict[str, Plain], AfterValidator(within(CHOICES))]


class Lines(Group):
    """What stands for a pilot that is not the first of its message."""

    finding: Annotated[dict[Kind, Dated], PerFinding]
    commitment: Dated
    block: Dated
    recovery: Dated
    retraction: Dated


class Asks(Group):
    """What is asked back about a detail that is missing or can't be taken."""

    unclear_day: Example
    unclear_moment: Example
    passed_day: Example
    passed_moment: Example
    picked_day: Plain
    picked_moment: Plain
    far: Plain
    two_days: Annotated[str, holes("first", "second", "example")]
    no_time: Annotated[str, holes("day", "example")]
    no_day: Example
    half_day: Annotated[str, holes("early", "late", "example")]
    skipped: Annotated[str, holes("day", "early", "example")]
    twice: Annotated[str, holes("day", "early", "example")]
    text: Plain
    what: Plain
    whom: Plain
    one_of: Annotated[str, holes("options")]
    long: Counted
    shorter: Counted
    person: Counted
    cause: Annotated[str, holes("options")]
    gone: Plain


class Understood(Group):
    """What is shown back of free words, in parts; `right` or a question about a detail follows."""

    on_track: Plain
    done: Plain
    stop: Plain
    not_me: Annotated[str, holes("owner")]
    another: Plain
    stop_asking: Plain
    snooze: Annotated[str, holes("until")]
    step: Annotated[str, holes("action", "at")]
    blocked: Annotated[str, holes("cause", "person", "until")]
    cause_part: Annotated[str, holes("cause")]
    person_part: Annotated[str, holes("person")]
    until_part: Dated
    later_part: Dated
    action_part: Annotated[str, holes("action")]
    at_part: Annotated[str, holes("at")]
    offered: Annotated[str, holes("answer", "details")]
    right: Plain


class Unclear(Group):
    """What is said to words that are not taken as one answer."""

    nothing: Annotated[str, holes("sayings")]
    offered: Plain
    several: Annotated[str, holes("options")]
    stop: Plain
    word_or: Plain
    sayings: Annotated[dict[str, Plain], complete(CHOICES)]


class Receipts(Group):
    """What is said after a reply: what was understood and what happens next."""

    on_track: Dated
    done: Dated
    snooze: Dated
    blocked: Annotated[str, holes("cause", "person", "again")]
    person_part: Annotated[str, holes("person")]
    again: Dated
    again_undated: Dated
    step: Annotated[str, holes("action", "at")]
    step_moved: Annotated[str, holes("action", "at")]
    not_me: Plain
    stop_asking: Plain
    duplicate: Plain
    closed: Plain
    not_asked: Plain


class Texts(Group):
    """Every text by its use."""

    intro: Plain
    intro_several: Counted
    more: Plain
    nudge: Annotated[dict[Kind, Annotated[Said, holes("pilot", "evidence")]], PerFinding]
    small_question: Annotated[Said, holes("pilot", "evidence")]
    follow_up: Annotated[dict[Kind, Annotated[Said, holes("pilot", "evidence")]], PerFinding]
    commitment_check: Annotated[Said, holes("pilot", "action", "day")]
    block_check: Annotated[Said, holes("pilot", "cause", "day")]
    recovery: Annotated[dict[Kind, Annotated[str, holes("pilot", "day")]], PerFinding]
    retraction: Annotated[dict[Kind, Annotated[str, holes("pilot", "day")]], PerFinding]
    lines: Lines
    causes: Annotated[dict[Cause, Plain], PerCause]
    choices: Annotated[dict[str, Plain], complete(CHOICES)]
    commitment_choices: Labels
    block_choices: Labels
    fields: Annotated[dict[str, Plain], complete(FIELDS)]
    footer: Named
    footer_several: Counted
    footer_thanks: Named
    asks: Asks
    understood: Understood
    unclear: Unclear
    receipts: Receipts
    others: OtherTexts
    items: Items
    weekly: DigestTexts
    why: WhyTexts
    follow_ups: ItemTexts
    talk: TalkTexts
    commands: CommandTexts
    words: Words
    """How people say these things; like the three before it has a file of its own."""
