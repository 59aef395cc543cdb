"""People as the registry names them; every budget, preference and case is keyed by the person id."""

from bot.domain.record import Record


class Person(Record):
    """Somebody we may write to or read about. `id` is ours, `name` is how the registry writes them.

    `timezone` and `country` are the person's own when known; otherwise the pilot's are used.
    """

    id: str
    name: str
    timezone: str | None = None
    country: str | None = None
    opted_out: bool = False


def normalise(alias: str) -> str:
    """Return the form of an alias under which one person is the same person everywhere."""
    return " ".join(alias.split()).casefold()
