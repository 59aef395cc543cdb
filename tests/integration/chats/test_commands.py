"""Commands typed in each chat: what each does, who may, and what is said to what can't be meant."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import Office, at_firm, firm_pilot
from parity import capability
from stories import DAY, to

from bot.app.commands.caller import Right
from bot.app.commands.table import TABLE
from bot.domain.audit import AuditEntry
from bot.domain.case import CaseState
from bot.domain.decision import OpenedBy
from bot.domain.pilot import Stage
from bot.domain.reply import ProposeStop
from bot.domain.settings import Mode
from bot.messages.command_texts import COMMANDS

AREA = "Commands"


@pytest.fixture
async def firm(office: Office) -> Office:
    """Return the office of a firm with one pilot."""
    pilot = firm_pilot("tax").model_copy(update={"name": "Tax letters"})
    await office.story.begin(pilot, people=(at_firm("kim"), at_firm("jo")))
    return office


@capability(AREA, "Help shows what somebody may use, with usage and an example")
async def test_help_shows_what_one_may_use(firm: Office) -> None:
    """An owner sees no command of an admin; every command has a usage, an example and a reason."""
    mine, all_of_it = await firm.typed("dana", ""), await firm.typed("ada", "help")
    assert "snooze PILOT DAY" in mine
    assert "golive" not in mine
    assert "golive" in all_of_it
    for name in COMMANDS:
        one = await firm.typed("dana", f"help {name}")
        assert f"Write it as: {firm.called} {firm.story.world.rules.texts.commands.commands[name].usage}" in one
        assert f"For example: {firm.called}" in one


UNMEANT = (
    ("snoze tax", "There is no command 'snoze'. Did you mean snooze?"),
    ("xyzzy", "Did you mean help?"),
    ("status", "Write it as: /pilots status PILOT"),
    ("status tx", "There is no pilot 'tx'; did you mean tax?"),
    ("status nothing-like-it", "There is no pilot 'nothing-like-it'."),
    ("snooze tax", "Write it as: /pilots snooze PILOT DAY"),
    ("snooze tax soonish", "For example: /pilots snooze tax two weeks"),
    ("stage tax flying", "'flying' is no stage. There are idea, approved"),
    ("stage tax pilot tomorrow", "it takes a day until today, as 2026-03-02"),
    ("stage tax pilot 2999-01-01", "it takes a day until today"),
    ("set", "Write it as: /pilots set"),
    ("set colour red", "Write it as: /pilots set"),
    ("set hour 25", "Which hour of your day"),
    ("delegate", "Write it as: /pilots delegate PERSON"),
    ("dependency tax", "Write it as: /pilots dependency"),
    ("dependency tax legal done", "Tax letters waits for nothing that was told."),
    ("pause", "Did you mean pause all?"),
)
"""What somebody types who may do no more than any owner, and what is said to it."""
UNMEANT_BY_ADMIN = (
    ("edit tax", "Write it as: /pilots edit PILOT FIELD VALUE"),
    ("edit tax colour red", "There is no field 'colour'. There are name, seats"),
    ("edit tax seats many", "'many' can't be taken as seats: it takes a whole number from 0 to 65534."),
    ("edit tax timezone Mars/Base", "it takes a name such as Europe/Berlin"),
    ("edit tax target_date soon", "it takes a day as 2026-03-02"),
    ("edit tax target_date 0", "it takes a day as 2026-03-02"),
    ("edit tax start 9999-12-31", "it takes a day as 2026-03-02"),
    ("edit tax seats 70000", "it takes a whole number from 0 to 65534."),
    ("edit tax name \x01\x02", "it takes a text"),
    ("add a\x01b Name", "at most 200 letters"),
    ("add TAX Letters", "There is a pilot 'TAX' already"),
    ("owner tax chat kim", "I can't tell who 'chat kim' is"),
    ("add hr", "Write it as: /pilots add ID NAME"),
    ("add tax Tax letters", "There is a pilot 'tax' already"),
    ("golive now", "It is live already"),
)
"""The same of an admin."""


@capability(AREA, "What can't be meant gets the usage, and changes nothing")
async def test_what_can_not_be_meant_gets_the_usage(firm: Office) -> None:
    """The fault, how it is written, and an example that works; nothing changes."""
    before = await firm.story.world.ports.pilots.all()
    for text, said in UNMEANT:
        assert said.replace("/pilots", firm.called) in await firm.typed("dana", text), text
    assert await firm.story.world.ports.pilots.all() == before


@capability(AREA, "The same of an admin's commands")
async def test_what_an_admin_can_not_mean_gets_the_usage(firm: Office) -> None:
    """The same of the commands of an admin."""
    for text, said in UNMEANT_BY_ADMIN:
        assert said.replace("/pilots", firm.called) in await firm.typed("ada", text), text


ROLES = {Right.OWNER: "dana", Right.SPONSOR: "sam", Right.LEAD: "lee", Right.ADMIN: "ada", Right.ANYONE: "kim"}
ARGUMENTS = {
    "status": "tax",
    "snooze": "tax two weeks",
    "decision": "tax stop",
    "stage": "tax scale",
    "dependency": "tax legal",
    "owner": "tax jo@n.example",
    "sponsor": "tax jo@n.example",
    "set": "hour 9",
    "delegate": "jo@n.example",
    "mute": "two weeks",
    "add": "hr Job ads",
    "edit": "tax seats 50",
}


@capability(AREA, "Each command by each role: done, refused with who may, or unknown to us")
@pytest.mark.parametrize("name", COMMANDS)
async def test_each_cell_of_the_table_of_rights(firm: Office, name: str) -> None:
    """Whoever may do something does it, anybody else is told who may, and a stranger is told that nobody knows them."""
    text = f"{name} {ARGUMENTS.get(name, '')}".strip()
    refused = {right for right, who in ROLES.items() if "This can be done by" in await firm.typed(who, text)}
    assert refused == {right for right in ROLES if not TABLE[name].rights & {right, Right.ANYONE}}
    assert "I don't know you yet" in await firm.typed("eve", text)


@capability(AREA, "A stand-in may do what the owner may")
async def test_a_stand_in_may_do_what_the_owner_may(firm: Office) -> None:
    """Whom the owner named to stand in may say which stage it is in; whom nobody named may not."""
    assert "This can be done by" in await firm.typed("jo", "stage tax scale")
    assert "jo@n.example" in await firm.typed("dana", f"delegate {firm.named('jo')}")
    assert "Noted: stage of Tax letters is now scale" in await firm.typed("jo", "stage tax scale")


@capability(AREA, "The registry is changed by command, with the author in the trail")
async def test_the_registry_changes_by_word(firm: Office) -> None:
    """A pilot is added, named after its people, moved on, and waits for something until that is there; each with its author in the trail."""
    ports = firm.story.world.ports
    assert "Registered: Job ads" in await firm.typed("ada", "add hr Job ads")
    assert "is now dana@n.example" in await firm.typed("ada", f"owner hr {firm.named('dana')}")
    assert "is now sam@n.example" in await firm.typed("ada", "sponsor job ads sam@n.example")
    assert "seats of Job ads is now 60" in await firm.typed("ada", "edit hr seats 60")
    assert "stage of Job ads is now pilot" in await firm.typed("dana", "stage hr pilot 2026-01-05")
    assert "stage of Job ads is now scale" in await firm.typed("dana", "stage Job ads scale 2026-01-20")
    assert "waits for legal, which kim@n.example holds" in await firm.typed("dana", "dependency hr legal kim@n.example")
    pilot = await ports.pilots.get("hr")
    assert pilot is not None
    assert (pilot.owner, pilot.sponsor, pilot.seats) == (at_firm("dana"), at_firm("sam"), 60)
    assert (pilot.stage, pilot.stage_since) == (Stage.SCALE, date(2026, 1, 20))
    assert [(e.stage, e.since) for e in pilot.stage_history] == [
        (Stage.PILOT, date(2026, 1, 5)),
        (Stage.SCALE, date(2026, 1, 20)),
    ]
    assert [(d.kind, d.holder, d.done_on) for d in pilot.dependencies] == [("legal", at_firm("kim"), None)]
    assert "does not wait for legal any more" in await firm.typed("dana", "dependency hr legal done")
    pilot = await ports.pilots.get("hr")
    assert pilot is not None
    assert pilot.dependencies[0].done_on == firm.story.today
    trail = [(e.who, e.what) for e in await ports.audit.of_pilot("hr")]
    assert (at_firm("ada"), "registered") in trail
    assert (at_firm("dana"), "stage scale") in trail


@capability(AREA, "An owner snoozes and a sponsor decides by command")
async def test_an_owner_snoozes_and_a_sponsor_decides(firm: Office) -> None:
    """The same as a tap would do, with the same words; where nothing is open that is said."""
    story = firm.story
    assert "Nothing is open about Tax letters" in await firm.typed("dana", "snooze tax two weeks")
    await story.until(to(at_firm("dana"), "nudge"))
    listed = await firm.typed("dana", "list")
    assert listed == "Tax letters (tax): stage pilot since Mon 12 January; a question waits for its answer"
    shown = await firm.typed("sam", "status tax")
    assert "Found: Since 2 February 2026 it is used at" in shown
    assert "Owner: dana@n.example. Sponsor: sam@n.example." in shown
    assert "left alone until" in await firm.typed("dana", "snooze Tax letters two weeks")
    assert (await story.case()).state is CaseState.SNOOZED
    await story.answer(at_firm("dana"), "tax", ProposeStop())
    case = await story.case()
    assert case.decision is not None
    assert case.decision.opened_by is OpenedBy.OWNER_PROPOSES_STOP
    assert "A decision has been open since" in await firm.typed("sam", "status tax")
    assert "Recorded" in await firm.typed("sam", "decision tax stop it saves nothing")
    assert (await story.case()).decided[-1].lesson == "it saves nothing"


@capability(AREA, "A sponsor does not see what is asked in the owner's name")
async def test_a_sponsor_does_not_see_what_is_asked_in_the_owners_name(firm: Office) -> None:
    """What an owner said is in the way, and of whom it is asked, is the owner's to show; lead and admin see it."""
    story = firm.story
    await story.until(to(at_firm("dana"), "nudge"))
    await firm.blocked_by("kim", thing="the ledger")
    for who in ("dana", "lee", "ada"):
        assert "Asked of kim@n.example for the ledger" in await firm.typed(who, "status tax")
    seen = await firm.typed("sam", "status tax")
    assert "ledger" not in seen
    assert "kim" not in seen


