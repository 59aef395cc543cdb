"""What the evidence of falls and stalls says of people: counts in steps of the least group, and none of a few."""

import re

import numpy as np
import pytest
from test_detect import DAYS, SETTINGS, look, pilot, window
from test_dropoff import usage

from bot.domain.finding import Kind


@pytest.mark.parametrize("people", range(1, 60))
def test_a_stall_shows_no_count_of_a_few_people(people: int) -> None:
    """Below the least group reach is flat without a figure; from it on figures are multiples of it."""
    flat = np.full(DAYS, float(people))
    seen = look(window(flat, monthly=[flat]), pilot(planned_stage_days=60)).findings
    (found,) = (f for f in seen if f.kind is Kind.STALL)
    counts = [int(n) for n in re.findall(r"about (\d+) people|about (\d+) do", found.evidence) for n in n if n]
    least = SETTINGS.min_group
    assert bool(counts) == found.numbers == (people >= least)
    assert all(n % least == 0 and n >= least for n in counts)
    assert (found.observed, found.expected) == ((counts[1], counts[0]) if counts else (None, None))
    assert found.severity > 0


def test_a_fall_to_a_few_user_days_has_no_figures() -> None:
    """One to four user-days are of as few people; nobody at all and five are said."""
    fell = usage(DAYS, 30, 2, (150, 0.0))
    assert "0 active user-days" in look(window(fell), pilot()).findings[0].evidence
    fell[150:] = 0.0
    fell[161] = 3.0
    found = look(window(fell), pilot()).findings[0]
    assert (found.kind, found.observed, found.numbers) == (Kind.DROP_OFF, None, False)
    assert "it looks less used than its own usual pattern" in found.evidence
