"""Contacts from CSV: RFC 4180, with a header row, in any pieces.

Owns the form of CSV and where rows begin. Python's csv module reads it, except for text without a single quote: there a
line is a row, and whole columns are cut out at once, in a third of the time. Most lists are so.

Beyond the RFC: blank lines are ignored wherever they are, and so are rows with nothing in any field, which spreadsheets
write below a table. Quotes are as in the RFC, since after a quote that is astray nobody knows where rows begin: it ends
the reading of the list.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource, UnreadableListError
from campaign_operator.domain.contacts.contact_tally import ContactTally, GatheredRows
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.wording import listed, quoted

# The csv module's words; it has no types for its errors.
_ENDS_IN_A_QUOTE = "unexpected end of data"
_LONE_CARRIAGE_RETURN = "new-line character"
_LONG_FIELD = "field larger"

_COLUMNS_SHOWN = 20
_OTHER_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}


class _Header(NamedTuple):
    width: int
    id_at: int
    zone_at: int


class CSVContacts:
    """The rows of one list, told to the tally. `line` is where the text so far ends."""

    def __init__(self, source: ListSource, limits: ListLimits, tally: ContactTally) -> None:
        self._source = source
        self._longest = limits.max_record_characters
        self._tally = tally
        self._header: _Header | None = None
        self._pending = ""
        self._line = 1

    @property
    def line(self) -> int:
        """The line on which the next character stands."""
        return self._line + self._pending.count("\n")

    def feed(self, text: str) -> None:
        """More of the list. Raises UnreadableListError."""
        text = self._pending + text
        whole = text.rfind("\n") + 1
        self._pending = text[whole:]
        if whole:
            text = text[:whole]
            if not self._read_columns(text):
                self._read_records(text, final=False)
        if len(self._pending) > self._longest:
            raise self._too_long(self._line)

    def finish(self) -> None:
        """There is no more. Raises UnreadableListError."""
        text, self._pending = self._pending, ""
        if text:
            self._read_records(text, final=True)
        if self._header is None:
            raise UnreadableListError("is empty; it must have a header row and at least one contact")
        if not self._tally.rows_of_list:
            raise UnreadableListError("has a header row but no contacts")

    def _read_columns(self, text: str) -> bool:
        """Read whole lines of which each is a row as wide as the header; False, and nothing read, if they are not
        just that."""
        if self._header is None or '"' in text or len(text) > self._longest:
            return False
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            return False
        width, id_at, zone_at = self._header
        # With a comma on both sides every line end is a field of its own, the last of a row.
        fields = text.replace("\n", ",\n,").split(",")
        fields.pop()
        lines = text.count("\n")
        stride = width + 1
        if len(fields) != lines * stride or fields[width::stride].count("\n") != lines:
            return False
        ids = fields[id_at::stride]
        if "" in ids:
            return False
        begin, self._line = self._line, self._line + lines
        self._tally.take(range(begin, begin + lines), ids, fields[zone_at::stride])
        return True

    def _read_records(self, text: str, *, final: bool) -> None:
        lines = list(io.StringIO(text, newline="\n"))
        reader = csv.reader(lines, strict=True)
        may_be_too_long = len(text) > self._longest
        rows = GatheredRows(self._tally)
        done = 0
        try:
            for fields in reader:
                line = self._line + done
                if may_be_too_long and sum(map(len, lines[done : reader.line_num])) > self._longest:
                    raise self._too_long(line)
                done = reader.line_num
                self._read_record(line, fields, rows)
        except csv.Error as error:
            if final or str(error) != _ENDS_IN_A_QUOTE:
                rows.flush()
                raise self._malformed(self._line + done, str(error), lines[done]) from None
            # The rest of this record is still to come.
            self._pending = "".join(lines[done:]) + self._pending
        except UnreadableListError:
            rows.flush()
            raise
        rows.flush()
        self._line += done

    def _read_record(self, line: int, fields: list[str], rows: GatheredRows) -> None:
        if self._header is None:
            if any(map(str.strip, fields)):
                self._header = self._read_header(line, fields)
            return
        width, id_at, zone_at = self._header
        if len(fields) == width and fields[id_at]:
            rows.add(line, fields[id_at], fields[zone_at])
        elif any(map(str.strip, fields)):
            rows.flush()
            if len(fields) == width:
                self._tally.take_row(line, fields[id_at], fields[zone_at])
            else:
                self._tally.reject_row(line, f"has {_fields(len(fields))} where the header row has {width}")

    def _read_header(self, line: int, fields: list[str]) -> _Header:
        names = [name.strip() for name in fields]
        wanted = (self._source.id_column, self._source.time_zone_column)
        for name in wanted:
            if name not in names:
                raise UnreadableListError(self._missing(name, names), line)
            if names.count(name) > 1:
                raise UnreadableListError(f"has {names.count(name)} columns {quoted(name)}; keep one of them", line)
        return _Header(len(names), *map(names.index, wanted))

    def _missing(self, name: str, names: Sequence[str]) -> str:
        if any(each in ZONE_NAMES for each in names):
            return f"has no header row; the first row must name the columns, including {quoted(name)}"
        separator = self._other_separator(",".join(names))
        if separator is not None:
            return separator
        if not self._source.quote_values:
            return f"has no column {quoted(name)}; the header row has {_fields(len(names))}, and none has this name"
        first = [quoted(each) if _is_a_name(each) else "(not shown)" for each in names[:_COLUMNS_SHOWN]]
        shown = listed(first, _COLUMNS_SHOWN, hidden=len(names) - len(first))
        return f"has no column {quoted(name)}; the columns are {shown}"

    def _other_separator(self, header: str) -> str | None:
        for separator, its_name in _OTHER_SEPARATORS.items():
            if self._source.id_column in [name.strip(' "\r\n') for name in header.split(separator)]:
                return f"separates its columns with {its_name} ({quoted(separator)}); save it with commas"
        return None

    def _too_long(self, line: int) -> UnreadableListError:
        return UnreadableListError(
            (
                f"has a row of more than {self._longest} characters, which is the limit; if the row is not meant to "
                "be that long, look for a quote that is never closed"
            ),
            line,
        )

    def _malformed(self, line: int, said: str, text: str) -> UnreadableListError:
        if self._header is None and (separator := self._other_separator(text)) is not None:
            return UnreadableListError(separator, line)
        if said == _ENDS_IN_A_QUOTE:
            return UnreadableListError("has a quote in this row that is never closed", line)
        if said.startswith(_LONG_FIELD):
            return self._too_long(line)
        if said.startswith(_LONE_CARRIAGE_RETURN):
            return UnreadableListError("has a carriage return without a line feed; lines end in LF or CRLF", line)
        return UnreadableListError(
            "has text after a closing quote in this row; write a quote inside a quoted field twice", line
        )


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def _is_a_name(cell: str) -> bool:
    """Whether this is surely the name of a column and not, in a list without a header row, something about a person."""
    return bool(re.fullmatch(r"[^\W\d][\w .()/#-]*", cell)) and len(re.findall(r"\d", cell)) < 3
