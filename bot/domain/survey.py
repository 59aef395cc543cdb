"""Records of the survey: what can be asked, of whom, what an option does, and what was answered."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from bot.domain.value import Value

MOST_WORDS: Final = 280
"""Characters of the free text that may go with an answer."""
MOST_SAID: Final = 200
"""Characters of a name, a day or a key."""

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""Name of an option within its question."""
Score = Annotated[int, Field(strict=True, ge=0, le=3)]
"""How much a dimension holds the pilot back: 0 not at all, 1 some, 2 strongly, 3 it blocks."""


class ItemId(StrEnum):
    """The questions we have, each small enough for a chat."""

    HOLDS_BACK = "OWN-01"
    DATA = "OWN-02"
    QUALITY = "OWN-05"
    NEXT_STEP = "OWN-10"
    DEPENDENCY = "BLK-01"
    DECISION = "SPN-01"
    USEFUL = "BOT-01"


class Dimension(StrEnum):
    """What may hold a pilot back."""

    DATA = "data"
    INCENTIVE = "incentive"
    CHANGE = "change"
    PROCUREMENT = "procurement"
    AUTHORITY = "authority"
    CADENCE = "cadence"
    INTEGRATION = "integration"
    VALUE = "value"
    QUALITY = "quality"
    OWNERSHIP = "ownership"


class Audience(StrEnum):
    """The role in which somebody is asked; `anyone` stands under messages and is no survey."""

    OWNER = "owner"
    BLOCKER = "blocker"
    SPONSOR = "sponsor"
    ANYONE = "anyone"


class Standing(StrEnum):
    """Keys of the options that every item offers; none of them scores."""

    DONT_KNOW = "dont_know"
    NOT_ME = "not_me"
    LATER = "later"
    STOP_ASKING = "stop_asking"


class StepOption(StrEnum):
    """Keys of what may be said of a suggested next step."""

    WHEN = "when"
    OTHER = "other"
    FIRST = "first"
    NOT_NOW = "not_now"


class FeedbackOption(StrEnum):
    """Keys of what may be said of a message that nobody asked for."""

    USEFUL = "useful"
    WRONG_FACTS = "wrong_facts"
    WRONG_PERSON = "wrong_person"
    BAD_TIME = "bad_time"
    TOO_MANY = "too_many"


class Effect(StrEnum):
    """What choosing an option does; an option's label promises no more than this."""

    NONE = "none"
    """Recorded and scored; the case stays as it is."""
    ON_TRACK = "on_track"
    """The finding is contested: quiet for two weeks."""
    BLOCKED = "blocked"
    """The case is blocked by the cause that the option's key names, perhaps by a person."""
    STEP = "step"
    """The suggested step is promised for a day and time."""
    OTHER_STEP = "other_step"
    """A step in the person's own words is promised for a day and time."""
    PAUSE = "pause"
    """Nothing can be promised now: the pilot is left alone for a while."""
    DECIDE_STOP = "decide_stop"
    """The owner would end the pilot: the sponsor is asked to decide, nothing is ended."""
    DONE = "done"
    """What was waited for is there."""
    PROMISE = "promise"
    """What is waited for will be there by a day."""
    NEED = "need"
    """Something else is needed first, as told in words."""
    ELSEWHERE = "elsewhere"
    """Somebody else has what is waited for."""
    OBJECTION = "objection"
    """A reason not to do it: recorded as a named risk in the person's own words."""
    SCALE = "scale"
    FIX = "fix"
    STOP = "stop"
    """The sponsor's decision: scale or stop end the case, fix is a promise with a day."""
    COSTLY = "costly"
    """An error costs money, breaks law or harms: nobody is urged to go live with a pilot like that."""
    USEFUL = "useful"
    """The message counts as useful."""
    WRONG_FACTS = "wrong_facts"
    """The rule is silent on this pilot until its data were looked at."""
    WRONG_PERSON = "wrong_person"
    """The registry is to be mended."""
    BAD_TIME = "bad_time"
    """Later messages come at the part of the day that the person picks."""
    TOO_MANY = "too_many"
    """The person's budget is halved for 30 days."""
    UNKNOWN = "unknown"
    """The person doesn't know: no score; after two of these the next role is asked."""
    NOT_ME = "not_me"
    """The question isn't theirs, and they don't get it again."""
    LATER = "later"
    """Quiet until a day."""
    STOP_ASKING = "stop_asking"
    """No more messages to this person, at once."""


class Answered(Value):
    """One answer to one item, as a case keeps it; `by` is a person id, `at` an aware moment.

    `second` is the key chosen at the second question, else the name, day or moment (ISO) that was put in.
    """

    item: ItemId
    option: Key
    second: Annotated[str, Field(min_length=1, max_length=MOST_SAID)] | None = None
    words: Annotated[str, Field(min_length=1, max_length=MOST_WORDS)] | None = None
    at: AwareDatetime
    by: Annotated[str, Field(min_length=1, max_length=MOST_SAID)]


class Posed(Value):
    """An item that was put to a person; `in_reply` when it answered a reply of theirs.

    `after` is the key of that reply, `action` the step that the item suggested, in the words that were shown.
    """

    item: ItemId
    person: Annotated[str, Field(min_length=1, max_length=MOST_SAID)]
    at: AwareDatetime
    in_reply: bool = False
    after: str | None = None
    action: Annotated[str, Field(min_length=1, max_length=MOST_WORDS)] | None = None


class Scoring(Value):
    """What the rules need to know of an item: whom it asks, what about, what each option scores and leads to.

    `about` is None where an item asks for no state of one dimension. An option with no entry scores nothing, or
    leads to no other item.
    """

    item: ItemId
    audience: Audience
    about: Dimension | None = None
    options: dict[str, dict[Dimension, Score]] = Field(default_factory=dict)
    leads: dict[str, ItemId] = Field(default_factory=dict)
