"""From a form to an answer: days and moments as people write them, and what is asked back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, open_case, reply
from hypothesis import given
from hypothesis import strategies as st

from adapters.content import load_texts
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    HandOver,
    NextStep,
    NotMe,
    OnTrack,
    ProposeStop,
    SnoozeUntil,
    StepDone,
    StopAsking,
)
from bot.messages.answers import Unclear, Value, to_answer
from bot.policy.answer import objection

TEXTS = load_texts()
BERLIN = "Europe/Berlin"
YEAR = timedelta(days=366)


def answer(choice: str, now: datetime = NOW, timezone: str = BERLIN, **values: Value) -> Answer | Unclear:
    """Return what a form with these values gives."""
    return to_answer(choice, values, TEXTS, now=now, timezone=timezone)


def asked(choice: str, key: str, now: datetime = NOW, **values: Value) -> str:
    """Return the sentence that asks for one detail of a form."""
    found = answer(choice, now, **values)
    assert isinstance(found, Unclear)
    return found.reasons[key]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-4-3", date(2026, 4, 3)),
        ("in two weeks", date(2026, 3, 24)),
        ("two weeks", date(2026, 3, 24)),
        ("for 3 weeks", date(2026, 3, 31)),
        ("a fortnight", date(2026, 3, 24)),
        ("10 days from now", date(2026, 3, 20)),
        ("in 12 months", date(2027, 3, 10)),
        ("tomorrow", date(2026, 3, 11)),
        ("the day after tomorrow", date(2026, 3, 12)),
        ("15 December", date(2026, 12, 15)),
        ("15. December", date(2026, 12, 15)),
        ("the 15th of December", date(2026, 12, 15)),
        ("December 15th, 2026", date(2026, 12, 15)),
        ("Thursday, 12 March", date(2026, 3, 12)),
        ("9 march", date(2027, 3, 9)),
        ("sept 3", date(2026, 9, 3)),
        ("the 15th", date(2026, 3, 15)),
        ("the 5th", date(2026, 4, 5)),
        ("tuesday the 17th", date(2026, 3, 17)),
        ("Friday", date(2026, 3, 13)),
        ("thurs", date(2026, 3, 12)),
        ("until Tuesday", date(2026, 3, 17)),
        ("next Tuesday", date(2026, 3, 17)),
        ("this Friday", date(2026, 3, 13)),
        ("Friday next week", date(2026, 3, 20)),
        ("next week", date(2026, 3, 16)),
        ("next month", date(2026, 4, 1)),
        ("end of the month", date(2026, 3, 31)),
        ("end of next month", date(2026, 4, 30)),
        ("end of February", date(2027, 2, 28)),
        ("end of June 2026", date(2026, 6, 30)),
        ("15.12.2026", date(2026, 12, 15)),
        ("until 3.4.", date(2026, 4, 3)),
        ("3.4.26", date(2026, 4, 3)),
        ("13/04", date(2026, 4, 13)),
        ("04/04", date(2026, 4, 4)),
        (date(2026, 4, 3), date(2026, 4, 3)),
        (datetime(2026, 4, 3, 23, 30, tzinfo=UTC), date(2026, 4, 4)),
        (datetime(2026, 4, 3, 23, 30), date(2026, 4, 3)),  # noqa: DTZ001  a picker's own local time
    ],
)
def test_a_day_is_read_as_people_write_it(typed: Value, day: date) -> None:
    """ISO, spelled-out, relative and unambiguous numeric days are read on a Tuesday, 10 March 2026."""
    assert answer("snooze", until=typed) == SnoozeUntil(until=day)


@pytest.mark.parametrize("picked", [date(2026, 3, 9), datetime(2026, 3, 9, 9, tzinfo=UTC)])
def test_nobody_is_told_to_write_into_a_picker(picked: Value) -> None:
    """What was picked and has passed is asked for again, without an example that could be typed."""
    found = answer("snooze", until=picked)
    assert isinstance(found, Unclear)
    assert list(found.reasons.values()) == ["That day has passed. Which day from tomorrow on?"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Which day? Write 2026-03-24 or 'in two weeks'."),
        ("03/04", "Is that Fri 3 April or Thu 4 March 2027? Write it as 2026-04-03."),
        ("03/04/2026", "Fri 3 April or Wed 4 March"),
        ("next Friday", "Is that Fri 13 March or Fri 20 March?"),
        ("yesterday", "Which day from tomorrow on?"),
        ("today", "from tomorrow on"),
        ("2026-03-10", "from tomorrow on"),
        (date(2026, 3, 10), "from tomorrow on"),
        (datetime(2026, 3, 10, 9, tzinfo=UTC), "from tomorrow on"),
        ("10 march", "from tomorrow on"),
        ("in 0 days", "from tomorrow on"),
        ("15 March 1926", "from tomorrow on"),
        ("2030-01-01", "more than a year away"),
        ("9999-12-31", "more than a year away"),
        ("in 999 months", "more than a year away"),
        ("2028-02-29", "more than a year away"),
        (datetime.max.replace(tzinfo=UTC), "more than a year away"),
        *(
            (unclear, "Which day? Write")
            for unclear in (
                *("may", "a", "on", "in", "12", "15", "me", "now", "soon", "Q3", "noon", "march", "mid December"),
                *("32 March", "31 November", "29 Feb", "2026-02-30", "0000-01-01", "0 march", "the 32nd", "31/31"),
                *("Tue 18 March", "this Monday", "last week", "a couple of weeks", "3-4 weeks", "end of the week"),
                *(
                    "tomorrow 10:00",
                    "1700000000",
                    "week 14",
                    "after Easter",
                    "\u0665 May",
                    "\x00",
                    "15 december 0000",
                    "end of march 0000",
                ),
            )
        ),
    ],
)
def test_a_day_in_doubt_is_asked_back(typed: Value, words: str) -> None:
    """What is ambiguous, past, too far or no day at all is never turned into one."""
    assert words in asked("snooze", "until", until=typed)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("tomorrow 10:00", "2026-03-11 09:00"),
        ("on Thursday at 10:00", "2026-03-12 09:00"),
        ("14:30 on Friday", "2026-03-13 13:30"),
        ("friday 2pm!", "2026-03-13 13:00"),
        ("tomorrow 3 p.m.", "2026-03-11 14:00"),
        ("tomorrow 10.30am", "2026-03-11 09:30"),
        ("tomorrow at 15", "2026-03-11 14:00"),
        ("tomorrow at noon", "2026-03-11 11:00"),
        ("tomorrow 03:30", "2026-03-11 02:30"),
        ("in two weeks at 10:00", "2026-03-24 09:00"),
        ("in three weeks at 10:00", "2026-03-31 08:00"),
        ("today 12:00", "2026-03-10 11:00"),
        ("Tuesday 9:00", "2026-03-17 08:00"),
        ("2026-03-12 10:00", "2026-03-12 09:00"),
        ("2026-03-12T10:00", "2026-03-12 09:00"),
        ("2026-03-12T10:00:00Z", "2026-03-12 10:00"),
        ("2026-03-12 10:00+05:30", "2026-03-12 04:30"),
        (datetime(2026, 3, 12, 10, tzinfo=ZoneInfo("Asia/Kolkata")), "2026-03-12 04:30"),
        (datetime(2026, 3, 12, 10), "2026-03-12 09:00"),  # noqa: DTZ001  a picker's own local time
    ],
)
def test_a_moment_is_aware_utc(typed: Value, at: str) -> None:
    """A day with its time in the person's own zone becomes a moment in UTC."""
    found = answer("step", action="call", at=typed)
    assert found == NextStep(action="call", at=datetime.fromisoformat(f"{at}+00:00"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Which day and time? Write 2026-03-24 10:00 or 'Thursday at 10:00'."),
        ("tomorrow", "At which time on Wed 11 March? Write it with the day: 2026-03-11 10:00."),
        (date(2026, 3, 12), "At which time on Thu 12 March?"),
        ("10:00", "On which day?"),
        ("Tuesday", "Is that Tue 10 March or Tue 17 March? Write it as 2026-03-17 10:00."),
        ("Tuesday 15:00", "Is that Tue 10 March or Tue 17 March? Write it as 2026-03-17 15:00."),
        ("03/04 10:00", "Is that Fri 3 April or Thu 4 March 2027? Write it as 2026-04-03 10:00."),
        ("tomorrow at 10", "Is that 10:00 or 22:00? Write it with the day: 2026-03-11 10:00."),
        ("Tuesday at 10", "Is that Tue 10 March or Tue 17 March?"),
        ("tomorrow 3:30", "Is that 03:30 or 15:30? Write it with the day: 2026-03-11 15:30."),
        ("today 10:00", "That moment has passed."),
        ("yesterday 10:00", "That moment has passed."),
        ("2026-03-01", "That moment has passed."),
        ("0001-01-01T00:00+05:00", "That moment has passed."),
        (datetime.min.replace(tzinfo=UTC), "That moment has passed."),
        ("2030-01-01 10:00", "more than a year away"),
        ("9999-12-31T23:59Z", "more than a year away"),
        ("9999-12-31 23:59", "more than a year away"),
        *(
            (unclear, "Which day and time? Write")
            for unclear in (
                *("soon at 10:00", "tomorrow 25:00", "tomorrow 10:75", "tomorrow 13pm", "tomorrow 0pm", "next week"),
                *("next week 10:00", "12 March 10:00 CET", "Thursday 10:00 or 11:00", "2026-13-01 10:00", "morning"),
                *("2026-03-12T24:00", "2026-03-12 10:00+99:00"),
            )
        ),
    ],
)
def test_a_moment_in_doubt_is_asked_back(typed: Value, words: str) -> None:
    """A moment without its day or time, or with an hour that may be two, is asked for and not filled in."""
    assert words in asked("step", "at", action="call", at=typed)


