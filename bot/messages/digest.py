"""The weekly messages: a sponsor's digest, the programme lead's list, and a look at a digest before it leaves.

They tell a pilot's fact and the decision that is open, never that somebody did not reply. Facts, causes and
lessons come from the caller: from the registry, from findings, or from answers that their author released.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.survey import ItemId
from bot.domain.upkeep import Field
from bot.messages.charts import portfolio_chart
from bot.messages.digest_texts import CHOICES, LEAD_CHOICES, REVIEW_CHOICES, SORTS, DigestTexts, LeadTexts, SponsorTexts
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.messages.wording import LONGEST_NAME, LONGEST_QUOTE, in_sentence, name_day, shorten
from bot.metrics.portfolio import Portfolio

MOST_WORDS: Final = 150
"""Words of a sponsor's digest as `count_words` counts them."""
MOST_DECISIONS: Final = 3
MOST_LISTED: Final = 10
"""Lines of one sort on the programme lead's list."""


@dataclass(frozen=True, slots=True)
class Open:
    """A decision that is open since a day and hoped for by `due`; `asked` is what is to be decided, in a few words.

    `fact` is one sentence about the pilot. Without `asked` the question is to scale, fix or stop it.
    """

    case_id: str
    pilot: str
    name: str
    fact: str
    asked: str
    due: date
    since: date


@dataclass(frozen=True, slots=True)
class Cleared:
    """A pilot whose way is free again, and the role (never the name) of who freed it; empty where nobody had to."""

    name: str
    role: str
    on: date


@dataclass(frozen=True, slots=True)
class Stuck:
    """A pilot that got stuck; `cause` is a key of Cause or a word of the registry, empty where it is not known."""

    name: str
    cause: str
    since: date


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sponsor's digest that waits for release: its id, whose it is, the Monday of its week, its plain text."""

    digest: str
    sponsor: str
    week: date
    text: str


@dataclass(frozen=True, slots=True)
class Needed:
    """A case that needs a person: a fact about the pilot, why it is listed, and since when."""

    case_id: str
    pilot: str
    name: str
    fact: str
    why: str
    since: date


@dataclass(frozen=True, slots=True)
class Lack:
    """Something the registry lacks, such as "no owner", and the names of the pilots it concerns."""

    what: str
    pilots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """How many words a name, a fact, what is asked and a lesson may have, and how many names are listed."""

    name: int
    fact: int
    asked: int
    lesson: int
    listed: int


FITS: Final = (
    Fit(LONGEST_NAME, LONGEST_QUOTE, 12, 24, 4),
    Fit(6, 16, 10, 20, 3),
    Fit(5, 14, 8, 16, 3),
    Fit(4, 8, 6, 12, 2),
    Fit(3, 5, 4, 8, 1),
)
"""From roomy to tight; a digest takes the first that keeps to MOST_WORDS, and the last one always does."""
LONGEST_ROLE: Final = 2
"""Words of a role or a cause."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the registry lacks of one pilot; `thing` names the dependency that nobody holds."""

    gap: str
    pilot: str
    name: str
    field: Field
    thing: str


def sponsor_digest(
    decisions: Sequence[Open],
    cleared: Sequence[Cleared],
    stuck: Sequence[Stuck],
    lesson: str | None,
    texts: DigestTexts,
    *,
    counts: Portfolio | None = None,
    today: date,
) -> Message | None:
    """Return a sponsor's weekly message of at most 150 words, or None when there is nothing to say.

    The three decisions due first are told; long texts are shortened until all fits, and what is left out is
    counted. `counts` are of the sponsor's own pilots: they become the chart and are no reason to write.
    """
    if not (decisions or cleared or stuck or (lesson or "").strip()):
        return None
    ordered = sorted(decisions, key=lambda d: (d.due, d.since, d.name, d.case_id))
    drafts = [
        Message(
            kind="digest",
            intro=writer.intro(len(ordered)),
            body=writer.body(cleared, stuck, lesson or ""),
            chart=portfolio_chart(counts, texts.chart) if counts else None,
            sections=tuple(writer.decision(one) for one in ordered[:MOST_DECISIONS]),
            more=texts.sponsor.more if len(ordered) > 1 else None,
            footer=texts.sponsor.footer if ordered else texts.sponsor.footer_quiet,
        )
        for writer in (_Writer(texts, fit, today) for fit in FITS)
    ]
    return next((draft for draft in drafts if count_words(draft) <= MOST_WORDS), drafts[-1])


def says_something(message: Message, settled: Collection[str]) -> bool:
    """Whether anything is left of a digest once the decisions of these cases are out of it."""
    return bool(message.body or _open(message, settled))


def _open(message: Message, settled: Collection[str]) -> tuple[Section, ...]:
    return tuple(s for s in message.sections if s.asks is not ItemId.DECISION or s.case_id not in settled)


