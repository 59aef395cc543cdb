"""Asks in the store: many cases wait for one person, answers reach each of them once, and nobody is forgotten."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import CutOff
from world import World, old_pilot, world_of

from adapters.redis_store.store import RedisStore
from bot.app.asks import join, move
from bot.app.dispatch import relay
from bot.app.replies import work_off_replies
from bot.app.sweep import sweep
from bot.domain.ask import Ask, AskState, Request, RequestState, Thing
from bot.domain.audit import AuditEntry
from bot.domain.case import Block, Case, CaseState
from bot.domain.decision import OpenedBy
from bot.domain.outreach import Outreach, Role, Step
from bot.domain.reply import (
    Answer,
    Cause,
    Cleared,
    Concern,
    Elsewhere,
    NeedsFirst,
    NotMe,
    Object,
    OnTrack,
    Promise,
    Reply,
    StopAsking,
    WithdrawRequest,
)
from bot.errors import Conflict
from bot.messages.plain import to_plain
from bot.policy.decisions import Say, apply_decision
from bot.policy.request_answer import answer_ask
from bot.ports import Cases, StoredAsk, StoredCase

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
"""A Tuesday, in the hours of Berlin."""
NIGHT = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LEDGER = Thing(kind="data", words="read access to the ledger")


@pytest.fixture
def world(store: RedisStore) -> World:
    """Return an empty firm at noon."""
    return world_of(store, NOON)


def kim(world: World, name: str = "kim") -> str:
    """Return the id of somebody."""
    return world.ports.people.identify(name)


def wish(world: World, **changes: object) -> Request:
    """Return a wish to Kim that may leave today."""
    given: dict[str, object] = {
        "person": kim(world),
        "name": "kim",
        "thing": LEDGER,
        "due": NOON.date() + 14 * DAY,
        "since": NOON.date() - 5 * DAY,
        "made_at": NOON - DAY,
        "leaves_on": NOON.date(),
    }
    return Request.model_validate(given | changes)


async def begin(world: World, *names: str) -> None:
    """Register pilots that are old in their stage, each of an owner of its own, find that, and go live."""
    await world.register(*(old_pilot(n, f"owner-{n}", sponsor="sam") for n in names))
    await world.add_people("kim", "jo")
    await world.live()
    await world.sweep()


async def case_of(world: World, pilot: str) -> Case:
    """Return the case of a pilot."""
    stored = await world.ports.cases.get(pilot)
    assert stored is not None
    return stored.case


async def put(world: World, pilot: str, request: Request, say: Say | None = None) -> Case:
    """Let a pilot's owner have named what is in the way, and say something about it."""
    stored = await world.ports.cases.get(pilot)
    assert stored is not None
    now = world.clock.at
    block = Block(cause=Cause.DATA, person="kim", until=now.date() + 14 * DAY, said_by="o", said_at=now)
    changes = {"state": CaseState.BLOCKED, "block": block, "requests": (request,)}
    case, pending = stored.case.model_copy(update=changes), []
    if say is not None:
        one = Outreach.identify(case.id, say.loop, say.step, say.occurrence, say.person, say.thing)
        case = apply_decision(case, say, one, now)
        given = {"case_id": case.id, "pilot": pilot, "step": say.step, "recipient": say.person, "thing": say.thing}
        pending = [Outreach.model_validate({"id": one, "decided_at": now} | given)]
    entry = AuditEntry(at=now, who="test", what="named what is in the way")
    await world.ports.cases.save(case, expected=stored.revision, outreach=pending, entry=entry)
    return case


async def put_out(world: World, *pilots: str) -> None:
    """Have these pilots ask Kim for the ledger, and let the message leave if it is time."""
    for pilot in pilots:
        await put(world, pilot, wish(world), Say(Step.UNBLOCK, kim(world), 1, 0, LEDGER.key))
    await world.work()


