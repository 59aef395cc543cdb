"""What a backtest tells of a replay."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from builders import NOW, open_case
from histories import FIRST, history_of, pilot_of, use_of
from world import RULES

from bot.app.backtest import Backtest, Range, Story, backtest, backtest_to_plain, outcome, range_of, totals
from bot.app.replay import History
from bot.app.tried import Tried, read_tried
from bot.domain.case import Block, Case, CaseState, Commitment
from bot.domain.outreach import Step
from bot.domain.reply import Cause
from bot.errors import InputError
from bot.policy.decisions import Quiet

LIVE = FIRST + timedelta(days=85)
END = FIRST + timedelta(days=150)
DAYS = Range(LIVE, END)


def a_history() -> History:
    """Return pilots of which one falls, one is too small for figures and falls, and one goes well."""
    pilots = [pilot_of("a"), pilot_of("b", planned_stage_days=3000), pilot_of("s", seats=4)]
    rows = use_of("a", fall=95) + use_of("b") + use_of("s", level=3, fall=95, seats=4)
    return history_of(pilots, rows)


@cache
def a_run(*given: str) -> Backtest:
    """Return a backtest of that history under some settings."""
    return backtest(a_history(), DAYS, RULES, read_tried(given, Tried()))


def test_the_days_are_counted_and_told() -> None:
    """Each day is lived through once, in order."""
    seen: list[date] = []
    backtest(a_history(), Range(LIVE, LIVE + timedelta(days=9)), RULES, Tried(), seen.append)
    assert seen == [LIVE + timedelta(days=n) for n in range(10)]


def test_weeks_pilots_and_totals_fit_together() -> None:
    """The weeks cover the days and add up to the messages; a pilot's messages are those that spoke of it."""
    run = a_run()
    mondays = list(run.weeks)
    assert mondays[0] <= LIVE < mondays[0] + timedelta(days=7)
    assert mondays[-1] <= END < mondays[-1] + timedelta(days=7)
    assert all(b - a == timedelta(days=7) for a, b in pairwise(mondays))
    assert run.messages == sum(run.weeks.values()) > 0
    assert run.messages_a_week == pytest.approx(run.messages * 7 / DAYS.days, abs=0.01)
    by_name = {story.pilot: story for story in run.stories}
    assert by_name["a"].messages == sum(a.sent_at is not None for a in by_name["a"].case.asked)  # type: ignore[union-attr]  # it has a case
    assert (by_name["b"].messages, by_name["b"].findings, outcome(by_name["b"])) == (0, (), "nothing found")
    assert sum(run.by_kind.values()) == sum(len(story.findings) for story in run.stories)
    assert run.asked == len([s for s in run.stories if s.first_asked])


def test_the_first_question_is_counted_from_the_case() -> None:
    """Days to the first question are those from opening the case to its first question that was sent."""
    run = a_run()
    case = next(story.case for story in run.stories if story.pilot == "a")
    assert case is not None
    sent = min(a.sent_at for a in case.asked if a.sent_at and a.step is Step.NUDGE)
    assert (sent.date() - case.opened_at.date()).days in run.waits
    assert replace(run, waits=(1, 4, 2)).days_to_question == 2
    assert replace(run, waits=()).days_to_question is None


def test_settings_make_a_difference() -> None:
    """A setting that is tried changes what it is about: no answer, no answers; longer flat weeks, fewer stalls."""
    assert a_run("reply.share=0").answers == 0
    assert a_run("reply.share=1").answers > 0
    assert a_run("flat_weeks=19").by_kind.get("stall", 0) < a_run().by_kind["stall"]


def test_what_had_ended_before_the_first_day_is_not_told() -> None:
    """A replay that begins later tells what was open from then on."""
    whole = {(t.finding.pilot, t.finding.kind, t.finding.opened_on) for t in a_run().told}
    late = Range(END - timedelta(days=3), END)
    told = backtest(a_history(), late, RULES, Tried()).told
    assert {(t.finding.pilot, t.finding.kind, t.finding.opened_on) for t in told} < whole
    assert all(t.finding.closed_on is None or t.finding.closed_on >= late.first - timedelta(days=1) for t in told)


