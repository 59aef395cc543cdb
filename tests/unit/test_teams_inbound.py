"""What Teams delivers, read as what it means, however it is made."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.teams.inbound import LONGEST_MARK, MOST_MARKS, READ, Activity, Typed, read_activity, read_words
from bot.domain.turn import LONGEST, Turn, Words

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
BOT = "28:bot"


def message(text: str, *mentions: tuple[str, str], kind: str | None = "personal", user: str = "29:kim") -> Activity:
    """Return a message with mentions, each as its text and the name for it."""
    entities = [{"type": "mention", "text": mark, "mentioned": {"id": user, "name": name}} for mark, name in mentions]
    body: dict[str, Any] = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:dana", "aadObjectId": "11111111-2222-3333-4444-555555555555"},
        "recipient": {"id": BOT},
        "conversation": {"id": "a:1"} | ({"conversationType": kind} if kind is not None else {}),
        "text": text,
        "entities": entities,
    }
    activity = read_activity(body)
    assert activity is not None
    return activity


def words_of(activity: Activity) -> str:
    """Return what somebody is taken to have written."""
    found = read_words(activity, NOW, frozenset({"status"}), "pilots")
    if isinstance(found, Turn):
        assert isinstance(found.what, Words)
        return found.what.text
    return found.text if isinstance(found, Typed) else ""


def test_a_conversation_that_does_not_say_what_it_is_is_not_personal() -> None:
    """Only what Teams calls personal is: elsewhere others read along, and nothing but commands is read."""
    assert message("hello").is_personal
    for kind in (None, "", "channel", "groupChat", "Personal"):
        activity = message("hello", kind=kind)
        assert not activity.is_personal
        assert isinstance(read_words(activity, NOW, frozenset(), "pilots"), Typed)


def test_mentions_are_read_by_name_or_held() -> None:
    """In a chat with us alone a mention is its name, elsewhere it is held; a mention of us is nothing."""
    marks = (("<at>Kim</at>", "Kim"), ("<at>Kim Lee</at>", "Kim Lee"))
    text = "ask <at>Kim Lee</at> or <at>Kim</at>"
    assert words_of(message(text, *marks)) == "ask Kim Lee or Kim"
    assert words_of(message(text, marks[0], kind="channel")) == "ask <at>Kim Lee</at> or <@29:kim>"
    assert words_of(message("<at>Bot</at> status", ("<at>Bot</at>", "Bot"), user=BOT, kind="channel")) == "status"


def test_a_name_that_holds_a_mention_is_not_read_again() -> None:
    """What stands for one mention is not looked through for the next."""
    assert words_of(message("a b", ("a", "b b"), ("b", "c"))) == "b b c"


def test_mentions_of_mentions_do_not_grow() -> None:
    """Seven entities in 759 bytes, each of which would make ten of one letter, stay what one of them makes."""
    chain = [(letter, next_one * 10) for letter, next_one in zip("abcdefg", "bcdefgh", strict=True)]
    assert words_of(message("a", *chain)) == "b" * 10
    many = message("a" * 100_000, ("a", "x" * 100_000), kind="channel", user="u" * 400)
    assert len(words_of(many)) <= READ


@given(
    text=st.text("ab<>@ ", max_size=300),
    marks=st.lists(st.tuples(st.text("ab<>@ ", max_size=4), st.text("ab ", max_size=40)), max_size=MOST_MARKS + 5),
    kind=st.sampled_from(["personal", "channel"]),
    times=st.sampled_from([1, 200]),
)
def test_nothing_read_is_longer_than_what_is_read(
    text: str, marks: list[tuple[str, str]], kind: str, times: int
) -> None:
    """However mentions are made, words are no longer than a turn's, commands than what is read, neither than text and names."""
    found = words_of(message(text * times, *marks, kind=kind))
    longest = max([len("<@29:kim>"), *(len(name) for _, name in marks)]) + 2
    assert len(found) <= min(READ, LONGEST if kind == "personal" and not found.startswith("/") else READ)
    assert len(found) <= len(text) * times + MOST_MARKS * min(longest, LONGEST_MARK + 2)
