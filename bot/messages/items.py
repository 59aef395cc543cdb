"""The survey items as a validated model; an adapter loads the file.

An item is one question that two taps answer: the first chooses, the second sends the one form that the choice may open.
What would make it longer than that does not load.
"""

from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from bot.domain.reply import Cause
from bot.domain.survey import Audience, Dimension, Effect, ItemId, Key, Score, Scoring, Standing
from bot.domain.value import Value
from bot.messages.braces import Plain, complete, holes
from bot.messages.model import Choice, FieldKind, FormField

LONGEST_LABEL: Final = 40
"""Characters that fit on a button of either chat."""
LONGEST_CHAIN: Final = 2
"""Items that may follow one another in answer to replies."""

HOLES: Final[dict[ItemId, tuple[str, ...]]] = {
    ItemId.HOLDS_BACK: ("pilot",),
    ItemId.DATA: ("pilot",),
    ItemId.QUALITY: ("pilot",),
    ItemId.NEXT_STEP: ("pilot", "action"),
    ItemId.DEPENDENCY: ("pilot", "owner", "thing", "day"),
    ItemId.DECISION: ("pilot", "stage", "day"),
    ItemId.USEFUL: (),
}
"""What may stand in braces in the texts of each item."""

NEEDED: Final[dict[Effect, frozenset[FieldKind]]] = {
    Effect.STEP: frozenset({FieldKind.MOMENT}),
    Effect.OTHER_STEP: frozenset({FieldKind.TEXT, FieldKind.MOMENT}),
    Effect.PROMISE: frozenset({FieldKind.DAY}),
    Effect.NEED: frozenset({FieldKind.TEXT}),
    Effect.ELSEWHERE: frozenset({FieldKind.PERSON}),
    Effect.FIX: frozenset({FieldKind.DAY}),
    Effect.LATER: frozenset({FieldKind.DAY}),
}
"""What an option has to ask for, so that it can do what it says."""

STANDING: Final[dict[Standing, Effect]] = {
    Standing.DONT_KNOW: Effect.UNKNOWN,
    Standing.NOT_ME: Effect.NOT_ME,
    Standing.LATER: Effect.LATER,
    Standing.STOP_ASKING: Effect.STOP_ASKING,
}
"""What the options do that every item offers."""


def _one_question(text: str) -> str:
    """Refuse a text that asks more or less than one thing."""
    asked = text.count("?")
    if asked != 1:
        msg = f"it holds {asked} question marks; ask one question"
        raise ValueError(msg)
    return text


def _no_question(text: str) -> str:
    """Refuse a label that asks something itself."""
    if "?" in text:
        raise ValueError("it holds a question mark; the item asks its one question elsewhere")
    return text


def _fillable(kind: FieldKind) -> FieldKind:
    """Refuse an input that is no input."""
    if kind is FieldKind.CHOICE:
        raise ValueError("a choice is no input; list its options in the second question")
    return kind


Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL), holes(), AfterValidator(_no_question)]
Ask = Annotated[str, AfterValidator(_one_question)]
Fillable = Annotated[FieldKind, AfterValidator(_fillable)]


class Input(Value):
    """What an option asks for in its form."""

    kind: Fillable
    label: Label
    required: bool = True


class Option(Value):
    """One answer to an item: what it does, what it scores, and what it asks for or leads to."""

    key: Key
    label: Label
    effect: Effect = Effect.NONE
    scores: dict[Dimension, Score] = Field(default_factory=dict)
    inputs: Annotated[tuple[Input, ...], Field(max_length=2)] = ()
    next: ItemId | None = None
    """The item that is asked in answer to this one."""

    @model_validator(mode="after")
    def _inputs_differ(self) -> Self:
        _once("input", [given.kind for given in self.inputs])
        return self


