"""What is said to others than the owner, and to the owner about others, in chat-neutral form.

A section to somebody who can clear the way tells the pilot's fact, the thing, the day and who sees the answer. One
about several pilots that wait for the same thing names them all. Nothing tells who was silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.domain.ask import Request, RequestState
from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.decision import OpenedBy, Verdict
from bot.domain.reply import Concern
from bot.domain.survey import ItemId
from bot.messages.braces import Said
from bot.messages.model import Choice, FieldKind, FormField, Section
from bot.messages.other_texts import Told
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_NAME, LONGEST_QUOTE, in_sentence, name_day, shorten

MOST_WORDS: Final = 60
"""Words of fact and question together; evidence is left out of what would be longer."""
MOST_PILOTS: Final = 4
"""Names of pilots in one sentence; of more the rest is counted."""
LONGEST_THING: Final = 10
WEEK: Final = timedelta(days=7)
"""A message that leaves later than it was meant to asks for a day this far ahead."""
LONGEST_OWNER: Final = 4
FEW: Final = 3
"""Words of a pilot's name where several are named."""


@dataclass(frozen=True, slots=True)
class About:
    """What a section is about: a case, its pilot and owner by name, and today as the reader counts it.

    `waiting` are the names of all pilots that wait for the same thing, `other` is whoever holds it instead.
    """

    case: Case
    pilot: str
    owner: str
    today: date
    timezone: str = "UTC"
    waiting: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    """Names of owners with the sentence each added, where several pilots wait."""
    other: str = ""
    onward: Request | None = None
    is_owner_told: bool = True
    """Whether there is an owner who is shown what is asked of others before it leaves."""

    @property
    def name(self) -> str:
        """Return the pilot's name as it stands in a sentence."""
        return shorten(self.pilot, LONGEST_NAME)

    def day(self, day: date) -> str:
        """Write a day for the reader."""
        return name_day(day, self.today)


def unblock(about: About, request: Request, texts: Texts) -> Section:
    """Return the request to whoever can clear the way, for one pilot or for all that wait for it."""
    said, many = texts.others, len(about.waiting) > 1
    text = said.unblock_several if many else said.unblock
    fills = _fills(about, request) | {
        "why": _why(request, about, texts, many=many),
        "evidence": "",
        "count": str(len(about.waiting)),
        "pilots": _names(about.waiting),
        "due": about.day(request.due if request.due > about.today else about.today + WEEK),
    }
    finding, ask = about.case.lead_finding, text.ask.format(**fills)
    fact = " ".join(text.fact.format(**fills).split())
    if finding is not None and not many and finding.tier != "question":
        longer = " ".join(text.fact.format(**fills | {"evidence": _sentence(finding.evidence)}).split())
        fact = longer if len(f"{longer} {ask}".split()) <= MOST_WORDS else fact
    line = said.unblock_line.format(**fills)
    added = "\n".join(
        said.line.format(owner=shorten(who, LONGEST_OWNER), line=line) for who, line in _lines(about, request)
    )
    footer = said.footer.unblock.format(why=fills["why"], seen_by=seen_by(about, texts))
    return _section(about, fact, ask, _of_item(ItemId.DEPENDENCY, texts), line, added or None).model_copy(
        update={"asks": ItemId.DEPENDENCY, "thing": request.thing.key, "footer": footer}
    )


def _lines(about: About, request: Request) -> tuple[tuple[str, str], ...]:
    """Return who added which sentence: every owner whose pilot waits, or the one."""
    return about.lines or (((about.owner, request.line),) if request.line else ())


def unblock_check(about: About, request: Request, texts: Texts) -> Section:
    """Return the question about a day that was promised and has passed."""
    said = texts.others
    day = about.day(request.promised_for or request.due)
    many = {"pilot": _names(about.waiting)} if len(about.waiting) > 1 else {}
    fact = said.unblock_check.fact.format(**_fills(about, request) | many | {"day": day})
    line = said.unblock_line.format(**_fills(about, request))
    why = _why(request, about, texts, many=False)
    footer = said.footer.unblock.format(why=why, seen_by=seen_by(about, texts))
    choices = _of_item(ItemId.DEPENDENCY, texts)
    return _section(about, fact, said.unblock_check.ask, choices, line).model_copy(
        update={"asks": ItemId.DEPENDENCY, "thing": request.thing.key, "footer": footer}
    )


