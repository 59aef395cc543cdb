"""How the owners of the demo answer the first question about their pilot, as a script per pilot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.calendar import Calendar, to_zone
from bot.domain.pilot import Pilot
from bot.domain.reply import Answer, BlockedBy, Cause, NextStep, OnTrack, ProposeStop, SnoozeUntil, StepDone
from jobs.fleet.firm import APPROVER, Shape, to_mail


@dataclass(frozen=True, slots=True)
class Reaction:
    """An answer and the moment it is given, aware UTC."""

    at: datetime
    answer: Answer


Script = Callable[[date], Reaction | None]
"""From the local day of the first nudge to the owner's reaction; None is silence."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An owner who answers: the pilot they speak for and the calendar they work by."""

    pilot: Pilot
    calendar: Calendar
    session: date | None

    def moment(self, day: date, hour: int) -> datetime:
        """Return a full hour of the owner's day, in UTC."""
        return datetime.combine(day, time(hour), tzinfo=to_zone(self.pilot.timezone or "UTC")).astimezone(UTC)

    def after(self, day: date, working_days: int) -> date:
        """Return the day so many working days of the owner's country later."""
        return self.calendar.add_working_days(self.pilot.country, day, working_days)

    def names_the_session(self, nudged_on: date) -> Reaction:
        """Answer on the next working day with the training session, or that it has been held."""
        at = self.moment(self.after(nudged_on, 1), 11)
        step = self.moment(self.session or at.date(), 10)
        action = "Training session for the whole team, held by the new champion"
        return Reaction(at, NextStep(action=action, at=step) if step > at else StepDone())

    def waits_for_approval(self, nudged_on: date) -> Reaction:
        """Answer after two working days that somebody has to approve, and by when it is promised."""
        day = self.after(nudged_on, 2)
        answer = BlockedBy(cause=Cause.APPROVAL, person=to_mail(APPROVER), until=self.after(day, 15))
        return Reaction(self.moment(day, 14), answer)

    def says_on_track(self, nudged_on: date) -> Reaction:
        """Answer on the next working day that nothing is wrong."""
        return Reaction(self.moment(self.after(nudged_on, 1), 15), OnTrack())

    def proposes_to_stop(self, nudged_on: date) -> Reaction:
        """Answer on the next working day that it should end, and what was learned."""
        lesson = "Begin with the team that has the pain, not with the one that has the time."
        return Reaction(self.moment(self.after(nudged_on, 1), 10), ProposeStop(lesson=lesson))

    def wants_two_weeks(self, nudged_on: date) -> Reaction:
        """Answer on the next working day that it has to wait for two weeks."""
        day = self.after(nudged_on, 1)
        return Reaction(self.moment(day, 12), SnoozeUntil(until=day + timedelta(days=14)))


def stay_silent(_nudged_on: date) -> None:
    """Do not answer."""


def write_scripts(
    shapes: Mapping[str, Shape], pilots: tuple[Pilot, ...], sessions: Mapping[str, date], calendar: Calendar
) -> dict[str, Script]:
    """Return the script of each owner by pilot id; owners of pilots nothing is wrong with are silent too."""
    plateaus = [pilot.id for pilot in pilots if shapes[pilot.id] is Shape.PLATEAU]
    scripts: dict[str, Script] = {}
    for pilot in pilots:
        voice = Voice(pilot, calendar, sessions.get(pilot.id))
        by_shape: dict[Shape, Script] = {
            Shape.CLIFF: voice.names_the_session,
            Shape.FADE: voice.wants_two_weeks,
            Shape.DEAD_PLAN: voice.says_on_track,
            Shape.PLATEAU: voice.waits_for_approval if pilot.id == plateaus[0] else stay_silent,
        }
        scripts[pilot.id] = by_shape.get(shapes[pilot.id], stay_silent)
    return scripts


def write_later_scripts(
    shapes: Mapping[str, Shape], pilots: tuple[Pilot, ...], calendar: Calendar
) -> dict[str, Script]:
    """Return how owners answer when they are asked anew: one proposes to stop, the others are silent."""
    dead = (p for p in pilots if shapes[p.id] is Shape.DEAD_PLAN)
    return {pilot.id: Voice(pilot, calendar, None).proposes_to_stop for pilot in dead}