def test_the_clocks_change() -> None:
    """An hour that the clocks skip or show twice is asked about; around it the right offset is used."""
    skipped = asked("step", "at", action="call", at="2026-03-29 02:30")
    assert skipped.startswith("The clocks skip 02:30 on Sun 29 March. Which other time?")
    twice = asked("step", "at", action="call", at="2026-10-25 02:30")
    assert twice.startswith("The clocks show 02:30 twice on Sun 25 October. Which other time?")
    for typed, at in [
        ("2026-03-29 01:30", "2026-03-29T00:30+00:00"),
        ("2026-03-29 03:30", "2026-03-29T01:30+00:00"),
        ("2026-10-25 01:30", "2026-10-24T23:30+00:00"),
        ("2026-10-25 03:30", "2026-10-25T02:30+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30+00:00"),
    ]:
        assert answer("step", action="call", at=typed) == NextStep(action="call", at=datetime.fromisoformat(at))


@pytest.mark.parametrize(
    ("timezone", "day"), [("America/Los_Angeles", 10), (BERLIN, 11), ("Pacific/Auckland", 11), ("UTC", 11)]
)
def test_tomorrow_is_the_persons_own(timezone: str, day: int) -> None:
    """Shortly after midnight UTC it is still the day before on the west coast."""
    found = answer("snooze", datetime(2026, 3, 10, 0, 30, tzinfo=UTC), timezone, until="tomorrow")
    assert found == SnoozeUntil(until=date(2026, 3, day))


