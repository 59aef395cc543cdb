"""The home tab: what waits for somebody, their pilots, what they set, and for an admin how all is."""

from dataclasses import dataclass

from bot.messages.model import Section


@dataclass(frozen=True, slots=True)
class Open:
    """A question that can be opened from the home tab: the delivery it was asked in, and its section."""

    delivery: str
    section: Section


@dataclass(frozen=True, slots=True)
class Shelf:
    """One part of the tab: its title, its lines, and the questions that can be opened from it."""

    title: str
    lines: tuple[str, ...] = ()
    questions: tuple[Open, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """What somebody sees on the tab; `answer` is what the buttons of questions are called."""

    shelves: tuple[Shelf, ...]
    answer: str
