"""TLS: a store is reached with the certificates of the URL, and what is wrong with them is one sentence.

No wheel has a server with TLS, so a small one takes it off before a plain server.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loops import ask_and_answer
from servers import SECRET, Papers, Server, papers, serve, tls_before

from adapters.redis_store.address import client_for
from adapters.redis_store.keys import Keys
from adapters.redis_store.store import RedisStore
from bot.errors import SettingsError, StoreUnavailable

KEYS = Keys("ss", "acme")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Return certificates."""
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the server behind the TLS."""
    with serve(tmp_path_factory.mktemp("plain")) as one:
        yield one


async def said(url: str) -> str:
    """Return the sentence with which a store is refused."""
    store = RedisStore(client_for(url), b"k", KEYS)
    try:
        with pytest.raises(StoreUnavailable) as told:
            await store.open()
        assert SECRET not in str(told.value)
        return str(told.value)
    finally:
        await store.close()


async def test_the_whole_loop_runs_over_tls(plain: Server, held: Papers) -> None:
    """With the file of the authority, and with a certificate of our own where one is wanted."""
    for wants_client in (False, True):
        plain.admin.flushall()
        async with tls_before(plain.port, held, wants_client=wants_client) as port:
            url = f"rediss://:{SECRET}@localhost:{port}?ssl_ca_certs={held.authority}"
            if wants_client:
                url += f"&ssl_certfile={held.client}&ssl_keyfile={held.client_key}"
            store = RedisStore(client_for(url), b"k", KEYS)
            await store.open()
            await ask_and_answer(store)
            await store.close()


async def test_an_unknown_authority_and_a_missing_certificate_are_said(plain: Server, held: Papers) -> None:
    """A certificate that nobody we trust has signed, one of another name, and one of ours that is wanted."""
    async with tls_before(plain.port, held) as port:
        assert "set ssl_ca_certs" in await said(f"rediss://:{SECRET}@localhost:{port}")
    async with tls_before(plain.port, held, wants_client=True) as port:
        url = f"rediss://:{SECRET}@localhost:{port}?ssl_ca_certs={held.authority}"
        assert "wants a certificate of ours; check that it runs, and ssl_certfile" in await said(url)


async def test_plain_text_where_tls_is_spoken_is_said_and_the_other_way_round(plain: Server, held: Papers) -> None:
    """Each names the change of the URL, for one server, for Sentinels and for a Cluster."""
    async with tls_before(plain.port, held) as port:
        for scheme, rest in (("redis", ""), ("redis+sentinel", "/name"), ("redis+cluster", "")):
            assert "write rediss instead of redis" in await said(f"{scheme}://:{SECRET}@127.0.0.1:{port}{rest}"), scheme
    for scheme, rest in (("rediss", ""), ("rediss+sentinel", "/name"), ("rediss+cluster", "")):
        assert "write redis instead of rediss" in await said(f"{scheme}://:{SECRET}@127.0.0.1:{plain.port}{rest}"), (
            scheme
        )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The file of an authority that can't be read is said with the setting that names it."""
    for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"):
        for scheme in ("rediss", "rediss+cluster"):
            with pytest.raises(SettingsError, match=f"can't be read as {name}") as told:
                client_for(f"{scheme}://:{SECRET}@127.0.0.1?{name}={tmp_path / 'none.pem'}")
            assert SECRET not in str(told.value)
