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
"""The wall clock may be set while the loop's clock runs on, so no alarm is trusted for longer."""


class LoopAlarms:
    """ports.Alarms on the event loop: calls `wake` for a campaign at the set time."""

    def __init__(self, clock: Clock, wake: Callable[[CampaignRef, Asked], None], poll_seconds: float) -> None:
        self._clock = clock
        self._wake = wake
        self._poll_seconds = poll_seconds
        self._handles: dict[CampaignRef, asyncio.TimerHandle] = {}
        self._polls: dict[CampaignRef, asyncio.TimerHandle] = {}

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        """See ports.Alarms."""
        self.set_in(ref, (moment - self._clock.now()).total_seconds())

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        """See ports.Alarms."""
        self.clear(ref)
        delay = min(max(seconds, 0.0), LONGEST_SECONDS)
        self._handles[ref] = asyncio.get_running_loop().call_later(delay, self._ring, ref)

    def clear(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        handle = self._handles.pop(ref, None)
        if handle is not None:
            handle.cancel()

    def poll(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        if ref not in self._polls:
            self._ring_for_poll(ref)

    def poll_no_more(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        handle = self._polls.pop(ref, None)
        if handle is not None:
            handle.cancel()

    def close(self) -> None:
        """Ring no more."""
        for handles in (self._handles, self._polls):
            for handle in handles.values():
                handle.cancel()
            handles.clear()

    def _ring(self, ref: CampaignRef) -> None:
        del self._handles[ref]
        self._wake(ref, Asked(check=True))

    def _ring_for_poll(self, ref: CampaignRef) -> None:
        self._polls[ref] = asyncio.get_running_loop().call_later(self._poll_seconds, self._ring_for_poll, ref)
        self._wake(ref, Asked(poll=True))
