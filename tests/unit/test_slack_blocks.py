"""Messages and forms as Block Kit: whatever is in them, Slack takes them, and nobody's words are markup."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.content import load_texts
from adapters.slack.blocks import Ref, parse_ref, to_modal, to_plain_modal, to_posts
from adapters.slack.limits import FALLBACK, LENGTHS, MARK, Surface, clamp, escape, lint, lint_view
from bot.domain.survey import ItemId
from bot.domain.turn import Given
from bot.messages.compose import KEYS
from bot.messages.model import Answered, Choice, FieldKind, FormField, Message, Section

TEXTS = load_texts()
words = st.text(min_size=1, max_size=400)
keys = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=20)
fields = st.builds(
    FormField,
    key=keys,
    label=words,
    kind=st.sampled_from([k for k in FieldKind if k is not FieldKind.CHOICE]),
    required=st.booleans(),
)
choices = st.builds(
    Choice, key=keys, label=words, form=st.lists(fields, max_size=3, unique_by=lambda f: f.key).map(tuple)
)
sections = st.builds(
    Section,
    case_id=words,
    pilot=words,
    title=words,
    fact=words,
    question=st.none() | words,
    choices=st.lists(choices, max_size=8, unique_by=lambda c: c.key).map(tuple),
    line=st.text(max_size=400),
    quote=st.none() | words,
)
messages = st.builds(
    Message,
    kind=st.just("nudge"),
    intro=st.none() | words,
    answered=st.none() | st.builds(Answered, fact=words, label=words, note=words),
    body=st.lists(words, max_size=4).map(tuple),
    sections=st.lists(sections, min_size=1, max_size=4).map(tuple),
    more=st.none() | words,
    footer=st.just("") | words,
)
NUDGE = Section(
    case_id="tax#1",
    pilot="tax",
    title="Tax letters",
    fact="Tax letters: 9 of 40 people used it last week.",
    question="Is something in the way?",
    choices=tuple(Choice(key=key, label=TEXTS.choices[key]) for key in KEYS),
)


def kinds(part: object) -> Iterator[str]:
    """Yield the type of everything in a payload."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            yield part["type"]
        for value in part.values():
            yield from kinds(value)
    elif isinstance(part, list):
        for one in part:
            yield from kinds(one)


@given(message=messages)
def test_any_message_keeps_to_the_limits(message: Message) -> None:
    """Names, facts and quotes of any length and script become posts that Slack takes, without any markup of theirs."""
    for post in to_posts(message, "d1"):
        assert lint(post["blocks"], Surface.MESSAGE) == []
        assert 0 < len(post["text"]) <= FALLBACK
        assert "mrkdwn" not in set(kinds(post["blocks"]))
        assert "<" not in post["text"]


@given(section=sections, choice=choices)
def test_any_form_is_a_modal_that_slack_takes(section: Section, choice: Choice) -> None:
    """A form of any labels is a view within the limits, with an input for each field under its own name."""
    view = to_modal(section, choice, Ref("d1", "tax#1:", choice.key), submit="Send", close="Leave it")
    assert lint_view(view) == []
    assert [b["block_id"] for b in view["blocks"] if b["type"] == "input"] == [f.key for f in choice.form]
    assert lint_view(to_plain_modal("One moment.")) == []


def test_every_item_is_a_form() -> None:
    """The choices of each item of the bank, with causes and concerns to pick, make modals that Slack takes."""
    for item in ItemId:
        for choice in TEXTS.items.of(item).to_choices():
            view = to_modal(NUDGE, choice, Ref("d1", "tax#1:", choice.key), submit="Send", close="Leave it")
            assert lint_view(view) == [], (item, choice.key)


