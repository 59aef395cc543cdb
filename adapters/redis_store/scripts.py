"""Atomic steps: each a Lua file, sent once and then called by its hash."""

from importlib.resources import files
from typing import Any

from redis.commands.core import AsyncScript

from adapters.redis_store.wire import Client, Pipe


class Scripts:
    """Runs the Lua files beside this module; a server that forgot one is sent it again."""

    def __init__(self, client: Client) -> None:
        """Keep the client; a file is read at its first use."""
        self._client = client
        self._known: dict[str, AsyncScript] = {}

    async def add(self, pipe: Pipe, name: str, keys: list[str], args: list[str | int | float | bytes]) -> None:
        """Put a call of `<name>.lua` into a pipeline that isn't a transaction.

        The script goes along: redis-py would ask before each pipeline whether the server still has it, and in a
        Cluster send none ahead at all.
        """
        pipe.eval(str(self._script(name).script), len(keys), *keys, *args)

    async def run(self, name: str, keys: list[str], args: list[str | int | float | bytes]) -> Any:  # noqa: ANN401  as the script returns
        """Run `<name>.lua` and return what it returns."""
        return await self._script(name)(keys=keys, args=args)

    def _script(self, name: str) -> AsyncScript:
        if name not in self._known:
            text = (files("adapters.redis_store") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
            self._known[name] = self._client.register_script(text)
        return self._known[name]
