"""Messages to people who can clear the way: short, kind, complete in themselves, and proof against any words."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from builders import NOW, finding, open_case
from hypothesis import given, settings
from hypothesis import strategies as st
from tone import BANNED, MOST_WORDS

from adapters.content import load_texts
from bot.domain.ask import Request, RequestState, Thing
from bot.domain.case import Block, Case, CaseState
from bot.domain.decision import Decided, OpenDecision, OpenedBy, Verdict
from bot.domain.finding import Kind
from bot.domain.outreach import Outreach, Role, Step
from bot.domain.reply import (
    Answer,
    BlockedBy,
    Cause,
    ChangeRequest,
    Cleared,
    Concern,
    Decide,
    DontKnow,
    Elsewhere,
    HandOver,
    HoldRequest,
    NeedsFirst,
    NotMe,
    Object,
    Promise,
    ProposeStop,
    Reply,
    SnoozeUntil,
    StopAsking,
    WithdrawRequest,
)
from bot.domain.survey import ItemId
from bot.messages.answers import Unclear, to_answer
from bot.messages.asks import About, decision, quoted, thanks, told, unblock, unblock_check
from bot.messages.compose import compose, open_section, owner_choices, section
from bot.messages.item_answers import to_item_answer
from bot.messages.model import Message, Section
from bot.messages.other_receipts import receipt_of_others
from bot.messages.plain import picked, to_plain
from bot.policy.answer import apply_reply
from bot.policy.withdrawal import still_holds

TEXTS = load_texts()
DAY = timedelta(days=1)
TODAY = NOW.date()
LEDGER = Thing(kind="data", words="read access to the ledger")
OPEN = OpenDecision(opened_by=OpenedBy.MISSED, opened_at=NOW - 15 * DAY, due=TODAY - DAY, thing=LEDGER.words)


def request(**changes: object) -> Request:
    """Return Kim's wish, with every day and every word that a message may tell."""
    given: dict[str, object] = {
        "person": "p_kim",
        "name": "Kim Berg",
        "thing": LEDGER,
        "due": TODAY + 14 * DAY,
        "since": TODAY - 20 * DAY,
        "made_at": NOW - 20 * DAY,
        "leaves_on": TODAY + DAY,
        "promised_for": TODAY - DAY,
        "said_at": NOW - DAY,
        "said": "a list of names",
        "concern": "legal",
    }
    return Request.model_validate(given | changes)


def blocked(*requests: Request, **changes: object) -> Case:
    """Return a case whose owner said what is in the way, with an open decision."""
    block = Block(cause=Cause.DATA, person="Kim Berg", until=TODAY + 3 * DAY, said_by="p_owner", said_at=NOW)
    return open_case(**{"state": CaseState.BLOCKED, "block": block, "requests": requests, "decision": OPEN} | changes)


def about(case: Case, **changes: object) -> About:
    """Return what is known to whoever writes."""
    given: dict[str, object] = {"case": case, "pilot": "Invoice coding", "owner": "Dana Frei", "today": TODAY}
    return About(**(given | changes))  # type: ignore[arg-type]  a test gives what fits


def of(step: Callable[..., Section], wish: Request, **changes: object) -> Section:
    """Return one of the messages about a wish."""
    return step(about(blocked(wish), **changes), wish, TEXTS)


def every(wish: Request, case: Case, pilot: str, owner: str) -> list[Section]:
    """Return every message that is about this wish, to whomever."""
    here = about(case, pilot=pilot, owner=owner)
    onward = about(case, pilot=pilot, owner=owner, other=owner, onward=wish)
    heard = [
        told(onward, wish.model_copy(update={"state": state}), owner_choices(case, Step.NUDGE, TEXTS), TEXTS)
        for state in (RequestState.NEEDS, RequestState.OBJECTED, RequestState.ELSEWHERE)
    ]
    checks = [
        section(
            case.model_copy(update={"requests": (wish.model_copy(update={"state": state}),)}), Step.CHECK, pilot, TEXTS
        )
        for state in (RequestState.PROMISED, RequestState.DONE)
    ]
    return [
        *(step(here, wish, TEXTS) for step in (unblock, unblock_check, thanks)),
        decision(here, TEXTS),
        *heard,
        *checks,
    ]


EVERY = every(request(), blocked(request()), "Invoice coding", "Dana Frei")


