"""Items that answer a reply: which one follows, how it reads, and what is made of a tap on it."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
import yaml
from builders import NOW, finding, open_case
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tone import MOST_WORDS, is_kind

from adapters.content import load_texts
from bot.domain.ask import Request, RequestState, Thing
from bot.domain.case import Asked, Case, CaseState, Commitment
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState, Step
from bot.domain.people import Person, Preferences
from bot.domain.pilot import Pilot
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    DontKnow,
    Feedback,
    ItemAnswer,
    NextStep,
    NotMe,
    OnTrack,
    ProposeStop,
    SnoozeUntil,
    StepDone,
    StopAsking,
)
from bot.domain.survey import (
    Answered,
    Dimension,
    Effect,
    FeedbackOption,
    ItemId,
    Posed,
    Standing,
    StepOption,
)
from bot.messages.answers import Unclear, Value
from bot.messages.asks import About
from bot.messages.follow_ups import (
    bank_of,
    feedback_receipt,
    feedback_section,
    item_receipt,
    item_section,
    otherwise,
    read_item,
    suggested_step,
    to_message,
)
from bot.messages.item_texts import OWNERS, ItemTexts
from bot.messages.plain import to_plain
from bot.policy.follow_ups import known_from_registry, next_item
from bot.policy.item_effects import HOURS

TEXTS = load_texts()
RAW = yaml.safe_load((files("bot") / "content" / "follow_ups.yaml").read_text(encoding="utf-8"))
SAID = ItemTexts.model_validate(RAW)
BANK = bank_of(TEXTS.items)
DAY = timedelta(days=1)
TODAY = NOW.date()
DANA = Person(id="p_owner", name="dana")
LEDGER = Thing(kind="data", words="read access to the ledger")
DATA, QUALITY = BlockedBy(cause=Cause.DATA), BlockedBy(cause=Cause.QUALITY)
OTHER = BlockedBy(cause=Cause.OTHER)
ABOUT = About(case=open_case(), pilot="Invoice coding", owner="dana", today=TODAY)


def request(**changes: object) -> Request:
    """Return Kim's wish, which needs something first."""
    given: dict[str, object] = {
        "person": "p_kim",
        "name": "Kim",
        "thing": LEDGER,
        "due": TODAY + 14 * DAY,
        "since": TODAY,
        "made_at": NOW - 9 * DAY,
        "leaves_on": TODAY - 8 * DAY,
        "state": RequestState.NEEDS,
        "said": "a list of names",
        "said_at": NOW - 5 * DAY,
    }
    return Request.model_validate(given | changes)


def asked(step: Step, age: timedelta = DAY, **changes: object) -> Asked:
    """Return that something was said to the owner so long ago."""
    at = NOW - age
    given: dict[str, object] = {
        "outreach": f"o-{step}",
        "step": step,
        "loop": 1,
        "occurrence": 0,
        "person": "p_owner",
        "decided_at": at,
        "sent_at": at,
        "outcome": DeliveryState.SENT,
    }
    return Asked.model_validate(given | changes)


TOLD = open_case(requests=(request(),), asked=(asked(Step.NUDGE, 12 * DAY), asked(Step.TOLD, thing=LEDGER.key)))
"""The owner was told that Kim needs something first."""
CHECKED = open_case(requests=(request(state=RequestState.DONE, said=None),), asked=(asked(Step.CHECK),))
"""Kim said that it is there, use has not followed, and the owner was asked about that."""


def then(answer: Answer, case: Case | None = None, person: Person = DANA, **given: Any) -> ItemId | None:  # noqa: ANN401  what next_item takes
    """Return what is asked after an answer."""
    return next_item(case or open_case(), answer, person, BANK, NOW, **given)


def posed(item: ItemId, age: timedelta = DAY, *, in_reply: bool = True) -> Posed:
    """Return that the owner was asked this so long ago."""
    return Posed(item=item, person="p_owner", at=NOW - age, in_reply=in_reply)


def said(item: ItemId, option: str, age: timedelta = DAY, by: str = "p_owner") -> Answered:
    """Return what was answered so long ago."""
    return Answered(item=item, option=option, at=NOW - age, by=by)


