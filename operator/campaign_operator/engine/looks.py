"""Who is looked at, and when: one task for each campaign that is to be looked at, and never two.

Owns that a look which was asked for takes place, and that what is asked for while one is under way makes one more and
no queue. What a look does is the reconciler's business.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass

from campaign_operator.domain.campaigns.campaign import CampaignRef


@dataclass(frozen=True, slots=True)
class Asked:
    """Why a campaign is looked at: several reasons make one look."""

    poll: bool = False
    """Whether its calls are to be counted."""

    check: bool = False
    """Whether something is due, or has changed outside the resource."""

    version: str | None = None
    """The resourceVersion that a watch has told of last; None where it has told nothing."""

    def and_also(self, later: "Asked") -> "Asked":
        """What both ask for."""
        return Asked(self.poll or later.poll, self.check or later.check, later.version or self.version)


class Looks:
    """Calls `look` for campaigns, each in a task of its own."""

    def __init__(self) -> None:
        self._look: Callable[[CampaignRef, Asked], Awaitable[None]] | None = None
        self._asked: dict[CampaignRef, Asked] = {}
        self._tasks: dict[CampaignRef, asyncio.Task[None]] = {}
        self._ends = False

    def on_look(self, look: Callable[[CampaignRef, Asked], Awaitable[None]]) -> None:
        """From now on a look is a call of `look`, which raises nothing."""
        self._look = look

    def ask(self, ref: CampaignRef, asked: Asked) -> None:
        """Look at the campaign now, or once more after the look that is under way. Returns at once."""
        earlier = self._asked.get(ref)
        self._asked[ref] = asked if earlier is None else earlier.and_also(asked)
        if ref not in self._tasks and not self._ends:
            # in an empty context: that of the caller may hold a whole resource for as long as this task lives
            task = asyncio.get_running_loop().create_task(self._look_at(ref), context=Context())
            self._tasks[ref] = task

    def under_way(self) -> int:
        """How many campaigns are being looked at."""
        return len(self._tasks)

    async def _look_at(self, ref: CampaignRef) -> None:
        try:
            while self._look is not None and ref in self._asked and not self._ends:
                await self._look(ref, self._asked.pop(ref))
        finally:
            del self._tasks[ref]

    async def close(self, patience_seconds: float) -> None:
        """Begin no more looks; let those under way end, then cancel them."""
        self._ends = True
        under_way = list(self._tasks.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
