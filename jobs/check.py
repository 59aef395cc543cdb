"""The check command: what works, what is missing, and how to mend it."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bot.app.look import gather
from bot.domain.entry import Stream
from bot.domain.finding import Kind
from bot.domain.outreach import DeliveryState
from bot.domain.settings import Mode, OrgState
from bot.errors import StickshakerError
from jobs.settings import (
    PREFIX,
    SLACK,
    TEAMS,
    Settings,
    SlackSettings,
    TeamsSettings,
    read_settings,
    read_slack,
    read_teams,
    unknown_names,
)
from jobs.shown import MOST_NAMED, plain, say, say_json
from jobs.wiring import Process, open_process

RECENT = timedelta(days=14)
"""How long a message that may not have arrived is named."""

State = Literal["ok", "note", "fault"]
MARKS: dict[State, str] = {"ok": "[green]ok[/]   ", "note": "[yellow]note[/] ", "fault": "[red]fault[/]"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked: how it stands, and what to do about it where something is to be done."""

    what: str
    state: State
    says: str


async def run_check(*, as_json: bool) -> int:
    """Check everything that can be checked and print it; returns 2 where the store can't be used, else 1 for faults."""
    found: list[Line] = []
    code = 0
    try:
        settings = read_settings()
        found.append(_settings(settings))
        found += [Line("settings", "note", sentence) for sentence in unknown_names(os.environ)]
        found += [*await _slack(), *await _teams()]
        async with open_process(settings) as process:
            found += await _store(process)
    except StickshakerError as fault:
        found.append(Line(type(fault).__name__, "fault", str(fault)))
        code = 2
    code = code or int(any(line.state == "fault" for line in found))
    if as_json:
        checked = [{"what": x.what, "state": x.state, "says": x.says} for x in found]
        say_json({"ok": code == 0, "checked": checked, "settings": describe()})
        return code
    for line in found:
        say(f"{MARKS[line.state]}  [bold]{line.what}[/]: {plain(line.says)}")
    say("\n[dim]Settings (environment):[/]")
    for entry in describe():
        say(f"[dim]  {entry['name']:<28}{plain(entry['value']):<28}  {plain(entry['means'])}[/]")
    return code


def describe() -> list[dict[str, str]]:
    """Return every setting by name with its value (secrets only as set or not) and its meaning."""
    try:
        settings: Settings | None = read_settings()
    except StickshakerError:
        settings = None
    try:
        slack: SlackSettings | None = read_slack()
    except StickshakerError:
        slack = None
    try:
        teams: TeamsSettings | None = read_teams()
    except StickshakerError:
        teams = None
    own = _described(Settings, settings, PREFIX)
    return [*own, *_described(SlackSettings, slack, SLACK), *_described(TeamsSettings, teams, TEAMS)]


def _described(model: type[BaseSettings], settings: BaseSettings | None, prefix: str) -> list[dict[str, str]]:
    entries = []
    for name, field in model.model_fields.items():
        value = getattr(settings, name) if settings else "?"
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        if field.annotation == SecretStr | None:
            shown = "set" if value and value != "?" else "not set"
        default = "" if field.default in (None, ()) else str(field.default)
        entries.append(
            {"name": prefix + name.upper(), "value": shown, "default": default, "means": field.description or ""}
        )
    return entries


def _settings(settings: Settings) -> Line:
    if not settings.admins:
        return Line("settings", "note", "nobody is named as admin; set STICKSHAKER_ADMINS to who looks after this.")
    return Line("settings", "ok", f"{len(settings.admins)} admins, times of the day in {settings.timezone}.")


async def _slack() -> list[Line]:
    """Say how the installation in Slack is, where one is set up."""
    settings = read_slack()
    if settings.bot_token is None:
        return [Line("slack", "note", "not set up: messages are read in the terminal (docs/install-slack.md).")]
    from jobs.slack import check  # noqa: PLC0415  half a second to load, which nobody needs without a token

    return [Line(one.what, one.state, one.says) for one in await check(settings)]


async def _teams() -> list[Line]:
    """Say how the bot of Teams is, where one is set up."""
    settings = read_teams()
    if settings.app_id is None:
        return []
    from jobs.teams import check  # noqa: PLC0415  more than a second to load, as above

    return [Line(one.what, one.state, one.says) for one in await check(settings)]


