"""The one sentence that says what was found, for somebody with half a minute."""

from datetime import date

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
    """Say that the plan ran out and that reach has not grown for eight weeks; `exact` figures are people of a month."""
    unit = "in a month" if exact else "on a usual working day"
    reach = f"{then:.0f} people used it {unit} eight weeks ago, {now:.0f} do now" if numbers else "reach is flat"
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


def day(when: date) -> str:
    """Write a day as people say it."""
    return f"{when.day} {when:%B %Y}"


def _months(days: int) -> str:
    months = round(days / MONTH_DAYS)
    return f"{months} months" if months > 1 else f"{days} days"
