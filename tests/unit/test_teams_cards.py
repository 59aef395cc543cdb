"""Messages and forms as Adaptive Cards: whatever is in them they are cards of 1.5, and nobody's words are markup."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft6Validator
from test_slack_blocks import NUDGE, TEXTS, choices, messages, sections

from adapters.teams.cards import CLOCK, FRAME, WIDEST_ROW, read_values, to_card, to_form, to_home, to_said, to_summary
from bot.domain.survey import ItemId
from bot.domain.turn import Given, Tap
from bot.messages.charts import BLOCK, Chart, to_bars
from bot.messages.compose import KEYS
from bot.messages.home import Home, Open, Shelf
from bot.messages.model import Choice, FieldKind, FormField, Message, Section

SCHEMA = Path(__file__).resolve().parents[2].parent / "shared/fixtures/teams/schema/adaptive-card-1.5.0.json"
NEWER = frozenset({"Chart.HorizontalBar"})
"""Elements that 1.5 does not know."""
TAP = Tap(delivery="d1", section="tax#1:", choice="blocked")


@cache
def judge() -> Draft6Validator:
    """Return Microsoft's own schema of cards, or skip where it is not beside the project."""
    if not SCHEMA.exists():
        pytest.skip("the schema of Adaptive Cards is not beside the project")
    return Draft6Validator(json.loads(SCHEMA.read_text()))


def as_of_1_5(part: Any) -> Any:  # noqa: ANN401  any JSON
    """Return what a client sees that knows nothing newer: the fallback in the place of each newer element."""
    if isinstance(part, dict):
        if part.get("type") in NEWER:
            return as_of_1_5(part["fallback"])
        return {key: as_of_1_5(value) for key, value in part.items() if key != "msteams"}
    return [as_of_1_5(one) for one in part] if isinstance(part, list) else part


def faults(card: Any) -> list[str]:  # noqa: ANN401  any JSON
    """Return what the schema has against a card."""
    return [fault.message[:200] for fault in judge().iter_errors(as_of_1_5(card))]


