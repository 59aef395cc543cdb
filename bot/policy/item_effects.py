"""What an answer to a survey item does to a case, and what feedback on a message does to a case and to a person's own settings.

An option does what its label says and no more: one that stands for an ordinary answer is that answer.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.case import Case
from bot.domain.outreach import Role
from bot.domain.people import Preferences
from bot.domain.playbook import Budgets
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    Elsewhere,
    Feedback,
    HandOver,
    ItemAnswer,
    NextStep,
    NotMe,
    OnTrack,
    ProposeStop,
    Reply,
    SnoozeUntil,
    StopAsking,
)
from bot.domain.survey import MOST_SAID, Answered, FeedbackOption, ItemId, Standing, StepOption
from bot.policy.answer import Follows, apply_reply
from bot.policy.lead_list import DATA_CHECK

PAUSE: Final = timedelta(days=14)
"""For so long a pilot is left alone about which nothing can be promised."""
MUTED_FOR: Final = timedelta(days=14)
"""For so long nothing is said about a kind of finding whose facts were called wrong."""
FEW_FOR: Final = timedelta(days=30)
"""For so long somebody gets half as many messages who gets too many."""
HOURS: Final[Mapping[str, int]] = {"morning": 9, "noon": 12, "afternoon": 14}
"""From which hour of a person's day on messages leave, by the part of the day that they picked."""
ABOUT_A_CASE: Final = frozenset({Role.OWNER, Role.SPONSOR})
"""Roles in which an ordinary answer moves the case itself; what others say reaches it by the Ask."""


def plain_answer(case: Case, answer: ItemAnswer, person: str, now: datetime) -> Answer | None:
    """Return the ordinary answer that an option stands for; None where it is recorded and moves nothing.

    The step that somebody takes up is the one that they were shown, as the case has kept it.
    """
    if answer.option in tuple(Standing):
        # About data or quality "not me" and "later" are about the question, and leave the case as it was just told.
        is_about = answer.item in {ItemId.DATA, ItemId.QUALITY} and answer.option != Standing.STOP_ASKING
        return None if is_about else _standing(answer)
    if answer.item is ItemId.HOLDS_BACK:
        return _held_back(answer)
    return _step(case, answer, person, now) if answer.item is ItemId.NEXT_STEP else None


def apply_item(case: Case, answer: ItemAnswer, person: str, key: str, now: datetime, follows: Follows = None) -> Case:
    """Return the case after an answer to an item; one that was applied before, or can't be taken, changes nothing.

    `key` is that of the reply, `follows` what comes of the ordinary answer (bot.policy.wishes). Nobody answers
    an item that was not put to them.
    """
    is_theirs = case.posed_to(answer.item, person) is not None
    if key in case.applied or case.is_closed or not is_theirs:
        return case
    plain, moved = plain_answer(case, answer, person, now), case
    if plain is not None:
        moved = apply_reply(case, _reply(case, plain, person, key, now), now, follows)
        if moved == case:
            return case
        moved = moved.model_copy(update={"answers": case.answers})  # it is kept as an answer to its own item
    if isinstance(plain, NextStep) and moved.commitment is not None:
        agreed = moved.commitment.model_copy(update={"otherwise": answer.second})
        moved = moved.model_copy(update={"commitment": agreed})
    if not isinstance(plain, StopAsking):  # that somebody wants no messages is nobody else's business
        moved = _with_answer(moved, _answered(answer, person, now))
    return _kept(moved, key)


def plain_feedback(feedback: Feedback, role: Role) -> Answer | None:
    """Return the ordinary answer that feedback stands for in a role; None where there is none."""
    match feedback.option:
        case Standing.STOP_ASKING:
            return StopAsking()
        case Standing.LATER if feedback.day is not None:
            return SnoozeUntil(until=feedback.day)
        case FeedbackOption.WRONG_PERSON | Standing.NOT_ME:
            return _somebody_else(feedback.person, role)
        case _:
            return None


def apply_feedback(
    case: Case, feedback: Feedback, person: str, key: str, now: datetime, role: Role = Role.OWNER
) -> Case:
    """Return the case after feedback on a message about it; applied before, it changes nothing.

    On a case that has ended no ordinary answer is taken. Facts that were called wrong there are left alone too, in
    the pilot's next case.
    """
    if key in case.applied:
        return case
    plain, moved = plain_feedback(feedback, role), case
    if plain is not None:
        if role not in ABOUT_A_CASE:
            return case
        moved = apply_reply(case, _reply(case, plain, person, key, now, role), now)
        if moved == case:
            return case
    if feedback.option == FeedbackOption.WRONG_FACTS:
        moved = _muted(moved, now, role)
    if not isinstance(plain, StopAsking):
        said = Answered(
            item=ItemId.USEFUL,
            option=feedback.option,
            second=feedback.second or feedback.person or (feedback.day.isoformat() if feedback.day else None),
            words=feedback.words,
            at=now,
            by=person,
        )
        moved = _with_answer(moved, said)
    return _kept(moved, key)


