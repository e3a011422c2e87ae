"""Dates in 4 bytes each: a calendar may have 10,000, and a frozenset of them takes a megabyte."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any


class DateSet(AbstractSet[date]):
    """A set of dates that never changes, in their order."""

    __slots__ = ("__weakref__", "_ordinals")

    def __init__(self, dates: Iterable[date] = ()) -> None:
        self._ordinals = array("I", sorted({day.toordinal() for day in dates}))

    def __contains__(self, day: Any) -> bool:
        ordinals, ordinal = self._ordinals, day.toordinal()
        place = bisect_left(ordinals, ordinal)
        return place < len(ordinals) and ordinals[place] == ordinal

    def __iter__(self) -> Iterator[date]:
        return map(date.fromordinal, self._ordinals)

    def __len__(self) -> int:
        return len(self._ordinals)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DateSet):
            return self._ordinals == other._ordinals
        return super().__eq__(other)

    def __hash__(self) -> int:
        return self._hash()

    def __repr__(self) -> str:
        return f"DateSet([{', '.join(map(date.isoformat, self))}])"

    def with_more(self, dates: Iterable[date]) -> "DateSet":
        """These and others; itself, and no copy, where there are none."""
        more = tuple(dates)
        return DateSet((*self, *more)) if more else self


NO_DATES = DateSet()
