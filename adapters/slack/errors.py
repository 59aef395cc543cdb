"""Slack's error codes as kinds: what each means for us, in one table, and for a send what is to be done.

Meanings are those of Slack's method pages. A code that is not in the table is taken for a fault of ours.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.errors import SendRefused


class Kind(StrEnum):
    """What is to be done about an error."""

    LATER = "later"
    """Slack wants fewer calls: wait as long as it says."""
    OPEN = "open"
    """It may have happened or not: never sent again blindly, a read is repeated."""
    REROUTE = "reroute"
    """This person can't be reached there: somebody else has to be."""
    SETUP = "setup"
    """Token, scopes or the installation: an admin has to mend it, and until then nothing can be sent."""
    FAULT = "fault"
    """What we sent was wrong."""
    GONE = "gone"
    """What it was about is not there any more: a message, a view, a trigger."""


WAIT: Final = timedelta(seconds=30)
"""How long to wait where Slack names no time."""

CODES: Final = {
    Kind.LATER: frozenset(
        {"ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited", "refused_on_the_way"}
    ),
    Kind.OPEN: frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"}),
    Kind.REROUTE: frozenset(
        {
            *("user_disabled", "user_not_found", "users_not_found", "user_not_visible", "user_not_in_channel"),
            *("channel_not_found", "is_archived", "is_inactive", "not_in_channel", "messages_tab_disabled"),
            *("restricted_action", "restricted_action_non_threadable_channel", "restricted_action_read_only_channel"),
            *("restricted_action_thread_locked", "restricted_action_thread_only_channel", "channel_is_limited_access"),
            *("posting_to_channel_denied", "forbidden_team", "team_not_found", "method_not_supported_for_channel_type"),
            *("invalid_user_combination", "external_channel_migrating"),
        }
    ),
    Kind.SETUP: frozenset(
        {
            *("missing_scope", "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
            *("no_permission", "not_allowed_token_type", "access_denied", "org_login_required", "ekm_access_denied"),
            *("enterprise_is_restricted", "team_access_not_granted", "team_added_to_org", "two_factor_setup_required"),
            *("not_enabled", "not_implemented", "deprecated_endpoint", "method_deprecated", "as_user_not_supported"),
            *("metadata_must_be_sent_from_app", "insecure_request"),
        }
    ),
    Kind.GONE: frozenset(
        {
            *("message_not_found", "not_found", "cant_update_message", "edit_window_closed", "update_failed"),
            *("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "hash_conflict"),
            *("cannot_reply_to_message", "streaming_state_conflict", "block_mismatch", "cant_broadcast_message"),
            *("no_dual_broadcast_content_update",),
        }
    ),
    Kind.FAULT: frozenset(
        {
            *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
            *("view_too_large", "duplicate_external_id", "missing_profile_id", "attachment_payload_limit_exceeded"),
            *("invalid_attachments", "too_many_attachments", "too_many_contact_cards", "markdown_text_conflict"),
            *(
                "invalid_metadata_format",
                "invalid_metadata_schema",
                "metadata_too_large",
                "invalid_metadata_filter_keys",
            ),
            *("invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_charset", "invalid_form_data"),
            *("invalid_post_type", "missing_post_type", "missing_args", "missing_argument", "invalid_cursor"),
            *("invalid_ts_latest", "invalid_ts_oldest", "limit_required", "not_enough_users", "too_many_users"),
            *("users_list_not_supplied", "draft_already_deleted", "draft_already_sent", "draft_has_conflict"),
            *("draft_not_found", "duplicate_channel_not_found", "duplicate_message_not_found", "missing_file_data"),
            *("blocked_file_type", "file_deleted", "file_is_deleted", "file_not_found", "file_share_limit_reached"),
            *("max_file_sharing_exceeded", "unable_to_share_files", "slack_connect_blocked_file_type"),
            *("slack_connect_canvas_sharing_blocked", "slack_connect_clip_sharing_blocked"),
            *("slack_connect_file_link_sharing_blocked", "slack_connect_file_upload_sharing_blocked"),
            *("slack_connect_lists_sharing_blocked",),
        }
    ),
}
"""Every code that the pages of the methods we call name, by what it means for us."""

NOBODY: Final = frozenset({"user_disabled", "user_not_found", "users_not_found", "user_not_visible"})
"""Who was meant is not there, or not any more: somebody else has to be written to."""
KINDS: Final = {code: kind for kind, codes in CODES.items() for code in codes}
BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
"""Slack refused the blocks; the same words as plain text may go through."""


class SlackError(Exception):
    """Slack answered that a call did not work; `code` is its own word, `needed` the scope that was missing."""

    def __init__(self, method: str, code: str, *, retry_after: timedelta | None = None, needed: str = "") -> None:
        """Keep what Slack said."""
        super().__init__(f"{method}: {code}{f' (needs {needed})' if needed else ''}")
        self.method, self.code, self.retry_after, self.needed = method, code, retry_after, needed

    @property
    def kind(self) -> Kind:
        """Return what the code means for us."""
        return KINDS.get(self.code, Kind.FAULT)


def refusal(error: SlackError) -> SendRefused | None:
    """Return how a send that Slack answered with an error stands; None where it may have happened all the same."""
    kind = error.kind
    if kind is Kind.OPEN:
        return None
    if kind is Kind.LATER:
        return SendRefused("Slack wants fewer messages", retry_after=error.retry_after or WAIT)
    if kind is Kind.SETUP:
        needs = f"the scope {error.needed}" if error.needed else "a look by an admin"
        return SendRefused(f"Slack refuses the app ({error.code}); it needs {needs}: `stickshaker check`")
    if kind is Kind.REROUTE:
        return SendRefused(f"Slack can't reach this person ({error.code})", final=True, gone=error.code in NOBODY)
    return SendRefused(f"Slack did not take the message ({error.code})", final=True)
