"""Commands about pilots: what is known of them, what the registry says, and answers about a case."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import ValidationError

from bot.app.commands.caller import Refused, Right, Typed, rights_of, stands_in
from bot.app.replies import work_off_replies
from bot.domain.ask import Request
from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.decision import Verdict
from bot.domain.outreach import Role
from bot.domain.pilot import Dependency, Pilot, Stage, StageEntry
from bot.domain.reply import Answer, Decide, Reply, SnoozeUntil
from bot.errors import InputError
from bot.messages.answers import to_checked_day
from bot.messages.days import Doubt
from bot.messages.model import Message
from bot.messages.talk import told
from bot.messages.wording import LONGEST_NAME, name_day, shorten
from bot.metrics.progress import stage_spans
from bot.policy.wishes import readable
from bot.ports import StoredCase

MOST_LISTED: Final = 30
DAY: Final = "a day as 2026-03-02"
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
"""Days that can be meant."""
DONE: Final = "done"
LONGEST_KIND: Final = 80
LONGEST_ID: Final = 200
FIELDS: Final[Mapping[str, str]] = {
    "name": "a text of at most 300 characters",
    "seats": "a whole number from 0 to 65534",
    "planned_stage_days": "a whole number of days from 1 to 3650",
    "start": DAY,
    "target_date": DAY,
    "last_release": DAY,
    "country": "two letters such as DE",
    "timezone": "a name such as Europe/Berlin",
    "use_case_family": "a text",
    "outcome_metric": "a text",
    "production_owner": "a text",
    "data_mode": "a text",
    "depth": "L0 to L4",
}
"""Fields that `edit` changes, and what each takes. Owner, sponsor, stage and dependencies have commands of their own."""
LONGEST: Final = 300


async def list_pilots(typed: Typed) -> Message:
    """List the pilots of who asks; all for an admin."""
    lines = await lines_of(typed, MOST_LISTED)
    if lines:
        return told(*lines)
    is_empty = not await typed.ports.pilots.ids()
    return told(typed.said.list_nothing.format(command=typed.caller.called) if is_empty else typed.said.list_none)


async def lines_of(typed: Typed, most: int) -> list[str]:
    """Return a line for each pilot of who asks, those with an open case first."""
    mine, cases = await _mine(typed)
    mine.sort(key=lambda p: (not _is_open(cases.get(p.id)), p.name.casefold()))
    lines = [_line(p, cases.get(p.id), typed, sees_all=_sees_all(typed, p)) for p in mine[:most]]
    return [*lines, *([typed.said.list_more.format(count=len(mine) - most)] if len(mine) > most else [])]


async def asked_lines(typed: Typed, most: int) -> list[str]:
    """Return what is asked of others in the name of pilots whose owner or lead asks, as long as it is under way."""
    mine, cases = await _mine(typed)
    lines = []
    for pilot in mine:
        stored, rights = cases.get(pilot.id), rights_of(typed.caller, pilot, typed.ports)
        if stored is not None and _is_open(stored) and rights & {Right.OWNER, Right.LEAD}:
            live = [r for r in stored.case.live_requests if r.person]
            lines += [f"{shorten(pilot.name, LONGEST_NAME)}: {_asked(r, typed)}" for r in live]
    return lines[:most]


async def _mine(typed: Typed) -> tuple[list[Pilot], Mapping[str, StoredCase]]:
    """Return the pilots in which somebody has a role, all for an admin, with their cases."""
    ports, pilots = typed.ports, await typed.ports.pilots.all()
    others = {ports.people.identify(name) for p in pilots for name in (p.owner, p.sponsor) if name}
    people = {} if typed.caller.is_admin else await ports.people.some(sorted(others))
    stood_for = {one.id for one in people.values() if one.preferences.delegate == typed.me.id}

    def is_mine(pilot: Pilot) -> bool:
        names = [ports.people.identify(name) for name in (pilot.owner, pilot.sponsor) if name]
        return len(rights_of(typed.caller, pilot, ports)) > 1 or bool(stood_for & set(names))

    mine = [p for p in pilots if typed.caller.is_admin or is_mine(p)]
    return mine, await ports.cases.some([p.id for p in mine])


def _is_open(stored: StoredCase | None) -> bool:
    return stored is not None and not stored.case.is_closed


def _line(pilot: Pilot, stored: StoredCase | None, typed: Typed, *, sees_all: bool) -> str:
    """Tell a pilot in a line; where it stands with its owner is the owner's to show to a sponsor."""
    said, state = typed.said, typed.said.none_open
    if stored is not None and not stored.case.is_closed:
        state = said.states[stored.case.state] if sees_all else said.some_open
    name = shorten(pilot.name, LONGEST_NAME)
    return said.list_line.format(name=name, id=pilot.id, stage=_stage(pilot, typed), state=state)


