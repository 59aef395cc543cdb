"""A message as plain text with numbered answers: the fallback of every chat."""

from typing import Final

from bot.messages.charts import to_bars
from bot.messages.model import Choice, Message, Section
from bot.messages.wording import LONGEST_NAME, shorten

MARK: Final = "> "
"""What lines begin with that are set apart."""
ANSWERED: Final = "\u2713"
"""Stands before an answer that was given."""


def to_plain(message: Message) -> str:
    """Return the text of a message in paragraphs, each on one line; a terminal wraps them.

    Answers are numbered from 1, further pilots follow as lines with the numbers after those.
    """
    done = message.answered
    said = [done.fact, f"{ANSWERED} {done.label}", done.note] if done else []
    parts: list[str | None] = [message.intro, *said, *message.body, to_bars(message.chart) if message.chart else None]
    if not message.sections:
        return "\n\n".join(part for part in [*parts, message.footer] if part)
    first, *others = message.sections
    parts += [first.fact, _quoted(first.quote), first.question]
    answers = [choice.label for choice in first.choices]
    lines = [_in_short(other) for other in others]
    parts.append("\n".join(_numbered(answers, 1)))
    parts.append("\n".join([message.more or "", *_numbered(lines, len(answers) + 1)]).strip("\n") if lines else None)
    return "\n\n".join(part for part in [*parts, message.footer] if part)


def picked(message: Message, text: str) -> Choice | Section | None:
    """Return what a typed number stands for in `to_plain`: an answer, another pilot, or nothing."""
    if not message.sections:
        return None
    first, *others = message.sections
    numbered: list[Choice | Section] = [*first.choices, *others]
    bare = text.strip().rstrip(".)")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= len(str(len(numbered)))):
        return None
    return numbered[int(bare) - 1] if 1 <= int(bare) <= len(numbered) else None


def _in_short(section: Section) -> str:
    """Tell a further section in a line; what would leave in the reader's name stands below it in full."""
    line = f"{shorten(section.title, LONGEST_NAME)}: {section.line or section.fact}"
    quote = _quoted(section.quote)
    return f"{line}\n{quote}" if quote else line


def set_apart(text: str) -> str:
    """Set words that are not ours, or not yet, apart from ours: each line begins with a mark."""
    return "\n".join(f"{MARK}{line}" for line in text.splitlines())


def _quoted(text: str | None) -> str | None:
    return set_apart(text) if text else None


def _numbered(lines: list[str], first: int) -> list[str]:
    return [f"{number:>3}  {line}" for number, line in enumerate(lines, first)]
