"""Contacts from CSV: RFC 4180, with a header row, in any pieces, with the separator that the header row has.

Owns the form of CSV and where rows begin; the header row is `csv_header`. Python's csv module reads it, except for text
without a single quote: there a line is a row, and whole columns are cut out at once, in a third of the time. Most lists
are so. Every line ends in LF here, whatever ends it in the file.

Beyond the RFC: blank lines are ignored wherever they are, and so are rows with nothing in any field, which spreadsheets
write below a table. Cells that are missing at the end of a row are empty, and empty ones that are too many are none.
Quotes are as in the RFC, since after a quote that is astray nobody knows where rows begin: it ends the reading of the
list.
"""

import csv
import io

from campaign_operator.domain.contacts.blanks import all_trimmed, trimmed
from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource, UnreadableListError
from campaign_operator.domain.contacts.contact_tally import ContactTally, GatheredRows
from campaign_operator.domain.contacts.csv_header import (
    ENDS_IN_A_QUOTE,
    Header,
    HeaderSearch,
    fields_text,
    malformed_message,
    too_long,
)

_LONG_FIELD = "field larger"
_FOOTER = (
    "has 1 field below an empty row, as in the footer of a Salesforce report; delete the lines below the table, or "
    "export with Data Loader"
)


class CSVContacts:
    """The rows of one list, told to the tally. `line` is where the text so far ends."""

    def __init__(self, source: ListSource, limits: ListLimits, tally: ContactTally) -> None:
        self._longest = limits.max_record_characters
        self._tally = tally
        self._search = HeaderSearch(source, self._longest)
        self._pending = ""
        self._line = 1
        self._is_below_an_empty_row = False

    @property
    def line(self) -> int:
        """The line on which the next character stands."""
        return self._line + self._pending.count("\n")

    @property
    def header(self) -> Header | None:
        """The header row, as soon as it is known."""
        return self._search.header

    def feed(self, text: str) -> None:
        """More of the list. Raises UnreadableListError."""
        text = self._pending + text
        whole = text.rfind("\n") + 1
        self._pending = text[whole:]
        if whole:
            self._read(text[:whole], final=False)
        if len(self._pending) > self._longest:
            raise too_long(self._longest, self._line)

    def finish(self) -> None:
        """There is no more. Raises UnreadableListError."""
        text, self._pending = self._pending, ""
        self._read(text, final=True)
        if self.header is None:
            raise UnreadableListError("is empty; it must have a header row and at least one contact")
        if not self._tally.rows_of_list:
            raise UnreadableListError("has a header row but no contacts")

    def _read(self, text: str, *, final: bool) -> None:
        if self.header is None:
            text = self._search.feed(text, final=final)
            self._line = self._search.line
        if self.header is None:
            self._pending = text + self._pending
        elif text and (final or not self._read_columns(text, self.header)):
            self._read_records(text, self.header, final=final)

    def _read_columns(self, text: str, header: Header) -> bool:
        """Read whole lines of which each is a row as wide as the header; False, and nothing read, if they are not
        just that."""
        if '"' in text or len(text) > self._longest:
            return False
        width, separator = header.width, header.separator
        # With a separator on both sides every line end is a field of its own, the last of a row.
        fields = text.replace("\n", f"{separator}\n{separator}").split(separator)
        fields.pop()
        lines = text.count("\n")
        stride = width + 1
        if len(fields) != lines * stride or fields[width::stride].count("\n") != lines:
            return False
        ids = all_trimmed(fields[header.id_at :: stride])
        if "" in ids:
            return False
        begin, self._line = self._line, self._line + lines
        self._is_below_an_empty_row = False
        zones = [""] * lines if header.zone_at is None else fields[header.zone_at :: stride]
        numbers = None if header.phone_at is None else fields[header.phone_at :: stride]
        self._tally.take(range(begin, begin + lines), ids, zones, numbers)
        return True

    def _read_records(self, text: str, header: Header, *, final: bool) -> None:
        lines = list(io.StringIO(text, newline="\n"))
        reader = csv.reader(lines, delimiter=header.separator, strict=True)
        may_be_too_long = len(text) > self._longest
        rows = GatheredRows(self._tally)
        done = 0
        try:
            for fields in reader:
                line = self._line + done
                if may_be_too_long and sum(map(len, lines[done : reader.line_num])) > self._longest:
                    raise too_long(self._longest, line)
                done = reader.line_num
                self._read_record(line, fields, rows, header)
        except csv.Error as error:
            if final or str(error) != ENDS_IN_A_QUOTE:
                rows.flush()
                raise self._malformed(self._line + done, str(error)) from None
            # The rest of this record is still to come.
            self._pending = "".join(lines[done:]) + self._pending
        except UnreadableListError:
            rows.flush()
            raise
        rows.flush()
        self._line += done

    def _read_record(self, line: int, fields: list[str], rows: GatheredRows, header: Header) -> None:
        count = len(fields)
        _, width, id_at, zone_at, phone_at, _ = header
        if count == width and fields[id_at] and not fields[id_at].isspace():
            self._is_below_an_empty_row = False
            rows.add(line, fields[id_at], _cell(fields, zone_at), _cell(fields, phone_at))
        elif not any(map(trimmed, fields)):
            self._is_below_an_empty_row = True
        elif count == 1 and self._is_below_an_empty_row:
            self._reject(line, _FOOTER, rows)
        elif any(map(trimmed, fields[width:])):
            self._reject(line, f"has {fields_text(count)} where the header row has {width}", rows)
        else:
            self._is_below_an_empty_row = False
            rows.add(line, _cell(fields, id_at), _cell(fields, zone_at), _cell(fields, phone_at))

    def _reject(self, line: int, message: str, rows: GatheredRows) -> None:
        rows.flush()
        self._tally.reject_row(line, message)

    def _malformed(self, line: int, said: str) -> UnreadableListError:
        if said.startswith(_LONG_FIELD):
            return too_long(self._longest, line)
        return UnreadableListError(malformed_message(said), line)


def _cell(fields: list[str], place: int | None) -> str:
    """What is there; empty where the row ends before it, or the list has no such column."""
    return fields[place] if place is not None and place < len(fields) else ""
