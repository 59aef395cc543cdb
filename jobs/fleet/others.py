"""How everybody but the owners of the demo answers: who is asked to clear the way, who reads a digest first, the sponsors."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.domain.calendar import Calendar, to_zone
from bot.domain.decision import Verdict
from bot.domain.outreach import Outreach, Role, Step
from bot.domain.pilot import Pilot
from bot.domain.reply import Answer, Cleared, Decide, Promise, ReleaseWeekly
from bot.domain.survey import ItemId
from bot.messages.model import Message, Section

ANSWERED_AT: Final = time(11)
PROMISED_WD: Final = 6
FIX_IN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, the moment it is given, and what it is about."""

    at: datetime
    person: str
    case_id: str
    pilot: str
    answer: Answer
    role: Role
    thing: str | None = None


@dataclass(frozen=True, slots=True)
class Others:
    """Everybody who is no owner; all of them answer on the next working day, at eleven by the clock of the pilot."""

    calendar: Calendar

    def answers(self, outreach: Outreach, message: Message, sent_at: datetime, pilot: Pilot | None) -> Iterator[Given]:
        """Yield what comes of a message."""
        zone = to_zone(pilot.timezone if pilot and pilot.timezone else "Europe/Paris")
        country = pilot.country if pilot else "FR"
        today = sent_at.astimezone(zone).date()
        day = self.calendar.add_working_days(country, today, 1)
        at = datetime.combine(day, ANSWERED_AT, tzinfo=zone).astimezone(UTC)
        if outreach.step is Step.REVIEW:
            yield Given(at, outreach.recipient, outreach.case_id, "", ReleaseWeekly(), Role.LEAD)
        elif outreach.step is Step.UNBLOCK:
            promised = self.calendar.add_working_days(country, day, PROMISED_WD)
            yield self._of_ask(outreach, at, Promise(on=promised))
        elif outreach.step is Step.UNBLOCK_CHECK:
            yield self._of_ask(outreach, at, Cleared())
        else:
            for section in message.sections if outreach.step in {Step.DIGEST, Step.DECISION} else ():
                if section.asks is ItemId.DECISION:
                    answer = Decide(verdict=_verdict(section), until=_until(section, day))
                    yield Given(at, outreach.recipient, section.case_id, section.pilot, answer, Role.SPONSOR)

    @staticmethod
    def _of_ask(outreach: Outreach, at: datetime, answer: Answer) -> Given:
        return Given(at, outreach.recipient, outreach.case_id, outreach.pilot, answer, Role.UNBLOCKER, outreach.thing)


def _verdict(section: Section) -> Verdict:
    """Follow an owner who proposes to stop; have everything else put right first."""
    return Verdict.STOP if "stop" in section.fact else Verdict.FIX


def _until(section: Section, day: date) -> date | None:
    return None if _verdict(section) is Verdict.STOP else day + FIX_IN