def read(item: ItemId, choice: str, **values: Value) -> Answer | Unclear:
    """Return what a tap with these values is."""
    return read_item(item, choice, values, TEXTS, now=NOW, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("answer", "item"),
    [
        (DATA, ItemId.DATA),
        (BlockedBy(cause=Cause.DATA, person="Kim"), ItemId.DATA),
        (QUALITY, ItemId.QUALITY),
        (ItemAnswer(item=ItemId.HOLDS_BACK, option="quality"), ItemId.QUALITY),
        (ItemAnswer(item=ItemId.HOLDS_BACK, option="data"), ItemId.DATA),
        (ItemAnswer(item=ItemId.HOLDS_BACK, option="stop"), None),
        (ItemAnswer(item=ItemId.DATA, option="sample"), None),
        (OTHER, None),
        (BlockedBy(cause=Cause.TARGETS), None),
        (OnTrack(), None),
        (StepDone(), None),
        (DontKnow(), None),
        (NextStep(action="Ask legal", at=NOW + DAY), None),
    ],
)
def test_a_cause_is_made_concrete_by_one_item(answer: Answer, item: ItemId | None) -> None:
    """Data leads to how far the data are, quality to what lies in between, and nothing else leads anywhere by itself."""
    assert then(answer) is item


@pytest.mark.parametrize("case", [TOLD, CHECKED], ids=["told", "checked"])
@pytest.mark.parametrize(
    ("answer", "is_asked"),
    [
        (StepDone(), True),
        (DontKnow(), True),
        (OTHER, True),
        (BlockedBy(cause=Cause.OTHER, person="Jo"), False),
        (BlockedBy(cause=Cause.TARGETS), False),
        (OnTrack(), False),
        (SnoozeUntil(until=TODAY + 9 * DAY), False),
        (NextStep(action="Send the list", at=NOW + DAY), False),
        (NotMe(), False),
        (StopAsking(), False),
        (ProposeStop(), False),
    ],
)
def test_a_next_step_is_asked_for_where_an_answer_leaves_it_open(case: Case, answer: Answer, *, is_asked: bool) -> None:
    """After news that leaves the owner at a loss a step is suggested; not after a step, a name, or a wish for quiet."""
    assert then(answer, case) is (ItemId.NEXT_STEP if is_asked else None)


@pytest.mark.parametrize(
    "case",
    [
        open_case(requests=(request(),), asked=(asked(Step.NUDGE),)),
        open_case(requests=(request(),)),
        TOLD.model_copy(update={"asked": (asked(Step.TOLD, thing="another"),)}),
        TOLD.model_copy(update={"asked": (asked(Step.TOLD, thing=LEDGER.key, outcome=DeliveryState.DROPPED),)}),
        TOLD.model_copy(update={"requests": (request(state=RequestState.OBJECTED),)}),
        CHECKED.model_copy(update={"findings": (finding(recent_share=0.9),)}),
        CHECKED.model_copy(update={"findings": (finding(closed_on=TODAY),)}),
        CHECKED.model_copy(update={"requests": ()}),
        CHECKED.model_copy(update={"requests": (request(state=RequestState.DONE, said_at=None),)}),
        CHECKED.model_copy(update={"requests": (request(state=RequestState.DONE, said_at=NOW),)}),
    ],
    ids=["untold", "unasked", "other", "dropped", "objected", "coming", "clear", "none", "registry", "later"],
)
def test_no_step_is_suggested_where_it_is_not_needed(case: Case) -> None:
    """Nobody is asked for a step before they were told why, or while use is coming back."""
    assert then(StepDone(), case) is None


def test_data_named_once_more_is_asked_for_before_a_step() -> None:
    """Of two items that could follow, the one that makes the cause concrete comes first; the step when that is known."""
    assert then(DATA, CHECKED) is ItemId.DATA
    known = CHECKED.model_copy(update={"answers": (said(ItemId.DATA, "sample"),)})
    assert then(DATA, known) is ItemId.NEXT_STEP


