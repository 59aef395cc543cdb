"""Scores: what may be asked now, what the answers add up to, and when that is a diagnosis."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.content import load_texts
from bot.domain.survey import Answered, Audience, Dimension, ItemId, Posed, Scoring
from bot.policy.scores import CAPS, VALIDITY, Hindrance, Standpoint, askable, diagnose, hindrance, scores, weight

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BANK = load_texts().items.to_scorings()
OWNER = "p_owner"
ROLES = (Audience.OWNER, Audience.BLOCKER, Audience.SPONSOR)
OPENING = {
    Audience.OWNER: ItemId.HOLDS_BACK,
    Audience.BLOCKER: ItemId.DEPENDENCY,
    Audience.SPONSOR: ItemId.DECISION,
}
"""One item for each role."""

Told = tuple[tuple[ItemId, str], timedelta]
"""An item with one of its options, and how long ago that was answered."""
ages = st.integers(min_value=0, max_value=120 * 24).map(lambda hours: timedelta(hours=hours))


def said(item: ItemId, option: str, age: timedelta = DAY, by: str = OWNER) -> Answered:
    """Return an answer given so long ago."""
    return Answered(item=item, option=option, at=NOW - age, by=by)


def posed(item: ItemId, age: timedelta = DAY, *, in_reply: bool = False, person: str = OWNER) -> Posed:
    """Return that an item was put to somebody so long ago."""
    return Posed(item=item, person=person, at=NOW - age, in_reply=in_reply)


def seen(
    *answers: Answered,
    asked: tuple[Posed, ...] = (),
    known: tuple[Dimension, ...] = (),
    role: Audience = Audience.OWNER,
    person: str = OWNER,
) -> Standpoint:
    """Return what is known when a person could be asked."""
    return Standpoint(person=person, role=role, answers=answers, posed=asked, known=frozenset(known))


def why(item: ItemId, standpoint: Standpoint, *, in_reply: bool = False) -> Hindrance | None:
    """Return what keeps an item from being asked now."""
    return hindrance(BANK, item, standpoint, NOW, in_reply=in_reply)


def test_a_role_gets_its_own_items() -> None:
    """With nothing known or asked, each role may be asked its own items, and everybody whether it was useful."""
    owner = (ItemId.HOLDS_BACK, ItemId.DATA, ItemId.QUALITY, ItemId.NEXT_STEP, ItemId.USEFUL)
    assert askable(BANK, seen(), NOW) == owner
    assert askable(BANK, seen(role=Audience.BLOCKER), NOW) == (ItemId.DEPENDENCY, ItemId.USEFUL)
    assert askable(BANK, seen(role=Audience.SPONSOR), NOW) == (ItemId.DECISION, ItemId.USEFUL)
    assert why(ItemId.DECISION, seen()) is Hindrance.ROLE


def test_what_the_registry_tells_is_not_asked() -> None:
    """A dimension that telemetry or the registry tells of is not asked about; others are."""
    known = seen(known=(Dimension.DATA,))
    assert why(ItemId.DATA, known) is Hindrance.KNOWN
    assert why(ItemId.QUALITY, known) is None


@pytest.mark.parametrize(("age", "expected"), [(0, Hindrance.KNOWN), (60, Hindrance.KNOWN), (61, None)])
def test_an_answer_is_not_asked_for_again_while_it_holds(age: int, expected: Hindrance | None) -> None:
    """An owner's answer about data holds for 60 days, whoever asks whom."""
    assert why(ItemId.DATA, seen(said(ItemId.DATA, "sample", age * DAY, by="p_before"))) is expected


def test_a_plan_is_each_persons_own() -> None:
    """A new owner is asked what holds the pilot back, though the one before had told."""
    answer = said(ItemId.HOLDS_BACK, "people")
    assert why(ItemId.HOLDS_BACK, seen(answer)) is Hindrance.KNOWN
    assert why(ItemId.HOLDS_BACK, seen(answer, person="p_new")) is None


def test_an_answer_to_something_else_is_no_plan() -> None:
    """Who told about the data may be asked what holds the pilot back, and when to take a step."""
    standpoint = seen(said(ItemId.DATA, "none"))
    assert why(ItemId.HOLDS_BACK, standpoint) is None
    assert why(ItemId.NEXT_STEP, standpoint) is None


def test_an_answer_from_the_future_does_not_count() -> None:
    """What is dated after the moment of the look neither answers nor scores anything."""
    later = said(ItemId.DATA, "none", -DAY)
    assert why(ItemId.DATA, seen(later)) is None
    assert scores(BANK, [later], NOW)[Dimension.DATA] is None


def test_later_is_no_answer() -> None:
    """Somebody who said later may be asked again; the case keeps the day."""
    assert why(ItemId.DATA, seen(said(ItemId.DATA, "later"))) is None


def test_two_unknowns_move_the_question_to_somebody_else() -> None:
    """After two times of not knowing the same person is not asked again, and the next one is."""
    once = (said(ItemId.DATA, "dont_know", 20 * DAY),)
    twice = (*once, said(ItemId.DATA, "dont_know", 2 * DAY))
    assert why(ItemId.DATA, seen(*once)) is None
    assert why(ItemId.DATA, seen(*twice)) is Hindrance.UNKNOWN_TWICE
    assert why(ItemId.DATA, seen(*twice, person="p_next")) is None
    assert why(ItemId.QUALITY, seen(*twice)) is None