def thanks(about: About, request: Request, texts: Texts) -> Section:
    """Return the one word of thanks to whoever cleared the way."""
    day = about.day(about.case.clear_since or about.today)
    fact = texts.others.thanks.format(**_fills(about, request) | {"day": day})
    line = texts.others.thanks_line.format(day=day)
    return _section(about, fact, None, (), line).model_copy(update={"footer": texts.others.footer.thanks})


def decision(about: About, texts: Texts) -> Section:
    """Return the question to a sponsor about a decision whose day has passed; raises ValueError without one."""
    said, opened = texts.others, about.case.decision
    if opened is None:
        msg = f"no decision of {about.case.id} is open"
        raise ValueError(msg)
    since = opened.opened_at.astimezone(to_zone(about.timezone)).date()
    finding = about.case.lead_finding
    fills = {
        "pilot": about.name,
        "why": decision_reason(about.case, texts),
        "evidence": _sentence(finding.evidence) if finding and finding.tier != "question" else "",
        "since": about.day(since),
        "due": about.day(opened.due),
    }
    fact = " ".join(said.decision.fact.format(**fills).split())
    if len(f"{fact} {said.decision.ask}".split()) > MOST_WORDS:
        fact = " ".join(said.decision.fact.format(**fills | {"evidence": ""}).split())
    line, footer = said.decision.line.format(since=fills["since"]), said.footer.decision.format(pilot=about.name)
    choices = _of_item(ItemId.DECISION, texts)
    return _section(about, fact, said.decision.ask, choices, line).model_copy(
        update={"asks": ItemId.DECISION, "footer": footer}
    )


def decision_reason(case: Case, texts: Texts) -> str:
    """Say in a clause why a decision is open; empty where none is."""
    if case.decision is None:
        return ""
    said, finding = texts.others, case.lead_finding
    if case.decision.opened_by is OpenedBy.OPEN_LONG and finding is not None and finding.kind in said.goes_on:
        return said.goes_on[finding.kind]
    thing = shorten(case.decision.thing, LONGEST_THING) or "something"
    return said.opened_by[case.decision.opened_by].format(thing=thing)


def told(about: About, request: Request | None, owner_choices: tuple[Choice, ...], texts: Texts) -> Section:
    """Return what an owner is told of an answer to their wish, or of the last decision; raises ValueError without either."""
    said = texts.others.told
    if request is None:
        last = about.case.decided[-1] if about.case.decided else None
        if last is None:
            msg = f"nothing is to be told of {about.case.id}"
            raise ValueError(msg)
        by = f" by {about.day(last.until)}" if last.until else ""
        return _section(about, said.of(last.verdict).format(pilot=about.name, by=by), None, (), said.line_decided)
    fills = _fills(about, request) | {
        "concern": texts.others.concerns[Concern(request.concern)] if request.concern else "",
        "other": shorten(about.other, LONGEST_OWNER),
        "day": about.day(about.onward.leaves_on) if about.onward else "",
    }
    text = _told_text(about, request, said)
    fact = " ".join(text.fact.format(**fills).split())
    quote = quoted(unblock(about, about.onward, texts)) if about.onward else None
    if request.state in {RequestState.NEEDS, RequestState.OBJECTED}:
        quote = request.said
    line = said.line.format(thing=fills["thing"])
    return _section(about, fact, text.ask, owner_choices, line, quote)


def _told_text(about: About, request: Request, said: Told) -> Said:
    """Choose what an owner is told of an answer; raises ValueError for a wish that needs no telling."""
    if request.state is RequestState.NEEDS:
        return said.needs
    if request.state is RequestState.OBJECTED:
        return said.objected
    if request.state is RequestState.SHOWN and request.by_lead:
        return said.named
    if request.state is not RequestState.ELSEWHERE:
        msg = f"nothing is to be told of a wish that is {request.state.value}"
        raise ValueError(msg)
    if about.onward is not None:
        return said.elsewhere if about.onward.is_live else said.elsewhere_unknown
    if request.said is None:
        return said.elsewhere_nobody
    return said.elsewhere_sponsor if about.case.decision else said.elsewhere_own


