"""How many looks may be at work at once, of one namespace and of all, and how one that only waits makes room.

Owns the bounds. A look that waits for a dialer, a receiver or a list gives its place up, and is at work again at once
when it goes on: it never waits for a place, because a request may have to leave within seconds of its intent.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LookBounds:
    """How many looks there may be before no other begins."""

    at_work: int = 16
    """At work, of all namespaces: a few keep the one core of the operator busy, and each takes memory."""

    at_work_of_one: int = 12
    """At work, of one namespace."""

    under_way_of_one: int = 256
    """At work or waiting, of one namespace: what it takes of the memory while its dialers do not answer."""


class Places:
    """Counts the looks; `on_room` is called when there may be room for another."""

    def __init__(self, bounds: LookBounds, on_room: Callable[[], None]) -> None:
        self._bounds = bounds
        self._on_room = on_room
        self._at_work: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()

    def has_room(self, owner: str) -> bool:
        """Whether a look of this namespace may begin."""
        return (
            self._at_work.total() < self._bounds.at_work
            and self._at_work[owner] < self._bounds.at_work_of_one
            and self._under_way[owner] < self._bounds.under_way_of_one
        )

    def begin(self, owner: str) -> "Place":
        """The place of a look that begins."""
        self._under_way[owner] += 1
        self._at_work[owner] += 1
        return Place(owner, self)

    def change(self, owner: str, *, at_work: int, under_way: int = 0) -> None:
        """So many more, or fewer."""
        for counts, more in ((self._at_work, at_work), (self._under_way, under_way)):
            counts[owner] += more
            if not counts[owner]:
                del counts[owner]  # namespaces come and go
        if at_work < 0 or under_way < 0:
            self._on_room()


class Place:
    """That of one look. What it does at once, such as to send the windows of a run, may wait several times at once."""

    def __init__(self, owner: str, places: Places) -> None:
        self._owner = owner
        self._places = places
        self._waits = 0
        self._has_ended = False

    def hold(self) -> None:
        """Whatever is awaited from here on, in this task and in those that it begins, is part of this look."""
        _held.set(self)

    def wait(self) -> None:
        """Something of the look waits for somebody outside."""
        self._waits += 1
        if self._waits == 1 and not self._has_ended:
            self._places.change(self._owner, at_work=-1)

    def go_on(self) -> None:
        """It waits no longer."""
        self._waits -= 1
        if self._waits == 0 and not self._has_ended:
            self._places.change(self._owner, at_work=1)

    def end(self) -> None:
        """The look is over; what it began and waits for no more may still go on."""
        self._has_ended = True
        self._places.change(self._owner, at_work=0 if self._waits else -1, under_way=-1)


_held: ContextVar[Place] = ContextVar("held")


@contextmanager
def waiting_outside() -> Iterator[None]:
    """Somebody outside is waited for until the context is left; the look that is under way here, if any, makes room."""
    place = _held.get(None)
    if place is None:
        yield
        return
    place.wait()
    try:
        yield
    finally:
        place.go_on()
