"""History replayed: nothing of tomorrow is known, and the promises about messages hold."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from histories import FIRST, firm, history_of, pilot_of, use_of
from hypothesis import given, settings
from hypothesis import strategies as st
from world import RULES

from bot.app.replay import ONE_DAY, History, Lived, Replay
from bot.app.rules import Rules
from bot.detection.detect import Detector, detect
from bot.domain.calendar import to_zone
from bot.domain.case import CaseState
from bot.domain.finding import Kind
from bot.domain.hindsight import as_of
from bot.domain.outreach import Step
from bot.domain.pilot import Pilot
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.policy.replying import Replying

LIVE = FIRST + timedelta(days=90)
END = FIRST + timedelta(days=150)
SILENT = Replying(share=0.0)


def rules() -> Rules:
    """Return rules with a detector of their own."""
    return Rules(texts=RULES.texts, calendar=RULES.calendar, detect=Detector().detect)


def life(history: History, first: date, last: date, replying: Replying = SILENT) -> tuple[Replay, list[Lived]]:
    """Live from one day to another."""
    one = Replay(history, rules(), replying, END)
    return one, [one.live(first + timedelta(days=n)) for n in range((last - first).days + 1)]


def steps(days: Sequence[Lived], pilot: str) -> list[Step]:
    """Return what was said about a pilot, in order."""
    return [o.step for lived in days for d in lived.sent for o in d.active if o.pilot == pilot]


def told() -> tuple[list[Pilot], list[UsageDay]]:
    """Return pilots of which one falls, one is paused and moves on, one begins late, and one has promises."""
    pilots = [
        pilot_of("a"),
        pilot_of("b", planned_stage_days=None, milestones=[{"id": "m", "title": "Go", "due": FIRST + timedelta(50)}]),
        pilot_of("c", stage="paused", stage_since=FIRST + timedelta(days=120)),
        pilot_of("d", start=FIRST + timedelta(days=100), stage_since=FIRST + timedelta(days=100), stage_history=[]),
    ]
    rows = use_of("a", fall=88) + use_of("b") + use_of("c", fall=95)
    return pilots, rows + [row for row in use_of("d") if row.day >= FIRST + timedelta(days=101)]


@cache
def as_it_was() -> tuple[Lived, ...]:
    """Return the days of that history as they were."""
    return tuple(life(history_of(*told()), LIVE, END - ONE_DAY, Replying())[1])


turns = st.lists(
    st.one_of(
        st.tuples(st.just("figure"), st.integers(0, 3), st.integers(0, 40)),
        st.tuples(st.just("gone"), st.integers(0, 3), st.integers(0, 40)),
        st.tuples(st.just("unvouched"), st.integers(0, 3), st.integers(0, 40)),
        st.tuples(st.just("source"), st.integers(0, 3), st.integers(0, 40)),
        st.tuples(st.just("stage"), st.integers(0, 3), st.integers(1, 40)),
        st.tuples(st.just("promise"), st.integers(0, 3), st.integers(1, 40)),
        st.tuples(st.just("left"), st.integers(0, 3), st.integers(1, 40)),
    ),
    min_size=1,
    max_size=8,
)


def turned(rows: list[UsageDay], pilots: list[Pilot], turn: tuple[str, int, int], day: date) -> None:
    """Let one thing be otherwise: rows from `day` on, and what the registry dates after it."""
    what, which, after = turn
    then, name = day + timedelta(days=after), pilots[which].id
    changed: dict[str, dict[str, object]] = {
        "figure": {"active_users": 0, "active_28d": 40, "seats": 400},
        "unvouched": {"complete": False},
        "source": {"source": "code"},
    }
    if what in changed:
        rows[:] = [r.model_copy(update=changed[what]) if r.pilot == name and r.day >= then else r for r in rows]
    elif what == "gone":
        rows[:] = [r for r in rows if r.pilot != name or r.day < then]
    else:
        pilot = pilots[which].model_dump()
        if what == "stage":
            pilot["stage_history"] = (*pilot["stage_history"], {"stage": "retired", "since": then})
        elif what == "promise":
            pilot["milestones"] = [{**m, "done_on": then} for m in pilot["milestones"]]
        else:
            pilot |= {"owner_left": then, "last_release": then}
        pilots[which] = Pilot.model_validate(pilot)


@settings(max_examples=15, deadline=None)
@given(known=st.integers(0, 55), changes=turns)
def test_what_comes_later_changes_nothing_that_was_said(known: int, changes: list[tuple[str, int, int]]) -> None:
    """Rows of a day or later, and whatever the registry dates after it, leave everything said by then as it was."""
    day = LIVE + timedelta(days=known)
    pilots, rows = told()
    for turn in changes:
        turned(rows, pilots, turn, day)
    _, days = life(history_of(pilots, rows), LIVE, day, Replying())
    assert tuple(days) == as_it_was()[: known + 1]


def test_the_history_of_that_test_has_much_to_say() -> None:
    """In it things are found, asked and answered, so that hindsight would show."""
    days = as_it_was()
    assert {f.kind for lived in days for f in lived.findings} >= {Kind.DROP_OFF, Kind.STALL}
    assert sum(len(lived.sent) for lived in days) >= 5
    assert sum(len(lived.replies) for lived in days) >= 2


def test_each_day_finds_what_a_fresh_look_at_it_finds() -> None:
    """Memory, pilots to come and rows of later days make no difference to what detection says."""
    pilots, rows = told()
    history = history_of(pilots, rows, lag_days=1)
    _, days = life(history, LIVE, END - ONE_DAY)
    for lived in days[::7]:
        known = [p for p in history.pilots if p.id != "d" or lived.day >= FIRST + timedelta(days=100)]
        records = [as_of(p, lived.day) for p in known]
        kept = history_of(known, [r for r in rows if r.day < lived.day and r.pilot in {p.id for p in known}])
        window = kept.usage.window(lived.day)
        status = SourceStatus(source="chat", lag_days=1, newest_day=lived.day - ONE_DAY)
        fresh = detect(window, records, [status], today=lived.day, calendar=RULES.calendar, settings=RULES.detection)
        assert lived.findings == fresh.findings


def test_silence_climbs_the_ladder_to_the_leads_list() -> None:
    """A fall that nobody speaks of is a question, a reminder, and then a place on the programme lead's list."""
    one, days = life(firm({"a": 95, "b": None}), LIVE, END - ONE_DAY)
    assert steps(days, "a") == [Step.NUDGE, Step.FOLLOW_UP]
    (case,) = [c for c in one.cases if c.pilot == "a"]
    assert case.listed_on is not None
    sent = [a.sent_at for a in case.asked if a.sent_at]
    assert sent[1] - sent[0] >= timedelta(days=7)


