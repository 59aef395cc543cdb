"""The work queue of a single process: tasks run one after the other when they are drained."""

from collections import deque
from collections.abc import Awaitable, Callable

Task = Callable[..., Awaitable[object]]


class InlineQueue:
    """The WorkQueue port. What is lost with the process is done again: the records hold the truth."""

    def __init__(self) -> None:
        """Start without tasks; wiring registers them."""
        self._tasks: dict[str, Task] = {}
        self._waiting: deque[tuple[str, tuple[str, ...]]] = deque()

    def register(self, name: str, task: Task) -> None:
        """Name a task."""
        self._tasks[name] = task

    async def submit(self, task: str, *ids: str) -> None:
        """Ask for a task; one that waits already is not asked for twice."""
        if (task, ids) not in self._waiting:
            self._waiting.append((task, ids))

    async def depth(self) -> int:
        """Return how many tasks wait."""
        return len(self._waiting)

    async def drain(self) -> None:
        """Run everything that waits, and what that asks for."""
        while self._waiting:
            name, ids = self._waiting.popleft()
            await self._tasks[name](*ids)
