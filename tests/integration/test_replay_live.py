"""A replay says what the live code would have said: the same history lived through on a real store."""

from datetime import UTC, date, datetime, timedelta

import pytest
from histories import FIRST, history_of, pilot_of, use_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import RULES, World, claims, world_of

from adapters.redis_store.store import RedisStore
from bot.app.cast import desk_of
from bot.app.replay import ONE_DAY, SWEPT_AT, Replay
from bot.app.rules import Rules
from bot.detection.detect import Detector
from bot.domain.calendar import Calendar, SendingHours
from bot.domain.hindsight import as_of
from bot.domain.outreach import Outreach, Step, Window, identity
from bot.domain.pilot import Pilot
from bot.domain.playbook import Budgets
from bot.domain.reply import Reply
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.outgoing import Claim, Limits
from bot.policy.budget import Budget, weekly
from bot.policy.departure import Desk, can_leave
from bot.policy.replying import Replying, reply_to

LIVE = FIRST + timedelta(days=95)
DAYS = 40
REPLYING = Replying(share=0.7, days=1, step_days=4, snooze_days=5)

Said = tuple[datetime, str, str, str]
"""When, to whom, about which pilot, and what."""


def told() -> tuple[list[Pilot], list[UsageDay]]:
    """Return eight pilots of six owners in three timezones, in all of which something is wrong."""
    zones = [("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Australia/Sydney", None)]
    pilots, rows = [], []
    for n in range(8):
        zone, country = zones[n % 3] if n < 6 else zones[0]
        owner = f"o{n}" if n < 6 else "o0"
        given_too: dict[str, object] = {"stage_history": [], "stage_since": FIRST - timedelta(days=100 + 9 * n)}
        if n == 3:
            since = LIVE + timedelta(days=12)
            before = [{"stage": "pilot", "since": FIRST - timedelta(days=90), "planned_days": 60}]
            given_too = {"stage": "scale", "stage_since": since, "stage_history": before}
        pilots.append(pilot_of(f"p{n}", owner=owner, timezone=zone, country=country, **given_too))
        rows += use_of(f"p{n}", level=12 + 3 * n, fall=90 + 2 * n if n % 2 else None)
    return pilots, rows


class Lives:
    """The owners of a world over a real store, who answer as the model has it."""

    def __init__(self, world: World) -> None:
        """Start with nothing read and nothing planned."""
        self.world, self.read = world, 0
        self.planned: list[Reply] = []

    async def day(self, day: date, pilots: list[Pilot], rows: list[UsageDay]) -> None:
        """Load what is new, sweep in the morning, and live through every moment until the next."""
        world, begin = self.world, datetime.combine(day, SWEPT_AT)
        world.clock.at = begin
        await world.register(*(as_of(p, day) for p in pilots))
        await world.ports.telemetry.put([r for r in rows if r.day < day and (day == LIVE or r.day == day - ONE_DAY)])
        await world.ports.sources.put(SourceStatus(source="chat", newest_day=day - ONE_DAY))
        await world.sweep()
        moment: datetime | None = begin
        while moment is not None:
            world.clock.at = moment
            await self._answer(moment)
            await world.work()
            await self._plan(moment)
            due = [d.due_at for d in await world.ports.outbox.due(begin + ONE_DAY)]
            later = [m for m in (*due, *(r.received_at for r in self.planned)) if moment < m < begin + ONE_DAY]
            moment = min(later, default=None)

    async def _answer(self, now: datetime) -> None:
        for reply in sorted((r for r in self.planned if r.received_at <= now), key=lambda r: (r.received_at, r.key)):
            self.planned.remove(reply)
            await self.world.ports.inbox.receive(reply)

    async def _plan(self, now: datetime) -> None:
        """Plan the answers to what arrived just now."""
        ports = self.world.ports
        fresh, self.read = self.world.chat.got[self.read :], len(self.world.chat.got)
        for at, person, delivery, _ in fresh:
            assert at == now
            letter = await ports.outbox.get(person, delivery)
            assert letter is not None
            for outreach in letter.active:
                stored, pilot = await ports.cases.get(outreach.pilot), await ports.pilots.get(outreach.pilot)
                assert stored is not None
                desk = desk_of(await ports.people.get(person), pilot, self.world.rules)
                reply = reply_to(outreach, stored.case.loop, now, desk, REPLYING)
                if reply and not any(r.case_id == reply.case_id for r in self.planned):
                    self.planned.append(reply)