def test_an_answer_moves_the_case_and_is_asked_about_again() -> None:
    """A step that everybody promises is quiet until its day, and then there is one question about it."""
    promise = Replying(share=1, on_track=0, step=1, blocked=0, snooze=0, step_days=5, done=1)
    _, days = life(firm({"a": 95, "b": None}), LIVE, END - ONE_DAY, promise)
    assert steps(days, "a")[:2] == [Step.NUDGE, Step.CHECK]
    assert [r.answer.kind for lived in days for r in lived.replies if r.pilot == "a"][:2] == ["step", "done"]


def test_the_lag_of_a_source_delays_what_is_found() -> None:
    """With a lag of four days the same fall is seen four days later, with the same first day."""
    found = []
    for lag in (0, 4):
        history = firm({"a": 95, "b": None})
        _, days = life(History(history.pilots, history.usage, lag), LIVE, END - ONE_DAY)
        seen = [(lived.day, f) for lived in days for f in lived.findings if f.kind is Kind.DROP_OFF]
        found.append(seen[0])
    assert found[1][0] - found[0][0] == timedelta(days=4)
    assert found[1][1].opened_on == found[0][1].opened_on


def test_the_promises_about_messages_hold() -> None:
    """Two a week to a person, 20 hours apart, one a day and about one pilot a week, in hours; five owners a day."""
    falls = {f"p{n:02}": 96 + n % 3 for n in range(16)}
    rows = [row for name, fall in falls.items() for row in use_of(name, fall=fall)]
    owners = ["x", "x", "y", "y", "y"] + [f"o{n}" for n in range(11)]
    zones = ["Europe/Berlin", "America/Los_Angeles", "Australia/Sydney"]
    pilots = [
        pilot_of(name, owner=owner, timezone=zones[n % 3] if owner.startswith("o") else zones[0], country=None)
        for n, (name, owner) in enumerate(zip(falls, owners, strict=True))
    ]
    _, days = life(history_of(pilots, rows), LIVE, END - ONE_DAY, Replying())
    people: dict[str, list[datetime]] = defaultdict(list)
    about: dict[str, list[datetime]] = defaultdict(list)
    first: dict[date, set[str]] = defaultdict(set)
    zone_of = {p.id: p.timezone or "UTC" for p in pilots}
    for delivery in (d for lived in days for d in lived.sent):
        at = delivery.claimed_at
        assert at is not None
        local = at.astimezone(to_zone(zone_of[delivery.active[0].pilot]))
        assert local.weekday() < 5
        assert 9 <= local.hour < 17
        people[delivery.recipient].append(at)
        for outreach in delivery.active:
            about[outreach.pilot].append(at)
            if outreach.step is Step.NUDGE:
                first[at.date()].add(delivery.recipient)
    assert max(map(len, first.values())) == 5
    assert any(len(d.active) > 1 for lived in days for d in lived.sent)
    for moments in people.values():
        assert all(b - a >= timedelta(hours=20) for a, b in pairwise(moments))
        assert all(c - a > timedelta(days=7) for a, c in zip(moments, moments[2:], strict=False))
    for moments in about.values():
        assert all(b - a >= timedelta(days=7) for a, b in pairwise(moments))


