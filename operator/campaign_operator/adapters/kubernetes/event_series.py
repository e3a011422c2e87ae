"""What makes Events a series: the same again within some minutes, as client-go counts it.

Owns the counting, in memory alone, so that it ends with the process. Posts nothing.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.engine.ports import Clock

SERIES_SECONDS = 360.0
"""An Event that is observed again within this time is counted; after it, there is a new one. client-go's time."""

MAX_SERIES = 10_000


@dataclass(slots=True)
class EventSeries:
    """One Event, and how often it was observed."""

    name: str
    since: datetime
    until: datetime
    count: int = 1
    waits: bool = False
    """Whether it is in the queue, so that what is counted meanwhile needs no request of its own."""

    is_posted: bool = False

    def repetition(self) -> dict[str, object]:
        """The field `series`, which an Event has from the second time on."""
        if self.count == 1:
            return {}
        return {"series": {"count": self.count, "lastObservedTime": in_microseconds(self.until)}}


class RecentSeries:
    """Those that were observed lately, by what their Events say."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lately: OrderedDict[str, tuple[float, EventSeries]] = OrderedDict()

    def joined(self, key: str, new: EventSeries) -> EventSeries:
        """The series that `new` belongs to, with it counted; itself where it begins one."""
        now = self._clock.monotonic()
        seen, series = self._lately.pop(key, (now, new))
        if now - seen > SERIES_SECONDS:
            series = new
        if series is not new:
            series.count, series.until = series.count + 1, new.until
        self._forget(now)
        self._lately[key] = now, series
        return series

    def _forget(self, now: float) -> None:
        while self._lately:
            seen, _ = next(iter(self._lately.values()))
            if now - seen <= SERIES_SECONDS and len(self._lately) < MAX_SERIES:
                return
            self._lately.popitem(last=False)


def in_microseconds(moment: datetime) -> str:
    """A MicroTime, since several Events of one pass share a second and would be shown in any order."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
