"""What commands are called and what is said to them; an adapter loads the file."""

from typing import Annotated, Final

from bot.domain.ask import RequestState
from bot.domain.case import CaseState
from bot.domain.outreach import Step
from bot.messages.braces import Counted, Group, Plain, complete, holes

COMMANDS: Final = (
    *("help", "list", "status", "snooze", "decision", "stage", "dependency", "owner", "sponsor", "why", "settings"),
    *("set", "delegate", "mute", "digest", "mydata", "optout", "optin", "add", "edit", "sources", "preview", "golive"),
    *("pause all", "resume"),
)
"""Every command, in the order in which help shows them."""

ByCommand = Annotated[str, holes("command")]
Given = Annotated[str, holes("given")]


class Command(Group):
    """What stands after /pilots, one that works, and what it does."""

    usage: Plain
    example: Plain
    means: Plain


class CommandTexts(Group):
    """Every text by its use; `command` is what commands are called by in the chat."""

    commands: Annotated[dict[str, Command], complete(COMMANDS)]
    unknown: Annotated[str, holes("given", "near")]
    usage: Annotated[str, holes("command", "usage")]
    example: Annotated[str, holes("command", "example")]
    no_pilot: Annotated[str, holes("given", "near")]
    several_pilots: Annotated[str, holes("given", "ids")]
    did_you_mean: Annotated[str, holes("near")]
    not_allowed: Annotated[str, holes("who")]
    anyone: Plain
    owner: Plain
    sponsor: Plain
    lead: Plain
    admin: Plain
    word_or: str
    no_person: Given
    no_field: Annotated[str, holes("given", "fields")]
    bad_value: Annotated[str, holes("given", "field", "reason")]
    no_stage: Annotated[str, holes("given", "stages")]
    help_intro: ByCommand
    help_line: Annotated[str, holes("usage", "means")]
    help_more: Plain
    list_none: Plain
    list_nothing: ByCommand
    list_line: Annotated[str, holes("name", "id", "stage", "state")]
    list_more: Counted
    no_stage_known: Plain
    stage_line: Annotated[str, holes("stage", "day")]
    none_open: Plain
    some_open: Plain
    states: Annotated[dict[CaseState, Plain], complete(tuple(CaseState))]
    status_people: Annotated[str, holes("owner", "sponsor", "lead")]
    nobody: Plain
    status_found: Annotated[str, holes("evidence")]
    status_asked: Annotated[str, holes("person", "thing", "day", "state")]
    status_decision: Annotated[str, holes("day", "due")]
    status_listed: Annotated[str, holes("why")]
    request_states: Annotated[dict[RequestState, Plain], complete(tuple(RequestState))]
    nothing_open: Annotated[str, holes("pilot")]
    changed: Annotated[str, holes("field", "pilot", "value")]
    added: Annotated[str, holes("pilot", "command")]
    exists: Annotated[str, holes("id", "command")]
    waits: Annotated[str, holes("pilot", "kind", "holder")]
    waits_held: Annotated[str, holes("person")]
    waits_done: Annotated[str, holes("pilot", "kind")]
    no_such_wait: Annotated[str, holes("pilot", "kind", "kinds")]
    no_waits: Annotated[str, holes("pilot")]
    settings_lines: Annotated[str, holes("delegate", "away", "digest", "hour", "out")]
    not_set: Plain
    any_hour: Plain
    no_messages: Plain
    messages: Plain
    digest_at: Annotated[str, holes("day", "hour")]
    bad_hour: Plain
    hour_set: Annotated[str, holes("hour")]
    bad_chat: Plain
    chat_set: Annotated[str, holes("chat")]
    chat_open: Plain
    no_digest: Plain
    mydata_lines: Annotated[str, holes("name", "roles", "sent", "last", "answers", "command")]
    and_more: Counted
    no_message: Plain
    role_of: Annotated[str, holes("role", "pilots")]
    no_role: Plain
    never: Plain
    optout: ByCommand
    optin: Plain
    no_sources: Plain
    source_line: Annotated[str, holes("source", "day", "late")]
    late: Plain
    preview_none: Plain
    preview_line: Annotated[str, holes("pilot", "kind", "person", "day")]
    preview_more: Counted
    golive_ask: ByCommand
    golive_done: ByCommand
    golive_paused: ByCommand
    golive_live: Plain
    paused: ByCommand
    resumed: Plain
    resumed_shadow: Plain
    kinds: Annotated[dict[Step, Plain], complete(tuple(Step))]
