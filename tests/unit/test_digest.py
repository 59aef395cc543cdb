"""The weekly messages: short, told from the pilot's facts, answerable by themselves, and left out when empty."""

import re
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tone import BANNED, is_kind

from adapters.content import load_texts, read_part
from bot.domain.reply import Cause
from bot.errors import ContentError
from bot.messages.charts import LONGEST_LABEL, WIDEST, Chart, portfolio_chart, to_bars
from bot.messages.digest import (
    MOST_WORDS,
    Cleared,
    Lack,
    Needed,
    Open,
    Stuck,
    Waiting,
    count_words,
    digest_review,
    lead_list,
    sponsor_digest,
)
from bot.messages.model import FieldKind, Message
from bot.messages.plain import to_plain
from bot.metrics.portfolio import Portfolio

TEXTS = load_texts().weekly
TODAY = date(2026, 3, 10)
"""A Tuesday."""
MONDAY = date(2026, 3, 9)
NEXT = date(2026, 3, 17)
SINCE = date(2026, 3, 2)
COUNTS = Portfolio(
    pilots=60,
    pre_production=32,
    over_12_months=12,
    over_18_months=3,
    undated=2,
    production=14,
    paused=1,
    retired=5,
    stage_unknown=6,
    without_owner=4,
)
SILENCE = re.compile(
    r"\b(did|has|have|had|was|were)(n't| not) (repl|answer|respond|react|read|seen)|without (an |any )?(answer|reply)"
    r"|\bno (reply|response|reaction)|no answer from|silen|unanswered|ignored",
    re.IGNORECASE,
)


def open_decision(name: str = "Invoice coding", due: date = date(2026, 3, 20), **changes: str) -> Open:
    """Return an open decision about a pilot."""
    given = {
        "fact": "It has been in the stage pilot for 400 days.",
        "asked": "Name who approves the contract.",
    } | changes
    return Open(case_id=f"case of {name}", pilot=name.casefold(), name=name, due=due, since=SINCE, **given)


def digest(
    decisions: tuple[Open, ...] = (),
    cleared: tuple[Cleared, ...] = (),
    stuck: tuple[Stuck, ...] = (),
    lesson: str | None = None,
    counts: Portfolio | None = COUNTS,
) -> Message:
    """Return a digest that has something to say."""
    message = sponsor_digest(decisions, cleared, stuck, lesson, TEXTS, counts=counts, today=TODAY)
    assert message is not None
    return message


def listed(waiting: tuple[Waiting, ...] = (), needed: tuple[Needed, ...] = (), lacks: tuple[Lack, ...] = ()) -> Message:
    """Return a programme lead's list that has something on it."""
    message = lead_list(waiting, needed, lacks, TEXTS, due=NEXT, today=TODAY)
    assert message is not None
    return message


def seen(message: Message) -> str:
    """Return what a reader has before them: the first section in full, the others as lines, quotes apart."""
    first, *others = message.sections
    answers = [choice.label for choice in first.choices]
    lines = [f"{other.title}: {other.line}" for other in others]
    parts = [message.intro, *message.body, first.fact, first.question, *answers, message.more, *lines, message.footer]
    return "\n".join(part for part in parts if part)


