"""The stories of the loop lived through in a local Slack, by HTTP and by a socket: taps, forms and words."""

from collections.abc import AsyncIterator

import pytest
from slack_story import Office, at_firm, office_of, slack_pilot, to_text
from stories import DAY, Story, to

from bot.domain.case import CaseState
from bot.domain.decision import Verdict

PEOPLE = ("dana", "kim", "sam", "lee", "eve")


@pytest.fixture(params=["http", "socket"])
async def office(story: Story, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    """Return the office of a firm, once for each transport."""
    async with office_of(story, *PEOPLE, by=request.param) as opened:
        yield opened


def day_of(office: Office, days: int) -> str:
    """Return a day so many days from now, as a picker gives it."""
    return (office.story.today + days * DAY).isoformat()


async def test_the_whole_story_by_taps(office: Office) -> None:
    """Question, form, named blocker, shown wish, a day that passes twice, a check, the digest, a decision: and each message shows what became of it."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))

    assert (await office.act(dana.tap("Something is in the way"))).status == 200
    assert dana.view["blocks"][0]["text"]["text"] == "Something is in the way"
    assert (await office.act(dana.send(cause="data", thing="the ledger", person=kim.user))).body == {}
    assert "\u2713 Something is in the way Recorded: in the way is access to data" in office.reads("dana")
    assert "Something is in the way" not in dana.labels()
    assert "How far has that come?" in office.reads("dana")

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for _ in range(2):
        await office.act(kim.tap("I can name a day", office.last("kim")))
        refused = await kim.send(day=day_of(office, -1))
        assert refused.body["response_action"] == "errors"
        assert "from tomorrow on" in refused.body["errors"]["day"]
        assert (await office.act(kim.send(day=day_of(office, 4)))).body == {}
        assert "\u2713 I can name a day Thank you. Noted for" in office.reads("kim")
        assert kim.labels(office.last("kim")) == []
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)

    await office.act(dana.tap("Not yet, something is in the way"))
    await office.act(dana.send(cause="data", person=kim.user))
    await story.days(1)
    assert (await story.case()).decision is not None
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("lee"), "review"), most=14)
    await office.act(lee.tap("Release"))
    assert "Released" in office.reads("lee")
    await story.until(to(at_firm("sam"), "digest"), most=10)
    assert sam.labels() == ["Scale", "Fix", "Stop", "Need something"]
    await office.act(sam.tap("Fix"))
    form = [block["block_id"] for block in sam.view["blocks"] if block["type"] == "input"]
    assert (await office.act(sam.send(**{form[0]: day_of(office, 21)}))).body == {}
    assert "\u2713 Fix Recorded: fix it by" in office.reads("sam")
    assert "Months on the way" in office.reads("sam")
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.COMMITTED, Verdict.FIX)
    assert office.slack.state.private == []


async def test_the_whole_story_by_words(office: Office) -> None:
    """The same without one tap: what is understood is shown back, and nothing is noted before a yes."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))
    asked = office.last("dana")

    await office.act(dana.write(f"blocked by data, <@{kim.user}> could clear it"))
    assert office.reads("dana").startswith("Understood: something is in the way: access to data")
    assert at_firm("kim") in office.reads("dana")
    assert (await story.case()).block is None
    await office.act(dana.write("yes"))
    assert "Recorded: in the way is access to data" in office.reads("dana")
    assert "Recorded: in the way" in to_text(asked)
    assert "Something is in the way" not in dana.labels(asked)

    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    for _ in range(2):
        await office.act(kim.write("by Friday"))
        await office.act(kim.tap("Yes"))
        assert "Thank you. Noted for" in office.reads("kim")
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    await office.act(dana.write(f"blocked by data, <@{kim.user}> could clear it"))
    await office.act(dana.write("yes"))
    await story.days(1)
    await office.act(lee.write("release"))
    await office.act(lee.write("yes"))
    assert "Released" in office.reads("lee")
    await story.until(to(at_firm("sam"), "digest"), most=14)
    await office.act(sam.write("fix it in three weeks"))
    await office.act(sam.write("yes"))
    assert "Recorded: fix it by" in office.reads("sam")
    assert (await story.case()).decided[-1].verdict is Verdict.FIX