def by_kim(world: World, answer: Answer, key: str = "r1", thing: str | None = LEDGER.key) -> Reply:
    """Return what Kim answers to the Ask; the case it names is any of those that wait."""
    return Reply(
        key=key,
        person=kim(world),
        case_id="a#1",
        pilot="a",
        answer=answer,
        received_at=world.clock.at,
        role=Role.UNBLOCKER,
        thing=thing,
    )


async def told(world: World, reply: Reply) -> str:
    """Receive a reply, work it off and return what its author is told."""
    await world.ports.inbox.receive(reply)
    await work_off_replies(world.ports, world.rules)
    return await world.ports.inbox.note(reply) or ""


async def ask_of(world: World) -> StoredAsk:
    """Return Kim's latest Ask about the ledger."""
    key = (kim(world), LEDGER.key)
    return (await world.ports.asks.some([key]))[key]


def got(world: World, person: str) -> list[str]:
    """Return the texts that somebody got."""
    return [to_plain(message) for _, who, _, message in world.chat.got if who == kim(world, person)]


def blank(pilot: str) -> Case:
    """Return a case that is stored nowhere."""
    return Case(pilot=pilot, ordinal=1, opened_at=NOON)


async def test_many_who_wait_at_once_all_wait(world: World) -> None:
    """Six cases that join an Ask at the same moment are all in it, each once, and it is one Ask."""
    await asyncio.gather(*(join(blank(n), wish(world), world.ports, NOON) for n in "abcdef"))
    stored = await ask_of(world)
    assert sorted(w.pilot for w in stored.ask.waiting) == list("abcdef")
    assert (stored.ask.ordinal, stored.revision) == (1, 6)


async def test_waiting_twice_is_waiting_once(world: World) -> None:
    """A case that joins again changes nothing; with a new sentence of its owner it keeps its place."""
    for one in ("a", "b", "a"):
        await join(blank(one), wish(world), world.ports, NOON)
    stored = await ask_of(world)
    assert ([w.pilot for w in stored.ask.waiting], stored.revision) == (["a", "b"], 2)
    await join(blank("a"), wish(world, line="It is for the audit."), world.ports, NOON)
    assert [(w.pilot, w.line) for w in (await ask_of(world)).ask.waiting] == [
        ("a", "It is for the audit."),
        ("b", None),
    ]


async def test_of_two_writers_one_reads_again(world: World) -> None:
    """A write upon an old revision is refused; the same write again, because its answer was lost, is done already."""
    ask = Ask(person=kim(world), thing=LEDGER, opened_at=NOON, due=NOON.date())
    entry = AuditEntry(at=NOON, who="test", what="asked")
    assert await world.ports.asks.save(ask, expected=0, entry=entry) == 1
    assert await world.ports.asks.save(ask, expected=0, entry=entry) == 1
    other = ask.model_copy(update={"state": AskState.DONE})
    with pytest.raises(Conflict):
        await world.ports.asks.save(other, expected=0, entry=entry)
    assert (await ask_of(world)).ask == ask


async def test_an_ask_that_has_ended_is_followed_by_the_next(world: World, store: RedisStore) -> None:
    """After an end the next case opens the second Ask of this person about this thing, and the first is kept."""
    await join(blank("a"), wish(world), world.ports, NOON)
    first = (await ask_of(world)).ask
    key, done = first.person, by_kim(world, Cleared())
    await move((key, LEDGER.key), lambda ask: answer_ask(ask, done, NOON) if ask else None, world.ports, NOON, "done")
    await join(blank("b"), wish(world), world.ports, NOON)
    second = (await ask_of(world)).ask
    assert (second.ordinal, second.state, [w.pilot for w in second.waiting]) == (2, AskState.OPEN, ["b"])
    assert second.id != first.id
    past = await store.client.lrange(store.asks._keys.past_asks(key, LEDGER.key), 0, -1)  # noqa: SLF001  no port reads what is past
    assert [Ask.from_stored(one).state for one in past] == [AskState.DONE]


