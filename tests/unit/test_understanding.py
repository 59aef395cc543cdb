"""Free words: what is understood, what is asked for, and what must not be understood."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, finding, open_case, reply
from hypothesis import given
from hypothesis import strategies as st

from adapters.content import load_texts
from bot.domain.finding import Kind
from bot.domain.outreach import Step
from bot.domain.reply import BlockedBy, Cause, NextStep, SnoozeUntil
from bot.messages.answers import Unclear, Value, to_answer
from bot.messages.compose import section
from bot.messages.model import Section
from bot.messages.understanding import Understanding, confirmed, understand
from bot.policy.answer import apply_reply, objection

TEXTS = load_texts()
BERLIN = "Europe/Berlin"
NUDGE = section(open_case(), Step.NUDGE, "Invoice coding", TEXTS)
STEP_CASE = apply_reply(open_case(), reply(NextStep(action="Open the ledger", at=NOW + timedelta(days=3))), NOW)
CHECK = section(STEP_CASE, Step.CHECK, "Invoice coding", TEXTS)
BLOCK_CASE = apply_reply(open_case(), reply(BlockedBy(cause=Cause.DATA)), NOW)
FREE = section(BLOCK_CASE, Step.CHECK, "Invoice coding", TEXTS)
THANKS = section(open_case(finding(Kind.STALL), clear_since=date(2026, 3, 1)), Step.RECOVERY, "Invoice coding", TEXTS)
THURSDAY = datetime(2026, 3, 12, 9, tzinfo=UTC)
LEGAL = {"cause": "approval"}


def said(text: str, where: Section = NUDGE) -> Understanding:
    """Return what is understood on Tuesday, 10 March 2026, at 11:00 in Berlin."""
    return understand(text, where, TEXTS, now=NOW, timezone=BERLIN)


@pytest.mark.parametrize(
    ("text", "choice", "values"),
    [
        ("on track", "on_track", {}),
        ("It's on track.", "on_track", {}),
        ("all good", "on_track", {}),
        ("All good, thanks!", "on_track", {}),
        ("we\u2019re on track, 50 users next month", "on_track", {}),
        ("on track and not blocked", "on_track", {}),
        ("Nothing is in the way", "on_track", {}),
        ("yes, all fine", "on_track", {}),
        ("all good - thanks", "on_track", {}),
        ("on track and up and running", "on_track", {}),
        ("blocked on legal until 15 December", "blocked", LEGAL | {"until": date(2026, 12, 15)}),
        ("Blocked by security until 15.12. - thanks", "blocked", LEGAL | {"until": date(2026, 12, 15)}),
        ("blocked by Priya, waiting for data access", "blocked", {"cause": "data", "person": "Priya"}),
        (
            "waiting on approval from Dana Smith by Friday",
            "blocked",
            LEGAL | {"person": "Dana Smith", "until": date(2026, 3, 13)},
        ),
        ("Still waiting for the DPO", "blocked", LEGAL),
        ("Security review is missing", "blocked", LEGAL),
        ("We need training data", "blocked", {"cause": "data"}),
        ("stuck on Anna's contract", "blocked", LEGAL | {"person": "Anna"}),
        ("blocked by legal, ask @priya", "blocked", LEGAL | {"person": "@priya"}),
        ("legal", "blocked", LEGAL),
        ("data access, thanks", "blocked", {"cause": "data"}),
        ("snooze two weeks", "snooze", {"until": date(2026, 3, 24)}),
        ("Later, in two weeks", "snooze", {"until": date(2026, 3, 24)}),
        ("please ask me again on Monday", "snooze", {"until": date(2026, 3, 16)}),
        ("not before 15 April", "snooze", {"until": date(2026, 4, 15)}),
        ("I'll be on holiday until 5 April", "snooze", {"until": date(2026, 4, 5)}),
        ("not me", "not_me", {}),
        ("Sorry, wrong person", "not_me", {}),
        ("Dana took over", "not_me", {"person": "Dana"}),
        ("it's not mine any more, Dana Smith owns it now", "not_me", {"person": "Dana Smith"}),
        ("handed over to Dana", "not_me", {"person": "Dana"}),
        ("blocked by data, Kim Lee could clear it", "blocked", {"cause": "data", "person": "Kim Lee"}),
        ("waiting for legal, Kim can help", "blocked", {"cause": "approval", "person": "Kim"}),
        ("end this pilot", "stop", {}),
        ("I think we should stop this pilot", "stop", {}),
        ("I would end it, thanks", "stop", {}),
        ("stop asking", "stop_asking", {}),
        ("Please stop asking me!", "stop_asking", {}),
        ("Stop. Unsubscribe.", "stop_asking", {}),
        (
            "I'll talk to two team leads on Thursday at 10:00",
            "step",
            {"action": "talk to two team leads", "at": THURSDAY},
        ),
        ("On Thursday at 10:00 we will call legal.", "step", {"action": "call legal", "at": THURSDAY}),
        ("on Thursday I'll call legal at 10:00, thanks", "step", {"action": "call legal", "at": THURSDAY}),
        ("Next step: Thursday 10:00 call Dana", "step", {"action": "call Dana", "at": THURSDAY}),
        (
            "next step is a review on Thursday at 10:00 with Dana",
            "step",
            {"action": "a review with Dana", "at": THURSDAY},
        ),
        (
            "I'll spend a day and do 3/4 of it on Thursday at 10:00",
            "step",
            {"action": "spend a day and do 3/4 of it", "at": THURSDAY},
        ),
        ("It is on track", "on_track", {}),
    ],
)
def test_a_phrase_is_understood_and_shown_back(text: str, choice: str, values: dict[str, Value]) -> None:
    """The answer and its details are found, and one sentence asks for a yes or a no."""
    found = said(text)
    assert (found.choice, dict(found.values), found.missing) == (choice, values, ())
    assert found.text.startswith("Understood: ")
    assert found.text.endswith(" Right?")
    assert not isinstance(to_answer(choice, found.values, TEXTS, now=NOW, timezone=BERLIN), Unclear)


def test_what_was_understood_is_said_in_one_sentence() -> None:
    """Cause, person, day, step and moment are named as they would be recorded."""
    block = said("blocked on legal by Priya until 15 December")
    assert block.text == (
        "Understood: something is in the way: a contract, legal or security approval; Priya could clear it; "
        "silence until Tue 15 December. Right?"
    )
    step = said("I'll talk to two team leads on Thursday at 10:00")
    assert step.text == "Understood: a next step, 'talk to two team leads', Thu 12 March 10:00. Right?"
    assert said("snooze two weeks").text == "Understood: ask you later, not before Tue 24 March. Right?"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "not on track",
            "on track?",
            "Are we on track?",
            "is it done",
            "almost done",
            "it is not done",
            "done by Friday",
        ),
        *("on track, but legal said no", "fine until legal said no", "if legal agrees we are on track"),
        *("all good once legal signs", "all good, legal rejected it", "on track or blocked", "sooner or later"),
        *("blocked by nobody", "was blocked on legal", "legal is not blocking us", "we have data access"),
        *("blocked on legal last month, solved now", "I blocked Thursday for it", "nothing is missing"),
        *("waiting for you", "waiting for results", "we need to talk", "people love it", "the pilot is down"),
        *("ask me about the data", "remind me to call Priya", "back on track if it works", "out of scope"),
        *("I'll let you know", "I will not do it", "I'll be fine", "I'll think about it", "I'll wait for legal"),
        *("Nobody took over", "AI took over", "Somebody else owns the data", "moved to Dana", "Sat with legal"),
        *(
            "never",
            "no",
            "yes",
            "ok",
            "2",
            "15",
            "may",
            "in two weeks",
            "I don't know",
            "why me?",
            "\U0001f600",
            "?",
            "",
        ),
        *("Not my problem", "we are done for", "good question", "done", "snooze for a while", "a b " * 41),
    ],
)
def test_what_is_not_meant_is_not_understood(text: str) -> None:
    """Questions, negations, conditions and chatter are no answer; what can be said is listed kindly."""
    found = said(text)
    assert (found.choice, found.values, found.candidates) == (None, {}, ())
    assert found.text == (
        "Not understood, sorry. You can say 'on track', 'blocked on legal until 15 December', 'I will talk to two teams "
        "on Thursday at 10:00', 'snooze two weeks', 'end this pilot', 'not me' or 'stop asking'."
    )


@pytest.mark.parametrize(
    ("text", "choice", "missing", "words"),
    [
        ("later", "snooze", ["until"], "ask you later. Until which day?"),
        ("I'm busy", "snooze", ["until"], "Until which day?"),
        ("snooze until 03/04", "snooze", ["until"], "Is that Fri 3 April or Thu 4 March 2027?"),
        ("snooze until next Friday", "snooze", ["until"], "Is that Fri 13 March or Fri 20 March?"),
        ("snooze until yesterday", "snooze", ["until"], "Which day from tomorrow on?"),
        ("snooze until 2030-01-01", "snooze", ["until"], "more than a year away"),
        ("snooze till after Easter", "snooze", ["until"], "Which day?"),
        ("blocked", "blocked", ["cause"], "something is in the way. What is in the way?"),
        ("blocked by legal and training", "blocked", ["cause"], "What is in the way?"),
        ("Priya is blocking us", "blocked", ["cause"], "Priya could clear it. What is in the way?"),
        ("blocked on legal until the board has met", "blocked", ["until"], "approval. Which day?"),
        ("blocked until 03/04", "blocked", ["cause", "until"], "What is in the way?"),
        ("I'll review it", "step", ["at"], "'review it'. On which day and at which time?"),
        ("I'll review it tomorrow", "step", ["at"], "At which time on Wed 11 March?"),
        ("I'll review it tomorrow at 10", "step", ["at"], "Is that 10:00 or 22:00?"),
        ("I'll review it on Thursday at 10:00 or Friday at 11:00", "step", ["at"], "Which day and time?"),
        ("I'll review it on 2026-03-29 at 02:30", "step", ["at"], "The clocks skip 02:30"),
        ("Next step: Thursday 10:00", "step", ["action"], "a next step, Thu 12 March 10:00. Which step?"),
        ("moved to Friday at 10:00", "step", ["action"], "Fri 13 March 10:00. Which step?"),
        (f"I will {'xxxxx ' * 60}on Thursday at 10:00", "step", ["action"], "Which step?"),
    ],
)
def test_a_missing_detail_is_asked_for(text: str, choice: str, missing: list[str], words: str) -> None:
    """What was understood is kept and shown, and the first gap is the one question."""
    found = said(text)
    assert (found.choice, [f.key for f in found.missing]) == (choice, missing)
    assert words in found.text
    assert found.text.count("?") == 1


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "Please stop!",
        "we should stop it",
        "I will stop it on Friday at 10:00",
        "stop asking me about this pilot",
    ],
)
def test_stop_alone_is_asked_about(text: str) -> None:
    """Stop may mean the messages or the pilot: neither is taken for granted."""
    found = said(text)
    assert (found.choice, found.candidates) == (None, ("stop", "stop_asking"))
    assert (
        found.text == "Should this pilot end, or do you want no more messages? Say 'end this pilot' or 'stop asking'."
    )


def test_two_answers_in_one_are_asked_about() -> None:
    """Of several answers none is preferred; they are named by what stands on their buttons."""
    found = said("blocked on legal, I'll call Priya on Thursday at 10:00")
    assert (found.choice, found.candidates) == (None, ("step", "blocked"))
    assert "Do you mean 'I have a next step' or 'Something is in the way'?" in found.text
    both = said("done, next step: call Dana on Thursday at 10:00", CHECK)
    assert both.candidates == ("done", "step")


def test_only_what_is_offered_is_found() -> None:
    """Done answers a check and not a nudge; a label, or its first part, is always understood where it is shown."""
    assert said("done").choice is None
    assert said("done", CHECK).choice == "done"
    assert said("not needed", CHECK).choice == "on_track"
    assert said("Not needed, it is on track", CHECK).choice == "on_track"
    assert said("Moved", CHECK).choice == "step"
    assert said("yes", FREE).choice == "done"
    assert said("not yet", FREE).choice == "blocked"
    assert "'done'" in said("what?", CHECK).text


def test_stop_asking_is_always_heard() -> None:
    """Even a word of thanks, which asks nothing, can be answered with no more messages."""
    assert said("stop asking", THANKS).choice == "stop_asking"
    assert said("on track", THANKS).text == ("Not understood, sorry. You can say 'stop asking'.")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Yes!", True), ("that's right", True), ("no", False), ("Nope.", False), ("hm", None), ("", None)],
)
def test_yes_and_no_are_told_apart_from_the_rest(text: str, meant: bool | None) -> None:  # noqa: FBT001  the expectation
    """A confirmation is a plain yes or no; anything else is neither."""
    assert confirmed(text, TEXTS) is meant


PHRASES = sorted(
    {
        *(phrase for phrases in TEXTS.words.whole.values() for phrase in phrases),
        *(phrase for phrases in TEXTS.words.opens.values() for phrase in phrases),
        *(phrase for phrases in TEXTS.words.causes.values() for phrase in phrases),
        *TEXTS.words.ends,
        *TEXTS.words.took_over,
        *TEXTS.words.until,
        *TEXTS.words.moved,
        *("Priya", "Dana Smith", "on", "at 10:00", "Thursday", "tomorrow", "03/04", "in two weeks", "15 December"),
        *(",", ".", "-", "and", "but", "not", "29 March at 02:30", "x" * 90, "2026-03-10", "25 October 02:30"),
    }
)
WORDS = st.lists(st.sampled_from(PHRASES), max_size=7).map(" ".join)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone


@given(text=WORDS, where=st.sampled_from([NUDGE, CHECK, FREE, THANKS]), now=MOMENTS)
def test_what_is_confirmed_can_be_recorded(text: str, where: Section, now: datetime) -> None:
    """A complete understanding is an answer that lies ahead and within a year; each reply is short, with one question."""
    found = understand(text, where, TEXTS, now=now, timezone=BERLIN)
    assert len(found.text.split()) <= 60
    assert found.text.count("?") <= 1
    if found.choice and not found.missing:
        given_answer = to_answer(found.choice, found.values, TEXTS, now=now, timezone=BERLIN)
        assert not isinstance(given_answer, Unclear)
        if isinstance(given_answer, SnoozeUntil | BlockedBy | NextStep):
            assert objection(reply(given_answer), open_case(), now) is None


@given(text=st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    """Any text gets an understanding or a kind sentence, never a fault."""
    found = said(text)
    assert found.text
    assert found.choice in {None, *(choice.key for choice in NUDGE.choices)}
