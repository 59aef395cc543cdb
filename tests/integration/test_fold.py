"""A fold counts what changed and gives what a recount of everything gives, in whatever order and however often."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recount import Recount

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.fact import Away, Cell, Partition, Seat
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus

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
async def test_a_fold_equals_a_recount(valkey: EmbeddedServer, told: list[tuple[str, object]]) -> None:
    """Cells, partitions, restatements, seats, leave and folds in any order give the rows of a recount from scratch."""
    store = RedisStore(client_of(valkey), b"k", Keys(prefix="test", tenant=f"{id(told)}-{datetime.now(UTC)}"))
    await store.pilots.put([Pilot(id=p, name=p) for p in PILOTS])
    recount = Recount(TODAY)
    for step in [*told, ("fold", None)]:
        await take(step, store, recount)
    assert [r async for r in store.telemetry.rows(PILOTS)] == recount.rows(PILOTS)
    report = await store.facts.fold(TODAY)
    assert (report.pilot_days, report.rows, report.left) == (0, 0, 0)
    await store.close()
