"""The header row of a CSV list: what separates its columns, and which of them are those that count.

Owns how the separator and the columns are found, by fixed rules: the separator is the one with which the header row has
the columns that the list needs. A name is matched exactly, or else without regard to case, blanks, `_`, `-` and
invisible characters, if only one column fits. Values are never looked at.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from campaign_operator.api.delimiter import Delimiter
from campaign_operator.domain.contacts.blanks import alike, trimmed
from campaign_operator.domain.contacts.contact_list import ListSource, UnreadableListError
from campaign_operator.domain.contacts.phone_zones import may_be_a_number
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.wording import listed, quoted

SEPARATORS = {",": Delimiter.COMMA, ";": Delimiter.SEMICOLON, "\t": Delimiter.TAB, "|": Delimiter.VERTICAL_BAR}
"""In the order in which they are tried."""

_IN_WORDS = {
    Delimiter.COMMA: "commas",
    Delimiter.SEMICOLON: "semicolons",
    Delimiter.TAB: "tabs",
    Delimiter.VERTICAL_BAR: "vertical bars",
}

# The csv module's words; it has no types for its errors.
ENDS_IN_A_QUOTE = "unexpected end of data"
_LONG_FIELD = "field larger"

_BLANK = r'(?:[^\S\n]|[,;|]|"")*+'
_BLANK_LINES = re.compile(rf"(?:{_BLANK}\n)+(?:{_BLANK}\Z)?|{_BLANK}\Z")
SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[,;|]*(?:\n|\Z)', re.IGNORECASE)
"""What Excel writes and heeds, and other programs take for a row."""

_COLUMNS_SHOWN = 20

_MOST_LIKENED = 1000
"""In a header row of more columns, names are exact: it may have 100,000, and a step must be short."""

_LONGEST_LIKENED = 256
"""Characters of a name that may look like a wanted one, which has 64 at most."""


class Header(NamedTuple):
    """The header row. `width`: its columns, with those that have no name. A list with phone numbers needs no column of
    zones."""

    separator: str
    width: int
    id_at: int
    zone_at: int | None
    phone_at: int | None
    names: tuple[str, ...]


class _Fields(NamedTuple):
    """The header row as a separator divides it. `end`: the characters it takes."""

    separator: str
    names: tuple[str, ...]
    end: int


class _Wanted(NamedTuple):
    """A column by its name, and the field of the spec that names it."""

    field: str
    name: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class _Malformed:
    """A separator with which the header row is no CSV."""

    said: str


class HeaderSearch:
    """The search for the header row, from the beginning of a list. `line` is where the text after `feed` begins."""

    def __init__(self, source: ListSource, longest: int) -> None:
        self._source = source
        self._longest = longest
        self._columns_wanted = _wanted(source)
        self._wanted = tuple(sign for sign, name in SEPARATORS.items() if source.delimiter in (None, name))
        self._may_name_separator = True
        self.line = 1
        self.header: Header | None = None
        """Known when it was found."""

    def feed(self, text: str, *, final: bool) -> str:
        """What of the text is not used. To be called with whole lines, the unused ones again with more of them. Raises
        UnreadableListError."""
        text = self._without_blank_lines(text)
        if self._may_name_separator and text:
            self._may_name_separator = False
            named = SEPARATOR_LINE.match(text)
            if named is not None:
                if self._source.delimiter is None:
                    self._wanted = (named[1],)
                self.line += 1
                text = self._without_blank_lines(text[named.end() :])
        return self._read(text, final=final) if text else ""

    def _without_blank_lines(self, text: str) -> str:
        blank = _BLANK_LINES.match(text)
        if blank is None:
            return text
        self.line += blank.group().count("\n")
        return text[blank.end() :]

    def _read(self, text: str, *, final: bool) -> str:
        read: list[_Fields] = []
        malformed: list[str] = []
        unclear: list[str] = []
        for separator in self._wanted:
            fields = self._divided(text, separator, final=final)
            if fields is None:
                return text
            if isinstance(fields, _Malformed):
                malformed.append(fields.said)
                continue
            try:
                columns = self._columns(fields.names)
            except _UnclearError as error:
                unclear.append(str(error))
                continue
            if columns is not None:
                self.header = Header(separator, len(fields.names), *columns, fields.names)
                self.line += text.count("\n", 0, fields.end)
                return text[fields.end :]
            read.append(fields)
        raise UnreadableListError(self._said(text, read, malformed, unclear), self.line)

    def _divided(self, text: str, separator: str, *, final: bool) -> _Fields | _Malformed | None:
        """The row as this separator divides it; None if it is not all there. Raises UnreadableListError if it is too
        long."""
        lines = io.StringIO(text, newline="\n")
        try:
            fields = next(csv.reader(lines, delimiter=separator, strict=True))
        except csv.Error as error:
            if str(error) == ENDS_IN_A_QUOTE and not final:
                return None
            if str(error).startswith(_LONG_FIELD):
                raise too_long(self._longest, self.line) from None
            return _Malformed(str(error))
        if lines.tell() > self._longest:
            raise too_long(self._longest, self.line)
        return _Fields(separator, tuple(map(trimmed, fields)), lines.tell())

    def _columns(self, names: Sequence[str]) -> tuple[int, int | None, int | None] | None:
        """Where id, zone and phone number are; None if a column is missing that is needed. Raises _UnclearError."""
        found = [places_that_fit(column.name, names) for column in self._columns_wanted]
        if not all(places for column, places in zip(self._columns_wanted, found, strict=True) if column.is_needed):
            return None
        # A column that has one of the names exactly is not taken for another.
        exact = {names.index(column.name) for column in self._columns_wanted if column.name in names}
        taken: dict[int, _Wanted] = {}
        for column, places in zip(self._columns_wanted, found, strict=True):
            free = [place for place in places if names[place] == column.name or place not in exact]
            if not free and column.is_needed:
                return None
            if len(free) > 1:
                raise _UnclearError(self._ambiguous(column.name, column.field, [names[place] for place in free]))
            if free and taken.setdefault(free[0], column) is not column:
                shown = f"{quoted(taken[free[0]].name)} and {quoted(column.name)}"
                raise _UnclearError(f"has one column that fits both {shown}; name each as it stands in the header row")
        places_by_field = {column.field: place for place, column in taken.items()}
        return places_by_field["idColumn"], places_by_field.get("timeZoneColumn"), places_by_field.get("phoneColumn")

    def _ambiguous(self, name: str, field: str, candidates: Sequence[str]) -> str:
        if set(candidates) == {name}:
            return f"has {len(candidates)} columns {quoted(name)}; keep one of them"
        shown = f": {listed(list(map(quoted, candidates)))}" if self._source.quote_values else ""
        return f"has {len(candidates)} columns that fit {quoted(name)}{shown}; set {field} to one of them as it stands"

    def _said(self, text: str, read: Sequence[_Fields], malformed: Sequence[str], unclear: Sequence[str]) -> str:
        """Why the header row does not have the columns that are needed."""
        if unclear:
            return unclear[0]
        other = next(self._other_separators(text), None)
        if other is not None:
            return f"separates its columns with {_IN_WORDS[other]}; set delimiter to {other}, or leave it out"
        widest = max(read, key=lambda fields: len(fields.names), default=None)
        if widest is None or (malformed and len(widest.names) == 1):
            return malformed_message(malformed[0])
        return self._missing(widest.names)

    def _other_separators(self, text: str) -> Iterator[Delimiter]:
        """Those with which the row has the columns, though the spec names another."""
        for separator, delimiter in SEPARATORS.items() if self._source.delimiter is not None else ():
            fields = self._divided(text, separator, final=True)
            if isinstance(fields, _Fields) and self._has_columns(fields.names):
                yield delimiter

    def _has_columns(self, names: Sequence[str]) -> bool:
        try:
            return self._columns(names) is not None
        except _UnclearError:
            return True

    def _missing(self, names: Sequence[str]) -> str:
        by_field = {column.field: column.name for column in self._columns_wanted if column.is_needed}
        missing = {field: name for field, name in by_field.items() if not places_that_fit(name, names)} or by_field
        columns = " and ".join(map(quoted, missing.values()))
        if any(each in ZONE_NAMES for each in names):
            return f"has no header row; the first row must name the columns, including {columns}"
        columns = f"column{'s' if len(missing) > 1 else ''} {columns}"
        remedy = f"set {' and '.join(missing)} to the name{'s' if len(missing) > 1 else ''} in your list"
        if list(missing) == ["timeZoneColumn"]:
            remedy += ", or set phoneColumn if the list has phone numbers"
        if not self._source.quote_values:
            return f"has no {columns}; the header row has {fields_text(len(names))}, and none fits; {remedy}"
        first = [quoted(each) if self._may_be_shown(each) else "(not shown)" for each in names[:_COLUMNS_SHOWN]]
        shown = listed(first, _COLUMNS_SHOWN, hidden=len(names) - len(first))
        return f"has no {columns}; the columns are {shown}; {remedy}"

    def _may_be_shown(self, cell: str) -> bool:
        """A list may begin with a contact in place of a header row."""
        return _is_a_name(cell) or (self._source.quote_header_row and not may_be_a_number(cell))


class _UnclearError(Exception):
    """Several columns fit one name. As text: the end of a sentence that begins with the list's name."""