def test_a_question_that_no_longer_holds_is_withdrawn() -> None:
    """Decided on a Saturday, not sent on the Monday on which the pilot moved on; it counts as never asked."""
    friday = LIVE + timedelta(days=5)
    moves = {"stage": "scale", "stage_since": friday + timedelta(days=3), "planned_stage_days": 300}
    before = [{"stage": "pilot", "since": friday - timedelta(days=182), "planned_days": 300}]
    history = history_of([pilot_of("a", stage_history=before, **moves)], use_of("a"))
    one, days = life(history, LIVE, LIVE + timedelta(days=40))
    assert steps(days, "a") == []
    (case,) = one.cases
    assert [a.outcome.value for a in case.asked] == ["dropped"]
    assert case.state is CaseState.RECOVERED


def test_a_pilot_that_nobody_owns_is_looked_at_and_nobody_is_asked() -> None:
    """It has its findings, and a case that says why it is quiet."""
    history = history_of([pilot_of("a", owner=None)], use_of("a", fall=95))
    one, days = life(history, LIVE, END - ONE_DAY)
    assert days[-1].findings
    assert not any(lived.sent for lived in days)
    assert one.report().gaps[0].pilots == ("a",)


def test_a_report_needs_a_day_that_was_lived() -> None:
    """Before the first day there is nothing to report."""
    with pytest.raises(ValueError, match="nothing was lived"):
        Replay(firm({"a": None}), rules(), SILENT, END).report()


def test_rows_of_the_last_day_and_later_are_never_in_sight() -> None:
    """The window of a replay ends before its last day."""
    history = firm({"a": None})
    assert history.usage.window(END).day(history.usage.window(END).days - 1) == END - ONE_DAY
    assert np.isfinite(history.usage.window(END).active[0, -1])