FULL = digest(
    (open_decision(), open_decision("Tax letters", NEXT, asked=""), open_decision("Claims", date(2026, 4, 1))),
    (Cleared("Letters", "data owner", date(2026, 3, 4)), Cleared("Chat", "", date(2026, 3, 5))),
    (Stuck("Maps", Cause.PEOPLE.value, SINCE), Stuck("Plans", "procurement", date(2026, 3, 5))),
    "Naming the next team with a date moved three pilots.",
)
LIST = listed(
    (Waiting("digest-1", "Maria Kern", MONDAY, "only 3 failed"),),
    (Needed("tax#1", "tax", "Tax letters", "Its plan ended on 1 March.", "owner to be confirmed", SINCE),),
    (Lack("no owner", ("Maps", "Plans")),),
)
REVIEW = digest_review("only 3 failed", "Maria Kern", MONDAY, TEXTS, digest="digest-1", due=NEXT, today=TODAY)


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        (
            FULL,
            {
                "what is asked": "Your decision by Tue 17 March: scale, fix or stop it?",
                "of whom": "waiting with you as sponsor",
                "by when": "name who approves the contract, by Fri 20 March",
                "who sees the answer": "you, the owner of that pilot, the programme lead and the admins see it",
                "how to say no": "To say no to the question, say 'not me' or 'stop asking'",
            },
        ),
        (
            LIST,
            {
                "what is asked": "release, correct or hold each digest; look into each pilot, name who can clear its way, or put it to its sponsor",
                "of whom": "Asked of you as programme lead",
                "by when": "by Tue 17 March",
                "who sees the answer": "whoever you name, and the owner, read that the name came from you",
                "how to say no": "hold a digest, leave a pilot as it is, or say 'stop asking'",
            },
        ),
        (
            REVIEW,
            {
                "what is asked": "Release, correct or hold it",
                "of whom": "ready to be read by you first",
                "by when": "by Tue 17 March?",
                "who sees the answer": "You and the admins see your answer; Maria Kern sees the digest once it is released",
                "how to say no": "To say no, hold it: that counts against nobody",
            },
        ),
    ],
    ids=["sponsor", "lead", "review"],
)
def test_five_questions_are_answered_by_each_message(message: Message, facts: dict[str, str]) -> None:
    """What is asked, of whom, by when, who sees the answer and how to say no stand in the message itself."""
    text = seen(message)
    assert [question for question, fact in facts.items() if fact not in text] == []
    assert "Why me?" in text


@pytest.mark.parametrize("message", [FULL, LIST, REVIEW], ids=["sponsor", "lead", "review"])
def test_the_weekly_messages_keep_the_tone(message: Message) -> None:
    """No banned word outside quotes, a fact before at most one question, no section above 60 words, nobody's silence."""
    assert not BANNED.search(seen(message))
    assert not SILENCE.search(seen(message))
    for part in message.sections:
        assert is_kind(f"{part.fact} {part.question or ''}")
        assert "?" not in part.fact + part.line
        assert (part.question or "?").count("?") == 1
        assert bool(part.choices) is (part.question is not None)
    assert Message.from_stored(message.to_stored()) == message


def test_no_text_of_the_file_speaks_of_silence() -> None:
    """Every shipped text tells what is open, never that somebody did not reply."""
    assert SILENCE.search("the owner did not reply")
    assert not [line for line in shipped().splitlines()[5:] if SILENCE.search(line) or BANNED.search(line)]


def test_a_decision_can_be_taken_on_the_spot() -> None:
    """Four answers of equal rank in one order; all but a stop ask for a day, a need for words too, a stop for a lesson where there is one."""
    for part in FULL.sections:
        assert [choice.key for choice in part.choices] == ["scale", "fix", "stop", "need"]
        kinds = {choice.key: [field.kind for field in choice.form] for choice in part.choices}
        assert kinds == {
            "scale": [FieldKind.DAY],
            "fix": [FieldKind.DAY],
            "stop": [FieldKind.TEXT],
            "need": [FieldKind.TEXT, FieldKind.DAY],
        }
        assert all(field.required == (choice.key != "stop") for choice in part.choices for field in choice.form)
        assert max(len(choice.label.split()) for choice in part.choices) <= 2


def test_a_digest_reads_from_decisions_to_the_lesson() -> None:
    """Decisions by their day, cleared with a role, stuck with a word, one lesson, and the chart of the portfolio."""
    assert FULL.intro == "Decisions waiting with you as sponsor: 3 below."
    assert [part.title for part in FULL.sections] == ["Tax letters", "Invoice coding", "Claims"]
    assert FULL.sections[1].fact == (
        "Invoice coding: it has been in the stage pilot for 400 days; open since Mon 2 March."
    )
    assert FULL.sections[1].question == "Your decision by Fri 20 March: name who approves the contract?"
    assert FULL.sections[1].line == "name who approves the contract, by Fri 20 March; open since Mon 2 March"
    assert FULL.body == (
        "Cleared since last time, and by whom: Chat, Letters (data owner).",
        "Newly stuck: Plans (procurement), Maps (time).",
        "One lesson: Naming the next team with a date moved three pilots.",
    )
    assert FULL.chart == portfolio_chart(COUNTS, TEXTS.chart)


