"""Lives stories in a local chat, whichever it is, and keeps what people see in them: the scenes of `make pictures`."""

import json
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from office import Office, Post, at_firm, firm_pilot
from stories import DAY, FALL, Story, story_of, to

from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from bot.domain.pilot import Pilot
from bot.messages.model import Message

PEOPLE = ("dana", "kim", "sam", "lee", "ada")
Firm = TypeVar("Firm", bound=Office)
Opened = Callable[[Story], AbstractAsyncContextManager[Firm]]
"""Opens the office of a story for these people."""


class Album(ABC, Generic[Firm]):
    """What was seen, by the name of its picture."""

    shows_faults: ClassVar[bool]
    """Whether what is wrong with a form stands in what we send: in Slack the client draws it."""

    def __init__(self) -> None:
        """Begin with none."""
        self.scenes: list[dict[str, Any]] = []

    def keep(self, name: str, kind: str, **seen: object) -> None:
        """Keep what somebody sees now."""
        self.scenes.append(json.loads(json.dumps({"name": name, "kind": kind, **seen})))

    def keep_kinds(self, office: Firm) -> None:
        """Keep the first message of each kind of which there is no picture yet."""
        known = {scene["name"].replace("-", "_") for scene in self.scenes}
        for _, _, _, message in office.story.world.chat.got:
            if message.kind not in known:
                known.add(message.kind)
                self.sent(message.kind.replace("_", "-"), message)

    @abstractmethod
    def sent(self, name: str, message: Message) -> None:
        """Keep a message as it left."""

    @abstractmethod
    def read(self, name: str, office: Firm, who: str, post: Post | None = None) -> None:
        """Keep a post as somebody sees it now, the newest where none is named."""

    @abstractmethod
    def opened(self, name: str, office: Firm, who: str) -> None:
        """Keep the form that is open in front of somebody."""

    @abstractmethod
    async def home(self, name: str, office: Firm, who: str) -> None:
        """Let somebody ask for all that is theirs, and keep it."""

    @abstractmethod
    async def typed(self, name: str, office: Firm, who: str, text: str) -> None:
        """Let somebody type a command, and keep its answer."""


def pilot(name: str = "tax", called: str = "Tax letters", owner: str = "dana", **given: object) -> Pilot:
    """Return a pilot with a name that people would give it."""
    return firm_pilot(name, owner, **given).model_copy(update={"name": called})


async def live(office: Firm, album: Album[Firm]) -> None:
    """Live the story by taps."""
    await _asked_of_the_owner(office, album)
    await _promised_twice(office, album)
    await _decided(office, album)


