"""The work queue of a single process that does everything itself: whatever is asked for is done by the caller's next step."""


class InlineQueue:
    """The WorkQueue port. It may forget: the records hold the truth, and whoever uses it works off what they say."""

    async def submit(self, task: str, *ids: str) -> None:
        """Forget it."""

    async def depth(self) -> int:
        """Return that nothing waits."""
        return 0
