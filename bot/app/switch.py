"""The organisation's switch: shadow, live, paused. Each turn is recorded with who turned it."""

from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.settings import Mode, OrgState
from bot.errors import Conflict
from bot.ports import Ports


async def go_live(ports: Ports, who: str, now: datetime) -> OrgState:
    """Let messages leave; the caller has shown an admin what would be sent before.

    Raises Conflict in a pause: whoever paused had a reason, and only `resume` ends it.
    """
    state = await ports.settings.read()
    if state.mode is Mode.LIVE:
        return state
    if state.mode is Mode.PAUSED:
        msg = "Stickshaker is paused; look at `stickshaker status`, then end the pause with `stickshaker resume`."
        raise Conflict(msg)
    return await _turn(ports, state, Mode.LIVE, who, now)


async def pause(ports: Ports, who: str, now: datetime) -> OrgState:
    """Stop every send; returns when the stop stands wherever a claim looks. Survives restarts."""
    state = await ports.settings.read()
    if state.mode is Mode.PAUSED:
        await ports.settings.spread(state)  # a former pause may have been cut off
        return state
    return await _turn(ports, state, Mode.PAUSED, who, now)


async def resume(ports: Ports, who: str, now: datetime) -> OrgState:
    """Return to the mode before the pause; without a pause nothing changes."""
    state = await ports.settings.read()
    return state if state.mode is not Mode.PAUSED else await _turn(ports, state, state.resume_mode, who, now)


async def _turn(ports: Ports, state: OrgState, mode: Mode, who: str, now: datetime) -> OrgState:
    entry = AuditEntry(at=now, who=who, what="switch", before=state.mode.value, after=mode.value)
    changes = {"mode": mode, "changed_on": now.date(), "changed_by": who, "resume_mode": state.mode}
    return await ports.settings.write(state.model_copy(update=changes), entry)