def test_more_than_three_decisions_are_counted() -> None:
    """The three due first are told, the others stand in a number."""
    many = digest(tuple(open_decision(f"Pilot {n}", TODAY + timedelta(days=9 - n)) for n in range(7)))
    assert [part.title for part in many.sections] == ["Pilot 6", "Pilot 5", "Pilot 4"]
    assert many.intro == "Decisions waiting with you as sponsor: 3 below, and 4 more."


def test_names_past_the_limit_are_counted() -> None:
    """Of six cleared pilots four are named, the latest first."""
    cleared = tuple(Cleared(f"P{n}", "legal", SINCE + timedelta(days=n)) for n in range(6))
    assert digest(cleared=cleared).body == (
        "Cleared since last time, and by whom: P5 (legal), P4 (legal), P3 (legal), P2 (legal), and 2 more.",
    )


def test_a_day_that_has_passed_is_not_asked_for() -> None:
    """A decision planned for a day in the past says so and asks for no day that is gone; today is a day to ask for."""
    said = digest((open_decision(due=date(2025, 12, 5)), open_decision("Claims", TODAY)))
    assert said.sections[0].question == "Your decision planned for Fri 5 December 2025: name who approves the contract?"
    assert said.sections[1].question == "Your decision by Tue 10 March: name who approves the contract?"


def test_an_empty_digest_is_left_out() -> None:
    """Without a decision, anything cleared or stuck, or a lesson nothing is written; figures are no reason to."""
    assert sponsor_digest((), (), (), None, TEXTS, counts=COUNTS, today=TODAY) is None
    assert sponsor_digest((), (), (), " \n", TEXTS, counts=COUNTS, today=TODAY) is None
    assert lead_list((), (), (), TEXTS, due=NEXT, today=TODAY) is None


def test_a_digest_without_decisions_asks_nothing() -> None:
    """It says that no answer is needed, offers none, and may still be ended."""
    quiet = digest(lesson="Ask the data owner first.", counts=None)
    assert quiet.sections == ()
    assert quiet.chart is None
    assert quiet.intro == "No decision waits with you as sponsor; no answer needed."
    assert quiet.body == ("One lesson: Ask the data owner first.",)
    assert quiet.more is None
    assert quiet.footer.endswith("For no more messages say 'stop asking'.")


WORDS = st.lists(st.text(max_size=60) | st.sampled_from(["{pilot}", "a", "procurement"]), max_size=40).map(" ".join)
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
OPENS = st.builds(
    Open,
    case_id=st.text(max_size=9),
    pilot=st.text(max_size=9),
    name=WORDS,
    fact=WORDS,
    asked=WORDS,
    due=DAYS,
    since=DAYS,
)


@given(
    decisions=st.lists(OPENS, max_size=6),
    cleared=st.lists(st.builds(Cleared, name=WORDS, role=WORDS, on=DAYS), max_size=9),
    stuck=st.lists(st.builds(Stuck, name=WORDS, cause=WORDS, since=DAYS), max_size=9),
    lesson=WORDS | st.none(),
)
def test_a_digest_has_at_most_150_words(
    decisions: list[Open], cleared: list[Cleared], stuck: list[Stuck], lesson: str | None
) -> None:
    """However many and however long, it keeps to 150 words and one line a part, and misses no decision."""
    message = sponsor_digest(decisions, cleared, stuck, lesson, TEXTS, counts=COUNTS, today=TODAY)
    if message is None:
        assert [*decisions, *cleared, *stuck, *(lesson or "").split()] == []
        return
    assert count_words(message) <= MOST_WORDS
    assert len(message.sections) == min(3, len(decisions))
    for text in (*message.body, *(part.fact for part in message.sections), *(part.line for part in message.sections)):
        assert "\n" not in text


