"""Reading contact lists from bytes to counts, in pieces of any size, in bounded memory but for 15 bytes a contact, for
which a file can be given.

Owns the way from a piece of a file to the rows in it, and how a list is ended that cannot be understood. Opens nothing:
bytes are given.

    reading = ContactReading(ListLimits())
    with_one_list = reading.open(ListSource(name="contacts.csv"))
    with_one_list.feed(...)     # any number of times
    with_one_list.finish()
    count = reading.conclude()

`feed_steps` and `conclude_steps` do the same and give control back every few milliseconds.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from io import IncrementalNewlineDecoder
from typing import IO, Protocol

from campaign_operator.api.vocabulary import ContactFormat, OnInvalidContact
from campaign_operator.domain.contacts.contact_list import (
    ContactCount,
    ListForm,
    ListLimits,
    ListSource,
    UnreadableBytesError,
    UnreadableListError,
)
from campaign_operator.domain.contacts.contact_tally import ContactTally
from campaign_operator.domain.contacts.csv_format import CSVContacts
from campaign_operator.domain.contacts.csv_header import SEPARATORS
from campaign_operator.domain.contacts.decoding import PIECE_BYTES, Decoding, Unzipping
from campaign_operator.domain.contacts.file_kinds import foreign_text
from campaign_operator.domain.contacts.json_format import JSONContacts, NDJSONContacts
from campaign_operator.domain.steps import take_all

_FORMATS_BY_ENDING = {
    ".csv": ContactFormat.CSV,
    ".json": ContactFormat.JSON,
    ".ndjson": ContactFormat.NDJSON,
    ".jsonl": ContactFormat.NDJSON,
}
_FORMATS_BY_FIRST_CHARACTER = {"[": ContactFormat.JSON, "{": ContactFormat.NDJSON}

_TELLING_CHARACTERS = 16
"""As many show what is no list. The longest sign of it is that of a calendar."""

_FED_BYTES = 4096
"""As much is unpacked in a step: gzip data of any size may have nothing in it but ends and beginnings."""


def format_of(name: str) -> ContactFormat | None:
    """The format that the end of a name tells, or None where it tells none."""
    name = name.lower().removesuffix(".gz")
    return next((known for ending, known in _FORMATS_BY_ENDING.items() if name.endswith(ending)), None)


def read_contact_lists(
    lists: Iterable[tuple[ListSource, Iterable[bytes]]],
    limits: ListLimits | None = None,
    scratch: IO[bytes] | None = None,
) -> ContactCount:
    """All the lists of a campaign, each with its bytes in pieces. What is wrong with them is in the result.

    `scratch`: see `ContactRecords`. Raises OSError where that file was written and cannot be read.
    """
    return take_all(reading_steps(lists, limits, scratch))


def reading_steps(
    lists: Iterable[tuple[ListSource, Iterable[bytes]]],
    limits: ListLimits | None = None,
    scratch: IO[bytes] | None = None,
) -> Generator[None, None, ContactCount]:
    """The same, giving control back every few milliseconds; returns what is known in the end. No more is asked of a
    list's pieces once it cannot be understood."""
    reading = ContactReading(limits or ListLimits(), scratch=scratch)
    for source, pieces in lists:
        opened = reading.open(source)
        for piece in pieces:
            yield from opened.feed_steps(piece)
            if opened.over:
                break
        opened.finish()
    yield from reading.conclude_steps()
    return reading.count()


class ContactReading:
    """The reading of all the lists of one campaign, one after another.

    `on_invalid` Reject: lists with an id that is there twice are of no use, so no more such rows are looked for than
    are shown. They are counted among the errors, and not taken out of the contacts.
    """

    def __init__(
        self,
        limits: ListLimits,
        *,
        piece_bytes: int = PIECE_BYTES,
        scratch: IO[bytes] | None = None,
        on_invalid: OnInvalidContact = OnInvalidContact.SKIP,
    ) -> None:
        self._limits = limits
        self._piece_bytes = piece_bytes
        self._tally = ContactTally(limits, scratch, on_invalid)

    @property
    def rows(self) -> int:
        """Those read so far, valid or not."""
        return self._tally.rows

    def open(self, source: ListSource) -> "OpenedList":
        """Begin a list. The one before must be finished."""
        self._tally.begin(source)
        return OpenedList(source, self._limits, self._tally, self._piece_bytes)

    def conclude(self) -> ContactCount:
        """Compare the ids of all lists and say what is known. Once, when every list is finished."""
        for _ in self.conclude_steps():
            pass
        return self.count()

    def conclude_steps(self) -> Iterator[None]:
        """Compare the ids, in short steps. Once, to the end; then `count`."""
        return self._tally.conclude()

    def count(self) -> ContactCount:
        """What is known; of repeated ids only after `conclude_steps`."""
        return self._tally.count()


class _Contacts(Protocol):
    """A format: text in pieces goes in, and the tally is told of the rows."""

    @property
    def line(self) -> int: ...

    def feed(self, text: str) -> None: ...

    def finish(self) -> None: ...


_READERS: dict[ContactFormat, type[CSVContacts] | type[JSONContacts] | type[NDJSONContacts]] = {
    ContactFormat.CSV: CSVContacts,
    ContactFormat.JSON: JSONContacts,
    ContactFormat.NDJSON: NDJSONContacts,
}


