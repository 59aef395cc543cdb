"""Which survey item answers a reply of an owner: at most one, and none about what is known."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from bot.domain.ask import RequestState
from bot.domain.case import Asked, Case
from bot.domain.outreach import DeliveryState, Step
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.reply import Answer, BlockedBy, Cause, DontKnow, ItemAnswer, StepDone
from bot.domain.survey import Audience, Dimension, ItemId, Posed, Scoring
from bot.policy.asking import is_coming_back
from bot.policy.scores import VALIDITY, Standpoint, hindrance

AFTER_CAUSE: Final[Mapping[Cause, ItemId]] = {Cause.DATA: ItemId.DATA, Cause.QUALITY: ItemId.QUALITY}
"""What is asked of somebody who named this cause: one thing that makes it concrete."""


def next_item(
    case: Case,
    reply_answer: Answer,
    person: Person,
    bank: Mapping[ItemId, Scoring],
    now: datetime,
    *,
    elsewhere: Sequence[Posed] = (),
    known: frozenset[Dimension] = frozenset(),
) -> ItemId | None:
    """Return the item that is put to an owner in answer to a reply of theirs, or None.

    `case` is the case after the reply, `elsewhere` what was put to this person about other pilots, `known` the
    dimensions that the registry tells of. Items that answer a reply are outside the cap of an owner and have one
    of their own (bot.policy.scores).
    """
    if case.is_closed or person.opted_out or person.id in case.disowned:
        return None
    standpoint = Standpoint(
        person=person.id,
        role=Audience.OWNER,
        answers=case.answers,
        posed=(*case.posed, *elsewhere),
        known=known,
        has_stopped=person.opted_out,
    )
    for item in _led_to(case, reply_answer, person.id, bank):
        if item in bank and hindrance(bank, item, standpoint, now, in_reply=True) is None:
            return item
    return None


def known_from_registry(pilot: Pilot | None, today: date) -> frozenset[Dimension]:
    """Return what the registry tells of by itself: how the data stand, unless that was noted too long ago."""
    if pilot is None or pilot.data_mode is None or pilot.data_mode_since is None:
        return frozenset()
    is_fresh = today - pilot.data_mode_since <= VALIDITY[Audience.OWNER]
    return frozenset({Dimension.DATA}) if is_fresh else frozenset()


def _led_to(case: Case, answer: Answer, person: str, bank: Mapping[ItemId, Scoring]) -> Iterator[ItemId]:
    """Return what an answer leads to, the closest first."""
    if isinstance(answer, ItemAnswer):
        scoring = bank.get(answer.item)
        led_to = scoring.leads.get(answer.option) if scoring else None
        yield from [led_to] if led_to else []
    cause = _cause(answer)
    if cause is not None and cause in AFTER_CAUSE:
        yield AFTER_CAUSE[cause]
    if _leaves_open(case, answer) and _waits_for_a_step(case, person):
        yield ItemId.NEXT_STEP


def _cause(answer: Answer) -> Cause | None:
    """Return the cause that was named, also at the item that asks for it."""
    if isinstance(answer, BlockedBy):
        return answer.cause
    if isinstance(answer, ItemAnswer) and answer.item is ItemId.HOLDS_BACK and answer.option in tuple(Cause):
        return Cause(answer.option)
    return None


def _leaves_open(case: Case, answer: Answer) -> bool:
    """Whether an answer says neither what comes next, nor who is to move, nor that it is to be quiet."""
    if isinstance(answer, BlockedBy):
        return answer.person is None and answer.cause is not Cause.TARGETS and not case.live_requests
    return isinstance(answer, StepDone | DontKnow)


def _waits_for_a_step(case: Case, person: str) -> bool:
    """Whether whoever was asked needs something first, or cleared it and use has not followed; as this owner was told last."""
    last = _last_asked(case, person)
    if last is None:
        return False
    if last.step is Step.TOLD:
        return any(r.state is RequestState.NEEDS and r.thing.key == last.thing for r in case.requests)
    if last.step is not Step.CHECK or not case.open_findings or is_coming_back(case):
        return False
    done = (r for r in case.requests if r.state is RequestState.DONE and r.loop == case.loop)
    return any(r.said_at is not None and r.said_at <= last.decided_at for r in done)


def _last_asked(case: Case, person: str) -> Asked | None:
    """Return what was said to this person last in the present loop and not withdrawn."""
    for asked in reversed(case.asked):
        if (asked.person, asked.loop) == (person, case.loop) and asked.outcome is not DeliveryState.DROPPED:
            return asked
    return None
