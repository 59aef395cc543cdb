"""The demo command: play the firm, then tell what happened, for people or for a script."""

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.prompt import Prompt

from bot.app.overview import finding_to_plain
from bot.domain.calendar import to_zone
from jobs.account import tell
from jobs.play import Played, play, stage
from jobs.shown import ERR, OUT, plain, say, say_json
from jobs.wiring import Process, terminal_chat, today


async def run_demo(*, seed: int, once: bool, as_json: bool) -> int:
    """Play the firm of a seed and tell what happened; on a terminal you may then sit in an owner's chair."""
    async with stage(seed, today()) as (process, clock, fleet):
        columns = (TextColumn("[cyan]{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=ERR, transient=True) as progress:
            task = progress.add_task("playing", total=(fleet.today - fleet.first_day).days)
            played = await play(
                process, clock, fleet, lambda day: progress.update(task, advance=1, description=f"playing {day}")
            )
        if as_json:
            say_json(await to_plain(played, process))
            return 0
        await tell(played, process)
        if not once and OUT.is_terminal:
            await _sit_down(played, process)
    return 0


async def to_plain(played: Played, process: Process) -> dict[str, object]:
    """Return the play as plain values: what was found, what was sent, and what was true."""
    people = await process.ports.people.all()
    zones = {p.id: to_zone(p.timezone or "UTC") for p in played.fleet.pilots}
    return {
        "seed": played.fleet.seed,
        "today": played.fleet.today.isoformat(),
        "findings": [finding_to_plain(f) for f in played.report.findings],
        "outreach": [
            {
                "pilot": s.outreach.pilot,
                "kind": s.outreach.step.value,
                "recipient": people[s.outreach.recipient].name,
                "on": s.at.astimezone(zones.get(s.outreach.pilot, to_zone("UTC"))).date().isoformat(),
            }
            for s in played.sent
        ],
        "truth": [
            {
                "pilot": t.pilot,
                "label": t.label,
                "kind": t.kind.value if t.kind else None,
                "onset": t.onset.isoformat() if t.onset else None,
                "latest_day": t.latest_day.isoformat() if t.latest_day else None,
            }
            for t in played.fleet.truth
        ],
    }


async def _sit_down(played: Played, process: Process) -> None:
    """Offer to read and answer the messages of an owner of the firm."""
    people = await process.ports.people.all()
    names = sorted({people[s.outreach.recipient].name for s in played.sent})
    say("\nYou can sit in an owner's chair and answer; nothing of it leaves this demo.")
    for number, name in enumerate(names, 1):
        say(f"  {number}  {plain(name)}")
    choices = ["", *map(str, range(1, len(names) + 1))]
    try:
        choice = Prompt.ask(
            "Which one? (Enter to leave)", choices=choices, default="", show_choices=False, show_default=False
        )
    except EOFError:  # nobody is there to answer
        return
    if choice:
        person = next(p for p in people.values() if p.name == names[int(choice) - 1])
        await terminal_chat(process, person).run()
