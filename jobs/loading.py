"""The load commands: the registry, use, seats, leave, and who is who."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.facts import Wanted, load_leave_file, load_people_file, load_roster_file, load_usage_files
from jobs.load import load_registry_file
from jobs.running import AsJson, run

loading = typer.Typer(
    help="Take in files: the pilot registry, use, and who has access, is away, or is the same person.",
    no_args_is_help=True,
)

File = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.")]


@loading.command("registry")
def load_registry_command(
    file: File,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="MAP.yaml", help="Names the file's columns (docs/loading.md).")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Load the pilots. Bad rows go to FILE.rejects.csv; good ones are stored."""
    raise typer.Exit(run(lambda process: load_registry_file(process, file, map_file, as_json=as_json)))


@loading.command("usage")
def load_usage_command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="A file, or - for standard input; parts of one report together.")
    ],
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="Where the figures come from; facts tell it themselves."),
    ] = None,
    usage_format: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="Shape of the file: daily, weekly, usage_facts, github_copilot."
        ),
    ] = "daily",
    lag: Annotated[
        int | None,
        typer.Option("--lag", metavar="DAYS", min=0, max=60, help="Days the source is usually behind; kept for later."),
    ] = None,
    *,
    whole: Annotated[
        bool, typer.Option("--whole", help="Facts: the file is all its sources know of its days; the rest vanishes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load usage: totals of pilots by day or week, or facts about people. What can't be taken goes to the rejects."""
    wanted = Wanted(files, usage_format, source, lag, whole)
    raise typer.Exit(run(lambda process: load_usage_files(process, wanted, as_json=as_json)))


@loading.command("roster")
def load_roster_command(
    file: File,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Which source the access is to.")],
    roster_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Shape of the file: csv, github_seats.")
    ] = "csv",
    *,
    partial: Annotated[bool, typer.Option("--partial", help="There are other seats too: end nobody's.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load who has access to a source. Whoever is not in the file any more loses it today."""
    raise typer.Exit(
        run(lambda process: load_roster_file(process, file, source, roster_format, partial=partial, as_json=as_json))
    )


@loading.command("leave")
def load_leave_command(file: File, *, as_json: AsJson = False) -> None:
    """Load on which days people are away, so that nobody is missed then. Why is not asked."""
    raise typer.Exit(run(lambda process: load_leave_file(process, file, as_json=as_json)))


@loading.command("people")
def load_people_command(file: File, *, as_json: AsJson = False) -> None:
    """Load which ids are of one person, who then counts once. Load it before their use."""
    raise typer.Exit(run(lambda process: load_people_file(process, file, as_json=as_json)))
