"""Aggregates only: whatever is loaded, nothing about a person, a single day or a small group is stored, shown or sent."""

import asyncio
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from fakes import FakeClock, FakeMessenger
from stored import everything

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.app.sweep import sweep
from bot.messages.plain import to_plain
from jobs.cli import main
from jobs.settings import read_settings
from jobs.wiring import open_process

Cli = Callable[..., tuple[int, str, str]]

TODAY = datetime.now(UTC).date()
LAST_SUNDAY = TODAY - timedelta(days=TODAY.weekday() + 8)
DAY = timedelta(days=1)
WEEK = 7 * DAY

PERSONAL, DAILY, SMALL = 765_431, 876_543, 987_653
"""Acts by which figures that must not be kept are found again."""
KEY = "a key of the aggregate test"
REGISTRY = """id,name,owner,stage,stage_since,seats,country,routes
big,Tax letters,dana@n.example,pilot,2024-01-02,40,DE,chat
small,Job ads,dana@n.example,pilot,2024-01-02,9,DE,ads
unsaid,Minutes,dana@n.example,pilot,2024-01-02,,DE,minutes
"""
PEOPLE = [f"zebra{n}" for n in range(12)]


def fact(**changes: object) -> dict[str, object]:
    """Return a total of a week."""
    given_fields: dict[str, object] = {
        "source": "chat",
        "actor_kind": "aggregate",
        "people": 31,
        "period": "week",
        "start": str(LAST_SUNDAY - 6 * DAY),
        "end": str(LAST_SUNDAY + DAY),
        "surface": "chat.web",
        "actions": 200,
    }
    return {key: value for key, value in (given_fields | changes).items() if value is not None}


def personal(user: str) -> dict[str, object]:
    """Return a fact about somebody's day."""
    day = {"period": "day", "start": str(LAST_SUNDAY), "end": str(LAST_SUNDAY + DAY)}
    return fact(actor_kind="person", people=None, user=user, actions=PERSONAL, **day)


def write_all(folder: Path) -> None:
    """Write every kind of file that can be loaded."""
    (folder / "pilots.csv").write_text(REGISTRY)
    days = [f"big,{LAST_SUNDAY - n * DAY},31,40,{DAILY}" for n in range(200)]
    (folder / "daily.csv").write_text("pilot,day,active_users,seats,actions\n" + "\n".join(days) + "\n")
    ends = [LAST_SUNDAY - n * WEEK for n in range(40)]
    weeks = [f"big,{end},{12 if n < 6 else 31},40,300" for n, end in enumerate(ends)]
    weeks += [f"small,{end},8,9,{SMALL}" for end in ends] + [f"unsaid,{end},9,,{SMALL}" for end in ends]
    weeks = [f"{week},zebra" for week in weeks]
    weeks += [f"big,{ends[0]},x,40,1,zebra", "zebra,,,,,", f"zebra,{ends[0]},1,40,1,", f"big,{ends[0]},31,40,300,zebra"]
    (folder / "weekly.csv").write_text(
        "pilot,week_end,active_users,seats,actions,who zebra\n" + "\n".join(weeks) + "\n"
    )
    facts = [
        *map(personal, PEOPLE),
        fact(actor_kind="service", people=None, user="zebra-key", actions=PERSONAL),
        fact(period="day", start=str(LAST_SUNDAY), actions=DAILY),
        fact(source="ads", people=9, actions=SMALL),
        fact(source="minutes", people=9, actions=SMALL),
        fact(end=str(LAST_SUNDAY - 6 * DAY), start=str(LAST_SUNDAY - 13 * DAY)),
        fact(source="nobody", people=3),
    ]
    (folder / "facts.ndjson").write_text("\n".join(map(json.dumps, facts)) + "\n")
    row = {"user_id": 4711, "user_login": "zebra", "day": str(LAST_SUNDAY), "totals_by_cli": {"prompt_count": PERSONAL}}
    total = {"day": str(LAST_SUNDAY), "daily_active_users": 31, "totals_by_cli": {"prompt_count": DAILY}}
    (folder / "copilot.json").write_text(json.dumps({"day_totals": [row, total]}))
    (folder / "roster.csv").write_text("user,group\n" + "".join(f"{user},zebra-team\n" for user in PEOPLE))
    (folder / "leave.csv").write_text(f"user,first_day,last_day\nzebra1,{LAST_SUNDAY},{LAST_SUNDAY}\n")
    (folder / "people.csv").write_text("person,aliases\nzebra1,zebra-one\n")


