"""Where people can be written to in chats that find nobody by an address."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from adapters.redis_store.keys import Keys
from adapters.redis_store.wire import Client, to_text
from bot.domain.reference import Reference


class RedisReferences:
    """The References port. A person is found by the ids of all of a user's aliases."""

    def __init__(self, client: Client, keys: Keys, identify: Callable[[str], str]) -> None:
        """Keep what is needed; `identify` gives the id of the person behind an alias."""
        self._client, self._keys, self._identify = client, keys, identify

    async def keep(self, chat: str, reference: Reference) -> None:
        """Keep what is known; aliases that are theirs no more lead to nobody."""
        before = await self.of_user(chat, reference.user)
        mine = {self._identify(alias) for alias in reference.aliases}
        gone = await self._led_by(chat, before, but=mine)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hset(self._keys.references(chat), reference.user, reference.to_stored())
            for person in sorted(mine):
                pipe.hset(self._keys.referred(chat), person, reference.user)
            if gone:
                pipe.hdel(self._keys.referred(chat), *gone)
            await pipe.execute()

    async def of_user(self, chat: str, user: str) -> Reference | None:
        """Return what is known of a user."""
        found = await self._client.hget(self._keys.references(chat), user)
        return None if found is None else Reference.from_stored(found)

    async def of_person(self, chat: str, person: str) -> Reference | None:
        """Return what is known of a person."""
        user = await self._client.hget(self._keys.referred(chat), person)
        found = await self.of_user(chat, to_text(user)) if user is not None else None
        # Another user may have the alias by now, cut off before it was theirs.
        is_theirs = found is not None and person in {self._identify(alias) for alias in found.aliases}
        return found if is_theirs else None

    async def forget(self, chat: str, user: str) -> None:
        """Delete what is known of a user, and the ways that lead to them."""
        people = await self._led_by(chat, await self.of_user(chat, user))
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hdel(self._keys.references(chat), user)
            if people:
                pipe.hdel(self._keys.referred(chat), *people)
            await pipe.execute()

    async def _led_by(self, chat: str, known: Reference | None, but: AbstractSet[str] = frozenset()) -> list[str]:
        """Return the people who lead to a user; an alias that is somebody else's by now is left to them."""
        people = sorted({self._identify(alias) for alias in known.aliases} - but) if known else []
        users = await self._client.hmget(self._keys.referred(chat), people) if people else []
        return [
            p
            for p, user in zip(people, users, strict=True)
            if user is not None and known and to_text(user) == known.user
        ]
