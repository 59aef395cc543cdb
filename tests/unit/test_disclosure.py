"""What may be shown of a pilot: no figure, and no difference of two, that is about a few people."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.metrics.disclosure import FIGURES, PEOPLE, withheld

DAY = date(2026, 3, 2)
LEAST = 5
people = st.integers(0, 40)


@st.composite
def rows(draw: st.DrawFn) -> UsageDay:
    """Draw a row whose figures fit together."""
    seats = draw(people)
    month = draw(st.integers(0, seats))
    week = draw(st.integers(0, month))
    today = draw(st.integers(0, week))
    return UsageDay(
        pilot="a",
        day=DAY,
        source="chat",
        seats=draw(st.sampled_from([seats, None])),
        active_users=today,
        active_7d=week,
        active_28d=month,
        present=draw(st.integers(0, seats)),
        new_users=draw(st.integers(0, today)),
        habitual_users=draw(st.integers(0, month)),
    )


@given(row=rows(), registered=st.none() | people, least=st.sampled_from([5, 10]))
def test_no_two_shown_numbers_are_a_few_people_apart(row: UsageDay, registered: int | None, least: int) -> None:
    """No count of people in a row, the seats among them, is that of a few, or a few away from another."""
    pilot = Pilot(id="a", name="a", seats=registered)
    hidden = withheld(row, pilot, least)
    seats = row.seats if row.seats is not None else registered
    shown = [n for name in PEOPLE if name not in hidden and (n := getattr(row, name)) is not None]
    assert not set(shown) & set(range(1, least))
    if shown:
        counts = shown if seats is None else [*shown, seats]
        assert {abs(a - b) for a in counts for b in counts}.isdisjoint(range(1, least))


@given(row=rows())
def test_what_was_left_out_stays_so(row: UsageDay) -> None:
    """A row without what was withheld is shown as it is: an import gives the same export."""
    kept = row.model_copy(update=dict.fromkeys(withheld(row, None, LEAST)))
    assert {name for name in withheld(kept, None, LEAST) if getattr(kept, name) is not None} == set()


@given(row=rows())
def test_acts_of_a_few_people_are_withheld(row: UsageDay) -> None:
    """What one to four people did is as much theirs as that they did it."""
    hidden = withheld(row, None, LEAST)
    assert "actions" in hidden or row.active_users not in range(1, LEAST)
    assert "use_cases" in hidden or row.active_28d not in range(1, LEAST)


@given(row=rows())
def test_a_small_pilot_shows_no_figure(row: UsageDay) -> None:
    """Below five seats everything about use is withheld, whatever it is."""
    small = row.model_copy(update={"seats": 4})
    assert withheld(small, Pilot(id="a", name="a", seats=900), LEAST) == set(FIGURES)


@given(row=rows())
def test_zero_and_everybody_may_be_shown(row: UsageDay) -> None:
    """That nobody or everybody used it is a figure of the whole pilot."""
    nobody = row.model_copy(update=dict.fromkeys(PEOPLE, 0) | {"seats": 40})
    everybody = row.model_copy(update=dict.fromkeys(PEOPLE, 40) | {"seats": 40})
    assert withheld(nobody, None, LEAST) == withheld(everybody, None, LEAST) == frozenset()


def test_the_counts_of_one_day_are_let_through_from_the_longest_window_on() -> None:
    """Two without use, two who did not come this week, three away, two new: each count that would tell it is left out."""
    row = UsageDay(
        pilot="a", day=DAY, source="chat", seats=40, active_users=20, active_7d=28, active_28d=30, new_users=2
    )
    assert withheld(row, None, LEAST) == {"active_7d", "new_users"}
    assert withheld(row.model_copy(update={"active_28d": 38, "present": 37}), None, LEAST) == {
        "active_28d",
        "present",
        "new_users",
    }
    week = row.model_copy(
        update={"weekly": True, "active_users": None, "active_7d": 3, "new_users": None, "actions": 9}
    )
    assert withheld(week, None, LEAST) == {"active_7d", "actions"}
