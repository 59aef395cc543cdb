"""Words in a local Slack that is in trouble, or slow: what became of an answer is found in its history, or said."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office import at_firm, firm_pilot
from offices import SLACK
from parity import only_in
from slack_story import SlackOffice, office_of, to_text
from stories import DAY, Story, to

from adapters.playground.slack_state import Failure, Fault
from adapters.slack import app as app_module
from bot.app.turns import MOST

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")


@pytest.fixture
async def office(story: Story) -> AsyncIterator[SlackOffice]:
    """Return the office of a firm in which dana was asked about one pilot."""
    async with office_of(story, *PEOPLE) as opened:
        await story.begin(firm_pilot("tax").model_copy(update={"name": "Tax letters"}), people=(at_firm("kim"),))
        await story.until(to(at_firm("dana"), "nudge"))
        yield opened


async def say(office: SlackOffice, words: str, who: str = "dana") -> str:
    """Write words as somebody and return what comes back."""
    assert (await office.act(office.at(who).write(words))).status == 200
    return office.reads(who)


async def test_who_is_meant_has_to_be_known(office: SlackOffice) -> None:
    """A bot that was picked in a form is nobody: that is said, and nothing is noted."""
    office.slack.state.add_user("robot@n.example", is_bot=True)
    dana = office.at("dana")
    await office.act(dana.tap("Something is in the way"))
    await office.act(dana.send(cause="data", person=office.at("robot").user))
    assert "I can't tell who that is" in office.slack.state.private[-1]["text"]
    assert (await office.story.case()).block is None


@only_in(
    SLACK,
    "A reply whose arrival is in doubt is looked for before it is said again",
    teams="a bot may not read a chat: what somebody asked for is said twice rather than not at all",
)
async def test_words_whose_answer_may_have_arrived_are_not_answered_twice(office: SlackOffice) -> None:
    """A reply that Slack did not confirm is looked for in the history before it is said again."""
    for failure, count in ((Failure.DROPPED, 2), (Failure.BROKEN, 4)):
        office.slack.state.fail("chat.postMessage", Fault(failure))
        await office.act(office.at("dana").write("help"))
        office.story.world.clock.at += timedelta(minutes=2)
        await office.settle()
        said = [p for p in office.at("dana").posts if "your own words" in to_text(p)]
        assert len(said) == count // 2
        assert await office.story.world.ports.turns.due(office.story.world.clock.at + DAY) == []


async def test_after_many_tries_a_turn_is_given_up_and_said(
    office: SlackOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing waits for ever: after eight tries its author is told, and the log has the kind of fault and no word of theirs."""
    caplog.set_level(logging.INFO)
    office.slack.state.fail("chat.postMessage", Fault(Failure.BROKEN), times=2 * MOST)
    await office.act(office.at("dana").write("snooze until the auditors of Contoso leave"))
    for _ in range(MOST):
        office.story.world.clock.at += timedelta(hours=1)
        await office.settle()
    assert "could not be noted" in office.slack.state.private[-1]["text"]
    assert await office.story.world.ports.turns.due(office.story.world.clock.at + DAY) == []
    assert "given up after 8 tries" in caplog.text
    assert "Contoso" not in caplog.text
    assert at_firm("dana") not in caplog.text


async def test_a_slow_command_is_answered_later(office: SlackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it takes long Slack hears that at once, and the answer follows at the address that came with it; never at another's."""
    monkeypatch.setattr(app_module, "AT_ONCE", 0.0)
    answer = await office.at("dana").command("settings")
    assert "One moment" in to_text(answer.body)
    await office.app.close()
    (later,) = office.slack.state.responses
    assert later["response_type"] == "ephemeral"
    assert "Stands in for you" in to_text(later)
    await office.client.respond("https://evil.example/x", {"text": "no"})
    await asyncio.sleep(0)
    assert len(office.slack.state.responses) == 1


async def test_a_form_that_can_not_be_opened_or_filled_breaks_nothing(office: SlackOffice) -> None:
    """A trigger that is over opens nothing; a form that can't be filled says to try again."""
    dana = office.at("dana")
    office.slack.state.fail("views.open", Fault(Failure.ERROR, "expired_trigger_id"))
    assert (await office.act(dana.tap("Ask me later"))).status == 200
    assert office.slack.state.views == {}
    office.slack.state.fail("users.info", Fault(Failure.BROKEN))
    await office.act(dana.tap("Ask me later"))
    assert "try again" in str(dana.view["blocks"])
    office.slack.state.fail("views.update", Fault(Failure.BROKEN))
    assert (await office.act(dana.tap("Ask me later"))).status == 200


async def test_given_up_after_it_was_noted_it_is_said_what_was_noted(office: SlackOffice) -> None:
    """Slack never lets us update the message: whoever answered is told in private what counts."""
    office.slack.state.fail("chat.update", Fault(Failure.BROKEN), times=2 * MOST)
    await office.act(office.at("dana").tap("It is on track"))
    for _ in range(MOST):
        office.story.world.clock.at += timedelta(hours=1)
        await office.settle()
    assert "left alone until" in office.slack.state.private[-1]["text"]