async def test_joining_and_answering_at_once_loses_nobody(world: World) -> None:
    """However joins and an answer meet, each case waits for the Ask that was answered or for the next one."""
    await join(blank("a"), wish(world), world.ports, NOON)
    done = by_kim(world, Cleared())
    key = (kim(world), LEDGER.key)
    answered, *_ = await asyncio.gather(
        move(key, lambda ask: answer_ask(ask, done, NOON) if ask else None, world.ports, NOON, "done"),
        *(join(blank(n), wish(world), world.ports, NOON) for n in "bcde"),
    )
    assert answered is not None
    latest = (await ask_of(world)).ask
    names = {w.pilot for w in answered.waiting} | {w.pilot for w in latest.waiting}
    assert names == set("abcde")


@dataclass(slots=True)
class Dying:
    """Cases of a process that ends after so many writes."""

    inner: Cases
    left: int

    async def get(self, pilot: str) -> StoredCase | None:
        """Read as ever."""
        return await self.inner.get(pilot)

    async def save(self, case: Case, *, expected: int, outreach: Sequence[Outreach], entry: AuditEntry) -> int:
        """Write, until the process ends."""
        if self.left == 0:
            raise CutOff
        self.left -= 1
        return await self.inner.save(case, expected=expected, outreach=outreach, entry=entry)


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
async def test_an_answer_that_was_cut_off_reaches_every_case_once(world: World, writes: int) -> None:
    """Killed after any number of cases and done again, each of three has the answer once, and its author one receipt."""
    await begin(world, "a", "b", "c")
    await put_out(world, "a", "b", "c")
    assert len(got(world, "kim")) == 1
    day = NOON.date() + 9 * DAY
    reply = by_kim(world, Promise(on=day))
    await world.ports.inbox.receive(reply)
    dying = replace(world.ports, cases=Dying(world.ports.cases, writes))  # type: ignore[arg-type]  the rest is not called
    if writes < 3:
        with pytest.raises(CutOff):
            await work_off_replies(dying, world.rules)
    for _ in range(2):
        await work_off_replies(world.ports, world.rules)
    for pilot in "abc":
        case = await case_of(world, pilot)
        assert case.applied.count("r1") == 1
        assert [(r.promised_for, r.moves) for r in case.requests] == [(day, 0)]
    assert (await ask_of(world)).ask.applied == ("r1",)
    assert await world.ports.inbox.note(reply)


async def test_after_a_cut_the_author_gets_the_receipt_of_what_was_done(world: World) -> None:
    """Died the process between two cases, the author reads what was noted, not that they had said it before."""
    await begin(world, "a", "b")
    await put_out(world, "a", "b")
    reply = by_kim(world, Promise(on=NOON.date() + 9 * DAY))
    await world.ports.inbox.receive(reply)
    dying = replace(world.ports, cases=Dying(world.ports.cases, 1))  # type: ignore[arg-type]  the rest is not called
    with pytest.raises(CutOff):
        await work_off_replies(dying, world.rules)
    await work_off_replies(world.ports, world.rules)
    assert "Noted for Thu 19 March" in (await world.ports.inbox.note(reply) or "")


async def test_two_workers_apply_an_answer_once(world: World) -> None:
    """Two who work off the same reply at once move each case and the Ask once."""
    await begin(world, "a", "b")
    await put_out(world, "a", "b")
    await world.ports.inbox.receive(by_kim(world, Promise(on=NOON.date() + 9 * DAY)))
    await asyncio.gather(*(work_off_replies(world.ports, world.rules) for _ in range(3)))
    for pilot in "ab":
        case = await case_of(world, pilot)
        assert (case.applied.count("r1"), case.requests[0].moves) == (1, 0)
    assert (await ask_of(world)).ask.applied.count("r1") == 1


async def test_after_an_end_a_second_answer_is_told_so(world: World) -> None:
    """What was settled is not settled again: the person is told, kindly, and the case stays as it is."""
    await begin(world, "a")
    await put_out(world, "a")
    await told(world, by_kim(world, Cleared()))
    before = await case_of(world, "a")
    assert "settled meanwhile" in await told(world, by_kim(world, Promise(on=NOON.date() + DAY), "r2"))
    assert await case_of(world, "a") == before