def test_the_longest_digest_fits_as_plain_text_too() -> None:
    """Endless names, facts and lists with years in every day stay within 150 words, numbers of answers apart."""
    long = "word " * 99
    decisions = [
        Open(f"c{n}", "p", long, long, asked, date(2025, 1, 3), date(2025, 1, 2))
        for n, asked in enumerate([""] * 900 + [long] * 300)
    ]
    cleared, stuck = [Cleared(long, long, SINCE)] * 2000, [Stuck(long, long, SINCE)] * 2000
    message = sponsor_digest(decisions, cleared, stuck, long, TEXTS, counts=COUNTS, today=TODAY)
    assert message is not None
    assert 120 <= count_words(message) <= MOST_WORDS
    bare = to_plain(message.model_copy(update={"footer": "", "chart": None}))
    assert len([word for word in bare.split() if not word.isdigit()]) <= MOST_WORDS
    assert ", and 1197 more." in (message.intro or "")
    assert all(", and 1999 more." in part for part in message.body[:2])


def test_quotes_and_footers_are_not_counted() -> None:
    """The words of a digest are its own: a text shown apart, the footer and the chart add none."""
    assert count_words(FULL) == count_words(FULL.model_copy(update={"footer": "", "chart": None}))
    quoted = REVIEW.sections[0].model_copy(update={"quote": "many words " * 50})
    assert count_words(REVIEW) == count_words(REVIEW.model_copy(update={"sections": (quoted,)}))


def test_a_list_tells_digests_then_cases_then_gaps() -> None:
    """What waits for release stands on top with its text apart; all are counted above."""
    assert LIST.intro == (
        "On your list: digests that wait for release: 1; pilots that need a person: 1; gaps in the registry: 1."
    )
    assert [part.title for part in LIST.sections] == ["Digest for Maria Kern", "Tax letters", "Registry"]
    assert [part.case_id for part in LIST.sections] == ["digest-1", "tax#1", "gap:1"]
    assert LIST.sections[0].quote == "only 3 failed"
    assert LIST.sections[1].fact == (
        "Tax letters: its plan ended on 1 March; on this list since Mon 2 March: owner to be confirmed."
    )
    assert LIST.sections[1].line == "owner to be confirmed, since Mon 2 March; its plan ended on 1 March"
    assert LIST.sections[2].line == "no owner (Maps, Plans)"


def test_a_long_list_shows_ten_of_a_sort_and_counts_all() -> None:
    """Oldest first; names of a gap past four are counted, and what has nothing on it is not spoken of."""
    cases = tuple(
        Needed(f"c{n}", "p", f"P{n}", "Its plan ended.", "needs a person to look in", SINCE - timedelta(days=n))
        for n in range(14)
    )
    said = listed(needed=cases, lacks=(Lack("no sponsor", tuple("ABCDEF")),))
    assert [part.title for part in said.sections] == [*(f"P{n}" for n in range(13, 3, -1)), "Registry"]
    assert said.intro == "On your list: pilots that need a person: 14; gaps in the registry: 1."
    assert "digest" not in " ".join(said.body)
    assert said.sections[-1].line == "no sponsor (A, B, C, D, and 2 more)"
    assert listed(needed=cases[:1]).more is None


def test_a_digest_is_read_before_it_leaves() -> None:
    """Release, correct or hold: a correction has words, a hold a day and a reason for those who like to give one."""
    (part,) = REVIEW.sections
    assert (part.case_id, part.quote) == ("digest-1", "only 3 failed")
    assert part.fact == "The digest for Maria Kern, week of Mon 9 March, is ready to be read by you first."
    forms = {choice.key: [(field.kind, field.required) for field in choice.form] for choice in part.choices}
    assert forms == {
        "release": [],
        "correct": [(FieldKind.TEXT, True)],
        "hold": [(FieldKind.DAY, True), (FieldKind.TEXT, False)],
    }
    assert list(forms) == ["release", "correct", "hold"]
    assert LIST.sections[0] == part


def test_no_kind_of_input_has_room_for_a_persons_silence_or_use() -> None:
    """Inputs hold pilots, days, roles and causes; the one person named is the sponsor whose digest it is."""
    known = {
        "case_id",
        "pilot",
        "name",
        "fact",
        "asked",
        "due",
        "since",
        "role",
        "on",
        "cause",
        "why",
        "what",
        "pilots",
    }
    for kind in (Open, Cleared, Stuck, Needed, Lack):
        assert set(kind.__slots__) <= known
    assert set(Waiting.__slots__) == {"digest", "sponsor", "week", "text"}


