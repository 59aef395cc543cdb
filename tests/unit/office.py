"""A firm whose people sit in a chat, whichever it is: what they do there, and what they read, by the same words."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, ClassVar, Protocol

from stories import Story, pilot_of, to

from bot.app.turns import answer_turns
from bot.domain.people import Person
from bot.domain.pilot import Pilot
from bot.domain.turn import Turn, Words
from bot.messages.model import Message
from bot.outgoing import Found, Messenger
from bot.talking import Voice

FIRM = "n.example"
Post = dict[str, Any]


def at_firm(name: str) -> str:
    """Return the address of somebody."""
    return f"{name}@{FIRM}"


def firm_pilot(name: str = "tax", owner: str = "dana", **given: object) -> Pilot:
    """Return a pilot whose people are written by their addresses."""
    people = {"sponsor": at_firm("sam"), "programme_lead": at_firm("lee")}
    return pilot_of(name, at_firm(owner), **(people | given))


class Heard:
    """A messenger that remembers for the story what another one sends."""

    def __init__(self, real: Messenger, story: Story) -> None:
        """Send by the real one."""
        self._real, self._story = real, story

    def workspace(self, person: Person) -> str:
        """Ask the real one."""
        return self._real.workspace(person)

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Send, then remember."""
        ref = await self._real.send(person, delivery, message)
        self._story.world.chat.got.append((self._story.world.clock.at, person.id, delivery, message))
        return ref

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Ask the real one."""
        return await self._real.find(person, delivery)


class Answered(Protocol):
    """What a bot answered to a delivery."""

    @property
    def status(self) -> int:
        """Return the status of HTTP, 0 where nothing came in time."""
        ...

    @property
    def body(self) -> Post:
        """Return the JSON."""
        ...


class Hands(Protocol):
    """What one person does in front of their screen."""

    @property
    def user(self) -> str:
        """Return their id in the chat."""
        ...

    @property
    def posts(self) -> list[Post]:
        """Return what they were written by the bot, oldest first; in Slack with what they wrote themselves."""
        ...

    async def write(self, text: str) -> Answered:
        """Write to the bot."""
        ...

    async def tap(self, label: str, post: Post | None = None, *, at: str = "") -> Answered:
        """Tap the button of this label, with the same `at` the same tap once more; raises LookupError where none has it."""
        ...

    def labels(self, post: Post | None = None) -> list[str]:
        """Return what every button is called that they see."""
        ...


class Office(ABC):
    """A firm and its chat."""

    chat: ClassVar[str]
    called: ClassVar[str]
    """What commands are called by there."""
    nobody: ClassVar[str]
    """The id of a user, as the chat makes them, who is none."""
    story: Story

    @property
    @abstractmethod
    def voice(self) -> Voice:
        """Return what answers."""

    @property
    @abstractmethod
    def messenger(self) -> Messenger:
        """Return what sends."""

    @abstractmethod
    async def close(self) -> None:
        """Wait for what goes on after the chat was answered."""

    @abstractmethod
    def at(self, name: str) -> Hands:
        """Return somebody's hands."""

    @abstractmethod
    def said(self, name: str, post: Post) -> str:
        """Return the words of a post as somebody reads them."""

    @abstractmethod
    def markup(self, name: str) -> str:
        """Return everything in somebody's chat that their client reads marks, links or mentions into."""

    @abstractmethod
    def besides(self, name: str) -> str:
        """Return what only they were told last."""

    @abstractmethod
    def named(self, name: str) -> str:
        """Return how people write of somebody."""

    @abstractmethod
    def picked(self, name: str) -> str:
        """Return what a form holds where somebody is picked in it."""

    @abstractmethod
    def moment(self, at: datetime) -> dict[str, str]:
        """Return what the field `at` of a form holds for a moment."""

    @abstractmethod
    def delete(self, name: str, post: Post) -> None:
        """Let somebody take a message out of their chat."""

    @abstractmethod
    def form(self, name: str) -> dict[str, str | None]:
        """Return the fields of the form that is open in front of somebody with what is in them, none where none is."""

    @abstractmethod
    async def fill(self, name: str, **values: str) -> str:
        """Fill in and send the form; return what is said to be wrong with it, nothing where it was taken."""

    @abstractmethod
    async def typed(self, name: str, text: str) -> str:
        """Type a command, and return what only its author reads."""

    @abstractmethod
    async def home(self, name: str) -> str:
        """Return what somebody reads of all that is theirs."""

    @abstractmethod
    async def join(self, name: str) -> None:
        """Let somebody come who can be reached from then on."""

    @abstractmethod
    async def leave(self, name: str) -> None:
        """Let somebody be reached no more."""

    @abstractmethod
    def break_off(self, *, taken: bool) -> None:
        """Leave the next post without an answer that says whether it was `taken`."""

    @abstractmethod
    def greeting(self) -> bytes:
        """Return a request as the chat sends one."""

    @abstractmethod
    async def knock(self, body: bytes, *, is_signed: bool = True) -> int:
        """Return the status that is answered to a body, signed as the chat signs or by nobody."""

    @abstractmethod
    def refuse(self, doing: str, *, seconds: int = 0, times: int = 1) -> None:
        """Let the chat refuse the next times that something is said or shown: for so many seconds, or with a fault."""

    async def act(self, doing: Awaitable[Answered]) -> Answered:
        """Do something in the chat, have it answered, and let the firm work."""
        answer = await doing
        await self.settle()
        return answer

    async def settle(self) -> None:
        """Answer what people did, and do what follows."""
        await self.close()
        world = self.story.world
        while await answer_turns(world.ports, world.rules, {self.chat: self.voice}):
            pass
        await world.work()

    def person(self, name: str) -> Person:
        """Return somebody as the registry has them."""
        return Person(id=self.story.world.ports.people.identify(at_firm(name)), name=at_firm(name))

    def turn(self, name: str, place: str = "", key: str = "k1") -> Turn:
        """Return words that somebody wrote, at a message where a `place` is given."""
        now = self.story.world.clock.at
        return Turn(key=key, chat=self.chat, user=self.at(name).user, place=place, what=Words(text="hello"), at=now)

    def last(self, name: str) -> Post:
        """Return the newest post in somebody's chat."""
        return self.at(name).posts[-1]

    def reads(self, name: str) -> str:
        """Return the newest post of somebody as they read it."""
        return self.said(name, self.last(name))

    async def say(self, name: str, *words: str) -> str:
        """Write words as somebody, one after the other, and return what comes back to the last of them."""
        for one in words:
            assert (await self.act(self.at(name).write(one))).status == 200
        return self.reads(name)

    async def tap(self, name: str, label: str, post: Post | None = None) -> str:
        """Tap a button as somebody, and return what they read there then."""
        hands = self.at(name)
        seen = post or next((one for one in reversed(hands.posts) if label in hands.labels(one)), None)
        assert (await self.act(hands.tap(label, seen))).status == 200
        return self.said(name, seen) if seen else ""

    async def ask(self, *people: str) -> None:
        """Begin with one pilot of dana's, with these people besides, and live until she is asked about it."""
        await self.story.begin(firm_pilot("tax"), people=tuple(at_firm(name) for name in people))
        await self.story.until(to(at_firm("dana"), "nudge"))

    async def blocked_by(self, holder: str, who: str = "dana", **more: str) -> None:
        """Name somebody as the one who can clear the way, in the form."""
        await self.tap(who, "Something is in the way")
        assert not await self.fill(who, cause="data", person=self.picked(holder), **more)