async def _store(process: Process) -> list[Line]:
    server = process.server
    where = "embedded, append-only" if process.settings.redis_url is None else "by STICKSHAKER_REDIS_URL"
    found = [Line("store", "ok", f"{server.name} {server.version}, {where}.")]
    state = await process.ports.settings.read()
    found.append(_mode(process, state))
    if process.settings.aggregate_only:
        found.append(await _aggregates(process))
    found += await _streams(process)
    now = process.ports.clock.now()
    facts = await gather(process.ports, process.rules, now)
    if not facts.pilots:
        return [*found, Line("registry", "note", "no pilots yet; `stickshaker load registry FILE`.")]
    without = sum(p.owner is None for p in facts.pilots)
    found.append(
        Line("registry", "note", f"{len(facts.pilots)} pilots, {without} of them without an owner; name one for each.")
        if without
        else Line("registry", "ok", f"{len(facts.pilots)} pilots, each with an owner.")
    )
    if not facts.sources:
        found.append(Line("sources", "note", "no usage yet; `stickshaker load usage FILE --source NAME`."))
    broken = {f.source for f in facts.detection.findings if f.kind is Kind.SOURCE_BROKEN and f.is_open}
    for status in facts.sources:
        if status.source in broken:
            says = "its pilots fell together, or it vouches for no day: look whether the feed is complete."
            found.append(Line(f"source {status.source}", "fault", says))
            continue
        late = status.is_late(now.date())
        newest = status.newest_day or "no day"
        says = f"newest day {newest}, usual lag {status.lag_days} days"
        found.append(
            Line(f"source {status.source}", "fault", f"{says}: late; load newer days, or raise --lag if this is usual.")
            if late
            else Line(f"source {status.source}", "ok", f"{says}.")
        )
    return [*found, *await _routing(process), *await _undelivered(process, now)]


async def _undelivered(process: Process, now: datetime) -> list[Line]:
    """Name the messages of late that may not have arrived: to whom, about what, and why."""
    people = await process.ports.people.all()
    found = []
    for delivery in await process.ports.outbox.all():
        is_recent = delivery.settled_at is not None and delivery.settled_at > now - RECENT
        if delivery.state in {DeliveryState.UNKNOWN, DeliveryState.DEAD} and is_recent:
            name = people[delivery.recipient].name if delivery.recipient in people else "somebody unknown"
            pilots = ", ".join(sorted({o.pilot for o in delivery.active}))
            says = f"{delivery.state.value}, about {pilots}: {delivery.reason}. Speak to them yourself."
            found.append(Line(f"message to {name}", "note", says))
    return found


async def _aggregates(process: Process) -> Line:
    """Say that nothing about a person is taken in, and whether the store holds what was taken in before."""
    least = process.rules.detection.min_group
    pilots = sorted(await process.ports.pilots.ids())
    extent = await process.ports.telemetry.extent()
    if pilots and extent:
        window = await process.ports.telemetry.window(pilots, *extent)
        if ((window.origin >= 0) & ~window.weekly).any():
            says = (
                "this store holds days from before; begin with an empty one (another STICKSHAKER_DATA_DIR or server)."
            )
            return Line("aggregates only", "fault", says)
    says = f"on: nothing about a person is taken in, weeks only, no figure of a group of fewer than {least} people."
    return Line("aggregates only", "ok", says)


async def _streams(process: Process) -> list[Line]:
    """Say how many entries of data teams wait to be taken in."""
    waiting = {stream: await process.ports.ingress.waiting(stream) for stream in Stream}
    if not any(waiting.values()):
        return []
    counts = ", ".join(f"{count:,} in stickshaker:in:{stream.value}" for stream, count in waiting.items() if count)
    says = f"entries wait to be taken in: {counts}; `stickshaker ingest` does it, and so does the next sweep."
    return [Line("streams", "note", says)]


async def _routing(process: Process) -> list[Line]:
    """Say how much use goes to no pilot."""
    lost = await process.ports.nowhere.all()
    if not lost:
        return []
    sources = ", ".join(sorted({use.source for use in lost})[:MOST_NAMED])
    says = f"use of {sources} goes to no pilot by the rules; `stickshaker routes` shows which, and the rule to add."
    return [Line("routes", "note", says)]


def _mode(process: Process, state: OrgState) -> Line:
    if process.settings.mode == "shadow":
        return Line("mode", "note", "shadow by STICKSHAKER_MODE: this process never sends.")
    who = f" since {state.changed_on}, by {state.changed_by}" if state.changed_on else ""
    if state.mode is Mode.LIVE:
        return Line("mode", "ok", f"live{who}.")
    remedy = "`stickshaker golive`" if state.mode is Mode.SHADOW else "`stickshaker resume`"
    return Line("mode", "note", f"{state.mode.value}{who}: nothing is sent until {remedy}.")