async def test_an_answer_to_what_nobody_asked_changes_nothing(world: World) -> None:
    """Somebody who was never asked for it, or for something else, is told so."""
    await begin(world, "a")
    before = await case_of(world, "a")
    assert "somebody else" in await told(world, by_kim(world, Cleared()))
    assert await case_of(world, "a") == before


async def test_one_pilot_that_ended_does_not_keep_the_answer_from_the_others(world: World) -> None:
    """Of two pilots that wait one has said that it is on track: the answer reaches the other, and the Ask stands."""
    await begin(world, "a", "b")
    await put_out(world, "a", "b")
    await world.answer("a", OnTrack(), "o1", "owner-a")
    await work_off_replies(world.ports, world.rules)
    await told(world, by_kim(world, Cleared()))
    assert [(await case_of(world, n)).requests[0].state for n in "ab"] == [RequestState.WITHDRAWN, RequestState.DONE]


async def put_out_tonight(world: World, *pilots: str) -> None:
    """Have these pilots ask Kim for the ledger in the evening, so that the message waits for the morning."""
    world.clock.at = NIGHT
    await put_out(world, *pilots)
    assert got(world, "kim") == []


async def morning(world: World, days: int = 1) -> None:
    """Go on to noon of a later day and do what is due."""
    for _ in range(days):
        world.clock.at = datetime.combine(world.clock.at.date() + DAY, NOON.timetz())
        await world.work()


async def test_a_pilot_that_is_on_track_is_not_named_any_more(world: World) -> None:
    """Took an owner the wish back before the message left, it speaks of the other pilot alone."""
    await begin(world, "a", "b")
    await put_out_tonight(world, "a", "b")
    await world.answer("b", OnTrack(), "o1", "owner-b")
    await morning(world)
    (text,) = got(world, "kim")
    assert "Pilot b" not in text


async def test_whoever_joined_is_asked_for_when_the_first_pilot_drops_out(world: World) -> None:
    """Was the message taken back with the pilot that brought it, the pilot that had joined gets one of its own."""
    await begin(world, "a", "b")
    await put_out_tonight(world, "a")
    request = wish(world)
    await put(world, "b", request, Say(Step.UNBLOCK, kim(world), 1, 0, LEDGER.key))
    await relay(world.ports, world.rules)
    await world.answer("a", OnTrack(), "o1", "owner-a")
    await morning(world)
    for _ in range(12):
        await world.day()
    assert [text for text in got(world, "kim") if "Pilot b" in text]


async def test_news_that_were_overtaken_do_not_stop_the_deliveries(world: World) -> None:
    """Has the person cleared it before the owner was told of their need, the pass goes on, to whomever else."""
    await begin(world, "a", "b")
    await put_out(world, "a")
    await told(world, by_kim(world, NeedsFirst(what="a list")))
    world.clock.at = NIGHT
    needs = (await case_of(world, "a")).requests[0]
    await put(world, "a", needs, Say(Step.TOLD, kim(world, "owner-a"), 1, 0, LEDGER.key))
    await relay(world.ports, world.rules)
    await told(world, by_kim(world, Cleared(), "r2"))
    await put(world, "b", wish(world, person=kim(world, "jo")), Say(Step.UNBLOCK, kim(world, "jo"), 1, 0, LEDGER.key))
    await morning(world)
    assert got(world, "jo")


@dataclass(slots=True)
class Contended:
    """Cases of which one is moved by somebody else before every write."""

    inner: Cases
    pilot: str

    async def get(self, pilot: str) -> StoredCase | None:
        """Read as ever."""
        return await self.inner.get(pilot)

    async def some(self, pilots: Sequence[str]) -> dict[str, StoredCase]:
        """Read as ever."""
        return await self.inner.some(pilots)

    async def save(self, case: Case, *, expected: int, outreach: Sequence[Outreach], entry: AuditEntry) -> int:
        """Refuse the one."""
        if case.pilot == self.pilot:
            raise Conflict("moved by somebody else")
        return await self.inner.save(case, expected=expected, outreach=outreach, entry=entry)


