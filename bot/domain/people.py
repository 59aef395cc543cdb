"""People as the registry names them; every budget, preference and case is keyed by the person id."""

from datetime import date

from bot.domain.record import Record
from bot.domain.rhythm import Rhythm


class Preferences(Record):
    """What somebody set for themselves; a registry never touches it.

    `delegate` is the id of the person who stands in for them, `away_until` the first day on which they are back,
    `few_until` the day until which they get half as many messages, `hour` from which hour of their day on they
    want them, `digest` when their weekly message comes, `chat` the name of the chat they want them in.
    """

    delegate: str | None = None
    away_until: date | None = None
    few_until: date | None = None
    hour: int | None = None
    digest: Rhythm = Rhythm()
    chat: str | None = None


class Person(Record):
    """Somebody we may write to or read about. `id` is ours, `name` is how the registry writes them.

    `timezone` and `country` are the person's own when known; otherwise the pilot's are used.
    """

    id: str
    name: str
    timezone: str | None = None
    country: str | None = None
    opted_out: bool = False
    gone_on: date | None = None
    """The day on which the chat said that nobody of this name can be written to there."""
    met_in: str | None = None
    """The chat in which they answered last, where there are several."""
    preferences: Preferences = Preferences()

    @property
    def is_silent(self) -> bool:
        """Whether nothing is written to them: they want nothing, or can't be reached."""
        return self.opted_out or self.gone_on is not None


def normalise(alias: str) -> str:
    """Return the form of an alias under which one person is the same person everywhere."""
    return " ".join(alias.split()).casefold()
