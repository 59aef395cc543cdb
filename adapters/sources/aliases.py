"""The table of people: one row per person, with the ids they have in different tools (docs/loading.md)."""

from typing import BinaryIO, Final

from adapters.sources.people import read_people, read_user
from adapters.sources.tables import Reading
from bot.domain.people import normalise
from bot.domain.roster import WirePerson

COLUMNS: Final = ("person", "aliases")


def read_aliases(stream: BinaryIO, *, name: str = "the file") -> Reading[WirePerson]:
    """Read the ids of people, several aliases separated by `;`. Raises InputError when the stream is no such table.

    An id that stood with another person is a reject: it would make two people one.
    """
    owners: dict[str, int] = {}

    def person(line: int, values: dict[str, object]) -> WirePerson:
        aliases = values["aliases"]
        ids = (str(values["person"]), *(aliases if isinstance(aliases, list) else ()))
        taken = next((owners[key] for one in ids if owners.get(key := normalise(one), line) != line), None)
        if taken is not None:
            msg = f"an id of this row stands with another person on line {taken}; an id belongs to one person"
            raise ValueError(msg)
        owners.update({normalise(one): line for one in ids})
        return WirePerson(tuple(dict.fromkeys(ids)))

    readers = {"person": read_user, "aliases": _read_ids}
    return read_people(stream, readers, person, required=COLUMNS, name=name)


def _read_ids(cell: str) -> list[str]:
    return [read_user(one) for one in cell.split(";") if one.strip()]