def test_unknowns_count_by_dimension() -> None:
    """Two items about one dimension that were both unknown count together."""
    second = Scoring(item=ItemId.HOLDS_BACK, audience=Audience.OWNER, about=Dimension.DATA)
    bank = {ItemId.HOLDS_BACK: second, ItemId.DATA: BANK[ItemId.DATA]}
    standpoint = seen(said(ItemId.HOLDS_BACK, "dont_know", 3 * DAY), said(ItemId.DATA, "dont_know"))
    assert hindrance(bank, ItemId.DATA, standpoint, NOW) is Hindrance.UNKNOWN_TWICE


def test_not_me_is_heard() -> None:
    """Who said that a question isn't theirs doesn't get it again, and the next one does."""
    answer = said(ItemId.DEPENDENCY, "not_me", 200 * DAY)
    assert why(ItemId.DEPENDENCY, seen(answer, role=Audience.BLOCKER)) is Hindrance.NOT_THEIRS
    assert why(ItemId.DEPENDENCY, seen(answer, role=Audience.BLOCKER, person="p_next")) is None


def test_stop_asking_stops_everything() -> None:
    """Who asked for no more questions gets none, not even whether a message was useful."""
    standpoint = Standpoint(person=OWNER, role=Audience.OWNER, has_stopped=True)
    assert askable(BANK, standpoint, NOW) == ()
    assert askable(BANK, standpoint, NOW, in_reply=True) == ()


@pytest.mark.parametrize("role", ROLES)
def test_one_item_per_period(role: Audience) -> None:
    """A person gets one item of a role in its period: owners and sponsors in 14 days, blockers in 7."""
    item, period = OPENING[role], {"owner": 14, "blocker": 7, "sponsor": 14}[role]
    assert CAPS[role] == period * DAY
    inside = seen(asked=(posed(item, period * DAY - timedelta(seconds=1)),), role=role)
    assert why(item, inside) is Hindrance.CAP
    assert why(item, seen(asked=(posed(item, period * DAY),), role=role)) is None
    assert why(item, seen(asked=(posed(item, person="p_other"),), role=role)) is None


def test_an_item_in_another_role_takes_nothing() -> None:
    """An owner who was asked as somebody else's blocker may be asked as an owner."""
    assert why(ItemId.HOLDS_BACK, seen(asked=(posed(ItemId.DEPENDENCY),))) is None


def test_an_item_that_answers_a_reply_is_outside_the_cap() -> None:
    """In reply two items may be asked though the cap is reached, and no third one."""
    opening = posed(ItemId.HOLDS_BACK)
    first, second = posed(ItemId.QUALITY, in_reply=True), posed(ItemId.DATA, in_reply=True)
    assert why(ItemId.QUALITY, seen(asked=(opening,))) is Hindrance.CAP
    assert why(ItemId.QUALITY, seen(asked=(opening,)), in_reply=True) is None
    assert why(ItemId.DATA, seen(asked=(opening, first)), in_reply=True) is None
    assert why(ItemId.NEXT_STEP, seen(asked=(opening, first, second)), in_reply=True) is Hindrance.IN_REPLY


def test_items_in_reply_use_up_no_cap() -> None:
    """Items that answered replies do not count against the one item of the period."""
    assert why(ItemId.DATA, seen(asked=(posed(ItemId.QUALITY, in_reply=True),))) is None


def test_whether_it_was_useful_is_no_survey() -> None:
    """The question under a message falls under no cap, is asked again, and scores nothing."""
    standpoint = seen(said(ItemId.USEFUL, "useful"), asked=(posed(ItemId.USEFUL), posed(ItemId.HOLDS_BACK)))
    assert why(ItemId.USEFUL, standpoint) is None
    assert why(ItemId.DATA, seen(asked=(posed(ItemId.USEFUL),))) is None
    assert set(scores(BANK, [said(ItemId.USEFUL, "wrong_facts")], NOW).values()) == {None}


@given(st.lists(st.tuples(st.sampled_from(list(ItemId)), ages, st.booleans()), max_size=12), st.sampled_from((1, 2)))
def test_nobody_is_ever_asked_beyond_the_caps(asked: list[tuple[ItemId, timedelta, bool]], most: int) -> None:
    """Whatever was asked before, what may be asked now keeps one per period, and two in reply."""
    in_reply = most == 2
    history = tuple(posed(item, age, in_reply=reply) for item, age, reply in asked)
    for role in ROLES:
        of_role = [p for p in history if BANK[p.item].audience is role and p.at > NOW - CAPS[role]]
        used = sum(p.in_reply is in_reply for p in of_role)
        may = set(askable(BANK, seen(asked=history, role=role), NOW, in_reply=in_reply)) - {ItemId.USEFUL}
        assert bool(may) == (used < most)


