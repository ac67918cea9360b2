"""Tables are read as spreadsheets write them, and written back as they were."""

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.tables import Table, TableError

COLUMNS = ("paddle", "name", "limit", "valuation")


def read(data: bytes) -> list[tuple[int, dict[str, str]]]:
    return list(Table.parse(data).records(COLUMNS, ("paddle", "name")))


def texts(data: bytes) -> list[tuple[int, str, str]]:
    return [(row, cells["paddle"], cells["name"]) for row, cells in read(data)]


class ReadingTests(SynchronousTestCase):
    def test_dialects(self) -> None:
        """Of several countries and programs; blanks and capitals in the header are no matter."""
        for data in (
            b"paddle,name\n1,Ann\n2,Bob\n",
            b"paddle,name\n1,Ann\n2,Bob",
            b"\xef\xbb\xbfpaddle,name\n1,Ann\n2,Bob\n",
            b"Paddle;NAME\r\n1;Ann\r\n2;Bob\r\n",
            b"paddle\tname\n1\tAnn\n2\tBob\n",
            b"paddle,name\r1,Ann\r2,Bob\r",
            b' paddle , "name"\n1, Ann \n2,Bob\n'.replace(b'"', b""),
            b'"name","seat","paddle"\n"Ann","4","1"\n"Bob","","2"\n',
        ):
            self.assertEqual(texts(data), [(2, "1", "Ann"), (3, "2", "Bob")], data)

    def test_cells(self) -> None:
        """A separator in quotes is text, and a short row ends with empty cells."""
        data = 'paddle;name;limit;valuation\n1;"Ann; of Ülm";500;"5;6"\n2\n'.encode()
        self.assertEqual(
            [tuple(cells.values()) for _, cells in read(data)],
            [("1", "Ann; of Ülm", "500", "5;6"), ("2", "", "", "")],
        )

    def test_row_numbers(self) -> None:
        """As a spreadsheet counts: empty rows count, and so does a cell of two lines, as one."""
        data = b'paddle,name,notes\n1,Ann,"two\nlines"\n\n,,\n2,Bob,\n'
        self.assertEqual(texts(data), [(2, "1", "Ann"), (5, "2", "Bob")])

    def test_wrong_files(self) -> None:
        encoding = 'the file is not UTF-8 text; save it as "CSV UTF-8"'
        quote = "a quote is missing, or does not belong there"
        for data, complaint in [
            (b"", "row 1: there is no header"),
            (b"\n\n", "row 1: there is no header"),
            (b",,\npaddle,name,\n", "row 1: there is no header"),
            ("paddle,name\n1,Ängström\n".encode("latin-1"), encoding),
            ("paddle,name\n".encode("utf-16"), encoding),
            ("paddle,name\n".encode("utf-16-le"), encoding),
            (b"\x89PNG\r\n", encoding),
            (b"paddle\n1\n", "row 1: there is no column name"),
            (b"paddle,name,Name\n", "row 1: the column name is there twice"),
            (b"paddle,name,limits\n", "row 1: the column 'limits' must be called limit"),
            (b"paddle,names\n", "row 1: the column 'names' must be called name"),
            (b'paddle,name\n1,Ann\n2,"Bob\n3,Cy\n', f"row 3: {quote}"),
            (b'paddle,name\n1,"Ann" Lee\n', f"row 2: {quote}"),
            (
                b"paddle,name\n1,Ann\n2,Lee, Bob\n",
                "row 3: it has more cells than the header; a quote may be missing",
            ),
        ]:
            with self.assertRaises(TableError, msg=data) as caught:
                read(data)
            self.assertEqual(str(caught.exception), complaint)

    def test_own_columns(self) -> None:
        """Other columns may have any name, also one like a column that is there."""
        self.assertEqual(texts(b"paddle,name,names,x,x,\n1,Ann,,,,\n"), [(2, "1", "Ann")])


class WritingTests(SynchronousTestCase):
    def test_unchanged(self) -> None:
        for data in (
            b"paddle,name\n1,Ann\n\n2,Bob\n",
            b"\xef\xbb\xbfPaddle;name;E-Mail\r\n1;Ann;a@example.org\r\n",
            b'paddle\tname\n1\t"two\nlines"\n2\n',
            b'paddle,name\n1,"two\r\nlines"\n2,\n',
            b'paddle,name\r1,"two\nlines"\r2,\r',
        ):
            self.assertEqual(Table.parse(data).render(), data)

    def test_changed(self) -> None:
        """A new column is the last, and its cell also in a short row."""
        table = Table.parse(b"name;paddle\r\nAnn;1\r\nBob\r\n")
        table.set(3, "paddle", "2")
        table.set(3, "pass", "x;y")
        self.assertEqual(table.render(), b'name;paddle;pass\r\nAnn;1\r\nBob;2;"x;y"\r\n')

    @given(
        st.lists(
            st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2),
            min_size=1,
        ),
        st.sampled_from(",;\t"),
        st.sampled_from(["\n", "\r\n"]),
        st.booleans(),
    )
    def test_any_table(
        self, rows: list[list[str]], separator: str, line_end: str, has_mark: bool
    ) -> None:
        """A table that Python wrote keeps every cell, its dialect, and its order."""
        text = StringIO(newline="")
        csv.writer(
            text, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL
        ).writerows([["paddle", "name"], *rows])
        table = Table.parse(("\ufeff" * has_mark + text.getvalue()).encode())
        self.assertEqual(table, Table(["paddle", "name"], rows, separator, line_end, has_mark))
        self.assertEqual(Table.parse(table.render()), table)
