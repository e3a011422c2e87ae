"""Ids that are there twice, found among millions without keeping one.

Owns how an id is remembered: by its 64-bit hash, in 9 bytes. Knows neither lines nor zones: a contact is a number,
0 for the first.

No single reading can find duplicates in less memory than grows with the list. A set of ids or of hashes costs 80 bytes
for each. Here the hashes lie bare in 256 arrays, by their last 8 bits, and only at the end each in turn is made a set.

Two ids of the same hash would be taken for one: among n ids with a probability below n²/2⁶⁵, which is 3 in 100 million
for a million ids and 3 in a million for ten. The hash is that of Python's strings, SipHash with a key of this process
(unless PYTHONHASHSEED fixes it), so no list can be made to collide, and it means nothing in another process.
"""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence

_GROUPS = 256
_GROUPS_AT_ONCE = 32
_STEP = 16_384


class SeenIds:
    """The ids of all lists of a campaign, in their order."""

    def __init__(self) -> None:
        self._groups = [array("q") for _ in range(_GROUPS)]
        # Which group the hash of each id went to: with it the order is known again.
        self._group_numbers = bytearray()

    def add(self, ids: Sequence[str]) -> None:
        """Remember these, in this order. A loop in C: this is a third of the time that a list takes."""
        hashes = list(map(hash, ids))
        numbers = bytes(map((_GROUPS - 1).__and__, hashes))
        self._group_numbers += numbers
        deque(map(array.append, map(self._groups.__getitem__, numbers), hashes), maxlen=0)

    def search(self, note: Callable[[int, int], None]) -> Iterator[None]:
        """Call `note(contact, first)` for each contact whose id was there before, first in contact `first`.

        To be iterated to the end; each step is short. Not in the order of contacts.
        """
        repeating = []
        for number, group in enumerate(self._groups):
            if len(set(group)) < len(group):
                repeating.append(number)
            yield
        # A list that is there twice repeats in every group. Some at a time, so that memory stays small.
        for start in range(0, len(repeating), _GROUPS_AT_ONCE):
            yield from self._search_in(repeating[start : start + _GROUPS_AT_ONCE], note)

    def _search_in(self, numbers: Sequence[int], note: Callable[[int, int], None]) -> Iterator[None]:
        repeated = {value for number in numbers for value, times in Counter(self._groups[number]).items() if times > 1}
        hashes = {number: iter(self._groups[number]) for number in numbers}
        first_with: dict[int, int] = {}
        for contact, number in enumerate(self._group_numbers):
            if number in hashes:
                value = next(hashes[number])
                if value in repeated:
                    first = first_with.setdefault(value, contact)
                    if first != contact:
                        note(contact, first)
            if contact % _STEP == 0:
                yield
