"""A tenant whose bot may get its token by each way there is: what its environment says, its certificates, and one chat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from servers import Papers
from teams_story import AtOnce, serving, trusting

from adapters.clock import SystemClock
from adapters.playground.teams_keys import Login
from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import APP, TENANT
from adapters.teams.check import Found
from adapters.teams.connector import Address, new_session
from adapters.teams.errors import NoToken
from jobs.settings import read_teams
from jobs.teams import Teams, check, open_teams

WAYS: Final = ("secret", "certificate", "app service", "machine")
ANOTHER: Final = "00000000-1111-2222-3333-444444444444"
"""The id of an app that nobody has."""
PERSON: Final = "dana@firm.example"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One local Microsoft, whose papers it serves with, and a bot that is set up by the environment."""

    cloud: LocalTeams
    papers: Papers
    both: Path
    """A file with the certificate of the app and its key."""
    patch: pytest.MonkeyPatch

    @property
    def login(self) -> Login:
        """Return who may get a token."""
        return self.cloud.login

    @property
    def posts(self) -> int:
        """Count what arrived."""
        return len(self.cloud.state.to(PERSON))

    def choose(self, way: str, **more: str) -> None:
        """Set the environment up so that a token comes by one way."""
        told = {"TEAMS_APP_ID": APP, "TEAMS_TENANT_ID": TENANT, "TEAMS_TOKEN_URL": self.cloud.root}
        told |= {"TEAMS_OPENID_METADATA_URL": self.cloud.metadata_url}
        identity = {"TEAMS_APP_TYPE": "UserAssignedMSI"}
        service = {"IDENTITY_ENDPOINT": f"{self.cloud.root}/msi/token", "IDENTITY_HEADER": self.login.identity_header}
        by_way = {
            "secret": {"TEAMS_APP_PASSWORD": self.login.secret},
            "certificate": {"TEAMS_CERTIFICATE": str(self.both)},
            "app service": identity | service,
            "machine": identity | {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.cloud.root},
        }
        for name, value in (told | by_way[way] | more).items():
            self.patch.setenv(name, value)

    def session(self) -> aiohttp.ClientSession:
        """Return a session that trusts this Microsoft."""
        return new_session(aiohttp.TCPConnector(ssl=trusting(self.papers)))

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Teams]:
        """Open the bot that the environment describes."""
        opening = open_teams(read_teams(), SystemClock(), [], session=self.session(), pacing=AtOnce())
        async with opening as teams:
            yield teams

    async def say(self, teams: Teams) -> None:
        """Post a message to the one person there is."""
        at = Address(self.cloud.url, self.cloud.state.chat_of(PERSON).id)
        await teams.connector.post(at, {"type": "message", "text": "hello"})

    async def check(self) -> list[Found]:
        """Return what the check says of the bot."""
        return await check(read_teams(), session=self.session())


@asynccontextmanager
async def tenant_with(papers: Papers, both: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Tenant]:
    """Run a tenant with one person who has the app, whose certificate is in this file."""
    both.write_bytes(papers.client.read_bytes() + papers.client_key.read_bytes())  # noqa: ASYNC240  two small files
    async with LocalTeams().running(serving(papers)) as cloud:
        cloud.state.add_person(PERSON, is_installed=True)
        cloud.login.certificates.append(loaded(papers.client))
        yield Tenant(cloud, papers, both, patch)


async def no_token(teams: Teams) -> NoToken:
    """Return why there is no token."""
    with pytest.raises(NoToken) as refused:
        await teams.tokens.get()
    return refused.value


def loaded(path: Path) -> x509.Certificate:
    """Return a certificate."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def key_of(papers: Papers) -> RSAPrivateKey:
    """Return the key of the app."""
    key = load_pem_private_key(papers.client_key.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def made(papers: Papers, days: int) -> x509.Certificate:
    """Return another certificate over the key of the app, which ends in so many days."""
    name, now, key = x509.Name([]), datetime.now(UTC), key_of(papers)
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    begun = begun.serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))
    return begun.sign(key, hashes.SHA256())
