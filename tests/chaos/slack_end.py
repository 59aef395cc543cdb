"""A local Slack at the other end of the wire: what arrived, and how it fails, told as by the chat of these tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from chat_server import Got
from ends import RealEnd, Trouble
from slack_story import to_text

from adapters.playground.slack_server import APP_TOKEN, TOKEN, LocalSlack
from adapters.playground.slack_state import Body, Failure, Fault

POST: Final = "chat.postMessage"


@dataclass(slots=True, kw_only=True)
class SlackEnd(RealEnd):
    """A workspace that keeps its history; whoever is gone was deactivated."""

    slack: LocalSlack = field(default_factory=LocalSlack)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, str]]:
        """Serve and give token and address."""
        for email in self.people:
            self.slack.state.add_user(email, deleted=email in self.gone)
        self.slack.weather = self._weather
        async with self.slack.running() as slack:
            yield {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_BASE_URL": slack.url}

    async def settle_in(self) -> None:
        """Let everybody be there already."""

    def reach(self, port: int) -> None:
        """Know where the service listens: it comes by a socket."""

    def stamp(self) -> str:
        """Return what a new tap is known by."""
        return self.slack.state.stamp()

    def text_of(self, post: Body) -> str:
        """Return the words of a post."""
        return to_text(post)

    @property
    def got(self) -> list[Got]:
        """Return every first post of a delivery that stands in somebody's channel."""
        posts = [(user, post) for user, found in self.slack.state.posts.items() for post in found]
        marked = [(user, post["metadata"]["event_payload"]["id"]) for user, post in posts if "metadata" in post]
        return [Got(delivery, user, self.clock.now(), monotonic()) for user, delivery in marked]

    def _weather(self, method: str, body: Body) -> Fault | None:
        """Return how a call fails."""
        self.slack.latency = self.faults.latency.total_seconds()
        is_post = method == POST
        deliveries = [str(body["metadata"]["event_payload"]["id"])] if is_post and "metadata" in body else []
        trouble = self.weather.of(self.faults, deliveries, is_post=is_post)
        if trouble is Trouble.LIMITED:
            return Fault(Failure.LIMITED, retry_after=int(self.faults.retry_after.total_seconds()))
        return Fault(Failure(trouble.value)) if trouble else None
