"""A file of JSON documents: one over many lines, one a line, or several behind each other."""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from bot.errors import InputError

_BOM: Final = b"\xef\xbb\xbf"
_TEXTS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NO_JSON: Final = "is not JSON"


class Documents:
    """The documents of one stream, which is read once. `columns` is empty: rows of it leave no cells behind."""

    columns: tuple[str, ...] = ()

    def __init__(self, stream: BinaryIO, name: str = "the file") -> None:
        """Keep the stream; `name` is what errors call it."""
        self.name = name
        self.bytes_read = 0
        self._stream = stream

    def __iter__(self) -> Iterator[tuple[int, object, str]]:
        """Yield the line on which a document begins, its value, and its fault (empty when there is none).

        Raises InputError when the stream can't be read, or holds nothing. A document that breaks off costs
        the lines up to the next one that begins at the margin.
        """
        kept: list[bytes] = []
        begin = depth = number = 0
        while raw := self._next():
            number += 1
            raw = raw.removeprefix(_BOM) if number == 1 else raw
            if kept and raw.startswith(b"{") and kept[0].startswith(b"{"):
                yield begin, None, f"{_NO_JSON}: it does not end; mend it, or write one object a line"
                kept.clear()
                depth = 0
            if not kept and not raw.strip():
                continue
            begin = begin if kept else number
            kept.append(raw)
            depth += _deeper(raw)
            if depth <= 0:
                yield _document(begin, kept)
                kept.clear()
                depth = 0
        if kept:
            yield _document(begin, kept)
        if not begin:
            msg = f"{self.name} is empty: give a file that holds the answer in JSON."
            raise InputError(msg)

    def _next(self) -> bytes:
        try:
            raw = self._stream.readline()
        except OSError as fault:
            msg = f"{self.name} can't be read any further ({fault.strerror}): check the disk and load it again."
            raise InputError(msg) from fault
        self.bytes_read += len(raw)
        return raw


def _deeper(line: bytes) -> int:
    """Return how many more braces and brackets a line opens than it closes, outside of texts."""
    bare = _TEXTS.sub(b"", line)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")


def _document(begin: int, lines: list[bytes]) -> tuple[int, object, str]:
    try:
        return begin, json.loads(b"".join(lines)), ""
    except json.JSONDecodeError as fault:
        return (
            begin,
            None,
            f"{_NO_JSON} from line {begin + fault.lineno - 1}, character {fault.colno} on; mend it there",
        )
    except (UnicodeDecodeError, RecursionError):
        return begin, None, f"{_NO_JSON} in UTF-8; save it so"