def without_decided(message: Message, settled: Collection[str], texts: DigestTexts) -> Message:
    """Return a digest without the decisions of cases that were settled since it was made; as it is where nothing would be left."""
    kept, said = _open(message, settled), texts.sponsor
    if len(kept) == len(message.sections) or not says_something(message, settled):
        return message
    intro = said.waiting.format(count=len(kept), more="") if kept else said.nothing
    more = message.more if len(kept) > 1 else None
    footer = said.footer if kept else said.footer_quiet
    return message.model_copy(update={"sections": kept, "intro": intro, "more": more, "footer": footer})


def count_words(message: Message) -> int:
    """Count the words of a message with every section told in full, buttons too; not footer, quotes and chart."""
    said = [message.intro or "", message.more or "", *message.body]
    for part in message.sections:
        in_full = " ".join([part.fact, part.question or "", *(choice.label for choice in part.choices)])
        said.append(max(in_full, f"{part.title}: {part.line}", key=lambda text: len(text.split())))
    return sum(len(text.split()) for text in said)


def lead_list(
    waiting: Sequence[Waiting],
    needed: Sequence[Needed],
    lacks: Sequence[Lack],
    texts: DigestTexts,
    *,
    due: date,
    today: date,
) -> Message | None:
    """Return the programme lead's weekly list, or None when nothing is on it.

    Digests that wait for release come first, then cases that need a person, then what the registry lacks; at most
    ten of a sort are told, oldest first, and all are counted. `due` is the day by which a look is hoped for.
    """
    if not (waiting or needed or lacks):
        return None
    said = texts.lead
    lengths = dict(zip(SORTS, (len(waiting), len(needed), len(lacks)), strict=True))
    counts = [said.counts[sort].format(count=length) for sort, length in lengths.items() if length]
    asks = [said.asks[sort] for sort, length in lengths.items() if length]
    digests = sorted(waiting, key=lambda w: (w.week, w.sponsor, w.digest))[:MOST_LISTED]
    cases = sorted(needed, key=lambda n: (n.since, n.name, n.case_id))[:MOST_LISTED]
    sections = (
        *(_review(one, texts, due=due, today=today) for one in digests),
        *(_needed(one, said, today) for one in cases),
        *(_lack(one, number, texts) for number, one in enumerate(lacks[:MOST_LISTED], 1)),
    )
    intro = said.intro.format(parts="; ".join(counts))
    asked = said.asked.format(due=name_day(due, today), parts="; ".join(asks))
    more = said.more if len(sections) > 1 else None
    return Message(kind="lead_list", intro=intro, body=(asked,), sections=sections, more=more, footer=said.footer)


def digest_review(
    text: str, sponsor: str, week: date, texts: DigestTexts, *, digest: str, due: date, today: date
) -> Message:
    """Return what is said to the person who reads a digest before it leaves; `text` is the digest in plain text.

    `digest` is its id and stands where a case's id does; `week` is the Monday of its week, `due` the day by which
    it has to be released.
    """
    waiting = _review(Waiting(digest, sponsor, week, text), texts, due=due, today=today)
    footer = texts.review.footer.format(sponsor=shorten(sponsor, LONGEST_NAME))
    return Message(kind="review", intro=texts.review.intro, sections=(waiting,), footer=footer)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the parts of a sponsor's digest within the limits of one fit."""

    texts: DigestTexts
    fit: Fit
    today: date

    def intro(self, count: int) -> str:
        """Say how many decisions wait, and how many of them are not told."""
        said = self.texts.sponsor
        left = count - MOST_DECISIONS
        more = f", {self.texts.and_more.format(count=left)}" if left > 0 else ""
        return said.waiting.format(count=min(count, MOST_DECISIONS), more=more) if count else said.nothing

    def decision(self, one: Open) -> Section:
        """Return one open decision with its answers."""
        said = self.texts.sponsor
        name = shorten(one.name, self.fit.name)
        fills = {
            "pilot": name,
            "fact": _clause(one.fact, self.fit.fact),
            "asked": _clause(one.asked, self.fit.asked) or said.asked,
            "when": _when(one.due, self.texts, self.today),
            "since": name_day(one.since, self.today),
        }
        fact, ask, line = (text.format(**fills) for text in (said.fact, said.ask, said.line))
        return Section(
            case_id=one.case_id,
            pilot=one.pilot,
            title=name,
            fact=fact,
            question=ask,
            choices=_choices(said),
            line=line,
            asks=ItemId.DECISION,
        )

    def body(self, cleared: Sequence[Cleared], stuck: Sequence[Stuck], lesson: str) -> tuple[str, ...]:
        """Return what was cleared, what is newly stuck, both latest first, and the lesson; without what is empty."""
        said = self.texts.sponsor
        freed = sorted(cleared, key=lambda c: (-c.on.toordinal(), c.name))
        held = sorted(stuck, key=lambda s: (-s.since.toordinal(), s.name))
        frees = [self._named(said.cleared_one, c.name, role=shorten(c.role, LONGEST_ROLE)) for c in freed]
        holds = [
            self._named(said.stuck_one, s.name, cause=self.texts.causes.get(s.cause) or shorten(s.cause, LONGEST_ROLE))
            for s in held
        ]
        parts = [
            said.cleared.format(list=_listed(frees, self.fit.listed, self.texts)) if frees else "",
            said.stuck.format(list=_listed(holds, self.fit.listed, self.texts)) if holds else "",
            said.lesson.format(lesson=shorten(lesson, self.fit.lesson)) if lesson.strip() else "",
        ]
        return tuple(part for part in parts if part)

    def _named(self, template: str, name: str, **word: str) -> str:
        """Return a pilot with a word about it, or its name alone when there is no such word."""
        short = shorten(name, self.fit.name)
        return template.format(pilot=short, **word) if all(word.values()) else short


