"""An export read back: into an empty store it gives the same export, and nothing over what is there."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from world import World, old_pilot, world_of

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_of
from bot.app.export import Seal, export
from bot.app.importing import take_export
from bot.domain.audit import AuditEntry
from bot.domain.case import Case
from bot.domain.outreach import DeliveryState
from bot.domain.pilot import Dependency, Milestone, Route, Stage, StageEntry, Unreadable
from bot.domain.reply import NextStep, OnTrack
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import InputError, NewerRecord

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = 5
SECRET = b"a key of the tests"
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
async def empty(valkey: EmbeddedServer) -> AsyncIterator[RedisStore]:
    """Return a second, empty store under the same pseudonym key."""
    one = RedisStore(client_of(valkey), SECRET, Keys(prefix="test", tenant=uuid4().hex))
    await one.open()
    yield one
    await one.close()


async def told(world: World) -> list[str]:
    """Return the lines of the export."""
    return [line async for line in export(world.ports, LEAST)]


class Ended(Exception):  # noqa: N818  reads as what happened
    """An import was cut off."""


@dataclass(frozen=True, slots=True)
class EndsIn:
    """Lines of which all are there, and whose reader is cut off at one when it stores them."""

    lines: list[str]
    end: int
    rounds: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        """Go through all once, and through the first ones the second time."""
        self.rounds.append(1)
        yield from self.lines if len(self.rounds) == 1 else self.lines[: self.end]
        if len(self.rounds) > 1:
            raise Ended


def sealed(lines: list[str]) -> list[str]:
    """Return lines with a last one that says they are whole."""
    seal = Seal()
    for line in lines:
        seal.add(line)
    return [*lines, json.dumps(seal.told)]


async def lived(world: World) -> None:
    """Live through four weeks with three pilots, use by day and week, a promise, an end and a new beginning."""
    await world.register(
        old_pilot(
            "a",
            stage_history=(StageEntry(stage=Stage.BUILD, since=date(2025, 1, 1), planned_days=60),),
            routes=(Route(source="chat", group="tax-*"),),
            milestones=(Milestone(id="m", title="Go", due=date(2026, 5, 1)),),
            dependencies=(Dependency(id="d", kind="legal", holder="sam", since=date(2026, 1, 2)),),
            unreadable=(Unreadable(field="depth", value="very"),),
            sponsor="sam",
        ),
        old_pilot("b", "erin"),
        old_pilot("small", "finn", seats=4),
    )
    days = [date(2026, 2, 1) + timedelta(days=i) for i in range(20)]
    await world.ports.telemetry.put(
        [
            UsageDay(pilot=p, day=d, source="chat", active_users=2, seats=n)
            for p, n in (("a", 40), ("small", 4))
            for d in days
        ]
        + [UsageDay(pilot="b", day=date(2026, 2, 8), source="weeks", active_7d=12, actions=70, weekly=True)]
        + [UsageDay(pilot="b", day=date(2026, 2, 22), source="weeks", active_7d=9, complete=False, weekly=True)]
    )
    for source, lag in (("chat", 2), ("weeks", 4)):
        await world.ports.sources.put(SourceStatus(source=source, lag_days=lag, newest_day=date(2026, 2, 22)))
    await world.live()
    for _ in range(3):
        await world.day()
    await world.answer("a", NextStep(action="Ask legal", at=world.clock.at + timedelta(days=4)), "k1")
    await world.register(old_pilot("b", "erin", stage="scale", stage_since=date(2026, 3, 12)))
    for _ in range(28):
        await world.day()
    ended = await world.ports.cases.get("b")
    assert ended is not None
    assert ended.case.is_closed
    again = Case(pilot="b", ordinal=2, opened_at=world.clock.at, findings=ended.case.findings)
    entry = AuditEntry(at=world.clock.at, who="test", what="found again")
    await world.ports.cases.save(again, expected=ended.revision, outreach=[], entry=entry)


async def test_an_export_read_into_an_empty_store_gives_the_same_export(store: RedisStore, empty: RedisStore) -> None:
    """Sources, pilots with all their parts, days and weeks, open and ended cases: every line is the same again."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    lines = await told(world)
    kinds = [next(iter(json.loads(line))) for line in lines[1:]]
    assert {k: kinds.count(k) for k in kinds} == {"source": 2, "pilot": 3, "usage": 42, "case": 4, "end": 1}
    assert (
        json.loads(lines[-1])["end"].items() >= {"sources": 2, "pilots": 3, "rows": 42, "cases": 4, "lines": 52}.items()
    )
    taken = await take_export(lines, other.ports, "ada")
    assert (taken.sources, taken.pilots, taken.usage, taken.suppressed, taken.cases) == (2, 3, 42, 20, 4)
    assert taken.undone == 0
    assert await told(other) == lines
    assert await take_export(lines, other.ports, "ada") == taken, "once more it changes nothing"
    assert await told(other) == lines


