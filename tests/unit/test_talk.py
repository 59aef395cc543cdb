"""What is said in between: short, kind, one question at a time, and never more than was understood."""

from collections.abc import Iterator

from tone import BANNED, is_kind

from adapters.content import load_texts
from bot.app.commands.table import TABLE, usage
from bot.messages.command_texts import COMMANDS
from bot.messages.model import Answered, Choice, Message, Section
from bot.messages.plain import to_plain
from bot.messages.talk import MOST_OFFERED, NO, YES, noted, shown_back, told, which
from bot.messages.understanding import Understanding

TEXTS = load_texts()
SECTION = Section(
    case_id="tax#1",
    pilot="tax",
    title="Tax letters",
    fact="Tax letters: 9 of 40 people used it last week.",
    question="Is something in the way?",
    choices=(Choice(key="on_track", label="It is on track"), Choice(key="blocked", label="Something is in the way")),
    line="used less than usual",
    quote="words of somebody",
    footer="Why me?",
)


def texts_in(value: object) -> Iterator[str]:
    """Yield every text of a group of texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)


def test_what_is_said_in_between_is_short_and_kind() -> None:
    """No text of the conversation or of a command blames anybody, is long, or asks two things."""
    for group in (TEXTS.talk, TEXTS.commands):
        for text in texts_in(group.model_dump(mode="json")):
            assert is_kind(text) or len(text.split()) <= 75, text
            assert not BANNED.search(text), text
            assert text.count("?") <= 1, text


def test_each_command_is_in_the_table_with_its_words() -> None:
    """The table and the words name the same commands, and each usage and example begins with the command it is of."""
    assert set(TABLE) == set(COMMANDS) == set(TEXTS.commands.commands)
    for name in COMMANDS:
        words = TEXTS.commands.commands[name]
        assert words.usage.startswith(name)
        assert words.example.startswith(name)
        assert usage(name, TEXTS.commands, "/pilots")[0] == f"Write it as: /pilots {words.usage}"
        first = words.usage.removeprefix(name).split()
        assert (first[:1] == ["PILOT"]) is TABLE[name].of_pilot


def test_what_was_understood_is_shown_with_a_yes_and_a_no() -> None:
    """The sentence and two answers stand alone: no other choice, no quote, no footer of the question."""
    message = shown_back(SECTION, Understanding("Understood: it is on track. Right?", "on_track"), TEXTS.talk, "t1")
    (asked,) = message.sections
    assert [choice.key for choice in asked.choices] == [f"{YES}:t1", f"{NO}:t1"]
    assert (asked.fact, asked.question, asked.quote, message.footer) == (
        "Understood: it is on track. Right?",
        None,
        None,
        "",
    )
    assert asked.key == SECTION.key


def test_between_answers_those_that_are_offered_are_shown() -> None:
    """Where words say two things, or none, only answers of the question can be tapped."""
    several = shown_back(SECTION, Understanding("Which?", candidates=("blocked", "stop")), TEXTS.talk, "t1")
    assert [choice.key for choice in several.sections[0].choices] == ["blocked"]
    assert shown_back(SECTION, Understanding("Not understood."), TEXTS.talk, "t1").sections[0].choices == ()


def test_which_question_is_meant_is_asked_with_few_choices() -> None:
    """At most ten, each with its pilot and in few words, numbered from one behind the buttons."""
    many = [SECTION.model_copy(update={"case_id": f"p{n}#1", "title": f"Pilot {n} " + "x" * 90}) for n in range(14)]
    (asked,) = which(many, TEXTS.talk, "t1").sections
    assert [choice.key for choice in asked.choices] == [f"about{n}:t1" for n in range(1, MOST_OFFERED + 1)]
    assert all(len(choice.label) <= 75 for choice in asked.choices)
    assert asked.fact == "14 questions wait for you. Which pilot is this about?"


def test_after_an_answer_what_was_told_stays() -> None:
    """The answer and what follows stand first; a chart or paragraphs beside the question are kept, and so is what waits."""
    answered = Answered(fact=SECTION.fact, label="It is on track", note="Thank you.")
    digest = Message(
        kind="digest", intro="Decisions", body=("Newly stuck: nothing.",), sections=(SECTION,), footer="Why?"
    )
    other = SECTION.model_copy(update={"case_id": "hr#1", "footer": ""})
    left = noted(answered, [other], digest, more="Also:")
    assert to_plain(left).startswith(f"{SECTION.fact}\n\n\u2713 It is on track\n\nThank you.\n\nNewly stuck: nothing.")
    assert (left.intro, left.more, left.footer) == (None, None, "Why?")
    alone = noted(answered, [], None, more="Also:")
    assert to_plain(alone) == f"{SECTION.fact}\n\n\u2713 It is on track\n\nThank you."
    assert told("a", "", "b").body == ("a", "b")
