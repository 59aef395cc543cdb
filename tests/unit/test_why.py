"""Why a message came: the rule, the facts with their day and source, the role, the readers and the budget, in few words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
import yaml
from builders import finding
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tone import BANNED

from bot.app.why import may_come
from bot.detection import evidence
from bot.domain.calendar import Calendar, SendingHours
from bot.domain.finding import Kind
from bot.domain.outreach import Role, Step
from bot.domain.playbook import Budgets, Playbook
from bot.messages.why import MOST_WORDS, Allowance, Why, why
from bot.messages.why_texts import FOUND, Audience, By, What, WhyTexts
from bot.policy.budget import Budget, weekly
from bot.policy.departure import Desk, can_leave

GIVEN = yaml.safe_load((files("bot") / "content" / "why.yaml").read_text(encoding="utf-8"))
TEXTS = WhyTexts.model_validate(GIVEN)
TODAY = date(2026, 3, 10)
LONGEST = {
    Kind.DROP_OFF: evidence.drop_off(date(2026, 2, 20), 1004, 4200, numbers=True),
    Kind.STALL: evidence.stall(date(2026, 2, 20), 240, 240, numbers=True, breadth=False, exact=False),
    Kind.STAGE_AGE: evidence.stage_age("production", 900, 120, date(2026, 2, 20)),
}
"""The longest sentence about each finding."""
FACTS = Why(
    step=Step.NUDGE,
    pilot="Tax letters",
    today=TODAY,
    since=date(2026, 3, 2),
    day=date(2026, 3, 5),
    by=By.REGISTRY,
    audience=Audience.OWNER,
    allowance=Allowance(role=Role.OWNER, got=1, most=2, may=2),
    days=3,
    finding=finding(evidence=LONGEST[Kind.DROP_OFF]),
    judged=date(2026, 3, 9),
    source="chat",
    owner="dana",
)
BERLIN = Desk("Europe/Berlin", "DE", SendingHours(), Calendar())
HALF_HOUR = timedelta(minutes=30)


def told(**changes: object) -> list[str]:
    """Return the lines that are told of a first question, with some of its facts replaced."""
    return why(replace(FACTS, **changes), TEXTS).text.splitlines()


def test_a_first_question_is_told_in_five_lines() -> None:
    """Rule, facts with their last day and source, role, readers and budget each have a line of their own."""
    assert told() == [
        (
            "Rule: an owner is asked when two looks on different days show use below its own usual pattern, first on "
            "Sun 1 March."
        ),
        f"Facts: {LONGEST[Kind.DROP_OFF]} Source: chat, team totals only, judged up to Mon 9 March.",
        "Role: the registry names you as owner of Tax letters.",
        "Your answer: seen by you and the programme admins; the sponsor sees what you release.",
        "Budget: 1 of 2 messages as owner in the last seven days; up to 2 in the next.",
    ]


@pytest.mark.parametrize(
    ("kind", "source", "end"),
    [
        (Kind.DROP_OFF, "chat", "Source: chat, team totals only, judged up to Mon 9 March."),
        (Kind.DROP_OFF, None, "Source: team totals only, judged up to Mon 9 March."),
        (Kind.STALL, "chat", "Sources: the registry and chat, team totals only, judged up to Mon 9 March."),
        (Kind.STAGE_AGE, "chat", "Source: the registry, as of Mon 9 March."),
    ],
)
def test_each_finding_names_where_it_comes_from(kind: Kind, source: str | None, end: str) -> None:
    """Use comes from a source, an age from the registry, and a stall from both."""
    assert told(finding=finding(kind, evidence=LONGEST[kind]), source=source)[1] == f"Facts: {LONGEST[kind]} {end}"


def test_what_was_never_judged_is_told_with_the_day_it_was_found() -> None:
    """Without a last judged day the day on which it was found stands in."""
    assert told(judged=None)[1].endswith("judged up to Sun 1 March.")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (
            {"step": Step.FOLLOW_UP},
            "Rule: a question that is open for 3 working days gets one follow-up. This one has been open since Mon 2 March.",
        ),
        (
            {"step": Step.CHECK, "what": What.STEP, "days": 1},
            "Rule: one check follows a working day after the day of an agreed step, here Thu 5 March.",
        ),
        (
            {"step": Step.CHECK, "what": What.BLOCK, "days": 2},
            "Rule: one check follows 2 working days after the day named for what is in the way, here Thu 5 March.",
        ),
        (
            {"step": Step.RECOVERY, "days": 21},
            "Rule: an owner who was asked gets one word of thanks when nothing has been open for 21 days.",
        ),
        (
            {"step": Step.TOLD, "what": What.ANSWERED, "other": "kim", "thing": "the contract"},
            "Rule: when kim answers what they were asked, here about the contract, the owner is told.",
        ),
        (
            {"step": Step.TOLD, "what": What.DECIDED},
            "Rule: when a decision is taken about Tax letters, the owner is told.",
        ),
        (
            {"step": Step.DECISION, "what": What.OPEN, "reason": "its owner proposes to stop it."},
            (
                "Rule: an open decision goes to the sponsor apart from the weekly message when its day has "
                "passed. Here it was Thu 5 March: its owner proposes to stop it."
            ),
        ),
    ],
)
def test_each_step_tells_its_rule(changes: dict[str, object], rule: str) -> None:
    """The rule names the step, and the day or thing that led to it; of silence it says that a matter is open."""
    assert told(**changes)[0] == rule


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"by": By.OWNER}, "Facts: the contract, open since Mon 2 March by the owner's word."),
        (
            {"by": By.HOLDER, "thing_by_registry": True},
            "Facts: the contract, open since Mon 2 March by the registry.",
        ),
        ({"by": By.OWNER, "thing": ""}, "Facts: what the pilot waits for, open since Mon 2 March by the owner's word."),
    ],
)
def test_whoever_can_clear_it_is_told_who_says_so(changes: dict[str, object], facts: str) -> None:
    """What is waited for comes by the owner's word or by the registry; figures that may not be seen are left out."""
    assert told(**{"step": Step.UNBLOCK, "thing": "the contract", "finding": None} | changes)[1] == facts


