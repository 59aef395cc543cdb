"""The survey items: what the shipped file promises, and what would not load."""

from collections.abc import Callable
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tone import is_kind

from adapters.content import load_texts, read_part
from bot.domain.reply import Cause, Concern
from bot.domain.survey import Answered, Audience, Dimension, Effect, ItemId, Standing
from bot.errors import ContentError
from bot.messages.items import HOLES, Item, Items, Option
from bot.messages.model import FieldKind

SHIPPED = (files("bot") / "content" / "items.yaml").read_text(encoding="utf-8")
ITEMS = load_texts().items
EACH = pytest.mark.parametrize("item", ITEMS.items, ids=[item.id for item in ITEMS.items])
AT = "2026-03-10T10:00:00+00:00"

Tree = dict[str, Any]
Change = Callable[[Tree], object]


def item_of(file: Tree, item: str) -> Tree:
    """Return one item of the raw file."""
    return next(found for found in file["items"] if found["id"] == item)


def option_of(file: Tree, item: str, key: str) -> Tree:
    """Return one option of the raw file."""
    return next(found for found in item_of(file, item)["options"] if found["key"] == key)


def changed(change: Change) -> str:
    """Return the shipped file with one thing changed."""
    file = deepcopy(yaml.safe_load(SHIPPED))
    change(file)
    return yaml.safe_dump(file)


def texts_of(item: Item) -> list[str]:
    """Return each text that a reader of this item meets."""
    texts = [item.question, item.seen_by, item.words or ""]
    if item.second:
        texts += [item.second.question, *(option.label for option in item.second.options)]
    for option in item.options:
        texts += [option.label, *(asked.label for asked in option.inputs)]
    return texts


def effects(item: ItemId) -> dict[str, Effect]:
    """Return what each option of an item does."""
    return {option.key: option.effect for option in ITEMS.of(item).options}


def test_the_shipped_file_holds_each_item_once() -> None:
    """All seven items load from the file that is shipped."""
    assert sorted(item.id for item in ITEMS.items) == sorted(ItemId)


@EACH
def test_every_item_offers_a_way_out(item: Item) -> None:
    """Don't know, not me, later and stop asking end the options of every item, and none of them scores."""
    last = item.options[-4:]
    assert [option.key for option in last] == list(Standing)
    assert [option.effect for option in last] == [Effect.UNKNOWN, Effect.NOT_ME, Effect.LATER, Effect.STOP_ASKING]
    assert not any(option.scores for option in last)


@EACH
def test_an_item_asks_kindly_and_one_thing(item: Item) -> None:
    """Texts are short and hold nothing that is banned, labels fit on a button, and each question asks one thing."""
    assert all(is_kind(text) for text in texts_of(item))
    assert item.question.count("?") == 1
    assert all(len(option.label) <= 40 for option in item.options)
    assert not any("?" in option.label for option in item.options)


@EACH
def test_an_item_can_be_filled_in(item: Item) -> None:
    """Every name in braces has a value, so no reader sees braces."""
    values = dict.fromkeys(HOLES[item.id], "Invoice coding")
    for text in texts_of(item):
        assert "{" not in text.format(**values)


@EACH
def test_an_answer_takes_two_taps_at_most(item: Item) -> None:
    """A choice opens one form or none, no form has more than three fields and a comment, and a comment may be left out."""
    for choice in item.to_choices():
        assert len([field for field in choice.form if field.key != "words"]) <= 3
        assert len({field.key for field in choice.form}) == len(choice.form)
        assert not any(field.required for field in choice.form if field.key == "words")
        assert all(bool(field.options) == (field.kind is FieldKind.CHOICE) for field in choice.form)


def test_a_label_does_what_it_says() -> None:
    """The effects of the items that move something are those their labels tell."""
    owner = effects(ItemId.HOLDS_BACK)
    assert {key for key, effect in owner.items() if effect is Effect.BLOCKED} == set(Cause)
    assert (owner["on_track"], owner["stop"]) == (Effect.ON_TRACK, Effect.DECIDE_STOP)
    decision = effects(ItemId.DECISION)
    assert all(decision[key] == key for key in ("scale", "fix", "stop", "need"))
    blocker = effects(ItemId.DEPENDENCY)
    assert [blocker[key] for key in ("done", "by", "need", "elsewhere", "objection")] == [
        Effect.DONE,
        Effect.PROMISE,
        Effect.NEED,
        Effect.ELSEWHERE,
        Effect.OBJECTION,
    ]
    useful = effects(ItemId.USEFUL)
    assert all(useful[key] == key for key in ("useful", "wrong_facts", "wrong_person", "bad_time", "too_many"))


