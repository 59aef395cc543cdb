"""Lives a story in a local Slack and writes down what people see in it, for `make pictures`.

python tests/pictures/slack_scenes.py FILE
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from slack_story import Office, at_firm, office_of, slack_pilot
from stories import DAY, FALL, story_of, to

from adapters.playground.slack_state import Body
from adapters.redis_store.embedded import EmbeddedServer
from adapters.redis_store.store import RedisStore, client_of
from adapters.slack.blocks import to_posts

PEOPLE = ("dana", "kim", "sam", "lee", "ada")


class Album:
    """What was seen, by the name of its picture."""

    def __init__(self) -> None:
        """Begin with none."""
        self.scenes: list[Body] = []

    def add(self, name: str, kind: str, seen: Body) -> None:
        """Keep what somebody sees now."""
        title = seen.get("title", {}).get("text", "")
        submit = seen.get("submit", {}).get("text", "")
        scene = {"name": name, "kind": kind, "blocks": seen["blocks"], "title": title, "submit": submit}
        self.scenes.append(json.loads(json.dumps(scene)))

    def add_kinds(self, office: Office) -> None:
        """Keep the first message of each kind of which there is no picture yet."""
        known = {scene["name"].replace("-", "_") for scene in self.scenes}
        for _, _, _, message in office.story.world.chat.got:
            if message.kind not in known:
                known.add(message.kind)
                self.add(message.kind.replace("_", "-"), "message", to_posts(message, "d1")[0])


async def live(office: Office, album: Album) -> None:
    """Live the story by taps."""
    story = office.story
    pilots = [slack_pilot("tax").model_copy(update={"name": "Tax letters"})]
    pilots.append(slack_pilot("ads").model_copy(update={"name": "Job ads"}))
    await story.begin(*pilots, people=(at_firm("kim"),))
    dana, kim, sam, lee = (office.at(name) for name in ("dana", "kim", "sam", "lee"))
    await story.until(to(at_firm("dana"), "nudge"))
    album.add("nudge", "message", office.last("dana"))
    await office.act(dana.open_home())
    album.add("home-owner", "home", dana.home)
    await office.act(dana.tap("Something is in the way"))
    album.add("form-blocked", "modal", dana.view)
    await office.act(dana.send(cause="data", thing="read access to the ledger", person=kim.user))
    album.add("answered", "message", office.last("dana"))
    await office.act(dana.write("snooze two weeks"))
    album.add("which", "message", office.last("dana"))
    await office.act(dana.write("1"))
    album.add("understood", "message", office.last("dana"))
    await office.act(dana.tap("No, something else"))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    album.add("unblock-ask", "message", office.last("kim"))
    for _ in range(2):
        await office.act(kim.tap("I can name a day", office.last("kim")))
        await office.act(kim.send(day=(story.today + 4 * DAY).isoformat()))
        await story.until(lambda s: s.kind in {"unblock_check", "commitment_check"}, most=14)
    album.add("check", "message", office.last("dana"))
    await office.act(dana.tap("Not yet, something is in the way"))
    await office.act(dana.send(cause="data", person=kim.user))
    await story.days(1)
    album.add("lead-list", "message", office.last("lee"))
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("lee"), "review"), most=14)
    album.add("review", "message", office.last("lee"))
    await office.act(lee.tap("Release"))
    await story.until(to(at_firm("sam"), "digest"), most=10)
    album.add("digest", "message", office.last("sam"))
    await office.act(office.at("ada").open_home())
    album.add("home-admin", "home", office.at("ada").home)
    answer = await office.act(office.at("dana").command("help"))
    album.add("command-help", "message", answer.body)
    answer = await office.act(office.at("dana").command("status tax"))
    album.add("command-status", "message", answer.body)
    await office.act(sam.tap("Fix"))
    album.add("form-fix", "modal", sam.view)
    form = [block["block_id"] for block in sam.view["blocks"] if block["type"] == "input"]
    await office.act(sam.send(**{form[0]: (story.today + 21 * DAY).isoformat()}))
    album.add("decided", "message", office.last("sam"))


async def cleared(office: Office, album: Album) -> None:
    """Live a story in which the way is cleared, and keep the first message of each kind."""
    story = office.story
    await story.begin(slack_pilot("tax").model_copy(update={"name": "Tax letters"}), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "follow_up"), most=40)
    await office.act(office.at("dana").tap("Something is in the way"))
    await office.act(office.at("dana").send(cause="data", thing="the ledger", person=office.at("kim").user))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.act(office.at("kim").tap("I can name a day"))
    await office.act(office.at("kim").send(day=(story.today + 4 * DAY).isoformat()))
    await story.until(to(at_firm("kim"), "unblock_check"), most=14)
    await office.act(office.at("kim").tap("It is done"))
    story.back["tax"] = story.today + 3 * DAY
    await story.days(50)
    album.add_kinds(office)


async def advised_against(office: Office, album: Album) -> None:
    """Live a story in which it is advised against, and the owner would end it; keep the first message of each kind."""
    story = office.story
    await story.begin(slack_pilot("tax").model_copy(update={"name": "Tax letters"}), people=(at_firm("kim"),))
    await story.until(to(at_firm("dana"), "nudge"))
    await office.act(office.at("dana").tap("Something is in the way"))
    await office.act(office.at("dana").send(cause="data", thing="the ledger", person=office.at("kim").user))
    await story.until(to(at_firm("kim"), "unblock_ask"), most=7)
    await office.act(office.at("kim").tap("I would advise against it"))
    await office.act(office.at("kim").send(second="legal", words="the agreement allows it for invoices only"))
    await story.days(40)
    album.add_kinds(office)


async def left_open(office: Office, album: Album) -> None:
    """Live a story that nobody answers until the sponsor is asked about it alone; keep the first message of each kind."""
    story = office.story
    await story.begin(slack_pilot("tax").model_copy(update={"name": "Tax letters"}))
    for _ in range(2):
        await story.until(to(at_firm("lee"), "review"), most=60)
        await office.act(office.at("lee").tap("Release"))
    await story.until(to(at_firm("sam"), "decision"), most=120)
    album.add_kinds(office)


async def corrected(office: Office, album: Album) -> None:
    """Live a story in which the figures behind a question turn out wrong; keep the first message of each kind."""
    story = office.story
    await story.begin(slack_pilot("tax").model_copy(update={"name": "Tax letters"}))
    await story.until(to(at_firm("dana"), "nudge"))
    story.back["tax"] = FALL
    await story.load(FALL, story.today - DAY)
    await story.until(to(at_firm("dana"), "retraction"))
    album.add_kinds(office)


async def with_gaps(office: Office, album: Album) -> None:
    """Live a story of a pilot of which the registry does not know enough; keep the first message of each kind."""
    waits = {"id": "d1", "kind": "data_access", "since": "2026-01-05"}
    pilot = slack_pilot("tax", target_date=None, dependencies=[waits])
    await office.story.begin(pilot.model_copy(update={"name": "Tax letters"}))
    await office.story.until(to(at_firm("dana"), "upkeep"))
    album.add_kinds(office)


async def lived() -> Album:
    """Return what was seen in stories of firms of their own."""
    album = Album()
    for play in (live, cleared, advised_against, left_open, corrected, with_gaps):
        with tempfile.TemporaryDirectory() as folder:
            server = EmbeddedServer(Path(folder))
            server.ensure()
            store = RedisStore(client_of(server), b"a key of the pictures")
            await store.open()
            async with office_of(story_of(store), *PEOPLE) as office:
                await play(office, album)
            await store.close()
            server.close()
    return album


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(asyncio.run(lived()).scenes, indent=1))
