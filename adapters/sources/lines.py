"""A file of one JSON object a line, as a stream of lines: marks, blank lines and length, nothing of what it means."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from bot.errors import InputError

LINE_LIMIT: Final = 1 << 20
"""Bytes of the longest line that is looked at."""

_BOM: Final = b"\xef\xbb\xbf"
_NO_LINES: Final = {
    b"PK\x03\x04": "is an Excel workbook or another zip archive",
    b"\xff\xfe": "is UTF-16 text",
    b"\xfe\xff": "is UTF-16 text",
    b"\x1f\x8b": "is compressed",
}
"""What files begin with that are no lines of JSON."""


class Lines:
    """The lines of one stream, which is read once. `columns` is empty: rows of it leave no cells behind."""

    columns: tuple[str, ...] = ()

    def __init__(self, stream: BinaryIO, name: str = "the file") -> None:
        """Keep the stream; `name` is what errors call it."""
        self.name = name
        self.bytes_read = 0
        self._stream = stream

    def __iter__(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield number, bytes and fault (empty when there is none) of each line that is not blank.

        Raises InputError when the stream can't be read, begins like something else, or holds nothing.
        """
        number = found = 0
        while raw := self._next():
            number += 1
            if number == 1:
                raw = self._begun(raw)
            if len(raw) >= LINE_LIMIT and not raw.endswith(b"\n"):
                self._skip()
                found += 1
                yield number, b"", f"is longer than {LINE_LIMIT:,} bytes; write one object a line"
            elif raw.strip():
                found += 1
                yield number, raw.rstrip(b"\r\n"), ""
        if not found:
            msg = f"{self.name} is empty: give a file with one JSON object a line."
            raise InputError(msg)

    def _next(self) -> bytes:
        try:
            raw = self._stream.readline(LINE_LIMIT)
        except OSError as fault:
            msg = f"{self.name} can't be read any further ({fault.strerror}): check the disk and load it again."
            raise InputError(msg) from fault
        self.bytes_read += len(raw)
        return raw

    def _skip(self) -> None:
        """Go to the end of a line that is too long."""
        while (raw := self._next()) and not raw.endswith(b"\n"):
            pass

    def _begun(self, raw: bytes) -> bytes:
        what = next((what for mark, what in _NO_LINES.items() if raw.startswith(mark)), "")
        if what:
            msg = f"{self.name} {what}: save it as UTF-8 text with one JSON object a line."
            raise InputError(msg)
        return raw.removeprefix(_BOM)
