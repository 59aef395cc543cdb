"""The github_copilot format: envelopes, field map, and what is refused; figures on the published sample bodies."""

import io
import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.documents import Documents
from adapters.sources.github_copilot import CopilotReport
from bot.domain.fact import ActorKind, Partition, WireFact
from bot.domain.table import Row
from bot.errors import InputError

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "sources" / "github_copilot"
samples = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published sample bodies are not beside the project")
FETCHED = 1_777_000_000
MADE = 1_777_174_571
HEAD = {"report_start_day": "2026-03-29", "report_end_day": "2026-04-25", "created_at": "2026-04-26T03:36:11.710Z"}


def report(*contents: bytes) -> CopilotReport:
    """Return the report made of these parts."""
    parts = [(io.BytesIO(content), f"part{n}.json") for n, content in enumerate(contents, 1)]
    return CopilotReport(parts, source="github_copilot/acme", fetched=FETCHED)


def read(value: object) -> list[Row[WireFact]]:
    """Return the rows of a body."""
    return list(report(json.dumps(value).encode()))


def facts(value: object) -> list[WireFact]:
    """Return the facts of a body that holds no bad row."""
    rows = read(value)
    assert [row.reason for row in rows] == [""] * len(rows)
    return [row.record for row in rows if row.record]


def row(user: int = 7, day: str | None = "2026-04-20", **changes: object) -> dict[str, object]:
    """Return a row of a person and day: three questions in the chat."""
    features = [feature("chat_panel_ask_mode", asked=3)]
    given_fields = {"user_id": user, "user_login": "zebra", "day": day, "totals_by_feature": features} | changes
    return {key: value for key, value in given_fields.items() if value is not None}


def feature(name: str, asked: int = 0, accepted: int = 0) -> dict[str, object]:
    """Return the total of a feature."""
    return {
        "feature": name,
        "user_initiated_interaction_count": asked,
        "code_acceptance_activity_count": accepted,
        "code_generation_activity_count": 9,
    }


def user_days(name: str) -> tuple[dict[tuple[str, date], bool], CopilotReport]:
    """Return which people of a sample body were active on which days."""
    with (FIXTURES / name).open("rb") as stream:
        told = CopilotReport([(stream, name)], source="github_copilot/acme", fetched=FETCHED)
        found: dict[tuple[str, date], bool] = defaultdict(bool)
        for one in told:
            assert one.record is not None, one.reason
            found[one.record.user or "", one.record.start] |= bool(one.record.active)
    return found, told


@samples
def test_the_published_report_of_28_days() -> None:
    """107 user-days of 8 people: 105 active and 2 passive, for the days the report says it covers."""
    found, told = user_days("organization-users-28-day-report.json")
    assert (len(found), sum(found.values()), len({user for user, _ in found})) == (107, 105, 8)
    whole = Partition("github_copilot/acme", date(2026, 3, 29), date(2026, 4, 25), (), MADE)
    assert told.whole() == (whole,)


@samples
@pytest.mark.parametrize(
    ("name", "days", "active"),
    [("organization-users-1-day-report.json", 2, 1), ("enterprise-users-1-day-report.json", 1, 1)],
)
def test_the_published_reports_of_one_day(name: str, days: int, active: int) -> None:
    """Both envelopes of one day are read, the day in the row or in the head."""
    found, told = user_days(name)
    (part,) = told.whole()
    assert (len(found), sum(found.values()), part.first) == (days, active, part.last)


@samples
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("enterprise-users-28-day-report.json", "one sum a person over 28 days and no day.*users-28-day"),
        ("download-links-organization-1-day.json", "holds links and no figures: fetch each"),
        ("download-links-enterprise-28-day.json", "holds links and no figures"),
        ("organization_seats_response_sample.json", "is the list of seats: load it by `stickshaker load roster"),
    ],
)
def test_published_bodies_without_days_are_refused_with_the_reason(name: str, words: str) -> None:
    """A sum over a window, links, and seats are one sentence each; no row comes of them."""
    with (FIXTURES / name).open("rb") as stream, pytest.raises(InputError, match=words):
        list(CopilotReport([(stream, name)], source="x", fetched=FETCHED))