def preferences_after(preferences: Preferences, feedback: Feedback, today: date) -> Preferences:
    """Return what somebody has set for themselves after feedback; `today` is a day of their own."""
    hour = HOURS.get(feedback.second or "")
    if feedback.option == FeedbackOption.BAD_TIME and hour is not None:
        return preferences.model_copy(update={"hour": hour})
    if feedback.option == FeedbackOption.TOO_MANY:
        until = max(preferences.few_until or today, today + FEW_FOR)
        return preferences.model_copy(update={"few_until": until})
    return preferences


def fewer(limits: Budgets, preferences: Preferences, today: date) -> Budgets:
    """Return half of each weekly number, and at least one, for somebody who gets too many; else what was given."""
    if preferences.few_until is None or today >= preferences.few_until:
        return limits
    weekly = {name: max(1, most // 2) for name, most in limits.model_dump().items() if name.endswith("_per_week")}
    return limits.model_copy(update=weekly)


def _standing(answer: ItemAnswer) -> Answer | None:
    """Return what the options stand for that every item offers; not to know moves nothing."""
    match answer.option:
        case Standing.NOT_ME:
            return _somebody_else(answer.person, Role.OWNER)
        case Standing.LATER if answer.day is not None:
            return SnoozeUntil(until=answer.day)
        case Standing.STOP_ASKING:
            return StopAsking()
        case _:
            return None


def _somebody_else(name: str | None, role: Role) -> Answer | None:
    """Return how somebody of a role says that it is not theirs; a name leads to whoever it is."""
    if name is not None and role is Role.OWNER:
        return HandOver(person=name)
    if name is not None and role is Role.UNBLOCKER:
        return Elsewhere(person=name)
    return NotMe() if role in {*ABOUT_A_CASE, Role.UNBLOCKER} else None


def _held_back(answer: ItemAnswer) -> Answer | None:
    """Return what stands for an answer to what holds a pilot back."""
    if answer.option in tuple(Cause):
        return BlockedBy(cause=Cause(answer.option), person=answer.second or answer.person)
    plain: dict[str, Answer] = {"on_track": OnTrack(), "stop": ProposeStop(lesson=answer.words)}
    return plain.get(answer.option)


def _step(case: Case, answer: ItemAnswer, person: str, now: datetime) -> Answer | None:
    """Return what stands for an answer to a suggested step."""
    posed = case.posed_to(ItemId.NEXT_STEP, person)
    action = answer.words if answer.option == StepOption.OTHER else posed.action if posed else None
    match answer.option:
        case StepOption.WHEN | StepOption.OTHER if action is not None and answer.at is not None:
            return NextStep(action=action, at=answer.at)
        case StepOption.FIRST if answer.words is not None:
            return BlockedBy(cause=Cause.OTHER, thing=answer.words[:MOST_SAID], person=answer.person)
        case StepOption.NOT_NOW:
            return SnoozeUntil(until=now.date() + PAUSE)
        case _:
            return None


def _reply(case: Case, answer: Answer, person: str, key: str, now: datetime, role: Role = Role.OWNER) -> Reply:
    return Reply(key=key, person=person, case_id=case.id, pilot=case.pilot, answer=answer, received_at=now, role=role)


def _answered(answer: ItemAnswer, person: str, now: datetime) -> Answered:
    """Return the answer as a case keeps it."""
    moment = answer.at.isoformat() if answer.at else answer.day.isoformat() if answer.day else None
    second = answer.second or answer.person or moment
    return Answered(item=answer.item, option=answer.option, second=second, words=answer.words, at=now, by=person)


def _muted(case: Case, now: datetime, role: Role) -> Case:
    """Say nothing about what was found for a while, and have a person look at the figures."""
    lead, today = case.lead_finding, now.date()
    muted = case.muted | ({lead.kind: today + MUTED_FOR} if lead else {})
    changes: dict[str, object] = {"muted": muted}
    if not case.is_closed:
        changes |= {"listed_on": case.listed_on or today, "listed_why": DATA_CHECK}
        changes |= {"answered_at": now} if role is Role.OWNER else {}
    return case.model_copy(update=changes)


def _with_answer(case: Case, answered: Answered) -> Case:
    return case.model_copy(update={"answers": (*case.answers, answered)})


def _kept(case: Case, key: str) -> Case:
    """Return the case, checked, with the key of the reply that moved it."""
    applied = case.applied if key in case.applied else (*case.applied, key)
    return Case.model_validate(case.model_copy(update={"applied": applied}).model_dump())
