"""What is said in a chat to who writes, taps or fills in a form; an adapter loads the file."""

from typing import Annotated

from bot.domain.settings import Mode
from bot.messages.braces import Counted, Group, Plain, complete, holes

ByCommand = Annotated[str, holes("command")]


class HomeTexts(Group):
    """What stands on the home tab."""

    waiting: Plain
    nothing: Plain
    answer: Plain
    pilots: Plain
    asked: Plain
    settings: Plain
    change: ByCommand
    office: Plain
    well: Plain
    modes: Annotated[dict[Mode, ByCommand], complete(tuple(Mode))]
    configure: ByCommand


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
    filled: Annotated[str, holes("answer", "words")]
    unclear: Annotated[str, holes("reasons")]
    failed: Plain
    nothing_waits: Plain
    which: Counted
    help: Plain
    settings: Plain
    home: HomeTexts
