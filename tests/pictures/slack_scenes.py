"""Writes down what people see of the stories in a local Slack, for `make pictures`.

python tests/pictures/slack_scenes.py FILE
"""

import asyncio
import sys
from pathlib import Path

from scenes import PEOPLE, Album, lived  # first: it tells Python where the others are
from slack_story import SlackOffice, office_of

from adapters.playground.slack_state import Body
from adapters.slack.blocks import to_posts
from bot.messages.model import Message


class SlackAlbum(Album[SlackOffice]):
    """What was seen in Slack."""

    shows_faults = False

    def add(self, name: str, kind: str, seen: Body) -> None:
        """Keep blocks, and what stands above and below those of a form."""
        title, submit = (seen.get(part, {}).get("text", "") for part in ("title", "submit"))
        self.keep(name, kind, blocks=seen["blocks"], title=title, submit=submit)

    def sent(self, name: str, message: Message) -> None:
        """Keep a message as it left."""
        self.add(name, "message", to_posts(message, "d1")[0])

    def read(self, name: str, office: SlackOffice, who: str, post: Body | None = None) -> None:
        """Keep a post."""
        self.add(name, "message", post or office.last(who))

    def opened(self, name: str, office: SlackOffice, who: str) -> None:
        """Keep the modal that is open."""
        self.add(name, "modal", office.at(who).view)

    async def home(self, name: str, office: SlackOffice, who: str) -> None:
        """Keep somebody's home tab."""
        await office.home(who)
        self.add(name, "home", office.at(who).home)

    async def typed(self, name: str, office: SlackOffice, who: str, text: str) -> None:
        """Keep the answer to the slash command."""
        answer = await office.act(office.at(who).command(text))
        self.add(name, "message", answer.body)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(lived(SlackAlbum(), lambda story: office_of(story, *PEOPLE))))
