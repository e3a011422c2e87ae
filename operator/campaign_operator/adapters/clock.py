"""The real clocks of this machine. Everything else is given a clock and asks no other."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall clock and monotonic clock of the machine (ports.Clock)."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed point of this process; never goes back."""
        return time.monotonic()
