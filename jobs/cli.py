"""The commands. Exit codes: 0 done; 1 done, and something needs you; 2 it can't be done, one sentence says why."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from bot.app.export import export
from bot.app.ingest import tidy
from bot.app.overview import line_to_plain, lines, page, page_to_plain, person_by_name, to_plain
from bot.app.sweep import SweepReport, sweep
from bot.app.switch import go_live, pause, resume
from bot.domain.settings import Mode
from bot.errors import InputError, StickshakerError
from jobs.backtest import backtest_command
from jobs.check import run_check
from jobs.demo import run_demo
from jobs.digests import digests
from jobs.doctor import doctor_command
from jobs.importing import import_command
from jobs.ingress import run_ingest, take_in_before
from jobs.letters import drop_command, letters_command, retry_command
from jobs.loading import loading
from jobs.logs import configure
from jobs.routes import show_routes
from jobs.running import AsJson, operator, run, wait_for
from jobs.settings import read_settings, read_slack, read_teams
from jobs.shown import (
    complain,
    flush_output,
    open_streams,
    plain,
    say,
    say_json,
    say_raw,
    show_lines,
    show_outreach,
    show_page,
    show_report,
    written,
)
from jobs.wiring import Process, terminal_chat

DEMO_SEED = 16
"""The firm that the demo shows unless told otherwise."""

JUDGED_YEARS = range(2000, 2101)
"""The years that a sweep can be asked to judge in."""

app = typer.Typer(
    name="stickshaker",
    help="Keeps AI pilots from stalling: finds the stall, asks the owner, checks what was promised.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(loading, name="load")
app.add_typer(digests, name="digests")
slack = typer.Typer(help="Set up the app in Slack.", no_args_is_help=True)
app.add_typer(slack, name="slack")
teams = typer.Typer(help="Set up the app in Microsoft Teams.", no_args_is_help=True)
app.add_typer(teams, name="teams")

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]


@app.command("routes")
def routes_command(*, as_json: AsJson = False) -> None:
    """Show whose use is whose: the rules of pilots, where they overlap, and what goes nowhere."""
    raise typer.Exit(run(lambda process: show_routes(process, as_json=as_json)))


@app.command()
def ingest(
    *,
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Keep reading until Ctrl-C; else end when the streams are empty.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take in what data teams wrote into the Redis streams (docs/ingress.md)."""
    raise typer.Exit(run(lambda process: run_ingest(process, follow=follow, as_json=as_json)))


