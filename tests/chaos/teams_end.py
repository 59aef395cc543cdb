"""A local Teams at the other end of the wire: what arrived, and how it fails, told as by the chat of these tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Final

from chat_server import Got
from ends import RealEnd, Trouble
from servers import Papers
from teams_story import serving

from adapters.playground.teams_hands import card_of, to_text
from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import APP, BOT, TENANT, Body, Failure, Fault

FAILED: Final = {
    Trouble.BROKEN: Fault(Failure.REFUSED, 500),
    Trouble.BROKEN_AFTER: Fault(Failure.REFUSED_AFTER, 502),
    Trouble.HANGING: Fault(Failure.HANGING),
    Trouble.DROPPED: Fault(Failure.DROPPED),
}


@dataclass(slots=True, kw_only=True)
class TeamsEnd(RealEnd):
    """A tenant in which a bot can't look back; whoever is gone has blocked it."""

    papers: Papers
    teams: LocalTeams = field(default_factory=LocalTeams)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, str]]:
        """Serve and give app, secret and addresses, and what vouches for them."""
        for email in self.people:
            self.teams.state.add_person(email)
        self.teams.weather = self._weather
        async with self.teams.running(serving(self.papers)) as teams:
            yield {
                "TEAMS_APP_ID": APP,
                "TEAMS_TENANT_ID": TENANT,
                "TEAMS_APP_PASSWORD": teams.login.secret,
                "TEAMS_OPENID_METADATA_URL": teams.metadata_url,
                "TEAMS_TOKEN_URL": teams.root,
                "SSL_CERT_FILE": str(self.papers.authority),
            }

    def reach(self, port: int) -> None:
        """Know where the service listens."""
        self.teams.way.address = f"http://127.0.0.1:{port}/api/messages"

    async def settle_in(self) -> None:
        """Let everybody install the app; whoever has blocked it does so after that."""
        await asyncio.gather(*(self._install(email) for email in self.people))
        for email in self.gone:
            self.teams.state.people[email].has_blocked = True

    async def _install(self, email: str) -> None:
        hands = self.teams.hands(email)
        while (await hands.install()).status != HTTPStatus.OK:  # noqa: ASYNC110  the service begins
            await asyncio.sleep(0.2)
        while not hands.posts:  # noqa: ASYNC110  the greeting comes after the answer
            await asyncio.sleep(0.05)

    def stamp(self) -> str:
        """Return what a new tap is known by."""
        return self.teams.state.number()

    def text_of(self, post: Body) -> str:
        """Return the words of a post, whatever stands in its place for who tapped."""
        return to_text(card_of(post))

    @property
    def got(self) -> list[Got]:
        """Return every post of a delivery that stands in somebody's chat, as it was posted."""
        return [
            Got(delivery, chat.people[0], self.clock.now(), monotonic())
            for chat in self.teams.state.conversations.values()
            for post in chat.activities
            if post["from"]["id"] == BOT
            for delivery in deliveries_in(post)
        ]

    def _weather(self, what: str, body: Body) -> Fault | None:
        """Return how a call fails."""
        self.teams.latency = self.faults.latency.total_seconds()
        deliveries = deliveries_in(body) if what == "post" else []
        # A greeting asks nothing, and nobody books it.
        trouble = self.weather.of(self.faults, deliveries, is_post=bool(deliveries))
        if trouble is Trouble.LIMITED:
            return Fault(Failure.REFUSED, 429, retry_after=str(int(self.faults.retry_after.total_seconds())))
        return FAILED[trouble] if trouble else None


def deliveries_in(part: object) -> list[str]:
    """Return the deliveries that the buttons of an activity answer."""
    return sorted(set(_deliveries(part)))


def _deliveries(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("delivery"), str):
            yield part["delivery"]
        for value in part.values():
            yield from _deliveries(value)
    elif isinstance(part, list):
        for one in part:
            yield from _deliveries(one)