def test_a_step_is_planned_with_day_time_and_one_if_then() -> None:
    """The next step asks for its moment and for one plan in case something gets in the way, in one form."""
    when = ITEMS.of(ItemId.NEXT_STEP).to_choices()[0]
    assert [(field.key, field.kind) for field in when.form] == [
        ("moment", FieldKind.MOMENT),
        ("second", FieldKind.CHOICE),
    ]
    assert [key for key, _ in when.form[1].options] == ["move", "sponsor", "programme"]


def test_a_costly_error_is_told_apart() -> None:
    """Money, law and harm are marked where the cost of an error is asked; a correction is not."""
    second = ITEMS.of(ItemId.QUALITY).second
    assert second
    assert {option.key for option in second.options if option.effect is Effect.COSTLY} == {"money", "harm"}


def test_two_answers_lead_to_another_item() -> None:
    """An owner who names quality is asked what lies between, one who would stop leads to the sponsor's decision."""
    options = {option.key: option.next for option in ITEMS.of(ItemId.HOLDS_BACK).options}
    assert options["quality"] is ItemId.QUALITY
    assert options["stop"] is ItemId.DECISION
    assert {key for key, following in options.items() if following} == {"quality", "stop"}


def test_a_blocker_learns_first_who_reads_the_answer() -> None:
    """The item for a blocker says that the owner and the sponsor see what is answered."""
    seen = ITEMS.of(ItemId.DEPENDENCY).seen_by
    assert "{owner}" in seen
    assert "sponsor" in seen


def test_an_objection_names_a_kind_of_concern() -> None:
    """Whoever advises against it chooses among the kinds of concern that a reply can hold."""
    second = ITEMS.of(ItemId.DEPENDENCY).second
    assert second
    assert [option.key for option in second.options] == list(Concern)
    assert second.asked_for == ("objection",)


def test_free_text_opens_no_form_and_ends_one() -> None:
    """An answer of one tap stays one; where a form is opened anyway, the comment is its last field."""
    choices = {choice.key: choice for choice in ITEMS.of(ItemId.HOLDS_BACK).to_choices()}
    assert choices["on_track"].form == ()
    assert [field.key for field in choices["data"].form] == ["second", "words"]
    assert [field.key for field in choices["later"].form] == ["day"]


def test_an_item_may_do_without_a_second_question() -> None:
    """An item of one tap loads, and its own options open no form."""
    items = read_part("items", changed(lambda f: item_of(f, "OWN-02").pop("second")))
    assert {choice.form for choice in items.of(ItemId.DATA).to_choices()[:-4]} == {()}


def test_scorings_hold_what_the_options_score() -> None:
    """The rules get audience, dimension and scores of each item, and nothing of its wording."""
    scorings = ITEMS.to_scorings()
    assert list(scorings) == [item.id for item in ITEMS.items]
    data = scorings[ItemId.DATA]
    assert (data.audience, data.about) == (Audience.OWNER, Dimension.DATA)
    assert data.options["live"] == {Dimension.DATA: 0}
    assert scorings[ItemId.QUALITY].options["no_bar"] == {Dimension.QUALITY: 2, Dimension.AUTHORITY: 1}
    assert "dont_know" not in data.options


