"""The client of a store, and what the server answered, as the type it must have: redis-py names it bytes or text."""

from collections.abc import Sequence

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.cluster import ClusterPipeline, RedisCluster
from redis.exceptions import RedisClusterException, RedisError

Client = Redis | RedisCluster
"""Of one server, of the primary that Sentinels name, or of a Cluster."""
Pipe = Pipeline | ClusterPipeline
"""Commands of one round trip. In a Cluster nothing is said of their order but for those on keys of one tag."""
FAULTS = (RedisError, RedisClusterException)
"""Whatever redis-py raises: a Cluster's faults are a family of their own."""


def add_mget(pipe: Pipe, keys: Sequence[str]) -> None:
    """Put MGET of keys of one tag into a pipeline; redis-py's own method refuses it in a Cluster, whatever the keys."""
    pipe.execute_command("MGET", *keys)


def to_text(answer: object) -> str:
    """Return a text answer; raises TypeError for anything else."""
    return to_bytes(answer).decode()


def to_bytes(answer: object) -> bytes:
    """Return an answer as bytes; raises TypeError for anything else."""
    if isinstance(answer, bytes):
        return answer
    msg = f"the server answered {type(answer).__name__} where text belongs"
    raise TypeError(msg)
