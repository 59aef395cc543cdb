"""The chats in which a story can be lived, by the name of each."""

from contextlib import AbstractAsyncContextManager
from typing import Final

import slack_story
import teams_story
from office import Office
from servers import Papers
from stories import Story

SLACK: Final = "slack"
SOCKET: Final = "slack by socket"
TEAMS: Final = "teams"


def office_in(chat: str, story: Story, papers: Papers, *names: str) -> AbstractAsyncContextManager[Office]:
    """Open the office of a story for these people in a chat."""
    if chat == TEAMS:
        return teams_story.office_of(story, papers, *names)
    return slack_story.office_of(story, *names, by="socket" if chat == SOCKET else "http")
