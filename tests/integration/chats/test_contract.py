"""What the core may count on in each chat: the ports of sending and answering, and a door that only the chat passes."""

import pytest
from office import Office, at_firm, firm_pilot
from parity import capability

from bot.domain.case import CaseState
from bot.domain.outreach import DeliveryState
from bot.errors import SendRefused
from bot.messages.model import Message, Section
from bot.messages.talk import told
from bot.outgoing import Found

DELIVERY, ANSWERS, DOOR = "Delivery", "Answering", "The door"
HELLO = told("hello")


def got(office: Office, name: str = "dana", text: str = "hello") -> int:
    """Return how many messages with this text stand in somebody's chat."""
    return sum(text in office.said(name, post) for post in office.at(name).posts)


@capability(DELIVERY, "A message arrives once, and its reference is where it can be changed")
async def test_a_message_arrives_and_can_be_changed(office: Office) -> None:
    """What `send` returns is the place that `show` takes; shown twice it is the same, and nobody else got any of it."""
    ref = await office.messenger.send(office.person("dana"), "d1", HELLO)
    assert (got(office), got(office, "kim")) == (1, 0)
    for _ in range(2):
        await office.voice.show(office.turn("dana", ref), "d1", ref, told("goodbye"))
        assert (got(office), got(office, text="goodbye")) == (0, 1)


@capability(DELIVERY, '"Slow down" is obeyed for as long as the chat says, and nothing was sent')
async def test_slow_down_is_obeyed(office: Office) -> None:
    """A refusal with the chat's own time, which is not the end of it."""
    office.refuse("say", seconds=7)
    with pytest.raises(SendRefused) as refused:
        await office.messenger.send(office.person("dana"), "d1", HELLO)
    assert refused.value.retry_after is not None
    assert (refused.value.retry_after.total_seconds(), refused.value.final, got(office)) == (7, False, 0)


@capability(
    DELIVERY,
    "A send without an answer is never repeated blindly",
    slack="what became of it is found in the history",
    teams="it is listed to the admin as unknown, since a bot may not read a chat; the next step of the ladder takes over, and a click on it tells that it arrived",
)
@pytest.mark.parametrize("taken", [True, False])
async def test_a_send_without_an_answer_is_left_open(office: Office, *, taken: bool) -> None:
    """It is no refusal; the history says which it was, or that nobody can know, and never the wrong thing."""
    office.break_off(taken=taken)
    with pytest.raises(Exception) as fault:  # noqa: PT011  whatever the wire says; that it is no refusal is what counts
        await office.messenger.send(office.person("dana"), "d1", HELLO)
    assert not isinstance(fault.value, SendRefused)
    assert got(office) == int(taken)
    found, _ = await office.messenger.find(office.person("dana"), "d1")
    assert found in {Found.SENT if taken else Found.ABSENT, Found.UNKNOWABLE}
    assert (found is Found.UNKNOWABLE) is (office.chat == "teams")


@capability(DELIVERY, "Who is not there is refused for good, so that somebody else is asked")
async def test_who_is_not_there_is_refused_for_good(office: Office) -> None:
    """Nothing is sent to anybody, and it is the end of it."""
    with pytest.raises(SendRefused) as refused:
        await office.messenger.send(office.person("nobody"), "d1", HELLO)
    assert (refused.value.final, refused.value.gone) == (True, True)


@capability(
    DELIVERY,
    "A message that is too long for the chat arrives all the same",
    slack="in a thread",
    teams="as words, cut at 20,000 letters",
)
async def test_a_long_message_arrives(office: Office) -> None:
    """Every one of sixty paragraphs, longer than any that we write, reaches its reader."""
    long = Message(kind="told", body=tuple(f"{n:03} {'x' * 250}" for n in range(60)), footer="")
    await office.messenger.send(office.person("dana"), "d1", long)
    words = " ".join(office.said("dana", post) for post in office.at("dana").posts)
    assert [n for n in range(60) if f"{n:03} x" not in words] == []


@capability(DELIVERY, "Sixty pilots in one message are each to be seen, or said to be there")
async def test_many_sections_arrive(office: Office) -> None:
    """None of them is lost without a word."""
    many = tuple(
        Section(case_id=f"p{n}#1", pilot=f"p{n}", title=f"Pilot-{n:02}", fact=f"Pilot-{n:02}: it fell.")
        for n in range(60)
    )
    await office.messenger.send(office.person("dana"), "d1", Message(kind="nudge", sections=many, footer=""))
    words = " ".join(office.said("dana", post) for post in office.at("dana").posts)
    assert [n for n in range(60) if f"Pilot-{n:02}" not in words] == []


@capability(ANSWERS, "A user is known by the ways a registry may write them, and by no other")
async def test_a_user_is_known_by_their_address(office: Office) -> None:
    """Their address is among the names of a user; a made-up user has none that anybody was registered by."""
    assert at_firm("dana") in await office.voice.aliases(office.at("dana").user)
    assert office.at("dana").user in await office.voice.aliases(office.at("dana").user)
    assert await office.voice.aliases(office.nobody) == ()


