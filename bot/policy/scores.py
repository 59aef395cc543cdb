"""Which survey items may be asked now, and what the answers say about a pilot.

All periods, caps and thresholds are design choices, not measured.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.survey import Answered, Audience, Dimension, ItemId, Posed, Scoring, Standing

VALIDITY: Final[dict[Audience, timedelta]] = {
    Audience.OWNER: timedelta(days=60),
    Audience.BLOCKER: timedelta(days=30),
    Audience.SPONSOR: timedelta(days=90),
}
"""For how long an answer holds."""
CAPS: Final[dict[Audience, timedelta]] = {
    Audience.OWNER: timedelta(days=14),
    Audience.BLOCKER: timedelta(days=7),
    Audience.SPONSOR: timedelta(days=14),
}
"""The period in which one person gets one item in this role."""
MOST_IN_REPLY: Final = 2
"""Items in one such period that may answer replies; they are outside the cap."""
MOST_UNKNOWN: Final = 2
"""Times that one person may not know about a dimension before somebody else is asked."""
STRONG: Final = 2.0
"""What the top dimension scores at the least in a diagnosis."""
MARGIN: Final = 1.0
"""By how much it scores more than the second."""
DIGITS: Final = 6
"""Decimals of a score, so that sums of fractions meet a threshold they are meant to meet."""


class Hindrance(StrEnum):
    """Why an item is not asked now."""

    ROLE = "it is for another role"
    STOPPED = "this person asked for no more questions"
    NOT_THEIRS = "this person said that it is not theirs to answer"
    KNOWN = "it is known already"
    UNKNOWN_TWICE = "this person did not know, twice"
    CAP = "this person was asked not long ago"
    IN_REPLY = "enough was asked in reply"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What is known when a person could be asked about a pilot in a role.

    `answers` are those about the pilot (for a dependency: about that one) by anybody; `posed` is what this person
    was asked about any pilot; `known` are the dimensions that telemetry or the registry tells of. `has_stopped`
    comes from the person's own record, as somebody may come back after an answer that said stop.
    """

    person: str
    role: Audience
    answers: Sequence[Answered] = ()
    posed: Sequence[Posed] = ()
    known: frozenset[Dimension] = frozenset()
    has_stopped: bool = False


def askable(
    bank: Mapping[ItemId, Scoring], standpoint: Standpoint, now: datetime, *, in_reply: bool = False
) -> tuple[ItemId, ...]:
    """Return the items that may be asked now, in the order of the bank; `in_reply` when one would answer a reply."""
    return tuple(item for item in bank if hindrance(bank, item, standpoint, now, in_reply=in_reply) is None)


def hindrance(
    bank: Mapping[ItemId, Scoring], item: ItemId, standpoint: Standpoint, now: datetime, *, in_reply: bool = False
) -> Hindrance | None:
    """Return why this item is not asked now, or None when it may be."""
    scoring = bank[item]
    if scoring.audience not in (standpoint.role, Audience.ANYONE):
        return Hindrance.ROLE
    if standpoint.has_stopped:
        return Hindrance.STOPPED
    if scoring.audience is Audience.ANYONE:
        return None
    said = (given for given in standpoint.answers if given.by == standpoint.person and given.at <= now)
    if any(given.option == Standing.NOT_ME and given.item is item for given in said):
        return Hindrance.NOT_THEIRS
    return _told(bank, scoring, standpoint, now) or _asked_enough(bank, scoring, standpoint, now, in_reply=in_reply)


def _told(bank: Mapping[ItemId, Scoring], scoring: Scoring, standpoint: Standpoint, now: datetime) -> Hindrance | None:
    """Return whether the answer is there already, or is not to be had from this person."""
    about = [given for given in _valid(bank, standpoint.answers, now) if _is_about(bank, given, scoring)]
    own = [given for given in about if given.by == standpoint.person]
    # A state of the pilot is known from whoever told it; what somebody plans or decides is told by each person.
    telling = about if scoring.about else own
    if scoring.about in standpoint.known or any(given.option not in tuple(Standing) for given in telling):
        return Hindrance.KNOWN
    if sum(given.option == Standing.DONT_KNOW for given in own) >= MOST_UNKNOWN:
        return Hindrance.UNKNOWN_TWICE
    return None


def _is_about(bank: Mapping[ItemId, Scoring], given: Answered, scoring: Scoring) -> bool:
    """Whether an answer tells of what an item asks for."""
    if given.item is scoring.item:
        return True
    if scoring.about is None:
        return False
    other = bank[given.item]
    return other.about is scoring.about


def _asked_enough(
    bank: Mapping[ItemId, Scoring], scoring: Scoring, standpoint: Standpoint, now: datetime, *, in_reply: bool
) -> Hindrance | None:
    """Return whether the person got as many items in this role as the period allows."""
    since = now - CAPS[scoring.audience]
    count = sum(
        posed.in_reply is in_reply and bank[posed.item].audience is scoring.audience
        for posed in standpoint.posed
        if posed.person == standpoint.person and since < posed.at <= now and posed.item in bank
    )
    if in_reply:
        return Hindrance.IN_REPLY if count >= MOST_IN_REPLY else None
    return Hindrance.CAP if count else None


def weight(at: datetime, validity: timedelta, now: datetime) -> float:
    """Return what an answer counts: 1 when given, half after each half of its validity, nothing after the whole."""
    age = now - at
    if not timedelta(0) <= age <= validity:
        return 0.0
    return float(0.5 ** (age / (validity / 2)))


def scores(bank: Mapping[ItemId, Scoring], answers: Sequence[Answered], now: datetime) -> dict[Dimension, float | None]:
    """Return the weighted mean, 0 to 3, of the valid answers about each dimension; None where there is none."""
    return {dimension: _mean(list(_votes(bank, answers, dimension, now))) for dimension in Dimension}


def diagnose(scored: Mapping[Dimension, float | None]) -> Dimension | None:
    """Return the dimension that holds the pilot back most, or None when none is strong or two are close.

    A dimension that nobody told of counts as holding nothing back.
    """
    known = ((value, dimension) for dimension, value in scored.items() if value is not None)
    ranked = sorted(known, key=lambda pair: pair[0], reverse=True)
    if not ranked:
        return None
    top, dimension = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    return dimension if top >= STRONG and round(top - second, DIGITS) >= MARGIN else None


def _valid(bank: Mapping[ItemId, Scoring], answers: Sequence[Answered], now: datetime) -> Iterator[Answered]:
    """Return the answers that hold now; those to items that are no survey never do."""
    for given in answers:
        scoring = bank.get(given.item)
        validity = VALIDITY.get(scoring.audience) if scoring else None
        if validity and weight(given.at, validity, now):
            yield given


def _votes(
    bank: Mapping[ItemId, Scoring], answers: Sequence[Answered], dimension: Dimension, now: datetime
) -> Iterator[tuple[float, int]]:
    """Return weight and score of each valid answer that says something about a dimension."""
    for given in _valid(bank, answers, now):
        scoring = bank[given.item]
        score = scoring.options.get(given.option, {}).get(dimension)
        if score is not None:
            yield weight(given.at, VALIDITY[scoring.audience], now), score


def _mean(votes: Sequence[tuple[float, int]]) -> float | None:
    if not votes:
        return None
    return round(sum(w * score for w, score in votes) / sum(w for w, _ in votes), DIGITS)