async def test_a_case_that_others_keep_moving_holds_up_no_other_reply(world: World) -> None:
    """Kim's answer to a case that never stands still waits for the next pass; an owner's reply after it does not."""
    await begin(world, "a", "b")
    await put_out(world, "a")
    kims = by_kim(world, Cleared())
    owners = Reply(
        key="r2", person=kim(world, "owner-b"), case_id="b#1", pilot="b", answer=OnTrack(), received_at=world.clock.at
    )
    for reply in (kims, owners):
        await world.ports.inbox.receive(reply)
    contended = replace(world.ports, cases=Contended(world.ports.cases, "a"))  # type: ignore[arg-type]  the rest is not called
    assert await work_off_replies(contended, world.rules) == 1
    assert [one.key for one in await world.ports.inbox.waiting()] == ["r1"]
    assert (await case_of(world, "b")).applied == ("r2",)
    assert await work_off_replies(world.ports, world.rules) == 1
    assert (await case_of(world, "a")).applied == ("r1",)


async def test_joining_what_has_just_ended_is_asked_anew(world: World) -> None:
    """Was the Ask answered between the look and the write, the pilot that came late gets a message of its own."""
    await begin(world, "a", "b")
    await put_out(world, "a")
    world.clock.at = NOON + 8 * DAY
    await put(world, "b", wish(world))

    @dataclass(slots=True)
    class Late:
        """Asks that are answered right after the first reading."""

        answered: bool = False

        async def some(self, asks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredAsk]:
            """Read, and let Kim answer."""
            found = await world.ports.asks.some(asks)
            if not self.answered:
                self.answered = True
                await told(world, by_kim(world, Cleared()))
            return found

        async def save(self, ask: Ask, *, expected: int, entry: AuditEntry) -> int:
            """Write as ever."""
            return await world.ports.asks.save(ask, expected=expected, entry=entry)

    await sweep(replace(world.ports, asks=Late()), world.rules, world.clock.at)
    for _ in range(12):
        await world.day()
    assert [text for text in got(world, "kim") if "Pilot b" in text]


@pytest.mark.parametrize("thing", [None, LEDGER.key])
async def test_stop_asking_is_confirmed_wherever_it_is_said(world: World, thing: str | None) -> None:
    """Below a word of thanks, or after all was settled, 'stop asking' is confirmed as what it is."""
    await begin(world, "a")
    await put_out(world, "a")
    await told(world, by_kim(world, Cleared()))
    text = await told(world, by_kim(world, StopAsking(), "r2", thing))
    assert (await world.ports.people.some([kim(world)]))[kim(world)].opted_out
    assert text == world.rules.texts.receipts.stop_asking


async def test_whoever_says_that_the_sponsor_holds_it_opens_a_decision(world: World) -> None:
    """'That is with Sam', who is the sponsor: the case has an open decision."""
    await begin(world, "a")
    await put_out(world, "a")
    await told(world, by_kim(world, Elsewhere(person="sam")))
    opened = (await case_of(world, "a")).decision
    assert opened is not None
    assert opened.opened_by is OpenedBy.SPONSOR_HOLDS_IT


async def test_the_owner_reads_who_holds_it_also_where_nobody_can_be_asked(world: World) -> None:
    """Named the person the owner themself, the owner reads whom, and not a gap in the sentence."""
    await begin(world, "a")
    await put_out(world, "a")
    await told(world, by_kim(world, Elsewhere(person="owner-a")))
    request = (await case_of(world, "a")).requests[0]
    await put(world, "a", request, Say(Step.TOLD, kim(world, "owner-a"), 1, 0, LEDGER.key))
    await morning(world)
    text = got(world, "owner-a")[-1]
    assert "says that  holds" not in text
    assert "write to ;" not in text