class SecondOption(Value):
    """One answer to a second question; nothing follows it."""

    key: Key
    label: Label
    effect: Effect = Effect.NONE

    @model_validator(mode="before")
    @classmethod
    def _ends_here(cls, given: object) -> object:
        """Refuse, in words, what would take a third tap."""
        further = sorted({"inputs", "next", "second"} & set(given)) if isinstance(given, dict) else []
        if further:
            msg = f"{further[0]} would take a third tap; two are the most, so nothing follows a second question"
            raise ValueError(msg)
        return given


class Second(Value):
    """The question that some answers open: options to choose from, or one input, never both."""

    question: Ask
    asked_for: Annotated[tuple[Key, ...], Field(min_length=1)]
    """Keys of the options that open it."""
    options: tuple[SecondOption, ...] = ()
    input: Fillable | None = None
    required: bool = True

    @model_validator(mode="after")
    def _one_way_to_answer(self) -> Self:
        if bool(self.options) == (self.input is not None):
            raise ValueError("a second question needs either options or an input")
        _once("option", [option.key for option in self.options])
        return self


class Item(Value):
    """One question with its answers. As a part of `Items` its options hold the four standing ones, last."""

    id: ItemId
    audience: Audience
    about: Dimension | None = None
    """The dimension whose state it asks for, if that is one."""
    question: Ask
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    second: Second | None = None
    words: Label | None = None
    """Label of the free text that a form ends with; it is never required."""
    seen_by: str
    """Who will see the answer, said before it is given."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Refuse an item whose parts do not fit each other."""
        keys = [option.key for option in self.options]
        _once("option", keys)
        for key in self.second.asked_for if self.second else ():
            if key not in keys:
                msg = f"the second question is asked for {key}, which is no option here"
                raise ValueError(msg)
        for option in self.options:
            _does_what_it_says(option, self._kinds(option))
        for text in self._filled_in():
            _holds_known(text, HOLES[self.id])
        return self

    def to_choices(self) -> tuple[Choice, ...]:
        """Return the answers as a message offers them, in the order of the file.

        Fields of a form are keyed by the kind of the input, `second` and `words`.
        """
        return tuple(Choice(key=o.key, label=o.label, form=self._form(o)) for o in self.options)

    def opens_form(self, option: Option) -> bool:
        """Whether choosing this option asks for anything more."""
        return bool(self._kinds(option))

    def _kinds(self, option: Option) -> frozenset[FieldKind]:
        """Return what is asked of somebody who chose this option."""
        kinds = {given.kind for given in option.inputs}
        second = self._second_of(option)
        return frozenset(kinds | ({second.input or FieldKind.CHOICE} if second else set()))

    def _second_of(self, option: Option) -> Second | None:
        return self.second if self.second and option.key in self.second.asked_for else None

    def _filled_in(self) -> Iterator[str]:
        """Return the texts that may hold names in braces."""
        yield self.question
        yield self.seen_by
        if self.second:
            yield self.second.question

    def _form(self, option: Option) -> tuple[FormField, ...]:
        form = [FormField(key=i.kind, label=i.label, kind=i.kind, required=i.required) for i in option.inputs]
        second = self._second_of(option)
        if second:
            kind = second.input or FieldKind.CHOICE
            options = tuple((o.key, o.label) for o in second.options)
            asked = second.question
            form.append(FormField(key="second", label=asked, kind=kind, required=second.required, options=options))
        # Free text never opens a form by itself: an answer of one tap stays one.
        takes_words = option.key not in tuple(Standing) and FieldKind.TEXT not in self._kinds(option)
        if form and self.words and takes_words:
            form.append(FormField(key="words", label=self.words, kind=FieldKind.TEXT, required=False))
        return tuple(form)