@pytest.mark.parametrize(
    ("case", "person"),
    [
        (open_case(), DANA.model_copy(update={"opted_out": True})),
        (open_case(disowned=("p_owner",)), DANA),
        (open_case(state=CaseState.RECOVERED), DANA),
    ],
    ids=["opted out", "disowned", "closed"],
)
def test_who_wants_no_messages_or_has_no_part_in_it_is_asked_nothing(case: Case, person: Person) -> None:
    """Somebody who opted out or said that it's not theirs gets no item, and none is asked about what has ended."""
    assert then(DATA, case, person) is None


def test_what_is_known_is_not_asked() -> None:
    """An answer holds for 60 days whoever gave it, and what the registry tells is not asked at all."""
    fresh = open_case(answers=(said(ItemId.DATA, "live", 59 * DAY, by="p_lee"),))
    old = open_case(answers=(said(ItemId.DATA, "live", 61 * DAY, by="p_lee"),))
    assert (then(DATA, fresh), then(DATA, old)) == (None, ItemId.DATA)
    assert then(DATA, known=frozenset({Dimension.DATA})) is None
    assert then(QUALITY, known=frozenset({Dimension.DATA})) is ItemId.QUALITY


def test_who_can_not_tell_is_not_asked_again_and_again() -> None:
    """Not theirs means never this item again; not knowing twice means that somebody else would have to be asked."""
    assert then(DATA, open_case(answers=(said(ItemId.DATA, Standing.NOT_ME),))) is None
    once = (said(ItemId.DATA, Standing.DONT_KNOW, 20 * DAY),)
    assert then(DATA, open_case(answers=once)) is ItemId.DATA
    assert then(DATA, open_case(answers=(*once, said(ItemId.DATA, Standing.DONT_KNOW)))) is None


