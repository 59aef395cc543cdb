"""What is said in a chat while somebody answers: what was understood, which question is meant, what was noted."""

from collections.abc import Sequence
from typing import Final

from bot.messages.model import Answered, Choice, Message, Section
from bot.messages.talk_texts import TalkTexts
from bot.messages.understanding import Understanding
from bot.messages.wording import LONGEST_NAME, shorten

TALK: Final = "talk"
"""Kind of a message that is said in a conversation and holds no outreach."""
YES, NO, ABOUT = "yes", "no", "about"
"""Choices at what was understood, and at which question is meant."""
MOST_OFFERED: Final = 10
LONGEST_LABEL: Final = 70


def told(*paragraphs: str) -> Message:
    """Return plain words as a message."""
    return Message(kind=TALK, body=tuple(p for p in paragraphs if p), footer="")


def shown_back(section: Section, meant: Understanding, said: TalkTexts, by: str, *, names: bool = False) -> Message:
    """Return what was understood, with the answers to that: yes or no, the rest of a form, or between which it is.

    `by` tells what was understood now from what was before; with `names` the pilot is named, where several wait.
    """
    offered = {choice.key: choice for choice in section.choices}
    if meant.choice is None:
        choices = [offered[key] for key in meant.candidates if key in offered]
    elif meant.missing:
        choices = [offered[meant.choice].model_copy(update={"label": said.fill})] if meant.choice in offered else []
    else:
        choices = [Choice(key=f"{YES}:{by}", label=said.is_right), Choice(key=f"{NO}:{by}", label=said.is_not)]
    fact = f"{shorten(section.title, LONGEST_NAME)}: {meant.text}" if names and section.title else meant.text
    asked = section.model_copy(
        update={"fact": fact, "question": None, "choices": tuple(choices), "quote": None, "footer": ""}
    )
    return Message(kind=TALK, sections=(asked,), footer="")


def which(sections: Sequence[Section], said: TalkTexts, by: str) -> Message:
    """Return the question which of several is meant, with a choice for each of the first few."""
    labels = [f"{shorten(one.title, LONGEST_NAME)}: {one.line or one.fact}" for one in sections[:MOST_OFFERED]]
    choices = tuple(
        Choice(key=f"{ABOUT}{n}:{by}", label=shorten(label, LONGEST_LABEL)) for n, label in enumerate(labels, 1)
    )
    text = said.which.format(count=len(sections))
    asked = Section(case_id="", pilot="", title="", fact=text, choices=choices)
    return Message(kind=TALK, sections=(asked,), footer="")


def noted(answered: Answered, sections: Sequence[Section], message: Message | None, *, more: str) -> Message:
    """Return a message after an answer: what was said and what happens next, then the questions that are left.

    What it told besides stays; without a message nothing but the answer is told.
    """
    first = next(iter(sections), None)
    return Message(
        kind=message.kind if message else TALK,
        answered=answered,
        body=message.body if message else (),
        chart=message.chart if message else None,
        sections=tuple(sections),
        more=more if len(sections) > 1 else None,
        footer=(first.footer or (message.footer if message else "")) if first else "",
    )
