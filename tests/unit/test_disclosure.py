"""What may be shown of a pilot: no figure, and no difference of two, that is about a few people."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pilot import Pilot
from bot.domain.telemetry import UsageDay
from bot.metrics.disclosure import FIGURES, may_show_part, withheld

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
        seats=seats,
        active_users=today,
        active_7d=week,
        active_28d=month,
        present=draw(st.integers(0, seats)),
        new_users=draw(st.integers(0, today)),
        habitual_users=draw(st.integers(0, month)),
    )


@given(row=rows())
def test_no_two_shown_numbers_are_a_few_people_apart(row: UsageDay) -> None:
    """A part and the whole it belongs to, shown together, never leave one to four people between them."""
    hidden = withheld(row, None, LEAST)
    shown = {name: getattr(row, name) for name in FIGURES if name not in hidden}
    pairs = {("present", "seats"), ("new_users", "active_users"), ("habitual_users", "active_28d")}
    for part, whole in pairs:
        if part in shown and (whole == "seats" or whole in shown):
            assert getattr(row, whole) - shown[part] not in range(1, LEAST)
            assert shown[part] not in range(1, LEAST)


@given(row=rows())
def test_a_small_pilot_shows_no_figure(row: UsageDay) -> None:
    """Below five seats everything about use is withheld, whatever it is."""
    small = row.model_copy(update={"seats": 4})
    assert withheld(small, Pilot(id="a", name="a", seats=900), LEAST) == set(FIGURES)


@given(part=people, whole=people, least=st.sampled_from([5, 10]))
def test_a_larger_group_never_shows_more(part: int, whole: int, least: int) -> None:
    """What may be shown with a larger least group may be shown with a smaller one."""
    assert not may_show_part(part, whole, least + 1) or may_show_part(part, whole, least) or part < least + 1
    assert may_show_part(0, 0, least)
    assert not may_show_part(None, whole, least)


def test_the_parts_of_one_day_are_judged_each_by_its_whole() -> None:
    """Three people away, two new and all but two habitual are withheld; round parts are shown."""
    row = UsageDay(pilot="a", day=DAY, source="chat", seats=40, present=37, active_users=20, active_28d=30, new_users=2)
    assert withheld(row, None, LEAST) == {"present", "new_users", "habitual_users"}
    whole = row.model_copy(update={"present": 30, "new_users": 6, "habitual_users": 12})
    assert withheld(whole, None, LEAST) == frozenset()