def _choices(said: SponsorTexts) -> tuple[Choice, ...]:
    """Return a sponsor's answers; all but a stop need a day, and a stop may have what was learned."""
    forms: dict[str, tuple[FormField, ...]] = {k: (_day_field(said.fields[k]),) for k in ("scale", "fix", "need")}
    forms["need"] = (FormField(key="text", label=said.fields["text"], kind=FieldKind.TEXT), *forms["need"])
    forms["stop"] = (FormField(key="lesson", label=said.fields["stop"], kind=FieldKind.TEXT, required=False),)
    return tuple(Choice(key=key, label=said.choices[key], form=forms.get(key, ())) for key in CHOICES)


def _review(one: Waiting, texts: DigestTexts, *, due: date, today: date) -> Section:
    """Return a digest that waits for release, with its text apart and the answers to it."""
    said = texts.review
    fills = {
        "sponsor": shorten(one.sponsor, LONGEST_NAME),
        "week": name_day(one.week, today),
        "when": _when(due, texts, today),
    }
    title, fact, ask, line = (text.format(**fills) for text in (said.title, said.fact, said.ask, said.line))
    reason = FormField(key="text", label=said.fields["reason"], kind=FieldKind.TEXT, required=False)
    forms = {
        "correct": (FormField(key="text", label=said.fields["correct"], kind=FieldKind.TEXT),),
        "hold": (_day_field(said.fields["hold"]), reason),
    }
    choices = tuple(Choice(key=key, label=said.choices[key], form=forms.get(key, ())) for key in REVIEW_CHOICES)
    return Section(
        case_id=one.digest,
        pilot="",
        title=title,
        fact=fact,
        question=ask,
        choices=choices,
        line=line,
        quote=one.text,
        reviews=True,
    )


def _needed(one: Needed, said: LeadTexts, today: date) -> Section:
    """Return a case that needs a person."""
    name = shorten(one.name, LONGEST_NAME)
    fills = {
        "pilot": name,
        "fact": _clause(one.fact, LONGEST_QUOTE),
        "why": _clause(one.why, LONGEST_QUOTE),
        "since": name_day(one.since, today),
    }
    fact, line = said.fact.format(**fills), said.line.format(**fills)
    return Section(
        case_id=one.case_id,
        pilot=one.pilot,
        title=name,
        fact=fact,
        question=said.ask,
        choices=_lead_choices(said),
        line=line,
        looks=True,
    )


def _lead_choices(said: LeadTexts) -> tuple[Choice, ...]:
    """Return what a programme lead may do about a case on their list."""
    labels = said.fields
    forms: dict[str, tuple[FormField, ...]] = {
        "look": (_day_field(labels["until"]),),
        "name": (
            FormField(key="person", label=labels["person"], kind=FieldKind.PERSON),
            FormField(key="thing", label=labels["thing"], kind=FieldKind.TEXT),
        ),
    }
    return tuple(Choice(key=key, label=said.choices[key], form=forms.get(key, ())) for key in LEAD_CHOICES)


def _lack(one: Lack, number: int, texts: DigestTexts) -> Section:
    """Return what the registry lacks; it has no case, so its place on the list is its id."""
    said = texts.lead
    names = [shorten(name, LONGEST_NAME) for name in one.pilots]
    fills = {"what": _clause(one.what, LONGEST_NAME), "list": _listed(names, FITS[0].listed, texts)}
    fact, line = said.gap.format(**fills), said.gap_line.format(**fills)
    return Section(case_id=f"gap:{number}", pilot="", title=said.gap_title, fact=fact, line=line)


def _day_field(label: str) -> FormField:
    return FormField(key="until", label=label, kind=FieldKind.DAY)


def _when(due: date, texts: DigestTexts, today: date) -> str:
    """Say by when, or what was planned when that day has passed: no day that is gone is asked for."""
    return (texts.by if due >= today else texts.planned).format(day=name_day(due, today))


def _listed(names: Sequence[str], most: int, texts: DigestTexts) -> str:
    """Return names in one line; those past the most are counted."""
    left = len(names) - most
    return ", ".join([*names[:most], *([texts.and_more.format(count=left)] if left > 0 else [])])


def _clause(text: str, words: int) -> str:
    """Return so many words as they go on after a colon, without the sign at their end."""
    return shorten(in_sentence(text.strip().rstrip(".?! ")), words)