def test_the_document_is_that_of_a_sweep_and_more() -> None:
    """It has every part of a sweep's, the number of pilots and days, weeks, and a part for each pilot."""
    run, other = a_run(), a_run("reply.share=0")
    plain = backtest_to_plain(run, {"defaults": run, "as set": other})
    assert {"today", "findings", "outreach", "queued", "portfolio", "cases", "gaps"} <= plain.keys()
    assert (plain["pilots"], plain["days"], plain["today"]) == (3, DAYS.days, END.isoformat())
    assert [one["pilot"] for one in plain["by_pilot"]] == ["a", "b", "s"]  # type: ignore[attr-defined]  # a list
    assert sum(week["messages"] for week in plain["messages"]) == run.messages  # type: ignore[attr-defined]  # a list
    assert plain["compared"] == {"defaults": totals(run), "as set": totals(other)}
    assert totals(run)["escalations"] == 0
    assert "compared" not in backtest_to_plain(run, {})


def test_nobody_is_named_and_small_groups_show_no_figures() -> None:
    """No name of the registry is in the document, and nothing found in four people has a figure."""
    plain = backtest_to_plain(a_run(), {})
    assert "n.example" not in str(plain)
    small = next(one for one in plain["by_pilot"] if one["pilot"] == "s")  # type: ignore[attr-defined]  # a list
    about_use = [f for f in small["findings"] if f["kind"] in {"drop_off", "stall"}]
    assert about_use
    assert all(f["observed"] is None and f["expected"] is None for f in about_use)
    assert {f["evidence"].partition("it looks")[2] for f in about_use if f["kind"] == "drop_off"} == {
        " less used than its own usual pattern."
    }


def story(case: Case | None, quiet: Quiet | None = None) -> Story:
    """Return the story of a pilot with this case."""
    return Story("a", "A", (), 0, 0, None, case, quiet)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": CaseState.RECOVERED, "closed_at": NOW}, "recovered on 2026-03-10"),
        ({"state": CaseState.RETRACTED, "closed_at": NOW}, "taken back on 2026-03-10"),
        ({"listed_on": NOW.date(), "listed_why": "why"}, "on the lead's list since 2026-03-10: why"),
        (
            {
                "state": CaseState.COMMITTED,
                "commitment": Commitment(action="x", due_at=NOW, said_by="p", made_at=NOW),
            },
            "a step is agreed for 2026-03-10",
        ),
        (
            {
                "state": CaseState.BLOCKED,
                "block": Block(cause=Cause.OTHER, until=NOW.date(), said_by="p", said_at=NOW),
            },
            "blocked until 2026-03-10",
        ),
        ({"state": CaseState.SNOOZED, "snoozed_until": NOW.date()}, "left alone until 2026-03-10"),
        ({"state": CaseState.WAITING}, Quiet.ASKED.value),
    ],
)
def test_how_a_pilot_stands_is_a_few_words(changes: dict[str, object], said: str) -> None:
    """Each state of a case has its words, with the day it is about."""
    assert outcome(story(open_case(**changes), Quiet.ASKED)) == said
    assert outcome(story(open_case())) == "to be asked"


def test_the_range_is_all_that_was_new_unless_a_day_is_given() -> None:
    """From the day after the first row to the day on which the last one is judged, the source's lag included."""
    history = a_history()
    first, last = FIRST + timedelta(days=1), FIRST + timedelta(days=160)
    assert range_of(history, None, None) == Range(first, last)
    assert range_of(replace(history, lag_days=3), None, None).last == last + timedelta(days=3)
    assert range_of(history, LIVE, END) == DAYS
    assert Range(first, last).days == len(list(Range(first, last))) == 160


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (END, LIVE, "exchange the two days"),
        (None, FIRST, "There is no usage to judge"),
        (date(2030, 1, 1), None, "There is no usage to judge"),
        (date(2030, 1, 1), date(2030, 2, 1), "usage is told from 2025-09-01 to 2026-02-07"),
        (date(2020, 1, 1), END, "more than a year is without usage"),
        (None, date(2027, 3, 1), "more than a year is without usage"),
    ],
)
def test_a_range_without_data_is_one_sentence(first: date | None, last: date | None, said: str) -> None:
    """Days the wrong way round, or before or after all usage, say what can be asked for."""
    with pytest.raises(InputError, match=said):
        range_of(a_history(), first, last)


def test_without_rows_there_is_nothing_to_replay() -> None:
    """A file of which no row could be taken is one sentence."""
    with pytest.raises(InputError, match="no row of usage"):
        range_of(history_of([pilot_of("a")], []), None, None)


def test_days_before_and_after_all_usage_can_be_replayed() -> None:
    """Before the first row only the registry speaks; after the last one the source is late."""
    before = backtest(a_history(), Range(FIRST - timedelta(days=5), FIRST + timedelta(days=3)), RULES, Tried())
    assert before.messages == 0
    after = backtest(a_history(), Range(FIRST + timedelta(days=158), FIRST + timedelta(days=170)), RULES, Tried())
    assert after.by_kind["source_late"] == 3
