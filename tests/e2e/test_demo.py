"""The demo: the real importers, use cases and store, thirty weeks lived through, and an account of it."""

import json
import os
from datetime import date, timedelta

import pytest

from bot.domain.case import Case, CaseState
from bot.domain.finding import OWNER_KINDS, Kind
from bot.domain.outreach import Role, Step
from jobs import demo
from jobs.account import is_in_time, match, tell
from jobs.cli import DEMO_SEED
from jobs.fleet.firm import Shape
from jobs.play import Played, play, stage

pytestmark = pytest.mark.no_cover
"""Thirty weeks are lived: counting lines would double the time, and other tests cover them."""

DAYS = [date(2026, 11, 25), date(2027, 5, 11)][: 1 + bool(os.environ.get("STICKSHAKER_DEMO_DAYS"))]
"""Days on which the shown firm has no chance finding; how many have one is in docs/demo.md. Without the variable one is enough."""
WEEK = timedelta(days=7)


@pytest.mark.parametrize("today", DAYS, ids=str)
async def test_the_printed_seed_tells_the_whole_story(today: date, capsys: pytest.CaptureFixture[str]) -> None:
    """Every condition is found by its latest day, who is well is left alone, and one owner's step ends in recovery."""
    async with stage(DEMO_SEED, today) as (process, clock, fleet):
        days: list[date] = []
        played = await play(process, clock, fleet, days.append)
        assert len(days) == 210
        check_found(played)
        check_silent(played)
        check_budget(played)
        check_loop(played)
        check_story(played, (await process.ports.cases.all())[cliff(played)].case)
        plain = await demo.to_plain(played, process)
        assert json.loads(json.dumps(plain)) == plain
        assert set(plain) == {"seed", "today", "findings", "outreach", "truth"}
        capsys.readouterr()
        await tell(played, process)
        said = capsys.readouterr().out
    for words in (
        "What was found",
        "Who was asked what",
        "One pilot's story",
        "had to clear the way",
        "message of the week",
        "What stayed silent",
        "recovered",
    ):
        assert words in said


def cliff(played: Played) -> str:
    """Return the pilot whose champion left."""
    return next(p.id for p in played.fleet.pilots if played.fleet.shapes[p.id] is Shape.CLIFF)


def check_found(played: Played) -> None:
    """Assert that every labelled condition was found by its latest day."""
    for truth in played.fleet.truth:
        if truth.kind is not None:
            assert is_in_time(truth, match(truth, played.report.findings)), truth


def check_silent(played: Played) -> None:
    """Assert that nothing was found in or said about a pilot that is well, and nothing said about a late feed."""
    labelled = {t.pilot for t in played.fleet.truth if t.kind in OWNER_KINDS}
    assert not {f.pilot for f in played.report.findings if f.kind in OWNER_KINDS} - labelled
    assert not {s.outreach.pilot for s in played.sent if s.outreach.pilot} - labelled
    late = [f for f in played.report.findings if f.kind is Kind.SOURCE_LATE and f.is_open]
    assert [f.pilot for f in late] == [p for p, shape in played.fleet.shapes.items() if shape is Shape.LATE]


def check_budget(played: Played) -> None:
    """Assert that nobody got more than two messages as an owner or three in all in seven days."""
    for person in {s.outreach.recipient for s in played.sent}:
        mine = [s for s in played.sent if s.outreach.recipient == person]
        for most, times in ((2, {s.at for s in mine if s.outreach.role is Role.OWNER}), (3, {s.at for s in mine})):
            assert all(sum(at - WEEK < other <= at for other in times) <= most for at in times)


def check_loop(played: Played) -> None:
    """Assert that somebody who can clear the way was asked once, and a sponsor decided after a digest was read first."""
    steps = [s.outreach.step for s in played.sent]
    assert steps.count(Step.UNBLOCK) == 1
    assert Step.DIGEST in steps[steps.index(Step.REVIEW) :]
    assert "decide" in {r.answer.kind for r in played.replies}


def check_story(played: Played, case: Case) -> None:
    """Assert that the cliff's owner was asked, promised a session, and was thanked after it."""
    steps = [s.outreach.step for s in played.sent if s.outreach.pilot == cliff(played)]
    assert steps[0] is Step.NUDGE
    assert steps[-1] is Step.RECOVERY
    assert [r.answer.kind for r in played.replies if r.pilot == cliff(played)] == ["step"]
    assert case.state is CaseState.RECOVERED
