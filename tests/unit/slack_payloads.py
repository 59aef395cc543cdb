"""Payloads that Slack did not send us: those of its own libraries, and broken ones."""

import json
import random
from pathlib import Path
from typing import Final

import pytest

PAYLOADS: Final = Path(__file__).resolve().parents[2].parent / "shared/fixtures/slack/payloads"
ODD: Final = (None, "", "x" * 5000, -1, 1e308, True, [], {}, [[]], {"id": {}}, 2**70, "\u0000", "\ud800")


def payloads_of_others() -> list[object]:
    """Return every payload of Slack's own libraries that is beside the project, with those in envelopes."""
    if not PAYLOADS.exists():
        pytest.skip("the payloads of Slack's libraries are not beside the project")
    found = [json.loads(path.read_text()).get("payload") for path in sorted(PAYLOADS.glob("*.json"))]
    assert len(found) == 10
    inside = [e["payload"] for p in found if isinstance(p, list) for e in p if isinstance(e, dict) and "payload" in e]
    return [*found, *inside]


def mutated(body: object, dice: random.Random) -> object:
    """Return a payload in which something was taken out, put in or exchanged."""
    if dice.random() < 0.15:
        return dice.choice(ODD)
    if isinstance(body, dict) and body:
        name = dice.choice(list(body))
        changed = {k: v for k, v in body.items() if k != name}
        return changed if dice.random() < 0.2 else changed | {name: mutated(body[name], dice)}
    if isinstance(body, list) and body:
        place = dice.randrange(len(body))
        return [*body[:place], mutated(body[place], dice), *body[place + 1 :]]
    return dice.choice(ODD)
