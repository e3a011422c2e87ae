"""One alarm for each campaign: the next check that a decision asked for. Nothing sleeps in a handler."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.ports import Clock

LONGEST_SECONDS = 3600.0
"""The wall clock may be set while the loop's clock runs on, so no alarm is trusted for longer."""


class LoopAlarms:
    """ports.Alarms on the event loop: calls `wake` for a campaign at the set time, in a task of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake: Callable[[CampaignRef], Awaitable[None]] | None = None
        self._handles: dict[CampaignRef, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def on_alarm(self, wake: Callable[[CampaignRef], Awaitable[None]]) -> None:
        """From now on alarms call `wake`."""
        self._wake = wake

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        """See ports.Alarms."""
        self.set_in(ref, (moment - self._clock.now()).total_seconds())

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        """See ports.Alarms."""
        self.clear(ref)
        delay = min(max(seconds, 0.0), LONGEST_SECONDS)
        self._handles[ref] = asyncio.get_running_loop().call_later(delay, self._fire, ref)

    def clear(self, ref: CampaignRef) -> None:
        """See ports.Alarms."""
        handle = self._handles.pop(ref, None)
        if handle is not None:
            handle.cancel()

    def fire_now(self, ref: CampaignRef) -> None:
        """Call at once, beside the alarm that is set: a look that is under way would set that anew, and the call be
        lost.
        """
        self._call_in_a_task(ref)

    def _fire(self, ref: CampaignRef) -> None:
        self._handles.pop(ref, None)
        self._call_in_a_task(ref)

    def _call_in_a_task(self, ref: CampaignRef) -> None:
        task = asyncio.ensure_future(self._call(ref))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, ref: CampaignRef) -> None:
        if self._wake is not None:
            await self._wake(ref)

    async def close(self, patience_seconds: float) -> None:
        """Set no more alarms; let those that fire end, then cancel them."""
        for ref in list(self._handles):
            self.clear(ref)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience_seconds)
            for task in late:
                task.cancel()
