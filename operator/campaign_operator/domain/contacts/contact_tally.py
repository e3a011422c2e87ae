"""The rules for the contacts of a list, and the counts, over all lists of a campaign.

Owns what a valid row is and which errors are told. What is kept of a contact (`contact_records`) is just enough for a
repeated id to be told by its lines and taken out of the count. Knows no format: rows come as values with their lines.

Rows come by the thousand, and nearly all are right. So a batch is checked as a whole, in C, and row by row only where
that finds something.

The zone of a contact is what its cell says; else what its phone number says, if the list has numbers; else the default.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, NamedTuple

from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.api.vocabulary import OnInvalidContact
from campaign_operator.domain.contacts.blanks import all_trimmed, trimmed
from campaign_operator.domain.contacts.contact_list import (
    ContactCount,
    ContactError,
    ListLimits,
    ListSource,
    UnreadableBytesError,
    UnreadableListError,
)
from campaign_operator.domain.contacts.contact_records import ContactRecords
from campaign_operator.domain.contacts.phone_zones import PhoneNumberError, PhoneZones, may_be_a_number
from campaign_operator.domain.contacts.zone_words import (
    certain_zone,
    not_windows_message,
    unshown_windows_message,
    windows_zones,
)
from campaign_operator.domain.errors import ERRORS_SHOWN
from campaign_operator.domain.planning.zones import (
    AMBIGUOUS_NAMES,
    TZDATA_VERSION,
    ZONE_NAMES,
    nearest_name,
    unknown_zone_message,
    unshown_zone_message,
)
from campaign_operator.wording import quoted

_ZONES = tuple(sorted(ZONE_NAMES))
_ZONE_NUMBERS = {name: number for number, name in enumerate(_ZONES)}
_NO_ZONE = len(_ZONES)
# A zone's number and this together: it is the default, one of several that a phone number can be in.
_OF_SEVERAL = _NO_ZONE + 1

_ALIASES = ", or timeZoneAliases"

_EXAMPLE = "a name such as Europe/London"

_MOST_KINDS = 1000
"""As many kinds of errors, and values that are wrong, are told apart. Those that come after are counted together."""

_TOLD_CHARACTERS = 65
"""As many of a value tell it from others: one more than are ever shown."""


class Fault(NamedTuple):
    """In place of a value that is none: what is wrong with it."""

    message: str


_IN_SEVERAL_ZONES = Fault(
    "is a number that can be in several time zones; add the time zone to the list, or set defaultTimeZone to the one "
    "of them that these contacts are in"
)


@dataclass(slots=True)
class _Kind:
    """Errors of one list that are alike."""

    first_line: int
    explain: Callable[[], str]
    rows: int = 1


class ContactTally:
    """Counts the contacts of one list after another and notes what is wrong with them."""

    def __init__(
        self,
        limits: ListLimits,
        scratch: IO[bytes] | None = None,
        on_invalid: OnInvalidContact = OnInvalidContact.SKIP,
    ) -> None:
        """`scratch`: see `ContactRecords`. `on_invalid`: see `ContactReading`."""
        self._limits = limits
        self._on_invalid = on_invalid
        self._rows = 0
        self._bytes = 0
        self._invalid_rows = 0
        self._counts: Counter[int] = Counter()
        # What a zone may be called in the list in hand.
        self._zone_numbers: Mapping[str, int] = _ZONE_NUMBERS
        self._phone_zones: PhoneZones | None = None
        self._records = ContactRecords(scratch)
        self._sources: list[ListSource] = []
        # The number of the first contact of each source.
        self._first_contacts: list[int] = []
        self._rows_before = 0
        # By the number of the source, the column, and what is wrong.
        self._kinds: dict[tuple[int, str | None, str], _Kind] = {}
        # Each error with the number of its source.
        self._list_errors: list[tuple[int, ContactError]] = []
        self._repeats: list[tuple[int, int]] = []
        self._shown: list[tuple[int, ContactError]] = []
        self._error_count = 0

    def begin(self, source: ListSource) -> None:
        """What follows is of this list."""
        self._sources.append(source)
        self._first_contacts.append(len(self._records))
        self._rows_before = self._rows
        self._zone_numbers = _zone_numbers(source)
        self._phone_zones = PhoneZones(source.default_region) if source.phone_column is not None else None

    @property
    def rows(self) -> int:
        """Rows of all lists so far, valid or not."""
        return self._rows

    @property
    def rows_of_list(self) -> int:
        """Rows of the list in hand, valid or not."""
        return self._rows - self._rows_before

    def take_bytes(self, count: int) -> None:
        """Raises UnreadableBytesError when there are more than the limit allows."""
        self._bytes += count
        if self._bytes > self._limits.max_bytes:
            raise UnreadableBytesError(f"the lists are larger than {self._limits.max_bytes} bytes, which is the limit")

    def take(
        self, lines: Sequence[int], ids: Sequence[str], zones: Sequence[str], phones: Sequence[str] | None = None
    ) -> None:
        """Rows that follow one another, by columns, with their ids trimmed; with phone numbers if the list has them.
        Raises UnreadableListError at the row that is one too many."""
        room = self._limits.max_rows - self._rows
        if len(ids) > room:
            self.take(lines[:room], ids[:room], zones[:room], phones[:room] if phones is not None else None)
            raise self._too_many_rows(lines[room])
        self._rows += len(ids)
        numbers: list[int | Fault | None] = list(map(self._zone_numbers.get, zones))
        if phones is not None and None in numbers:
            found = zip(numbers, zones, phones, strict=True)
            numbers = [self._by_phone(zone, phone) if number is None else number for number, zone, phone in found]
        known = [number for number in numbers if isinstance(number, int)]
        lengths = set(map(len, ids))
        if len(known) < len(ids) or 0 in lengths or max(lengths, default=0) > self._limits.max_id_characters:
            for line, contact_id, zone, number in zip(lines, ids, zones, numbers, strict=True):
                self._check(line, contact_id, zone, number)
        else:
            self._keep(lines, ids, known)

    def take_row(self, line: int, contact_id: str | Fault, zone: str | Fault, phone: str | Fault = "") -> None:
        """One row, of which a value may be none. Raises UnreadableListError where it is one too many."""
        self._one_more_row(line)
        self._check(line, contact_id, zone, self._by_phone(zone, phone))

    def reject_row(self, line: int, message: str) -> None:
        """One row that has no values. Raises UnreadableListError where it is one too many."""
        self._one_more_row(line)
        self._invalid_rows += 1
        self._note(line, None, message, lambda: message)

    def end_unread(self, line: int | None, message: str) -> None:
        """The list in hand cannot be understood from there on."""
        number = len(self._sources) - 1
        self._error_count += 1
        self._list_errors.append((number, ContactError(self._sources[number].name, line, None, message)))

    def conclude(self) -> Iterator[None]:
        """Find the ids that are there twice, and what is to be said of all errors, in short steps. To be iterated to
        the end, once, before `count`."""
        yield from self._records.search(self._note_repeat)
        self._error_count += self._records.repeats
        yield from self._explain_errors()

    def count(self) -> ContactCount:
        """What is known of the lists."""
        counts = Counter[str]()
        for number, count in self._counts.items():
            if count and number != _NO_ZONE:
                counts[_ZONES[number % _OF_SEVERAL]] += count
        return ContactCount(
            contacts_by_zone=dict(counts),
            contacts=counts.total(),
            of_several_zones=sum(count for number, count in self._counts.items() if number >= _OF_SEVERAL),
            invalid_rows=self._invalid_rows,
            errors=tuple(error for _, error in self._shown),
            error_count=self._error_count,
            complete=not self._list_errors,
        )

    def _explain_errors(self) -> Iterator[None]:
        """Choose those that are shown. What is said of a value that is wrong may take milliseconds to find."""
        of_lists = self._list_errors[:ERRORS_SHOWN]
        # Repeats first: in one row the id is told before the zone, and sorting leaves that as it is.
        of_rows = [*map(self._repeat_error, self._repeats)]
        for (number, column, _), kind in sorted(self._kinds.items(), key=_by_rows)[:ERRORS_SHOWN]:
            source = self._sources[number]
            of_rows.append((number, ContactError(source.name, kind.first_line, column, kind.explain(), kind.rows)))
            yield
        of_rows.sort(key=_order)
        self._shown = sorted([*of_rows[: ERRORS_SHOWN - len(of_lists)], *of_lists], key=_order)

    def _by_phone(self, zone: str | Fault, phone: str | Fault) -> int | Fault | None:
        """The number of the zone that a phone number or the default stands for, or what is wrong with the phone number;
        None where its cell decides."""
        if self._phone_zones is None or isinstance(zone, Fault) or trimmed(zone):
            return None
        default = self._sources[-1].default_time_zone
        if isinstance(phone, Fault):
            return phone
        if not trimmed(phone):
            return Fault("is empty, and there is no time zone") if default is None else _ZONE_NUMBERS[default]
        try:
            zones = self._phone_zones.of(trimmed(phone))
        except PhoneNumberError as error:
            return Fault(str(error))
        if len(zones) == 1:
            return _ZONE_NUMBERS[zones[0]]
        return _ZONE_NUMBERS[default] + _OF_SEVERAL if default in zones else _IN_SEVERAL_ZONES

    def _check(self, line: int, contact_id: str | Fault, zone: str | Fault, number: int | Fault | None) -> None:
        """`number`: of the zone, if it is known, or what is wrong with the phone number."""
        source = self._sources[-1]
        contact_id = contact_id if isinstance(contact_id, Fault) else trimmed(contact_id)
        id_message = self._id_message(contact_id)
        if id_message is not None:
            self._note(line, source.id_column, id_message, lambda: id_message)
        if number is None and not isinstance(zone, Fault):
            number = self._zone_numbers.get(trimmed(zone))
        if isinstance(number, Fault):
            message = number.message
            self._note(line, source.phone_column, message, lambda: message)
        elif number is None:
            self._note_zone(line, zone, source)
        if id_message is not None or not isinstance(number, int):
            self._invalid_rows += 1
        # An id counts as seen though its row is left out: whether a row is valid depends on no row but those before it.
        if isinstance(contact_id, str) and id_message is None:
            self._keep([line], [contact_id], [number if isinstance(number, int) else _NO_ZONE])

    def _note_zone(self, line: int, zone: str | Fault, source: ListSource) -> None:
        shown = zone if isinstance(zone, Fault) else trimmed(zone)[:_TOLD_CHARACTERS]
        quote = source.quote_values and not (isinstance(shown, str) and may_be_a_number(shown))
        explain = partial(_zone_message, shown, source.time_zone_format, quote)
        # what must not be shown must not be told apart either
        what = shown if isinstance(shown, str) and (quote or not shown) else explain()
        self._note(line, source.time_zone_column, what, explain)

    def _id_message(self, contact_id: str | Fault) -> str | None:
        if isinstance(contact_id, Fault):
            return contact_id.message
        if not contact_id:
            return "is empty"
        if len(contact_id) > self._limits.max_id_characters:
            return f"is longer than {self._limits.max_id_characters} characters"
        return None

    def _keep(self, lines: Sequence[int], ids: Sequence[str], zone_numbers: Sequence[int]) -> None:
        self._records.add(ids, lines, zone_numbers)
        self._counts.update(zone_numbers)

    def _one_more_row(self, line: int) -> None:
        if self._rows == self._limits.max_rows:
            raise self._too_many_rows(line)
        self._rows += 1

    def _too_many_rows(self, line: int) -> UnreadableListError:
        return UnreadableListError(f"the lists have more than {self._limits.max_rows} rows, which is the limit", line)

    def _note(self, line: int, column: str | None, what: str, explain: Callable[[], str]) -> None:
        """`what` is the same for errors that are told as one; `explain` is called only if they are shown."""
        self._error_count += 1
        key = (len(self._sources) - 1, column, what)
        kind = self._kinds.get(key)
        if kind is not None:
            kind.rows += 1
        elif len(self._kinds) < _MOST_KINDS:
            self._kinds[key] = _Kind(line, explain)

    def _note_repeat(self, contact: int, zone: int, first: int) -> int | None:
        """The last contact that is still of interest: none of those that are shown comes after it."""
        if zone != _NO_ZONE:
            self._invalid_rows += 1
            self._counts[zone] -= 1
        full = len(self._repeats) == ERRORS_SHOWN
        if not full or contact < self._repeats[-1][0]:
            insort(self._repeats, (contact, first))
            del self._repeats[ERRORS_SHOWN:]
        if self._on_invalid is OnInvalidContact.SKIP or len(self._repeats) < ERRORS_SHOWN:
            return None
        return self._repeats[-1][0]

    def _repeat_error(self, repeat: tuple[int, int]) -> tuple[int, ContactError]:
        contact, first = repeat
        number, first_number = (bisect_right(self._first_contacts, each) - 1 for each in repeat)
        source, first_source = self._sources[number], self._sources[first_number]
        where = f"line {self._records.line(first)}" + ("" if number == first_number else f" of {first_source.name}")
        message = f"Duplicate value: the same id is in {where}; give each contact its own id"
        return number, ContactError(source.name, self._records.line(contact), source.id_column, message)


class GatheredRows:
    """Rows that a format finds one by one, on their way to the tally, gathered so that they arrive by columns."""

    def __init__(self, tally: ContactTally) -> None:
        self._tally = tally
        self._clear()

    def _clear(self) -> None:
        self._lines: list[int] = []
        self._ids: list[str] = []
        self._zones: list[str] = []
        self._phones: list[str] = []

    def add(self, line: int, contact_id: str, zone: str, phone: str = "") -> None:
        """One more row."""
        self._lines.append(line)
        self._ids.append(contact_id)
        self._zones.append(zone)
        self._phones.append(phone)

    def flush(self) -> None:
        """Tell the tally. To be done before it is told anything else. Raises UnreadableListError as it does."""
        lines, ids, zones, phones = self._lines, self._ids, self._zones, self._phones
        self._clear()
        if lines:
            self._tally.take(lines, all_trimmed(ids), zones, phones)


def _zone_numbers(source: ListSource) -> Mapping[str, int]:
    """The number of the zone for each value that a list may have. A name that is no zone has none: the list is not
    read then."""
    names = dict(source.time_zone_aliases)
    if source.default_time_zone is not None and source.phone_column is None:
        names[""] = source.default_time_zone
    read = _ZONE_NUMBERS
    if source.time_zone_format is TimeZoneFormat.WINDOWS:
        read = {word: _ZONE_NUMBERS[name] for word, name in windows_zones().items()}
    return read | {value: _ZONE_NUMBERS.get(name, _NO_ZONE) for value, name in names.items()}


def _order(error: tuple[int, ContactError]) -> tuple[int, int, float]:
    """The most frequent first, then by list and line; what is said of a list as a whole comes after its rows."""
    number, what = error
    return -what.rows, number, float("inf") if what.line is None else what.line


def _by_rows(kind: tuple[tuple[int, str | None, str], _Kind]) -> tuple[int, int, int]:
    (number, _, _), what = kind
    return -what.rows, number, what.first_line


def _zone_message(zone: str | Fault, written_as: TimeZoneFormat, quote: bool) -> str:
    if isinstance(zone, Fault):
        return zone.message
    if not zone:
        return "is empty"
    if written_as is TimeZoneFormat.WINDOWS:
        return not_windows_message(zone) if quote else unshown_windows_message()
    if not quote:
        return f"{unshown_zone_message()}{_ALIASES}"
    if zone in AMBIGUOUS_NAMES:
        return f"{unknown_zone_message(zone)}{_ALIASES}"
    certain = certain_zone(zone)
    if certain is None and nearest_name(zone) is not None:
        return unknown_zone_message(zone)
    # short, since a condition shows twenty of them
    rule = f"must be a valid time zone of the IANA database ({TZDATA_VERSION})"
    return f"Invalid value: {quoted(zone)}: {rule}; use {certain or _EXAMPLE}{_ALIASES}"