def test_who_set_the_role_is_told() -> None:
    """An owner's word, somebody to stand in for, and a registry that changed since are told apart."""
    assert told(by=By.OWNER, name="dana")[2] == "Role: dana named you as who can clear it."
    assert told(by=By.OWNER)[2] == "Role: the owner named you as who can clear it."
    assert told(by=By.STAND_IN, name="dana")[2] == (
        "Role: the registry names dana as owner of Tax letters, and you stand in."
    )
    assert "it names somebody else now" in told(by=By.FORMER)[2]
    assert "as sponsor of" in told(step=Step.DECISION)[2]


def test_weekly_messages_name_their_own_roles() -> None:
    """A sponsor, a programme lead and whoever reads first are told who named them, and from which day the facts are."""
    weekly_facts = {"finding": None, "pilot": "", "by": By.WEEKLY}
    assert "as sponsor of the pilots in it" in told(step=Step.DIGEST, **weekly_facts)[2]
    assert "as programme lead of the pilots in it" in told(step=Step.LEAD_LIST, **weekly_facts)[2]
    review = told(step=Step.REVIEW, **weekly_facts | {"by": By.REVIEWER})
    assert "read by somebody before they leave" in review[0]
    assert review[1].endswith("the registry and team totals only, as of Thu 5 March.")
    assert "the sponsor named you to stand in" in review[2]


def test_the_budget_tells_what_may_come() -> None:
    """Room, no room, and no more messages at all are three different sentences."""
    full = Allowance(role=Role.UNBLOCKER, got=1, most=1, may=0)
    assert told(allowance=full)[-1] == (
        "Budget: 1 of 1 requests to clear something in the last seven days; none in the next."
    )
    assert told(allowance=replace(full, stopped=True))[-1] == "Budget: you said 'stop asking', so no more come."


def test_what_has_no_finding_has_no_line_about_it() -> None:
    """A follow-up without a finding is told without facts; a first question without one can't be."""
    assert not any(line.startswith("Facts") for line in told(step=Step.FOLLOW_UP, finding=None))
    with pytest.raises(ValueError, match="rests on a finding"):
        told(finding=None)


names = st.text(st.characters(codec="ascii", categories=["L", "Zs"]), max_size=300)


