"""Let Microsoft's Agents Playground talk to a Stickshaker on this machine (docs/install-teams.md).

The playground signs nothing. This is a local Microsoft cloud (keys, tokens) with a forwarder that signs what passes, so
that the bot checks all it ever checks.
"""  # noqa: INP001  it stands alone

import asyncio
import json
from pathlib import Path

import aiohttp
from aiohttp import web

from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import APP, BOT, TENANT

STICKSHAKER, HERE = "http://127.0.0.1:8080/api/messages", 3978
NAMES = ("Dana", "Kim", "Sam", "Lee", "Ada", "Eve")
"""Dana sits in front of it; it wants just five more."""


def person(number: int, name: str) -> dict[str, str]:
    """Return somebody as the playground is told of them; the spelling is its own."""
    names = {"name": f"{name} Doe", "givenName": name, "surname": "Doe"}
    address = {field: f"{name.lower()}@example.com" for field in ("email", "userPrincipleName")}
    return {"id": f"user-{number}", "aadObjectId": f"11111111-1111-4111-8111-{number:012}", **names, **address}


def write_settings(cloud: LocalTeams) -> None:
    """Write the settings of the playground and of Stickshaker into this folder."""
    dana, *others = (person(number, name) for number, name in enumerate(NAMES))
    team = {"id": "team", "name": "Team", "aadGroupId": TENANT, "channels": [{"id": "news", "name": "News"}]}
    chats = {"personalChat": {"id": "personal"}, "groupChat": {"id": "group", "name": "Group"}, "team": team}
    people = {"bot": {"id": BOT, "name": "Stickshaker"}, "currentUser": dana, "users": others}
    told = {"version": "0.1.1", "tenantId": TENANT, **people, **chats}
    Path(".m365agentsplayground.yml").write_text(json.dumps(told, indent=2))
    ids = {"TEAMS_APP_ID": APP, "TEAMS_TENANT_ID": TENANT, "TEAMS_APP_TYPE": "UserAssignedMSI"}
    ways = {"TEAMS_OPENID_METADATA_URL": cloud.metadata_url, "AZURE_POD_IDENTITY_AUTHORITY_HOST": cloud.root}
    Path("stickshaker.env").write_text("".join(f"export {name}={value}\n" for name, value in (ids | ways).items()))


async def serve() -> None:
    """Forward each activity as it is, with the token that Microsoft would send, until Ctrl-C."""
    async with LocalTeams().running() as cloud, aiohttp.ClientSession() as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            headers = {"Authorization": f"Bearer {cloud.keys.sign(APP, json.loads(body)['serviceUrl'])}"}
            async with session.post(STICKSHAKER, data=body, headers=headers) as answer:
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

        write_settings(cloud)
        site = web.Application()
        site.router.add_post("/api/messages", forward)
        runner = web.AppRunner(site)
        await runner.setup()
        await web.TCPSite(runner, "localhost", HERE).start()
        await asyncio.Event().wait()


asyncio.run(serve())
