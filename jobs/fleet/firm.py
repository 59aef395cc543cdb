"""The invented firm: its fourteen pilots, who runs them, and which tool each pilot uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.pilot import Depth

MAIL: Final = "northwind.example"


class Shape(StrEnum):
    """How a pilot goes, in one word each; `shapes.py` tells them in full."""

    GROWTH = "growth"
    PLATEAU = "plateau"
    SPIKE = "spike"
    CLIFF = "cliff"
    FADE = "fade"
    DEAD_PLAN = "dead_plan"
    UNUSED = "unused"
    DIP = "dip"
    LATE = "late"
    CUT = "cut"
    TINY = "tiny"


class Tool(StrEnum):
    """The tools, each of them one source of usage."""

    CHAT = "chat-assist"
    CODE = "code-assist"
    SEARCH = "doc-search"
    NOTES = "call-notes"
    DESK = "agent-desk"
    REPORTS = "report-writer"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is fixed about a pilot before any dice are thrown. People are named by the part before the @.

    `people` is how many ever have a seat, give or take one where `is_exact` is not set.
    `country` is None for the pilot whose country the calendar of the window chooses.
    """

    id: str
    name: str
    shape: Shape
    people: int
    country: str | None
    tool: Tool
    owner: str
    sponsor: str
    family: str
    depth: Depth
    outcome_metric: str
    is_exact: bool = False


TIMEZONES: Final[Mapping[str, str]] = {
    "US": "America/New_York",
    "DE": "Europe/Berlin",
    "GB": "Europe/London",
    "FR": "Europe/Paris",
}
PROGRAMME_LEAD: Final = "ines.moreau"
APPROVER: Final = "amara.osei"
"""Head of data protection: the one who has to approve what the blocked plateau waits for."""

PROFILES: Final[tuple[Profile, ...]] = (
    Profile(
        id="mainframe-guide",
        name="Mainframe code explainer",
        shape=Shape.TINY,
        people=4,
        country="FR",
        tool=Tool.CODE,
        owner="luc.garnier",
        sponsor="sylvie.rey",
        family="software",
        depth=Depth.L0,
        outcome_metric="hours to understand a batch job",
        is_exact=True,
    ),
    Profile(
        id="billing-tests",
        name="Test writing for the billing platform",
        shape=Shape.GROWTH,
        people=30,
        country="US",
        tool=Tool.CODE,
        owner="marcus.hale",
        sponsor="tom.beckett",
        family="software",
        depth=Depth.L1,
        outcome_metric="share of changes that come with tests",
    ),
    Profile(
        id="shift-adviser",
        name="Shift planning adviser",
        shape=Shape.UNUSED,
        people=24,
        country="GB",
        tool=Tool.CHAT,
        owner="helen.drury",
        sponsor="peter.whitlock",
        family="operations",
        depth=Depth.L0,
        outcome_metric="overtime hours a week",
    ),
    Profile(
        id="copy-desk",
        name="Marketing copy desk",
        shape=Shape.SPIKE,
        people=34,
        country="FR",
        tool=Tool.CHAT,
        owner="camille.perrin",
        sponsor="sylvie.rey",
        family="marketing",
        depth=Depth.L0,
        outcome_metric="days from brief to published text",
    ),
    Profile(
        id="sales-notes",
        name="Meeting notes for sales",
        shape=Shape.SPIKE,
        people=40,
        country="US",
        tool=Tool.NOTES,
        owner="alicia.gomez",
        sponsor="tom.beckett",
        family="sales",
        depth=Depth.L1,
        outcome_metric="minutes of follow-up work per meeting",
    ),
    Profile(
        id="report-drafts",
        name="Monthly report drafts",
        shape=Shape.LATE,
        people=24,
        country="US",
        tool=Tool.REPORTS,
        owner="owen.pierce",
        sponsor="rachel.stein",
        family="finance",
        depth=Depth.L2,
        outcome_metric="days to close the month",
    ),
    Profile(
        id="claims-triage",
        name="Claims intake triage",
        shape=Shape.GROWTH,
        people=72,
        country="DE",
        tool=Tool.DESK,
        owner="jonas.albrecht",
        sponsor="katrin.vogel",
        family="claims",
        depth=Depth.L2,
        outcome_metric="hours until a claim reaches the right desk",
    ),
    Profile(
        id="desk-answers",
        name="Service desk answers",
        shape=Shape.DIP,
        people=36,
        country=None,
        tool=Tool.SEARCH,
        owner="noor.haddad",
        sponsor="peter.whitlock",
        family="service",
        depth=Depth.L2,
        outcome_metric="share of tickets closed at first contact",
    ),
    Profile(
        id="review-companion",
        name="Code review companion",
        shape=Shape.CLIFF,
        people=60,
        country="GB",
        tool=Tool.CODE,
        owner="dana.fischer",
        sponsor="peter.whitlock",
        family="software",
        depth=Depth.L1,
        outcome_metric="hours from opened to reviewed",
        is_exact=True,
    ),
    Profile(
        id="reply-drafts",
        name="Support reply drafts",
        shape=Shape.CUT,
        people=39,
        country="GB",
        tool=Tool.NOTES,
        owner="gareth.lyle",
        sponsor="rachel.stein",
        family="service",
        depth=Depth.L2,
        outcome_metric="minutes per answered letter",
        is_exact=True,
    ),
    Profile(
        id="invoice-matching",
        name="Invoice matching",
        shape=Shape.DEAD_PLAN,
        people=32,
        country="FR",
        tool=Tool.DESK,
        owner="mathieu.colin",
        sponsor="rachel.stein",
        family="finance",
        depth=Depth.L2,
        outcome_metric="share of invoices matched untouched",
    ),
    Profile(
        id="field-answers",
        name="Field service answers",
        shape=Shape.FADE,
        people=50,
        country="DE",
        tool=Tool.SEARCH,
        owner="ruth.lindner",
        sponsor="katrin.vogel",
        family="service",
        depth=Depth.L1,
        outcome_metric="repeat visits per hundred repairs",
    ),
    Profile(
        id="clause-finder",
        name="Contract clause finder",
        shape=Shape.PLATEAU,
        people=40,
        country="US",
        tool=Tool.SEARCH,
        owner="priya.nair",
        sponsor="tom.beckett",
        family="legal",
        depth=Depth.L1,
        outcome_metric="hours per contract reviewed",
    ),
    Profile(
        id="tender-drafts",
        name="Tender answer drafts",
        shape=Shape.PLATEAU,
        people=34,
        country="DE",
        tool=Tool.CHAT,
        owner="ruth.lindner",
        sponsor="katrin.vogel",
        family="sales",
        depth=Depth.L1,
        outcome_metric="days from tender to first draft",
    ),
)
"""From the youngest pilot to the oldest: the place in this row decides how old a pilot is."""

AGE_QUARTILES: Final = ((0.0, 40.0), (0.25, 55.0), (0.5, 262.0), (9 / 14, 548.0), (0.75, 615.0), (1.0, 1100.0))
"""Share of pilots and age in days below which it lies.

1.8, 8.6 and 20.2 months are the quartiles of the US federal AI inventory of 2024; five of fourteen
are older than 18 months (548 days). The youngest has to be old enough to have something to show.
"""


def to_mail(person: str) -> str:
    """Return the address of a person of the firm."""
    return f"{person}@{MAIL}"
