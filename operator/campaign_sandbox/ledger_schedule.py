"""A schedule as the simulated dialer's ledger tells of it, for those who judge what was called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LedgerSchedule:
    """One schedule. It *opens* where it is not cancelled before its start; it *stands* from its creation until it is
    cancelled or over.
    """

    zone: str
    start: datetime
    end: datetime
    created: datetime
    cancelled: datetime | None
    run: str
    """The id of the run, by the idempotency key of its request."""

    @classmethod
    def read(cls, wire: dict[str, Any]) -> "LedgerSchedule":
        """The schedule in an item of the ledger's `schedules`."""
        cancelled = wire["cancelledAt"]
        return cls(
            zone=wire["timezone"],
            start=datetime.fromisoformat(wire["startTime"]),
            end=datetime.fromisoformat(wire["endTime"]),
            created=datetime.fromisoformat(wire["createdAt"]),
            cancelled=None if cancelled is None else datetime.fromisoformat(cancelled),
            # UID/RUN/PLANNED FROM/ZONE/ATTEMPT
            run=wire["idempotencyKey"].split("/")[1],
        )

    @property
    def opens(self) -> bool:
        """Whether it calls."""
        return self.cancelled is None or self.cancelled >= self.start

    @property
    def over(self) -> datetime:
        """When it stands no more."""
        return self.end if self.cancelled is None else min(self.end, self.cancelled)

    def __str__(self) -> str:
        cancelled = "" if self.cancelled is None else f", cancelled {self.cancelled:%d %H:%M:%S}"
        made = f"made {self.created:%d %H:%M:%S}"
        return f"{self.zone} {self.start:%d %H:%M:%S}-{self.end:%d %H:%M:%S} {made}{cancelled}"
