"""The right to send what an intent has announced, and how soon it lapses.

A request that leaves late can take effect after somebody has looked, found nothing and sent again: the
contacts are then called twice. So the right lasts only a few seconds, counted from before the write of the
intent was begun, and by two clocks: a suspended machine stops the monotonic one, a corrected clock moves the
wall one, and neither may lengthen it. Reads the clock it was given and knows nothing of requests.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class BothClocks(Protocol):
    """A wall clock and a monotonic one."""

    def now(self) -> datetime:
        """The wall clock, aware."""

    def monotonic(self) -> float:
        """Seconds; never goes back."""


@dataclass(frozen=True, slots=True)
class IntentPermission:
    """A SendPermission that lapses `send_within_seconds` after the write of its intent was begun."""

    begun_wall: datetime
    begun_monotonic: float
    send_within_seconds: float
    clock: BothClocks = field(repr=False, compare=False)

    @classmethod
    def begin(cls, clock: BothClocks, send_within_seconds: float) -> "IntentPermission":
        """Take the time now; call it before the write of the intent is begun, never after."""
        return cls(clock.now(), clock.monotonic(), send_within_seconds, clock)

    def in_force(self) -> bool:
        """Whether less than `send_within_seconds` have passed by both clocks; one that went back says no."""
        by_monotonic = self.clock.monotonic() - self.begun_monotonic
        by_wall = (self.clock.now() - self.begun_wall) / timedelta(seconds=1)
        return 0 <= by_monotonic < self.send_within_seconds and 0 <= by_wall < self.send_within_seconds
