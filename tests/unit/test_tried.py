"""Settings given as KEY=VALUE."""

import pytest

from bot.app.tried import Tried, keys, read_tried
from bot.domain.pilot import Stage
from bot.domain.playbook import Playbook
from bot.domain.settings import DetectionSettings
from bot.errors import InputError
from bot.policy.replying import Replying


def test_nothing_given_gives_the_defaults() -> None:
    """Without a pair the three records are as they are."""
    tried = read_tried([], Tried())
    assert tried.detection.model_dump() == DetectionSettings().model_dump()
    assert tried.playbook.model_dump() == Playbook().model_dump()
    assert (tried.replying, Tried().replying) == (Replying(), Replying())


def test_every_field_can_be_set() -> None:
    """There is a key for each field of the three records, but for the name of the playbook."""
    fields = set(DetectionSettings.model_fields) | set(Playbook.model_fields)
    assert {key.split(".")[0] for key in keys()} == fields - {"name"} | {"reply"}
    assert {key.removeprefix("reply.") for key in keys() if key.startswith("reply.")} == set(Replying.model_fields)


@pytest.mark.parametrize("key", [k for k, v in keys().items() if isinstance(v, int | float)])
def test_each_number_arrives_where_its_key_says(key: str) -> None:
    """Set to another value that fits, the field of the key has it and no other field has changed."""
    before = keys()[key]
    assert isinstance(before, int | float)
    value = before / 2 if isinstance(before, float) else before + 1
    tried = read_tried([f"{key}={value}"], Tried())
    after = {k: v for k, v in keys().items() if k != key}
    flat = _flat(tried)
    assert flat.pop(key) == value
    assert flat == after


def _flat(tried: Tried) -> dict[str, object]:
    """Return every value by its key."""
    found: dict[str, object] = {}
    for prefix, record in (("", tried.detection), ("", tried.playbook), ("reply.", tried.replying)):
        for name, value in record.model_dump(mode="json").items():
            inner = value.items() if isinstance(value, dict) else ()
            found |= {f"{prefix}{name}.{k}": v for k, v in inner} or {prefix + name: value}
    del found["name"]
    return found


def test_nested_values_lists_and_repeats() -> None:
    """A stage's plan, marks and budgets are set by dotted keys; of a key given twice the last one counts."""
    tried = read_tried(
        ["default_dwell.pilot=150", "stage_marks=100, 200", "budgets.owner_per_week=1", "reply.days=3", "reply.days=4"],
        Tried(),
    )
    assert tried.detection.default_dwell[Stage.PILOT] == 150
    assert tried.detection.default_dwell[Stage.BUILD] == DetectionSettings().default_dwell[Stage.BUILD]
    assert tried.detection.stage_marks == (100, 200)
    assert tried.playbook.budgets.owner_per_week == 1
    assert tried.replying.days == 4


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("flatweeks=3", "there is no such setting; did you mean flat_weeks"),
        ("name=x", "there is no such setting"),
        ("default_dwell.later=3", "did you mean default_dwell."),
        ("reply.share", "has no value; write KEY=VALUE"),
        ("flat_weeks=x", "flat_weeks=x can't be used: it should be a valid integer"),
        ("flat_weeks=", "flat_weeks= can't be used"),
        ("flat_weeks=2", "flat_weeks=2 can't be used: it should be greater than or equal to 3"),
        ("flat_growth=nan", "flat_growth must be between 0 and 3650"),
        ("default_dwell.pilot=99999", "default_dwell.pilot must be between"),
        ("min_group=4", "figures of fewer than 5 people are never shown"),
        ("stage_marks=", "stage_marks= can't be used"),
        ("stage_marks=200,100", "days above 0 that rise"),
        ("stage_marks=0,100", "days above 0 that rise"),
        ("budgets.owner_per_week=0", "budgets.owner_per_week=0 can't be used"),
        ("budgets.ramp_owners_per_day=0", "it should be greater than or equal to 1"),
        ("follow_up_after_wd=-1", "follow_up_after_wd=-1 can't be used"),
        ("reply.share=1.5", "reply.share=1.5 can't be used: it should be less than or equal to 1"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(pair: str, said: str) -> None:
    """An unknown key names the nearest one, a bad value what it should be."""
    with pytest.raises(InputError) as fault:
        read_tried([pair], Tried())
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_what_the_organisation_has_settled_is_kept() -> None:
    """Settings that are not named stay as they are, and no group can be shown that it hides."""
    own = Tried(detection=DetectionSettings(min_group=10))
    kept = read_tried(["flat_weeks=9"], own).detection.model_dump()
    assert kept == DetectionSettings(min_group=10, flat_weeks=9).model_dump()
    with pytest.raises(InputError, match="fewer than 10 people"):
        read_tried(["min_group=9"], own)
    assert read_tried(["min_group=12"], own).detection.min_group == 12