@given(
    ages=st.lists(st.integers(min_value=0, max_value=30 * 24), max_size=5),
    here=st.integers(min_value=0, max_value=5),
    free=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_two_items_in_reply_are_the_most_of_two_weeks(ages: list[int], here: int, free: list[bool]) -> None:
    """However many pilots somebody has, two items answer their replies within 14 days; the cap of others is apart."""
    items = [posed(ItemId.QUALITY, timedelta(hours=h), in_reply=f) for h, f in zip(ages, free, strict=False)]
    case = open_case(posed=tuple(items[:here]))
    recent = sum(one.in_reply and one.at > NOW - 14 * DAY for one in items)
    assert (then(DATA, case, elsewhere=tuple(items[here:])) is ItemId.DATA) == (recent < 2)


@pytest.mark.parametrize(
    ("mode", "since", "known"),
    [
        ("curated", TODAY - 60 * DAY, True),
        ("curated", TODAY - 61 * DAY, False),
        ("live", None, False),
        (None, TODAY, False),
    ],
)
def test_the_registry_tells_of_data_for_as_long_as_an_answer_holds(
    mode: str | None, since: date | None, *, known: bool
) -> None:
    """A state of the data that was noted within 60 days is known; an older one, or one without a day, is not."""
    pilot = Pilot(id="tax", name="Tax", data_mode=mode, data_mode_since=since)
    assert known_from_registry(pilot, TODAY) == (frozenset({Dimension.DATA}) if known else frozenset())
    assert known_from_registry(None, TODAY) == frozenset()


def test_the_bank_knows_what_an_option_leads_to() -> None:
    """What follows an option of the file is known to the rules; scores and roles are as they were."""
    assert BANK[ItemId.HOLDS_BACK].leads == {"quality": ItemId.QUALITY, "stop": ItemId.DECISION}
    plain = TEXTS.items.to_scorings()
    assert {k: v.model_copy(update={"leads": {}}) for k, v in BANK.items()} == plain


def test_keys_that_the_rules_name_are_those_of_the_file() -> None:
    """Each option of a step and of feedback does in the file what the rules make of its key."""
    effects = {i: {o.key: o.effect for o in TEXTS.items.of(i).options} for i in (ItemId.NEXT_STEP, ItemId.USEFUL)}
    steps = dict(zip(StepOption, (Effect.STEP, Effect.OTHER_STEP, Effect.NEED, Effect.PAUSE), strict=True))
    own = {k: v for k, v in effects[ItemId.NEXT_STEP].items() if k not in tuple(Standing)}
    assert own == steps
    fed = {k: v for k, v in effects[ItemId.USEFUL].items() if k not in tuple(Standing)}
    assert fed == {option: Effect(option.value) for option in FeedbackOption}
    parts, ways = TEXTS.items.of(ItemId.USEFUL).second, TEXTS.items.of(ItemId.NEXT_STEP).second
    assert parts is not None
    assert [o.key for o in parts.options] == list(HOURS)
    assert ways is not None
    assert [o.key for o in ways.options] == list(SAID.receipts.otherwise)


@pytest.mark.parametrize("item", OWNERS)
@pytest.mark.parametrize(
    "case", [open_case(), TOLD, open_case(finding(Kind.STALL)), open_case(finding(Kind.STAGE_AGE))]
)
def test_an_item_is_short_and_says_who_sees_the_answer(item: ItemId, case: Case) -> None:
    """Fact and question hold at most 60 kind words and one question; below stands who sees the answer and how to say no."""
    section = item_section(item, About(case=case, pilot="Invoice coding", owner="dana", today=TODAY), TEXTS, SAID)
    whole = f"{section.fact} {section.question}"
    assert is_kind(whole)
    assert whole.count("?") == 1
    assert section.asks is item
    assert "programme admins see the answer" in section.footer
    assert "stop asking" in section.footer
    assert [c.key for c in section.choices][-4:] == list(Standing)
    assert "{" not in whole + section.footer


def test_names_make_a_step_no_longer_than_a_message() -> None:
    """However long names are the question keeps to 60 words, and what somebody wrote is not quoted in a step that is kept."""
    long = request(name="n " * 30, said="a list of names " * 17)
    case = TOLD.model_copy(update={"requests": (long,)})
    about = About(case=case, pilot="a pilot with " * 20, owner="dana", today=TODAY)
    section = item_section(ItemId.NEXT_STEP, about, TEXTS, SAID)
    assert len(f"{section.fact} {section.question}".split()) <= MOST_WORDS
    assert len(suggested_step(case, SAID)) <= 280
    assert "list of names" not in suggested_step(case, SAID)


def test_a_step_is_suggested_by_what_was_needed_or_found() -> None:
    """What somebody needs first comes before a step for what was found; every kind has one."""
    assert suggested_step(TOLD, SAID) == "get Kim what they need first"
    assert suggested_step(open_case(finding(Kind.STALL)), SAID) == SAID.steps["stall"]
    assert suggested_step(Case(pilot="tax", ordinal=1, opened_at=NOW), SAID) == SAID.steps["drop_off"]


def test_the_step_that_was_shown_stays_the_one_that_is_read() -> None:
    """A step that was put to somebody is shown again as the case has kept it."""
    kept = Posed(item=ItemId.NEXT_STEP, person="p_owner", at=NOW, in_reply=True, action="walk over to Kim")
    about = About(case=TOLD.model_copy(update={"posed": (kept,)}), pilot="Tax", owner="dana", today=TODAY)
    assert "could be this: walk over to Kim." in (item_section(ItemId.NEXT_STEP, about, TEXTS, SAID).question or "")


@pytest.mark.parametrize("item", [ItemId.DEPENDENCY, ItemId.DECISION, ItemId.USEFUL])
def test_an_item_of_somebody_else_is_not_put_to_an_owner(item: ItemId) -> None:
    """What asks another role is refused."""
    with pytest.raises(ValueError, match="is not put to an owner"):
        item_section(item, ABOUT, TEXTS, SAID)


def test_an_item_reads_as_a_message_that_says_how_little_it_is() -> None:
    """In plain text the announcement comes first, then fact, question, numbered answers, and who sees them."""
    text = to_plain(to_message(item_section(ItemId.DATA, ABOUT, TEXTS, SAID), TEXTS))
    assert text.startswith(TEXTS.items.announce)
    assert "  1  In place, and we may use it" in text
    assert text.endswith("To say no, say 'later', 'not me' or 'stop asking'.")


def test_feedback_stands_for_a_pilot_or_for_a_message_about_many() -> None:
    """Under a message about a pilot everything can be said; about none, nothing that would need one."""
    shown = item_section(ItemId.DATA, ABOUT, TEXTS, SAID)
    one = feedback_section(shown.model_copy(update={"thing": "t"}), TEXTS, SAID)
    assert (one.case_id, one.pilot, one.thing, one.asks) == (shown.case_id, shown.pilot, "t", ItemId.USEFUL)
    assert [c.key for c in one.choices] == [*FeedbackOption, *Standing]
    assert "Invoice coding" in one.fact
    many = feedback_section(shown.model_copy(update={"pilot": ""}), TEXTS, SAID)
    assert [c.key for c in many.choices] == ["useful", "bad_time", "too_many", "dont_know", "stop_asking"]
    assert all(is_kind(f"{section.fact} {section.question}") for section in (one, many))


TEN = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "choice", "values", "answer"),
    [
        (ItemId.DATA, "live", {}, {}),
        (ItemId.DATA, "sample", {}, {}),
        (ItemId.DATA, "sample", {"second": "the ledger"}, {"second": "the ledger"}),
        (
            ItemId.QUALITY,
            "missed",
            {"second": "rework", "words": "half of it"},
            {"second": "rework", "words": "half of it"},
        ),
        (ItemId.QUALITY, "missed", {"second": "2"}, {"second": "rework"}),
        (ItemId.NEXT_STEP, "when", {"moment": "2026-03-12 10:00", "second": "move"}, {"at": TEN, "second": "move"}),
        (
            ItemId.NEXT_STEP,
            "other",
            {"moment": "2026-03-12 10:00", "text": "call Jo", "second": "sponsor"},
            {"at": TEN, "words": "call Jo", "second": "sponsor"},
        ),
        (ItemId.NEXT_STEP, "first", {"text": "a list", "person": "Jo"}, {"words": "a list", "person": "Jo"}),
        (ItemId.NEXT_STEP, "first", {"text": "a list"}, {"words": "a list"}),
        (ItemId.NEXT_STEP, "not_now", {"text": "left aside"}, {}),
        (ItemId.HOLDS_BACK, "approval", {"second": "Kim"}, {"second": "Kim"}),
        (ItemId.DATA, "dont_know", {}, {}),
        (ItemId.DATA, "not_me", {"person": "Jo"}, {"person": "Jo"}),
        (ItemId.DATA, "later", {"day": "in two weeks"}, {"day": date(2026, 3, 24)}),
        (ItemId.DATA, "stop_asking", {}, {}),
    ],
)
def test_a_tap_with_its_form_is_an_answer(
    item: ItemId, choice: str, values: dict[str, Value], answer: dict[str, object]
) -> None:
    """Each option of an item becomes an answer that holds what its form asked for and nothing else."""
    assert read(item, choice, **values) == ItemAnswer.model_validate({"item": item, "option": choice, **answer})


