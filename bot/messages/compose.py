"""What is said for a step of a case, in chat-neutral form."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from bot.domain.ask import Request, RequestState
from bot.domain.calendar import to_zone
from bot.domain.case import Case
from bot.domain.finding import Finding, Kind
from bot.domain.outreach import Step
from bot.messages.asks import LONGEST_THING, request_choices
from bot.messages.braces import Said
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_NAME, LONGEST_QUOTE, in_sentence, name_day, shorten

KEYS: Final[tuple[str, ...]] = ("on_track", "blocked", "step", "snooze", "stop", "not_me", "stop_asking")
"""The answers to a question, always in this order; a check has "done" before them."""

PLAIN_WORDS: Final = frozenset({Step.RECOVERY, Step.RETRACTION})
"""Steps that ask for no answer."""


def compose(sections: Sequence[tuple[Step, Section]], texts: Texts) -> Message:
    """Put sections into one message: the first in full, the others as one line each.

    Raises ValueError when there is no section.
    """
    if not sections:
        msg = "a message needs at least one section"
        raise ValueError(msg)
    step, first = sections[0]
    many = len(sections) > 1
    name = shorten(first.title, LONGEST_NAME)
    return Message(
        kind=step.value,
        intro=_intro(sections, texts),
        sections=tuple(section for _, section in sections),
        more=texts.more if many else None,
        footer=_footer(first, len(sections), name, texts),
    )


def _footer(first: Section, count: int, name: str, texts: Texts) -> str:
    """Say why the message came and how to have no more; what is not to an owner brings its own words."""
    if first.footer:
        return first.footer
    if count > 1:
        return texts.footer_several.format(count=count)
    return (texts.footer if first.question else texts.footer_thanks).format(pilot=name)


def open_section(message: Message, key: str) -> Message:
    """Return the message with another of its sections told in full; the others keep their order."""
    chosen = [section for section in message.sections if section.key == key]
    others = [section for section in message.sections if section.key != key]
    footer = next((section.footer for section in chosen if section.footer), message.footer)
    return message.model_copy(update={"sections": (*chosen, *others), "footer": footer})


def section(case: Case, step: Step, name: str, texts: Texts, *, timezone: str = "UTC") -> Section:
    """Return what is said about one case at a step; `name` is the pilot's name, `timezone` the recipient's.

    Raises ValueError for a case without a finding.
    """
    finding = case.lead_finding
    if finding is None:
        msg = f"the case {case.id} has no finding to speak of"
        raise ValueError(msg)
    asked = checked_request(case) if step is Step.CHECK else None
    day = _day(case, step, finding, timezone, asked)
    said = _say(case, step, finding, texts, asked)
    fills = {
        "name": shorten(asked.name, LONGEST_NAME) if asked else "",
        "thing": _thing(case, asked),
        "pilot": shorten(name, LONGEST_NAME),
        "evidence": in_sentence(finding.evidence),
        "day": day,
        "action": shorten(case.commitment.action, LONGEST_QUOTE) if case.commitment else "",
        "cause": texts.causes[case.block.cause] if case.block else "",
    }
    fact, ask = (said, None) if isinstance(said, str) else (said.fact, said.ask)
    return Section(
        case_id=case.id,
        pilot=case.pilot,
        title=name,
        fact=fact.format(**fills),
        question=ask,
        choices=owner_choices(case, step, texts) if ask else (),
        line=_line(case, step, finding, texts).format(day=day),
    )


def checked_request(case: Case) -> Request | None:
    """Return the wish that a check is about: one whose day has passed, or that was said to be done; else None."""
    for request in reversed(case.requests):
        is_about = request.state is RequestState.PROMISED or (
            request.state is RequestState.DONE and request.said_at is not None
        )
        if is_about and request.loop == case.loop and case.commitment is None:
            return request
    return None


def owner_choices(case: Case, step: Step, texts: Texts) -> tuple[Choice, ...]:
    """Return what an owner can answer, with what may be done about a wish that has not left."""
    shown = any(r.state is RequestState.SHOWN for r in case.requests)
    return (*(request_choices(texts) if shown else ()), *_choices(case, step, texts))


def _thing(case: Case, asked: Request | None) -> str:
    """Name what is waited for in the text of a check."""
    if asked is not None:
        return shorten(asked.thing.words, LONGEST_THING)
    is_fix = case.commitment is not None and case.commitment.by_sponsor and case.commitment.action
    return f", that is {shorten(case.commitment.action, LONGEST_THING)}" if is_fix and case.commitment else ""


def _intro(sections: Sequence[tuple[Step, Section]], texts: Texts) -> str | None:
    """Say how much is asked before anything is; a word of thanks needs no such line."""
    several = texts.others.several if sections[0][1].footer else texts.intro_several
    many = [several.format(count=len(sections))] if len(sections) > 1 else []
    return " ".join([*many, texts.intro] if sections[0][1].question else many) or None


def _say(case: Case, step: Step, finding: Finding, texts: Texts, asked: Request | None) -> Said | str:
    """Choose the text of a step."""
    if step is Step.CHECK:
        return _checked(case, texts, asked)
    if step is Step.RECOVERY:
        return texts.recovery[finding.kind]
    if step is Step.RETRACTION:
        return texts.retraction[finding.kind]
    if step is Step.FOLLOW_UP:
        return texts.follow_up[finding.kind]
    return texts.small_question if finding.tier == "question" else texts.nudge[finding.kind]


def _checked(case: Case, texts: Texts, asked: Request | None) -> Said:
    """Choose the text about a promise whose day has passed."""
    if asked is not None:
        if asked.state is RequestState.PROMISED:
            return texts.others.promised_check
        has_fallen = any(f.kind is Kind.DROP_OFF for f in case.open_findings)
        return texts.others.cleared_check if has_fallen else texts.others.cleared_check_plain
    if case.commitment is None:
        return texts.block_check
    return texts.others.fix_check if case.commitment.by_sponsor else texts.commitment_check


def _line(case: Case, step: Step, finding: Finding, texts: Texts) -> str:
    """Choose the few words that stand for a pilot further down in a message."""
    if step in PLAIN_WORDS:
        return texts.lines.recovery if step is Step.RECOVERY else texts.lines.retraction
    if step is Step.CHECK and case.commitment:
        return texts.lines.commitment
    return texts.lines.block if step is Step.CHECK and case.block else texts.lines.finding[finding.kind]


def _day(case: Case, step: Step, finding: Finding, timezone: str, asked: Request | None) -> str:
    """Write the day that the text of a step speaks of: a promise with its weekday, the past with its year."""
    if asked is not None:
        said_at = asked.said_at.astimezone(to_zone(timezone)).date() if asked.said_at else asked.since
        day = said_at if asked.state is RequestState.DONE else asked.promised_for or said_at
        return name_day(day, day)
    if step is Step.CHECK and case.commitment:
        due = case.commitment.due_at.astimezone(to_zone(timezone)).date()
        return name_day(due, due)
    if step is Step.CHECK and case.block:
        return name_day(case.block.until, case.block.until)
    return _past_day((case.clear_since or finding.opened_on) if step is Step.RECOVERY else finding.onset)


def _past_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _choices(case: Case, step: Step, texts: Texts) -> tuple[Choice, ...]:
    """Return the answers to a step, in one fixed order, with the detail each needs."""
    forms = _forms(texts)
    labels = dict(texts.choices)
    keys = KEYS
    if step is Step.CHECK:
        keys = ("done", *KEYS)
        labels |= texts.commitment_choices if case.commitment else texts.block_choices
    return tuple(Choice(key=key, label=labels[key], form=forms.get(key, ())) for key in keys)


def _forms(texts: Texts) -> Mapping[str, tuple[FormField, ...]]:
    """Return the details that an answer asks for."""
    causes = tuple((cause.value, label[0].upper() + label[1:]) for cause, label in texts.causes.items())
    until = FormField(key="until", label=texts.fields["until"], kind=FieldKind.DAY)
    return {
        "blocked": (
            FormField(key="cause", label=texts.fields["cause"], kind=FieldKind.CHOICE, options=causes),
            FormField(key="person", label=texts.fields["person"], kind=FieldKind.PERSON, required=False),
            until.model_copy(update={"required": False}),
            FormField(key="thing", label=texts.fields["thing"], kind=FieldKind.TEXT, required=False),
        ),
        "step": (
            FormField(key="action", label=texts.fields["action"], kind=FieldKind.TEXT),
            FormField(key="at", label=texts.fields["at"], kind=FieldKind.MOMENT),
        ),
        "snooze": (until,),
        "stop": (FormField(key="lesson", label=texts.fields["lesson"], kind=FieldKind.TEXT, required=False),),
        "not_me": (FormField(key="person", label=texts.fields["owner"], kind=FieldKind.PERSON, required=False),),
    }