async def test_what_was_restored_goes_on_and_asks_nobody_twice(store: RedisStore, empty: RedisStore) -> None:
    """The restored store is in shadow; live, it looks at the same cases and repeats no question that was sent."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    await take_export(await told(world), other.ports, "ada")
    other.clock.at = world.clock.at
    await other.work()
    await other.day()
    assert other.sent == [], "a new store is in shadow until somebody says live"
    await other.live()
    case = await other.ports.cases.get("a")
    before = await world.ports.cases.get("a")
    assert case is not None
    assert before is not None
    assert [a.outreach for a in case.case.asked if a.sent_at] == [a.outreach for a in before.case.asked if a.sent_at]
    expected = await world.day()
    again = await other.day()
    assert [(o.pilot, o.kind, o.recipient) for o in again.outreach] == [
        (o.pilot, o.kind, o.recipient) for o in expected.outreach
    ]


async def test_a_cut_import_goes_on(store: RedisStore, empty: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended at any moment, the same file read again brings the store to the same export."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    lines = await told(world)
    monkeypatch.setattr("bot.app.importing.BATCH", 4)
    for end in (2, 7, 20, len(lines) - 2):
        with pytest.raises(Ended):
            await take_export(EndsIn(lines, end), other.ports, "ada")
    await take_export(lines, other.ports, "ada")
    assert await told(other) == lines


async def test_an_export_that_is_not_whole_is_refused_before_anything_is_stored(
    store: RedisStore, empty: RedisStore
) -> None:
    """Cut off after any line, within one, with a line less, twice, in another place or changed by one digit: no record."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    lines = await told(world)
    for end in range(1, len(lines)):
        with pytest.raises(InputError, match=f"cut off after line {end}:"):
            await take_export(lines[:end], other.ports, "ada")
    changed = next(line for line in lines if '"seats": 40' in line)
    for odd, words in [
        ([*lines[:-1], lines[-1][:-9]], f"Line {len(lines)}"),
        ([*lines[:20], lines[20][:-9], *lines[21:]], "Line 21"),
        ([*lines[:20], *lines[21:]], "lines of the export are not"),
        ([*lines[:20], lines[20], *lines[20:]], "lines of the export are not"),
        ([*lines[:20], lines[21], lines[20], *lines[22:]], "lines of the export are not"),
        ([line.replace('"seats": 40', '"seats": 41') if line is changed else line for line in lines], "are not"),
        ([*lines, lines[-1]], "are not"),
        ([*lines, ""], "cut off"),
    ]:
        with pytest.raises(InputError, match=words):
            await take_export(odd, other.ports, "ada")
    assert await other.ports.pilots.all() == []
    assert await other.ports.sources.all() == []
    await take_export([line + "\r\n" for line in lines], other.ports, "ada")
    assert await told(other) == lines, "how lines end does not matter"


async def test_what_was_under_way_is_decided_anew_or_counts_as_sent(store: RedisStore, empty: RedisStore) -> None:
    """A question that had not left is asked by the restored store; one that was being sent counts as sent."""
    world, other = world_of(store), world_of(empty)
    await world.register(old_pilot("a"), old_pilot("b", "erin"))
    await world.live()
    await world.sweep()
    lines = await told(world)
    taken = await take_export(lines, other.ports, "ada")
    assert taken.undone == 2
    stored = await other.ports.cases.get("a")
    assert stored is not None
    assert [a.outcome for a in stored.case.asked] == [DeliveryState.DROPPED]
    await other.live()
    await other.day()
    assert sorted(person for _, person in other.sent) == sorted(
        other.ports.people.identify(name) for name in ("dana", "erin")
    )