@app.command("sweep")
def sweep_command(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing and send nothing.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Look only at pilots that changed since the last look.")
    ] = False,
    now: Annotated[
        str | None, typer.Option("--now", metavar="ISO", help="Judge as if this were now; implies --dry-run.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at everything once: judge every pilot, move its case, write to those whose time has come."""
    moment = to_moment(now) if now else None
    is_look = dry_run or moment is not None  # at another day live cases must not move

    async def body(process: Process) -> None:
        if not is_look:
            await take_in_before(process, as_json=as_json)
            await tidy(process.ports, process.ports.clock.now().date())
            await process.work()
        at = moment or process.ports.clock.now()
        report = await sweep(process.ports, process.rules, at, dry_run=is_look, changed_only=changed)
        if not is_look:
            await process.work()
        if as_json:
            say_json(to_plain(report))
        else:
            named = {f.pilot for f in report.findings} | {o.pilot for o in (*report.outreach, *report.queued)}
            pilots = await process.ports.pilots.some(sorted(named | {i for gap in report.gaps for i in gap.pilots}))
            show_report(report, {p.id: p for p in pilots}, dry_run=is_look)

    run(body)


def to_moment(text: str) -> datetime:
    """Return the moment of an ISO day (noon UTC) or an ISO time (UTC where it names no zone)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        msg = f"--now '{text}' is no ISO day or time; write 2026-03-10 or 2026-03-10T09:30:00+01:00."
        raise InputError(msg) from fault
    if moment.year not in JUDGED_YEARS:
        msg = f"--now '{text}' is too far away; write a day of the years {JUDGED_YEARS[0]} to {JUDGED_YEARS[-1]}."
        raise InputError(msg)
    if len(text) == len("2026-03-10"):
        moment = datetime.combine(moment.date(), time(12))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


async def _look(process: Process) -> SweepReport:
    """Return what a sweep would report now, storing nothing."""
    return await sweep(process.ports, process.rules, process.ports.clock.now(), dry_run=True)


@app.command()
def status(
    pilot: Annotated[str | None, typer.Argument(help="The id of one pilot, to see it in full.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every pilot in a line, or one in full: what was found, asked and answered, and why it is quiet."""

    async def body(process: Process) -> None:
        report = await _look(process)
        if pilot is not None:
            full = await page(pilot, report, process.ports)
            if as_json:
                say_json(page_to_plain(full))
            else:
                show_page(full)
            return
        found = lines(report, {p.id: p for p in await process.ports.pilots.all()})
        if as_json:
            say_json({"pilots": [line_to_plain(line) for line in found], "portfolio": report.portfolio.model_dump()})
        elif found:
            show_lines(found)
        else:
            say("There is no pilot yet; begin with `stickshaker load registry FILE`.")

    run(body)


@app.command()
def chat(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Written as the registry writes the person.")],
) -> None:
    """Read a person's messages and answer them, by number or in words."""

    async def body(process: Process) -> None:
        found = await person_by_name(person, process.ports)
        await terminal_chat(process, found).run()

    run(body)


@app.command()
def golive(*, yes: Yes = False) -> None:
    """Show what would be sent, and let messages leave: five owners a day, the worst first."""

    async def body(process: Process) -> int:
        state = await process.ports.settings.read()
        if state.mode is Mode.LIVE:
            say(f"Stickshaker is live since {state.changed_on}; nothing changed.")
            return 0
        if state.mode is Mode.PAUSED:
            say("Stickshaker is paused; `stickshaker resume` ends that. Nothing changed.")
            return 1
        report = await _look(process)
        show_outreach(report, {p.id: p for p in await process.ports.pilots.all()}, hint=False)
        if not yes and not _agrees("Let messages leave from now on?"):
            say("Nothing changed: still nothing is sent.")
            return 1
        await go_live(process.ports, operator(), process.ports.clock.now())
        say("[green]Live.[/] The next sweep writes to the first owners. `stickshaker pause` stops everything at once.")
        if process.settings.mode == "shadow":
            say("[yellow]But STICKSHAKER_MODE=shadow keeps this process from sending; unset it.[/]")
        return 0

    raise typer.Exit(run(body))


@app.command("pause")
def pause_command() -> None:
    """Stop every send at once, until `stickshaker resume`."""

    async def body(process: Process) -> None:
        await pause(process.ports, operator(), process.ports.clock.now())
        say("[yellow]Paused.[/] Nothing leaves until `stickshaker resume`.")

    run(body)


@app.command("resume")
def resume_command() -> None:
    """Return to how it was before the pause."""

    async def body(process: Process) -> None:
        state = await resume(process.ports, operator(), process.ports.clock.now())
        say("Live again." if state.mode is Mode.LIVE else "In shadow mode: nothing is sent.")

    run(body)


@app.command()
def optin(person: Annotated[str, typer.Argument(help="Written as the registry writes the person.")]) -> None:
    """Let somebody who had asked for no more messages get them again; on their own word only."""

    async def body(process: Process) -> None:
        found = await person_by_name(person, process.ports)
        await process.ports.people.opt_in(found.id)
        say(f"{plain(found.name)} gets messages again where there is reason for one.")

    run(body)


@app.command()
def check(*, as_json: AsJson = False) -> None:
    """Say what works, what is missing and how to mend it: settings, store, registry, sources."""
    raise typer.Exit(wait_for(run_check(as_json=as_json)))


@slack.command("manifest")
def manifest_command(
    *,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="https://HOST", help="Where Slack reaches this service; without it by a socket."),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words/--no-words", help="Whether the app may read what people write to it.")
    ] = True,
) -> None:
    """Print the manifest to make the app from (docs/install-slack.md)."""
    from jobs.slack import manifest  # noqa: PLC0415  half a second to load; only this needs it

    if url is not None and not url.startswith("https://"):
        msg = f"--url '{url}' is no address that Slack takes; it begins with https://."
        raise InputError(msg)
    say_json(manifest(url, reads_words=words))


