"""Tables: any stream becomes rows with their lines, or one sentence why it is no table."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.sources.rejects import Rejects, guard, rejects_path, unguard
from adapters.sources.tables import LINE_LIMIT, RawRow, Table
from bot.domain.table import Row
from bot.errors import InputError

FULL = Path("/dev/full")
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def table(text: str | bytes) -> Table:
    """Return the table of a text (as UTF-8) or of bytes."""
    return Table(io.BytesIO(text if isinstance(text, bytes) else text.encode()), "x.csv")


def rows(text: str | bytes) -> list[RawRow]:
    """Return the rows of a text or of bytes."""
    return list(table(text).rows())


class OneWay(io.RawIOBase):
    """A stream like a pipe: it can be read once, in small pieces, and not be wound back."""

    def __init__(self, content: bytes) -> None:
        """Keep what is to come."""
        self._rest = content

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  narrower than any buffer, on purpose
        """Give at most seven bytes."""
        piece, self._rest = self._rest[:7], self._rest[7:]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_usual_files_are_read(delimiter: str, encoding: str, end: str) -> None:
    """Delimiter, encoding and line ends are found out, not asked for."""
    lines = [["id", "owner"], ["a", "Zoë Müller €"], ["b", "x"]]
    text = end.join(delimiter.join(line) for line in lines) + end
    assert rows(text.encode(encoding)) == [(2, ["a", "Zoë Müller €"], ""), (3, ["b", "x"], "")]


def test_a_line_that_is_not_utf_8_does_not_change_its_neighbours() -> None:
    """The encoding is decided line by line."""
    assert [r[1][0] for r in rows("a\nä\n".encode() + "ö\n".encode("cp1252") + "ü".encode())] == ["ä", "ö", "ü"]


def test_bytes_in_no_encoding_make_a_reject_and_the_rest_is_read() -> None:
    """A byte that is neither UTF-8 nor Windows-1252 costs its own row only."""
    found = rows(b"a,b\n1,2\n\x81,3\n4,5\n")
    assert [(line, bool(fault)) for line, _, fault in found] == [(2, False), (3, True), (4, False)]
    assert "UTF-8" in found[1][2]


def test_a_stream_is_read_once_and_as_it_comes() -> None:
    """A pipe serves as well as a file, and a row is there before the stream has ended."""
    whole = b"a,b\n1,2\n" + b"3,4\n" * 10_000
    found = Table(io.BufferedReader(OneWay(whole), 64))
    assert next(found.rows()) == (2, ["1", "2"], "")
    assert 0 < found.bytes_read < 100


def test_lines_are_those_of_the_file() -> None:
    """Cells of several lines and blank lines move the numbers of the rows behind them."""
    text = '\na,"b\nb",c\n\n1,"x\ny\n",2\n , ,\n3,4,5\n,,\n6,7,8'
    assert [(r[0], r[1][0]) for r in rows(text)] == [(5, "1"), (9, "3"), (11, "6")]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("1\n", "cells"),
        ("1,2,3,4\n", "cells"),
        ('1,"x"y,3\n', "twice"),
        ('1,"never closed,3\n', "closes"),
        ("1,a\0b,3\n", "NUL"),
        (f'1,"{"x" * 140_000}",3\n', "131,072"),
        (f"1,{'x' * LINE_LIMIT},{'y' * LINE_LIMIT}\n", "1,048,576"),
        ("1,a\rb,3\n", "carriage"),
    ],
    ids=["few", "many", "quote", "unclosed", "nul", "cell", "line", "return"],
)
@pytest.mark.parametrize("behind", ["", "4,5,6\n" * 3], ids=["last", "followed"])
def test_a_row_that_cannot_be_separated_costs_only_itself(bad: str, word: str, behind: str) -> None:
    """Each broken row is one reject with its own line, and the rows around it are read."""
    found = rows("a,b,c\n0,0,0\n" + bad + behind)
    assert [r[0] for r in found] == list(range(2, len(found) + 2))
    assert [bool(r[2]) for r in found] == [False, True, *([False] * behind.count("\n"))]
    assert word in found[1][2]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\n", "empty"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not a text table"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"\x7fELF\x02\x01\x01\0\0", "not a text table"),
        (b"\x81\x8d\n", "not a text table"),
        (b"x" * (LINE_LIMIT + 1), "not a text table"),
        (b"a,b\r1,2\r", "carriage"),
        (b'a,"b\n1,2\n', "header"),
        (b'a,"b\n\x81",c\n', "not a text table"),
        (b"a,A \n1,2\n", "twice"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content: bytes, word: str) -> None:
    """A file that can't be a table is named, with what to do."""
    with pytest.raises(InputError, match=word) as refused:
        table(content)
    assert str(refused.value).startswith("x.csv ")
    assert "\n" not in str(refused.value)