def _wanted(source: ListSource) -> tuple[_Wanted, ...]:
    contact_id = _Wanted("idColumn", source.id_column, is_needed=True)
    zone = _Wanted("timeZoneColumn", source.time_zone_column, is_needed=source.phone_column is None)
    if source.phone_column is None:
        return contact_id, zone
    return contact_id, zone, _Wanted("phoneColumn", source.phone_column, is_needed=True)


def places_that_fit(name: str, names: Sequence[str]) -> list[int]:
    """Where the column of that name may be: exactly, or else by what looks alike. The names are trimmed."""
    exact = [place for place, each in enumerate(names) if each == name]
    wanted = alike(name)
    if exact or not wanted or len(names) > _MOST_LIKENED:
        return exact
    return [place for place, each in enumerate(names) if len(each) <= _LONGEST_LIKENED and alike(each) == wanted]


def fields_text(count: int) -> str:
    """1 field, 2 fields."""
    return "1 field" if count == 1 else f"{count} fields"


def _is_a_name(cell: str) -> bool:
    """Whether this is surely the name of a column and not, in a list without a header row, something about a person."""
    return bool(re.fullmatch(r"[^\W\d][\w .()/#-]*", cell)) and len(re.findall(r"\d", cell)) < 3


def too_long(longest: int, line: int) -> UnreadableListError:
    """A row is longer than the limit."""
    return UnreadableListError(
        (
            f"has a row of more than {longest} characters, which is the limit; if the row is not meant to be that "
            "long, look for a quote that is never closed"
        ),
        line,
    )


def malformed_message(said: str) -> str:
    """What the csv module says of a row, in our words."""
    if said == ENDS_IN_A_QUOTE:
        return "has a quote in this row that is never closed"
    return "has text after a closing quote in this row; write a quote inside a quoted field twice"
