"""The one sentence that says what was found, for somebody with half a minute."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

MONTH_DAYS = 365 / 12


def drop_off(onset: date, seen: float, expected: float, *, numbers: bool) -> str:
    """Say how much use was seen of how much was usual; without figures for a group that is too small."""
    if not numbers:
        return f"Since {day(onset)} it looks less used than its own usual pattern."
    share = round(100 * seen / expected) if expected else 0
    return (
        f"Since {day(onset)} it is used at {share} % of its own usual pattern: {seen:.0f} active user-days where "
        f"{expected:.0f} are usual, counting only days with complete data and no public holiday."
    )


def stall(plan_end: date, now: float, then: float, *, numbers: bool, breadth: bool, exact: bool) -> str:
    """Say that the plan ran out and that reach has not grown for eight weeks; `exact` figures are people of a month; both are rounded."""
    unit = "in a month" if exact else "on a usual working day"
    reach = (
        f"about {then:.0f} people used it {unit} eight weeks ago, about {now:.0f} do now"
        if numbers
        else "reach is flat"
    )
    cases = "no use case was added" if breadth else "use cases are not reported"
    return f"Its plan for this stage ended on {day(plan_end)}; {reach}, and {cases}."


def stage_age(stage: str, days: int, planned: int | None, until: date | None = None) -> str:
    """Say how long the stage has lasted, or lasted until it ended, beside its plan where there is one."""
    plan = f"; its plan gave it {_months(planned)}" if planned else ""
    end = f", until {day(until)}" if until else ""
    return f"In the stage '{stage}' for {_months(days)}{end}{plan}."


def source_late(source: str, newest: date, behind: int, allowed: int, until: date | None) -> str:
    """Say how far behind a source is or was, and that nothing is concluded from it."""
    if until is not None:
        return (
            f"The source {source} ended on {day(newest)} and was {behind} days behind, where {allowed} are usual "
            f"at most, until it was back on {day(until)}."
        )
    return (
        f"The source {source} ends on {day(newest)}, {behind} days ago where {allowed} are usual at most: "
        "nothing is concluded about use until it is back."
    )


def source_blank(source: str, until: date | None) -> str:
    """Say that a source has rows and vouches for none of them."""
    if until is not None:
        return f"The source {source} delivered no complete day until {day(until)}."
    return f"The source {source} has not delivered a complete day yet."


def source_fell(source: str, pilots: int, onset: date, until: date | None) -> str:
    """Say that all pilots of a source fell on one day, which is hardly about the pilots."""
    what = f"All {pilots} pilots of the source {source} from which use was expected fell together on {day(onset)}"
    if until is not None:
        return f"{what}: until {day(until)} that was taken for the feed, and nothing was concluded about use."
    return (
        f"{what}: this looks like the feed, or a day off that nobody announced; "
        "nothing is concluded about use until it is back."
    )


def zeros_held(onset: date, until: date | None) -> str:
    """Say that a pilot shows nobody at all, which may be a feed that reports zero."""
    if until is not None:
        return (
            f"From {day(onset)} until {day(until)} hardly anybody was seen in this pilot, which its own pattern made very "
            "unlikely: were its figures complete?"
        )
    return (
        f"Since {day(onset)} nobody is seen in this pilot, which its own pattern makes very unlikely: are its "
        "figures complete? For up to five such days nothing is concluded about use."
    )


def rows_missing(source: str, onset: date, until: date | None) -> str:
    """Say that a source goes on and leaves out one pilot."""
    if until is not None:
        return f"The source {source} had no complete figures for this pilot from {day(onset)} on; it was back on {day(until)}."
    return (
        f"The source {source} goes on, and has had no complete figures for this pilot since {day(onset)}: "
        "is the pilot still in the feed?"
    )


@lru_cache(maxsize=4096)
def day(when: date) -> str:
    """Write a day as people say it."""
    return f"{when.day} {when:%B %Y}"


def _months(days: int) -> str:
    months = round(days / MONTH_DAYS)
    return f"{months} months" if months > 1 else f"{days} days"


def work_drop_off(onset: date, seen: float, expected: float, *, numbers: bool) -> str:
    """Say how much work was done of how much is usual, for a pilot that does the step itself."""
    if not numbers:
        return f"Since {day(onset)} it does less work than its own usual pattern."
    share = round(100 * seen / expected) if expected else 0
    return (
        f"Since {day(onset)} it does {share} % of its own usual work: {seen:.0f} units where {expected:.0f} are usual, "
        "counting only days with complete data and no public holiday."
    )


def work_stall(plan_end: date, now: float, then: float, *, numbers: bool, breadth: bool) -> str:
    """Say that the plan ran out and that the work done has not grown for eight weeks."""
    work = (
        f"{then:.0f} units of work a usual working day eight weeks ago, {now:.0f} now"
        if numbers
        else "its work is flat"
    )
    cases = "no use case was added" if breadth else "use cases are not reported"
    return f"Its plan for this stage ended on {day(plan_end)}; {work}, and {cases}."


def team_gone(figures: tuple[float, float] | None, month_end: date, found: date) -> str:
    """Say how many people of an earlier month, at least, had not come back by the day it was found."""
    if figures is None:
        return f"Most of the people who used it in the four weeks to {day(month_end)} have stopped since."
    gone, before = figures
    return (
        f"At least {gone:.0f} of about {before:.0f} people who used it in the four weeks to {day(month_end)} did not use "
        f"it in the four weeks to {day(found)}."
    )


def never_activated(figures: tuple[float, float] | None, days: int) -> str:
    """Say how many of the people who have had access for so many days have ever used it."""
    if figures is None:
        return "Most of the people with access have not used it so far."
    used, access = figures
    return (
        f"About {used:.0f} of the {access:.0f} people who have had access for {days} days or more have used it so far."
    )


def never_worked(since: date) -> str:
    """Say that a pilot that does the step itself has done none."""
    return f"It has done no work since its first figures of {day(since)}."


def small_plateau(figures: tuple[float, float] | None, use_cases: int | None, target: date | None) -> str:
    """Say how few people use it, that they are no more than eight weeks ago, and that no day for production is ahead."""
    who = f"About {figures[0]:.0f} people use it" if figures else "A small group uses it"
    what = f" for {use_cases} use case{'' if use_cases == 1 else 's'}" if use_cases else ""
    end = f"the day set for production, {day(target)}, has passed" if target else "no day is set for production"
    return f"{who}{what}, no more than eight weeks ago, and {end}."


def seat_ceiling(figures: tuple[float, float] | None, *, is_apart: bool) -> str:
    """Say how many seats are used, that this has not risen for eight weeks, and where the tool sits."""
    where = "in a separate tab" if is_apart else "beside the work"
    if figures is None:
        return f"The share of seats in use has not risen for eight weeks, and the tool sits {where}."
    return (
        f"About {figures[0]:.0f} of its {figures[1]:.0f} seats are used in four weeks, no more than eight weeks ago, "
        f"and the tool sits {where}."
    )


def low_habit(figures: tuple[float, float] | None) -> str:
    """Say how many people use it in most weeks, of those who have known it for long enough."""
    if figures is None:
        return "Most of its people use it now and then, and not in most weeks."
    return f"About {figures[0]:.0f} of about {figures[1]:.0f} people use it as a habit, in nine or more of the last twelve weeks."


def dependency_open(what: str, since: date, days: int, due: date | None, until: date | None, more: int) -> str:
    """Say what it waits or waited for and how long; what else is open follows as a number."""
    promised = f"; it was promised for {day(due)}" if due else ""
    thing = what.replace("_", " ")
    if until is not None:
        return f"It waited for {thing} from {day(since)} to {day(until)}, {days} days{promised}."
    others = f" It waits for {more} more thing{'' if more == 1 else 's'}." if more else ""
    return f"It has waited for {thing} since {day(since)}, {days} days{promised}.{others}"


def curated_data(what: str, since: date, days: int, until: date | None) -> str:
    """Say that it runs on data that are not live, and since when."""
    if until is not None:
        return f"It ran on {what} from {day(since)} to {day(until)}, {days} days."
    return f"It has run on {what}, and not on live data, since {day(since)}, {days} days."


def gone(role: str, left: date) -> str:
    """Say that the person of a role left."""
    return f"The {role} whom the registry names left on {day(left)}."


def missing(role: str) -> str:
    """Say that nobody is named for a role."""
    return f"The registry names no {role} for it, as it does for most pilots."


def no_release(since: date, days: int, until: date | None) -> str:
    """Say when people last got a changed version."""
    end = f" before {day(until)}" if until else " ago"
    return f"People last got a changed version on {day(since)}, {days} days{end}."


def top3_breadth(uses: Sequence[str], share: float, pilots: int, newest: date | None) -> str:
    """Say which uses make up most of the fleet, and when a new one last reached production."""
    named = " and ".join([", ".join(uses[:-1]), uses[-1]]) if len(uses) > 1 else uses[0]
    reached = f"since {day(newest)} no new use has reached production" if newest else "no use has reached production"
    return f"{round(100 * share)} % of the {pilots} pilots are for {named}, and {reached}."


def recovered(clear_since: date, weeks: int) -> str:
    """Say since when nothing has been open."""
    return f"Nothing has been open since {day(clear_since)}, on {weeks} weekly looks in a row."