@samples
def test_the_published_report_of_an_organisation() -> None:
    """A total without people is an aggregate, with the acts of all features."""
    with (FIXTURES / "organization-1-day-report.json").open("rb") as stream:
        (one,) = list(CopilotReport([(stream, "x")], source="x", fetched=FETCHED))
    fact = one.record
    assert fact is not None
    assert (fact.actor_kind, fact.user, fact.people, fact.actions) == (ActorKind.AGGREGATE, None, 2, 36)
    assert (fact.start, fact.surface, fact.revision) == (date(2026, 4, 25), "code.copilot", MADE)


def test_a_row_is_a_fact_for_each_feature() -> None:
    """Interactions count, for completions what was accepted; what an agent accepted or generated never does."""
    told = [
        feature("code_completion", accepted=4),
        feature("agent_edit", accepted=149),
        feature("Chat Inline", asked=2),
    ]
    found = facts({**HEAD, "day_totals": [row(totals_by_feature=told)]})
    assert [(f.surface, f.actions, f.active) for f in found] == [
        ("code.code_completion", 4, True),
        ("code.agent_edit", 0, False),
        ("code.chat_inline", 2, True),
    ]
    assert {(f.user, f.start, f.end, f.revision) for f in found} == {("7", date(2026, 4, 20), date(2026, 4, 21), MADE)}


@pytest.mark.parametrize(
    ("features", "cli", "told"),
    [
        ([], {"prompt_count": 5}, [("code.copilot_cli", 5, True)]),
        ([feature("copilot_cli", asked=7)], {"prompt_count": 3}, [("code.copilot_cli", 7, True)]),
        ([feature("copilot_cli")], {"prompt_count": 6}, [("code.copilot_cli", 0, True)]),
        ([feature("copilot_cli")], {"session_count": 6}, [("code.copilot_cli", 0, False)]),
        ([], None, [("code.copilot", 0, False)]),
        ([], {"prompt_count": None}, [("code.copilot_cli", 0, False)]),
    ],
)
def test_the_command_line_counts_once(
    features: list[object], cli: dict[str, object] | None, told: list[tuple[str, int, bool]]
) -> None:
    """Prompts are taken where the feature is not told; where both are, prompts only say that the person was active."""
    found = facts([row(totals_by_feature=features, totals_by_cli=cli)])
    assert [(f.surface, f.actions, f.active) for f in found] == told


@pytest.mark.parametrize(
    "body",
    [
        {**HEAD, "day_totals": [row(), row(8)]},
        [{**HEAD, **row()}, {**HEAD, **row(8)}],
        {
            "report_day": "2026-04-20",
            "created_at": HEAD["created_at"],
            "user_totals": [row(day=None), row(8, None)],
        },
        {
            **HEAD,
            "report_start_day": "2026-04-20",
            "report_end_day": "2026-04-20",
            "user_totals": [row(day=None), row(8, None)],
        },
    ],
    ids=["day_totals", "bare array", "report_day", "one day of a span"],
)
def test_every_envelope_says_the_same(body: object) -> None:
    """The day stands in the row, in report_day, or is the only one of the report."""
    assert {(f.user, f.start, f.actions, f.revision) for f in facts(body)} == {
        ("7", date(2026, 4, 20), 3, MADE),
        ("8", date(2026, 4, 20), 3, MADE),
    }


def test_rows_may_stand_one_a_line_and_in_several_parts() -> None:
    """Lines, parts and one document hold the same report; the days are those of the rows or of what they say."""
    lines = b"\n".join(json.dumps({**HEAD, **row(n)}).encode() for n in (7, 8))
    one = report(lines)
    assert len(list(one)) == 2
    two = report(*lines.split(b"\n"))
    assert len(list(two)) == 2
    assert (
        one.whole()
        == two.whole()
        == (Partition("github_copilot/acme", date(2026, 3, 29), date(2026, 4, 25), (), MADE),)
    )
    bare = report(b"\n".join(json.dumps(row(n, f"2026-04-{n}")).encode() for n in (17, 21)))
    assert len(list(bare)) == 2
    assert bare.whole() == (Partition("github_copilot/acme", date(2026, 4, 17), date(2026, 4, 21), (), FETCHED),)


def test_days_between_two_reports_are_not_said_to_be_empty() -> None:
    """Two reports of one day each, loaded together, say nothing of the days between them."""
    bodies = [{"report_day": day, "user_totals": [row(day=None)]} for day in ("2026-04-01", "2026-04-20", "2026-04-21")]
    told = report(*(json.dumps(body).encode() for body in bodies))
    list(told)
    assert [(p.first.day, p.last.day) for p in told.whole()] == [(1, 1), (20, 21)]
    empty = report(json.dumps({**HEAD, "day_totals": []}).encode())
    assert list(empty) == []
    assert [(p.first, p.last) for p in empty.whole()] == [(date(2026, 3, 29), date(2026, 4, 25))]


