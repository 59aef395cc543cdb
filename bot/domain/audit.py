"""The trail of changes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what and why; written by the step that makes the change, never truth itself."""

    at: datetime
    who: str
    what: str
    before: str = ""
    after: str = ""
    why: str = ""