async def test_nothing_is_written_over_what_is_there(store: RedisStore, empty: RedisStore) -> None:
    """A pilot with other words, or a case that has moved on, ends the import in one sentence."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    lines = await told(world)
    await other.register(old_pilot("b", "somebody else"))
    with pytest.raises(InputError, match="pilot b differs"):
        await take_export(lines, other.ports, "ada")
    await world.answer("a", OnTrack(), "k9")
    await world.work()
    with pytest.raises(InputError, match="case of pilot a has moved on"):
        await take_export(lines, world.ports, "ada")


async def test_what_is_no_export_of_ours_is_refused_by_its_line(store: RedisStore, empty: RedisStore) -> None:
    """Another file, a cut line, a changed value, a missing pilot, a newer version, another key: each is one sentence."""
    world, other = world_of(store), world_of(empty)
    await world.register(old_pilot("a"))
    header, *rest, _ = await told(world)
    pilot = json.loads(rest[0])
    fields = json.loads(header)
    for lines, words in [
        ([], "Line 1"),
        (["{}"], "no header"),
        (["id,name"], "Line 1"),
        ([json.dumps(fields | {"v": 3})], "version 3"),
        ([json.dumps(fields | {"v": 1})], "older Stickshaker"),
        ([json.dumps(fields | {"key": "another"})], "PSEUDONYM_KEY"),
        ([header, rest[0][:-9]], "Line 2"),
        ([header, '{"people": {}}'], "Line 2"),
        ([header, '{"pilot": {}, "case": {}}'], "Line 2"),
        ([header, json.dumps({"pilot": pilot["pilot"] | {"seats": -1}})], "seats"),
        ([header, '{"usage": {"pilot": "a", "day": "2026-02-01", "source": "chat"}}'], "pilot a"),
    ]:
        with pytest.raises(InputError, match=words):
            await take_export(sealed(lines) if lines else lines, other.ports, "ada")
    with pytest.raises(NewerRecord, match="newer Stickshaker"):
        await take_export(sealed([header, json.dumps({"pilot": pilot["pilot"] | {"v": 2}})]), other.ports, "ada")
    assert await other.ports.pilots.all() == []


async def test_single_days_stay_out_where_only_weeks_of_groups_are_taken_in(
    store: RedisStore, empty: RedisStore
) -> None:
    """Imported into an aggregate-only process, days and small groups are left out and counted."""
    world, other = world_of(store), world_of(empty)
    await lived(world)
    taken = await take_export(await told(world), other.ports, "ada", least_group=10)
    assert (taken.usage, taken.left_out) == (2, 40)
    rows = [r async for r in other.ports.telemetry.rows(["a", "b", "small"])]
    assert {(r.pilot, r.weekly) for r in rows} == {("b", True)}


def test_the_commands_round_an_export(cli: Cli, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed by one data folder and read by an empty one with the same key, export gives the same lines."""
    monkeypatch.setenv("STICKSHAKER_PSEUDONYM_KEY", "a key shared by both stores")
    cli("load", "registry", registry)
    (tmp_path / "usage.csv").write_text("pilot,day,active_users,seats\ntax,2026-01-05,7,40\nhr,2026-01-05,2,4\n")
    cli("load", "usage", "usage.csv", "--source", "chat", "--lag", "1")
    cli("sweep")
    before = cli("export")[1]
    (tmp_path / "export.jsonl").write_text(before)
    monkeypatch.setenv("STICKSHAKER_DATA_DIR", str(tmp_path / "another"))
    code, out, _ = cli("import", "export.jsonl")
    assert (code, "2 pilots" in out, "1 rows of small groups" in out) == (0, True, True)
    assert cli("export")[1] == before
    assert json.loads(cli("import", "-", "--json", stdin=before)[1])["cases"] == 1
    pipe = f'cat export.jsonl | "{sys.executable}" -m jobs.cli import - --json'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    piped = subprocess.run(["/bin/sh", "-c", pipe], env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(piped.stdout)["cases"] == 1
    assert cli("import", "-", stdin=before[: len(before) // 2])[0] == 2
    (tmp_path / "odd").write_bytes(b"\xff\xfe")
    code, _, err = cli("import", "odd")
    assert (code, "UTF-8" in err) == (2, True)