@pytest.mark.parametrize("said", EVERY)
def test_every_message_is_short_kind_and_asks_one_question(said: Section) -> None:
    """At most 60 words of fact and question, no banned word, one question after the fact, no id in any of it."""
    text = f"{said.fact} {said.question or ''}"
    assert len(text.split()) <= MOST_WORDS
    for part in (text, said.line, said.footer, said.quote or ""):
        assert not BANNED.search(part), part
        assert "p_kim" not in part
        assert LEDGER.key not in part
    assert (said.question or "").count("?") == (1 if said.choices else 0)
    assert "?" not in said.fact
    assert len(said.line.split()) <= 20


def as_read(said: Section, step: Step) -> str:
    """Return the text of a message with nothing else in it."""
    return to_plain(compose([(step, said)], TEXTS))


@pytest.mark.parametrize(("step", "write"), [(Step.UNBLOCK, unblock), (Step.UNBLOCK_CHECK, unblock_check)])
def test_a_request_is_complete_in_itself(step: Step, write: Callable[..., Section]) -> None:
    """Who asks, for which pilot, what, by when, who sees the answer and how to say no stand in each message alone."""
    text = as_read(of(write, request()), step)
    day = request().due if step is Step.UNBLOCK else request().promised_for
    assert day is not None
    for part in ("Dana Frei", "Invoice coding", LEDGER.words, f"{day.day} {day:%B}"):
        assert part in text, part
    assert "Your answer goes to Dana Frei and the sponsor of Invoice coding" in text
    assert "'no, because' is a good one too" in text
    assert "'stop asking'" in text
    assert "advise against it" in text


def test_a_request_of_the_registry_says_so() -> None:
    """Where no owner named the person, the registry did, and the message tells no owner's opinion."""
    text = as_read(of(unblock, request(from_registry=True)), Step.UNBLOCK)
    assert "The registry names you for it." in text
    assert "thinks that you can" not in text


def test_a_request_for_several_pilots_names_them_all_and_their_owners_see_the_answer() -> None:
    """Four pilots stand by name, of more the rest is counted, and no owner is told to see another's answer alone."""
    names = tuple(f"Pilot {n}" for n in "abcdef")
    text = as_read(of(unblock, request(), waiting=names[:4]), Step.UNBLOCK)
    assert all(name in text for name in names[:4])
    assert "4 pilots wait" in text
    assert "the owners and sponsors of these pilots" in text
    assert "and 2 more" in as_read(of(unblock, request(), waiting=names), Step.UNBLOCK)


def test_a_decision_tells_the_pilots_fact_and_nobodys_silence() -> None:
    """The sponsor reads what is open since when, who sees the answer and how to say no, and no other person's name."""
    for why in OpenedBy:
        case = blocked(request(), decision=OPEN.model_copy(update={"opened_by": why}))
        text = as_read(decision(about(case), TEXTS), Step.DECISION)
        assert not [w for w in ("Kim", "Dana", "did not", "no answer", "not answered", "silen", "repl") if w in text]
        for part in ("Invoice coding", "open since", "Your answer goes to the owner", "'not me' or 'stop asking'"):
            assert part in text, (why, part)
        labels = [c.label for c in decision(about(case), TEXTS).choices]
        assert [label.split()[0] for label in labels[:3]] == ["Scale", "Fix", "Stop"]


def test_thanks_ask_for_nothing_and_name_the_thing() -> None:
    """One word of thanks has no question, no answers to choose, and says that none is needed."""
    said = of(thanks, request())
    assert (said.question, said.choices) == (None, ())
    assert LEDGER.words in said.fact
    assert "No answer needed" in said.fact


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=60
)
hostile = st.text(st.sampled_from("{}*_`<>@#&%\\|[]()1.a \n\r\t\u2028"), min_size=1, max_size=60).filter(str.strip)


def phrase(most: int) -> st.SearchStrategy[str]:
    """Return words in a row, of any kind."""
    return st.lists(st.one_of(words, hostile), min_size=1, max_size=most).map(" ".join)


