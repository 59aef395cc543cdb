"""Why did I get this? Whoever got a message is told its rule, facts, role, readers and budget; nobody else is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import cast

import pytest
import yaml
from stories import DAY, Said, Story, pilot_of, story_of, to, waits_for
from world import RULES

from adapters.redis_store.store import RedisStore
from bot.app.why import why
from bot.domain.decision import Verdict
from bot.domain.outreach import Delivery, Role, Step
from bot.domain.people import Person, Preferences
from bot.domain.reply import (
    BlockedBy,
    Cause,
    Cleared,
    Decide,
    Elsewhere,
    NeedsFirst,
    NextStep,
    Object,
    Promise,
    ProposeStop,
)
from bot.messages.texts import Texts
from bot.messages.why_texts import WhyTexts

WHY = WhyTexts.model_validate(yaml.safe_load((files("bot") / "content" / "why.yaml").read_text(encoding="utf-8")))


class _Wired(Texts):
    why: WhyTexts


RULES_WITH_WHY = replace(RULES, texts=_Wired.model_validate({**dict(RULES.texts), "why": WHY}))
NUDGE, ASK = to("dana", "nudge"), to("kim", "unblock_ask")
DATA = BlockedBy(cause=Cause.DATA, thing="read access to the ledger", person="kim")
MOST_WORDS = 120


@pytest.fixture
def story(store: RedisStore) -> Story:
    """Return an empty firm."""
    return story_of(store)


async def delivery_of(story: Story, said: Said) -> Delivery:
    """Return the delivery by which something was said."""
    person = story.world.ports.people.identify(said.to)
    found = [d for d in await story.world.ports.outbox.of(person) if d.message == said.message.to_stored()]
    return found[-1]


async def asked_why(story: Story, said: Said, reader: str | None = None, case: str | None = None) -> str:
    """Return what is told to whoever asks why something was said."""
    ports, delivery = story.world.ports, await delivery_of(story, said)
    case_id = case or said.message.sections[0].case_id
    text = await why(ports, RULES_WITH_WHY, ports.people.identify(reader or said.to), delivery.id, case_id, story.world.clock.at)
    assert len(text.split()) <= MOST_WORDS, text
    return text


async def test_show(story: Story) -> None:
    """Show."""
    await story.begin(pilot_of("tax"), people=("kim",))
    nudge = await story.until(NUDGE)
    print(nudge.text); print(await asked_why(story, nudge))
    f = await story.until(to("dana", "follow_up"))
    print(f.text); print(await asked_why(story, f))
    print(await story.answer("dana", "tax", DATA))
    f = await story.until(ASK)
    print(f.text); print(await asked_why(story, f))
    thing = f.message.sections[0].thing
    await story.answer("kim", "tax", NeedsFirst(text="a form") if "text" in NeedsFirst.model_fields else Cleared(), Role.UNBLOCKER, thing)
    for s in await story.days(60):
        print("-----", s.day, s.to, s.kind); print(s.text); print(await asked_why(story, s))
