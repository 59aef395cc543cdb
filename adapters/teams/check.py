"""What can be found out about a bot of Teams from outside: its token, Microsoft's keys; and how to mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from adapters.teams.bearer import NoKeys, SigningKeys
from adapters.teams.errors import NO_ENDPOINT, NO_IDENTITY, NoToken
from adapters.teams.tokens import Tokens

State = Literal["ok", "note", "fault"]
REMEDIES: Final[Mapping[str, str]] = {
    "AADSTS7000215": "TEAMS_APP_PASSWORD is not the secret of the app (its value, not its id): copy it anew",
    "AADSTS7000222": "the secret has ended: make a new one and set TEAMS_APP_PASSWORD",
    "AADSTS700016": "TEAMS_APP_ID is no app of this tenant: compare it with the app registration",
    "AADSTS90002": "TEAMS_TENANT_ID is no tenant: copy it from the overview of Entra",
    "AADSTS700027": "TEAMS_CERTIFICATE is not what the app registration has, or has ended: upload the one in that file",
    "AADSTS700024": "what a certificate signs holds for minutes, and the clock of this machine is wrong: set it",
    NO_IDENTITY: "what this runs on has no managed identity whose client id is TEAMS_APP_ID: assign it there",
    NO_ENDPOINT: "nobody hands out managed identities here: run it in Azure, or as SingleTenant with a secret",
}
"""Microsoft's numbers of what is usual, and our words for the rest, by what to do about each."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at, and what to do about it where something is to be done."""

    what: str
    state: State
    says: str


async def check_teams(tokens: Tokens, keys: SigningKeys, urls: Sequence[str], hosts: Sequence[str]) -> list[Found]:
    """Ask Microsoft for a token and for its keys; nothing of a secret is in what is said."""
    return [await _token(tokens), await _keys(keys), _hosts(urls, hosts)]


async def _token(tokens: Tokens) -> Found:
    try:
        await tokens.get()
    except NoToken as refused:
        if not refused.is_of_setup:
            remedy = REMEDIES.get(refused.code, "open the way to it")
            return Found("teams", "fault", f"Microsoft can't be asked for a token ({refused.code}): {remedy}.")
        remedy = REMEDIES.get(refused.code, "compare app id, tenant and secret with the app registration")
        return Found("teams", "fault", f"Microsoft refuses the app ({refused.code}): {remedy}.")
    return Found("teams", "ok", "Microsoft gives us a token. Whether people have the app only Teams tells.")


async def _keys(keys: SigningKeys) -> Found:
    try:
        await keys.get("")
    except NoKeys:
        return Found("teams keys", "fault", "Microsoft's keys can't be loaded, so nobody can be let in: open the way.")
    return Found("teams keys", "ok", "loaded; requests of Teams can be told from others.")


def _hosts(urls: Sequence[str], hosts: Sequence[str]) -> Found:
    named = list(dict.fromkeys([*(urlsplit(url).hostname or url for url in urls), *hosts]))
    says = f"this process must reach {', '.join(named)} on port 443, by a proxy where HTTPS_PROXY names one."
    return Found("teams hosts", "ok", says)
