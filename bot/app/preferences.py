"""What somebody sets for themselves, at once: who stands in for them, until when they are away."""

from datetime import datetime

from bot.app.rules import Rules
from bot.domain.calendar import to_zone
from bot.domain.rhythm import Rhythm
from bot.messages.answers import to_checked_day
from bot.messages.days import Doubt
from bot.messages.wording import LONGEST_NAME, name_day, shorten
from bot.ports import Ports

DELEGATE, AWAY, DIGEST = "delegate to ", "away until ", "digest on "
"""What a sentence begins with that sets one of these."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
LATEST = 23


async def set_in_words(person: str, said: str, ports: Ports, rules: Rules, now: datetime, timezone: str) -> str | None:
    """Set what a sentence says, and return what is said to that; None where it sets nothing."""
    plain = " ".join(said.split())
    if plain.casefold().startswith(DELEGATE):
        return await _delegate(person, plain[len(DELEGATE) :].rstrip("."), ports, rules)
    if plain.casefold().startswith(AWAY):
        return await _away(person, plain[len(AWAY) :], ports, rules, now, timezone)
    return await _digest(person, plain[len(DIGEST) :], ports, rules) if plain.casefold().startswith(DIGEST) else None


async def _digest(person: str, said: str, ports: Ports, rules: Rules) -> str:
    """Move the hour of somebody's weekly message, given as `Thursday at 9`."""
    settings, known = rules.texts.others.settings, await ports.people.get(person)
    day, _, hour = said.casefold().rstrip(".").partition(" at ")
    number = hour.removesuffix(":00").strip()
    is_hour = number.isascii() and number.isdigit() and int(number) <= LATEST
    if known is None or day.strip() not in WEEKDAYS or not is_hour:
        return settings.no_digest
    rhythm = Rhythm(weekday=WEEKDAYS.index(day.strip()), hour=int(number))
    await ports.people.prefer(person, known.preferences.model_copy(update={"digest": rhythm}))
    return settings.digest.format(day=f"{day.strip().capitalize()} at {int(number)}:00")


async def _delegate(person: str, name: str, ports: Ports, rules: Rules) -> str:
    """Let somebody the registry knows stand in, or nobody any more."""
    said = rules.texts.others.settings
    known = await ports.people.get(person)
    if known is None:
        return said.unknown.format(name=shorten(name, LONGEST_NAME))
    if name.casefold() == "nobody":
        await ports.people.prefer(person, known.preferences.model_copy(update={"delegate": None}))
        return said.no_delegate
    stand_in = await ports.people.get(ports.people.identify(name))
    if stand_in is None or stand_in.id == person:
        return said.unknown.format(name=shorten(name, LONGEST_NAME))
    await ports.people.prefer(person, known.preferences.model_copy(update={"delegate": stand_in.id}))
    return said.delegate.format(name=shorten(stand_in.name, LONGEST_NAME))


async def _away(person: str, day: str, ports: Ports, rules: Rules, now: datetime, timezone: str) -> str:
    """Leave somebody alone until a day."""
    said, zone = rules.texts.others.settings, to_zone(timezone)
    known, until = await ports.people.get(person), to_checked_day(day, now, zone)
    if known is None or isinstance(until, Doubt):
        return said.no_day
    await ports.people.prefer(person, known.preferences.model_copy(update={"away_until": until}))
    return said.away.format(day=name_day(until, now.astimezone(zone).date()))
