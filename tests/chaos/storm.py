"""The processes of a service, and what is done to them."""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from firm import KEY, Trouble
from servers import free_port
from stores import Store

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(slots=True)
class Service:
    """Replicas of the service over one store, by a name for each."""

    url: str
    chat: Mapping[str, str]
    """What a replica has to know of the chat, as its environment."""
    clock: Path
    folder: Path
    ramp: int
    replicas: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: defaultdict(free_port))
    """Where each listens, also once it was started again."""

    def start(self, name: str, role: str) -> None:
        """Start a replica; what it logs is in a file of its name."""
        ours = {
            "STICKSHAKER_REDIS_URL": self.url,
            "STICKSHAKER_PSEUDONYM_KEY": KEY,
            "STICKSHAKER_HTTP_PORT": str(self.ports[name]),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE), str(HERE.parent / "unit")]),
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("STICKSHAKER_")}
        words = [sys.executable, str(HERE / "replica.py"), role, str(self.clock), str(self.ramp)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.replicas[name] = subprocess.Popen(words, env=kept | ours | self.chat, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """End a replica at once."""
        self.replicas[name].kill()
        self.replicas[name].wait()

    def signal(self, name: str, number: int) -> None:
        """Stop a replica where it stands, or let it go on."""
        self.replicas[name].send_signal(number)

    def end(self) -> dict[str, int]:
        """Ask every replica to end, once it is so far as to listen to that, and return their exit codes."""
        for replica in self.replicas.values():
            while replica.poll() is None and not _catches(replica.pid, signal.SIGTERM):
                time.sleep(0.05)
            replica.terminate()
        return {name: replica.wait(60) for name, replica in self.replicas.items()}

    def log(self) -> str:
        """Return what the replicas logged."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def _catches(pid: int, number: int) -> bool:
    """Whether a process has said that it handles a signal itself; where there is no /proc, it is taken to have."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return True
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@dataclass(slots=True)
class Storm:
    """Random trouble for a service; each is noted with its time."""

    service: Service
    store: Store
    roles: dict[str, str]
    dice: Random
    troubles: list[Trouble] = field(default_factory=list)

    def strike(self) -> None:
        """Do one thing to one process."""
        kinds = [self.kill_replica] * 3 + [self.kill_store] * 2 + [self.pause] * 3
        self.dice.choice(kinds)()

    def kill_replica(self) -> None:
        """Kill a replica and start it again."""
        name = self.dice.choice(sorted(self.roles))
        with self.noted(f"killed {name}"):
            self.service.kill(name)
            self.service.start(name, self.roles[name])

    def kill_worker(self) -> None:
        """Kill one of those that send, and start it again."""
        name = self.dice.choice(sorted(name for name, role in self.roles.items() if role == "worker"))
        with self.noted(f"killed {name}"):
            self.service.kill(name)
            self.service.start(name, self.roles[name])

    def kill_store(self) -> None:
        """Kill a server of the store and wait until it takes writes again."""
        self.store.settle()
        with self.noted("killed the store"):
            self.store.break_down(self.dice)

    def pause(self) -> None:
        """Stop a replica where it stands for one to eight seconds: longer than a send may take, and than it is left alone."""
        name = self.dice.choice(sorted(self.roles))
        with self.noted(f"paused {name}"):
            self.service.signal(name, signal.SIGSTOP)
            time.sleep(self.dice.choice([1.0, 3.0, 8.0]))
            self.service.signal(name, signal.SIGCONT)

    @contextmanager
    def noted(self, what: str) -> Iterator[None]:
        """Note what happens in this block."""
        begin = time.time()
        yield
        self.troubles.append(Trouble(what, begin, time.time() + 1.0))