def test_a_question_has_its_answers_as_buttons() -> None:
    """Title in bold, question, a button for each answer in its order; other pilots a line each with a button that opens them."""
    other = NUDGE.model_copy(update={"case_id": "hr#1", "title": "Job ads", "line": "past its plan"})
    message = Message(
        kind="nudge", intro="1 question", sections=(NUDGE, other), more="Also with you:", footer="Why me?"
    )
    (post,) = to_posts(message, "d1")
    assert [b["type"] for b in post["blocks"]] == [
        *("context", "rich_text", "rich_text", "actions", "context", "section", "context")
    ]
    said = post["blocks"][1]["elements"][0]["elements"]
    assert said[0] == {"type": "text", "text": "Tax letters", "style": {"bold": True}}
    buttons = post["blocks"][3]["elements"]
    assert [b["text"]["text"] for b in buttons] == [TEXTS.choices[key] for key in KEYS]
    assert parse_ref(buttons[1]["value"]) == Ref("d1", "tax#1:", "blocked")
    opens = post["blocks"][5]["accessory"]
    assert (parse_ref(opens["value"]), opens["action_id"]) == (Ref("d1", "hr#1:"), "open:hr#1:")
    assert post["text"].startswith("1 question\n\nTax letters: 9 of 40")


def test_after_an_answer_the_buttons_are_gone() -> None:
    """What was answered and what happens next stand where the buttons were; what else waits is asked below it."""
    other = NUDGE.model_copy(update={"case_id": "hr#1", "title": "Job ads"})
    answered = Answered(fact=NUDGE.fact, label="It is on track", note="Thank you.\nUntil then.")
    (post,) = to_posts(Message(kind="nudge", answered=answered, footer=""), "d1")
    assert set(kinds(post["blocks"])) == {"rich_text", "rich_text_section", "text"}
    said = [part["elements"][0]["elements"][0] for part in post["blocks"]]
    assert [one["text"] for one in said] == [NUDGE.fact, "\u2713 It is on track", "Thank you.", "Until then."]
    (post,) = to_posts(Message(kind="nudge", answered=answered, sections=(other,), footer="Why me?"), "d1")
    buttons = next(b["elements"] for b in post["blocks"] if b["type"] == "actions")
    assert {ref.section for b in buttons if (ref := parse_ref(b["value"]))} == {"hr#1:"}


def test_a_form_begins_with_what_was_said() -> None:
    """Days, moments, words and options that somebody said already stand in it; what fits no input is left out."""
    kinds_of = {"d": FieldKind.DAY, "m": FieldKind.MOMENT, "t": FieldKind.TEXT, "p": FieldKind.PERSON}
    form = tuple(FormField(key=key, label=key, kind=kind) for key, kind in kinds_of.items())
    picks = tuple(
        FormField(key=key, label=key, kind=FieldKind.CHOICE, options=(("a", "A"), ("b", "B"))) for key in ("c", "x")
    )
    said = {
        "d": Given(day=date(2026, 3, 20)),
        "m": Given(at=datetime(2026, 3, 12, 9, 0, tzinfo=UTC)),
        "t": Given(text="the ledger"),
        "p": Given(text="kim@n.example"),
        "c": Given(text="b"),
        "x": Given(text="z"),
    }
    choice = Choice(key="blocked", label="Blocked", form=(*form, *picks))
    view = to_modal(NUDGE, choice, Ref("d1", "tax#1:", "blocked"), submit="Send", close="Leave it", values=said)
    assert lint_view(view) == []
    begins = {
        b["block_id"]: {k: v for k, v in b["element"].items() if k.startswith("initial")} for b in view["blocks"][2:]
    }
    assert begins == {
        "d": {"initial_date": "2026-03-20"},
        "m": {"initial_date_time": 1773306000},
        "t": {"initial_value": "the ledger"},
        "p": {},
        "c": {"initial_option": {"text": {"type": "plain_text", "text": "B", "emoji": False}, "value": "b"}},
        "x": {},
    }


