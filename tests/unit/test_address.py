"""URLs of a store: whatever user and password are, they reach the servers and are told to nobody."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio.cluster import RedisCluster

from adapters.redis_store.address import BEHAVIOUR, client_for, engine_url, where
from adapters.redis_store.wire import Client
from bot.errors import SettingsError

words = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20)
hosts = st.lists(
    st.tuples(st.sampled_from(["a.example", "10.0.0.1", "[::1]"]), st.integers(1, 65535)),
    min_size=1,
    max_size=4,
    unique=True,
)
kinds = st.sampled_from(["redis", "redis+sentinel", "redis+cluster"])


def given_to(client: Client) -> dict[str, object]:
    """Return what the connections to a server are made with."""
    if isinstance(client, RedisCluster):
        return dict(client.connection_kwargs)
    return dict(client.connection_pool.connection_kwargs)


@given(kind=kinds, user=words, password=words, members=hosts, tls=st.booleans())
def test_user_password_and_hosts_are_read_as_they_were_meant(
    kind: str, user: str, password: str, members: list[tuple[str, int]], *, tls: bool
) -> None:
    """Escaped in the URL they come out whole, hosts in order; the address that is told holds neither user nor password."""
    told = members if "+" in kind else members[:1]
    scheme = kind.replace("redis", "rediss") if tls else kind
    netloc = ",".join(f"{host}:{port}" for host, port in told)
    url = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{netloc}"
    client = client_for(url + ("/name/3" if "sentinel" in kind else ""))
    found = given_to(client)
    assert (found["username"], found["password"]) == (user, password)
    plain = [f"{host.strip('[]')}:{port}" for host, port in told]
    shown = where(client)
    if "cluster" in kind:
        assert shown == ", ".join(plain[:3])
    elif "sentinel" in kind:
        assert shown == f"name (Sentinels {', '.join(sorted(plain))})"
        assert found["db"] == 3
    else:
        assert shown == plain[0]


@given(url=st.one_of(words, st.from_regex(r"(redis|rediss|unix|[a-z+]{1,9}):(//)?[a-z]*:?SECRETX[\[\]#?/@:a-z0-9]*")))
def test_what_is_no_url_is_never_repeated(url: str) -> None:
    """Whatever was written, what is said of it holds no password, not even the URL's first word without its `://`."""
    said = ""
    try:
        client_for(url)
    except SettingsError as fault:
        said = str(fault)
    assert "SECRETX" not in said
    assert "://" in url or "has no scheme" in said


@pytest.mark.parametrize(
    "url", ["redis://h", "redis://h/", "redis://h/3", "redis://h/0/", "redis://h?db=3", "unix:///a/b?db=1"]
)
def test_a_database_may_be_named_or_left_out(url: str) -> None:
    """Without a number it is the first one, else the one that the path or the option names."""
    assert given_to(client_for(url)).get("db", 0) == (3 if "3" in url else 1 if "unix" in url else 0)


@given(user=words, password=words, members=hosts)
def test_the_engine_is_told_one_host_of_a_cluster(user: str, password: str, members: list[tuple[str, int]]) -> None:
    """Of a Cluster that wasn't asked yet it is the first; user, password and options stay as they were written."""
    before = f"redis+cluster://{quote(user, safe='')}:{quote(password, safe='')}@"
    netloc = ",".join(f"{host}:{port}" for host, port in members)
    url = f"{before}{netloc}?socket_keepalive=yes"
    host, port = members[0]
    assert engine_url(url, client_for(url)) == f"{before}{host}:{port}?socket_keepalive=yes"


@pytest.mark.parametrize(
    "url",
    [
        "redis://h/0",
        "rediss://h",
        "unix:///a.sock",
        "redis+sentinel://h/name",
        "rediss+sentinel://h,i:1/name/2",
        "redis+cluster://h",
        "rediss+cluster://h,i:1",
    ],
)
def test_every_kind_of_client_behaves_alike(url: str) -> None:
    """Timeouts are ours, and a command is tried again as often, whatever it goes to."""
    client = client_for(url)
    found = given_to(client)
    retry = client.retry if isinstance(client, RedisCluster) else found["retry"]
    assert retry._retries == BEHAVIOUR["retry"]._retries  # noqa: SLF001  redis-py shows it nowhere else
    assert found["socket_timeout"] == BEHAVIOUR["socket_timeout"]
    assert found["socket_connect_timeout"] == BEHAVIOUR["socket_connect_timeout"]
