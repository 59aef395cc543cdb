"""From what is in the way to a wish: whom it names, what it asks for, by when, and whether anybody is asked at all."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, OWNER, open_case
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import pilot_of, waits_for

from bot.domain.ask import Ask, Request, RequestState, Thing, Waiting
from bot.domain.calendar import Calendar
from bot.domain.decision import OpenDecision, OpenedBy
from bot.domain.reply import BlockedBy, Cause
from bot.policy.decisions import Recipient
from bot.policy.wishes import Around, dependency_for, from_registry, readable, thing_of, wish

CALENDAR = Calendar()
DAY = timedelta(days=1)
TODAY = NOW.date()
LEDGER = Thing(kind="data", words="read access to the ledger")
DATA = BlockedBy(cause=Cause.DATA, person="Kim")


def around(now: datetime = NOW, owner: Recipient = OWNER) -> Around:
    """Return an owner in Berlin and a sponsor."""
    return Around(owner, "p_sam", CALENDAR, now)


def made(answer: BlockedBy = DATA, named: str | None = "p_kim", at: datetime = NOW) -> Request:
    """Return the wish that follows from an answer."""
    found = wish(open_case(), answer, named, LEDGER, around(at))
    assert isinstance(found, Request)
    return found


def test_a_wish_is_one_person_one_thing_and_one_day() -> None:
    """Named on a Tuesday it leaves on Wednesday and hopes for an answer within ten working days."""
    found = made()
    assert (found.person, found.name, found.thing) == ("p_kim", "Kim", LEDGER)
    assert (found.since, found.leaves_on, found.due) == (TODAY, TODAY + DAY, TODAY + 14 * DAY)
    assert (found.state, found.loop, found.from_registry) == (RequestState.SHOWN, 1, False)
    assert made(DATA.model_copy(update={"until": TODAY + 5 * DAY})).due == TODAY + 5 * DAY


def test_the_working_day_before_it_leaves_is_one_of_the_owner() -> None:
    """Shown on the Thursday before Easter it leaves on the Tuesday after; near midnight the owner's own day counts."""
    easter = made(at=datetime(2026, 4, 2, 10, tzinfo=UTC))
    assert easter.leaves_on == date(2026, 4, 7)
    late = made(at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    assert (late.since, late.leaves_on) == (date(2026, 3, 11), date(2026, 3, 12))


def test_what_is_the_owners_own_is_asked_of_nobody() -> None:
    """Is the person named the owner, no wish is made: a step of their own is what follows."""
    assert wish(open_case(), DATA, "p_owner", LEDGER, around()) is None


def test_what_is_the_sponsors_is_a_decision() -> None:
    """Is the person named the sponsor, a decision opens that says what the pilot waits for."""
    found = wish(open_case(), DATA, "p_sam", LEDGER, around())
    assert isinstance(found, OpenDecision)
    assert (found.opened_by, found.thing) == (OpenedBy.SPONSOR_HOLDS_IT, LEDGER.words)
    assert found.due == TODAY + 14 * DAY


def test_whom_nobody_knows_is_kept_by_name_and_not_asked() -> None:
    """Is the person in no chat, the wish keeps name and words for a text that the owner can forward."""
    found = made(named="")
    assert (found.state, found.person, found.name, found.is_live) == (RequestState.UNSENT, "", "Kim", False)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (BlockedBy(cause=Cause.DATA), ""),
        (BlockedBy(cause=Cause.TARGETS, person="Kim"), "p_kim"),
        (BlockedBy(cause=Cause.TARGETS, person="Sam"), "p_sam"),
    ],
)
def test_without_a_name_or_for_clashing_targets_nobody_is_asked(answer: BlockedBy, named: str) -> None:
    """Nobody is asked where nobody was named, nor where targets clash: that needs a conversation."""
    assert wish(open_case(), answer, named, LEDGER, around()) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  bounds of a draw that adds the zone
    st.sampled_from(
        [("Europe/Berlin", "DE"), ("America/Los_Angeles", "US"), ("Pacific/Auckland", "NZ"), ("UTC", None)]
    ),
)
@settings(deadline=None)
def test_a_whole_working_day_lies_before_every_wish(now: datetime, place: tuple[str, str | None]) -> None:
    """Whatever the moment and the place, it leaves on a working day of the owner after today, and before it is due."""
    owner = Recipient("p_owner", place[0], place[1])
    found = wish(open_case(), DATA, "p_kim", LEDGER, around(now, owner))
    assert isinstance(found, Request)
    assert CALENDAR.working_days_between(place[1], around(now, owner).day(), found.leaves_on) == 1
    assert CALENDAR.is_working_day(place[1], found.leaves_on)
    assert found.leaves_on < found.due


@pytest.mark.parametrize("until", [TODAY, TODAY + DAY])
def test_nobody_is_asked_for_a_day_that_is_over_when_they_read_it(until: date) -> None:
    """The day asked for comes after the day on which the message leaves."""
    assert made(DATA.model_copy(update={"until": until})).due > TODAY + DAY


