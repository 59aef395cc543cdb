"""A certificate in a secret's place: the local Microsoft takes none but the app's own, and each bad file is one sentence."""

import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from servers import Papers
from teams_ways import ANOTHER, Tenant, key_of, loaded, made, no_token, tenant_with

from adapters.playground.teams_assertion import KIND, thumbprints
from adapters.playground.teams_keys import ISSUER, Login
from adapters.playground.teams_state import APP, TENANT
from adapters.teams.errors import NoToken, refusal
from bot.errors import SettingsError


@pytest.fixture
async def tenant(tls: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenant]:
    """Return a tenant whose bot has a certificate."""
    async with tenant_with(tls, tmp_path / "both.pem", monkeypatch) as one:
        one.choose("certificate")
        yield one


ADDRESS = f"https://login.example/{TENANT}/oauth2/v2.0/token"
NOW = int(time.time())
WRONG: dict[str, tuple[dict[str, object], str]] = {
    "of another kind": ({"kind": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "AADSTS7000216"),
    "for another address": ({"aud": "https://login.example/common/oauth2/v2.0/token"}, "AADSTS700023"),
    "of another app": ({"iss": ANOTHER}, "AADSTS700021"),
    "about another app": ({"sub": ANOTHER}, "AADSTS700021"),
    "ended": ({"exp": NOW - 3600}, "AADSTS700024"),
    "not yet": ({"nbf": NOW + 3600}, "AADSTS700024"),
    "without an end": ({"exp": None}, "AADSTS50027"),
    "without a name of its own": ({"jti": None}, "AADSTS50027"),
    "by another certificate": ({"key": "server", "names": "server"}, "AADSTS700027"),
    "by another key": ({"key": "server"}, "AADSTS700027"),
    "by none that is named": ({"by": "x5u"}, "AADSTS700027"),
    "by a shared secret": ({"alg": "HS256"}, "AADSTS50027"),
    "by nobody": ({"alg": "none"}, "AADSTS50027"),
    "no token at all": ({"text": "a.b.c"}, "AADSTS50027"),
}


def form_of(papers: Papers, given: dict[str, object]) -> dict[str, str]:
    """Return the form of a request with an assertion that is right but for what is given."""
    usual = {"kind": KIND, "alg": "PS256", "by": "x5t#S256", "key": "client", "names": "client", "text": ""}
    kind, alg, by, key, names, text = (str(given.get(name, value)) for name, value in usual.items())
    certificates = {"client": papers.client, "server": papers.server}
    keys = {"client": papers.client_key, "server": papers.server_key}
    signer = {"HS256": b"k" * 40, "none": b""}.get(alg) or keys[key].read_bytes()
    right: dict[str, object] = {"aud": ADDRESS, "iss": APP, "sub": APP, "jti": "1", "nbf": NOW, "exp": NOW + 600}
    claims = {name: given.get(name, value) for name, value in right.items()}
    headers = {by: thumbprints(loaded(certificates[names])).get(by, "")}
    held = {name: value for name, value in claims.items() if value is not None}
    asserted = text or jwt.encode(held, "" if alg == "none" else signer, alg, headers)
    asked = {"grant_type": "client_credentials", "client_id": APP, "scope": f"{ISSUER}/.default"}
    return asked | {"client_assertion_type": kind, "client_assertion": asserted}


@pytest.mark.parametrize(("by", "alg"), [("x5t#S256", "PS256"), ("x5t", "RS256"), ("x5t#S256", "RS256")])
def test_an_assertion_is_taken(tls: Papers, by: str, alg: str) -> None:
    """Signed by one of the registered certificates, named by either thumbprint, it is as good as the secret."""
    login = Login(TENANT, APP, certificates=[made(tls, days=1), loaded(tls.client)])
    assert login.answer(TENANT, form_of(tls, {"by": by, "alg": alg}), ADDRESS)[0] == 200


@pytest.mark.parametrize("which", WRONG)
def test_any_other_assertion_is_refused(tls: Papers, which: str) -> None:
    """The local Microsoft lets nobody in by an assertion of which one thing is wrong."""
    given, code = WRONG[which]
    login = Login(TENANT, APP, certificates=[loaded(tls.client)])
    status, body = login.answer(TENANT, form_of(tls, given), ADDRESS)
    assert (status, body["error"], body["error_description"].partition(":")[0]) == (401, "invalid_client", code)
    assert login.given == []


def test_a_request_without_any_proof_is_refused(tls: Papers) -> None:
    """Neither secret nor assertion is no way in."""
    form = {name: value for name, value in form_of(tls, {}).items() if not name.startswith("client_assertion")}
    status, body = Login(TENANT, APP).answer(TENANT, form, ADDRESS)
    assert (status, body["error_description"].partition(":")[0]) == (401, "AADSTS7000216")


@pytest.mark.parametrize("is_ended", [False, True])
async def test_a_certificate_that_is_not_registered_is_told_with_its_remedy(tenant: Tenant, *, is_ended: bool) -> None:
    """Another one, or one that has ended: no token, nothing posted, and the check says where to upload which file."""
    ended, papers = made(tenant.papers, days=-1), tenant.papers
    tenant.login.certificates[:] = [ended if is_ended else loaded(papers.server)]
    if is_ended:
        tenant.both.write_bytes(ended.public_bytes(Encoding.PEM) + papers.client_key.read_bytes())
    async with tenant.bot() as teams:
        refused = await no_token(teams)
        with pytest.raises(NoToken):
            await tenant.say(teams)
    assert (refused.code, refused.is_of_setup, tenant.posts) == ("AADSTS700027", True, 0)
    assert "AADSTS700027" in str(refusal(refused))
    found = (await tenant.check())[0]
    assert found.state == "fault"
    assert "TEAMS_CERTIFICATE is not what the app registration has" in found.says


def with_a_passphrase(papers: Papers) -> bytes:
    """Return the key so that nobody can read it without one."""
    return key_of(papers).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def of_curve() -> bytes:
    """Return a key of another kind."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def packed(papers: Papers, password: bytes = b"") -> bytes:
    """Return certificate and key as Azure exports them."""
    secured = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(None, key_of(papers), loaded(papers.client), None, secured)


FILES: dict[str, tuple[Callable[[Papers], bytes], str]] = {
    "without a key": (lambda papers: papers.client.read_bytes(), "no key"),
    "without a certificate": (lambda papers: papers.client_key.read_bytes(), "no certificate"),
    "another's key": (lambda papers: papers.client.read_bytes() + papers.server_key.read_bytes(), "not that of"),
    "a key with a passphrase": (lambda papers: papers.client.read_bytes() + with_a_passphrase(papers), "passphrase"),
    "a key of another kind": (lambda papers: papers.client.read_bytes() + of_curve(), "RSA"),
    "half a key": (lambda papers: papers.client.read_bytes() + papers.client_key.read_bytes()[:900], "damaged"),
    "a password": (lambda papers: packed(papers, b"x"), "without a password"),
    "something else": (lambda _: b64encode(b"no certificate"), "neither PEM nor"),
    "nothing": (lambda _: b"", "neither PEM nor"),
}


@pytest.mark.parametrize("which", FILES)
async def test_a_file_that_is_no_certificate_is_named(tenant: Tenant, which: str) -> None:
    """Whatever is wrong with it, one sentence says what, of which setting and file, and nothing that stands there."""
    content, why = FILES[which]
    held = content(tenant.papers)
    tenant.both.write_bytes(held)
    with pytest.raises(SettingsError, match=why) as fault:
        async with tenant.bot():
            pass
    said = str(fault.value)
    assert f"TEAMS_CERTIFICATE '{tenant.both}' can't be used: " in said
    assert not any(line in said for line in held.decode("latin-1").splitlines() if len(line) > 8)


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_file_that_cannot_be_read_is_named(
    cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_folder: bool
) -> None:
    """The command line says so in one sentence, without a traceback."""
    path = tmp_path / "both.pem"
    if is_folder:
        path.mkdir()
    for name, value in {"APP_ID": APP, "TENANT_ID": TENANT, "CERTIFICATE": str(path)}.items():
        monkeypatch.setenv(f"TEAMS_{name}", value)
    code, out, err = cli("check", "--json")
    assert code == 2
    assert f"TEAMS_CERTIFICATE '{path}' can't be used: it can't be read" in out
    assert "Traceback" not in out + err


async def test_a_certificate_as_azure_exports_it_does_too(tenant: Tenant) -> None:
    """A file of PKCS #12 without a password gets a token, and a message leaves."""
    tenant.both.write_bytes(packed(tenant.papers))
    async with tenant.bot() as teams:
        await tenant.say(teams)
    assert tenant.posts == 1