def test_somebody_in_two_organisations_counts_once() -> None:
    """The same person and day twice is the same use: the higher figure, or all of the later report."""
    low, high = (
        row(totals_by_feature=[feature("chat", asked=2)]),
        row(totals_by_feature=[feature("chat", asked=5), feature("edit")]),
    )
    assert [(f.surface, f.actions) for f in facts([low, high])] == [("code.chat", 5), ("code.edit", 0)]
    later = {**low, "created_at": "2026-04-27T00:00:00Z"}
    earlier = {**high, "created_at": "2026-04-26T00:00:00Z"}
    assert [f.actions for f in facts([later, earlier])] == [f.actions for f in facts([earlier, later])] == [2]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(user=None), "row 2: has neither user_id nor daily_active_users"),
        (row(day=None), "row 2: has no day; a sum over several days is never spread over them"),
        (row(day="zebra"), "row 2: day: must be a day in UTC, such as 2026-01-31"),
        (
            row(totals_by_feature=[feature("x", asked=-1)]),
            "row 2: totals_by_feature.user_initiated_interaction_count: must be 0",
        ),
        (row(totals_by_feature="zebra"), "row 2: totals_by_feature: "),
        ("zebra", "row 2: is not a JSON object"),
    ],
)
def test_a_bad_row_costs_only_itself_and_tells_nothing(bad: object, reason: str) -> None:
    """The reason names place and field; the login, which is never read, is in none."""
    found = read([row(), bad, row(8)])
    (reject,) = [one for one in found if one.record is None]
    assert reason in reject.reason
    assert (reject.cells, "zebra" in reject.reason) == ({}, False)
    assert {one.record.user for one in found if one.record} == {"7", "8"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"user_id": 7,\n', "is not JSON from line 2"),
        (b'{"user_id": 7,\n{"day": 1}\n', "is not JSON: it does not end"),
        (b"hello\n", "is not JSON from line 1, character 1 on"),
        (b'{"day_totals": {}}', "day_totals or user_totals is no list of rows"),
        (b'{"day_totals": [], "report_day": "zebra"}', "report_day: is not what the format says"),
        (b'{"total": 1}', "has neither user_id nor daily_active_users"),
        (b"\xff\xfe\x00", "is not JSON"),
    ],
)
def test_a_body_that_is_no_report_is_a_reason(content: bytes, reason: str) -> None:
    """What can't be read is named by its line."""
    found = list(report(content))
    assert reason in found[0].reason
    assert "zebra" not in found[0].reason


def test_documents_are_found_wherever_they_begin() -> None:
    """One over many lines, then some one a line, braces in texts: each with the line it begins on."""
    content = json.dumps({"a": "}{", "b": [1]}, indent=2).encode() + b"\n\n{}\n[1,\n2]\n" + b'{"c": "\\"}"}'
    found = list(Documents(io.BytesIO(content)))
    assert [(line, value) for line, value, _ in found] == [
        (1, {"a": "}{", "b": [1]}),
        (8, {}),
        (9, [1, 2]),
        (11, {"c": '"}'}),
    ]


def test_only_what_is_needed_is_kept_of_a_body() -> None:
    """Logins, models, languages and editors of a row are nowhere in what comes of it."""
    noisy = {**row(), "totals_by_ide": [{"ide": "zebra"}], "ai_adoption_phase": "zebra", "title": "zebra"}
    assert "zebra" not in "".join(fact.model_dump_json() for fact in facts([noisy]))


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda x: (
        st.lists(x, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "day_totals",
                    "user_totals",
                    "user_id",
                    "day",
                    "report_day",
                    "totals_by_feature",
                    "totals_by_cli",
                    "feature",
                ]
            ),
            x,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(values)
def test_any_body_is_facts_reasons_or_one_sentence(value: object) -> None:
    """Nothing that a vendor may send makes the import fall over."""
    refused = ""
    found: list[Row[WireFact]] = []
    try:
        found = read(value)
    except InputError as fault:
        refused = str(fault)
    assert refused.startswith("part1.json ") or all((one.record is None) == bool(one.reason) for one in found)
