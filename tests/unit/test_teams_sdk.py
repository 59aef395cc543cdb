"""What goes out by Microsoft's library: just what the library itself would write, though we write it ourselves."""

from collections.abc import Mapping
from typing import Any

import pytest
from botbuilder.core import CardFactory, MessageFactory, TurnContext
from botbuilder.schema import Activity

from adapters.playground.teams_server import LocalTeams
from adapters.playground.teams_state import BOT as US
from adapters.teams.cards import to_card
from adapters.teams.connector import Address, new_session
from adapters.teams.directory import BOT, USER
from adapters.teams.sdk import card_to, reply, words_to
from bot.domain.reference import Reference
from bot.messages.model import Message

URL = "https://smba.trafficmanager.net/emea/"
CARD = to_card(Message(kind="nudge", body=("A fact: \u20ac 5.", "Another."), footer="Why me?"), "d1")
OURS = {"serviceUrl", "replyToId", "id"}


class Heard:
    """A connector that keeps what it would post."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.posts: list[tuple[Address, Mapping[str, Any]]] = []

    async def post(self, at: Address, activity: Mapping[str, Any], *, is_targeted: bool = False) -> str:  # noqa: ARG002  the connector's own names
        """Keep it."""
        self.posts.append((at, activity))
        return "1"


def written(activity: Activity, to: Activity) -> dict[str, Any]:
    """Return an answer as the library addresses it and writes it."""
    known = TurnContext.get_conversation_reference(to)
    return TurnContext.apply_conversation_reference(activity, known).serialize()


@pytest.mark.parametrize("place", ["chat", "channel"])
async def test_an_answer_is_written_as_the_library_writes_it(place: str) -> None:
    """Of what came only the address is read, and the card is put in last; what is posted is the same."""
    cloud = LocalTeams()
    cloud.state.url = URL
    cloud.state.add_person("ada@n.example")
    hands = cloud.hands("ada@n.example")
    at = hands.chat if place == "chat" else cloud.state.team_of("ada@n.example", "ben@n.example")
    body = hands.activity("message", {"text": "help", "timestamp": "no time", "entities": [{"type": "clientInfo"}]}, at)
    heard = Heard()
    await reply(heard, body, CARD, "A fact", is_targeted=False)  # type: ignore[arg-type]  # a connector in what it does
    theirs = MessageFactory.attachment(CardFactory.adaptive_card(CARD))
    theirs.summary, theirs.input_hint = "A fact", "acceptingInput"  # as its pipeline adds it
    said = written(theirs, Activity().deserialize({key: value for key, value in body.items() if key != "timestamp"}))
    assert heard.posts == [(Address(URL, at.id), {key: value for key, value in said.items() if key not in OURS})]


@pytest.mark.parametrize("made", ["card", "words"])
def test_what_is_sent_unasked_is_written_as_the_library_writes_it(made: str) -> None:
    """A card and words to somebody."""
    known, at = Reference(user="aad", address={USER: "29:1", BOT: US}), Address(URL, "a:1")
    ours = card_to(known, at, CARD, "A fact") if made == "card" else words_to(known, at, "A fact")
    theirs = (
        MessageFactory.attachment(CardFactory.adaptive_card(CARD)) if made == "card" else MessageFactory.text("A fact")
    )
    if made == "card":
        theirs.summary = "A fact"
    told = {"from": {"id": "29:1", "aadObjectId": "aad"}, "recipient": {"id": US}, "conversation": {"id": "a:1"}}
    said = written(theirs, Activity().deserialize(told | {"channelId": "msteams", "serviceUrl": URL}))
    assert ours == {key: value for key, value in said.items() if key not in OURS}


@pytest.mark.parametrize("has_proxy", [False, True])
async def test_the_environment_is_asked_only_where_it_names_a_proxy(
    monkeypatch: pytest.MonkeyPatch, *, has_proxy: bool
) -> None:
    """Asking costs each call more than the call; the firm's proxy is obeyed all the same."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if has_proxy:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.n.example:3128")
    async with new_session() as session:
        assert session.trust_env is has_proxy
