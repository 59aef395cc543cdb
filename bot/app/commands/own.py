"""Commands about oneself: what somebody set, what is kept about them, what they got and why."""

from typing import Final

from bot.app.commands.caller import Refused, Typed
from bot.app.preferences import AWAY, DELEGATE, DIGEST, LATEST, WEEKDAYS, set_in_words
from bot.app.questions import letters_of
from bot.app.weekly import shown
from bot.app.why import why as tell_why
from bot.domain.outreach import DeliveryState
from bot.domain.weekly import WeeklyState
from bot.messages.command_texts import CommandTexts
from bot.messages.model import Message
from bot.messages.talk import told
from bot.messages.wording import name_day

SETS: Final = {"delegate": DELEGATE, "away": AWAY, "digest": DIGEST}
HOUR: Final = "hour"
CHAT: Final = "chat"
CHATS: Final = {"slack": "Slack", "teams": "Teams"}
"""What chats are called by, and what they are called."""
EITHER: Final = "either"
MOST_NAMED: Final = 5


async def why(typed: Typed) -> Message:
    """Tell why the last message came."""
    letters = await letters_of(typed.ports, typed.rules, typed.me)
    sent = [(one.delivery, one.section) for one in letters.waiting] + [*letters.past]
    if not sent:
        return told(typed.said.no_message)
    delivery, section = max(sent, key=lambda one: one[0].claimed_at or one[0].made_at)
    return told(await tell_why(typed.ports, typed.rules, typed.me.id, delivery.id, section.case_id, typed.now))


async def settings(typed: Typed) -> Message:
    """Show what somebody set for themselves."""
    return told(await settings_line(typed))


async def settings_line(typed: Typed) -> str:
    """Return what somebody set for themselves, in a few sentences."""
    said, own, today = typed.said, typed.me.preferences, typed.now.date()
    away = own.away_until
    stand_in = (await typed.ports.people.some([own.delegate])).get(own.delegate) if own.delegate else None
    digest = said.digest_at.format(day=WEEKDAYS[own.digest.weekday].capitalize(), hour=own.digest.hour)
    return said.settings_lines.format(
        delegate=stand_in.name if stand_in else said.not_set,
        away=name_day(away, today) if away and away > today else said.not_set,
        digest=digest,
        hour=f"{own.hour}:00" if own.hour is not None else said.any_hour,
        out=said.no_messages if typed.me.opted_out else said.messages,
    )


async def set_own(typed: Typed) -> Message:
    """Set one of those things."""
    key, *rest = typed.words or ("",)
    value = " ".join(rest)
    if key.casefold() == HOUR and value:
        return await _hour(typed, value)
    if key.casefold() == CHAT and value:
        return await _chat(typed, value)
    if key.casefold() not in SETS or not value:
        raise Refused("", shows_usage=True)
    return await _in_words(typed, SETS[key.casefold()], value)


async def delegate(typed: Typed) -> Message:
    """Let somebody stand in."""
    given = typed.rest
    if not given:
        raise Refused("", shows_usage=True)
    name = given if given.casefold() == "nobody" else (await typed.person(given)).name
    return await _in_words(typed, DELEGATE, name)


async def mute(typed: Typed) -> Message:
    """Leave somebody alone until a day."""
    if not typed.words:
        raise Refused("", shows_usage=True)
    return await _in_words(typed, AWAY, typed.rest)


async def _in_words(typed: Typed, begins: str, value: str) -> Message:
    note = await set_in_words(typed.me.id, f"{begins}{value}", typed.ports, typed.rules, typed.now, typed.zone)
    return told(note or typed.rules.texts.talk.settings)


async def _hour(typed: Typed, value: str) -> Message:
    number = value.removesuffix(":00")
    if not (number.isascii() and number.isdigit() and int(number) <= LATEST):
        raise Refused(typed.said.bad_hour)
    await typed.ports.people.prefer(typed.me.id, typed.me.preferences.model_copy(update={"hour": int(number)}))
    return told(typed.said.hour_set.format(hour=int(number)))


async def _chat(typed: Typed, value: str) -> Message:
    """Choose the chat in which messages come; without a choice it is the one in which they answered last."""
    chosen = value.casefold().rstrip(".")
    if chosen not in {*CHATS, EITHER}:
        raise Refused(typed.said.bad_chat)
    own = typed.me.preferences.model_copy(update={"chat": CHATS.get(chosen) and chosen})
    await typed.ports.people.prefer(typed.me.id, own)
    return told(typed.said.chat_set.format(chat=CHATS[chosen]) if chosen in CHATS else typed.said.chat_open)


async def digest(typed: Typed) -> Message:
    """Show the last weekly message once more, without its questions: those stand in the message itself."""
    mine = (await typed.ports.weeklies.of([typed.me.id]))[typed.me.id]
    made = [one for one in mine if one.state is WeeklyState.READY and one.message]
    if not made:
        return told(typed.said.no_digest)
    message = shown(made[-1])
    lines = [section.fact for section in message.sections]
    return Message(kind=message.kind, intro=message.intro, body=(*message.body, *lines), chart=message.chart, footer="")


async def mydata(typed: Typed) -> Message:
    """Show what is kept about somebody."""
    said, ports = typed.said, typed.ports
    sent = [d for d in await ports.outbox.of(typed.me.id) if d.state is DeliveryState.SENT]
    last = max((d.claimed_at for d in sent if d.claimed_at), default=None)
    pilots = await ports.pilots.all()
    roles = {
        said.owner: [p.name for p in pilots if p.owner and ports.people.identify(p.owner) == typed.me.id],
        said.sponsor: [p.name for p in pilots if p.sponsor and ports.people.identify(p.sponsor) == typed.me.id],
        said.lead: [
            p.name for p in pilots if p.programme_lead and ports.people.identify(p.programme_lead) == typed.me.id
        ],
    }
    named = [said.role_of.format(role=role, pilots=_listed(names, said)) for role, names in roles.items() if names]
    cases = await ports.cases.some(sorted({o.pilot for d in sent for o in d.active if o.pilot}))
    answers = sum(one.by == typed.me.id for stored in cases.values() for one in stored.case.answers)
    return told(
        said.mydata_lines.format(
            name=typed.me.name,
            roles="; ".join(named) or said.no_role,
            sent=len(sent),
            last=name_day(last.date(), typed.now.date()) if last else said.never,
            answers=answers,
            command=typed.caller.called,
        )
    )


def _listed(names: list[str], said: CommandTexts) -> str:
    more = said.and_more.format(count=len(names) - MOST_NAMED) if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


async def optout(typed: Typed) -> Message:
    """Write to them no more."""
    await typed.ports.people.opt_out(typed.me.id)
    return told(typed.said.optout.format(command=typed.caller.called))


async def optin(typed: Typed) -> Message:
    """Write to them again, on their own word."""
    await typed.ports.people.opt_in(typed.me.id)
    return told(typed.said.optin)
