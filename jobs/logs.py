"""What is logged, and how: one line for one event, with the ids that join telemetry, case, delivery and reply.

No line holds a person. Our own code logs ids only; what libraries log is written without the arguments they
put in; of a fault its kind and place stay and its words go. What still looks like an address, a
secret or somebody's id is masked.
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Final, TextIO

from bot.app.correlated import bound

OURS: Final = ("bot", "adapters", "jobs")
"""Loggers whose messages are our own words."""
HIDDEN: Final = "***"
LEAST_SECRET: Final = 6
"""Shorter texts are not masked as secrets: they stand in words too."""
LONGEST: Final = 2000
"""Characters of a message."""
_PATTERNS: Final = (
    (re.compile(r"(\w[\w+.-]*://)[^\s/@]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), rf"\1 {HIDDEN}"),
    (re.compile(r"[^\s@:/<>'\"(]+@[\w-]+(\.[\w-]+)+"), HIDDEN),
    (re.compile(r"\bp_?[0-9a-f]{16,64}\b|\b[0-9a-f]{32,}\b"), HIDDEN),
)


def configure(
    level: str = "INFO", *, as_json: bool = True, secrets: Sequence[str] = (), to: TextIO | None = None
) -> None:
    """Log to standard error, or `to`, as one JSON object or one plain text a line; libraries from WARNING on.

    `secrets` never appear, wherever a line may have them from.
    """
    out = logging.StreamHandler(to or sys.stderr)
    out.setFormatter(_Lines(as_json=as_json, secrets=secrets))
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and not _is_ours(name):
            logger.handlers, logger.propagate = [], True
            logger.setLevel(max(logger.level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


class _Lines(logging.Formatter):
    """Writes events as lines."""

    def __init__(self, *, as_json: bool, secrets: Sequence[str]) -> None:
        super().__init__()
        self._as_json = as_json
        self._secrets = sorted((s for s in secrets if len(s) >= LEAST_SECRET), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._masked(_message(record))[:LONGEST],
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["fault"] = _kind(record.exc_info[1])
        fields |= {name: self._masked(value) for name, value in bound().items()}
        if self._as_json:
            return json.dumps(fields)
        at, level, logger, message = (fields.pop(name) for name in ("at", "level", "logger", "message"))
        rest = "".join(f" {name}={value}" for name, value in fields.items())
        line = f"{at} {level} {logger}: {message}{rest}"
        return "".join(sign if sign.isprintable() else " " for sign in line)

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def _message(record: logging.LogRecord) -> str:
    """Return the message; that of a library without its arguments and further lines, which may be anything."""
    if _is_ours(record.name):
        return record.getMessage()
    return "a warning of Python" if record.name == "py.warnings" else str(record.msg).partition("\n")[0]


def _kind(fault: BaseException) -> str:
    """Return the kind and place of a fault, without its words."""
    frames = extract_tb(fault.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(fault).__name__ + place
