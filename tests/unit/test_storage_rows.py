"""docs/storage.md: its table has a row for every key name, and for nothing else."""

import inspect
import re
from pathlib import Path

from adapters.redis_store.keys import INGRESS, Keys

TABLE = Path(__file__).parents[2] / "docs" / "storage.md"
NOT_NAMES = {"shard_of_pilot", "shard_of_person", "by_shard_of_person"}


def kind_of(name: str) -> str:
    """Return what a key holds by its name: the first part that is no tag; of the streams of others all but the stream."""
    if name.startswith(INGRESS):
        return INGRESS
    return next((part for part in name.split(":") if not part.startswith("{")), "")


def named() -> set[str]:
    """Return the kind of every key that `Keys` names."""
    keys, found = Keys(), set[str]()
    for attribute, member in inspect.getmembers(Keys):
        if attribute.startswith("_") or attribute in NOT_NAMES:
            continue
        if isinstance(member, property):
            name = getattr(keys, attribute)
        else:
            given = list(inspect.signature(member).parameters.values())[1:]
            hints = [one for one in given if one.default is inspect.Parameter.empty]
            sample: dict[object, object] = {int: 1, str: "x", bytes: b"xx"}
            name = getattr(keys, attribute)(*(sample[hint.annotation] for hint in hints))
        found.add(kind_of(name.removeprefix(f"{keys.root}:")))
    return found


def documented() -> set[str]:
    """Return the kinds in the first column of the table of keys."""
    table = TABLE.read_text(encoding="utf-8").split("| key | holds |", 1)[1].split("\n\n", 1)[0]
    columns = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {kind_of(token) for column in columns for token in re.findall(r"`([^`]+)`", column)} - {""}


def test_every_key_name_has_its_row() -> None:
    """What is stored under any name is told in docs/storage.md, and nothing that is no longer stored."""
    assert documented() == named()