@capability(AREA, "Delegate, absence, hour, digest and the end of messages are set")
async def test_what_somebody_sets_is_theirs(firm: Office) -> None:
    """Delegate, absence, hour of messages and digest are set, shown and used; an end of messages is taken back by its author."""
    people = firm.story.world.ports.people
    dana = people.identify(at_firm("dana"))
    assert "from 9:00 on" in await firm.typed("dana", "set hour 9")
    assert "Thursday at 9:00" in await firm.typed("dana", "set digest Thursday at 9")
    await firm.typed("dana", "set delegate jo@n.example")
    await firm.typed("dana", "mute two weeks")
    shown = await firm.typed("dana", "settings")
    assert "Stands in for you: jo@n.example." in shown
    assert "Weekly message: Thursday at 9:00. Messages from 9:00 on. Messages: on." in shown
    person = await people.get(dana)
    assert person is not None
    assert (person.preferences.hour, person.preferences.away_until) == (9, firm.story.today + 14 * DAY)
    assert "no more messages" in await firm.typed("dana", "optout")
    assert (person := await people.get(dana)) is not None
    assert person.opted_out
    assert "you get messages again" in await firm.typed("dana", "optin")
    assert (person := await people.get(dana)) is not None
    assert not person.opted_out


@capability(AREA, "An admin sees what would leave before it may, pauses and resumes")
async def test_an_admin_sees_before_anything_leaves(firm: Office) -> None:
    """What would be sent is shown before it may; a pause stops all and its end brings it back."""
    story = firm.story
    ports = story.world.ports
    assert "Paused" in await firm.typed("ada", "pause all")
    assert (await ports.settings.read()).mode is Mode.PAUSED
    assert "There is a pause" in await firm.typed("ada", "golive")
    assert "Live again" in await firm.typed("ada", "resume")
    state = await ports.settings.read()
    entry = AuditEntry(at=story.world.clock.at, who="test", what="switch")
    await ports.settings.write(state.model_copy(update={"mode": Mode.SHADOW}), entry)
    await story.days(14)
    shown = await firm.typed("ada", "golive")
    assert "Tax letters: first question to dana@n.example, on" in shown
    assert f"Say '{firm.called} golive yes'" in shown
    assert (await ports.settings.read()).mode is Mode.SHADOW
    assert "Live from now on" in await firm.typed("ada", "golive yes")
    assert (await ports.settings.read()).mode is Mode.LIVE
    assert "chat: told up to" in await firm.typed("ada", "sources")


