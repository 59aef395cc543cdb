"""A real registry, with all its untidiness: the US federal AI inventory of 2024 under examples/us_federal.yaml."""

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from world import world_of

from adapters.redis_store.store import RedisStore
from adapters.sources.registry import read_registry
from adapters.sources.registry_map import load_registry_map
from bot.app.load import load_registry
from bot.app.sweep import sweep
from bot.domain.pilot import Pilot, Stage
from bot.domain.table import Row

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "../shared/fixtures/sources/pilot_registry_omb/us_federal_ai_inventory_2024_trimmed.csv"
JUDGED_ON = date(2024, 12, 16)

pytestmark = pytest.mark.skipif(
    not INVENTORY.exists(), reason="the inventory is read in place beside this repository, and it is not there"
)


@cache
def rows() -> tuple[Row[Pilot], ...]:
    """Return every row of the inventory."""
    rules = load_registry_map(ROOT / "examples/us_federal.yaml")
    with INVENTORY.open("rb") as stream:
        return tuple(read_registry(stream, rules, name="inventory"))


def pilots() -> list[Pilot]:
    """Return the rows that became pilots."""
    return [row.record for row in rows() if row.record is not None]


def figures(of: list[Pilot]) -> tuple[int, int, int]:
    """Count pilots before production that have begun, those a year or more old, and those of 548 days or more."""
    started = [p.start for p in of if p.is_pre_production and p.start is not None and p.start <= JUDGED_ON]
    ages = [(JUDGED_ON - start).days for start in started]
    assert not {365, 548} & set(ages)  # so it does not matter whether "over" includes the day itself
    return len(ages), sum(age > 365 for age in ages), sum(age > 548 for age in ages)


def test_identical_rows_are_named_rejects_and_nothing_else_is_refused() -> None:
    """Of 2,133 rows 2,092 are pilots; 41 repeat an earlier row and say which."""
    by_line = {row.line: row for row in rows()}
    refused = [row for row in rows() if row.record is None]
    assert (len(rows()), len(pilots()), len(refused)) == (2133, 2092, 41)
    for row in refused:
        first = by_line[int(row.reason.removeprefix("identical to line "))]
        assert first.record is not None
        assert dict(first.cells) == dict(row.cells)


def test_the_figures_of_the_inventory_come_out() -> None:
    """697, 368 and 265 with identical rows counted as in the file; each one lower without them."""
    by_line = {row.line: row.record for row in rows()}
    as_in_the_file = [
        pilot
        for row in rows()
        if (pilot := row.record or by_line[int(row.reason.removeprefix("identical to line "))]) is not None
    ]
    assert figures(as_in_the_file) == (697, 368, 265)
    assert figures(pilots()) == (696, 367, 264)


def test_what_is_well_formed_is_read_as_it_stands() -> None:
    """Years that a spreadsheet turned into days of 1905 stay, and what begins after the day is not counted."""
    starts = [p.start for p in pilots() if p.is_pre_production and p.start is not None]
    assert sum(start.year == 1905 for start in starts) == 22
    assert sum(start > JUDGED_ON for start in starts) == 5


def test_dates_that_cannot_be_read_are_listed_and_never_guessed() -> None:
    """A start such as 24-Nov, Q4FY25 or 10/12023 is unknown, and the word is kept for the admin."""
    listed = Counter(u.value for p in pilots() for u in p.unreadable if u.field == "start")
    assert sum(listed.values()) == 52
    assert {word: listed[word] for word in ("24-Nov", "Q4FY25", "10/12023", "N/A")} == {
        "24-Nov": 6,
        "Q4FY25": 2,
        "10/12023": 1,
        "N/A": 17,
    }
    assert all(p.start is None for p in pilots() if any(u.field == "start" for u in p.unreadable))


def test_stages_outside_the_dictionary_are_listed_and_never_guessed() -> None:
    """A stage such as Planned or In production is unknown, though it sounds like one of ours."""
    listed = Counter(u.value for p in pilots() for u in p.unreadable if u.field == "stage")
    assert listed == {
        "Planned": 20,
        "In production": 14,
        "Ideation": 9,
        "Research or Administrative Action Complete": 5,
        "In mission": 4,
    }
    assert Counter(p.stage for p in pilots())[None] == 52 + 4  # four cells are empty


def test_ids_are_readable_and_one_pilots_alone() -> None:
    """An id is the words of name, agency and bureau; a hash stands behind it only where they don't suffice."""
    ids = [p.id for p in pilots()]
    assert len(set(ids)) == len(ids)
    assert "babel-dhs-cbp" in ids
    assert sorted(name for name in ids if name.startswith("chatbot-hhs-ahrq")) == [
        "chatbot-hhs-ahrq-2d4aa113",
        "chatbot-hhs-ahrq-57fd4c97",
    ]


def test_what_the_inventory_does_not_tell_stays_unknown() -> None:
    """No owner, no seats, no timezone is made up; the country is the map's."""
    assert {(p.owner, p.seats, p.timezone, p.country) for p in pilots()} == {(None, None, None, "US")}
    assert all("\n" not in p.name for p in pilots())
    assert {p.stage for p in pilots()} == {None, Stage.IDEA, Stage.BUILD, Stage.PILOT, Stage.PRODUCTION, Stage.RETIRED}


async def test_a_dry_sweep_shows_the_figures_and_writes_to_nobody(store: RedisStore) -> None:
    """Loaded and looked at as of 16 December 2024: the portfolio, no outreach, and what the admin has to add."""
    world = world_of(store)
    rejects: list[Row[Pilot]] = []
    await load_registry(rows(), world.ports, rejects.append)
    report = await sweep(world.ports, world.rules, datetime(2024, 12, 16, 12, tzinfo=UTC), dry_run=True)
    told = report.portfolio
    assert (told.pilots, told.without_owner, len(rejects)) == (2092, 2092, 41)
    assert (told.pre_production, told.over_12_months, told.over_18_months) == (696, 367, 264)
    assert (report.outreach, report.queued, report.findings) == ((), (), ())
    assert {g.what: len(g.pilots) for g in report.gaps}["no owner"] == 2092
    assert sum(len(values) for values in report.unreadable.values()) == 104
    assert await store.cases.all() == {}