def test_a_disk_that_fails_is_reported_as_such() -> None:
    """A stream that breaks off is an error in words, not a short table."""

    class Failing(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().readline(size)

    with pytest.raises(InputError, match="Input/output error"):
        list(Table(Failing(b"a\n1\n")).rows())


def test_a_missing_column_is_named_with_those_there_are() -> None:
    """The error says what was looked for, and which of our columns were found."""
    with pytest.raises(InputError, match=r"x.csv has no column 'seats' \(found: Id, Stage Since\): add it\."):
        table("Id,Stage Since,Whatever\n").require("seats", "add it")


def test_names_of_columns_match_in_any_spelling() -> None:
    """Case, blanks and hyphens don't matter; a column without a name is called by its place."""
    found = table(" Stage Since ,use-case family,\n")
    assert [found.find(c) for c in ("stage_since", "USE_CASE_FAMILY", "id")] == [0, 1, None]
    assert found.columns == ("Stage Since", "use-case family", "column 3")


@given(st.binary(max_size=300))
@example(b'"\n"\n"')
@example(b'1,"\n\n2,3\n')
def test_any_bytes_become_rows_whose_lines_rise(content: bytes) -> None:
    """Whatever stands below a header, each row has a line of its own and cells or a reason."""
    found = rows(b"a,b\n" + content)
    lines = [line for line, _, _ in found]
    assert lines == sorted(set(lines))
    assert all(2 <= line <= content.count(b"\n") + 2 for line in lines)
    assert all(fault or len(row) == 2 for _, row, fault in found)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_what_a_spreadsheet_writes_is_read(written: list[tuple[str, str]]) -> None:
    """Cells of any text come back as they were."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *written])
    sound = [list(row) for row in written if any(map(str.strip, row)) and "\0" not in row[0] + row[1]]
    assert [row for _, row, fault in rows(out.getvalue()) if not fault] == sound


@given(st.text(max_size=8) | st.text("'=+-@\t\r1", max_size=5))
def test_a_guarded_cell_comes_back(cell: str) -> None:
    """The apostrophe that keeps a spreadsheet from running a cell is taken off again, and only that one."""
    assert unguard(guard(cell)) == cell
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_nothing_rejected_leaves_no_file(tmp_path: Path) -> None:
    """Without a reject there is no file, and one of a former load is gone."""
    path = rejects_path(tmp_path / "usage.csv")
    assert path.name == "usage.csv.rejects.csv"
    path.write_text("of yesterday", encoding="utf-8")
    with Rejects[str](path, ["a"]) as rejects:
        assert rejects.count == 0
    assert not path.exists()


@given(st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4))
def test_rejects_load_again_as_the_rows_they_were(
    tmp_path_factory: pytest.TempPathFactory, bad: list[list[str]]
) -> None:
    """A rejects file is a table with the file's own columns: same cells, few, many or as many as the header."""
    header = Table(io.BytesIO(b"a;=b;c"))
    path = tmp_path_factory.mktemp("rejects") / "x.csv"
    with Rejects[str](path, header.columns) as rejects:
        for line, row in enumerate(bad, 2):
            rejects.add(Row(line, header.named(row), None, "no"))
    assert rejects.count == len(bad)
    with path.open("rb") as stream:
        again = Table(stream)
        assert again.columns == header.columns
        found = [(row, bool(fault)) for _, row, fault in again.rows()]
    sound = [row for row in bad if any(map(str.strip, row)) and "\0" not in "".join(row)]
    assert [f for f in found if not f[1]] == [(row, False) for row in sound if len(row) == 3]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Rejects that can't be kept stop the load with a sentence; none is lost silently."""
    for path in (tmp_path / "missing" / "x.csv", tmp_path):
        with Rejects[str](path, ["a"]) as rejects, pytest.raises(InputError, match="writable"):
            rejects.add(Row(2, {"a": "1"}, None, "no"))
        assert rejects.count == 0


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_not_taken_for_success() -> None:
    """Rejects that reach the disk only when the file is closed are reported as lost; a device is never removed."""
    with pytest.raises(InputError, match="writable"), Rejects[str](FULL, ["a"]) as rejects:
        rejects.add(Row(2, {"a": "1"}, None, "no"))
    assert FULL.exists()
