"""Signals in a whole look: what they rest on, what suspends and ends them, and what they never do."""

from datetime import date, timedelta

import numpy as np
import pytest
from builders import NOW
from test_detect import DAYS, TODAY, look, pilot, window, without_rows
from test_dropoff import FIRST, usage
from tone import is_kind

from bot.detection.detect import Detection
from bot.domain.finding import OWNER_KINDS, RANK, REACH_KINDS, SIGNAL_KINDS, SOURCE_KINDS, Finding, Kind
from bot.domain.pilot import Pilot
from bot.domain.playbook import Playbook
from bot.domain.telemetry import UsageWindow
from bot.policy.observe import observe

DUE = FIRST + timedelta(days=900)


def of(kind: Kind, found: Detection) -> list[Finding]:
    """Return the findings of a kind."""
    return [f for f in found.findings if f.kind is kind]


def told(seats: float, *months: float, new: float | None = None, habitual: float | None = None) -> UsageWindow:
    """Return a window of one pilot per figure of people in 28 days, all with so many seats."""
    shown = window(*(np.minimum(usage(DAYS, month * 0.4, 5), month) for month in months))
    shown.seats[:] = seats
    shown.active_28d[:] = np.array(months)[:, None]
    if new is not None:
        shown.new[:] = 0
        shown.new[:, 0] = new
    if habitual is not None:
        shown.habitual[:] = habitual
    return shown


def full(name: str = "tax", **given: object) -> Pilot:
    """Return a pilot with a day for production ahead."""
    return pilot(name, **({"target_date": DUE} | given))


def test_a_healthy_pilot_has_no_signal() -> None:
    """Half of the seats in use, habits, a day ahead: nothing is told."""
    assert look(told(60, 45, habitual=30), full(depth="L2")).findings == ()


def test_each_signal_of_use_is_told_with_rounded_figures() -> None:
    """Every rule leads to one sentence whose counts are fives."""
    found = look(told(60, 11, habitual=7), full(depth="L1"))
    assert {f.kind: (f.observed, f.expected) for f in found.findings} == {
        Kind.NEVER_ACTIVATED: (10.0, 60.0),
        Kind.SEAT_CEILING: (10.0, 60.0),
    }
    (plateau,) = of(Kind.SMALL_PLATEAU, look(told(60, 18), pilot()))
    assert plateau.evidence == (
        "About 20 people use it for 3 use cases, no more than eight weeks ago, and no day is set for production."
    )
    (habit,) = of(Kind.LOW_HABIT, look(told(60, 45, habitual=16), full()))
    assert habit.evidence == (
        "About 15 of about 45 people use it as a habit, in nine or more of the last twelve weeks."
    )
    assert (habit.opened_on, habit.onset) == (FIRST + timedelta(84), FIRST + timedelta(1))


def test_the_sum_of_new_people_can_show_that_most_have_tried_it() -> None:
    """Twelve people in a month look like few; with forty first-time users in all they are not."""
    assert of(Kind.NEVER_ACTIVATED, look(told(60, 12), full()))
    assert not of(Kind.NEVER_ACTIVATED, look(told(60, 12, new=40), full()))


def test_a_day_for_production_and_more_use_cases_are_no_plateau() -> None:
    """A target date ahead is a path, one that has passed is none; a fourth use case is more than a sandbox."""
    shown, passed = told(60, 18), FIRST + timedelta(days=150)
    assert not of(Kind.SMALL_PLATEAU, look(shown, full()))
    (found,) = of(Kind.SMALL_PLATEAU, look(shown, pilot(target_date=passed)))
    assert found.opened_on == passed + timedelta(days=1)
    assert "the day set for production, 11 June 2026, has passed" in found.evidence
    assert not of(Kind.SMALL_PLATEAU, look(shown, pilot(stage="production")))
    shown.use_cases[:] = 4
    assert not of(Kind.SMALL_PLATEAU, look(shown, pilot()))
    shown.use_cases[:] = np.nan
    assert of(Kind.SMALL_PLATEAU, look(shown, pilot()))