def test_one_thing_is_one_thing_however_it_is_written() -> None:
    """Words match whatever their case, a dependency by its id whatever the words, and the two never each other."""
    assert LEDGER.key == LEDGER.model_copy(update={"words": "Read Access to the LEDGER"}).key
    one = Thing(kind="data", words="data", dependency="d7")
    assert one.key == Thing(kind="data_access", words="data access", dependency="d7").key
    assert len({one.key, Thing(kind="data", words="data").key, Thing(kind="data", words="d7").key}) == 3


@pytest.mark.parametrize(
    "words", ["read  access to the ledger", " read access to the ledger", "read access to the ledger."]
)
def test_spaces_make_no_other_thing(words: str) -> None:
    """Two owners who type the same with other spaces or a full stop wait for the same thing."""
    assert LEDGER.key == LEDGER.model_copy(update={"words": words}).key


def test_an_answer_means_the_dependency_it_names_or_the_only_one_of_its_cause() -> None:
    """Own words find the dependency of that name; without words the only open one of the cause is meant, else none."""
    access, clean = waits_for("data_access", "kim"), waits_for("data-clean", "jo")
    one, two = pilot_of("tax", dependencies=[access.model_dump()]), [access.model_dump(), clean.model_dump()]
    both = pilot_of("tax", dependencies=two)
    assert dependency_for(one, Cause.DATA, None) == access
    assert dependency_for(both, Cause.DATA, None) is None
    assert dependency_for(both, Cause.DATA, "Data Clean") == clean
    assert dependency_for(both, Cause.DATA, "a bigger screen") is None
    assert dependency_for(one, Cause.APPROVAL, None) is None
    done = access.model_copy(update={"done_on": TODAY})
    assert dependency_for(pilot_of("tax", dependencies=[done.model_dump()]), Cause.DATA, None) is None
    assert (readable("data_access"), thing_of(access).dependency) == ("data access", "dep-data_access")


KNOWN = {"kim": "p_kim", "jo": "p_jo", "dana": "p_owner", "sam": "p_sam"}


def test_the_registry_asks_for_its_oldest_dependency_that_is_open_for_long() -> None:
    """Of those open for more than two weeks the oldest is asked for, with the day since when it is open."""
    old, older = waits_for("legal", "jo", TODAY - 15 * DAY), waits_for("security", "kim", TODAY - 40 * DAY)
    pilot = pilot_of("tax", dependencies=[old.model_dump(), older.model_dump()])
    found = from_registry(open_case(), pilot, KNOWN, around())
    assert found is not None
    assert (found.person, found.thing.words, found.since) == ("p_kim", "security", TODAY - 40 * DAY)
    assert found.from_registry
    second = from_registry(open_case(requests=(found,)), pilot, KNOWN, around())
    assert second is not None
    assert second.person == "p_jo"
    assert from_registry(open_case(requests=(found, second)), pilot, KNOWN, around()) is None


@pytest.mark.parametrize(
    ("holder", "since", "done"),
    [
        ("kim", TODAY - 14 * DAY, None),
        ("kim", None, None),
        ("kim", TODAY - 40 * DAY, TODAY),
        ("dana", TODAY - 40 * DAY, None),
        ("sam", TODAY - 40 * DAY, None),
        ("nobody", TODAY - 40 * DAY, None),
        (None, TODAY - 40 * DAY, None),
    ],
)
def test_the_registry_alone_asks_for_nothing_else(holder: str | None, since: date | None, done: date | None) -> None:
    """What is open for two weeks or less, done, the owner's, the sponsor's, or held by nobody known is left aside."""
    one = waits_for("legal", "kim").model_copy(update={"holder": holder, "since": since, "done_on": done})
    pilot = pilot_of("tax", dependencies=[one.model_dump()])
    assert from_registry(open_case(), pilot, KNOWN, around()) is None


def waiting(case: str, line: str | None = None) -> Waiting:
    """Return a case that waits."""
    return Waiting(case_id=case, pilot=case.partition("#")[0], since=TODAY, line=line)


@given(st.lists(st.sampled_from(["a#1", "b#1", "c#1", "d#2"]), max_size=12))
def test_a_case_waits_once_in_the_place_where_it_came(joins: list[str]) -> None:
    """However often cases join, each waits once and keeps its place, with what its owner said last."""
    ask = Ask(person="p_kim", thing=LEDGER, opened_at=NOW, due=TODAY)
    for number, case in enumerate(joins):
        ask = ask.with_waiting(waiting(case, f"line {number}"))
    assert [w.case_id for w in ask.waiting] == list(dict.fromkeys(joins))
    for one in ask.waiting:
        assert one.line == f"line {max(n for n, case in enumerate(joins) if case == one.case_id)}"


def test_each_ask_of_a_person_about_a_thing_has_an_id_of_its_own() -> None:
    """The ordinal tells the Asks of one person about one thing apart."""
    first = Ask(person="p_kim", thing=LEDGER, opened_at=NOW, due=TODAY)
    assert first.id != first.model_copy(update={"ordinal": 2}).id
    assert first.id != first.model_copy(update={"person": "p_jo"}).id