def test_feedback_is_read_like_an_item() -> None:
    """A tap under a message is feedback, with the part of the day, words, a name or a day."""
    assert read(ItemId.USEFUL, "bad_time", second="noon") == Feedback(option="bad_time", second="noon")
    assert read(ItemId.USEFUL, "wrong_facts", text="we moved") == Feedback(option="wrong_facts", words="we moved")
    assert read(ItemId.USEFUL, "wrong_person", person="Jo") == Feedback(option="wrong_person", person="Jo")
    assert read(ItemId.USEFUL, "later", day="in two weeks") == Feedback(option="later", day=date(2026, 3, 24))


@pytest.mark.parametrize(
    ("item", "choice", "values", "keys"),
    [
        (ItemId.NEXT_STEP, "when", {}, ["moment", "second"]),
        (ItemId.NEXT_STEP, "when", {"moment": "2026-03-01 10:00", "second": "move"}, ["moment"]),
        (ItemId.NEXT_STEP, "other", {"moment": "2026-03-12 10:00", "second": "move"}, ["text"]),
        (ItemId.NEXT_STEP, "first", {}, ["text"]),
        (ItemId.NEXT_STEP, "first", {"text": "n" * 201}, ["text"]),
        (ItemId.NEXT_STEP, "first", {"text": "n", "person": "n" * 201}, ["person"]),
        (ItemId.QUALITY, "missed", {}, ["second"]),
        (ItemId.DATA, "sample", {"second": "n" * 201}, ["second"]),
        (ItemId.DATA, "later", {}, ["day"]),
        (ItemId.USEFUL, "bad_time", {"second": "midnight"}, ["second"]),
        (ItemId.DATA, "when", {}, ["choice"]),
        (ItemId.DEPENDENCY, "done", {}, ["choice"]),
    ],
)
def test_what_is_missing_is_asked_back(item: ItemId, choice: str, values: dict[str, Value], keys: list[str]) -> None:
    """A gap of the form is asked back under its own key, and a choice that is not offered is refused."""
    found = read(item, choice, **values)
    assert isinstance(found, Unclear)
    assert list(found.reasons) == keys
    assert all(is_kind(reason) for reason in found.reasons.values())


