"""What only Teams has or does, lived in a local one: answers in their place, old clients, slash commands, who comes and goes."""

from collections.abc import AsyncIterator

import pytest
from office import at_firm, firm_pilot
from offices import TEAMS
from parity import only_in
from servers import Papers
from stories import Story, to
from teams_story import TeamsOffice, office_of, said

from adapters.playground.teams_state import BOT, Failure, Fault
from bot.domain.case import CaseState

PEOPLE = ("dana", "kim", "sam", "lee", "ada", "eve")


@pytest.fixture
async def office(story: Story, tls: Papers) -> AsyncIterator[TeamsOffice]:
    """Return the office of a firm without a pilot, whose people have the app."""
    async with office_of(story, tls, *PEOPLE) as opened:
        yield opened


@only_in(
    TEAMS, "The answer to a tap is on the card when its spinner ends", slack="the message is updated a moment later"
)
async def test_a_tap_is_answered_in_its_place(office: TeamsOffice) -> None:
    """The card turns into what was answered at once for who tapped, and stays so for everybody who opens the chat."""
    story = office.story
    await office.ask()
    dana, post = office.at("dana"), office.last("dana")
    answer = await dana.tap("It is on track", post)
    assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
    assert "\u2713 It is on track" in said(dana, post)
    dana.screen.replaced.clear()
    assert "\u2713 It is on track" in office.reads("dana")
    assert (await story.case()).state is CaseState.SNOOZED


async def test_a_client_without_execute_submits_the_same(office: TeamsOffice) -> None:
    """An old client sends the answer as a message; the card is put in its place all the same."""
    story = office.story
    await story.begin(firm_pilot("tax"))
    dana = office.at("dana")
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(dana.tap("It is on track", submits=True))
    assert "\u2713 It is on track" in office.reads("dana")


async def test_a_client_without_dialogs_asks_for_the_details_in_words(office: TeamsOffice) -> None:
    """Where a button opens nothing, what it would have asked is asked in the chat, and the next words are the answer to that."""
    story = office.story
    await story.begin(firm_pilot("tax"))
    dana = office.at("dana")
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(dana.tap("Something is in the way", submits=True))
    assert "What is in the way?" in office.reads("dana")
    assert (await story.case()).block is None
    await office.act(dana.write("access to data or systems"))
    assert (await story.case()).state is CaseState.BLOCKED
    assert "Recorded: in the way is access to data or systems" in office.reads("dana")


async def test_commands_are_typed_in_each_way(office: TeamsOffice) -> None:
    """With a slash, by what they are called by, by a mention or a slash command in a channel; there only the author sees the answer."""
    story = office.story
    await story.begin(firm_pilot("tax"))
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
    await office.act(dana.write("", team))
    assert "What you can say" in str(team.activities[-1])


async def test_a_command_is_answered_in_their_own_chat_where_messages_for_one_alone_are_refused(
    office: TeamsOffice,
) -> None:
    """A tenant that refuses messages for one person keeps nobody without an answer, and shows it to nobody else."""
    await office.story.begin(firm_pilot("tax"))
    dana, team = office.at("dana"), office.cloud.state.team_of(at_firm("dana"), at_firm("eve"))
    office.cloud.state.fail("post", Fault(Failure.REFUSED, 400))
    await office.act(dana.write("status tax", team))
    assert "Pilot tax" in office.reads("dana")
    assert [one for one in team.activities if one["from"]["id"] == BOT] == []


async def test_home_is_asked_for_in_each_way_and_seen_in_their_own_chat(office: TeamsOffice) -> None:
    """As a word, with a slash, by what commands are called by, or by a mention where others read along."""
    await office.story.begin(firm_pilot("tax"))
    dana, team = office.at("dana"), office.cloud.state.team_of(at_firm("dana"), at_firm("eve"))
    for text, at in (("home", None), ("/home", None), ("pilots home", None), ("Home", team)):
        before = len(dana.posts)
        await office.act(dana.write(text, at))
        assert len(dana.posts) == before + 1, text
        assert "Waiting for your answer" in office.reads("dana"), text
    assert [one for one in team.activities if one["from"]["id"] == BOT] == []


async def test_a_command_that_is_delivered_twice_is_carried_out_once(office: TeamsOffice) -> None:
    """Teams delivers again what it is not sure about: what was typed counts once, and is answered once."""
    await office.story.begin(firm_pilot("tax"))
    ada = office.at("ada")
    before = len(ada.posts)
    for words, number in (("/add hr Job ads", "1"), ("home", "2")):
        for _ in range(3):
            assert (await office.act(ada.write(words, again=number))).status == 200
    first, second = (said(ada, one) for one in ada.posts[before:])
    assert "Registered: Job ads" in first
    assert "How Stickshaker is" in second