@capability(AREA, "Everybody sees what is kept about them")
async def test_what_is_kept_about_somebody_is_shown_to_them(firm: Office) -> None:
    """Address, roles and messages; why the last one came; the weekly message once more."""
    await firm.story.until(to(at_firm("dana"), "nudge"))
    shown = await firm.typed("dana", "mydata")
    assert (
        "Kept about you: the address dana@n.example; the owner of the pilot: Tax letters; messages to you: 1, the last one"
        in shown
    )
    assert "no role in a pilot" in await firm.typed("kim", "mydata")
    assert "Tax letters" in await firm.typed("dana", "why")
    assert "No weekly message was made for you yet." in await firm.typed("dana", "digest")


@capability(AREA, "Whatever is typed is answered")
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.one_of(st.text(max_size=200), st.builds("{} {}".format, st.sampled_from(COMMANDS), st.text(max_size=80)))
)
async def test_whatever_is_typed_is_answered(firm: Office, text: str) -> None:
    """No text is a fault: each is answered in words that only its author sees."""
    assert await firm.typed("kim", text)


@capability(AREA, "A pilot is found by its longest name and never guessed")
async def test_a_pilot_is_found_by_its_longest_name_and_never_guessed(firm: Office) -> None:
    """A name that begins as an id does is that name; of equal ones the caller's own is meant, else it is asked which."""
    for pilot_id, name in (("hr", "Job ads"), ("x1", "hr chat"), ("x2", "Copilot"), ("x3", "copilot")):
        await firm.typed("ada", f"add {pilot_id} {name}" if pilot_id != "x3" else "add x3 Other")
    await firm.typed("ada", "edit x3 name Copilot")
    await firm.typed("ada", "owner x2 dana@n.example")
    assert "owner of hr chat is now kim@n.example" in await firm.typed("ada", "owner hr chat kim@n.example")
    assert "several pilots called 'Copilot': x2, x3" in await firm.typed("ada", "stage Copilot scale")
    assert "stage of Copilot is now scale" in await firm.typed("dana", "stage copilot scale")
    assert (pilot := await firm.story.world.ports.pilots.get("x2")) is not None
    assert pilot.stage is Stage.SCALE
    assert "did you mean" not in await firm.typed("kim", "status ta")


