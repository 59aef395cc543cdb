"""The words of what is said to others than the owner, and to the owner about others, as a validated model."""

from typing import Annotated, Final

from bot.domain.decision import OpenedBy, Verdict
from bot.domain.finding import Kind
from bot.domain.reply import Concern
from bot.messages.braces import Counted, Dated, Group, Plain, Said, complete, holes

REQUEST_CHOICES: Final = ("hold", "change", "withdraw")
"""What an owner may do about what is to be asked of somebody else, in this order."""
REQUEST_FIELDS: Final = ("thing", "reason", "line", "due")

Thing = Annotated[str, holes("thing")]
Person = Annotated[str, holes("name")]
By = Annotated[str, holes("pilot", "by")]


class Why(Group):
    """Why somebody is asked."""

    owner: Annotated[str, holes("owner")]
    owners: Plain
    lead: Plain
    registry: Plain


class Footer(Group):
    """What stands below a message: why it came, who sees the answer, how to say no."""

    unblock: Annotated[str, holes("why", "seen_by")]
    thanks: Plain
    decision: Annotated[str, holes("pilot")]


class SeenBy(Group):
    """Who sees the answer to an Ask of one pilot, or of several."""

    single: Annotated[str, holes("owner", "pilot")]
    several: Plain


class Preview(Group):
    """What an owner is told about what is to be asked of somebody else."""

    told: Annotated[str, holes("name", "day")]
    how: Plain
    ask: Plain
    line: Annotated[str, holes("name", "day")]
    footer: Annotated[str, holes("pilot")]
    nobody: Person
    own: Plain
    decision: Annotated[str, holes("sponsor", "day")]
    human: Plain
    from_registry: Annotated[str, holes("name", "thing")]
    held: Dated
    held_before: Dated
    changed: Annotated[str, holes("name", "day")]
    withdrawn: Plain
    late: Plain


class Told(Group):
    """What an owner is told of an answer, or of a decision."""

    needs: Annotated[Said, holes("pilot", "name", "thing")]
    objected: Annotated[Said, holes("pilot", "name", "thing", "concern")]
    named: Annotated[Said, holes("pilot", "name", "thing", "day")]
    elsewhere: Annotated[Said, holes("pilot", "name", "thing", "other", "day")]
    elsewhere_own: Annotated[Said, holes("pilot", "name", "thing")]
    elsewhere_sponsor: Annotated[Said, holes("pilot", "name", "thing", "other")]
    elsewhere_nobody: Annotated[Said, holes("pilot", "name", "thing")]
    elsewhere_unknown: Annotated[Said, holes("pilot", "name", "thing", "other")]
    scale: By
    fix: By
    stop: Annotated[str, holes("pilot")]
    line: Thing
    line_decided: Plain

    def of(self, verdict: Verdict) -> str:
        """Return what is said of a decision."""
        return {Verdict.SCALE: self.scale, Verdict.FIX: self.fix, Verdict.STOP: self.stop}[verdict]


class SponsorAsked(Group):
    """What a sponsor is asked apart from the weekly message."""

    fact: Annotated[str, holes("pilot", "why", "evidence", "since", "due")]
    ask: Plain
    line: Annotated[str, holes("since")]


class Settings(Group):
    """What is said to somebody who sets something for themselves."""

    delegate: Person
    no_delegate: Plain
    unknown: Person
    away: Dated
    no_day: Plain
    digest: Dated
    no_digest: Plain


class Answered(Group):
    """What is said after an answer of somebody who was asked, of a sponsor, or of an owner about others."""

    cleared: Plain
    promise: Dated
    needs: Annotated[str, holes("owner")]
    elsewhere: Annotated[str, holes("other")]
    object: Annotated[str, holes("seen_by", "days")]
    object_silent: Annotated[str, holes("seen_by")]
    scale: Annotated[str, holes("by")]
    fix: Dated
    stop: Plain
    sponsor_needs: Plain
    propose_stop: Annotated[str, holes("sponsor", "day")]
    propose_stop_nobody: Plain
    dont_know: Plain
    not_mine: Annotated[str, holes("owner")]
    not_sponsor: Plain
    later: Dated
    blocked: Annotated[str, holes("cause")]
    blocked_by_whom: Annotated[str, holes("cause", "day")]
    hand_over: Annotated[str, holes("person")]
    not_asked: Plain
    over: Plain


class OtherTexts(Group):
    """Every text by its use; an adapter loads the file."""

    several: Counted
    unblock: Annotated[Said, holes("pilot", "thing", "since", "why", "evidence", "due")]
    unblock_several: Annotated[Said, holes("count", "thing", "why", "pilots", "due")]
    unblock_check: Annotated[Said, holes("pilot", "thing", "day")]
    why: Why
    line: Annotated[str, holes("owner", "line")]
    unblock_line: Annotated[str, holes("thing", "since")]
    thanks: Annotated[str, holes("pilot", "thing", "day")]
    thanks_line: Dated
    footer: Footer
    seen_by: SeenBy
    preview: Preview
    choices: Annotated[dict[str, Plain], complete(REQUEST_CHOICES)]
    until: Plain
    """Label of the day until which something is held."""
    fields: Annotated[dict[str, Plain], complete(REQUEST_FIELDS)]
    told: Told
    cleared_check: Annotated[Said, holes("pilot", "name", "day", "thing")]
    cleared_check_plain: Annotated[Said, holes("pilot", "name", "day", "thing")]
    promised_check: Annotated[Said, holes("pilot", "name", "day", "thing")]
    fix_check: Annotated[Said, holes("pilot", "day", "thing")]
    concerns: Annotated[dict[Concern, Plain], complete(tuple(Concern))]
    decision: SponsorAsked
    opened_by: Annotated[dict[OpenedBy, Thing], complete(tuple(OpenedBy))]
    goes_on: dict[Kind, Plain]
    """Why a decision is open that nothing but time has opened, by what was found."""
    receipts: Answered
    settings: Settings
