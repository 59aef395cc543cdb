"""The manifest with which a workspace makes the app: what it may do and why, made from the table of commands."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.slack.http import PATH
from bot.messages.command_texts import COMMANDS, CommandTexts

COMMAND: Final = "/pilots"
SCOPES: Final[Mapping[str, str]] = {
    "chat:write": "write direct messages, and put what was answered into their place",
    "commands": f"take {COMMAND} and the two shortcuts at a message",
    "im:write": "open the direct messages with somebody whom the registry names",
    "users:read": "see who has left, who is a bot, and somebody's time zone",
    "users:read.email": "find a user by the address that the registry writes, and the other way round",
}
"""What the app can't do without, each with its reason."""
OPTIONAL: Final[Mapping[str, str]] = {
    "dnd:read": "leave people alone while they are not to be disturbed",
    "im:history": "take answers in free words, and find out whether a message arrived that Slack did not confirm",
}
"""What it may be denied: then answers are tapped, and what is in doubt is listed as unknown."""
WORDS: Final = "im:history"
EVENTS: Final[Mapping[str, str]] = {
    "app_home_opened": "",
    "user_change": "users:read",
    "message.im": "im:history",
}
"""Events that the app listens to, by the scope each needs."""
SHORTCUTS: Final[Mapping[str, tuple[str, str]]] = {
    "why": ("Why did I get this?", "Tells why a message of Stickshaker came, and who sees your answer."),
    "feedback": ("Feedback on this message", "Tells us what a message of Stickshaker was to you."),
}
HOSTS: Final = ("slack.com", "hooks.slack.com", "wss-primary.slack.com", "wss-backup.slack.com")
"""What the process must reach: the Web API, where slow commands are answered, and for a socket the other two."""
LONGEST_HINT: Final = 100


def to_manifest(said: CommandTexts, address: str | None, *, reads_words: bool = True) -> dict[str, Any]:
    """Return the manifest; with an `address` (https://host) Slack reaches us by HTTP, without one by a socket.

    Without `reads_words` the app may not read what people write to it.
    """
    scopes = [*SCOPES, *(scope for scope in OPTIONAL if reads_words or scope != WORDS)]
    events = [event for event, scope in EVENTS.items() if not scope or scope in scopes]
    url = f"{address.rstrip('/')}{PATH}" if address else None
    hint = ", ".join(said.commands[name].usage for name in COMMANDS)
    command = {
        "command": COMMAND,
        "description": "Your pilots: what is asked, what you decide, what you set",
        "usage_hint": hint[:LONGEST_HINT].rpartition(",")[0],
        "should_escape": True,
    }
    shortcuts = [
        {"name": name, "type": "message", "callback_id": key, "description": text}
        for key, (name, text) in SHORTCUTS.items()
    ]
    reached = {"request_url": url} if url else {}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Stickshaker",
            "description": "Keeps AI pilots from stalling: asks what is in the way, and whoever can clear it.",
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": not reads_words,
            },
            "bot_user": {"display_name": "Stickshaker", "always_online": True},
            "shortcuts": shortcuts,
            "slash_commands": [command | ({"url": url} if url else {})],
        },
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": {
            "event_subscriptions": reached | {"bot_events": events},
            "interactivity": {"is_enabled": True} | reached,
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }
