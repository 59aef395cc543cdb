"""The local Slack and the local Teams of these tests, by their names."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from ends import Weather
from jumping import JumpingClock
from servers import papers
from slack_end import SlackEnd
from teams_end import TeamsEnd


def end_of(
    by: str, folder: Path, clock: JumpingClock, dice: Random, people: Sequence[str], gone: frozenset[str] = frozenset()
) -> SlackEnd | TeamsEnd:
    """Return a chat with these people in it, of whom those that are `gone` can't be written to any more."""
    weather = Weather(dice)
    if by == "slack":
        return SlackEnd(clock=clock, weather=weather, people=people, gone=gone)
    return TeamsEnd(clock=clock, weather=weather, people=people, gone=gone, papers=papers(folder))
