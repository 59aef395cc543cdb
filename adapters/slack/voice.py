"""The Voice port over Slack's Web API: messages put in the place of others, words in direct messages, private words."""

from typing import Final

import aiohttp

from adapters.slack.blocks import to_posts
from adapters.slack.client import SlackClient
from adapters.slack.directory import USER, Directory
from adapters.slack.errors import NOBODY, Kind, SlackError, refusal
from adapters.slack.posting import POST, UPDATE, found, marked, put
from bot.domain.people import Person
from bot.domain.turn import Turn
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.messages.talk import told
from bot.talking import Seen

CHANNELS = ("D", "C", "G")
NOT_NOW: Final = "Slack can't tell now whether this was said"


class SlackVoice:
    """Answers people of one workspace where they did something."""

    def __init__(self, client: SlackClient, directory: Directory) -> None:
        """Speak by this client."""
        self._client, self._directory = client, directory

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Return e-mail and id of a user of this workspace; what is no user's id is a name already."""
        return await self._directory.aliases(user) if USER.fullmatch(user) else (user,)

    def forget(self, user: str) -> None:
        """Look a user up anew: Slack said that something about them changed."""
        self._directory.forget_user(user)

    async def look_up(self, person: Person) -> Seen | None:
        """Return what Slack knows of somebody, asked anew."""
        try:
            user = await self._directory.find(person)
        except SlackError as error:
            if error.code not in NOBODY:
                return None
            self._directory.forget(person)
            return Seen(is_gone=True)
        except (aiohttp.ClientError, TimeoutError):
            return None
        return Seen(is_gone=False, timezone=user.timezone)

    async def read(self, text: str) -> str:
        """Return words with people as the registry writes them."""
        return await self._directory.read(text)

    async def show(self, turn: Turn, delivery: str, place: str, message: Message) -> None:
        """Put the first post of a message in the place of another; where that is gone, say it, unless they answered elsewhere."""
        channel, _, stamp = place.partition(":")
        post, *_ = to_posts(message, delivery, draws=self._client.draws)
        try:
            await put(self._client, UPDATE, message, post, channel=channel, ts=stamp)
        except SlackError as error:
            if error.kind is not Kind.GONE:
                raise _refused(error) from None
            if place == turn.place:
                await self.say(turn, message, delivery)

    async def say(self, turn: Turn, message: Message, delivery: str = "", *, again: bool = False) -> None:
        """Write into the direct messages of whoever did the turn."""
        channel = await self._channel(turn)
        if again and await self._is_said(channel, turn.key):
            return
        for post in to_posts(message, delivery, draws=self._client.draws):
            try:
                await put(self._client, POST, message, post, channel=channel, **marked(turn.key))
            except SlackError as error:
                raise _refused(error) from None

    async def whisper(self, turn: Turn, text: str) -> None:
        """Tell who did the turn something that they alone see and that goes with the next start of Slack."""
        channel, _, _ = turn.place.partition(":")
        if not channel.startswith(CHANNELS):
            await self.say(turn, told(text))
            return
        try:
            message = told(text)
            post, *_ = to_posts(message, "")
            await put(self._client, "chat.postEphemeral", message, post, channel=channel, user=turn.user)
        except SlackError as error:
            if error.kind is Kind.REROUTE:  # a place where we are not: nothing was said there
                await self.say(turn.model_copy(update={"place": ""}), told(text))
                return
            raise _refused(error) from None

    async def _channel(self, turn: Turn) -> str:
        channel, _, _ = turn.place.partition(":")
        if channel.startswith("D"):
            return channel
        try:
            return await self._directory.channel(turn.user)
        except SlackError as error:
            raise _refused(error) from None

    async def _is_said(self, channel: str, key: str) -> bool:
        """Whether history shows that a turn was answered; where we may not look, it is taken for not."""
        try:
            return await found(self._client, channel, key) is not None
        except SlackError as error:
            if error.kind in {Kind.LATER, Kind.OPEN}:  # what may have been said is not said again before we know
                raise SendRefused(NOT_NOW, retry_after=error.retry_after) from None
            return False


def _refused(error: SlackError) -> Exception:
    """Return how a refusal is told to the core; what may have happened all the same stays as it is."""
    return refusal(error) or error