def _stage(pilot: Pilot, typed: Typed) -> str:
    spans = stage_spans(pilot, typed.now.date())
    if not spans:
        return typed.said.no_stage_known
    if spans[-1].since is None:
        return spans[-1].stage.value
    return typed.said.stage_line.format(stage=spans[-1].stage.value, day=name_day(spans[-1].since, typed.now.date()))


async def status(typed: Typed) -> Message:
    """Show one pilot. What an owner said, and of whom something is asked, is not shown to a sponsor before it is put to them."""
    said, pilot, today = typed.said, typed.pilot, typed.now.date()
    stored = (await typed.ports.cases.some([pilot.id])).get(pilot.id)
    people = said.status_people.format(
        owner=pilot.owner or said.nobody, sponsor=pilot.sponsor or said.nobody, lead=pilot.programme_lead or said.nobody
    )
    sees_all = _sees_all(typed, pilot) or Right.OWNER in await stands_in(typed.caller, pilot, typed.ports)
    lines = [_line(pilot, stored, typed, sees_all=sees_all), people]
    if stored is not None and not stored.case.is_closed:
        lines += _case_lines(stored.case, typed, today, sees_all=sees_all)
    return told(*lines)


def _sees_all(typed: Typed, pilot: Pilot) -> bool:
    return bool(rights_of(typed.caller, pilot, typed.ports) & {Right.ADMIN, Right.OWNER, Right.LEAD})


def _case_lines(case: Case, typed: Typed, today: date, *, sees_all: bool) -> list[str]:
    said = typed.said
    lines = [said.status_found.format(evidence=f.evidence) for f in case.findings if f.is_open][:3]
    if case.decision is not None:
        opened = name_day(case.decision.opened_at.date(), today)
        lines.append(said.status_decision.format(day=opened, due=name_day(case.decision.due, today)))
    if not sees_all:
        return lines
    lines += [_asked(request, typed) for request in case.requests if request.loop == case.loop]
    return [*lines, *([said.status_listed.format(why=case.listed_why)] if case.listed_why else [])]


def _asked(request: Request, typed: Typed) -> str:
    return typed.said.status_asked.format(
        person=shorten(request.name, LONGEST_NAME),
        thing=shorten(request.thing.words, LONGEST_NAME),
        day=name_day(request.due, typed.now.date()),
        state=typed.said.request_states[request.state],
    )


async def snooze(typed: Typed) -> Message:
    """Leave a pilot alone until a day."""
    if not typed.words:
        raise Refused("", shows_usage=True)
    return await _answer(typed, SnoozeUntil(until=_day(typed, typed.rest)), Role.OWNER)


async def decision(typed: Typed) -> Message:
    """Record a sponsor's decision."""
    given, *rest = typed.words or ("",)
    verdict = next((v for v in Verdict if v.value == given.casefold()), None)
    if verdict is None or (verdict is not Verdict.STOP and not rest):
        raise Refused("", shows_usage=True)
    text = " ".join(rest)
    if verdict is Verdict.STOP:
        answer = Decide(verdict=verdict, lesson=text[:280] or None)
    else:
        answer = Decide(verdict=verdict, until=_day(typed, text.removeprefix("by ")))
    return await _answer(typed, answer, Role.SPONSOR)


def _day(typed: Typed, words: str) -> date:
    """Return a day from tomorrow on; raises Refused with the usage where it can't be read."""
    found = to_checked_day(words.removeprefix("until "), typed.now, to_zone(typed.zone))
    if isinstance(found, Doubt):
        raise Refused(typed.rules.texts.others.settings.no_day, shows_usage=True)
    return found