LOADS = [
    (("usage", "daily.csv", "--source", "totals"), 1),
    (("usage", "weekly.csv", "--format", "weekly", "--source", "chat"), 1),
    (("usage", "facts.ndjson", "--format", "usage_facts"), 1),
    (("usage", "facts.ndjson", "--format", "usage_facts", "--whole", "--json"), 1),
    (("usage", "copilot.json", "--format", "github_copilot", "--source", "chat"), 1),
    (("roster", "roster.csv", "--source", "chat"), 2),
    (("leave", "leave.csv"), 2),
    (("people", "people.csv"), 2),
]
LOOKS = [
    ("ingest",),
    ("sweep",),
    ("golive", "--yes"),
    ("sweep",),
    ("sweep", "--json"),
    ("sweep", "--now", str(TODAY + timedelta(days=60)), "--json"),
    ("status",),
    ("status", "--json"),
    ("status", "big"),
    ("status", "small", "--json"),
    ("status", "unsaid"),
    ("chat", "--as", "dana@n.example"),
    ("routes",),
    ("routes", "--json"),
    ("export",),
    ("check",),
]


@dataclass(frozen=True, slots=True)
class Told:
    """A folder in which everything was loaded and looked at in every way, and all that was printed, by command."""

    folder: Path
    printed: dict[tuple[str, ...], str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Load and look at everything once: that takes a while, and what it leaves is only read."""
    folder = tmp_path_factory.mktemp("totals")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STICKSHAKER_AGGREGATE_ONLY", "1")
        patch.setenv("STICKSHAKER_PSEUDONYM_KEY", KEY)
        patch.setenv("STICKSHAKER_DATA_DIR", str(folder / "data"))
        patch.chdir(folder)
        told = Told(folder, {})
        load_and_look(told)
    return told


def load_and_look(told: Told) -> None:
    """Run every command."""
    write_all(told.folder)
    assert run("load", "registry", "pilots.csv")[0] == 0
    for arguments, expected in LOADS:
        code, said = run("load", *arguments)
        assert code == expected, (arguments, said)
        told.printed[arguments] = said
    data = told.folder / "data"
    asyncio.run(send(data, personal("zebra1"), fact(period="day", start=str(LAST_SUNDAY), actions=DAILY)))
    for look in LOOKS:
        code, said = run(*look)
        assert code in {0, 1}, (look, said)
        told.printed[look] = told.printed.get(look, "") + said
    told.printed["sent",] = "\n".join(asyncio.run(deliver()))


def run(*arguments: str) -> tuple[int, str]:
    """Run a command and return its exit code and whatever it printed."""
    out, err, typed = io.StringIO(), io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.stdin", typed)
        try:
            main(arguments)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue() + err.getvalue()
    return 0, out.getvalue() + err.getvalue()


async def send(folder: Path, *facts: dict[str, object]) -> None:
    """Write facts into the stream that data teams write to."""
    with EmbeddedServer(folder) as server:
        client = client_of(server)
        for one in facts:
            await client.xadd("stickshaker:in:usage", {"fact": json.dumps(one)})
        await client.aclose()


async def deliver() -> list[str]:
    """Sweep and send on the next working day, and return what was sent."""
    at = datetime.combine(TODAY + timedelta(days=(7 - TODAY.weekday()) % 7 + 1), time(9, 30), UTC)
    clock = FakeClock(at)
    chat = FakeMessenger(clock)
    async with open_process(read_settings(), clock=clock, messenger=chat) as process:
        await sweep(process.ports, process.rules, at)
        await process.work()
    return [to_plain(message) for _, _, _, message in chat.got]


async def stored(folder: Path) -> tuple[bytes, list[tuple[str, bool, int | None]]]:
    """Return every key and value of the store of a folder, and what its rows are about."""
    with EmbeddedServer(folder) as server:
        store = RedisStore(client_of(server), KEY.encode())
        await store.open()
        found = b"\n".join(await everything(store.client, ""))
        rows = [(r.pilot, r.weekly, r.active_7d) async for r in store.telemetry.rows(["big", "small", "unsaid"])]
        await store.close()
    return found, rows


def rejects_in(folder: Path) -> list[str]:
    """Return the text of each rejects file."""
    return [path.read_text(encoding="utf-8-sig") for path in folder.glob("*.rejects.csv")]


def kept(figure: int) -> list[bytes]:
    """Return how a figure may stand in a value: as text, or as four bytes of either order."""
    return [str(figure).encode(), f"{figure:,}".encode(), figure.to_bytes(4, "big"), figure.to_bytes(4, "little")]


async def test_nothing_about_a_person_a_day_or_a_small_group_is_kept(told: Told) -> None:
    """Every key and value stored, all that was printed or sent, and each rejects file are read through."""
    everything_stored, rows = await stored(told.folder / "data")
    rejects = rejects_in(told.folder)
    assert len(rejects) == 4
    printed = "\n".join([*told.printed.values(), *rejects])
    assert b"dana@n.example" in everything_stored  # what is read is what is stored
    for word in ("zebra", "4711", KEY):
        assert word not in printed
        assert word.encode() not in everything_stored
    for figure in (PERSONAL, DAILY, SMALL):
        assert not [form for form in kept(figure) if form in everything_stored]
        assert str(figure) not in printed
    for kind in (b":hot:", b":usr:", b":bit:", b":seat:", b":seated:", b":rosters:", b":groups:", b":aliases"):
        assert kind not in everything_stored
    assert {pilot for pilot, _, _ in rows} == {"big"}
    assert all(weekly and people is not None and people >= 10 for _, weekly, people in rows)
    assert len(rows) == 40


def test_what_is_shown_is_of_weeks_and_of_ten_people(told: Told) -> None:
    """The export holds weeks, the small pilots no figure, and the check says that the switch is on."""
    lines = [json.loads(line) for line in told.printed["export",].splitlines()]
    usage = [line["usage"] for line in lines if "usage" in line]
    assert usage
    assert {(row["pilot"], row["weekly"]) for row in usage} == {("big", True)}
    assert "below 10 people" in lines[0]["purpose"]
    report = json.loads(told.printed["sweep", "--now", str(TODAY + timedelta(days=60)), "--json"])
    assert {f["pilot"] for f in report["findings"]} >= {"big", "small", "unsaid"}
    use = {"drop_off", "stall", "team_gone", "never_activated", "small_plateau", "seat_ceiling", "low_habit"}
    shown = [f for f in report["findings"] if f["pilot"] in {"small", "unsaid"} and f["kind"] in use]
    assert all(f["observed"] is None and f["expected"] is None for f in shown)
    assert "no figure of a group of fewer than 10 people" in told.printed["check",]
    assert "too few people to show" in told.printed["routes",]
    # By the hour at which this runs the message leaves with the second sweep, or on the next working day.
    assert "Tax letters" in told.printed["sent",] + told.printed["chat", "--as", "dana@n.example"]


def test_each_refusal_is_said_once_and_names_the_remedy(told: Told) -> None:
    """Rejects give line and reason without content; tables about people are one sentence."""
    assert (
        "nothing about a person is taken in, so the file was not read"
        in told.printed["roster", "roster.csv", "--source", "chat"]
    )
    facts = (told.folder / "facts.ndjson.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(facts) == 1 + 12 + 4
    assert facts[1].startswith('2,"actor_kind: facts about a person') or facts[1].startswith(
        '1,"actor_kind: facts about a person'
    )
    daily = (told.folder / "daily.csv.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert daily[1] == "2,day: days are not taken in here (aggregate-only); write one row a week"
    assert len(daily) == 201
    weekly = (told.folder / "weekly.csv.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert weekly[0] == "line,reason"  # the columns of a file may name somebody, and so may rows that can't be read
    assert len(weekly) == 1 + 80 + 4
    assert "Mend them in your file." in told.printed["usage", "weekly.csv", "--format", "weekly", "--source", "chat"]


def test_a_store_that_holds_days_from_before_is_a_fault(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch does not clear what was taken in before: the check says so, and the export leaves days out."""
    write_all(tmp_path)
    cli("load", "registry", "pilots.csv")
    assert cli("load", "usage", "daily.csv", "--source", "totals")[0] == 0
    assert '"usage"' in cli("export")[1]
    monkeypatch.setenv("STICKSHAKER_AGGREGATE_ONLY", "1")
    code, out, _ = cli("check")
    assert (code, "this store holds days from before; begin with an empty one" in out) == (1, True)
    assert '"usage"' not in cli("export")[1]