def quoted(section: Section) -> str:
    """Return a section as the text that will be read, for somebody who sees it before it leaves."""
    return "\n".join(part for part in (f"{section.fact} {section.question or ''}".strip(), section.quote) if part)


def seen_by(about: About, texts: Texts) -> str:
    """Say who sees the answer to an Ask."""
    said = texts.others.seen_by
    return (
        said.several
        if len(about.waiting) > 1
        else said.single.format(owner=shorten(about.owner, LONGEST_OWNER), pilot=about.name)
    )


def on_its_way_section(about: About, request: Request, texts: Texts) -> Section:
    """Return what an owner may do about a wish that waits to leave: its day and its text, and what can be done."""
    said = texts.others.preview
    fact = said.told.format(name=shorten(request.name, LONGEST_NAME), day=about.day(request.leaves_on))
    held = request.held_until
    section = _section(
        about,
        said.held.format(day=about.day(held)) if held and held > about.today else fact,
        said.ask,
        request_choices(texts),
        said.line.format(name=shorten(request.name, LONGEST_OWNER), day=about.day(request.leaves_on)),
        quoted(unblock(about, request, texts)),
    )
    return section.model_copy(update={"thing": request.thing.key, "footer": said.footer.format(pilot=about.name)})


def request_choices(texts: Texts) -> tuple[Choice, ...]:
    """Return what an owner may do about a wish that has not left."""
    said = texts.others
    fields = {key: FormField(key=key, label=label, kind=FieldKind.TEXT) for key, label in said.fields.items()}
    optional = {"required": False}
    forms: Mapping[str, tuple[FormField, ...]] = {
        "hold": (
            fields["reason"],
            fields["due"].model_copy(update=optional | {"key": "until", "kind": FieldKind.DAY, "label": said.until}),
        ),
        "change": (
            fields["thing"].model_copy(update=optional),
            fields["line"].model_copy(update=optional),
            fields["due"].model_copy(update=optional | {"kind": FieldKind.DAY}),
        ),
    }
    return tuple(Choice(key=key, label=label, form=forms.get(key, ())) for key, label in said.choices.items())


def by_day(verdict: Verdict, until: date | None, today: date) -> str:
    """Write the day of a decision as it follows its word; empty where there is none."""
    return f" by {name_day(until, today)}" if until and verdict is not Verdict.STOP else ""


def _fills(about: About, request: Request) -> dict[str, str]:
    return {
        "pilot": about.name,
        "owner": shorten(about.owner, LONGEST_OWNER),
        "name": shorten(request.name, LONGEST_OWNER),
        "thing": shorten(request.thing.words, LONGEST_THING),
        "since": about.day(request.since),
    }


def _why(request: Request, about: About, texts: Texts, *, many: bool) -> str:
    """Say why this person is asked."""
    why = texts.others.why
    if request.from_registry or request.by_lead:
        return why.registry if request.from_registry else why.lead
    return why.owners if many else why.owner.format(owner=shorten(about.owner, LONGEST_OWNER))


def _names(names: tuple[str, ...]) -> str:
    """Return names in one line; those past the most are counted."""
    shown = [shorten(name, FEW) for name in sorted(names)[:MOST_PILOTS]]
    left = len(names) - len(shown)
    return ", ".join([*shown, *([f"and {left} more"] if left else [])])


def _sentence(evidence: str) -> str:
    """Return evidence as a sentence of its own."""
    text = in_sentence(evidence.strip())
    return f"{text[:1].upper()}{text[1:]}"


def _of_item(item: ItemId, texts: Texts) -> tuple[Choice, ...]:
    return texts.items.of(item).to_choices()


def _section(
    about: About, fact: str, question: str | None, choices: tuple[Choice, ...], line: str, quote: str | None = None
) -> Section:
    return Section(
        case_id=about.case.id,
        pilot=about.case.pilot,
        title=about.pilot,
        fact=shorten_fact(fact),
        question=question,
        choices=choices,
        line=line,
        quote=quote,
    )


def shorten_fact(fact: str) -> str:
    """Return a fact of at most the words that a message has; only very long words of people are cut."""
    return shorten(fact, MOST_WORDS + LONGEST_QUOTE)
