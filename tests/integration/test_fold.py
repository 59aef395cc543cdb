"""A fold counts what changed and gives what a recount of everything gives, in whatever order and however often."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recount import Recount
from servers import Connect

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.fact import Away, Cell, Partition, Seat
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
PILOTS = ("a", "b")
SOURCES = ("chat", "code")
ACTORS = [bytes([n]) * 9 + b"\0" for n in range(1, 8)]

days = st.integers(0, 50).map(lambda n: TODAY - n * DAY) | st.integers(0, 130).map(lambda n: TODAY - n * DAY)
cells = st.builds(
    Cell,
    pilot=st.sampled_from(PILOTS),
    day=days,
    actor=st.sampled_from(ACTORS),
    source=st.sampled_from(SOURCES),
    surface=st.sampled_from(["chat.a", "chat.b", "code.c"]),
    revision=st.integers(0, 3),
    active=st.sampled_from([True, True, True, False, None]),
    actions=st.none() | st.integers(0, 20),
    weekly=st.sampled_from([False, False, False, True]),
)


@st.composite
def partitions(draw: st.DrawFn) -> tuple[list[Cell], Partition]:
    """Return a partition with cells of its own only."""
    last = draw(days)
    weekly = draw(st.sampled_from([False, False, True]))
    first = last - draw(st.integers(0, 30)) * DAY
    whole = Partition(
        source=draw(st.sampled_from(SOURCES)),
        first=first,
        last=last,
        pilots=draw(st.sampled_from([("a",), ("b",), ("a", "b")])),
        revision=draw(st.integers(0, 3)),
        weekly=weekly,
    )
    step = 7 if weekly else 1
    inside = st.integers(0, (last - first).days // step).map(lambda n: last - n * step * DAY)
    found = draw(st.lists(st.tuples(cells, inside, st.sampled_from(whole.pilots)), max_size=8))
    return [c._replace(day=d, pilot=p, source=whole.source, weekly=weekly) for c, d, p in found], whole


seats = st.builds(
    lambda pilot, actor, since, length: Seat(
        pilot, "seats", actor, since, since + length * DAY if since and length else None
    ),
    st.sampled_from(PILOTS),
    st.sampled_from(ACTORS),
    st.none() | days,
    st.integers(0, 60),
)
spans = st.builds(
    lambda actor, first, n: Away(actor, first, first + n * DAY), st.sampled_from(ACTORS), days, st.integers(0, 9)
)
steps = st.lists(
    st.tuples(st.just("cells"), st.lists(cells, max_size=12))
    | st.tuples(st.just("whole"), partitions())
    | st.tuples(
        st.just("seats"), st.tuples(st.lists(seats, max_size=5), st.sampled_from(["seats", "more"]), st.none() | days)
    )
    | st.tuples(st.just("away"), st.lists(spans, max_size=3))
    | st.tuples(st.just("reach"), st.tuples(st.sampled_from(SOURCES), days))
    | st.tuples(st.just("fold"), st.none()),
    max_size=14,
)


async def take(step: tuple[str, object], store: RedisStore, recount: Recount) -> None:
    """Do one step to the store and to the recount."""
    match step:
        case ("cells", list(given_cells)):
            await store.facts.put(given_cells, today=TODAY)
            recount.put(given_cells)
        case ("whole", (list(given_cells), Partition() as whole)):
            await store.facts.put(given_cells, today=TODAY, whole=whole)
            recount.put(given_cells, whole)
        case ("seats", (list(given_seats), str(source), on)):
            told = [Seat(s.pilot, source, s.actor, s.since, s.until) for s in given_seats]
            await store.roster.put(told, source=source, whole_on=on)
            recount.put_seats(told, source, on)
        case ("away", list(given_spans)):
            await store.roster.put_away(given_spans)
            recount.away |= set(given_spans)
        case ("reach", (str(source), day)):
            await store.sources.put(SourceStatus(source=source, newest_day=day))
            recount.newest[source] = max(day, recount.newest.get(source, day))
        case _:
            await store.facts.fold(TODAY)
            recount.folded()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=steps)
async def test_a_fold_equals_a_recount(connect: Connect, told: list[tuple[str, object]]) -> None:
    """Cells, partitions, restatements, seats, leave and folds in any order give the rows of a recount from scratch."""
    store = RedisStore(connect(), b"k", Keys(prefix="test", tenant=f"{id(told)}-{datetime.now(UTC)}"))
    await store.pilots.put([Pilot(id=p, name=p) for p in PILOTS])
    recount = Recount(TODAY)
    for step in [*told, ("fold", None)]:
        await take(step, store, recount)
    assert [r async for r in store.telemetry.rows(PILOTS)] == recount.rows(PILOTS)
    report = await store.facts.fold(TODAY)
    assert (report.pilot_days, report.rows, report.left) == (0, 0, 0)
    await store.close()


async def test_two_folds_and_a_write_at_once_lose_nothing(connect: Connect) -> None:
    """Whoever else folds, writes cells or seats at the same time: after one more fold it's as from scratch."""
    keys = Keys(prefix="test", tenant=f"at-once-{datetime.now(UTC)}")
    one, two = (RedisStore(connect(), b"k", keys) for _ in range(2))
    await one.pilots.put([Pilot(id=p, name=p) for p in PILOTS])
    recount = Recount(TODAY)
    for turn in range(12):
        told = [
            Cell(p, TODAY - (turn + d) * DAY, a, "chat", "chat.a", turn, active=(turn + d) % 3 > 0, actions=turn)
            for p in PILOTS
            for d in range(5)
            for a in ACTORS[: 3 + turn % 4]
        ]
        given_seats = [Seat("a", "seats", ACTORS[turn % 7], TODAY - turn * DAY)]
        recount.put(told)
        recount.put_seats(given_seats, "seats")
        await asyncio.gather(
            one.facts.put(told, today=TODAY),
            one.facts.fold(TODAY),
            two.facts.fold(TODAY),
            two.roster.put(given_seats, source="seats"),
        )
    await asyncio.gather(one.facts.fold(TODAY), two.facts.fold(TODAY))
    await one.facts.fold(TODAY)
    recount.folded()
    assert [r async for r in one.telemetry.rows(PILOTS)] == recount.rows(PILOTS)
    await one.close()
    await two.close()