async def _answer(typed: Typed, answer: Answer, role: Role) -> Message:
    """Have an answer about the case of a pilot noted, as if it had been tapped."""
    ports, pilot = typed.ports, typed.pilot
    stored = await ports.cases.get(pilot.id)
    if stored is None or stored.case.is_closed:
        raise Refused(typed.said.nothing_open.format(pilot=shorten(pilot.name, LONGEST_NAME)))
    reply = Reply(
        key=typed.caller.key,
        person=typed.me.id,
        case_id=stored.case.id,
        pilot=pilot.id,
        answer=answer,
        received_at=typed.now,
        role=role,
    )
    await ports.turns.keep_meant(typed.me.id, None)  # what they said before is overtaken
    await ports.inbox.receive(reply)
    await work_off_replies(ports, typed.rules)
    return told(await ports.inbox.note(reply) or typed.rules.texts.talk.busy)


async def add(typed: Typed) -> Message:
    """Register a pilot."""
    if len(typed.words) < 2:  # noqa: PLR2004  an id and a name
        raise Refused("", shows_usage=True)
    pilot_id, name = typed.words[0], " ".join(typed.words[1:])
    taken = {other.casefold() for p in await typed.ports.pilots.all() for other in (p.id, p.name)}
    known = next((one for one in (pilot_id, name) if one.casefold() in taken), None)
    if known is not None:
        raise Refused(typed.said.exists.format(id=known[:80], command=typed.caller.called))
    if len(pilot_id) > LONGEST_ID or not pilot_id.isprintable():
        raise Refused(_bad(typed, "id", pilot_id, f"at most {LONGEST_ID} letters, figures and signs"))
    pilot = _valid(typed, {"id": pilot_id, "name": name}, "name", name)
    await _store(typed, pilot, "registered")
    return told(typed.said.added.format(pilot=shorten(pilot.name, LONGEST_NAME), command=typed.caller.called))


async def edit(typed: Typed) -> Message:
    """Change a field of the registry."""
    if len(typed.words) < 2:  # noqa: PLR2004  a field and its value
        raise Refused("", shows_usage=True)
    field, value = typed.words[0].casefold(), " ".join(typed.words[1:])
    if field not in FIELDS:
        raise Refused(typed.said.no_field.format(given=field[:40], fields=", ".join(FIELDS)))
    if field == "timezone":
        try:
            to_zone(value)
        except InputError:
            raise Refused(_bad(typed, field, value, FIELDS[field])) from None
    return await _change(typed, field, value)


async def stage(typed: Typed) -> Message:
    """Say which stage a pilot is in, and since when."""
    given, *rest = typed.words or ("",)
    wanted = next((s for s in Stage if s.value == given.casefold()), None)
    if wanted is None:
        raise Refused(typed.said.no_stage.format(given=given[:40], stages=", ".join(Stage)), shows_usage=not given)
    today, text = typed.now.date(), " ".join(rest)
    since = _read_day(text) if text else today
    if since is None or since > today:
        raise Refused(_bad(typed, "stage", text, "a day until today, as 2026-03-02"))
    pilot = typed.pilot
    told_before = (
        [StageEntry(stage=pilot.stage, since=pilot.stage_since, planned_days=pilot.planned_stage_days)]
        if pilot.stage is not None and pilot.stage_since is not None
        else []
    )
    # What was told of a time from this day on was a mistake.
    known = {one.since: one for one in (*pilot.stage_history, *told_before) if one.since < since}
    past = tuple(known[day] for day in sorted(known))
    history = (*past, StageEntry(stage=wanted, since=since)) if past else ()
    changes = {"stage": wanted, "stage_since": since, "planned_stage_days": None, "stage_history": history}
    await _store(typed, pilot.model_copy(update=changes), f"stage {wanted.value}")
    return _changed(typed, "stage", wanted.value)


async def owner(typed: Typed) -> Message:
    """Name who owns a pilot."""
    return await _name(typed, "owner")


async def sponsor(typed: Typed) -> Message:
    """Name who decides on a pilot."""
    return await _name(typed, "sponsor")


