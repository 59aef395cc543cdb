"""Numbers on the wire: whole ones are taken, and nothing that only looks like one in some language."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fact import WireFact
from bot.domain.pilot import Pilot
from bot.domain.record import Record
from bot.domain.telemetry import UsageDay
from bot.domain.wire import read_wire

FACT = {"source": "chat", "user": "u", "start": "2026-03-02", "end": "2026-03-03", "surface": "chat.web"}
DAY = {"pilot": "a", "day": "2026-03-02", "source": "chat"}
REASON = "must be a whole number; leave it out if unknown"


@pytest.mark.parametrize("value", [True, False, "3", "", "3.0", 3.5, [3], {}])
@pytest.mark.parametrize(
    ("model", "given", "field"),
    [(WireFact, FACT, "actions"), (UsageDay, DAY, "seats"), (Pilot, {"id": "a", "name": "A"}, "seats")],
)
def test_what_is_no_number_is_refused_in_its_words(
    model: type[Record], given: dict[str, object], field: str, value: object
) -> None:
    """True and "3" are no numbers of a fact, a day or a pilot, as the reason says."""
    with pytest.raises(ValueError, match=f"{field}: {REASON}"):
        read_wire(model, json.dumps(given | {field: value}))


@given(st.integers(0, 2**32 - 2))
def test_a_whole_number_is_taken_however_json_writes_it(count: int) -> None:
    """With and without a fraction of zero it is the same number."""
    for text in (str(count), f"{count}.0"):
        raw = json.dumps(FACT)[:-1] + f', "actions": {text}}}'
        assert read_wire(WireFact, raw).actions == count


def test_several_slips_of_one_object_are_all_said() -> None:
    """Each field that is no number has its reason."""
    with pytest.raises(ValueError, match=f"^actions: {REASON} \\| revision: must be seconds since 1970"):
        read_wire(WireFact, json.dumps(FACT | {"actions": True, "revision": "7"}))