@pytest.mark.no_cover  # long, and its lines are covered elsewhere
async def test_a_replay_says_what_the_live_code_says(store: RedisStore) -> None:
    """Six weeks on a real store, with sweeps, deliveries and replies, give the same messages at the same moments."""
    pilots, rows = told()
    world = world_of(store, datetime.combine(LIVE, SWEPT_AT))
    await world.live()
    lives = Lives(world)
    replay = Replay(
        history_of(pilots, rows),
        Rules(texts=RULES.texts, calendar=RULES.calendar, detect=Detector().detect),
        REPLYING,
        LIVE + timedelta(days=DAYS),
    )
    mine: list[Said] = []
    answers = 0
    owner = {p.id: p.owner for p in pilots}
    for n in range(DAYS):
        day = LIVE + timedelta(days=n)
        lived = replay.live(day)
        answers += len(lived.replies)
        mine += [
            (d.claimed_at, owner[o.pilot] or "", o.pilot, o.step.value)
            for d in lived.sent
            if d.claimed_at
            for o in d.active
        ]
        await lives.day(day, pilots, rows)
    names = {world.ports.people.identify(name): name for name in owner.values() if name}
    live: list[Said] = [
        (d.claimed_at, names[d.recipient], o.pilot, o.step.value)
        for d in await world.ports.outbox.all()
        if d.claimed_at
        for o in d.active
    ]
    assert sorted(mine) == sorted(live)
    assert {what for *_, what in mine} >= {"nudge", "follow_up", "commitment_check"}
    assert answers >= 5
    stored = await world.ports.cases.all()
    shared = {"asked", "disowned", "commitment", "block", "applied", "answers"}
    replayed = {c.pilot: c.model_dump(exclude=shared) for c in replay.cases}
    assert replayed == {name: s.case.model_dump(exclude=shared) for name, s in stored.items()}


MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
minutes = st.integers(-60 * 24 * 8, -1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(minutes, max_size=4, unique=True),
    later=st.integers(0, 60 * 24 * 5),
    gap=st.integers(0, 50),
    a_week=st.integers(1, 3),
)
async def test_the_store_claims_what_can_leave(
    store: RedisStore, before: list[int], later: int, gap: int, a_week: int
) -> None:
    """What a replay asks before a message leaves is what the store asks in the claim, for any messages before."""
    now = MONDAY + timedelta(minutes=later)
    desk = Desk("Europe/Berlin", "DE", SendingHours(), Calendar())
    bounds = Budgets(owner_per_week=a_week, person_per_week=3, min_gap_hours=gap)
    world = world_of(store, now)
    await world.live()
    person = identity("somebody", *before, later, gap, a_week)
    claimed = [MONDAY + timedelta(minutes=m) for m in sorted(before)]
    for at in claimed:
        await claim(
            world, desk, person, at, Budgets(owner_per_week=99, person_per_week=99, min_gap_hours=0), anyhow=True
        )
    found = await claims(world.ports.outbox, person, MONDAY - timedelta(days=30))
    days = {desk.day(at) for at in found}
    taken = await claim(world, desk, person, now, bounds)
    assert (taken is Claim.TAKEN) == can_leave(Budget(tuple(found)), days, now, bounds, desk)


async def claim(world: World, desk: Desk, person: str, at: datetime, bounds: Budgets, *, anyhow: bool = False) -> Claim:
    """Let the store try to claim a message at a moment; `anyhow` opens the hours for it."""
    world.clock.at = at
    outreach = Outreach(
        id=identity(person, at.isoformat()),
        case_id="a#1",
        pilot="a",
        step=Step.NUDGE,
        recipient=person,
        decided_at=at,
    )
    name = await world.ports.outbox.accept(outreach, at)
    delivery = await world.ports.outbox.get(person, name)
    assert delivery is not None
    window = desk.window(at)
    if anyhow:
        window = Window(opens_at=at, closes_at=at + timedelta(minutes=1))
    if window is None:
        return Claim.OUTSIDE_HOURS
    gap = timedelta(hours=bounds.min_gap_hours)
    limits = Limits(bounds.person_per_week, weekly(bounds), gap, desk.day(at).isoformat())
    return await world.ports.outbox.claim(
        delivery, now=at, token=name, message="m", window=window, limits=limits, look_at=at
    )
