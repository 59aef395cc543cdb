"""What is said for a step of a case, in chat-neutral form."""

from collections.abc import Sequence
from datetime import date

from bot.domain.case import Case
from bot.domain.finding import USAGE_KINDS, Finding
from bot.domain.outreach import Step
from bot.messages.model import Choice, FieldKind, FormField, Message, Section
from bot.messages.texts import Texts

UNTIL = FormField(key="until", label="Until which day?", kind=FieldKind.DAY)


def compose(sections: Sequence[tuple[Step, Section]], texts: Texts) -> Message:
    """Put sections into one message: the first in full, the others as one line each.

    Raises ValueError when there is no section.
    """
    if not sections:
        msg = "a message needs at least one section"
        raise ValueError(msg)
    step, first = sections[0]
    return Message(
        kind=step.value, sections=tuple(s for _, s in sections), footer=texts.footer.format(pilot=first.title)
    )


def section(case: Case, step: Step, name: str, texts: Texts) -> Section:
    """Return what is said about one case at a step; `name` is the pilot's name.

    The last sentence that asks becomes the question, what stands before it the fact.
    """
    finding = case.lead_finding
    if finding is None:
        msg = f"the case {case.id} has no finding to speak of"
        raise ValueError(msg)
    fact, question = _split(_say(case, step, name, finding, texts))
    return Section(
        case_id=case.id,
        pilot=case.pilot,
        title=name,
        fact=fact,
        question=question,
        choices=_choices(step, texts) if question else (),
    )


def _say(case: Case, step: Step, name: str, finding: Finding, texts: Texts) -> str:
    """Fill the text of a step."""
    if step is Step.RECOVERY:
        text = texts.recovery if finding.kind in USAGE_KINDS else texts.recovery_registry
        return text.format(pilot=name, day=_day(case.clear_since or finding.opened_on))
    if step is Step.CHECK and case.commitment:
        action = case.commitment.action
        return texts.commitment_check.format(pilot=name, action=action, day=_day(case.commitment.due_at.date()))
    if step is Step.CHECK and case.block:
        cause = texts.causes[case.block.cause]
        return texts.block_check.format(pilot=name, cause=cause, day=_day(case.block.until))
    if step is Step.FOLLOW_UP:
        small = texts.small_steps[finding.kind].format(day=_day(finding.onset))
        return texts.follow_up.format(pilot=name, evidence=finding.evidence, small_step=small)
    text = texts.small_question if finding.tier == "question" else texts.nudge
    return text.format(pilot=name, evidence=finding.evidence)


def _split(text: str) -> tuple[str, str | None]:
    """Separate the question at the end from the facts before it."""
    if not text.endswith("?"):
        return text, None
    fact, _, question = text[:-1].rpartition(". ")
    return (f"{fact}.", f"{question}?") if fact else (text, None)


def _choices(step: Step, texts: Texts) -> tuple[Choice, ...]:
    """Return the answers to a step, in one fixed order, with the detail each needs."""
    causes = tuple((cause.value, label[0].upper() + label[1:]) for cause, label in texts.causes.items())
    forms: dict[str, tuple[FormField, ...]] = {
        "blocked": (
            FormField(key="cause", label="What is in the way?", kind=FieldKind.CHOICE, options=causes),
            FormField(key="person", label="Who could clear it?", kind=FieldKind.PERSON, required=False),
            UNTIL.model_copy(update={"required": False}),
        ),
        "step": (
            FormField(key="action", label="Which step?", kind=FieldKind.TEXT),
            FormField(key="at", label="Which day and time?", kind=FieldKind.MOMENT),
        ),
        "snooze": (UNTIL,),
    }
    keys = ["on_track", "blocked", "step", "snooze", "not_me", "stop_asking"]
    keys = ["done", *keys] if step is Step.CHECK else keys
    return tuple(Choice(key=key, label=texts.choices[key], form=forms.get(key, ())) for key in keys)


def _day(when: date) -> str:
    return f"{when.day} {when:%B}"