async def _name(typed: Typed, field: str) -> Message:
    if not typed.words:
        raise Refused("", shows_usage=True)
    if typed.rest.casefold() == "nobody":
        await _store(typed, typed.pilot.model_copy(update={field: None}), f"{field} taken out")
        return _changed(typed, field, typed.said.nobody)
    person = await typed.person(typed.rest)
    await typed.ports.people.put([person])
    changed = typed.pilot.model_copy(update={field: person.name, f"{field}_left": None})
    await _store(typed, changed, f"{field} named")
    return _changed(typed, field, person.name)


async def dependency(typed: Typed) -> Message:
    """Say what a pilot waits for and who holds it, or that it waits no more."""
    if not typed.words:
        raise Refused("", shows_usage=True)
    kind, rest, pilot = typed.words[0][:LONGEST_KIND], " ".join(typed.words[1:]), typed.pilot
    if DONE in {rest.casefold(), kind.casefold()}:
        return await _met(typed, kind)
    person = await typed.person(rest) if rest else None
    if person is not None:
        await typed.ports.people.put([person])
    name = f"chat-{kind.casefold()}"
    waits = Dependency(id=name, kind=kind, holder=person.name if person else None, since=typed.now.date())
    others = [d for d in pilot.dependencies if d.id != name and not _is_open_wait(d, kind)]
    await _store(typed, pilot.model_copy(update={"dependencies": (*others, waits)}), f"waits for {kind}")
    holder = typed.said.waits_held.format(person=person.name) if person else ""
    return told(typed.said.waits.format(pilot=pilot.name, kind=readable(kind), holder=holder))


def _is_open_wait(waits: Dependency, kind: str) -> bool:
    return waits.done_on is None and waits.kind.casefold() == kind.casefold()


async def _met(typed: Typed, kind: str) -> Message:
    pilot, today, said = typed.pilot, typed.now.date(), typed.said
    waiting = {d.id for d in pilot.dependencies if _is_open_wait(d, kind)}
    if not waiting:
        kinds = sorted({readable(d.kind) for d in pilot.dependencies if d.done_on is None})
        given = {"pilot": pilot.name, "kind": kind, "kinds": ", ".join(kinds)}
        raise Refused(said.no_such_wait.format(**given) if kinds else said.no_waits.format(pilot=pilot.name))
    after = tuple(d.model_copy(update={"done_on": today}) if d.id in waiting else d for d in pilot.dependencies)
    await _store(typed, pilot.model_copy(update={"dependencies": after}), f"waits no more for {kind}")
    return told(said.waits_done.format(pilot=pilot.name, kind=readable(kind)))


async def _change(typed: Typed, field: str, value: str) -> Message:
    given = value.upper() if field in {"country", "depth"} else value
    if FIELDS[field] == DAY and _read_day(given) is None:
        raise Refused(_bad(typed, field, value, DAY))
    after = _valid(typed, typed.pilot.model_dump(mode="json") | {field: given}, field, value)
    await _store(typed, after, f"{field} changed")
    return _changed(typed, field, str(getattr(after, field)))


def _read_day(text: str) -> date | None:
    """Return a day of this century as people write one for a machine; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if len(text) == len("2026-03-02") and FIRST <= day <= LAST else None


def _valid(typed: Typed, fields: Mapping[str, object], field: str, value: str) -> Pilot:
    """Return a pilot of these fields; raises Refused for a value that the registry could not have."""
    if not value.isprintable() or not value.strip():
        raise Refused(_bad(typed, field, value, FIELDS[field]))
    try:
        return Pilot.model_validate(dict(fields))
    except ValidationError:
        raise Refused(_bad(typed, field, value, FIELDS[field])) from None


def _bad(typed: Typed, field: str, value: str, takes: str) -> str:
    shown = "".join(sign for sign in value[:80] if sign.isprintable())
    return typed.said.bad_value.format(given=shown, field=field, reason=f"it takes {takes}")


def _changed(typed: Typed, field: str, value: str) -> Message:
    name = shorten(typed.pilot.name, LONGEST_NAME)
    return told(typed.said.changed.format(field=field, pilot=name, value=value[:LONGEST]))


async def _store(typed: Typed, pilot: Pilot, what: str) -> None:
    """Keep what the registry says now, and who said so."""
    await typed.ports.pilots.put([pilot])
    await typed.ports.audit.note(pilot.id, typed.entry(what))
    await typed.ports.queue.submit("changed")