FOLDER = """
import asyncio, sys
from datetime import date
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_for

async def main(url, tenant, today):
    store = RedisStore(client_for(url), b"k", Keys(prefix="test", tenant=tenant))
    print("ready", flush=True)
    while True:
        await store.facts.fold(date.fromisoformat(today))

asyncio.run(main(*sys.argv[1:]))
"""
"""A process that does nothing but fold."""


def start_folding(valkey: EmbeddedServer, tenant: str) -> subprocess.Popen[str]:
    """Start a process that folds, and wait until it does."""
    url = f"unix://{valkey.socket_path}"
    process = subprocess.Popen(
        [sys.executable, "-c", FOLDER, url, tenant, TODAY.isoformat()],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


async def test_a_fold_that_is_killed_loses_nothing(valkey: EmbeddedServer) -> None:
    """Killed with -9 at any moment, several times: the next fold gives what a recount gives."""
    dice = np.random.default_rng(7)
    tenant = f"killed-{uuid4().hex}"
    store = RedisStore(client_of(valkey), b"k", Keys(prefix="test", tenant=tenant))
    names = [f"p{n:02}" for n in range(40)]
    await store.pilots.put([Pilot(id=n, name=n) for n in names])
    recount = Recount(TODAY)
    for turn in range(4):
        process = await asyncio.to_thread(start_folding, valkey, tenant)
        for back in range(3):
            told = [
                Cell(n, TODAY - back * DAY, a, "chat", "chat.a", turn, active=bool(dice.random() < 0.6), actions=turn)
                for n in names
                for a in ACTORS
            ]
            recount.put(told)
            await store.facts.put(told, today=TODAY)
        await asyncio.sleep(dice.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.communicate)
    await store.facts.fold(TODAY)
    recount.folded()
    assert [r async for r in store.telemetry.rows(names)] == recount.rows(names)
    await store.close()