def test_a_long_list_goes_on_in_further_posts() -> None:
    """More pilots than a message holds follow in posts of their own; none is lost, and only the last has the footer."""
    many = tuple(NUDGE.model_copy(update={"case_id": f"p{n}#1", "title": f"Pilot {n}"}) for n in range(120))
    posts = to_posts(Message(kind="lead_list", sections=many, more="Also:", footer="Why me?"), "d1")
    assert len(posts) == 3
    text = json.dumps([post["blocks"] for post in posts])
    assert all(f"Pilot {n}:" in text or n == 0 for n in range(120))
    assert [json.dumps(post["blocks"]).count("Why me?") for post in posts] == [0, 0, 1]


@pytest.mark.parametrize(
    "value", ["", "[]", "{}", "null", '["a","b"]', '["a","b",1]', "nonsense", '["a","b","c","d","e"]']
)
def test_a_value_that_is_not_ours_is_none(value: str) -> None:
    """Values of other apps, of older versions and broken ones are no reference."""
    assert parse_ref(value) is None


@given(ref=st.builds(Ref, words, words, words, st.just("") | words))
def test_a_reference_comes_back(ref: Ref) -> None:
    """Delivery, section and answer survive the way through a button."""
    assert parse_ref(ref.to_value()) == ref


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "section", "text": {"type": "plain_text", "text": "x" * 3001}}, "3001 characters"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}, "section.field"),
        ({"type": "section"}, "needs a text or fields"),
        ({"type": "section", "text": {"type": "plain_text", "text": ""}}, "is empty"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "has to be plain_text"),
        ({"type": "context", "elements": []}, "is empty"),
        ({"type": "context", "elements": [{"type": "plain_text", "text": "x"}] * 11}, "at most 10"),
        ({"type": "actions", "elements": []}, "is empty"),
        ({"type": "table", "rows": [[{}]] * 101}, "100 rows"),
        ({"type": "video"}, "do not use"),
        ({"type": "divider", "block_id": "x" * 256}, "block_id"),
        ({"type": "rich_text", "elements": [{"elements": [{"type": "text", "text": ""}]}]}, "empty text"),
    ],
)
def test_what_slack_refuses_is_found_before(block: dict[str, Any], words: str) -> None:
    """Each kind of fault is named with the place and the number."""
    assert any(words in fault for fault in lint([block], Surface.MESSAGE))


def test_doubled_ids_and_values_are_found() -> None:
    """Two buttons of one name, two blocks of one id, two options of one value."""
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, "value": "v"}
    option = {"text": {"type": "plain_text", "text": "x"}, "value": "v"}
    select = {"type": "static_select", "action_id": "s", "options": [option, option]}
    blocks = [
        {"type": "actions", "block_id": "b", "elements": [button, button]},
        {"type": "actions", "block_id": "b", "elements": [select]},
    ]
    found = " ".join(lint(blocks, Surface.MESSAGE))
    assert "action_id 'a' is there 2 times" in found
    assert "block_id 'b' is there 2 times" in found
    assert "option value 'v' is there 2 times" in found


def test_a_modal_lacks_nothing() -> None:
    """Title and submit are asked for, and long ones are found."""
    inputs = [{"type": "input", "label": {"type": "plain_text", "text": "x"}, "element": {"type": "datepicker"}}]
    found = " ".join(lint_view({"type": "modal", "blocks": inputs}))
    assert "needs a title" in found
    assert "needs a submit" in found
    long = {"type": "modal", "title": {"type": "plain_text", "text": "x" * 25}, "blocks": []}
    assert "view.title has 25 characters, at most 24" in " ".join(lint_view(long))


def test_clamped_and_escaped() -> None:
    """A text that is cut ends so that one sees it, and marks of Slack are letters."""
    assert clamp("x" * 80, "button.text") == "x" * 74 + MARK
    assert len(clamp("x" * 80, "button.text")) == LENGTHS["button.text"]
    assert clamp("", "button.text") == " "
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