async def _asked_of_the_owner(office: Firm, album: Album[Firm]) -> None:
    story = office.story
    # Two more that nobody has to be asked about, so that the sponsor's chart has something to show.
    calm = (pilot("notes", "Meeting notes", "lee", stage="production"), pilot("faq", "Answers", "lee", stage="paused"))
    story.back |= {one.id: FALL for one in calm}
    await story.begin(pilot(), pilot("ads", "Job ads"), *calm, people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    asked = office.last("dana")
    album.read("nudge", office, "dana")
    await album.home("home-owner", office, "dana")
    await office.tap("dana", "Something is in the way", asked)
    album.opened("form-blocked", office, "dana")
    given = {"cause": "data", "thing": "read access to the ledger", "person": office.picked("kim")}
    if album.shows_faults:
        await office.fill("dana", **given, until=(story.today - DAY).isoformat())
        album.opened("form-refused", office, "dana")
        given["until"] = ""
    await office.fill("dana", **given)
    album.read("answered", office, "dana", asked)
    await office.say("dana", "snooze two weeks")
    album.read("which", office, "dana")
    await office.say("dana", "1")
    album.read("understood", office, "dana")
    await office.tap("dana", "No, something else")


async def _promised_twice(office: Firm, album: Album[Firm]) -> None:
    story = office.story
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    album.read("unblock-ask", office, "kim")
    for _ in range(2):
        await office.tap("kim", "I can name a day", office.last("kim"))
        await office.fill("kim", day=(story.today + 4 * DAY).isoformat())
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    album.read("check", office, "dana")
    await office.tap("dana", "Not yet, something is in the way")
    await office.fill("dana", cause="data", person=office.picked("kim"))


async def _decided(office: Firm, album: Album[Firm]) -> None:
    story = office.story
    await story.days(1)
    album.read("lead-list", office, "lee")
    await office.tap("lee", "Release")
    await story.until(to(at_firm("lee"), "review"), most=14)
    album.read("review", office, "lee")
    await office.tap("lee", "Release")
    await story.until(to(at_firm("sam"), "digest"), most=10)
    asked = office.last("sam")
    album.read("digest", office, "sam")
    await album.home("home-admin", office, "ada")
    await album.typed("command-help", office, "dana", "help")
    await album.typed("command-status", office, "dana", "status tax")
    await office.tap("sam", "Fix", asked)
    album.opened("form-fix", office, "sam")
    await office.fill("sam", **{next(iter(office.form("sam"))): (story.today + 21 * DAY).isoformat()})
    album.read("decided", office, "sam", asked)


async def cleared(office: Firm, album: Album[Firm]) -> None:
    """Live a story in which the way is cleared, and keep the first message of each kind."""
    story = office.story
    await story.begin(pilot(), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "follow_up"), most=40)
    await office.blocked_by("kim", thing="the ledger")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.tap("kim", "I can name a day")
    await office.fill("kim", day=(story.today + 4 * DAY).isoformat())
    await story.until(to(at_firm("kim"), "unblock_check"), most=14)
    await office.tap("kim", "It is done")
    story.back["tax"] = story.today + 3 * DAY
    await story.days(50)
    album.keep_kinds(office)


async def advised_against(office: Firm, album: Album[Firm]) -> None:
    """Live a story in which it is advised against, and the owner would end it; keep the first message of each kind."""
    story = office.story
    await story.begin(pilot(), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    await office.blocked_by("kim", thing="the ledger")
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.tap("kim", "I would advise against it")
    await office.fill("kim", second="legal", words="the agreement allows it for invoices only")
    await story.days(40)
    album.keep_kinds(office)


async def left_open(office: Firm, album: Album[Firm]) -> None:
    """Live a story that nobody answers until the sponsor is asked about it alone; keep the first message of each kind."""
    story = office.story
    await story.begin(pilot())
    for _ in range(2):
        await story.until(to(at_firm("lee"), "review"), most=60)
        await office.tap("lee", "Release")
    await story.until(to(at_firm("sam"), "decision"), most=120)
    album.keep_kinds(office)


async def corrected(office: Firm, album: Album[Firm]) -> None:
    """Live a story in which the figures behind a question turn out wrong; keep the first message of each kind."""
    story = office.story
    await story.begin(pilot())
    await story.until(to(at_firm("dana"), "nudge"))
    story.back["tax"] = FALL
    await story.load(FALL, story.today - DAY)
    await story.until(to(at_firm("dana"), "retraction"))
    album.keep_kinds(office)


async def with_gaps(office: Firm, album: Album[Firm]) -> None:
    """Live a story of a pilot of which the registry does not know enough; keep the first message of each kind."""
    waits = {"id": "d1", "kind": "data_access", "since": "2026-01-05"}
    await office.story.begin(pilot(target_date=None, dependencies=[waits]))
    await office.story.until(to(at_firm("dana"), "upkeep"))
    album.keep_kinds(office)


async def lived(album: Album[Firm], opened: Opened[Firm]) -> str:
    """Fill an album with what was seen in stories of firms of their own, and return it as JSON."""
    for play in (live, cleared, advised_against, left_open, corrected, with_gaps):
        with tempfile.TemporaryDirectory() as folder:
            server = EmbeddedServer(Path(folder))
            server.ensure()
            store = RedisStore(client_of(server), b"a key of the pictures")
            await store.open()
            async with opened(story_of(store)) as office:
                await play(office, album)
            await store.close()
            server.close()
    return json.dumps(album.scenes, indent=1)