class OpenedList:
    """One list whose bytes come in pieces of any size. Never raises for what is in them."""

    def __init__(self, source: ListSource, limits: ListLimits, tally: ContactTally, piece_bytes: int) -> None:
        self._source = source
        self._limits = limits
        self._tally = tally
        # to look up a number takes some ten times as long as all the rest of a row
        self._piece_bytes = piece_bytes if source.phone_column is None else max(1, piece_bytes // 8)
        self._wrong_field = source.wrong_field_message()
        self._unzipping = Unzipping()
        self._decoding = Decoding()
        # However lines end, LF and CR alike, from here on it is LF.
        self._newlines = IncrementalNewlineDecoder(None, translate=True)
        self._contacts: _Contacts | None = None
        # Bytes until there are enough: a sender of single bytes must not make us look at each.
        self._waiting = bytearray()
        # Text of which the format is not known yet.
        self._undecided = ""
        self.over = False
        """Nothing more is wanted: the list is finished, or cannot be understood."""

    def form(self) -> ListForm | None:
        """What the list is recognized as so far; None if that is not known yet, or it is no list, or its header row
        lacks a column."""
        contacts = self._contacts
        if contacts is None or (isinstance(contacts, CSVContacts) and contacts.header is None):
            return None
        form = ListForm(
            list_format=next(known for known, reader in _READERS.items() if type(contacts) is reader),
            encoding=self._decoding.encoding,
            is_compressed=not self._unzipping.is_plain,
        )
        header = contacts.header if isinstance(contacts, CSVContacts) else None
        if header is None:
            return form
        return replace(
            form,
            delimiter=SEPARATORS[header.separator],
            columns=header.names,
            id_column=header.names[header.id_at],
            time_zone_column=header.names[header.zone_at] if header.zone_at is not None else None,
            phone_column=header.names[header.phone_at] if header.phone_at is not None else None,
        )

    def feed(self, data: bytes) -> None:
        """More of the list."""
        for _ in self.feed_steps(data):
            pass

    def feed_steps(self, data: bytes) -> Iterator[None]:
        """The same in steps of a piece; to be iterated to the end."""
        if self.over or self._is_misread():
            return
        try:
            for begin in range(0, len(data), _FED_BYTES):
                for unpacked in self._unzipping.feed(data[begin : begin + _FED_BYTES]):
                    self._tally.take_bytes(len(unpacked))
                    self._waiting += unpacked
                    while len(self._waiting) >= self._piece_bytes:
                        self._read(self._piece_bytes)
                        yield
                if not self._unzipping.is_plain:
                    yield
        except UnreadableListError as error:
            self._end_unread(error)

    def finish(self) -> None:
        """There is no more."""
        if self.over or self._is_misread():
            return
        try:
            for unpacked in self._unzipping.finish():
                self._tally.take_bytes(len(unpacked))
                self._waiting += unpacked
            self._read(len(self._waiting), final=True)
            if self._contacts is not None:
                self._contacts.finish()
        except UnreadableListError as error:
            self._end_unread(error)
        self.over = True

    def _is_misread(self) -> bool:
        """Whether the spec says something that is no zone or no region; told instead of the list."""
        if self._wrong_field is not None:
            self._end_unread(UnreadableListError(self._wrong_field))
        return self.over

    def _read(self, count: int, *, final: bool = False) -> None:
        data = bytes(self._waiting[:count])
        del self._waiting[:count]
        try:
            text = self._decoding.feed(data, final=final)
        except UnreadableBytesError as error:
            self._waiting.clear()
            self._give(self._newlines.decode(error.text_before, final=True), final=True)
            raise
        self._give(self._newlines.decode(text, final=final), final=final)

    def _give(self, text: str, *, final: bool) -> None:
        if self._contacts is None:
            text, self._undecided = self._undecided + text, ""
            known = self._format_of(text, final=final)
            if known is None:
                self._undecided = text
                return
            self._contacts = _READERS[known](self._source, self._limits, self._tally)
        self._contacts.feed(text)

    def _format_of(self, text: str, *, final: bool) -> ContactFormat | None:
        """What the list is, by how it begins; None if that is not known yet. Raises UnreadableListError if it is no
        list at all."""
        begin = text.lstrip()
        if len(begin) < _TELLING_CHARACTERS and len(text) <= PIECE_BYTES and not final:
            return None
        foreign = foreign_text(begin)
        if foreign is not None:
            raise UnreadableListError(foreign, 1 + text.count("\n", 0, len(text) - len(begin)))
        by_name = format_of(self._source.name)
        if self._source.list_format is not None:
            return self._source.list_format
        if by_name is not None and begin.startswith("{"):
            first_line, line_end, _ = begin.partition("\n")
            if not (line_end or final or len(begin) > self._limits.max_record_characters):
                return None
            return ContactFormat.NDJSON if self._is_contact(first_line) else by_name
        return by_name or _FORMATS_BY_FIRST_CHARACTER.get(begin[:1], ContactFormat.CSV)

    def _is_contact(self, line: str) -> bool:
        """Whether it is an object with one of the columns, whatever the file is called."""
        try:
            found = json.loads(line.rstrip(" \t,"), parse_int=float)
        except (ValueError, RecursionError):
            return False
        return isinstance(found, dict) and not found.keys().isdisjoint(self._source.columns)

    def _end_unread(self, error: UnreadableListError) -> None:
        """Note where the list ends to be understood. What came before that is read first, and may end it earlier."""
        self.over = True
        if isinstance(error, UnreadableBytesError):
            try:
                if self._waiting:
                    self._read(len(self._waiting))
                self._give(self._newlines.decode("", final=True), final=True)
            except UnreadableListError as earlier:
                error = earlier
        line = self._line() if isinstance(error, UnreadableBytesError) else error.line
        self._tally.end_unread(line, error.message)

    def _line(self) -> int:
        return self._contacts.line if self._contacts is not None else 1 + self._undecided.count("\n")
