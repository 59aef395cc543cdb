"""Several chats at once: who is written to in which, and what is never said twice."""
# ruff: noqa: ARG002  the ports have these names

import pytest

from bot.app.chats import Chats, chat_order, ref_in, seen_anywhere
from bot.domain.people import Person, Preferences
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.messages.talk import told
from bot.outgoing import Found
from bot.talking import Seen

HELLO = told("hello")


class Chat:
    """A chat that takes messages, or fails as it was told to, and says what it was told to."""

    def __init__(self, fault: Exception | None = None, found: Found = Found.ABSENT, seen: Seen | None = None) -> None:
        """Fail with this, find this, and know this of anybody."""
        self.fault, self.found, self.seen = fault, found, seen
        self.got: list[str] = []

    def workspace(self, person: Person) -> str:
        """Name itself."""
        return f"w{id(self)}"

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Take it."""
        if self.fault is not None:
            raise self.fault
        self.got.append(delivery)
        return "c:1"

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Say whether it is there."""
        return self.found, "c:1" if self.found is Found.SENT else ""

    async def look_up(self, person: Person) -> Seen | None:
        """Say what it knows."""
        return self.seen


def person(choice: str | None = None, met: str | None = None) -> Person:
    """Return somebody with a choice, who answered last somewhere."""
    return Person(id="p_1", name="dana", met_in=met, preferences=Preferences(chat=choice))


@pytest.mark.parametrize(
    ("choice", "met", "first"),
    [(None, None, "slack"), (None, "teams", "teams"), ("teams", "slack", "teams"), ("gone", "teams", "teams")],
)
async def test_their_choice_counts_else_where_they_answered_last(
    choice: str | None, met: str | None, first: str
) -> None:
    """One chat gets it and no other; a chat that is not set up any more is nobody's choice."""
    chats = {"slack": Chat(), "teams": Chat()}
    ref = await Chats(chats).send(person(choice, met), "d1", HELLO)
    assert [name for name, chat in chats.items() if chat.got] == [first]
    assert ref == f"{first} c:1"
    assert chat_order(person(choice, met), [*chats])[0] == first


async def test_the_next_chat_is_tried_only_where_somebody_is_not_in_one() -> None:
    """Not to be found there: the other one. Anything else, above all a doubt, is never sent a second time."""
    other = Chat()
    gone = SendRefused("not installed", final=True, gone=True)
    assert await Chats({"teams": Chat(gone), "slack": other}).send(person(), "d1", HELLO) == "slack c:1"
    for fault in (SendRefused("later"), SendRefused("no", final=True), TimeoutError(), ConnectionResetError()):
        with pytest.raises(type(fault)):
            await Chats({"teams": Chat(fault), "slack": other}).send(person(), "d2", HELLO)
    assert other.got == ["d1"]
    with pytest.raises(SendRefused, match="not installed") as refused:
        await Chats({"teams": Chat(gone), "slack": Chat(gone)}).send(person(), "d3", HELLO)
    assert refused.value.gone


@pytest.mark.parametrize(
    ("slack", "teams", "told_as"),
    [
        (Found.SENT, Found.UNKNOWABLE, Found.SENT),
        (Found.ABSENT, Found.SENT, Found.SENT),
        (Found.ABSENT, Found.ABSENT, Found.ABSENT),
        (Found.ABSENT, Found.UNKNOWABLE, Found.UNKNOWABLE),
    ],
)
async def test_absent_is_what_each_chat_says(slack: Found, teams: Found, told_as: Found) -> None:
    """Whoever moved to another chat meanwhile gets nothing twice: it is absent where both can tell."""
    found, _ = await Chats({"slack": Chat(found=slack), "teams": Chat(found=teams)}).find(person(), "d1")
    assert found is told_as


@pytest.mark.parametrize(
    ("slack", "teams", "gone"),
    [
        (Seen(is_gone=True), Seen(is_gone=False, timezone="Europe/Berlin"), False),
        (Seen(is_gone=True), Seen(is_gone=True), True),
        (Seen(is_gone=True), None, None),
        (None, None, None),
    ],
)
async def test_nobody_is_gone_who_is_in_any_chat(slack: Seen | None, teams: Seen | None, gone: object) -> None:
    """Gone is who each chat says is gone; where one can't say, nobody knows."""
    found = await seen_anywhere(person(), {"slack": Chat(seen=slack), "teams": Chat(seen=teams)})  # type: ignore[dict-item]  # as much of a voice as is needed
    assert (found.is_gone if found else None) is gone


def test_a_reference_is_read_by_its_own_chat() -> None:
    """One of another chat is empty; one from before there were several is whole."""
    assert ref_in("teams", "teams a:1|2") == "a:1|2"
    assert ref_in("slack", "teams a:1|2") == ""
    assert ref_in("slack", "D1:2") == "D1:2"
