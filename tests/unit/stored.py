"""Everything a store holds, as bytes: each key, each member, each field and each value."""

import redis.asyncio as redis


async def everything(client: redis.Redis, root: str) -> list[bytes]:
    """Return every key below `root` and all that is in it, whatever its kind."""
    found: list[bytes] = []
    async for key in client.scan_iter(f"{root}*"):
        found.append(key)
        found += await _inside(client, key)
    return found


async def _inside(client: redis.Redis, key: bytes) -> list[bytes]:
    kind = (await client.type(key)).decode()
    match kind:
        case "string":
            return [await client.get(key)]
        case "hash":
            return [part for pair in (await client.hgetall(key)).items() for part in pair]
        case "set":
            return list(await client.smembers(key))
        case "zset":
            return list(await client.zrange(key, 0, -1))
        case "list":
            return list(await client.lrange(key, 0, -1))
        case "stream":
            return [part for _, fields in await client.xrange(key) for pair in fields.items() for part in pair]
    msg = f"a kind that this test can't read: {kind}"
    raise AssertionError(msg)
