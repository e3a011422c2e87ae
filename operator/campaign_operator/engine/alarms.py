"""What wakes a campaign by the clock: one alarm for the next check that a decision asked for, and the polls of those
whose runs are under way. Nothing sleeps in a look.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked
from campaign_operator.engine.ports import Clock

LONGEST_SECONDS = 3600.0
"""No alarm is trusted for longer: nothing tells of a Secret or a calendar that has changed."""

CLOCKS_COMPARED_SECONDS = 30.0
"""How often it is looked whether the wall clock was set, or the loop's clock stood still in a suspended machine."""

POLLED_AT_ONCE = 100
"""How many campaigns are polled as soon as they begin to run. The first poll of one beyond them comes a period later:
of a thousand that begin together, some would else be seen to run only after the polls of the others. It is the same
moment for all, since a campaign that joins the shared analytics by itself makes the dialer answer for all once more.
"""

MOST_DRIFT_SECONDS = 1.0
"""How far the two may have come apart since the last look before the alarms are set anew."""


class LoopAlarms:
    """ports.Alarms on the event loop: calls `wake` for a campaign at the set time."""

    def __init__(self, clock: Clock, wake: Callable[[CampaignRef, Asked], None], poll_seconds: float) -> None:
        self._clock = clock
        self._wake = wake
        self._poll_seconds = poll_seconds
        self._moments: dict[CampaignRef, datetime] = {}
        self._handles: dict[CampaignRef, asyncio.TimerHandle] = {}
        self._polls: dict[CampaignRef, asyncio.TimerHandle] = {}
        self._comparison: asyncio.TimerHandle | None = None
        self._compared = clock.now(), clock.monotonic()

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        """See ports.Alarms."""
        self.set_in(ref, (moment - self._clock.now()).total_seconds())
        self._moments[ref] = moment
        if self._comparison is None:
            self._compare_later()

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        """See ports.Alarms."""
        self.clear(ref)
        delay = min(max(seconds, 0.0), LONGEST_SECONDS)
        self._handles[ref] = asyncio.get_running_loop().call_later(delay, self._ring, ref)

    def clear(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        self._moments.pop(ref, None)
        handle = self._handles.pop(ref, None)
        if handle is not None:
            handle.cancel()

    def poll(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        if ref in self._polls:
            return
        if len(self._polls) < POLLED_AT_ONCE:
            self._ring_for_poll(ref)
        else:
            self._polls[ref] = asyncio.get_running_loop().call_later(self._poll_seconds, self._ring_for_poll, ref)

    def poll_no_more(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        handle = self._polls.pop(ref, None)
        if handle is not None:
            handle.cancel()

    def close(self) -> None:
        """Ring no more."""
        for ref in list(self._handles):
            self.clear(ref)
        for ref in list(self._polls):
            self.poll_no_more(ref)
        if self._comparison is not None:
            self._comparison.cancel()

    def _ring(self, ref: CampaignRef) -> None:
        moment = self._moments.get(ref)
        self.clear(ref)
        late = (self._clock.now() - moment).total_seconds() if moment is not None else -1.0
        # one that rings early, since no alarm is trusted for longer, is not late
        self._wake(ref, Asked(check=True, due_at=asyncio.get_running_loop().time() - late if late >= 0 else None))

    def _ring_for_poll(self, ref: CampaignRef) -> None:
        self._polls[ref] = asyncio.get_running_loop().call_later(self._poll_seconds, self._ring_for_poll, ref)
        self._wake(ref, Asked(poll=True))

    def _compare_later(self) -> None:
        self._compared = self._clock.now(), self._clock.monotonic()
        self._comparison = asyncio.get_running_loop().call_later(CLOCKS_COMPARED_SECONDS, self._compare)

    def _compare(self) -> None:
        wall, monotonic = self._compared
        drift = (self._clock.now() - wall).total_seconds() - (self._clock.monotonic() - monotonic)
        self._comparison = None
        if not self._moments:
            return
        self._compare_later()
        if abs(drift) > MOST_DRIFT_SECONDS:
            for ref, moment in list(self._moments.items()):
                self.set(ref, moment)