def test_half_a_team_gone_keeps_the_figures_of_the_day_it_was_found() -> None:
    """More people leave after that: the sentence stays, so that it never tells how few are left."""
    shown = told(60, 40)
    shown.active_28d[0, 120:] = 19
    shown.active_28d[0, 130:] = 2
    early = of(Kind.TEAM_GONE, look(shown, full(), today=FIRST + timedelta(days=125)))
    late = of(Kind.TEAM_GONE, look(shown, full()))
    assert early == late
    assert late[0].evidence == (
        "At least 20 of about 40 people who used it in the four weeks to 14 April 2026 did not use it in the four weeks to "
        "12 May 2026."
    )


@pytest.mark.parametrize(("seats", "month", "few"), [(4, 1, True), (4, 2, False), (60, 3, True), (60, 4, True)])
def test_a_count_below_five_is_never_told(seats: float, month: float, *, few: bool) -> None:
    """Of a group below five, or a count that is below it, there is a sentence without a figure."""
    found = [f for f in look(told(seats, month), pilot(depth="L0")).findings if f.kind in REACH_KINDS]
    others = {Kind.NEVER_ACTIVATED} if few else set()
    assert {f.kind for f in found} == {Kind.SMALL_PLATEAU, Kind.SEAT_CEILING} | others
    for f in found:
        assert (f.observed, f.expected, f.numbers) == (None, None, False)
        assert not any(c.isdigit() for c in f.evidence.replace("for 3 use cases", ""))


@pytest.mark.parametrize(("month", "is_told"), [(4, False), (9, True)])
def test_without_any_seats_a_pilot_is_as_large_as_it_was_ever_seen(month: float, *, is_told: bool) -> None:
    """Nobody tells who has access: the most people of a month say whether figures may be shown."""
    shown = told(0, month)
    shown.seats[:] = np.nan
    (found,) = [f for f in look(shown, pilot(seats=None)).findings if f.kind in SIGNAL_KINDS]
    assert (found.kind, found.tier, found.numbers) == (Kind.SMALL_PLATEAU, "question", is_told)


def test_a_pilot_among_many_has_what_it_has_alone() -> None:
    """Six hundred pilots are looked at in parts, and none is mixed up with another."""
    months = np.tile([11.0, 45.0, 18.0], 200)
    shown = told(60, *months[:3])
    many = UsageWindow.blank(FIRST, tuple(f"p{n}" for n in range(600)), DAYS, ("chat",))
    for name in ("active", "seats", "active_28d", "use_cases", "origin"):
        getattr(many, name)[:] = np.tile(getattr(shown, name), (200, 1))
    alone = [[f for f in look(told(60, m), pilot("x")).findings if f.kind in SIGNAL_KINDS] for m in months[:3]]
    found = look(many, *(pilot(f"p{n}") for n in range(600))).findings
    for row in (0, 1, 2, 511, 512, 513, 599):
        mine = [f.model_copy(update={"pilot": "x"}) for f in found if f.pilot == f"p{row}" and f.kind in SIGNAL_KINDS]
        assert mine == alone[row % 3]