@given(phrase(30), phrase(3), phrase(30), phrase(30).map(lambda t: t[:200]), phrase(60))
@settings(deadline=None, max_examples=150)
def test_no_name_thing_or_evidence_makes_a_message_too_long_or_breaks_it(
    pilot: str, owner: str, name: str, thing: str, evidence: str
) -> None:
    """At any length and with any signs, fact and question keep to 60 words and one line, and every answer can be picked."""
    if not thing.strip():
        return
    wish = request(name=name, thing=Thing(kind="data", words=thing), said="a list")
    case = blocked(wish, findings=(finding(evidence=evidence),))
    owner = " ".join(owner.split()[:6])
    for said in every(wish, case, pilot, owner):
        text = f"{said.fact} {said.question or ''}"
        assert len(text.split()) <= MOST_WORDS
        assert len(said.fact.splitlines()) == 1
        message = compose([(Step.UNBLOCK, said)], TEXTS)
        Message.from_stored(message.to_stored())
        for number, choice in enumerate(said.choices, 1):
            assert picked(message, str(number)) == choice
        if said.question:
            assert said.question in to_plain(message)
        assert message.footer in to_plain(message)


LONG = " ".join(f"word{n}" for n in range(30))


@pytest.mark.parametrize("change", ["owner", "other", "said"])
def test_a_long_name_or_answer_makes_no_message_too_long(change: str) -> None:
    """Names of owners and of whoever holds it instead, and what was answered, are shortened as all else is."""
    wish = request(said=LONG if change == "said" else "a list")
    names = {"owner": "Dana", "other": "Jo"} | {change: LONG}
    here = about(blocked(wish), owner=names["owner"], other=names["other"], onward=wish)
    heard = [
        told(here, wish.model_copy(update={"state": state}), (), TEXTS)
        for state in (RequestState.NEEDS, RequestState.OBJECTED, RequestState.ELSEWHERE)
    ]
    for said in [unblock(here, wish, TEXTS), *heard]:
        assert len(f"{said.fact} {said.question or ''}".split()) <= MOST_WORDS


def test_many_long_names_make_no_message_too_long() -> None:
    """Four pilots whose names are sentences still leave the request within its 60 words."""
    said = of(unblock, request(), waiting=tuple(f"{n} {LONG}" for n in "abcd"))
    assert len(f"{said.fact} {said.question or ''}".split()) <= MOST_WORDS


@pytest.mark.parametrize(
    "state", sorted(set(RequestState) - {RequestState.NEEDS, RequestState.OBJECTED, RequestState.ELSEWHERE})
)
def test_news_that_were_overtaken_are_taken_back_or_can_be_told(state: RequestState) -> None:
    """Is the wish done, promised or asked anew before its owner was told, the delivery does not fall over it."""
    wish = request(state=state)
    case = blocked(wish)
    outreach = Outreach(
        id="o", case_id=case.id, pilot="tax", step=Step.TOLD, recipient="p_owner", decided_at=NOW, thing=LEDGER.key
    )
    if still_holds(case, outreach, "p_owner") is None:
        assert told(about(case), wish, (), TEXTS).fact


def test_a_decision_is_told_to_the_owner_by_its_word() -> None:
    """Scale, fix and stop are told with their day, each with thanks or with what comes next."""
    for verdict, word in ((Verdict.SCALE, "scale it by"), (Verdict.FIX, "fix it by"), (Verdict.STOP, "stop it")):
        taken = Decided(verdict=verdict, by="p_sam", at=NOW, until=TODAY + 9 * DAY)
        said = told(about(blocked(decided=(taken,))), None, (), TEXTS)
        assert word in said.fact
        assert said.question is None


def test_the_second_thing_of_one_pilot_can_be_opened() -> None:
    """In a message about two things for the same pilot each can be told in full."""
    other = request(thing=Thing(kind="approval", words="a signature of legal"))
    message = compose([(Step.UNBLOCK, of(unblock, one)) for one in (request(), other)], TEXTS)
    opened = open_section(message, message.sections[1].key)
    assert "a signature of legal" in opened.sections[0].fact


def test_a_section_that_is_opened_says_who_sees_its_own_answer() -> None:
    """Below another pilot's request stands who sees the answer to that one."""
    second = unblock(about(blocked(request(), pilot="hr", ordinal=2), pilot="Job ads", owner="Lea"), request(), TEXTS)
    message = compose([(Step.UNBLOCK, of(unblock, request())), (Step.UNBLOCK, second)], TEXTS)
    opened = open_section(message, second.key)
    assert "Job ads" in opened.sections[0].fact
    assert "Lea" in opened.footer


