"""What can be found out about an installation from outside: the token, its scopes, the socket; and how to mend it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import KINDS, Kind
from adapters.slack.manifest import HOSTS, OPTIONAL, SCOPES

State = Literal["ok", "note", "fault"]
GRANTED: Final = "x-oauth-scopes"
REMEDIES: Final[Mapping[str, str]] = {
    "invalid_auth": "copy the token anew from OAuth & Permissions",
    "not_authed": "set the token",
    "account_inactive": "the app was removed or its installer left: install it again",
    "token_revoked": "install the app again and set the new token",
    "token_expired": "turn token rotation off in the manifest, and install the app again",
    "not_allowed_token_type": "set a token of the right kind: a bot's begins with xoxb-, an app's with xapp-",
    "missing_scope": "add the scope in the manifest, and install the app again",
    "org_login_required": "an admin of the organisation has to let the app in",
    "team_access_not_granted": "add the app to the workspace",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at, and what to do about it where something is to be done."""

    what: str
    state: State
    says: str


async def check_slack(web: AsyncWebClient, app_token: str | None) -> list[Found]:
    """Ask Slack who we are and what we may do; nothing of a token is in what is said."""
    try:
        answer = await web.auth_test()
    except SlackApiError as error:
        return [_refused("slack", error), _hosts(app_token)]
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        return [
            Found("slack", "fault", f"can't be reached ({type(fault).__name__}): open the way to these hosts."),
            _hosts(app_token),
        ]
    data: Mapping[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    found = [_installed(data), *_scopes(answer.headers)]
    if app_token is not None:
        found.append(await _socket(web, app_token))
    return [*found, _hosts(app_token)]


def _installed(data: Mapping[str, Any]) -> Found:
    """Say where the app is installed; an installation for a whole organisation has no workspace of its own."""
    if data.get("is_enterprise_install"):
        says = (
            "the app is installed for a whole organisation, and one process serves one workspace: install it there, "
            "with org_deploy_enabled off, and set the token of that installation."
        )
        return Found("slack", "fault", says)
    return Found("slack", "ok", f"installed in {data.get('team', 'a workspace')} as {data.get('user', 'a bot')}.")


def _scopes(headers: Mapping[str, str]) -> Iterator[Found]:
    """Say which scopes are missing, with what each is for; Slack names those granted beside each answer."""
    given = next((value for name, value in headers.items() if name.casefold() == GRANTED), None)
    if given is None:
        yield Found("slack scopes", "note", "Slack did not say which were granted.")
        return
    granted = {scope.strip() for scope in given.split(",")}
    for scope, reason in SCOPES.items():
        if scope not in granted:
            says = f"{scope} is missing, without which we can't {reason}: add it in the manifest, and install the app again."
            yield Found("slack scopes", "fault", says)
    for scope, reason in OPTIONAL.items():
        if scope not in granted:
            yield Found("slack scopes", "note", f"{scope} is not granted, so we can't {reason}.")
    if granted >= set(SCOPES):
        more = sorted(granted - set(SCOPES) - set(OPTIONAL))
        besides = f", and besides {', '.join(more)}, which are not used: take them away" if more else ""
        yield Found("slack scopes", "note" if more else "ok", f"all that are needed{besides}.")


async def _socket(web: AsyncWebClient, app_token: str) -> Found:
    """Say whether a socket could be opened; none is."""
    try:
        await web.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        return _refused("slack socket", error)
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        return Found("slack socket", "fault", f"can't be reached ({type(fault).__name__}).")
    return Found("slack socket", "ok", "can be opened. Which events are subscribed only the app's page tells.")


def _refused(what: str, error: SlackApiError) -> Found:
    data = error.response.data if isinstance(getattr(error.response, "data", None), dict) else {}
    code = str(data.get("error", "no answer"))
    later = KINDS.get(code) in {Kind.LATER, Kind.OPEN}
    remedy = "ask again later" if later else REMEDIES.get(code, "see docs/install-slack.md")
    needed = f", which needs {data['needed']}" if data.get("needed") else ""
    return Found(what, "fault", f"refuses us ({code}{needed}): {remedy}.")


def _hosts(app_token: str | None) -> Found:
    hosts = [one for one in HOSTS if app_token is not None or not one.startswith("wss-")]
    return Found(
        "slack hosts",
        "ok",
        f"this process must reach {', '.join(hosts)} on port 443, by a proxy where HTTPS_PROXY names one.",
    )