def test_no_figure_leaves_a_small_group_behind() -> None:
    """Whatever people and seats, a count told is fives, and neither it nor the rest is below five."""
    for seats in range(5, 60, 3):
        shown = told(seats, *range(1, seats + 1), habitual=1)
        shown.habitual[:] = (np.arange(seats)[:, None] + 1) // 4
        pilots = [pilot(f"p{n}", depth="L0") for n in range(1, seats + 1)]
        for f in look(shown, *pilots).findings:
            if f.kind in REACH_KINDS and f.numbers:
                month = int(f.pilot[1:])
                part, whole = (month // 4, month) if f.kind is Kind.LOW_HABIT else (month, seats)
                assert min(part, whole - part) >= 5
                assert f.observed is not None
                assert f.observed % 5 == 0
                assert f.observed >= 5


def test_signals_of_use_are_held_while_the_source_is_late() -> None:
    """An open one is kept and suspended, those of the registry are not."""
    one = full(last_release=FIRST, depth="L1")
    late = told(60, 11)
    without_rows(late, 0, DAYS - 8)
    found = look(late, one, newest=TODAY - timedelta(days=9))
    assert of(Kind.SOURCE_LATE, found)
    assert {f.kind: f.suspended for f in found.findings if f.kind not in SOURCE_KINDS} == {
        Kind.NEVER_ACTIVATED: True,
        Kind.SEAT_CEILING: True,
        Kind.NO_RELEASE: False,
    }
    assert not [f for f in look(told(60, 11), one).findings if f.suspended]


def test_a_pause_ends_every_signal() -> None:
    """Of a pilot that is paused nothing is open, and what was ended on the day of the pause."""
    rest = FIRST + timedelta(days=140)
    history = ({"stage": "pilot", "since": FIRST}, {"stage": "paused", "since": rest})
    one = pilot(
        stage="paused", stage_since=rest, stage_history=history, depth="L1", last_release=FIRST, owner_left=FIRST
    )
    found = look(told(60, 11, habitual=2), one).findings
    assert {f.kind for f in found} >= {Kind.NEVER_ACTIVATED, Kind.SEAT_CEILING, Kind.NO_RELEASE, Kind.OWNER_GONE}
    assert {f.closed_on for f in found} == {rest}


def test_one_look_or_many_find_the_same_signals() -> None:
    """What is opened up to a day is the same, asked on that day or later."""
    shown = told(60, 11, 18, 40, habitual=6)
    shown.active_28d[2, 120:] = 17
    pilots = (full("a", depth="L1"), pilot("b"), full("c"))

    def opened(today: date, until: date) -> set[tuple[object, ...]]:
        found = look(shown, *pilots, today=today).findings
        return {(f.pilot, f.kind, f.opened_on, f.onset) for f in found if f.opened_on < until}

    whole = {kind for _, kind, _, _ in opened(TODAY, TODAY)}
    assert whole >= {*REACH_KINDS}
    for day in range(30, DAYS, 17):
        today = FIRST + timedelta(days=day)
        assert opened(today, today) == opened(TODAY, today)


def test_signals_move_nothing() -> None:
    """They open no case and are in none, and have no weight in the order of what is said."""
    found = look(told(60, 11, habitual=2), pilot(depth="L1", last_release=FIRST, owner_left=FIRST)).findings
    signals = [f for f in found if f.kind in SIGNAL_KINDS]
    assert len(signals) >= 4
    assert {f.severity for f in signals} == {0.0}
    assert observe(None, "tax", signals, now=NOW, playbook=Playbook()) is None


def test_each_kind_has_its_place_and_is_one_thing() -> None:
    """Every kind has a rank of its own; those that open a case and signals are apart."""
    assert sorted(RANK.values()) == list(range(len(Kind)))
    assert not OWNER_KINDS & SIGNAL_KINDS


def test_every_sentence_is_kind() -> None:
    """None is long, and none says what no message may say."""
    shown = told(60, 11, 18, 40, habitual=6)
    shown.active_28d[2, 120:] = 17
    gaps = {"owner_left": FIRST, "sponsor_left": FIRST, "last_release": FIRST, "data_mode": "sample", "depth": "L0"}
    waits = ({"id": "d", "kind": "data_access", "since": FIRST, "due": DUE},)
    found = look(shown, pilot("a", **gaps), pilot("b", dependencies=waits), pilot("c"))
    assert len({f.kind for f in found.findings}) >= 10
    assert all(is_kind(f.evidence) and f.evidence[0].isupper() and f.evidence.endswith(".") for f in found.findings)