class Items(Value):
    """The whole file: every item once, each with the standing options added to its own."""

    announce: Plain
    """Says before a question how little it is."""
    until: Label
    """Label of the day until which somebody is left alone."""
    instead: Label
    """Label of the person to ask instead."""
    standing: Annotated[dict[Standing, Label], complete(tuple(Standing))]
    items: tuple[Item, ...]

    @field_validator("items", mode="after")
    @classmethod
    def _add_standing(cls, items: tuple[Item, ...], info: ValidationInfo) -> tuple[Item, ...]:
        """Add to each item what none may lack, under keys that an item may not use itself."""
        if not {"standing", "until", "instead"} <= info.data.keys():
            return items
        asked = {
            Standing.LATER: (Input(kind=FieldKind.DAY, label=info.data["until"]),),
            Standing.NOT_ME: (Input(kind=FieldKind.PERSON, label=info.data["instead"], required=False),),
        }
        labels = info.data["standing"]
        added = tuple(
            Option(key=key, label=labels[key], effect=effect, inputs=asked.get(key, ()))
            for key, effect in STANDING.items()
        )
        for item in items:
            _once(f"option of {item.id}", [option.key for option in (*item.options, *added)])
        return tuple(item.model_copy(update={"options": (*item.options, *added)}) for item in items)

    @model_validator(mode="after")
    def _each_item_once(self) -> Self:
        _once("item", [item.id for item in self.items])
        missing = [known for known in ItemId if known not in {item.id for item in self.items}]
        if missing:
            msg = f"these items are missing: {', '.join(missing)}"
            raise ValueError(msg)
        for item in self.items:
            self._leads_on(item, (item.id,))
        return self

    def _leads_on(self, item: Item, way: tuple[ItemId, ...]) -> None:
        """Refuse what follows an item when it comes back, goes on for too long, or takes too many taps."""
        for option in item.options:
            if option.next is None:
                continue
            then = self.of(option.next)
            shown = " -> ".join((*way, then.id))
            if then.id in way:
                msg = f"{shown} goes round in a circle"
                raise ValueError(msg)
            if len(way) > LONGEST_CHAIN:
                msg = f"{shown} is too long; at most {LONGEST_CHAIN} items may follow one"
                raise ValueError(msg)
            if then.audience is item.audience and item.opens_form(option):
                msg = f"{item.id}, {option.key}: a form and then {then.id} are more than two taps; leave one out"
                raise ValueError(msg)
            self._leads_on(then, (*way, then.id))

    def of(self, item: ItemId) -> Item:
        """Return the item of this id."""
        return next(known for known in self.items if known.id == item)

    def to_scorings(self) -> dict[ItemId, Scoring]:
        """Return what the rules of asking and scoring need to know of each item."""
        return {
            item.id: Scoring(
                item=item.id,
                audience=item.audience,
                about=item.about,
                options={option.key: option.scores for option in item.options if option.scores},
            )
            for item in self.items
        }


def _once(what: str, keys: list[str] | list[FieldKind] | list[ItemId]) -> None:
    """Refuse a key that stands twice."""
    for at, key in enumerate(keys):
        if key in keys[:at]:
            msg = f"{what} {key} is there twice"
            raise ValueError(msg)


def _does_what_it_says(option: Option, asked: frozenset[FieldKind]) -> None:
    """Refuse an option that does not ask for what its effect needs."""
    lacking = sorted(NEEDED.get(option.effect, frozenset()) - asked)
    if lacking:
        msg = f"{option.key} is to be a {option.effect} and asks for no {lacking[0]}"
        raise ValueError(msg)
    if option.effect is Effect.BLOCKED and option.key not in tuple(Cause):
        msg = f"{option.key} is no cause of a block; use one of {', '.join(Cause)}"
        raise ValueError(msg)


def _holds_known(text: str, names: tuple[str, ...]) -> None:
    """Refuse braces that nothing fills."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None and (name not in names or spec or conversion):
            known = ", ".join(f"{{{known}}}" for known in names) or "no braces at all"
            msg = f"it holds {{{name}}}, which nothing fills; use {known}"
            raise ValueError(msg)