@st.composite
def facts(draw: st.DrawFn) -> Why:
    """Return anything that can be asked about, with names as long as registries hold them."""
    kind, role = draw(st.sampled_from(FOUND)), draw(st.sampled_from(Role))
    words = draw(st.sampled_from([LONGEST[kind], "word " * 90]))
    return Why(
        step=draw(st.sampled_from(Step)),
        pilot=draw(names),
        today=TODAY,
        since=draw(st.dates(date(2020, 1, 1), TODAY)),
        day=draw(st.dates(date(2020, 1, 1), TODAY)),
        by=draw(st.sampled_from(By)),
        audience=draw(st.sampled_from(Audience)),
        allowance=Allowance(role=role, got=2, most=2, may=draw(st.integers(0, 2)), stopped=draw(st.booleans())),
        days=draw(st.integers(0, 90)),
        finding=finding(kind, evidence=words),
        judged=draw(st.none() | st.just(TODAY)),
        source=draw(st.none() | st.just("chat")),
        what=draw(st.none() | st.sampled_from(What)),
        name=draw(names),
        other=draw(names),
        owner=draw(names),
        thing=draw(names),
        thing_by_registry=draw(st.booleans()),
        reason=draw(st.sampled_from(["", "its owner proposes to stop it.", "word " * 40])),
    )


@given(facts())
def test_it_is_never_longer_than_it_may_be(given_facts: Why) -> None:
    """Whatever the names and the evidence, it is at most the words allowed, each line begins with its word, nothing is left to fill in."""
    text = why(given_facts, TEXTS).text
    assert len(text.split()) <= MOST_WORDS
    assert [line.partition(":")[0] for line in text.splitlines()] == ["Rule", "Facts", "Role", "Your answer", "Budget"]
    assert "{" not in text


@pytest.mark.parametrize("kind", FOUND)
@pytest.mark.parametrize("step", [Step.NUDGE, Step.FOLLOW_UP, Step.CHECK, Step.TOLD])
def test_evidence_is_whole_where_names_are_usual(step: Step, kind: Kind) -> None:
    """With names of a few words the longest evidence is told to an owner to its end."""
    long = {"thing": "read access to the ledger", "pilot": "Invoice coding for the south", "other": "Kim van der Berg"}
    text = why(
        replace(FACTS, step=step, finding=finding(kind, evidence=LONGEST[kind]), what=What.MOMENT, **long), TEXTS
    ).text
    assert "..." not in text
    assert len(text.split()) <= MOST_WORDS


def every_text(given: object) -> list[str]:
    """Return all texts of a file."""
    if isinstance(given, str):
        return [given]
    return [text for part in given.values() for text in every_text(part)] if isinstance(given, dict) else []


def test_no_text_blames_anybody() -> None:
    """No text holds a banned word, or tells that somebody did not answer."""
    for text in every_text(GIVEN):
        assert not BANNED.search(text), text
        assert not any(word in text.casefold() for word in ("no answer came", "did not", "silent", "ignored")), text


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("rule", {**GIVEN["rule"], "nudge": "{who}"}, "nothing fills"),
        ("what", {}, "need a text"),
        ("role", {}, "need a text"),
    ],
)
def test_a_file_that_can_not_be_filled_in_is_refused(place: str, text: object, said: str) -> None:
    """An unknown name in braces and a missing text are refused when the file is loaded."""
    with pytest.raises(ValidationError, match=said):
        WhyTexts.model_validate({**GIVEN, place: text})


moments = st.integers(1, 13 * 48).map(lambda n: -n * HALF_HOUR)


@settings(deadline=None)
@given(
    start=st.integers(0, 48 * 370).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * HALF_HOUR),
    mine=st.lists(moments, max_size=3),
    others=st.lists(moments, max_size=2),
    role=st.sampled_from(Role),
    limits=st.builds(
        Budgets, owner_per_week=st.integers(1, 4), person_per_week=st.integers(1, 5), min_gap_hours=st.integers(0, 60)
    ),
)
def test_what_may_come_is_what_the_claim_allows(
    start: datetime, mine: list[timedelta], others: list[timedelta], role: Role, limits: Budgets
) -> None:
    """The number told is that of a week in which a message waits every half hour, and each leaves when a claim lets it."""
    own, all_of_them = [start + m for m in mine], [start + m for m in (*mine, *others)]
    counted = may_come(
        Budget(tuple(all_of_them), role=role, in_role=tuple(own)), Playbook(budgets=limits), BERLIN, start
    )
    left = 0
    for n in range(7 * 48):
        at = start + n * HALF_HOUR
        budget = Budget(tuple(all_of_them), role=role, in_role=tuple(own))
        if can_leave(budget, {BERLIN.day(one) for one in all_of_them}, at, limits, BERLIN):
            own.append(at)
            all_of_them.append(at)
            left += 1
    assert counted == left
    assert counted <= weekly(limits, role)