def test_every_pilot_stands_in_one_bar() -> None:
    """The bars of a portfolio add up to its pilots, empty ones are left out, labels fit, and no pilot means no chart."""
    chart = portfolio_chart(COUNTS, TEXTS.chart)
    assert chart is not None
    assert sum(number for _, number in chart.bars) == COUNTS.pilots
    assert all(len(label) <= LONGEST_LABEL for label in TEXTS.chart.labels.values())
    few = COUNTS.model_copy(update={"paused": 0, "retired": 0})
    fewer = portfolio_chart(few, TEXTS.chart)
    assert fewer is not None
    assert not {"paused", "retired"} & {label for label, _ in fewer.bars}
    assert portfolio_chart(Portfolio.model_validate(dict.fromkeys(Portfolio.model_fields, 0)), TEXTS.chart) is None


def test_bars_are_plain_text_in_columns() -> None:
    """Title with the unit, then label, number and a bar; the longest bar fills the line."""
    chart = Chart(title="Pilots", unit="pilots", bars=(("on the way", 20), ("paused", 1), ("ended", 0)))
    assert to_bars(chart).split("\n") == [
        "Pilots (pilots)",
        "on the way 20 " + "\u2588" * 26,
        "paused      1 \u2588",
        "ended       0",
    ]


@given(
    title=st.text(max_size=90),
    bars=st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**9)), min_size=1, max_size=9),
)
def test_bars_never_leave_their_columns(title: str, bars: list[tuple[str, int]]) -> None:
    """Whatever the labels and numbers, lines keep to 40 columns, and a longer bar never means a smaller number."""
    lines = to_bars(Chart(title=title, unit="pilots", bars=tuple(bars))).split("\n")
    assert max(map(len, lines)) <= WIDEST
    drawn = [line.count("\u2588") for line in lines[-len(bars) :]]
    for (label, number), blocks in zip(bars, drawn, strict=True):
        assert (blocks > 0) is (number > 0) or "\u2588" in label
    clean = [(number, blocks) for (label, number), blocks in zip(bars, drawn, strict=True) if "\u2588" not in label]
    assert [blocks for _, blocks in sorted(clean)] == sorted(blocks for _, blocks in clean)


def test_a_chart_is_closed() -> None:
    """A chart without bars, with less than nothing, or with more fields is refused."""
    for bars in ((), (("a", -1),)):
        with pytest.raises(ValidationError):
            Chart.model_validate({"title": "t", "unit": "u", "bars": bars})
    with pytest.raises(ValidationError):
        Chart.model_validate({"title": "t", "unit": "u", "bars": (("a", 1),), "person": "x"})


def shipped() -> str:
    """Return the digest file as shipped."""
    return (files("bot") / "content" / "digest.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("{pilot}: {fact}; open", "{pilot}: {fcat}; open"), r"digest\.yaml, sponsor\.fact: .*holds \{fcat\}"),
        (("{count} below{more}", "{count!r} below{more}"), r"digest\.yaml, sponsor\.waiting"),
        (('    stop: "Stop"\n', ""), "sponsor.choices: .*need a text: stop"),
        (
            ('    hold: "Hold"\n', '    hold: "Hold"\n    maybe: "Perhaps"\n'),
            "review.choices: .*nothing says these: maybe",
        ),
        (('  quality: "quality"\n', ""), "causes: .*need a text: quality"),
        (('    paused: "paused"\n', ""), "chart.labels: .*need a text: paused"),
        (("lead:", "leads:"), r"digest\.yaml, lead: .*mend it there or restore"),
        (("lead:", "lead: ["), r"digest\.yaml is not YAML"),
    ],
)
def test_a_broken_digest_file_is_refused_in_words(change: tuple[str, str], words: str) -> None:
    """File, place and reason are named."""
    after = shipped().replace(*change, 1)
    assert after != shipped()
    with pytest.raises(ContentError, match=words):
        read_part("weekly", after)


def test_a_digest_file_without_names_is_refused() -> None:
    """A list is no digest file."""
    with pytest.raises(ContentError, match=r"digest\.yaml holds no names"):
        read_part("weekly", "- one\n")