@pytest.mark.parametrize(("role", "days"), [(Audience.OWNER, 60), (Audience.BLOCKER, 30), (Audience.SPONSOR, 90)])
def test_the_weight_halves_every_half_validity(role: Audience, days: int) -> None:
    """An answer weighs 1 at first, a half after half its validity, a quarter at its end, and nothing after."""
    validity = VALIDITY[role]
    assert validity == days * DAY
    assert [weight(NOW - validity * share, validity, NOW) for share in (0, 0.5, 1)] == [1, 0.5, 0.25]
    assert weight(NOW - validity - timedelta(seconds=1), validity, NOW) == 0
    assert weight(NOW + timedelta(seconds=1), validity, NOW) == 0


def test_the_score_is_the_weighted_mean() -> None:
    """A fresh 0 and a 3 of 30 days ago, which weighs a half, make 1."""
    answers = [said(ItemId.DATA, "live", timedelta(0)), said(ItemId.DATA, "none", 30 * DAY, by="p_before")]
    assert scores(BANK, answers, NOW)[Dimension.DATA] == 1


def test_one_answer_may_tell_of_two_dimensions() -> None:
    """A bar that keeps moving tells of authority and of quality, and of nothing else."""
    told = scores(BANK, [said(ItemId.QUALITY, "moving")], NOW)
    assert {d: value for d, value in told.items() if value is not None} == {
        Dimension.AUTHORITY: 2,
        Dimension.QUALITY: 1,
    }


@pytest.mark.parametrize("option", ["dont_know", "not_me", "later", "stop_asking", "gone_from_the_file"])
def test_what_tells_nothing_scores_nothing(option: str) -> None:
    """A standing answer, and one that the file no longer knows, leave every dimension unknown."""
    assert set(scores(BANK, [said(ItemId.DATA, option)], NOW).values()) == {None}


def test_an_answer_to_an_item_that_is_gone_is_passed_over() -> None:
    """An answer to an item that the bank does not hold tells nothing and stops nothing."""
    bank = {ItemId.DATA: BANK[ItemId.DATA]}
    standpoint = seen(said(ItemId.QUALITY, "missed"), asked=(posed(ItemId.QUALITY),))
    assert hindrance(bank, ItemId.DATA, standpoint, NOW) is None
    assert set(scores(bank, standpoint.answers, NOW).values()) == {None}


TOLD = st.lists(
    st.tuples(
        st.sampled_from([(item, option) for item, scoring in BANK.items() for option in scoring.options]),
        ages,
    ),
    max_size=8,
)


@given(TOLD)
def test_a_score_lies_between_the_lowest_and_the_highest_answer(
    told: list[Told],
) -> None:
    """Every score lies within the answers it is made of, and is unknown just where no answer holds."""
    answers = [said(item, option, age) for (item, option), age in told]
    for dimension, value in scores(BANK, answers, NOW).items():
        votes = [
            BANK[a.item].options[a.option][dimension]
            for a in answers
            if dimension in BANK[a.item].options[a.option] and NOW - a.at <= VALIDITY[BANK[a.item].audience]
        ]
        assert (value is None) == (not votes)
        assert value is None or min(votes) - 1e-6 <= value <= max(votes) + 1e-6


@given(TOLD.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_of_answers_does_not_matter(both: tuple[list[Told], list[Told]]) -> None:
    """The same answers in any order give the same scores."""
    one, other = (scores(BANK, [said(item, option, age) for (item, option), age in told], NOW) for told in both)
    assert one == pytest.approx(other, abs=1e-6)


DATA, VALUE, QUALITY = Dimension.DATA, Dimension.VALUE, Dimension.QUALITY


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        ({}, None),
        ({DATA: None}, None),
        ({DATA: 2.0}, DATA),
        ({DATA: 1.999}, None),
        ({DATA: 3.0, VALUE: 2.0}, DATA),
        ({DATA: 3.0, VALUE: 2.001}, None),
        ({DATA: 3.0, VALUE: 3.0}, None),
        ({VALUE: 1.0, DATA: 2.0, QUALITY: None}, DATA),
        ({DATA: 2.3, VALUE: 1.3}, DATA),
    ],
)
def test_a_diagnosis_is_strong_and_clear(scored: dict[Dimension, float | None], expected: Dimension | None) -> None:
    """The top dimension is named when it scores 2 at the least and 1 more than the second, else none is."""
    assert diagnose(scored) is expected


@given(st.dictionaries(st.sampled_from(list(Dimension)), st.none() | st.floats(min_value=0, max_value=3)))
def test_a_diagnosis_never_stands_on_less(scored: dict[Dimension, float | None]) -> None:
    """Whatever is scored, what is named is strong and ahead of every other dimension."""
    named = diagnose(scored)
    if named is not None:
        top = scored[named]
        assert top is not None
        assert top >= 2
        assert all(top - (value or 0) >= 1 - 1e-6 for other, value in scored.items() if other is not named)


def test_an_owners_word_alone_is_a_diagnosis() -> None:
    """One fresh answer that names data as what blocks is strong and clear."""
    assert diagnose(scores(BANK, [said(ItemId.HOLDS_BACK, "data")], NOW)) is Dimension.DATA