@teams.command("package")
def package_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where it is written.")],
    *,
    website: Annotated[
        str, typer.Option("--website", metavar="https://...", help="Where your people read about it.")
    ] = "https://example.com/stickshaker",
    older: Annotated[bool, typer.Option("--older", help="For a tenant that takes no slash commands yet.")] = False,
    for_graph: Annotated[bool, typer.Option("--for-graph", help="To be installed by a script of yours.")] = False,
) -> None:
    """Write the package to upload in the Teams admin centre (docs/install-teams.md)."""
    from jobs.teams import package  # noqa: PLC0415  more than a second to load; only this needs it

    settings = read_teams()
    if settings.app_id is None:
        raise InputError("TEAMS_APP_ID is not set: the package names the bot (docs/install-teams.md).")
    if not website.startswith("https://"):
        msg = f"--website '{website}' is no address that Teams takes; it begins with https://."
        raise InputError(msg)
    try:
        made = package(settings.app_id, website, version("stickshaker"), older=older, for_graph=for_graph)
        file.write_bytes(made)
    except OSError as fault:
        msg = f"'{file}' can't be written ({fault.strerror}); name another file."
        raise InputError(msg) from fault
    say(f"{plain(str(file))}: upload it in the Teams admin centre.")


@app.command("run")
def run_command(
    *,
    role: Annotated[
        str, typer.Option("--role", metavar="all|web|worker", help="What this process does; several may run at once.")
    ] = "all",
) -> None:
    """Run the service: jobs on their schedule, messages when they are due, until Ctrl-C or SIGTERM."""
    from jobs.run import Role, serve  # noqa: PLC0415  the engine takes most of a second to load; only this needs it

    if role not in set(Role):
        msg = f"--role '{role}' is none; write all, web or worker."
        raise InputError(msg)
    settings = read_settings()
    hidden = [*settings.secrets, *read_slack().secrets, *read_teams().secrets]
    configure(settings.log_level, as_json=settings.log == "json", secrets=hidden)
    wait_for(serve(settings, Role(role)))


@app.command("export")
def export_command() -> None:
    """Print everything known of pilots as lines of JSON; small groups lose their figures."""

    async def body(process: Process) -> None:
        least, weeks_only = process.rules.detection.min_group, process.settings.aggregate_only
        async for line in export(process.ports, least, weeks_only=weeks_only):
            say_raw(line)

    run(body, reading=True)


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Play without stopping to ask.")] = False,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another firm.")] = DEMO_SEED,
) -> None:
    """Play thirty weeks of an invented firm with fourteen pilots, and tell what happened."""
    raise typer.Exit(wait_for(run_demo(seed=seed, once=once, as_json=as_json)))


app.command("backtest")(backtest_command)
app.command("doctor")(doctor_command)
app.command("import")(import_command)
app.command("letters")(letters_command)
app.command("retry")(retry_command)
app.command("drop")(drop_command)


def _agrees(question: str) -> bool:
    """Ask for a yes; the end of the input is a no."""
    try:
        with written():
            return typer.confirm(question)
    except typer.Abort:
        say()
        return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a fault we know of is one sentence on standard error and exit code 2."""
    open_streams()
    code = _code_of(arguments)
    try:
        flush_output()
    except StickshakerError as fault:
        complain(fault)
        code = 2
    sys.exit(code)


def _code_of(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code."""
    try:
        app(args=arguments)
    except SystemExit as end:
        return int(end.code or 0)
    except StickshakerError as fault:
        complain(fault)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    main()
