"""Small builders of records, so that a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from bot.domain.case import Case
from bot.domain.finding import Finding, Kind
from bot.domain.playbook import Playbook
from bot.domain.reply import Answer, Reply
from bot.policy.decisions import Recipient

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
"""A Tuesday."""
OWNER = Recipient(person="p_owner", timezone="Europe/Berlin", country="DE")


def finding(kind: Kind = Kind.DROP_OFF, opened: date = date(2026, 3, 1), **changes: object) -> Finding:
    """Return an open finding of the pilot `tax`."""
    given = {
        "pilot": "tax",
        "kind": kind,
        "opened_on": opened,
        "onset": opened - timedelta(days=9),
        "evidence": "Since 20 February, 31 active user-days were seen where 60 are usual.",
        "severity": 29.0,
    }
    return Finding.model_validate(given | changes)


def open_case(*findings: Finding, **changes: object) -> Case:
    """Return a case that holds these findings (one drop-off when none are given)."""
    case = Case(pilot="tax", ordinal=1, opened_at=NOW, findings=findings or (finding(),), playbook=Playbook())
    return case.model_copy(update=changes)


def reply(answer: Answer, key: str = "k1", at: datetime = NOW) -> Reply:
    """Return a reply of the owner to the case of `open_case`."""
    return Reply(key=key, person="p_owner", case_id="tax#1", pilot="tax", answer=answer, received_at=at)