def test_the_owners_line_is_theirs_and_stands_apart() -> None:
    """A sentence of the owner is quoted with their name and not part of the fact; line breaks typed into it are lost."""
    said = of(unblock, request(line="Forty people wait for it."))
    assert said.quote == "Dana Frei adds: 'Forty people wait for it.'"
    assert "Forty" not in said.fact
    assert quoted(said) == f"{said.fact} {said.question}\n{said.quote}"
    typed = to_answer("change", {"line": "one\n\ntwo"}, TEXTS, now=NOW, timezone="UTC")
    assert typed == ChangeRequest(line="one two")


def test_an_owner_can_hold_change_or_take_back_until_it_left() -> None:
    """The three choices stand before all others while the wish waits, and only then."""
    keys = [c.key for c in owner_choices(blocked(request()), Step.NUDGE, TEXTS)]
    assert keys[:3] == ["hold", "change", "withdraw"]
    out = blocked(request(state=RequestState.OUT))
    assert not {"hold", "change", "withdraw"} & {c.key for c in owner_choices(out, Step.NUDGE, TEXTS)}
    assert isinstance(to_answer("hold", {}, TEXTS, now=NOW, timezone="UTC"), Unclear)
    assert isinstance(to_answer("change", {}, TEXTS, now=NOW, timezone="UTC"), Unclear)
    assert to_answer("hold", {"reason": "audit"}, TEXTS, now=NOW, timezone="UTC") == HoldRequest(reason="audit")


def test_an_owner_can_say_until_when_it_is_held() -> None:
    """The form of a hold offers a day, and the day is taken."""
    hold = next(c for c in owner_choices(blocked(request()), Step.NUDGE, TEXTS) if c.key == "hold")
    day = next(f.key for f in hold.form if f.kind.value == "day")
    values: dict[str, str | date] = {"reason": "audit", day: TODAY + 2 * DAY}
    assert to_answer("hold", values, TEXTS, now=NOW, timezone="UTC") == HoldRequest(
        reason="audit", until=TODAY + 2 * DAY
    )


@pytest.mark.parametrize(
    ("choice", "values", "answer"),
    [
        ("done", {}, Cleared()),
        ("by", {"day": TODAY + 9 * DAY}, Promise(on=TODAY + 9 * DAY)),
        ("need", {"text": "a list"}, NeedsFirst(what="a list")),
        ("elsewhere", {"person": "Jo"}, Elsewhere(person="Jo")),
        ("objection", {"second": "legal", "words": "no contract"}, Object(concern=Concern.LEGAL, words="no contract")),
        ("objection", {"second": "3"}, Object(concern=Concern.CAPACITY)),
    ],
)
def test_every_tap_on_a_request_is_an_answer(choice: str, values: dict[str, str | date], answer: Answer) -> None:
    """Each option becomes its answer, and one without the detail it needs is asked back."""
    found = to_item_answer(ItemId.DEPENDENCY, choice, values, TEXTS, now=NOW, timezone="UTC")
    assert found == answer
    if values:
        assert isinstance(to_item_answer(ItemId.DEPENDENCY, choice, {}, TEXTS, now=NOW, timezone="UTC"), Unclear)


def receipt(answer: Answer, role: Role, case: Case, **changes: object) -> str:
    """Return what is said to an answer."""
    who = {Role.OWNER: "p_owner", Role.UNBLOCKER: "p_kim", Role.SPONSOR: "p_sam"}[role]
    thing = LEDGER.key if role is Role.UNBLOCKER else None
    said = Reply(
        key="k", person=who, case_id=case.id, pilot="tax", answer=answer, received_at=NOW, role=role, thing=thing
    )
    found = receipt_of_others(case, apply_reply(case, said, NOW), said, about(case, other="Sam", **changes), TEXTS)
    return found.text if found else ""


OUT = blocked(request(state=RequestState.OUT))


