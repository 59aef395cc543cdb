"""Writes down what people see of the stories in a local Teams, for `make pictures`.

python tests/pictures/teams_scenes.py FILE
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from scenes import PEOPLE, Album, lived  # first: it tells Python where the others are
from servers import papers
from teams_story import TeamsOffice, office_of

from adapters.playground.teams_state import Body
from adapters.teams.cards import to_card
from bot.messages.model import Message


class TeamsAlbum(Album[TeamsOffice]):
    """What was seen in Teams."""

    shows_faults = True

    def sent(self, name: str, message: Message) -> None:
        """Keep a message as it left."""
        self.keep(name, "message", card=to_card(message, "d1"))

    def read(self, name: str, office: TeamsOffice, who: str, post: Body | None = None) -> None:
        """Keep the card of a post as it stands there now."""
        hands = office.at(who)
        now = next(one for one in reversed(hands.posts) if post is None or one["id"] == post["id"])
        self.keep(name, "message", card=hands.card(now))

    def opened(self, name: str, office: TeamsOffice, who: str) -> None:
        """Keep the dialog that is open."""
        dialog = office.at(who).screen.dialog or {}
        self.keep(name, "dialog", title=dialog["title"], card=dialog["card"])

    async def home(self, name: str, office: TeamsOffice, who: str) -> None:
        """Keep the card that stands for a home tab."""
        await office.home(who)
        self.read(name, office, who)

    async def typed(self, name: str, office: TeamsOffice, who: str, text: str) -> None:
        """Keep the answer in the chat."""
        await office.typed(who, text)
        self.read(name, office, who)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        own = papers(Path(folder))
        Path(sys.argv[1]).write_text(asyncio.run(lived(TeamsAlbum(), lambda story: office_of(story, own, *PEOPLE))))