REFUSED: dict[str, tuple[Change, str]] = {
    "an option twice": (
        lambda f: item_of(f, "OWN-02")["options"].append({"key": "live", "label": "Again"}),
        "option live is there twice",
    ),
    "an option twice at the second question": (
        lambda f: item_of(f, "OWN-05")["second"]["options"].append({"key": "small", "label": "Again"}),
        "option small is there twice",
    ),
    "an item twice": (lambda f: f["items"].append(deepcopy(f["items"][0])), "item OWN-01 is there twice"),
    "an item missing": (lambda f: f["items"].pop(0), "these items are missing: OWN-01"),
    "a key of a standing option": (
        lambda f: item_of(f, "OWN-02")["options"].append({"key": "later", "label": "Mine"}),
        "option of OWN-02 later is there twice",
    ),
    "a way out missing": (lambda f: f["standing"].pop("not_me"), "these need a text: not_me"),
    "a next that is not there": (
        lambda f: option_of(f, "OWN-02", "live").update(next="OWN-99"),
        "OWN-02.options.live.next: Input should be",
    ),
    "a next to itself": (
        lambda f: option_of(f, "OWN-02", "live").update(next="OWN-02"),
        "OWN-02 -> OWN-02 goes round in a circle",
    ),
    "a circle": (
        lambda f: (
            option_of(f, "OWN-02", "live").update(next="BLK-01"),
            option_of(f, "BLK-01", "done").update(next="OWN-02"),
        ),
        "goes round in a circle",
    ),
    "a chain of four": (
        lambda f: (
            option_of(f, "OWN-01", "on_track").update(next="OWN-02"),
            option_of(f, "OWN-02", "live").update(next="BLK-01"),
            option_of(f, "BLK-01", "done").update(next="SPN-01"),
        ),
        "OWN-01 -> OWN-02 -> BLK-01 -> SPN-01 is too long",
    ),
    "a form and then an item": (
        lambda f: item_of(f, "OWN-01")["second"]["asked_for"].append("quality"),
        "OWN-01, quality: a form and then OWN-05 are more than two taps",
    ),
    "a third tap": (
        lambda f: item_of(f, "OWN-05")["second"]["options"][0].update(next="OWN-02"),
        "next would take a third tap",
    ),
    "a score of four": (lambda f: option_of(f, "OWN-02", "none")["scores"].update(data=4), "less than or equal to 3"),
    "a score below nought": (
        lambda f: option_of(f, "OWN-02", "none")["scores"].update(data=-1),
        "greater than or equal to 0",
    ),
    "a score of yes": (lambda f: option_of(f, "OWN-02", "none")["scores"].update(data=True), "valid integer"),
    "a dimension we do not know": (lambda f: option_of(f, "OWN-02", "none")["scores"].update(luck=1), "Input should"),
    "two questions": (lambda f: item_of(f, "OWN-02").update(question="{pilot}? Why?"), "it holds 2 question marks"),
    "no question": (lambda f: item_of(f, "OWN-02").update(question="{pilot}."), "it holds 0 question marks"),
    "two questions in a list": (lambda f: item_of(f, "OWN-02").update(question=["A?", "B?"]), "valid string"),
    "two questions at the second tap": (
        lambda f: item_of(f, "OWN-02")["second"].update(question="Which? Where?"),
        "it holds 2 question marks",
    ),
    "a label that asks": (lambda f: option_of(f, "OWN-02", "live").update(label="Live?"), "it holds a question mark"),
    "a long label": (lambda f: option_of(f, "OWN-02", "live").update(label="x" * 41), "at most 40 characters"),
    "a label with braces": (lambda f: option_of(f, "OWN-02", "live").update(label="{pilot}"), "which nothing fills"),
    "a hole nothing fills": (
        lambda f: item_of(f, "OWN-02").update(question="{action}?"),
        "it holds {action}, which nothing fills; use {pilot}",
    ),
    "a hole with a format": (lambda f: item_of(f, "OWN-02").update(question="{pilot:>9}?"), "which nothing fills"),
    "a hole where there are none": (lambda f: item_of(f, "BOT-01").update(seen_by="{pilot}"), "no braces at all"),
    "a second question for nobody": (
        lambda f: item_of(f, "OWN-02")["second"].update(asked_for=["gone"]),
        "is asked for gone, which is no option here",
    ),
    "a second question with no answer": (
        lambda f: item_of(f, "OWN-02")["second"].pop("input"),
        "needs either options or an input",
    ),
    "a second question with two kinds of answer": (
        lambda f: item_of(f, "OWN-05")["second"].update(input="text"),
        "needs either options or an input",
    ),
    "a choice as an input": (
        lambda f: item_of(f, "OWN-02")["second"].update(input="choice"),
        "a choice is no input",
    ),
    "two inputs alike": (
        lambda f: option_of(f, "OWN-02", "live").update(inputs=[{"kind": "text", "label": "A"}] * 2),
        "input text is there twice",
    ),
    "a promise without a day": (
        lambda f: option_of(f, "BLK-01", "by").pop("inputs"),
        "by is to be a promise and asks for no day",
    ),
    "a block by no cause": (
        lambda f: option_of(f, "OWN-02", "live").update(effect="blocked"),
        "live is no cause of a block",
    ),
    "an effect we do not have": (lambda f: option_of(f, "OWN-02", "live").update(effect="party"), "Input should"),
    "a field we do not have": (lambda f: item_of(f, "OWN-02").update(third={}), "Extra inputs"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_not_hold_does_not_load(change: Change, reason: str) -> None:
    """A file with one thing wrong is refused, with its name and the reason in the sentence."""
    with pytest.raises(ContentError) as refusal:
        read_part("items", changed(change))
    said = str(refusal.value)
    assert said.startswith("items.yaml, ")
    assert reason in said


def test_a_fault_is_found_by_the_ids_around_it() -> None:
    """The place of a fault names the item and the option, not their numbers."""
    with pytest.raises(ContentError) as refusal:
        read_part("items", changed(lambda f: option_of(f, "OWN-02", "none")["scores"].update(data=7)))
    assert "items.OWN-02.options.none.scores.data" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no names"),
        ("- just\n- a list\n", "holds no names"),
        ("items: [", "is not YAML"),
        ("items: 3\n", "announce"),
        (SHIPPED + "\nannounce: Twice\n", "announce is named twice"),
        (SHIPPED.replace('label: "We can\'t get at it"', 'label: "A", label: "B"'), "label is named twice"),
    ],
)
def test_what_is_no_items_file_is_refused(text: str, reason: str) -> None:
    """Anything but a file of items is refused in one sentence, and so is a name that YAML would drop in silence."""
    with pytest.raises(ContentError, match=reason):
        read_part("items", text)


