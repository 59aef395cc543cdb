"""What the load of facts and of tables about people says: sentences for people, JSON for scripts.

Nobody is named, and of fewer people than the least group no figure is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bot.app.ingest import IngestReport
from bot.app.seats import PeopleReport
from bot.app.tally import Told
from bot.domain.pilot import Route
from bot.domain.routing import to_rule
from bot.intake import PutCounts, Unrouted
from jobs.shown import plain, say, say_json

MOST_SHOWN: Final = 5
"""Lines of use that goes nowhere before it is only counted."""


def tell_facts(name: str, report: IngestReport, rejects: Path, *, least_group: int, as_json: bool) -> int:
    """Say what became of a table of facts and return the exit code."""
    if as_json:
        say_json(facts_to_plain(report, rejects))
    else:
        for sentence in _facts(name, report, rejects, least_group):
            say(sentence)
    return 1 if report.rejected else 0


def facts_to_plain(report: IngestReport, rejects: Path) -> dict[str, object]:
    """Return the report as plain values; days are ISO days."""
    return {
        "read": report.read,
        **asdict(report.counts),
        **_rejected(report.rejected, rejects),
        "newest_day": report.newest_day.isoformat() if report.newest_day else None,
        "newest_days": {source: day.isoformat() for source, day in report.newest.items()},
        "whole": report.was_whole,
        "people": [_told_to_plain(told) for told in report.told],
        "services": report.services,
        "shared": report.shared,
        "nowhere": [unrouted_to_plain(use) for use in report.unrouted],
    }


def _rejected(count: int, rejects: Path) -> dict[str, object]:
    return {"rejected": count, "rejects": str(rejects) if count else None}


def _told_to_plain(told: Told) -> dict[str, object]:
    """Return the figures of one source; of few people none of them."""
    span = told.period.value
    shown: dict[str, object] = {"source": told.source, "grain": span, "suppressed": told.is_small}
    if told.is_small:
        return shown
    shown |= {"people": told.people, f"user_{span}s": told.told, "active": told.active, "passive": told.passive}
    return shown | ({f"{span}s": told.spans, "zero": told.zero, "unknown": told.unknown} if told.spans else {})


def unrouted_to_plain(use: Unrouted) -> dict[str, object]:
    """Return use that goes nowhere as plain values, with the rule that would catch it; of few people without figures."""
    return {
        "source": use.source,
        "group": use.group,
        "surface": use.surface,
        "facts": use.facts if use.people else None,
        "people": use.people or None,
        "suppressed": not use.people,
        "newest_day": use.newest_day.isoformat(),
        "rule": to_rule(rule_for(use)),
    }


def rule_for(use: Unrouted) -> Route:
    """Return a rule that lets this use through: all of its group, or its surface where it has no group."""
    return Route(source=use.source, group=use.group) if use.group else Route(source=use.source, surface=use.surface)


def _facts(name: str, report: IngestReport, rejects: Path, least_group: int) -> Iterator[str]:
    newest = f" The newest day is {report.newest_day}." if report.newest_day else ""
    yield f"{plain(name)}: {_changed(report)}{newest}"
    for told in report.told:
        yield f"{told.source}: {_people(told, least_group)}"
    if report.services:
        yield f"Left out: {report.services} of keys and robots, which are no people."
    if report.shared:
        yield f"{_facts_of(report.shared)} for several pilots; `stickshaker routes` says by which rules."
    yield from _nowhere(report.unrouted)
    if report.rejected:
        yield _mend(name, report.rejected, rejects, kept_missing=report.kept_missing)


def _facts_of(count: int) -> str:
    return f"{count} fact counts" if count == 1 else f"{count} facts count"


def _changed(report: IngestReport) -> str:
    """Say what a table changed."""
    if report.read == 0 and not report.was_whole:
        return "it holds no facts, nothing changed."
    if report.read == report.rejected and report.read:
        return "nothing changed."
    counts = report.counts
    if report.unrouted and counts == PutCounts():
        return "nothing was stored, since no pilot's rule wants it."
    if counts.new == counts.changed == 0:
        return "nothing changed: all of it was known already, or a later report of these days is."
    gone = " or gone" if report.was_whole else ""
    each = "; a fact counts once for each of its pilots" if report.shared else ""
    return f"{counts.new} new, {counts.changed} changed{gone}, {counts.unchanged} unchanged{each}."


def _people(told: Told, least_group: int) -> str:
    """Say what was told of the people of a source."""
    span = told.period.value
    if told.is_small:
        return f"it tells of fewer than {least_group} people, so no figures of them are shown."
    known = f"{told.told} user-{span}s of {told.people} people: {told.active} active, {told.passive} passive."
    possible = f"{told.people} x {told.spans}"
    if told.zero and told.unknown:
        return (
            f"{known} Of the others of {possible}, {told.zero} are zero, since the roster knows of their access, "
            f"and {told.unknown} are unknown."
        )
    if told.zero:
        return f"{known} The other {told.zero} of {possible} are zero, since the roster knows of their access."
    if told.unknown:
        remedy = f"`stickshaker load roster FILE --source {told.source}` makes them zero for whoever has access then"
        return f"{known} The other {told.unknown} of {possible} are unknown without a roster; {remedy}."
    return known


def _nowhere(unrouted: Sequence[Unrouted]) -> Iterator[str]:
    if not unrouted:
        return
    yield "[yellow]No pilot's rule wants:[/]"
    shown = sorted(unrouted, key=lambda use: (-use.facts, use.source, use.group or "", use.surface))
    for use in shown[:MOST_SHOWN]:
        yield f"  {in_words(use)}"
    more = f"{len(unrouted) - MOST_SHOWN} more, and the rules" if len(unrouted) > MOST_SHOWN else "the rules"
    yield f"`stickshaker routes` shows {more} that would take them."


def in_words(use: Unrouted) -> str:
    """Say what goes nowhere; of few people without figures."""
    group = f"group {plain(use.group)}" if use.group else "no group"
    how_much = f"{use.facts} facts of {use.people} people" if use.people else "too few people to show"
    return f"{use.source}, {group}, {use.surface}: {how_much}, last on {use.newest_day}"


def tell_people(name: str, what: str, report: PeopleReport, rejects: Path, *, least_group: int, as_json: bool) -> int:
    """Say what became of a table about people, `what` it holds in one word, and return the exit code."""
    is_small = report.people < least_group
    if as_json:
        people = {"people": None if is_small else report.people, "whole": report.was_whole}
        say_json({"read": report.read, **asdict(report.counts), **_rejected(report.rejected, rejects), **people})
    else:
        who = f"fewer than {least_group}" if is_small else str(report.people)
        counts = report.counts
        ended = " or ended" if report.was_whole else ""
        changed = f"{counts.new} new, {counts.changed} changed{ended}, {counts.unchanged} unchanged"
        say(f"{plain(name)}: {what} of {who} people; {changed}.")
        if report.nowhere:
            rest = report.people - report.nowhere
            is_few = is_small or report.nowhere < least_group or 0 < rest < least_group
            say(
                f"{'Some' if is_few else report.nowhere} of them have access to no pilot's tool by its rules; `stickshaker routes` shows the rules."
            )
        if report.rejected:
            say(_mend(name, report.rejected, rejects, kept_missing=report.kept_missing))
    return 1 if report.rejected else 0


def _mend(name: str, rejected: int, rejects: Path, *, kept_missing: bool) -> str:
    """Say where the rejects are, which hold nothing of their rows, and what was not concluded because of them."""
    were = "1 row was rejected" if rejected == 1 else f"{rejected} rows were rejected"
    kept = " Until then nothing is taken away that is missing in it." if kept_missing else ""
    return (
        f"[yellow]{were}[/]; {plain(rejects)} names line and reason of each and repeats nothing of it. "
        f"Mend {plain(name)} and load it again.{kept}"
    )
