"""What people and the core can count on in a chat, each with the test that lives it there: docs/parity.md is made from it.

A test that is marked by `capability` runs once for each chat that has it, so that a "yes" in the table was earned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from offices import SLACK, TEAMS

CHATS: Final = (SLACK, TEAMS)
NAMES: Final = {SLACK: "Slack", TEAMS: "Teams"}


@dataclass(frozen=True, slots=True)
class Capability:
    """A line of the table; a word about a chat is how it is there, or why it is not."""

    area: str
    title: str
    test: str
    words: Mapping[str, str]
    lacking: Mapping[str, str]

    def to_row(self) -> str:
        """Return the line."""
        return f"| {self.title} | " + " | ".join(self._cell(chat) for chat in CHATS) + " |"

    def _cell(self, chat: str) -> str:
        if chat in self.lacking:
            return f"no: {self.lacking[chat]}"
        return f"yes: {self.words[chat]}" if chat in self.words else "yes"


AREAS: Final = (
    "Conversations",
    "Words",
    "Commands",
    "The loop",
    "Delivery",
    "Answering",
    "The door",
    "In one chat alone",
)
"""The parts of the page, in their order."""
TOLD: Final[list[Capability]] = []
"""Every capability of the test modules that are loaded."""


def only_in(chat: str, title: str, **why: str) -> Callable[[Callable[..., Any]], Any]:
    """Tell of something that one chat alone has, by the test that lives it there; `why` says of each other why not."""

    def mark(test: Callable[..., Any]) -> Any:  # noqa: ANN401  the test as it was
        assert set(why) == set(CHATS) - {chat}
        TOLD.append(Capability(AREAS[-1], title, test.__name__, {}, why))
        return test

    return mark


def capability(
    area: str,
    title: str,
    *,
    also: tuple[str, ...] = (),
    lacking: Mapping[str, str] | None = None,
    **words: str,
) -> Callable[[Callable[..., Any]], Any]:
    """Run a test in each chat but those that are `lacking` it, and tell of it in the table; `also` names transports."""
    lacks = lacking or {}

    def mark(test: Callable[..., Any]) -> Any:  # noqa: ANN401  what pytest makes of a test
        TOLD.append(Capability(area, title, test.__name__, words, lacks))
        chats = [*(chat for chat in CHATS if chat not in lacks), *also]
        return pytest.mark.parametrize("chat", chats)(test)

    return mark
