"""What a table told, counted: user-days, what is zero and what unknown; and facts that make one figure together."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.app.ingest import fold_all
from bot.app.tally import NowhereTally, Tally
from bot.app.totals import MOST_ACTIONS, Groups, Totals
from bot.domain.fact import Cell, Partition, Period, Seat, WireFact
from bot.intake import FoldReport, Unrouted

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
ACTORS = [bytes([n]) * 10 for n in range(6)]

days = st.integers(0, 20).map(lambda n: TODAY - n * DAY)
told_days = st.lists(st.tuples(st.sampled_from(ACTORS), days, st.none() | st.booleans()), max_size=30)
spans = st.tuples(days, st.integers(0, 9)).map(lambda at: (at[0] - at[1] * DAY, at[0]))
seats = st.lists(
    st.builds(
        lambda actor, since, length: Seat(
            "p", "chat", actor, since, since + length * DAY if since and length else None
        ),
        st.sampled_from(ACTORS),
        st.none() | days,
        st.integers(0, 9),
    ),
    max_size=8,
)


@given(told_days, spans, seats)
def test_user_days_are_counted_as_by_hand(
    told: list[tuple[bytes, date, bool | None]], span: tuple[date, date], access: list[Seat]
) -> None:
    """Active if any fact says so; of the days told whole the others are zero with access, else unknown."""
    tally = Tally(TODAY)
    for actor, day, active in told:
        tally.add(actor, day, active)
    first, last = span
    whole = [Partition("chat", first, last, (), 0)]
    found = tally.told("chat", Period.DAY, whole, access, least_group=0)
    every = [first + n * DAY for n in range((last - first).days + 1)]
    seen = {(a, d) for a, d, _ in told}
    active = {(a, d) for a, d, is_active in told if is_active}
    seated = {
        (s.actor, d) for s in access for d in every if (not s.since or s.since <= d) and (not s.until or d < s.until)
    }
    people = {a for a, _ in seen} | {a for a, _ in seated}
    assert (found.people, found.told, found.active) == (len(people), len(seen), len(active))
    assert found.passive == len({(a, d) for a, d, is_active in told if is_active is False} - active)
    assert found.zero == len(seated - seen)
    assert found.zero + found.unknown == len({(a, d) for a in people for d in every} - seen)
    assert tally.days() == sorted({d for _, d in seen}, reverse=True)


def test_weeks_are_counted_as_weeks() -> None:
    """Of a partition of weeks only every seventh day stands for one."""
    tally = Tally(TODAY)
    tally.add(ACTORS[0], TODAY - 8 * DAY, active=True)
    whole = [Partition("chat", TODAY - 21 * DAY, TODAY - DAY, (), 0, weekly=True)]
    found = tally.told("chat", Period.WEEK, whole, [Seat("p", "chat", ACTORS[1])], least_group=0)
    assert (found.people, found.told, found.spans, found.zero, found.unknown) == (2, 1, 3, 3, 2)


def test_few_people_have_no_figures() -> None:
    """Below the least group nothing is counted, neither for the report nor of what goes nowhere."""
    tally, nowhere = Tally(TODAY), NowhereTally()
    for actor in ACTORS[:4]:
        tally.add(actor, TODAY, active=True)
        nowhere.add("chat", "ops", "chat.web", TODAY, actor=actor)
        nowhere.add("code", None, "code.x", TODAY - DAY, actor=actor)
    nowhere.add("code", None, "code.x", TODAY, people=9)
    assert tally.told("chat", Period.DAY, [], [], least_group=5).told == 0
    assert nowhere.of("chat", least_group=5) == [Unrouted("chat", "ops", "chat.web", 0, 0, TODAY)]
    assert nowhere.of("code", least_group=5) == [Unrouted("code", None, "code.x", 5, 9, TODAY)]


def cell(actions: int | None = 3, revision: int = 0, *, active: bool | None = True) -> Cell:
    """Return a cell of one person and day."""
    return Cell("tax", TODAY, ACTORS[0], "chat", "chat.web", revision, active, actions)


def test_groups_are_added_and_a_group_replaces_itself() -> None:
    """Of one group the higher revision counts, else the later; those of several are added, and no more than fits."""
    groups = Groups(None)
    assert groups.joined(cell(3), "a").actions == 3
    assert groups.joined(cell(4), "a").actions == 4
    assert groups.joined(cell(5, 2, active=False), "b") == cell(9, 2)
    assert groups.joined(cell(1, 1), "b") == cell(9, 2)
    assert groups.joined(cell(None, 2, active=None), "a") == cell(5, 2, active=False)
    assert groups.joined(cell(MOST_ACTIONS), "c").actions == MOST_ACTIONS
    lone = Groups(None)
    lone.joined(cell(7, revision=5), "a")
    lone.joined(cell(1, revision=4), "a")
    assert lone.joined(cell(2), "b").actions == 9


def test_only_so_many_facts_are_remembered() -> None:
    """Past the limit earlier ones are forgotten: a group told then stands for itself."""
    groups = Groups(1)
    groups.joined(cell(3), "a")
    groups.joined(cell(3)._replace(surface="chat.b"), "a")
    assert groups.joined(cell(4), "b").actions == 4


def test_totals_of_a_day_are_one_row() -> None:
    """The most people and all acts; an unknown number of acts makes the sum unknown, and no sum is too large."""

    def total(people: int, surface: str, actions: int | None, revision: int = 0) -> WireFact:
        return WireFact.model_validate(
            {
                "source": "chat",
                "actor_kind": "aggregate",
                "people": people,
                "start": TODAY,
                "end": TODAY + DAY,
                "surface": surface,
                "actions": actions,
                "revision": revision,
            }
        )

    totals = Totals()
    for fact in (total(5, "chat.a", 4, 2), total(9, "chat.a", 9, 1), total(7, "chat.b", MOST_ACTIONS)):
        totals.add("tax", fact)
    totals.add("law", total(5, "chat.a", None))
    totals.add("law", total(5, "chat.b", 3))
    rows = {row.pilot: row for row in totals.rows()}
    assert (rows["tax"].active_users, rows["tax"].actions) == (7, MOST_ACTIONS)
    assert (rows["law"].active_users, rows["law"].actions) == (5, None)


class Folding:
    """Facts that need several folds, or have a pilot-day that can't be folded now."""

    def __init__(self, *left: int) -> None:
        """Say how many pilot-days each fold leaves."""
        self.left = list(left)
        self.facts = self

    async def fold(self, _today: date) -> FoldReport:
        """Fold one pilot-day, but for the last time."""
        left = self.left.pop(0)
        return FoldReport(int(bool(self.left)), 0, left)


async def test_folding_goes_on_until_nothing_is_left_or_nothing_moves() -> None:
    """A fold that leaves something is followed by another, unless it did nothing itself."""
    done, stuck = Folding(2, 1, 0, 9), Folding(2, 1, 1)
    await fold_all(done, TODAY)  # type: ignore[arg-type]  # of the ports only this one is asked
    await fold_all(stuck, TODAY)  # type: ignore[arg-type]  # as above
    assert (done.left, stuck.left) == ([9], [])


def test_use_that_goes_nowhere_does_not_tell_of_the_few_others() -> None:
    """Where all but one to four of a source's people are in it, their figures are left out too."""
    nowhere = NowhereTally()
    for n in range(6):
        nowhere.add("chat", "ops", "chat.web", TODAY, actor=bytes([n]))
    shown, hidden = Unrouted("chat", "ops", "chat.web", 6, 6, TODAY), Unrouted("chat", "ops", "chat.web", 0, 0, TODAY)
    assert [nowhere.of("chat", least_group=5, everybody=[n]) for n in (6, 7, 10, 11)] == [
        [x] for x in (shown, hidden, hidden, shown)
    ]