@pytest.mark.parametrize(
    ("answer", "role", "part"),
    [
        (Cleared(), Role.UNBLOCKER, "Noted as done"),
        (Promise(on=TODAY + 9 * DAY), Role.UNBLOCKER, "Thu 19 March"),
        (NeedsFirst(what="a list"), Role.UNBLOCKER, "Dana Frei is told"),
        (Elsewhere(person="Jo"), Role.UNBLOCKER, "Jo is asked instead"),
        (Object(concern=Concern.RISK), Role.UNBLOCKER, "no words of yours"),
        (Object(concern=Concern.RISK, words="it lies"), Role.UNBLOCKER, "deleted 30 days after"),
        (DontKnow(), Role.UNBLOCKER, "an answer too"),
        (Decide(verdict=Verdict.SCALE, until=TODAY + 9 * DAY), Role.SPONSOR, "scale it by Thu 19 March"),
        (Decide(verdict=Verdict.FIX, until=TODAY + 9 * DAY), Role.SPONSOR, "Thu 19 March"),
        (Decide(verdict=Verdict.STOP), Role.SPONSOR, "keep what was learned"),
        (NeedsFirst(what="a list"), Role.SPONSOR, "the programme lead"),
        (BlockedBy(cause=Cause.TARGETS, person="Kim"), Role.OWNER, "nobody is written to"),
        (BlockedBy(cause=Cause.DATA, person="Dana Frei"), Role.OWNER, "yours to clear"),
        (HandOver(person="Jo"), Role.OWNER, "confirm Jo"),
        (ProposeStop(), Role.OWNER, "Sam is asked to decide"),
    ],
)
def test_every_answer_is_told_what_comes_of_it(answer: Answer, role: Role, part: str) -> None:
    """Each receipt says what was understood and what happens next, in kind words, whoever answered."""
    text = receipt(answer, role, OUT)
    assert part in text
    assert not BANNED.search(text)
    assert len(text.split()) <= MOST_WORDS


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (HoldRequest(reason="audit"), "Held until Tue 17 March"),
        (ChangeRequest(thing="read access"), "waits for read access"),
        (ChangeRequest(line="{owner} *x*"), "'{owner} *x*'"),
        (WithdrawRequest(), "nobody is asked"),
    ],
)
def test_what_the_owner_does_about_a_wish_is_told_with_its_text(answer: Answer, part: str) -> None:
    """A hold names its day, a change shows the text as it will be read, and both the day on which it leaves."""
    assert part in receipt(answer, Role.OWNER, blocked(request()))


@pytest.mark.parametrize("answer", [NotMe(), SnoozeUntil(until=TODAY + 2 * DAY)])
def test_whoever_was_asked_hears_about_their_own_answer(answer: Answer) -> None:
    """'Not me' and 'later' have words of their own, and not those of the owner's block."""
    assert receipt(answer, Role.UNBLOCKER, OUT)


def test_a_wish_for_somebody_in_no_chat_is_a_text_to_forward() -> None:
    """Whom nobody can write to is named, and the text stands there as it would have been sent."""
    case, wish = blocked(), request(person="", state=RequestState.UNSENT)
    said = Reply(
        key="k",
        person="p_owner",
        case_id=case.id,
        pilot="tax",
        answer=BlockedBy(cause=Cause.DATA, person="Kim Berg"),
        received_at=NOW,
    )
    found = receipt_of_others(case, apply_reply(case, said, NOW, wish), said, about(case), TEXTS, wish)
    assert found is not None
    assert "We can't write to Kim Berg" in found.text
    assert quoted(of(unblock, wish)) in found.text


def test_stop_asking_is_answered_elsewhere() -> None:
    """That somebody wants no messages is about the person and no answer to a request."""
    assert receipt(StopAsking(), Role.UNBLOCKER, OUT) == ""


def test_a_check_about_done_tells_the_telemetry_to_the_owner() -> None:
    """Was it said to be done and use has not followed, the owner reads both; without a fall, no use is spoken of."""
    done = request(state=RequestState.DONE)
    fell = section(blocked(done), Step.CHECK, "Invoice coding", TEXTS)
    assert "Kim Berg said on" in fell.fact
    assert "Use has not followed" in fell.fact
    stage = section(blocked(done, findings=(finding(Kind.STAGE_AGE),)), Step.CHECK, "Invoice coding", TEXTS)
    assert "Use has not" not in stage.fact


def test_what_will_be_asked_of_others_is_shown_for_every_pilot() -> None:
    """In one message about two pilots the text that leaves tomorrow stands for the second as well."""
    first, second = (open_case(pilot=pilot, ordinal=n) for n, pilot in enumerate(("tax", "hr"), 1))
    shown = section(second, Step.NUDGE, "Job ads", TEXTS).model_copy(update={"quote": "the text below"})
    message = compose([(Step.NUDGE, section(first, Step.NUDGE, "Tax", TEXTS)), (Step.NUDGE, shown)], TEXTS)
    assert "the text below" in to_plain(message)
