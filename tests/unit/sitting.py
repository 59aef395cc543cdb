"""Somebody of a story at the terminal chat."""

import io

from rich.console import Console
from stories import Story

from adapters.terminal.chat import Chat


async def sit(story: Story, person: str, *lines: str) -> str:
    """Sit down as a person, type these lines, leave, and return what was shown."""
    typed, shown = iter(lines), io.StringIO()

    def read(prompt: str) -> str:
        try:
            line = next(typed)
        except StopIteration:
            raise EOFError from None
        shown.write(f"{prompt}{line}\n")
        return line

    world = story.world
    found = await world.ports.people.get(world.ports.people.identify(person))
    assert found is not None
    await Chat(world.ports, world.rules, found, world.work, Console(file=shown, width=300), read).run()
    return " ".join(shown.getvalue().replace("│", " ").split())