@capability(ANSWERS, "The chat says who can be reached there, and by which clock they live")
async def test_it_is_known_who_can_be_reached(office: Office) -> None:
    """Whoever is there is, with their time zone; who has left, and who never came, is gone."""
    seen = await office.voice.look_up(office.person("dana"))
    assert seen is not None
    assert not seen.is_gone
    await office.leave("kim")
    for name in ("kim", "nobody"):
        seen = await office.voice.look_up(office.person(name))
        assert seen is not None
        assert seen.is_gone


@capability(ANSWERS, "What is said to one is read by nobody else")
async def test_what_is_said_to_one_is_read_by_nobody_else(office: Office) -> None:
    """Words and private words reach who did the turn alone."""
    ref = await office.messenger.send(office.person("dana"), "d1", HELLO)
    await office.voice.say(office.turn("dana", ref), told("for you"))
    await office.voice.whisper(office.turn("dana", ref), "a secret")
    assert got(office, text="for you") == 1
    assert "a secret" in office.besides("dana")
    for name in ("kim", "sam", "eve"):
        assert got(office, name, "for you") + got(office, name, "a secret") == 0


@capability(ANSWERS, "A tap that is delivered three times counts once")
async def test_one_tap_that_comes_three_times_acts_once(office: Office) -> None:
    """Chats deliver again what they are not sure about: one answer, one change of the message."""
    await office.ask()
    seen = dict(office.last("dana"))
    for _ in range(3):
        answer = await office.at("dana").tap("It is on track", seen, at="1773306000.000100")
        assert answer.status == 200
    await office.settle()
    case = await office.story.case()
    assert (case.state, len(case.applied)) == (CaseState.SNOOZED, 1)
    assert "\u2713 It is on track" in office.reads("dana")


@capability(
    DELIVERY, "A question whose send had no answer stands there once, and the first tap at it settles what nobody knew"
)
async def test_a_question_without_an_answer_is_sent_once(office: Office) -> None:
    """The chat broke off after it took a question: it stands there once, is listed where nobody can know that, and no more once it is answered."""
    story = office.story
    before = len(office.at("dana").posts)
    office.break_off(taken=True)
    await story.begin(firm_pilot("tax"))
    while len(office.at("dana").posts) == before:
        await story.days(1)
    await story.days(2)
    assert len(office.at("dana").posts) == before + 1
    (delivery,) = [d for d in await story.world.ports.outbox.all() if d.recipient == office.person("dana").id]
    assert delivery.state is (DeliveryState.UNKNOWN if office.chat == "teams" else DeliveryState.SENT)
    assert bool(delivery.reason) is (delivery.state is DeliveryState.UNKNOWN)
    await office.tap("dana", "It is on track")
    (delivery,) = [d for d in await story.world.ports.outbox.all() if d.recipient == office.person("dana").id]
    assert (delivery.state, await story.world.ports.dead_letters.all()) == (DeliveryState.SENT, [])
    assert delivery.ref


@capability(DELIVERY, "Who answers before we know that a message arrived is answered, and it counts as sent")
async def test_an_answer_overtakes_the_record_of_its_question(office: Office) -> None:
    """The sender died after the chat took the question: the tap counts, settles the record, and nothing is asked again."""
    story, hands = office.story, office.at("dana")
    before = len(hands.posts)
    office.break_off(taken=True)
    await story.begin(firm_pilot("tax"))
    while len(hands.posts) == before:
        await story.days(1, (10,))  # once a day nobody comes by to look after it
    (delivery,) = [d for d in await story.world.ports.outbox.all() if d.recipient == office.person("dana").id]
    assert delivery.state is DeliveryState.SENDING
    assert "\u2713 It is on track" in await office.tap("dana", "It is on track")
    assert (await story.case()).state is CaseState.SNOOZED
    await story.days(3)
    (delivery,) = [d for d in await story.world.ports.outbox.all() if d.recipient == office.person("dana").id]
    assert (delivery.state, len(hands.posts)) == (DeliveryState.SENT, before + 1)


@capability(DOOR, "What the chat did not sign is turned away with 401")
async def test_what_is_not_signed_is_turned_away(office: Office) -> None:
    """Whoever else finds the address is told no more than that, for the very request that is taken when it is signed."""
    body = office.greeting()
    assert await office.knock(body, is_signed=False) == 401
    assert await office.knock(body) == 200


@capability(
    DOOR,
    "What is no request of the chat's moves nothing and is no fault of ours: unsigned it is turned away with 4xx",
    slack="signed too, but for an empty body and an event of no known kind, which are left alone with 200",
    teams="signed too",
)
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"3", b'"x"', b"\xff\xfe", b'{"type": 7}', b"[" * 50_000])
async def test_what_is_no_request_moves_nothing(office: Office, body: bytes) -> None:
    """Signed or not, no broken body is a fault of ours, and nothing is kept of it."""
    ports = office.story.world.ports
    assert await office.knock(body, is_signed=False) in {400, 401}
    is_left_alone = office.chat == "slack" and body in {b"", b'{"type": 7}'}
    assert await office.knock(body) == (200 if is_left_alone else 400)
    assert await ports.turns.due(ports.clock.now()) == []
    assert (await ports.cases.all(), await ports.outbox.all()) == ({}, [])


@capability(DOOR, "Too much is turned away with 413")
async def test_too_much_is_turned_away(office: Office) -> None:
    """A body larger than any of the chat's is not read to its end."""
    assert await office.knock(b" " * 2_000_000) == 413