def parts(part: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a card."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from parts(value)
    elif isinstance(part, list):
        for one in part:
            yield from parts(one)


def said(part: object) -> str:
    """Return the words of a part of a card, and what its buttons are called."""
    return " ".join(
        str(one.get("text") or one.get("title", "")) for one in parts(part) if "fallback" not in one
    ).strip()


@given(message=messages)
def test_any_message_is_a_card(message: Message) -> None:
    """Names, facts and quotes of any length and script become a card that the schema takes, with no Markdown in them."""
    card = to_card(message, "d1")
    assert faults(card) == []
    assert not [one for one in parts(card) if one.get("type") == "TextBlock"]
    assert 0 < len(to_summary(message)) <= 200


@given(section=sections, choice=choices)
def test_any_form_is_a_card(section: Section, choice: Choice) -> None:
    """A form of any labels is a card with an input for each field under its own name."""
    card = to_form(section, choice, TAP, submit="Send", faults={f.key: "no" for f in choice.form}, place="a|1")
    assert faults(card) == []
    named = [one["id"] for one in parts(card) if str(one.get("type", "")).startswith("Input.")]
    assert [name for name in named if not name.endswith(CLOCK)] == [f.key for f in choice.form]


def test_every_item_is_a_form() -> None:
    """The choices of each item of the bank make dialogs that the schema takes."""
    for item in ItemId:
        for choice in TEXTS.items.of(item).to_choices():
            assert faults(to_form(NUDGE, choice, TAP, submit="Send")) == [], (item, choice.key)


def test_a_question_has_its_answers_as_buttons() -> None:
    """A button for each answer in its order, in rows that a phone shows; one with a form opens a dialog, others answer."""
    other = NUDGE.model_copy(update={"case_id": "hr#1", "title": "Job ads", "line": "past its plan"})
    message = Message(kind="nudge", sections=(NUDGE, other), more="Also with you:", footer="Why me?")
    card = to_card(message, "d1")
    rows = [one["actions"] for one in card["body"] if one["type"] == "ActionSet"]
    assert all(sum(len(b["title"]) + FRAME for b in row) <= WIDEST_ROW for row in rows)
    assert max(len(row) for row in rows) > 1
    assert [b["title"] for row in rows[:-1] for b in row] == [TEXTS.choices[key] for key in KEYS]
    assert rows[-1][0]["data"] == {"delivery": "d1", "section": "hr#1:", "choice": "", "sent": False}
    as_sent = to_card(message, "d1", sent=True)
    assert '"sent": true' in json.dumps(as_sent)
    assert '"sent": false' not in json.dumps(as_sent)
    for button in (b for row in rows for b in row):
        assert button["type"] == "Action.Execute"
        assert button["fallback"]["data"] == button["data"]


def test_an_answer_too_long_for_a_phone_stands_above_its_button() -> None:
    """A label that would be cut off is told in full; its button is called by the pilot that it begins with."""
    labels = ("Job ads: kim@n.example is asked on Wed 11 February", "Yes", "a word, and no name, that goes on and on")
    choices = tuple(Choice(key=f"k{n}", label=label) for n, label in enumerate(labels))
    card = to_card(Message(kind="talk", sections=(NUDGE.model_copy(update={"choices": choices}),), footer=""), "d1")
    assert faults(card) == []
    shown = [one for one in card["body"] if one["type"] == "ActionSet" or said(one) in labels]
    assert [said(one) for one in shown] == [labels[0], "Job ads", "Yes", labels[2], labels[2]]


def test_an_answer_with_a_form_opens_a_dialog() -> None:
    """Dialogs open from a submit that says so, and from nothing else."""
    asks = Choice(key="blocked", label="Blocked", form=(FormField(key="cause", label="Why?", kind=FieldKind.TEXT),))
    section = NUDGE.model_copy(update={"choices": (asks,)})
    card = to_card(Message(kind="nudge", sections=(section,), footer=""), "d1")
    (button,) = (one for one in parts(card) if str(one.get("type", "")).startswith("Action."))
    assert button["type"] == "Action.Submit"
    assert button["data"]["msteams"] == {"type": "task/fetch"}


def test_a_chart_says_the_same_in_figures() -> None:
    """Where Teams draws none, each bar is a line with its number."""
    chart = Chart(title="Pilots", unit="pilots", bars=(("under a year", 7), ("production", 2)))
    card = to_card(Message(kind="digest", body=("All in all.",), chart=chart, footer=""), "d1")
    assert faults(card) == []
    (drawn,) = (one for one in parts(card) if one.get("type") == "Chart.HorizontalBar")
    assert drawn["data"] == [{"x": "under a year", "y": 7}, {"x": "production", "y": 2}]
    words = said(drawn["fallback"]).replace("\u00a0", " ")
    assert "under a year 7" in words
    assert "production   2" in words
    assert (drawn["title"], drawn["showTitle"], drawn["displayMode"]) == ("Pilots (pilots)", True, "AbsoluteNoAxis")


@given(
    bars=st.lists(st.tuples(st.text("abc", min_size=1, max_size=20), st.integers(0, 99)), min_size=1, max_size=8),
    title=st.text("ab ", min_size=1, max_size=60).filter(str.strip),
)
def test_bars_fit_a_phone(bars: list[tuple[str, int]], title: str) -> None:
    """In the box of a message that is to leave the bars of its chart fit 320 pixels, and each number above zero has one."""
    chart = Chart(title=title, unit="pilots", bars=tuple(bars))
    quoted = NUDGE.model_copy(update={"quote": f"All in all.\n\n{to_bars(chart)}\n\nWhy me?"})
    card = to_card(Message(kind="review", sections=(quoted,), footer=""), "d1")
    lines = [one["text"] for one in parts(card) if one.get("fontType") == "Monospace"][-len(bars) :]
    if any(number for _, number in bars):
        assert all(len(line) <= 34 for line in lines)
        assert [BLOCK in line for line in lines] == [number > 0 for _, number in bars]


def test_the_words_of_people_are_no_chart() -> None:
    """Blocks that somebody wrote stay as many as they wrote."""
    words = f"it is {BLOCK * 4} secret"
    card = to_card(Message(kind="told", sections=(NUDGE.model_copy(update={"quote": words}),), footer=""), "d1")
    assert words in [one.get("text") for one in parts(card)]


def test_what_is_wrong_stands_below_its_field() -> None:
    """In a color and bold: in high contrast the color says little."""
    form = tuple(FormField(key=key, label=key, kind=FieldKind.DAY) for key in ("from", "until"))
    card = to_form(NUDGE, Choice(key="x", label="X", form=form), TAP, submit="Send", faults={"from": "Which day?"})
    names = [one.get("id") or said(one) for one in card["body"]][2:]
    assert names == ["from", "Which day?", "until"]
    (wrong,) = card["body"][3]["inlines"]
    assert (wrong["color"], wrong["weight"]) == ("Attention", "Bolder")


def test_what_was_said_already_stands_in_the_form_and_comes_back() -> None:
    """A day, a moment in their own time zone, words and a choice: as they were given."""
    form = (
        FormField(key="cause", label="Why?", kind=FieldKind.CHOICE, options=(("data", "Data"), ("legal", "Legal"))),
        FormField(key="until", label="Until?", kind=FieldKind.DAY),
        FormField(key="at", label="When?", kind=FieldKind.MOMENT),
        FormField(key="who", label="Who?", kind=FieldKind.PERSON),
        FormField(key="words", label="What?", kind=FieldKind.TEXT, required=False),
    )
    at = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    known = {
        "cause": Given(text="legal"),
        "until": Given(day=date(2026, 4, 1)),
        "at": Given(at=at),
        "who": Given(text="kim@n.example"),
        "words": Given(text="the *ledger*"),
    }
    zone = ZoneInfo("Europe/Berlin")
    card = to_form(NUDGE, Choice(key="x", label="X", form=form), TAP, submit="Send", values=known, zone=zone)
    assert faults(card) == []
    filled = {one["id"]: one.get("value") for one in parts(card) if str(one.get("type", "")).startswith("Input.")}
    assert filled["at"] + filled[f"at{CLOCK}"] == "2026-03-1210:30"
    assert read_values(form, filled, zone) == known


@given(
    data=st.dictionaries(
        st.sampled_from(["day", "at", f"at{CLOCK}", "words"]), st.text(max_size=30) | st.none() | st.integers()
    )
)
def test_nothing_that_is_filled_in_is_a_fault(data: dict[str, object]) -> None:
    """What is no day, no moment or no text is left out."""
    form = tuple(
        FormField(key=key, label=key, kind=kind)
        for key, kind in (("day", FieldKind.DAY), ("at", FieldKind.MOMENT), ("words", FieldKind.TEXT))
    )
    assert set(read_values(form, data)) <= {"day", "at", "words"}


def test_home_and_words_are_cards() -> None:
    """What a home tab shows, with buttons that open its questions, and a card that only says something."""
    home = Home((Shelf("Your pilots", ("Tax letters: in pilot",), (Open("d1", NUDGE),)), Shelf("Settings")), "Answer")
    card = to_home(home)
    assert faults(card) == []
    markdown = {one["text"]: one["style"] for one in parts(card) if one.get("type") == "TextBlock"}
    assert markdown == {"Your pilots": "heading", "Settings": "heading"}
    assert faults(to_said("This is not open any more.\nNothing to do.")) == []
