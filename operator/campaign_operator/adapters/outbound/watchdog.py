"""The end of a process that stands still while a request of it is under way.

A stopped process (SIGSTOP, a paused container, a frozen cgroup) looks at no clock. Stopped between its last look and
the system call that sends, it sends when it goes on, when somebody else may have looked, found nothing, and sent again.
What the process cannot do the kernel does: a timer whose signal is acted upon before the process's next instruction.
Owns that timer; knows nothing of requests.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

_SIGEV_THREAD_ID = 4

_log = structlog.get_logger()


class Monotonic(Protocol):
    """A clock that never goes back."""

    def monotonic(self) -> float:
        """Seconds."""


SetTimer = Callable[[float | None], None]
"""End this process after so many seconds from now, whether or not it runs then; None: never. What was set before is
off.
"""


class Watchdog:
    """One timer for all that is under way: it goes by what must be over first."""

    def __init__(self, clock: Monotonic, set_timer: SetTimer) -> None:
        self._clock = clock
        self._set_timer = set_timer
        self._ends: dict[object, float] = {}

    @contextmanager
    def over_within(self, seconds: float) -> Iterator[None]:
        """End this process if the block is not over after so many seconds; more than 0."""
        key = object()
        self._ends[key] = self._clock.monotonic() + seconds
        self._go_by_the_first()
        try:
            yield
        finally:
            del self._ends[key]
            self._go_by_the_first()

    def _go_by_the_first(self) -> None:
        if self._ends:
            self._set_timer(max(min(self._ends.values()) - self._clock.monotonic(), 0.001))
        else:
            self._set_timer(None)


class KernelTimer:
    """A timer of Linux for the thread that makes it (a `SetTimer`); the process ends with exit code 14, the number of
    SIGALRM.

    It counts the time that the machine is suspended, too. The signal goes to that thread alone: another would act upon
    it while this one went on. Its handler is libc's `_exit` itself: one in Python would run some instructions later,
    and without any the kernel spares a process that is the first of its container. Raises OSError.

    Sources: timer_create(2), signal(7), pid_namespaces(7).
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
        self._libc.signal.restype = ctypes.c_void_p
        self._libc.signal(signal.SIGALRM, ctypes.cast(self._libc["_exit"], ctypes.c_void_p))
        event = _SignalEvent(number=signal.SIGALRM, notify=_SIGEV_THREAD_ID, thread=threading.get_native_id())
        self._timer = ctypes.c_void_p()
        self._call("timer_create", time.CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(self._timer))

    def __call__(self, seconds: float | None) -> None:
        """See SetTimer."""
        whole, part = divmod(seconds or 0.0, 1.0)
        once = _TimerSpecification(seconds=int(whole), nanoseconds=int(part * 1e9))
        self._call("timer_settime", self._timer, 0, ctypes.byref(once), None)

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._libc, name)(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")


class _SignalEvent(ctypes.Structure):
    """`struct sigevent` of <signal.h>, 64 bytes."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("number", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("thread", ctypes.c_int),
        ("_padding", ctypes.c_int * 11),
    )


class _TimerSpecification(ctypes.Structure):
    """`struct itimerspec` of <time.h>."""

    _fields_ = (
        ("interval_seconds", ctypes.c_long),
        ("interval_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


def set_timer_of_this_machine() -> SetTimer:
    """The kernel's, on Linux. Elsewhere there is nothing like it: a process that stands still is not ended there."""
    if sys.platform == "linux":
        try:
            return KernelTimer()
        except OSError as error:  # a sandboxed container may have none
            _log.warning(
                "the kernel provides no timer: if this process is stopped while it sends, nothing ends it",
                error=str(error),
            )
    return lambda _: None
