"""What leaves by Teams: once, to whoever has the app, with one token for all, and what goes wrong is told as what it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from office import at_firm
from servers import Papers
from stories import Story
from teams_story import TeamsOffice, office_of

from adapters.playground.teams_state import Failure, Fault
from adapters.teams.cards import LARGEST, size_of
from adapters.teams.connector import Address
from adapters.teams.errors import ConnectorError
from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.messages.talk import told
from bot.outgoing import Found, Messenger
from jobs.teams import check

HELLO = told("hello")
BLOCKED = '{"errorCode":209,"message":"{\\r\\n \\"subCode\\": \\"MessageWritesBlocked\\"}"}'


@pytest.fixture
async def office(story: Story, tls: Papers) -> AsyncIterator[TeamsOffice]:
    """Return the office of an empty firm."""
    async with office_of(story, tls, "dana", "kim") as opened:
        yield opened


def sender(office: TeamsOffice) -> Messenger:
    """Return what sends."""
    return office.teams.messenger(office.story.world.ports.references)


def dana(office: TeamsOffice, name: str = "dana") -> Person:
    """Return somebody as the registry has them."""
    alias = at_firm(name)
    return Person(id=office.story.world.ports.people.identify(alias), name=alias)


async def test_a_message_arrives_and_is_named(office: TeamsOffice) -> None:
    """It stands in the chat of that person alone, from the bot, with words for the notification."""
    ref = await sender(office).send(dana(office), "d1", HELLO)
    posted = office.last("dana")
    assert ref == f"{office.at('dana').chat.id}|{posted['id']}"
    assert posted["summary"] == "hello"
    assert "hello" in office.reads("dana")
    assert not {"replyToId", "serviceUrl"} & set(posted)


async def test_who_does_not_have_the_app_is_gone(office: TeamsOffice) -> None:
    """Nobody is looked up by an address: without the app there is no way, and the core turns to somebody else."""
    with pytest.raises(SendRefused, match="not installed") as refused:
        await sender(office).send(dana(office, "nobody"), "d1", HELLO)
    assert refused.value.gone
    assert refused.value.final


@pytest.mark.parametrize(
    ("fault", "final", "gone", "wait"),
    [
        (Fault(Failure.REFUSED, 429, retry_after="7"), False, False, 7.0),
        (Fault(Failure.REFUSED, 429), False, False, 30.0),
        (Fault(Failure.REFUSED, 429, retry_after="nonsense"), False, False, 30.0),
        (Fault(Failure.REFUSED, 412, retry_after="2"), False, False, 2.0),
        (Fault(Failure.REFUSED, 403, BLOCKED), True, True, None),
        (Fault(Failure.REFUSED, 403, "<html>"), True, True, None),
        (Fault(Failure.REFUSED, 400, '{"error":{"code":"BadSyntax"}}'), True, False, None),
        (Fault(Failure.REFUSED, 413), True, False, None),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(
    office: TeamsOffice, fault: Fault, *, final: bool, gone: bool, wait: float | None
) -> None:
    """Later, never, or somebody else: by the status, whatever the body is; nothing was posted."""
    office.cloud.state.fail("post", fault)
    with pytest.raises(SendRefused) as refused:
        await sender(office).send(dana(office), "d1", HELLO)
    assert (refused.value.final, refused.value.gone) == (final, gone)
    assert (refused.value.retry_after.total_seconds() if refused.value.retry_after else None) == wait
    assert len(office.at("dana").posts) == 1  # the greeting


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_what_may_have_arrived_is_never_posted_again(office: TeamsOffice, status: int) -> None:
    """An answer that leaves it open is no refusal: one post stands there, and nobody can look it up."""
    office.cloud.state.fail("post", Fault(Failure.REFUSED_AFTER, status))
    with pytest.raises(ConnectorError):
        await sender(office).send(dana(office), "d1", HELLO)
    assert len(office.at("dana").posts) == 2
    assert await sender(office).find(dana(office), "d1") == (Found.UNKNOWABLE, "")


async def test_a_connection_that_breaks_off_leaves_it_open(office: TeamsOffice) -> None:
    """As above, where no answer comes at all."""
    office.cloud.state.fail("post", Fault(Failure.DROPPED))
    with pytest.raises(Exception) as fault:  # noqa: PT011  whatever the wire says; that it is no refusal is what counts
        await sender(office).send(dana(office), "d1", HELLO)
    assert not isinstance(fault.value, SendRefused)


async def test_a_chat_that_is_gone_is_opened_once_more(office: TeamsOffice) -> None:
    """404: the chat of that person is opened again, once, and then they count as gone."""
    gone = Fault(Failure.REFUSED, 404, '{"error":{"code":"ConversationNotFound"}}')
    office.cloud.state.fail("post", gone)
    await sender(office).send(dana(office), "d1", HELLO)
    assert len(office.at("dana").posts) == 2
    office.cloud.state.fail("post", gone, times=2)
    with pytest.raises(SendRefused) as refused:
        await sender(office).send(dana(office), "d2", HELLO)
    assert refused.value.gone


async def test_what_was_posted_can_be_taken_away(office: TeamsOffice) -> None:
    """Once, and once more: what is not there any more is done; any other refusal is told."""
    ref = await sender(office).send(dana(office), "d1", HELLO)
    conversation, _, number = ref.partition("|")
    at = Address(office.cloud.url, conversation)
    for _ in range(2):
        await office.teams.connector.delete(at, number)
        assert [one["id"] for one in office.at("dana").posts if one["id"] == number] == []
    office.cloud.state.fail("delete", Fault(Failure.REFUSED, 403))
    with pytest.raises(ConnectorError):
        await office.teams.connector.delete(at, number)


async def test_twenty_messages_need_one_token(office: TeamsOffice) -> None:
    """However many wait for it at once; one that is refused is asked for anew, and nothing is lost by that."""
    login = office.cloud.login
    office.teams.tokens.drop()
    before = len(login.requests)
    await asyncio.gather(*(sender(office).send(dana(office), f"d{n}", HELLO) for n in range(20)))
    assert len(login.requests) == before + 1
    login.revoke()
    await sender(office).send(dana(office), "d20", HELLO)
    assert len(login.requests) == before + 2
    assert len(office.at("dana").posts) == 22


async def test_without_a_token_nothing_was_sent(office: TeamsOffice) -> None:
    """A secret that is wrong, or Microsoft being away, is a refusal that is tried again, and an admin reads why."""
    login = office.cloud.login
    login.secret = "another"  # noqa: S105  of a server on this machine
    office.teams.tokens.drop()
    with pytest.raises(SendRefused, match="AADSTS7000215") as refused:
        await sender(office).send(dana(office), "d1", HELLO)
    assert not refused.value.final


async def test_a_message_too_large_for_a_card_goes_as_words(office: TeamsOffice) -> None:
    """What Teams would not take as a card is said in words, within what it takes."""
    long = Message(kind="told", body=tuple("x" * 900 for _ in range(60)), footer="")
    await sender(office).send(dana(office), "d1", long)
    posted = office.last("dana")
    assert not posted.get("attachments")
    assert posted["text"].startswith("xxx")
    assert size_of(posted) <= LARGEST


async def test_the_installation_is_checked(office: TeamsOffice) -> None:
    """Each fault is a sentence with its remedy, and nothing of the secret is in it."""
    found = await check(office.teams.settings, session=office.new_session())
    assert [one.state for one in found] == ["ok", "ok", "ok"]
    office.cloud.login.secret = "another"  # noqa: S105  as above
    office.cloud.keys.is_broken = True
    found = await check(office.teams.settings, session=office.new_session())
    assert [one.state for one in found] == ["fault", "fault", "ok"]
    assert "TEAMS_APP_PASSWORD" in found[0].says
    assert "local-secret" not in str(found)