async def test_not_me_is_not_answered_with_the_owners_words(world: World) -> None:
    """Whoever says 'not me' reads about their own answer, not what the owner said and when the owner is asked again."""
    await begin(world, "a")
    await put_out(world, "a")
    text = await told(world, by_kim(world, NotMe()))
    assert "kim" not in text
    assert "24 March" not in text


async def test_one_check_for_all_who_wait(world: World) -> None:
    """Is the day past that one person named for three pilots, they are asked once where it stands."""
    await begin(world, "a", "b", "c")
    await put_out(world, "a", "b", "c")
    promised = {"state": RequestState.PROMISED, "promised_for": NOON.date() + DAY, "said_at": NOON}
    world.clock.at = NOON + 8 * DAY
    for pilot in "abc":
        await put(world, pilot, wish(world, **promised), Say(Step.UNBLOCK_CHECK, kim(world), 1, 0, LEDGER.key))
    await world.work()
    message = world.chat.got[-1][3]
    assert message.kind == Step.UNBLOCK_CHECK
    assert len(message.sections) == 1


async def test_the_sentence_of_each_owner_is_told(world: World) -> None:
    """Two owners added a sentence to what became one message: both stand in it, each with its owner's name."""
    await begin(world, "a", "b")
    world.clock.at = NIGHT
    for pilot in "ab":
        request = wish(world, line=f"It is for the audit of {pilot}.")
        await put(world, pilot, request, Say(Step.UNBLOCK, kim(world), 1, 0, LEDGER.key))
    await morning(world)
    (text,) = got(world, "kim")
    assert "the audit of a" in text
    assert "the audit of b" in text


async def test_nobody_is_asked_for_a_day_that_has_passed(world: World) -> None:
    """Left the message later than planned, the day it asks for still lies ahead."""
    await begin(world, "a")
    world.clock.at = NOON + 8 * DAY
    await put(world, "a", wish(world, due=NOON.date() + DAY), Say(Step.UNBLOCK, kim(world), 1, 0, LEDGER.key))
    await world.work()
    assert "by Wed 11 March" not in got(world, "kim")[-1]


async def test_an_objection_of_one_reaches_all_who_wait(world: World) -> None:
    """A reason against is one answer for all pilots; each case has its kind and its words."""
    await begin(world, "a", "b")
    await put_out(world, "a", "b")
    text = await told(world, by_kim(world, Object(concern=Concern.LEGAL, words="the contract")))
    assert "the owners and sponsors of these pilots" in text
    for pilot in "ab":
        (request,) = (await case_of(world, pilot)).requests
        assert (request.state, request.concern, request.said) == (RequestState.OBJECTED, "legal", "the contract")


async def test_a_hold_takes_one_pilot_out_of_what_is_asked_for_two(world: World) -> None:
    """Of two pilots one is held: the message speaks of the other, and when the hold ends the first one joins in silence."""
    await begin(world, "a", "b")
    held = wish(world, held_until=NOON.date() + 3 * DAY, hold_reason="they are in the audit")
    await put(world, "b", held)
    await put_out(world, "a")
    (text,) = got(world, "kim")
    assert "Pilot b" not in text
    assert [w.pilot for w in (await ask_of(world)).ask.waiting] == ["a"]
    for _ in range(4):
        await world.day()
    assert [w.pilot for w in (await ask_of(world)).ask.waiting] == ["a", "b"]
    assert len(got(world, "kim")) == 1


async def test_who_comes_late_to_an_open_ask_makes_no_second_message(world: World) -> None:
    """Two looks decide at once to ask; was the first message gone when the second was relayed, nobody gets it twice."""
    await begin(world, "a", "b")
    await put_out(world, "a")
    await put_out(world, "b")
    await morning(world, 9)
    assert len(got(world, "kim")) == 1


async def test_what_waits_for_the_morning_can_be_taken_back(world: World) -> None:
    """As long as the message has not left, its owner's 'do not ask' keeps it back."""
    await begin(world, "a")
    await put_out_tonight(world, "a")
    await world.answer("a", WithdrawRequest(), "o1", "owner-a")
    await morning(world)
    assert got(world, "kim") == []
