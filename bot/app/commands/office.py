"""Commands of an admin: whether messages leave, what would be sent, where usage comes from."""

from typing import Final

from bot.app.commands.caller import Refused, Typed
from bot.app.sweep import SweepReport, sweep
from bot.app.switch import go_live, pause, resume
from bot.domain.settings import Mode
from bot.messages.model import Message
from bot.messages.talk import told
from bot.messages.wording import LONGEST_NAME, name_day, shorten

MOST_SHOWN: Final = 15


async def sources(typed: Typed) -> Message:
    """Show where usage comes from and how far it is told."""
    said, today = typed.said, typed.now.date()
    known = await typed.ports.sources.all()
    lines = [
        said.source_line.format(
            source=one.source,
            day=name_day(one.newest_day, today) if one.newest_day else said.never,
            late=said.late if one.is_late(today) else "",
        )
        for one in known
    ]
    return told(*(lines or [said.no_sources]))


async def preview(typed: Typed) -> Message:
    """Show what would be sent, to whom and when."""
    report = await sweep(typed.ports, typed.rules, typed.now, dry_run=True)
    return told(*await _planned(typed, report))


async def _planned(typed: Typed, report: SweepReport) -> list[str]:
    said = typed.said
    planned = sorted((*report.outreach, *report.queued), key=lambda one: (one.on, one.pilot, one.kind))
    if not planned:
        return [said.preview_none]
    pilots = {p.id: p.name for p in await typed.ports.pilots.some(sorted({one.pilot for one in planned if one.pilot}))}
    lines = [
        said.preview_line.format(
            pilot=shorten(pilots.get(one.pilot, one.pilot), LONGEST_NAME),
            kind=said.kinds[one.kind],
            person=one.recipient,
            day=name_day(one.on, typed.now.date()),
        )
        for one in planned[:MOST_SHOWN]
    ]
    more = len(planned) - MOST_SHOWN
    return [*lines, *([said.preview_more.format(count=more)] if more > 0 else [])]


async def golive(typed: Typed) -> Message:
    """Show what would leave, and with a yes let it."""
    said, called = typed.said, typed.caller.called
    state = await typed.ports.settings.read()
    if state.mode is not Mode.SHADOW:
        return told(said.golive_live if state.mode is Mode.LIVE else said.golive_paused.format(command=called))
    if typed.rest.casefold() not in {"", "yes"}:
        raise Refused("", shows_usage=True)
    if not typed.rest:
        return told(*(await preview(typed)).body, said.golive_ask.format(command=called))
    await go_live(typed.ports, typed.me.name, typed.now)
    return told(said.golive_done.format(command=called))


async def pause_all(typed: Typed) -> Message:
    """Stop every message at once."""
    await pause(typed.ports, typed.me.name, typed.now)
    return told(typed.said.paused.format(command=typed.caller.called))


async def end_pause(typed: Typed) -> Message:
    """End the pause."""
    state = await resume(typed.ports, typed.me.name, typed.now)
    return told(typed.said.resumed if state.mode is Mode.LIVE else typed.said.resumed_shadow)
