"""What is said in a chat to who writes, taps or fills in a form; an adapter loads the file."""

from typing import Annotated

from bot.messages.braces import Counted, Group, Plain, holes


class TalkTexts(Group):
    """Every text by its use."""

    is_right: Plain
    is_not: Plain
    fill: Plain
    send: Plain
    cancel: Plain
    loading: Plain
    not_yours: Plain
    stranger: Annotated[str, holes("alias")]
    nobody: Plain
    gone: Plain
    passed: Plain
    unknown_person: Plain
    not_then: Plain
    busy: Plain
    unclear: Annotated[str, holes("reasons")]
    failed: Plain
    nothing_waits: Plain
    which: Counted
    help: Plain
    settings: Plain