async def test_the_form_of_somebody_overwrites_no_message_of_others(office: TeamsOffice) -> None:
    """What a client sends of where its form stood is believed of its own chat alone."""
    story = office.story
    await office.ask("kim")
    dana, kim = office.at("dana"), office.at("kim")
    before = said(kim, kim.posts[-1])
    await office.act(dana.tap("Something is in the way"))
    for place in (f"{kim.chat.id}|{kim.posts[-1]['id']}", "..|x", "x"):
        dana.dialog["actions"][0]["data"]["place"] = place
        form = dana.screen.dialog
        await office.act(dana.send(cause="data"))
        dana.screen.dialog = form
    assert said(kim, kim.posts[-1]) == before
    assert all("/../" not in path for _, path, _ in office.cloud.state.calls)
    assert (await story.case()).state is CaseState.BLOCKED


async def test_a_tap_elsewhere_proves_nothing(office: TeamsOffice) -> None:
    """The question never arrived and is listed as unknown: who answers it from their home card is heard, and it stays listed."""
    story, dana = office.story, office.at("dana")
    office.break_off(taken=False)
    await story.begin(firm_pilot("tax"))
    while not await story.world.ports.dead_letters.all():
        await story.days(1)
    before = len(dana.posts)
    await office.act(dana.write("home"))
    await office.act(dana.tap("Answer"))
    await office.act(dana.tap("It is on track"))
    assert (await story.case()).state is CaseState.SNOOZED
    assert len(await story.world.ports.dead_letters.all()) == 1
    assert len(dana.posts) == before + 1


async def test_a_member_is_mentioned_in_a_command(office: TeamsOffice) -> None:
    """Whoever names a colleague by a mention means them by their address; who is not in that channel is nobody."""
    story = office.story
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    team = office.cloud.state.team_of(at_firm("lee"), at_firm("kim"))
    lee, kim, eve = (office.at(name) for name in ("lee", "kim", "eve"))
    await office.act(lee.write("owner tax", team, about=kim))
    assert "is now kim@n.example" in said(lee, team.activities[-1])
    await office.act(lee.write("owner tax", team, about=eve))
    assert "I can't tell who" in said(lee, team.activities[-1])


async def test_who_has_blocked_us_is_found_out_by_sending(office: TeamsOffice) -> None:
    """Teams says it when we write: it is listed with its reason, nothing more is sent to them, and the programme lead is asked."""
    story = office.story
    await story.begin(firm_pilot("tax"))
    office.at("dana").me.has_blocked = True
    await story.until(to(at_firm("lee"), "nudge"), most=30)
    (dead,) = await story.world.ports.dead_letters.all()
    assert dead.reason == "the app is blocked or not installed for this person (MessageWritesBlocked)"
    posts = [
        path for method, path, _ in office.cloud.state.calls if method == "POST" and office.at("dana").chat.id in path
    ]
    await story.days(10)
    assert len([p for m, p, _ in office.cloud.state.calls if m == "POST" and office.at("dana").chat.id in p]) == len(
        posts
    )


async def test_who_takes_the_app_away_is_written_to_no_more(office: TeamsOffice) -> None:
    """Nothing is left of them here, nothing is sent, and somebody else is asked; who comes back is asked again."""
    story = office.story
    await story.begin(firm_pilot("tax"), people=(at_firm("kim"),))
    dana = office.at("dana")
    await office.act(dana.uninstall())
    assert await story.world.ports.references.of_user("teams", dana.user) is None
    got = await story.days(20)
    assert [s for s in got if s.to == at_firm("dana")] == []
    assert {s.kind for s in got if s.to == at_firm("lee")}
    assert dana.posts[1:] == []
    await office.act(dana.install())
    before = len(dana.posts)
    await story.until(to(at_firm("dana"), "nudge"), most=40)
    assert len(dana.posts) == before + 1


@only_in(
    TEAMS,
    "Whoever gets the app is greeted once with what there is for them",
    slack="an admin installs it for all, and nobody is written to without a reason",
)
async def test_whoever_comes_is_greeted_once_with_what_there_is_for_them(story: Story, tls: Papers) -> None:
    """On the day they install the app they see their pilots; a stranger hears how the registry would have to name them."""
    async with office_of(story, tls, *PEOPLE, installed=False) as office:
        await story.begin(firm_pilot("tax"))
        for name in ("dana", "eve"):
            await office.act(office.at(name).install())
            assert len(office.at(name).posts) == 1
        assert "Pilot tax" in office.reads("dana")
        await office.act(office.at("dana").write("home"))
        assert "Pilot tax" in office.reads("dana")