@given(st.text(max_size=60))
def test_any_label_fits_or_is_refused(label: str) -> None:
    """Whatever a label is, an option that holds it fits on a button and asks nothing."""
    try:
        option = Option(key="k", label=label)
    except ValidationError:
        return
    assert 1 <= len(option.label) <= 40
    assert "?" not in option.label
    assert option.label.format() is not None


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=3)))
def test_any_score_is_a_whole_number_up_to_three_or_refused(score: object) -> None:
    """Whatever a score is, an option that holds it scores 0, 1, 2 or 3."""
    try:
        option = Option.model_validate({"key": "k", "label": "L", "scores": {"data": score}})
    except ValidationError:
        return
    assert type(option.scores[Dimension.DATA]) is int
    assert option.scores[Dimension.DATA] in range(4)


def test_items_cannot_be_built_without_a_way_out() -> None:
    """Building the items from plain values adds the standing options as the file does."""
    built = Items.model_validate(yaml.safe_load(SHIPPED))
    assert all(set(Standing) <= {option.key for option in item.options} for item in built.items)


ANSWER = {"item": "OWN-01", "option": "data", "second": "Ana Lima", "words": "Since May", "at": AT, "by": "p_owner"}


def test_an_answer_is_kept_as_it_was_given() -> None:
    """An answer read back from its JSON equals the one that was stored."""
    answer = Answered.model_validate(ANSWER)
    assert Answered.model_validate_json(answer.model_dump_json()) == answer


@pytest.mark.parametrize(
    "change",
    [
        {"item": "OWN-99"},
        {"option": "Two words"},
        {"second": ""},
        {"second": "x" * 201},
        {"words": "x" * 281},
        {"at": "2026-03-10T10:00:00"},
        {"by": ""},
        {"mood": "good"},
    ],
)
def test_an_answer_holds_nothing_else(change: dict[str, str]) -> None:
    """An answer to an unknown item, too long, without a zone, or with a field more is refused."""
    with pytest.raises(ValidationError):
        Answered.model_validate(ANSWER | change)
