"""Records: what is stored comes back equal, and what is from the future is refused."""

from datetime import UTC, date, datetime

import pytest
from builders import finding, open_case, reply
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.case import Case
from bot.domain.outreach import Outreach, Step
from bot.domain.people import normalise
from bot.domain.pilot import Pilot, Stage
from bot.domain.reply import BlockedBy, Cause, NextStep, OnTrack, Reply
from bot.domain.telemetry import SourceStatus, UsageDay
from bot.errors import NewerRecord, SendRefused

days = st.dates(date(2000, 1, 1), date(2090, 1, 1))
counts = st.none() | st.integers(0, 65_534)


@given(
    name=st.text(min_size=1, max_size=40),
    stage=st.none() | st.sampled_from(Stage),
    since=st.none() | days,
    seats=counts,
)
def test_a_pilot_survives_its_store(name: str, stage: Stage | None, since: date | None, seats: int | None) -> None:
    """A pilot that was stored and read is the same pilot."""
    pilot = Pilot(id="tax", name=name, stage=stage, stage_since=since, seats=seats)
    assert Pilot.from_stored(pilot.to_stored()) == pilot


@given(day=days, active=counts, complete=st.booleans())
def test_a_usage_day_survives_its_store(day: date, active: int | None, *, complete: bool) -> None:
    """A usage day keeps unknown as unknown and zero as zero."""
    row = UsageDay(pilot="tax", day=day, source="chat", active_users=active, complete=complete)
    assert UsageDay.from_stored(row.to_stored()) == row


def test_a_case_with_everything_in_it_survives_its_store() -> None:
    """Findings, answers and the frozen playbook of a case come back as they were."""
    case = open_case(finding(), finding(opened=date(2026, 2, 1), closed_on=date(2026, 2, 9)))
    assert Case.from_stored(case.to_stored()) == case


@pytest.mark.parametrize("answer", [OnTrack(), BlockedBy(cause=Cause.DATA, person="Dana", until=date(2026, 4, 1))])
def test_a_reply_survives_its_store(answer: OnTrack | BlockedBy) -> None:
    """A reply keeps the kind of its answer."""
    assert Reply.from_stored(reply(answer).to_stored()) == reply(answer)


def test_a_record_of_a_newer_program_is_refused_in_words() -> None:
    """A newer version is refused even when it has fields this program has never heard of."""
    with pytest.raises(NewerRecord, match=r"version 2.*newer Stickshaker"):
        Pilot.from_stored('{"v": 2, "id": "tax", "name": "Tax", "colour": "blue"}')
    with pytest.raises(NewerRecord, match="version 3"):
        Pilot(v=3, id="tax", name="Tax")


def test_a_broken_record_is_not_taken_for_a_newer_one() -> None:
    """A record that does not validate for another reason says so."""
    with pytest.raises(ValidationError):
        Pilot.from_stored('{"v": 1, "id": ""}')
    with pytest.raises(ValidationError):
        NextStep.model_validate({"action": "", "at": datetime(2026, 1, 1, tzinfo=UTC)})


def test_longer_windows_hold_at_least_as_many_people() -> None:
    """A row whose 28 days hold fewer people than its 7 is refused."""
    with pytest.raises(ValidationError, match="active_7d <= active_28d"):
        UsageDay(pilot="tax", day=date(2026, 3, 1), source="chat", active_7d=9, active_28d=8)


def test_watermark_and_lateness_follow_lag() -> None:
    """A source is judged up to today - 1 - lag at most and is late after three days more than its lag."""
    status = SourceStatus(source="chat", lag_days=2, newest_day=date(2026, 3, 9))
    assert status.watermark(date(2026, 3, 10)) == date(2026, 3, 7)
    assert status.watermark(date(2026, 3, 20)) == date(2026, 3, 9)
    assert not status.is_late(date(2026, 3, 14))
    assert status.is_late(date(2026, 3, 15))
    never = SourceStatus(source="chat")
    assert never.watermark(date(2026, 3, 10)) is None
    assert never.is_late(date(2026, 3, 10))


def test_the_same_decision_has_the_same_id() -> None:
    """An outreach id depends on case, loop, step, occurrence and person, and on nothing else."""
    one = Outreach.identify("tax#1", 1, Step.NUDGE, 0, "p")
    assert one == Outreach.identify("tax#1", 1, Step.NUDGE, 0, "p")
    others = {
        Outreach.identify("tax#2", 1, Step.NUDGE, 0, "p"),
        Outreach.identify("tax#1", 2, Step.NUDGE, 0, "p"),
        Outreach.identify("tax#1", 1, Step.CHECK, 0, "p"),
        Outreach.identify("tax#1", 1, Step.NUDGE, 1, "p"),
        Outreach.identify("tax#1", 1, Step.NUDGE, 0, "q"),
    }
    assert len(others | {one}) == 6


def test_an_alias_is_one_person_however_it_is_typed() -> None:
    """Case and spaces of an alias do not make a second person."""
    assert normalise("  Dana  Example@X.org ") == normalise("dana example@x.org")


def test_pre_production_is_known_stages_only() -> None:
    """An unknown stage counts neither as on its way nor as arrived."""
    assert Pilot(id="a", name="a", stage=Stage.BUILD).is_pre_production
    assert not Pilot(id="a", name="a").is_pre_production
    assert not Pilot(id="a", name="a", stage=Stage.PRODUCTION).is_pre_production


def test_a_refused_send_says_whether_to_try_again() -> None:
    """A refusal that is not final may be tried again."""
    assert not SendRefused("slow down").final
