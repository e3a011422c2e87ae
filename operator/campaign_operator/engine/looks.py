"""Who is looked at, and when: one task for each campaign that is being looked at, and never two.

Owns that a look which was asked for takes place, that what is asked for while one is under way makes one more and no
queue, and that only so many are at work at once. What a look does is the reconciler's business.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field

from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.places import LookBounds, Place, Places
from campaign_operator.engine.turns import Turns
from campaign_operator.observability import metrics


class Listed:
    """A campaign as a list has it, for one look. It is let go of when it is taken: a look may last for minutes, and the
    resource may be a megabyte.
    """

    def __init__(self, read: Callable[[], Campaign | None]) -> None:
        self._read: Callable[[], Campaign | None] | None = read

    def take(self) -> Campaign | None:
        """The campaign, once; None where it cannot be used."""
        read, self._read = self._read, None
        return None if read is None else read()


@dataclass(frozen=True, slots=True)
class Asked:
    """Why a campaign is looked at: several reasons make one look."""

    poll: bool = False
    """Whether its calls are to be counted."""

    check: bool = False
    """Whether something is due, or has changed outside the resource."""

    version: str | None = None
    """The resourceVersion that a watch has told of last; None where it has told nothing."""

    listed: Listed | None = None
    """The campaign at that version, where nothing else is asked for: what may be older than another reason is not used.
    """

    due_at: float | None = field(default=None, compare=False)
    """When what is due was due, by the event loop's clock; None where nothing was due at a moment."""

    def and_also(self, later: "Asked") -> "Asked":
        """What both ask for."""
        due_at = min((due for due in (self.due_at, later.due_at) if due is not None), default=None)
        return Asked(self.poll or later.poll, self.check or later.check, later.version or self.version, due_at=due_at)


class Looks:
    """Calls `look` for campaigns, each in a task of its own, within `bounds`."""

    def __init__(self, bounds: LookBounds | None = None) -> None:
        self._look: Callable[[CampaignRef, Asked], Awaitable[None]] | None = None
        self._asked: dict[CampaignRef, Asked] = {}
        self._turns = Turns()
        self._places = Places(bounds or LookBounds(), self._begin_soon)
        self._tasks: dict[CampaignRef, asyncio.Task[None]] = {}
        self._will_begin = False
        self._ends = False
        self.calm = asyncio.Event()
        """Set while nobody waits for a turn."""

        self.calm.set()

    def on_look(self, look: Callable[[CampaignRef, Asked], Awaitable[None]]) -> None:
        """From now on a look is a call of `look`, which raises nothing."""
        self._look = look

    def ask(self, ref: CampaignRef, asked: Asked) -> None:
        """Look at the campaign when it has its turn, or once more after the look that is under way. Returns at once."""
        earlier = self._asked.get(ref)
        self._asked[ref] = asked if earlier is None else earlier.and_also(asked)
        if ref not in self._tasks:
            self._wait_for_turn(ref)
            self._begin_soon()

    def under_way(self) -> int:
        """How many campaigns are being looked at."""
        return len(self._tasks)

    def waiting(self) -> int:
        """How many campaigns wait for their turn."""
        return len(self._turns)

    def _wait_for_turn(self, ref: CampaignRef) -> None:
        self.calm.clear()
        asked = self._asked[ref]
        self._turns.put(ref, due=asked.poll or asked.check)

    def _begin_soon(self) -> None:
        """Not at once: a look that has its answer without waiting is at work again by then."""
        if not self._will_begin:
            self._will_begin = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._will_begin = False
        while not self._ends and (ref := self._turns.take(self._places.has_room)) is not None:
            # in an empty context: that of the caller may hold a whole resource for as long as this task lives
            look = self._look_at(ref, self._places.begin(ref.namespace))
            self._tasks[ref] = asyncio.get_running_loop().create_task(look, context=Context())
        if not self._turns:
            self.calm.set()

    async def _look_at(self, ref: CampaignRef, place: Place) -> None:
        place.hold()
        try:
            if self._look is not None:
                self._measure(self._asked[ref])
                await self._look(ref, self._asked.pop(ref))
        finally:
            del self._tasks[ref]
            if ref in self._asked:
                self._wait_for_turn(ref)
            place.end()

    def _measure(self, asked: Asked) -> None:
        if asked.due_at is not None:
            metrics.alarm_lateness.observe(asyncio.get_running_loop().time() - asked.due_at)

    async def close(self, patience_seconds: float) -> None:
        """Begin no more looks; let those under way end, then cancel them."""
        self._ends = True
        under_way = list(self._tasks.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
