"""The app package that a tenant uploads: a manifest made from the table of commands, and two icons."""

import io
import json
import zipfile
from importlib.resources import files
from typing import Any, Final

from adapters.teams.app import CALLED, HOME
from bot.messages.command_texts import COMMANDS, CommandTexts

VERSION: Final = "1.29"
"""The first version of the manifest in which commands may be typed with a slash."""
OLDER: Final = "1.16"
"""For a tenant that does not take that one yet: everything but the slash."""
SCHEMA: Final = "https://developer.microsoft.com/json-schemas/teams/v{version}/MicrosoftTeams.schema.json"
ICONS: Final = ("color.png", "outline.png")
SHOWN: Final = ("help", "list", "status", "snooze", "decision", "why", "settings", "set", "delegate", "mute", "mydata")
"""Commands that Teams offers in a chat: it takes twelve; the others are typed."""
MOST_COMMANDS: Final = 12
LONGEST: Final = 128
"""Characters of a command's description."""


def to_manifest(
    said: CommandTexts, app_id: str, website: str, version: str, *, older: bool = False, for_graph: bool = False
) -> dict[str, Any]:
    """Return the manifest of the app; `website` is where an organisation tells its people about it.

    An `older` one has no slash commands and no messages for one alone; one `for_graph` names the registration whose
    script installs it (docs/install-teams.md).
    """
    number = OLDER if older else VERSION
    commands = [_command(name, said) for name in COMMANDS if name in SHOWN]
    home = {"title": HOME, "description": "What waits for you, your pilots, what you set"}
    in_chats = {"scopes": ["team", "groupChat"], "commands": commands[:MOST_COMMANDS]}
    bot = {
        "botId": app_id,
        "scopes": ["personal", "team", "groupChat"],
        "commandLists": [
            {"scopes": ["personal"], "commands": [home, *commands][:MOST_COMMANDS]},
            in_chats | ({} if older else {"triggers": ["mention", "slash"]}),
        ],
    } | ({} if older else {"supportsTargetedMessages": True})
    signed = {"webApplicationInfo": {"id": app_id, "resource": f"api://botid-{app_id}"}} if for_graph else {}
    return {
        "$schema": SCHEMA.format(version=number),
        "manifestVersion": number,
        "version": version,
        "id": app_id,
        "developer": {
            "name": "Stickshaker",
            "websiteUrl": website,
            "privacyUrl": website,
            "termsOfUseUrl": website,
        },
        "name": {"short": "Stickshaker", "full": "Stickshaker: keeps AI pilots from stalling"},
        "description": {
            "short": "Keeps AI pilots from stalling: asks what is in the way, and who can clear it.",
            "full": "Asks the owner of a pilot what is in the way when its use falls or it stands still, turns the answer "
            f"into one dated request to who can clear it, and checks what became of it. Say '{CALLED} help' to see what you can do.",
        },
        "icons": {"color": ICONS[0], "outline": ICONS[1]},
        "accentColor": "#1f3a5f",
        "bots": [bot],
        "defaultInstallScope": "personal",
    } | signed


def to_package(manifest: dict[str, Any]) -> bytes:
    """Return the zip with manifest and icons; the same manifest gives the same bytes."""
    held = {"manifest.json": json.dumps(manifest, indent=2).encode()}
    held |= {name: (files("adapters.teams") / "icons" / name).read_bytes() for name in ICONS}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in held.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _command(name: str, said: CommandTexts) -> dict[str, str]:
    means = said.commands[name].means
    return {"title": name, "description": means if len(means) <= LONGEST else means[: LONGEST - 1].rstrip() + "\u2026"}
