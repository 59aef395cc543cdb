"""Where people can be written to, in chats that find nobody by an address."""

from datetime import UTC, datetime

from adapters.redis_store.store import RedisStore
from bot.domain.reference import Reference

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def known(user: str, *aliases: str, conversation: str = "a:1") -> Reference:
    """Return what a chat knows of a user."""
    return Reference(
        user=user, aliases=aliases, address={"conversation": conversation}, timezone="Europe/Berlin", looked_at=AT
    )


async def test_somebody_is_found_by_each_of_their_aliases(store: RedisStore) -> None:
    """By the id of the person behind an address, however it is written, and by nobody else's; each chat is by itself."""
    dana = known("u1", "Dana@n.example", "dana.w@n.example")
    await store.references.keep("teams", dana)
    for alias in ("dana@N.example", "dana.w@n.example"):
        assert await store.references.of_person("teams", store.people.identify(alias)) == dana
    assert await store.references.of_person("teams", store.people.identify("kim@n.example")) is None
    assert await store.references.of_person("other", store.people.identify("dana@n.example")) is None


async def test_what_is_no_alias_any_more_leads_to_nobody(store: RedisStore) -> None:
    """Whoever gets a new address is found by it alone, and an address that somebody else has now leads to them."""
    await store.references.keep("teams", known("u1", "dana@n.example"))
    await store.references.keep("teams", known("u1", "dana.new@n.example"))
    assert await store.references.of_person("teams", store.people.identify("dana@n.example")) is None
    await store.references.keep("teams", known("u2", "dana.new@n.example"))
    found = await store.references.of_person("teams", store.people.identify("dana.new@n.example"))
    assert found is not None
    assert found.user == "u2"
    await store.references.keep("teams", known("u1", "dana@n.example"))
    found = await store.references.of_person("teams", store.people.identify("dana.new@n.example"))
    assert found is not None
    assert found.user == "u2"


async def test_nothing_is_left_of_who_took_the_app_away(store: RedisStore) -> None:
    """Neither they nor a way to them, also when it is done twice."""
    await store.references.keep("teams", known("u1", "dana@n.example"))
    for _ in range(2):
        await store.references.forget("teams", "u1")
        assert await store.references.of_user("teams", "u1") is None
        assert await store.references.of_person("teams", store.people.identify("dana@n.example")) is None
    assert await store.client.exists(store.keys.references("teams"), store.keys.referred("teams")) == 0
