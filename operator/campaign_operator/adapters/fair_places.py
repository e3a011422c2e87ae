"""Places that several owners share: a bound for all, a smaller one for each, and turns for those who wait.

Owns the bounds. An owner is a namespace, as a rule: whoever may create things in one must not be able to take what
others need. Knows nothing of what is done in a place.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairPlaces:
    """At most `share` places at once for one owner, and at most `total` for all; None: as many as there are owners.

    Those who wait are served owner by owner, so that an owner with a thousand waiting gets no more turns than one with
    one. Within an owner: first come, first served.
    """

    def __init__(self, *, share: int, total: int | None = None) -> None:
        self._share = share
        self._total = total
        self._taken: Counter[str] = Counter()
        # In the order of turns: who was served last is at the end.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def take(self, owner: str) -> AsyncIterator[None]:
        """Wait for a place, and hold it until the context is left."""
        if self._has_room(owner):
            self._taken[owner] += 1
        else:
            await self._turn(owner)
        try:
            yield
        finally:
            self._leave(owner)

    def _has_room(self, owner: str) -> bool:
        return self._taken[owner] < self._share and (self._total is None or self._taken.total() < self._total)

    async def _turn(self, owner: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was handed over just now
                self._leave(owner)
            raise

    def _leave(self, owner: str) -> None:
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]
        for each in tuple(self._waiting):
            if self._has_room(each) and self._handed_over(each):
                return

    def _handed_over(self, owner: str) -> bool:
        """Whether somebody of this owner still waited and has the place now."""
        waiting = self._waiting.pop(owner)
        while waiting:
            turn = waiting.popleft()
            if turn.cancelled():
                continue
            if waiting:
                self._waiting[owner] = waiting  # at the end of the row
            self._taken[owner] += 1
            turn.set_result(None)
            return True
        return False