def test_leap_days_are_read_where_they_exist() -> None:
    """29 February is read in the year before a leap year, and a year from it is the day before."""
    assert answer("snooze", datetime(2027, 6, 1, tzinfo=UTC), until="29 Feb") == SnoozeUntil(until=date(2028, 2, 29))
    assert answer("snooze", datetime(2027, 6, 1, tzinfo=UTC), until="29.2.") == SnoozeUntil(until=date(2028, 2, 29))
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert answer("snooze", leap, until="in 12 months") == SnoozeUntil(until=date(2029, 2, 28))


def test_plain_answers_need_nothing() -> None:
    """A tap without a form is the answer itself."""
    found = [answer(choice) for choice in ("on_track", "done", "not_me", "stop_asking")]
    assert found == [OnTrack(), StepDone(), NotMe(), StopAsking()]


def test_a_choice_we_do_not_know_is_said_so() -> None:
    """A button of another version is answered with a sentence, not with a fault."""
    assert asked("scale_up", "choice") == "That answer is not offered here. Please choose one of those that are."


@pytest.mark.parametrize("cause", ["approval", "A contract, legal or security approval", "2", "legal", "the DPO"])
def test_a_cause_is_chosen_or_typed(cause: str) -> None:
    """A cause is taken by key, label, number or a word that means one cause."""
    assert answer("blocked", cause=cause) == BlockedBy(cause=Cause.APPROVAL)


