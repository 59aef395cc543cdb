"""Views of a local Slack: modals that a trigger opens once within three seconds, and home tabs."""

import json
from time import monotonic
from typing import Final

from adapters.playground.slack_state import Body, SlackState

LIFE: Final = 3.0
"""Seconds that a trigger opens a view."""
MOST_BLOCKS: Final = 100
MOST_BYTES: Final = 250_000
TITLES: Final = ("title", "submit", "close")


class Refused(Exception):  # noqa: N818  an answer of Slack's
    """Slack answers with an error code."""

    def __init__(self, code: str, **more: str) -> None:
        """Keep the code and what stands beside it."""
        super().__init__(code)
        self.code, self.more = code, more


def open_view(state: SlackState, body: Body) -> Body:
    """Open a modal in front of whoever gave the trigger."""
    user, given_at = state.triggers.pop(str(body.get("trigger_id")), ("", 0.0))
    if not user:
        raise Refused("invalid_trigger_id")
    if monotonic() - given_at > LIFE:
        raise Refused("expired_trigger_id")
    view = judged(body.get("view"), "modal")
    view |= {"id": f"V{state.stamp()}", "user": user}
    state.views[view["id"]] = view
    return {"view": view}


def update_view(state: SlackState, body: Body) -> Body:
    """Put another view into the place of one that is open."""
    known = state.views.get(str(body.get("view_id")))
    if known is None:
        raise Refused("not_found")
    view = judged(body.get("view"), "modal") | {"id": known["id"], "user": known["user"]}
    state.views[known["id"]] = view
    return {"view": view}


def publish_home(state: SlackState, body: Body) -> Body:
    """Show a home tab to a user."""
    if body.get("user_id") not in state.users:
        raise Refused("user_not_found")
    state.homes[str(body["user_id"])] = judged(body.get("view"), "home")
    return {"view": state.homes[str(body["user_id"])]}


def judged(view: object, kind: str) -> Body:
    """Return a view that Slack takes, and refuse any other."""
    if not isinstance(view, dict) or view.get("type") != kind or not isinstance(view.get("blocks"), list):
        raise Refused("invalid_arguments")
    blocks = view["blocks"]
    has_inputs = any(block.get("type") == "input" for block in blocks)
    is_bad = len(blocks) > MOST_BLOCKS or any(len(view.get(n, {}).get("text", "")) > 24 for n in TITLES)  # noqa: PLR2004  as documented
    if is_bad or (kind == "modal" and ("title" not in view or (has_inputs and "submit" not in view))):
        raise Refused("invalid_arguments")
    if len(json.dumps(view)) > MOST_BYTES:
        raise Refused("view_too_large")
    return dict(view)
