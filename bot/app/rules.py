"""What an organisation has settled for judging and writing: thresholds, plan, hours, words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from bot.detection.detect import Detection, detect
from bot.domain.calendar import Calendar, SendingHours
from bot.domain.pilot import Pilot
from bot.domain.playbook import Playbook
from bot.domain.settings import DetectionSettings, Mode, OrgState
from bot.domain.telemetry import SourceStatus, UsageWindow
from bot.messages.texts import Texts


class Detect(Protocol):
    """Detection over a batch of pilots (bot.detection.detect)."""

    def __call__(
        self,
        window: UsageWindow,
        pilots: Sequence[Pilot],
        sources: Sequence[SourceStatus],
        *,
        today: date,
        calendar: Calendar,
        settings: DetectionSettings,
    ) -> Detection:
        """Judge every pilot as of `today`."""
        ...


@dataclass(frozen=True, slots=True)
class Sending:
    """Clocks of a send and of what follows when it fails."""

    limit: timedelta = timedelta(seconds=60)
    """A send is cut off after this, counted from before its claim."""
    look_after: timedelta = timedelta(minutes=5)
    """So long after a claim without an end somebody looks into what became of it: its process died or hangs."""
    at_once: int = 16
    """Sends of a process between claim and answer: no more can be in doubt when it is killed. At a third of a second each
    that is 48 a second, more than any chat takes."""
    first_pause: timedelta = timedelta(minutes=1)
    """Before the second attempt when the chat refuses for now and does not say for how long; doubles each time."""
    longest_pause: timedelta = timedelta(hours=4)
    attempts: int = 10
    patience: timedelta = timedelta(days=3)
    """Refused so many times, and for so long, a delivery is dead."""

    def pause(self, attempt: int) -> timedelta:
        """Return how long to wait after this attempt, counted from 1."""
        return min(self.first_pause * (1 << min(attempt - 1, 30)), self.longest_pause)

    def is_hopeless(self, attempt: int, age: timedelta) -> bool:
        """Whether to give up after this attempt of a delivery that was made so long ago."""
        return attempt >= self.attempts and age >= self.patience


@dataclass(frozen=True, slots=True)
class Rules:
    """Handed to every use case; a case that is open keeps the playbook it was opened with."""

    texts: Texts
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    playbook: Playbook = field(default_factory=Playbook)
    hours: SendingHours = field(default_factory=SendingHours)
    sending: Sending = field(default_factory=Sending)
    timezone: str = "UTC"
    """Where neither the person nor the pilot says."""
    calendar: Calendar = field(default_factory=Calendar)
    detect: Detect = detect
    """How findings are made: anew each time, or by a Detector that remembers; both find the same."""
    may_send: bool = True
    """False keeps this process in shadow mode, whatever the organisation's switch says."""

    def mode(self, state: OrgState) -> Mode:
        """Return the mode this process works in."""
        return state.mode if self.may_send else Mode.SHADOW