def test_a_block_keeps_what_was_said() -> None:
    """Person and day are optional, blank ones are none, and words are put on one line."""
    found = answer("blocked", cause="data", person="  Priya \n Rao ", until="in two weeks", else_="ignored")
    assert found == BlockedBy(cause=Cause.DATA, person="Priya Rao", until=date(2026, 3, 24))
    assert answer("blocked", cause="other", person=" ", until="") == BlockedBy(cause=Cause.OTHER)


def test_every_gap_is_asked_for() -> None:
    """Each detail that is missing or too long has its own sentence, in the order of the form."""
    both = answer("step")
    assert isinstance(both, Unclear)
    assert list(both.reasons) == ["action", "at"]
    assert both.reasons["action"] == "Which step? A few words are enough."
    assert "at most 280" in asked("step", "action", action="x" * 281, at="tomorrow 10:00")
    long = answer("blocked", cause="legal or data", person="x" * 201, until="03/04")
    assert isinstance(long, Unclear)
    assert list(long.reasons) == ["cause", "person", "until"]
    assert long.reasons["cause"].startswith("What is in the way? Say one of these: access to data or systems, ")
    assert asked("blocked", "cause") == long.reasons["cause"]


PIECES = st.lists(
    st.sampled_from(
        [
            "in",
            "on",
            "next",
            "this",
            "the",
            "a",
            "two",
            "3",
            "12",
            "99",
            "week",
            "weeks",
            "days",
            "month",
            "friday",
            "tue",
            "15th",
            "31st",
            "march",
            "feb",
            "dec",
            "2026",
            "2027",
            "10:00",
            "2:30",
            "at",
            "noon",
            "3pm",
            "tomorrow",
            "today",
            "end",
            "of",
            "03/04",
            "29/2",
            "31.12.",
            "2026-03-29",
            "2027-03-10T23:59Z",
            "-",
        ]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "Pacific/Apia"])


@given(typed=st.one_of(PIECES, st.text(max_size=30), st.dates(), st.datetimes(), MOMENTS), now=MOMENTS, zone=ZONES)
def test_no_answer_lies_in_the_past_or_beyond_a_year(typed: Value, now: datetime, zone: str) -> None:
    """Whatever is typed or picked, an answer lies ahead and within a year, or a question comes back."""
    today = now.astimezone(ZoneInfo(zone)).date()
    snooze = answer("snooze", now, zone, until=typed)
    assert isinstance(snooze, Unclear) or today < snooze.until <= today + YEAR
    step = answer("step", now, zone, action="call", at=typed)
    if isinstance(step, NextStep):
        assert now < step.at <= now + YEAR
        assert step.at.tzinfo is UTC
        assert objection(reply(step), open_case(), now) is None
    else:
        assert all(sentence.count("?") == 1 for sentence in step.reasons.values())


def test_an_owner_can_propose_to_stop_and_hand_over() -> None:
    """What was learned and who looks after it now are optional; words that are too long are asked for again, by what they are."""
    assert answer("stop") == ProposeStop()
    assert answer("stop", lesson=" nobody \n needed it ") == ProposeStop(lesson="nobody needed it")
    assert answer("not_me", person="") == NotMe()
    assert answer("not_me", person="Kim Lee") == HandOver(person="Kim Lee")
    assert asked("stop", "lesson", lesson="x" * 281) == "Could you say it in at most 280 characters?"
    assert asked("not_me", "person", person="x" * 201) == "Who is it? A name of at most 200 characters is enough."