@capability(AREA, "Nobody is made up out of a word or half an address")
async def test_nobody_is_made_up(firm: Office) -> None:
    """A mention of nobody, a word or a half address is nobody; "nobody" takes a name out."""
    for name in ("<@U99999999>", "somebody", "kim@", "chat kim"):
        assert "I can't tell who" in await firm.typed("lee", f"owner tax {name}")
    assert "is now nobody named" in await firm.typed("lee", "sponsor tax nobody")
    assert (pilot := await firm.story.world.ports.pilots.get("tax")) is not None
    assert (pilot.owner, pilot.sponsor) == (at_firm("dana"), None)


@capability(AREA, "A stage that was told wrongly is corrected")
async def test_a_stage_that_was_told_wrongly_is_corrected(firm: Office) -> None:
    """What is told of an earlier day takes the place of what was told of later ones."""
    await firm.typed("dana", "stage tax scale")
    await firm.typed("dana", "stage tax build 2026-01-14")
    pilot = await firm.story.world.ports.pilots.get("tax")
    assert pilot is not None
    assert [(e.stage, e.since) for e in pilot.stage_history] == [
        (Stage.PILOT, date(2026, 1, 12)),
        (Stage.BUILD, date(2026, 1, 14)),
    ]
    assert "stage build since Wed 14 January" in await firm.typed("dana", "status tax")


@capability(AREA, "A stand-in lists, sees and snoozes the pilot")
async def test_who_stands_in_does_what_they_may(firm: Office) -> None:
    """The owner named jo: jo lists the pilot, sees what the owner sees, and snoozes it, though the owner is not away."""
    story = firm.story
    await story.until(to(at_firm("dana"), "nudge"))
    assert "No pilot is registered under your name" in await firm.typed("jo", "list")
    await firm.typed("dana", "delegate jo@n.example")
    assert "Tax letters (tax)" in await firm.typed("jo", "list")
    assert "a question waits for its answer" in await firm.typed("jo", "status tax")
    assert "left alone until" in await firm.typed("jo", "snooze tax two weeks")
    assert (await story.case()).state is CaseState.SNOOZED


@capability(AREA, "A sponsor does not see how it stands with the owner")
async def test_a_sponsor_does_not_see_how_it_stands_with_the_owner(firm: Office) -> None:
    """That something is open, and not what the owner said about it."""
    story = firm.story
    await story.until(to(at_firm("dana"), "nudge"))
    await firm.tap("dana", "Something is in the way")
    assert not await firm.fill("dana", cause="data")
    assert "something is in the way" in await firm.typed("dana", "list")
    for text in ("list", "status tax"):
        seen = await firm.typed("sam", text)
        assert "something is open" in seen
        assert "in the way" not in seen


@capability(AREA, "Kinds of dependencies are compared without case")
async def test_kinds_of_what_is_waited_for_are_compared_without_case(firm: Office) -> None:
    """So "Legal" and "legal" are one, and "done" is no kind."""
    await firm.typed("dana", "dependency tax Legal kim@n.example")
    await firm.typed("dana", "dependency tax legal kim@n.example")
    assert (pilot := await firm.story.world.ports.pilots.get("tax")) is not None
    assert len(pilot.dependencies) == 1
    assert "it waits for legal" in await firm.typed("dana", "dependency tax data done")
    assert "does not wait for LEGAL any more" in await firm.typed("dana", "dependency tax LEGAL done")
    assert "waits for nothing that was told" in await firm.typed("dana", "dependency tax done")
