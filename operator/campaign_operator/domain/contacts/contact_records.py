"""What is kept of each contact, so that ids that are there twice are found among millions without keeping one.

Owns how: the 64-bit hash of its id in 9 bytes, its line and the number of its zone, 15 bytes in all; in memory, or in a
file that is given. Knows no names of lists or zones: a contact is a number, 0 for the first.

No single reading can find duplicates with less than grows with the list. A set of ids or of hashes costs 80 bytes for
each. Here the hashes lie bare in 256 groups, by their last 8 bits, and only at the end each in turn is made a set.

Two ids of the same hash would be taken for one: among n ids with a probability below n²/2⁶⁵, which is 3 in 100 million
for a million ids and 3 in a million for ten. The hash is that of Python's strings, SipHash with a key of this process
(unless PYTHONHASHSEED fixes it), so no list can be made to collide, and it means nothing in another process.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import IO, Protocol

_GROUPS = 256
_CONTACTS_IN_MEMORY = 262_144
"""As many as are kept in memory where there is a file: 4 MB."""

STEP_CONTACTS = 1024
"""As many as a step of the search looks at. A list can repeat one id a million times, which then lie in one group."""


class ContactRecords:
    """The contacts of all lists of a campaign, in their order.

    `scratch`: a file of nobody else's, open for writing and reading in binary, for all but the last `in_memory` of
    them. Without one, and if it cannot be written, all are kept in memory.
    """

    def __init__(self, scratch: IO[bytes] | None = None, *, in_memory: int = _CONTACTS_IN_MEMORY) -> None:
        self._scratch = scratch
        self._in_memory = in_memory
        self._scratch_size = 0
        self._stored: list[_StoredChunk] = []
        self._in_hand = _Chunk()
        self._stored_contacts = 0
        self._of_interest = 0
        self.repeats = 0
        """How many contacts have an id that was there before; known after `search`."""

    def __len__(self) -> int:
        return self._stored_contacts + len(self._in_hand)

    def add(self, ids: Sequence[str], lines: Sequence[int], zones: Sequence[int]) -> None:
        """Keep these, in this order."""
        self._in_hand.add(ids, lines, zones)
        if self._scratch is not None and len(self._in_hand) >= self._in_memory:
            self._put_away(self._scratch)

    def _put_away(self, scratch: IO[bytes]) -> None:
        try:
            scratch.seek(self._scratch_size)
            stored = _StoredChunk(self._in_hand, scratch, self._scratch_size)
        except OSError:
            # no room, or nowhere to write: a list can still be read, as long as there is memory
            self._scratch = None
            return
        self._scratch_size = stored.end
        self._stored.append(stored)
        self._stored_contacts += len(stored)
        self._in_hand = _Chunk()

    def line(self, contact: int) -> int:
        """The line that this contact stands in. Raises OSError where the file cannot be read."""
        for chunk in self._chunks():
            if contact < len(chunk):
                return chunk.line(contact)
            contact -= len(chunk)
        raise IndexError(contact)

    def search(self, note: Callable[[int, int, int], int | None]) -> Iterator[None]:
        """Call `note(contact, zone, first)` for each contact whose id was there before, first in contact `first`.

        Not in the order of contacts. What `note` returns is the last contact that is still of interest, None for all:
        then `repeats` is exact, and no time is spent on those after it. To be iterated to the end; each step looks at
        STEP_CONTACTS at most. Raises OSError where the file cannot be read.
        """
        self._of_interest = len(self) - 1
        for group in range(_GROUPS):
            hashes = [chunk.hashes(group) for chunk in self._chunks()]
            different = set[int]()
            for of_chunk in hashes:
                for begin in range(0, len(of_chunk), STEP_CONTACTS):
                    different.update(of_chunk[begin : begin + STEP_CONTACTS])
                    yield
            repeats = sum(map(len, hashes)) - len(different)
            if repeats:
                self.repeats += repeats
                yield from self._search_in(group, hashes, note)

    def _search_in(
        self, group: int, hashes: Sequence[Sequence[int]], note: Callable[[int, int, int], int | None]
    ) -> Iterator[None]:
        first_with: dict[int, int] = {}
        before = 0
        for chunk, of_chunk in zip(self._chunks(), hashes, strict=True):
            groups, zones, place = chunk.groups(), chunk.zones(), -1
            for number, value in enumerate(of_chunk, start=1):
                place = groups.find(group, place + 1)
                contact = before + place
                if contact > self._of_interest:
                    return
                first = first_with.setdefault(value, contact)
                if first != contact:
                    last = note(contact, zones[place], first)
                    self._of_interest = self._of_interest if last is None else last
                if number % STEP_CONTACTS == 0:
                    yield
            before += len(chunk)
            yield

    def _chunks(self) -> Iterator["_Contacts"]:
        return chain(self._stored, (self._in_hand,))


class _Contacts(Protocol):
    """Contacts that follow one another. A contact is its place among these."""

    def __len__(self) -> int: ...

    def hashes(self, group: int) -> Sequence[int]:
        """Of the ids in a group, in the order of contacts."""

    def groups(self) -> bytes | bytearray:
        """Which group the hash of each contact's id went to: with it the order is known again."""

    def zones(self) -> Sequence[int]:
        """The number of each contact's zone."""

    def line(self, contact: int) -> int:
        """The line of one contact."""


class _Chunk:
    """In memory."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_GROUPS)]
        self._groups = bytearray()
        self._zones = array("H")
        self._lines = array("I")

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, ids: Sequence[str], lines: Sequence[int], zones: Sequence[int]) -> None:
        # a loop in C: this is a third of the time that a list takes
        hashes = list(map(hash, ids))
        groups = bytes(map((_GROUPS - 1).__and__, hashes))
        deque(map(array.append, map(self._hashes.__getitem__, groups), hashes), maxlen=0)
        self._groups += groups
        self._zones.extend(zones)
        self._lines.extend(lines)

    def columns(self) -> "list[array[int] | bytearray]":
        """All there is, as `_StoredChunk` has it."""
        return [*self._hashes, self._groups, self._zones, self._lines]

    def hashes(self, group: int) -> "array[int]":
        return self._hashes[group]

    def groups(self) -> bytearray:
        return self._groups

    def zones(self) -> "array[int]":
        return self._zones

    def line(self, contact: int) -> int:
        return self._lines[contact]


_AT_GROUPS, _AT_ZONES, _AT_LINES = range(_GROUPS, _GROUPS + 3)


class _StoredChunk:
    """In a file, one column after another. Raises OSError where that cannot be written or read."""

    def __init__(self, chunk: _Chunk, scratch: IO[bytes], offset: int) -> None:
        columns = chunk.columns()
        sizes = (len(column) * memoryview(column).itemsize for column in columns)
        self._contacts = len(chunk)
        self._scratch = scratch
        self._offsets = array("Q", accumulate(sizes, initial=offset))
        scratch.write(b"".join(columns))
        scratch.flush()  # or what there is no room for is known of too late

    @property
    def end(self) -> int:
        """The offset of what comes next in the file."""
        return self._offsets[-1]

    def __len__(self) -> int:
        return self._contacts

    def hashes(self, group: int) -> "array[int]":
        return array("q", self._column(group))

    def groups(self) -> bytes:
        return self._column(_AT_GROUPS)

    def zones(self) -> "array[int]":
        return array("H", self._column(_AT_ZONES))

    def line(self, contact: int) -> int:
        return array("I", self._column(_AT_LINES))[contact]

    def _column(self, number: int) -> bytes:
        self._scratch.seek(self._offsets[number])
        return self._scratch.read(self._offsets[number + 1] - self._offsets[number])
