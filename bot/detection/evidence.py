"""The one sentence that says what was found, for somebody with half a minute."""

from datetime import date

MONTH_DAYS = 365 / 12


def drop_off(onset: date, seen: float, expected: float, *, numbers: bool) -> str:
    """Say how much use was seen of how much was usual; without figures for a group that is too small."""
    if not numbers:
        return f"Since {day(onset)} this pilot looks less used than its own usual pattern."
    share = round(100 * seen / expected) if expected else 0
    return (
        f"Since {day(onset)}, {seen:.0f} active user-days were seen where this pilot's own weekday pattern "
        f"predicts {expected:.0f} ({share} %), counting only days with complete telemetry and no public holidays."
    )


def stall(plan_end: date, now: float, then: float, *, numbers: bool, breadth: bool) -> str:
    """Say that the plan ran out and that reach has not grown for eight weeks."""
    reach = f"{then:.0f} people used it in a month eight weeks ago, {now:.0f} do now" if numbers else "reach is flat"
    cases = "no use case was added" if breadth else "use cases are not reported"
    return f"Its plan for this stage ended on {day(plan_end)}; {reach}, and {cases}."


def stage_age(stage: str, days: int, planned: int | None) -> str:
    """Say how long the stage has lasted, beside its plan where there is one."""
    plan = f"; its plan gave it {_months(planned)}" if planned else ""
    return f"In the stage '{stage}' for {_months(days)}{plan}."


def source_late(source: str, newest: date | None, days: int | None, allowed: int) -> str:
    """Say how far behind a source is, and that nothing is concluded from it."""
    if newest is None or days is None:
        return f"The source {source} has not delivered a complete day yet."
    return (
        f"The source {source} ends on {day(newest)}, {days} days ago where {allowed} are usual at most: "
        "nothing is concluded about use until it is back."
    )


def day(when: date) -> str:
    """Write a day as people say it."""
    return f"{when.day} {when:%B %Y}"


def _months(days: int) -> str:
    months = round(days / MONTH_DAYS)
    return f"{months} months" if months > 1 else f"{days} days"
