"""The whole story lived in a local Teams, by taps and by words: the real connector, real signed tokens, the real store."""

from collections.abc import AsyncIterator

import pytest
from servers import Papers
from slack_story import slack_pilot
from stories import DAY, Story, to
from teams_story import Office, at_firm, office_of, said

from adapters.playground.teams_hands import to_text
from bot.domain.ask import RequestState
from bot.domain.case import CaseState
from bot.domain.decision import Verdict

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")


@pytest.fixture
async def office(story: Story, tls: Papers) -> AsyncIterator[Office]:
    """Return the office of a firm without a pilot, whose people have the app."""
    async with office_of(story, tls, *PEOPLE) as opened:
        yield opened


async def test_the_whole_story_by_taps(office: Office) -> None:
    """From a fall in use to the sponsor's decision: asked, answered, asked of who can clear it, promised, missed, decided."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))
    await story.until(to(at_firm("dana"), "nudge"))
    assert (await office.act(dana.tap("Something is in the way"))).status == 200
    answer = await office.act(dana.send(cause="data", thing="read access to the ledger", person=at_firm("kim")))
    assert answer.status == 200
    assert "\u2713 Something is in the way" in office.reads("dana")
    assert "Something is in the way" not in dana.labels(office.last("dana"))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    assert "read access to the ledger" in office.reads("kim")
    for _ in range(2):
        await office.act(kim.tap("I can name a day", office.last("kim")))
        await office.act(kim.send(day=(story.today + 4 * DAY).isoformat()))
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    await office.act(dana.tap("Not yet, something is in the way"))
    await office.act(dana.send(cause="data", person=at_firm("kim")))
    await story.days(1)
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("lee"), "review"), most=14)
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("sam"), "digest"), most=10)
    await office.act(sam.tap("Fix"))
    form = [one["id"] for one in sam.dialog["body"] if one["type"].startswith("Input.")]
    await office.act(sam.send(**{form[0]: (story.today + 21 * DAY).isoformat()}))
    case = await story.case()
    assert (case.state, case.decided[-1].verdict) == (CaseState.COMMITTED, Verdict.FIX)
    assert "\u2713 Fix" in office.reads("sam")


async def test_a_tap_is_answered_in_its_place(office: Office) -> None:
    """The card turns into what was answered at once for who tapped, and stays so for everybody who opens the chat."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    await story.until(to(at_firm("dana"), "nudge"))
    dana, post = office.at("dana"), office.last("dana")
    answer = await dana.tap("It is on track", post)
    assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
    assert "\u2713 It is on track" in said(dana, post)
    dana.screen.replaced.clear()
    assert "\u2713 It is on track" in office.reads("dana")
    assert (await story.case()).state is CaseState.SNOOZED


async def test_only_who_was_asked_may_answer(office: Office) -> None:
    """Whoever presses the card of somebody else is told so alone, and nothing moves."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    await story.until(to(at_firm("dana"), "nudge"))
    eve, post = office.at("eve"), office.last("dana")
    before = await story.case()
    answer = await eve.tap("It is on track", post)
    assert answer.status == 200
    assert answer.body["type"] == "application/vnd.microsoft.activity.message"
    await office.settle()
    assert await story.case() == before


async def test_the_whole_story_by_words(office: Office) -> None:
    """The same in free words: shown back before they count, by a button or a yes."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    dana, kim = office.at("dana"), office.at("kim")
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(dana.write(f"blocked on data, {at_firm('kim')} could clear it"))
    assert (await story.case()).state is not CaseState.BLOCKED
    assert "Understood: something is in the way" in office.reads("dana")
    await office.act(dana.write("yes"))
    assert (await story.case()).state is CaseState.BLOCKED
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.act(kim.write("done"))
    await office.act(kim.write("yes"))
    assert (await story.case()).requests[-1].state is RequestState.DONE


async def test_a_dialog_says_what_it_can_not_take(office: Office) -> None:
    """A day that has passed is refused beside its field, with everything else kept, and nothing is noted before it is mended."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    dana = office.at("dana")
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(dana.tap("Ask me later"))
    before = await story.case()
    (day,) = [one for one in dana.dialog["body"] if one["type"] == "Input.Date"]
    await office.act(dana.send(**{day["id"]: (story.today - DAY).isoformat()}))
    assert "Which day from tomorrow on?" in to_text(dana.dialog)
    assert await story.case() == before
    await office.act(dana.send(**{day["id"]: (story.today + 14 * DAY).isoformat()}))
    assert dana.screen.dialog is None
    assert (await story.case()).state is CaseState.SNOOZED


async def test_a_client_without_execute_submits_the_same(office: Office) -> None:
    """An old client sends the answer as a message; the card is put in its place all the same."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    dana = office.at("dana")
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(dana.tap("It is on track", submits=True))
    assert "\u2713 It is on track" in office.reads("dana")


async def test_a_late_tap_explains_itself(office: Office) -> None:
    """At a card whose matter is over a tap changes nothing and says in its place why; its buttons are gone then."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    dana = office.at("dana")
    await story.until(to(at_firm("dana"), "nudge"))
    old = office.last("dana")
    story.back["tax"] = story.today
    await story.days(40)
    before = await story.case()
    assert before.is_closed
    await office.act(dana.tap("It is on track", old))
    assert await story.case() == before
    assert "This one is closed" in said(dana, old)
    assert dana.labels(old) == []


async def test_commands_are_typed_in_each_way(office: Office) -> None:
    """With a slash, by what they are called by, by a mention or a slash command in a channel; there only the author sees the answer."""
    story = office.story
    await story.begin(slack_pilot("tax"))
    dana = office.at("dana")
    for text in ("/status tax", "pilots status tax", "status tax", "/pilots status tax"):
        await office.act(dana.write(text))
        assert "Pilot tax" in office.reads("dana"), text
    team = office.cloud.state.team_of(at_firm("dana"), at_firm("eve"))
    for doing in (dana.write("status tax", team), dana.slash("status tax", team)):
        await office.act(doing)
        answer = team.activities[-1]
        assert answer["targeted"]
        assert answer["recipient"]["id"] == dana.me.id
    await office.act(dana.write("nonsense", team))
    assert "no command" in str(team.activities[-1])


async def test_who_takes_the_app_away_is_written_to_no_more(office: Office) -> None:
    """Nothing is left of them here, nothing is sent, and somebody else is asked; who comes back is asked again."""
    story = office.story
    await story.begin(slack_pilot("tax"), people=(at_firm("kim"),))
    dana = office.at("dana")
    await office.act(dana.uninstall())
    assert await story.world.ports.references.of_user("teams", dana.user) is None
    got = await story.days(20)
    assert [s for s in got if s.to == at_firm("dana")] == []
    assert {s.kind for s in got if s.to == at_firm("lee")}
    assert dana.posts[1:] == []


async def test_whoever_comes_is_greeted_once_with_what_there_is_for_them(story: Story, tls: Papers) -> None:
    """On the day they install the app they see their pilots; a stranger hears how the registry would have to name them."""
    async with office_of(story, tls, *PEOPLE, installed=False) as office:
        await story.begin(slack_pilot("tax"))
        for name in ("dana", "eve"):
            await office.act(office.at(name).install())
            assert len(office.at(name).posts) == 1
        assert "Pilot tax" in office.reads("dana")
        await office.act(office.at("dana").write("home"))
        assert "Pilot tax" in office.reads("dana")
