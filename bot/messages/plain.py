"""A message as plain text with numbered answers: the fallback of every chat."""

from bot.messages.model import Message


def to_plain(message: Message) -> str:
    """Return the text of a message; answers are numbered from 1, further pilots follow as lines."""
    first, *others = message.sections
    parts = [first.fact]
    if first.question:
        parts.append(first.question)
    if first.choices:
        parts.append("\n".join(f"  {n}  {choice.label}" for n, choice in enumerate(first.choices, 1)))
    lines = [f"  {n}  {other.title}: {other.fact}" for n, other in enumerate(others, len(first.choices) + 1)]
    if lines:
        parts.append("Also with you:\n" + "\n".join(lines))
    return "\n\n".join([*parts, message.footer])
