"""What changed since the last look: noted once, kept until it was looked at, never lost between."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.redis_store.store import RedisStore
from bot.domain.pilot import Pilot


def pilots(*names: str) -> list[Pilot]:
    """Return pilots of these ids."""
    return [Pilot(id=name, name=name) for name in names]


async def test_a_pilot_that_changed_is_told_until_it_was_looked_at(store: RedisStore) -> None:
    """New and changed records are told, unchanged ones are not."""
    await store.pilots.put(pilots("a", "b"))
    marks = await store.touched.read()
    assert sorted(marks) == ["a", "b"]
    await store.touched.looked_at(marks)
    await store.pilots.put([*pilots("a"), Pilot(id="b", name="another")])
    assert sorted(await store.touched.read()) == ["b"]


async def test_a_change_during_a_look_is_told_again(store: RedisStore) -> None:
    """A pilot that changed after its mark was read stays, whoever says that it was looked at."""
    await store.pilots.put(pilots("a", "b"))
    marks = await store.touched.read()
    await store.touched.note(["a"])
    await store.touched.looked_at(marks)
    assert list(await store.touched.read()) == ["a"]
    await store.touched.looked_at(marks)
    assert list(await store.touched.read()) == ["a"]


async def test_what_is_no_pilot_is_not_told(store: RedisStore) -> None:
    """A name without a number leaves nothing behind."""
    await store.touched.note(["nobody"])
    assert await store.touched.read() == {}


@given(steps=st.lists(st.sampled_from(["note a", "note b", "read", "clear"]), max_size=12))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_is_forgotten_that_was_not_looked_at(store: RedisStore, steps: list[str]) -> None:
    """Whatever the order of changes and looks, exactly what changed after the last cleared reading is told."""
    await store.pilots.put(pilots("a", "b"))
    await store.touched.looked_at(await store.touched.read())
    open_since: set[str] = set()
    marks: dict[str, int] = {}
    seen: set[str] = set()
    for step in steps:
        match step.split():
            case ["note", pilot]:
                await store.touched.note([pilot])
                open_since.add(pilot)
                seen.discard(pilot)
            case ["read"]:
                marks = await store.touched.read()
                seen = set(marks)
            case _:
                await store.touched.looked_at(marks)
                open_since -= seen
    assert set(await store.touched.read()) == open_since