@pytest.mark.parametrize(
    "given",
    [
        {"item": "OWN-10", "option": "when"},
        {"item": "OWN-10", "option": "other", "at": TEN},
        {"item": "OWN-10", "option": "first"},
        {"item": "OWN-02", "option": "later"},
    ],
)
def test_an_answer_without_what_it_needs_is_none(given: dict[str, object]) -> None:
    """A promise without a moment, a need without words or a delay without a day can't be made."""
    with pytest.raises(ValidationError, match="it lacks"):
        ItemAnswer.model_validate(given)
    with pytest.raises(ValidationError, match="it lacks a day"):
        Feedback(option="later")


def test_receipts_name_what_was_understood() -> None:
    """What is said after an answer tells whether anything moves, the way round an obstacle, and each day and hour."""
    assert item_receipt(ItemAnswer(item=ItemId.DATA, option="live"), SAID) == SAID.receipts.recorded
    assert item_receipt(ItemAnswer(item=ItemId.DATA, option="dont_know"), SAID) == SAID.receipts.dont_know
    step = Commitment(action="call Jo", due_at=TEN, said_by="p_owner", made_at=NOW, otherwise="sponsor")
    assert otherwise(open_case(commitment=step), SAID) == SAID.receipts.otherwise["sponsor"]
    assert otherwise(open_case(commitment=step.model_copy(update={"otherwise": None})), SAID) == ""
    assert otherwise(open_case(), SAID) == ""
    own = Preferences(hour=9, few_until=date(2026, 4, 9))
    muted = open_case(muted={Kind.DROP_OFF: date(2026, 3, 24)})
    told = {o: feedback_receipt(Feedback(option=o), muted, own, SAID, TODAY) for o in FeedbackOption}
    assert "until Tue 24 March" in told[FeedbackOption.WRONG_FACTS]
    assert "until Thu 9 April" in told[FeedbackOption.TOO_MANY]
    assert "from 09:00 on" in told[FeedbackOption.BAD_TIME]
    assert all(is_kind(text) and "{" not in text for text in told.values())
    assert feedback_receipt(Feedback(option="dont_know"), None, own, SAID, TODAY) == SAID.receipts.dont_know


def test_the_shipped_texts_are_kind_and_closed() -> None:
    """Nothing that a reader meets is banned, and a text that nothing says, or a name that nothing fills, does not load."""
    lines = [*SAID.facts.values(), *SAID.lines.values(), *SAID.steps.values(), SAID.footer, SAID.under]
    assert all(is_kind(text) for text in [*lines, SAID.feedback, SAID.feedback_plain, SAID.receipts.recorded])
    for change in ({"more": "x"}, {"under": "say {what}"}, {"facts": {}}, {"steps": SAID.steps | {"source_late": "x"}}):
        with pytest.raises(ValidationError):
            ItemTexts.model_validate(RAW | change)
