"""Every key name, and which of them live together.

A tag in braces puts keys into one slot of a cluster: `{s<k>}` holds what belongs to the pilots of a shard,
`{r<k>}` what belongs to the people of one. No script and no command with several keys spans two tags.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from bot.domain.outreach import Role

SHARDS: Final = 256
INGRESS: Final = "stickshaker:in"
"""What the names of the streams begin with that others write into: the same for everybody."""


class Keys:
    """Key names of one tenant."""

    def __init__(self, prefix: str = "ss", tenant: str = "default", ingress: str = INGRESS) -> None:
        """Put prefix and tenant before every key of our own, and `ingress` before the streams of others."""
        self.root, self.inlet = f"{prefix}:{tenant}", ingress

    @staticmethod
    def shard_of_pilot(number: int) -> int:
        """Return the shard of a pilot's number."""
        return number % SHARDS

    @staticmethod
    def shard_of_person(person: str) -> int:
        """Return the shard of a person's id, the same in every process."""
        return int.from_bytes(blake2b(person.encode(), digest_size=2).digest()) % SHARDS

    def by_shard_of_person(self, people: Iterable[str]) -> dict[int, list[str]]:
        """Return these people, each once, by shard."""
        found: dict[int, list[str]] = {}
        for person in sorted(set(people)):
            found.setdefault(self.shard_of_person(person), []).append(person)
        return found

    def _s(self, shard: int, kind: str, *rest: str | int) -> str:
        return ":".join([self.root, kind, f"{{s{shard}}}", *map(str, rest)])

    def _r(self, shard: int, kind: str, *rest: str | int) -> str:
        return ":".join([self.root, kind, f"{{r{shard}}}", *map(str, rest)])

    @property
    def pilots(self) -> str:
        """Name the hash: external id -> dense number."""
        return f"{self.root}:pilots"

    @property
    def sources(self) -> str:
        """Name the hash: source -> status."""
        return f"{self.root}:sources"

    def round(self, job: str, start: int) -> str:
        """Name the string: that the round of a job that starts at this moment (ms) is taken."""
        return f"{self.root}:win:{job}:{start}"

    @property
    def rounds(self) -> str:
        """Name the hash: job -> when its last round ended and how long it took."""
        return f"{self.root}:rounds"

    @property
    def common(self) -> str:
        """Name the string: what the last look at everything saw of sources as a whole."""
        return f"{self.root}:common"

    @property
    def source_numbers(self) -> str:
        """Name the hash: source -> dense number, as written into rollup rows."""
        return f"{self.root}:source-numbers"

    @property
    def days(self) -> str:
        """Name the sorted set: days with any row, as days since 1970."""
        return f"{self.root}:days"

    @property
    def surface_numbers(self) -> str:
        """Name the hash: surface -> dense number, as written into cells."""
        return f"{self.root}:surface-numbers"

    @property
    def reached(self) -> str:
        """Name the hash: number of a source -> newest day it declared when everything was last folded."""
        return f"{self.root}:reached"

    @property
    def aliases(self) -> str:
        """Name the hash: keyed id of an alias -> keyed id that it stands for."""
        return f"{self.root}:aliases"

    @property
    def nowhere(self) -> str:
        """Name the hash: source -> what of it is routed to no pilot."""
        return f"{self.root}:nowhere"

    @property
    def away(self) -> str:
        """Name the hash: actor -> spans of days on which they are away."""
        return f"{self.root}:{{away}}:spans"

    @property
    def away_changed(self) -> str:
        """Name the hash: actor -> first day that changed, until their pilots know."""
        return f"{self.root}:{{away}}:changed"

    def groups(self, source_number: int) -> str:
        """Name the hash: actor -> groups of a source."""
        return f"{self.root}:groups:{source_number}"

    def rosters(self, source_number: int) -> str:
        """Name the set: numbers of pilots that have seats of a source."""
        return f"{self.root}:rosters:{source_number}"

    def seated(self, actor: bytes) -> str:
        """Name the hash: actor -> numbers of the pilots they have seats in; small, by the first bits of the actor."""
        return f"{self.root}:seated:{actor[:2].hex()}"

    @property
    def people_shards(self) -> str:
        """Name the set: shards that hold people."""
        return f"{self.root}:people-shards"

    @property
    def org(self) -> str:
        """Name the hash: revision and state of the organisation's switch."""
        return f"{self.root}:{{org}}:switch"

    @property
    def key_fingerprint(self) -> str:
        """Name the string: fingerprint of the pseudonym key."""
        return f"{self.root}:key"

    @property
    def admin_audit(self) -> str:
        """Name the stream: what admins did."""
        return f"{self.root}:{{org}}:aud"

    def quota(self, day: str) -> str:
        """Name the set: outreach that took a place in a day's ramp."""
        return f"{self.root}:quota:{day}"

    def pilot(self, number: int) -> str:
        """Name the hash: registry record and the source that feeds the pilot."""
        return self._s(self.shard_of_pilot(number), "pilot", number)

    def roll_stem(self, shard: int) -> str:
        """Return what comes before the epoch in the key of a rollup block."""
        return self._s(shard, "roll", "")

    def roll(self, shard: int, epoch: int) -> str:
        """Name the string: rollup block of a shard and epoch."""
        return f"{self.roll_stem(shard)}{epoch}"

    def touched(self, shard: int) -> str:
        """Name the sorted set: numbers of pilots that changed since the last look, by the shard's sequence."""
        return self._s(shard, "touched")

    def touches(self, shard: int) -> str:
        """Name the counter: sequence of changes in a shard."""
        return self._s(shard, "touches")

    def hot_stem(self, shard: int) -> str:
        """Return what comes before `<pilot>:<day>` in the key of the cells of a pilot-day."""
        return self._s(shard, "hot", "")

    def hot(self, number: int, day: int) -> str:
        """Name the hash: cells of a pilot-day and the marks of its partitions; the day as days since 1970."""
        return f"{self.hot_stem(self.shard_of_pilot(number))}{number}:{day}"

    def dirty(self, shard: int) -> str:
        """Name the sorted set: `pilot:day`, or `pilot:seats`, by the number of the write that changed it last."""
        return self._s(shard, "dirty")

    def writes(self, shard: int) -> str:
        """Name the counter: writes that made anything dirty."""
        return self._s(shard, "writes")

    def folded(self, shard: int) -> str:
        """Name the hash: pilot -> number of its last fold, with its sources and surfaces."""
        return self._s(shard, "folded")

    def cleared(self, shard: int) -> str:
        """Name the sorted set: pilots with people or seats, by the day as of which these were last cleared."""
        return self._s(shard, "cleared")

    def several(self, shard: int) -> str:
        """Name the set: pilots that several sources feed."""
        return self._s(shard, "several")

    def users_stem(self, shard: int) -> str:
        """Return what comes before the pilot in the key of its users."""
        return self._s(shard, "usr", "")

    def users(self, number: int) -> str:
        """Name the string: actors of a pilot with the first day of each; their order is that of the bits."""
        return f"{self.users_stem(self.shard_of_pilot(number))}{number}"

    def bits_stem(self, shard: int) -> str:
        """Return what comes before `<pilot>:<epoch>` in the key of a pilot's day bits."""
        return self._s(shard, "bit", "")

    def bits(self, number: int, epoch: int) -> str:
        """Name the string: 32 days of bits for each person of a pilot."""
        return f"{self.bits_stem(self.shard_of_pilot(number))}{number}:{epoch}"

    def seats_stem(self, shard: int) -> str:
        """Return what comes before the pilot in the key of its seats."""
        return self._s(shard, "seat", "")

    def seats(self, number: int) -> str:
        """Name the hash: actor and source -> spans of access; who has rosters; what changed since the last fold."""
        return f"{self.seats_stem(self.shard_of_pilot(number))}{number}"

    def case(self, number: int) -> str:
        """Name the hash: revision, document and pending outreach of a pilot's latest case."""
        return self._s(self.shard_of_pilot(number), "case", number)

    def past(self, number: int) -> str:
        """Name the list: documents of a pilot's earlier cases."""
        return self._s(self.shard_of_pilot(number), "past", number)

    def pending(self, shard: int) -> str:
        """Name the set: numbers of pilots with pending outreach."""
        return self._s(shard, "pend")

    def opened(self, shard: int) -> str:
        """Name the set: ids of pilots with an open case."""
        return self._s(shard, "opened")

    def audit(self, shard: int) -> str:
        """Name the stream: how the cases of a shard moved."""
        return self._s(shard, "aud")

    def delivery(self, person: str, delivery: str) -> str:
        """Name the hash: one delivery."""
        return self.delivery_stem(person) + delivery

    def delivery_stem(self, person: str) -> str:
        """Return what comes before the id in the key of a delivery."""
        return self._r(self.shard_of_person(person), "dlv", "")

    def deliveries(self, shard: int) -> str:
        """Name the sorted set: `person delivery` by the moment it was made."""
        return self._r(shard, "dlvs")

    def due(self, shard: int) -> str:
        """Name the sorted set: `person delivery` by the time of the next action."""
        return self._r(shard, "due")

    def stuck(self, shard: int) -> str:
        """Name the sorted set: `person delivery` of what is dead or unknown, by the moment it ended so."""
        return self._r(shard, "stuck")

    def outreach(self, person: str, outreach: str) -> str:
        """Name the string: the delivery that holds an outreach."""
        return self._r(self.shard_of_person(person), "out", outreach)

    def open(self, person: str, role: Role = Role.OWNER) -> str:
        """Name the string: the queued delivery of a role that new outreach joins."""
        of_role = [] if role is Role.OWNER else [role.value]
        return self._r(self.shard_of_person(person), "open", person, *of_role)

    def ask(self, person: str, thing: str) -> str:
        """Name the hash: revision and document of the latest Ask of a person about a thing."""
        return self._r(self.shard_of_person(person), "ask", person, thing)

    def weekly(self, person: str) -> str:
        """Name the hash: kind and week -> weekly message of a person."""
        return self._r(self.shard_of_person(person), "weekly", person)

    def past_asks(self, person: str, thing: str) -> str:
        """Name the list: documents of the Asks before that."""
        return self._r(self.shard_of_person(person), "pastask", person, thing)

    def budget(self, person: str) -> str:
        """Name the sorted set: deliveries by the moment they were claimed."""
        return self._r(self.shard_of_person(person), "bud", person)

    def local_day(self, person: str, day: str) -> str:
        """Name the string: the delivery that took a person's local day."""
        return self._r(self.shard_of_person(person), "day", person, day)

    def mode(self, shard: int) -> str:
        """Name the string: copy of the organisation's mode, where a claim looks."""
        return self._r(shard, "mode")

    def reply(self, person: str, key: str) -> str:
        """Name the hash: one reply, and thereby the record that it was said."""
        return self._r(self.shard_of_person(person), "in", key)

    def inbox(self, shard: int) -> str:
        """Name the sorted set: keys of replies not yet applied."""
        return self._r(shard, "inq")

    def references(self, chat: str) -> str:
        """Name the hash: user of a chat -> where they can be written to."""
        return f"{self.root}:ref:{{refs}}:{chat}"

    def referred(self, chat: str) -> str:
        """Name the hash: person -> user of a chat."""
        return f"{self.root}:refby:{{refs}}:{chat}"

    def turn(self, key: str) -> str:
        """Name the hash: what somebody did in a chat, and thereby the record that they did."""
        return f"{self.root}:turn:{{turns}}:{key}"

    @property
    def turns(self) -> str:
        """Name the sorted set: keys of turns not yet answered."""
        return f"{self.root}:turnq:{{turns}}"

    def meant(self, person: str) -> str:
        """Name the string: what was understood of a person's words and waits for their yes."""
        return self._r(self.shard_of_person(person), "meant", person)

    def people(self, shard: int) -> str:
        """Name the hash: person -> record."""
        return self._r(shard, "people")

    def preferences(self, shard: int) -> str:
        """Name the hash: person -> what they set for themselves."""
        return self._r(shard, "prefs")

    def gone(self, shard: int) -> str:
        """Name the hash: person -> the day since when the chat knows nobody of this name."""
        return self._r(shard, "gone")

    def met(self, shard: int) -> str:
        """Name the hash: person -> the chat in which they answered last."""
        return self._r(shard, "met")

    def zones(self, shard: int) -> str:
        """Name the hash: person -> the time zone that the chat has for them."""
        return self._r(shard, "zones")

    def opted_out(self, shard: int) -> str:
        """Name the set: people who want no messages."""
        return self._r(shard, "optout")

    def letters(self, shard: int) -> str:
        """Name the stream: how the deliveries of a shard moved."""
        return self._r(shard, "aud")

    @property
    def engine(self) -> str:
        """Name what the keys of the work engine begin with, in a Cluster in braces."""
        return f"{self.root}:docket"

    def ingress(self, stream: str) -> str:
        """Name the stream: what data teams tell of usage, or of the registry."""
        return f"{self.inlet}:{stream}"

    @property
    def rejects(self) -> str:
        """Name the stream: what of theirs could not be taken, and why."""
        return f"{self.inlet}:rejects"
