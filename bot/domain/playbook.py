"""The playbook: the plan a Case is opened with and keeps, whatever is edited later."""

from typing import Annotated

from pydantic import Field

from bot.domain.value import Value

Days = Annotated[int, Field(ge=0, le=365)]


class Budgets(Value):
    """How many messages nobody asked for one person may get in 7 days, and how far apart."""

    owner_per_week: Annotated[int, Field(ge=1)] = 2
    per_pilot_per_week: Annotated[int, Field(ge=1)] = 1
    unblocker_per_week: Annotated[int, Field(ge=1)] = 1
    sponsor_per_week: Annotated[int, Field(ge=1)] = 1
    """Messages about a decision; the weekly one is apart."""
    lead_per_week: Annotated[int, Field(ge=1)] = 3
    weekly_per_week: Annotated[int, Field(ge=1)] = 1
    person_per_week: Annotated[int, Field(ge=1)] = 3
    min_gap_hours: Annotated[int, Field(ge=0)] = 20
    ramp_owners_per_day: Annotated[int, Field(ge=1)] = 5


class Playbook(Value):
    """Clocks of the ladder. Days are calendar days, `_wd` are working days of the recipient."""

    name: str = "first-flight"
    follow_up_after_wd: Days = 3
    lead_after_wd: Days = 10
    commitment_check_after_wd: Days = 1
    blocked_check_after_wd: Days = 1
    on_track_days: Days = 14
    blocked_default_days: Days = 14
    preview_wd: Days = 1
    """The owner sees what is asked of somebody else for so long before it leaves."""
    longest_hold_wd: Days = 5
    ask_window_wd: Days = 5
    """An answer to it is waited for so long."""
    ask_due_wd: Days = 10
    """The day by which it is asked for, when the owner named none."""
    check_window_wd: Days = 3
    """So long an owner has to say whether something is done, before it counts as open."""
    lead_look_wd: Days = 5
    """A look of the programme lead is hoped for within so many days."""
    upward_after_wd: Days = 5
    """What has been on the lead's list for so long becomes an open decision: 15 working days after the first question."""
    decision_wd: Days = 10
    """The day by which a decision is hoped for, from when it was opened."""
    stage_limit_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """A stage that lasts longer is the sponsor's to decide about."""
    objection_kept_days: Days = 30
    """Words against something are deleted so long after the case has closed."""
    recovered_after_days: Days = 21
    """A case is recovered when nothing was open on three weekly looks in a row."""
    parked_days: Days = 90
    """After two loops the case rests for so long before the ladder is climbed once more."""
    budgets: Budgets = Budgets()
