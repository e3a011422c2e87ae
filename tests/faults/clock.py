"""One clock for an operator's whole world, which the harness moves: wall clock, monotonic clock, and the event loop's.

It runs as the machine's does, and jumps ahead when nothing is going on, so that a settling time of a minute passes in
a moment and nothing in the operator is told another time than it would have been. It lives in a file that the harness
and the operators map into memory. The operator's event loop also says there when it has nothing to do and what it
waits for next: that is how the harness knows when to jump, and how far.
"""

import asyncio
import math
import mmap
import os
import selectors
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

SLOTS = 2
"""Operators that may be alive in one world at once."""

_CELLS_PER_SLOT = 7
_NEXT_TIMER, _SEEN_OFFSET, _WAKENINGS, _IS_IDLE, _ENDS_AT, _SET_BACK, _SLEPT = range(_CELLS_PER_SLOT)
_SIZE = mmap.PAGESIZE


class SharedClock:
    """ports.Clock over the machine's clocks and an offset that only the harness changes.

    `skew_seconds` sets this reader's wall clock off against the others'. With a `slot` it is the clock of the operator
    there, whose machine can sleep or have its wall clock set back.
    """

    def __init__(self, path: Path, skew_seconds: float = 0.0, slot: int | None = None) -> None:
        """Map the file, which is made if it does not exist."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, _SIZE)
            self._cells = memoryview(mmap.mmap(descriptor, _SIZE)).cast("d")
        finally:
            os.close(descriptor)
        self._skew = timedelta(seconds=skew_seconds)
        self._slot = slot

    @property
    def offset(self) -> float:
        """Seconds by which this clock is ahead of the machine's."""
        return self._cells[0]

    def now(self) -> datetime:
        """See ports.Clock."""
        return datetime.now(UTC) + timedelta(seconds=self.offset - self._of_slot(_SET_BACK)) + self._skew

    __call__ = now

    def monotonic(self) -> float:
        """See ports.Clock."""
        return self._shared_monotonic() - self._of_slot(_SLEPT)

    def _shared_monotonic(self) -> float:
        return monotonic() + self.offset

    def _of_slot(self, cell: int) -> float:
        return 0.0 if self._slot is None else self._cells[_at(self._slot, cell)]

    def set_back(self, slot: int, seconds: float) -> None:
        """The wall clock of the operator in this slot is set back."""
        self._cells[_at(slot, _SET_BACK)] += seconds

    def slept(self, slot: int, seconds: float) -> None:
        """The machine of the operator in this slot was suspended for so long, which its monotonic clock leaves out."""
        self._cells[_at(slot, _SLEPT)] += seconds

    def set_to(self, moment: datetime) -> None:
        """Begin a new world at this moment."""
        self._cells[0] = (moment - datetime.now(UTC)).total_seconds()

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._cells[0] += seconds

    def is_idle(self, slot: int) -> bool:
        """Whether the operator's loop has nothing to do and knows what time it is."""
        return bool(self._cells[_at(slot, _IS_IDLE)]) and self._cells[_at(slot, _SEEN_OFFSET)] == self.offset

    def next_timer(self, slot: int) -> float:
        """What the operator's loop waits for, on the monotonic clock; infinite if for nothing."""
        return self._cells[_at(slot, _NEXT_TIMER)]

    def wakenings(self, slot: int) -> float:
        """How often the operator's loop has found something to do."""
        return self._cells[_at(slot, _WAKENINGS)]

    def is_starting(self, slot: int) -> None:
        """A new process takes the slot."""
        self._cells[_at(slot, _IS_IDLE)] = 0.0
        self._cells[_at(slot, _ENDS_AT)] = math.inf
        self._cells[_at(slot, _SET_BACK)] = self._cells[_at(slot, _SLEPT)] = 0.0

    def ends_after(self, slot: int, seconds: float | None) -> None:
        """The process of this slot sets its timer; see adapters.outbound.watchdog.SetTimer."""
        self._cells[_at(slot, _ENDS_AT)] = math.inf if seconds is None else self._shared_monotonic() + seconds

    def has_ended(self, slot: int) -> bool:
        """Whether the timer of the process in this slot has run out."""
        return self._cells[_at(slot, _ENDS_AT)] <= self._shared_monotonic()

    def rests(self, slot: int, timeout: float | None) -> None:
        """The loop of this slot goes to sleep for `timeout` seconds."""
        offset = self.offset
        self._cells[_at(slot, _NEXT_TIMER)] = math.inf if timeout is None else monotonic() + offset + timeout
        self._cells[_at(slot, _SEEN_OFFSET)] = offset
        self._cells[_at(slot, _IS_IDLE)] = 1.0

    def wakes(self, slot: int) -> None:
        """The loop of this slot has something to do."""
        self._cells[_at(slot, _WAKENINGS)] += 1.0
        self._cells[_at(slot, _IS_IDLE)] = 0.0


def _at(slot: int, cell: int) -> int:
    return 1 + slot * _CELLS_PER_SLOT + cell


class _ReportingSelector(selectors.EpollSelector):
    def __init__(self, clock: SharedClock, slot: int) -> None:
        super().__init__()
        self._harness_clock = clock
        self._slot = slot

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As epoll does, and say so where it may take a while."""
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._harness_clock.rests(self._slot, timeout)
            ready = super().select(timeout)
            self._harness_clock.wakes(self._slot)
        return ready


class OperatorLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is the shared clock's. SIGUSR1 makes it look at the clock again."""

    def __init__(self, clock: SharedClock, slot: int) -> None:
        super().__init__(_ReportingSelector(clock, slot))
        self._shared_clock = clock
        self.add_signal_handler(signal.SIGUSR1, _look_at_the_clock)

    def time(self) -> float:
        """See asyncio."""
        return self._shared_clock.monotonic()


def _look_at_the_clock() -> None:
    """The loop reads its time anew after each wakening; there is nothing else to do."""
