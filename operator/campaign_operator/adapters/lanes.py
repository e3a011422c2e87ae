"""Lanes: connection pools that share nothing, each with a bound on how many requests are out at once.

A pool's cost per request grows with its connections and its waiters, and a destination that never answers
fills its pool; so each connection to a dialer, each token endpoint and each receiver has a lane to itself. A
lane that nobody has used for a while is closed, and with it the sockets that servers have long given up.
Sends nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpcore


class Lanes:
    """Opens lanes, `width` places wide, as they are asked for; closes one unused for `idle_seconds`."""

    def __init__(self, open_pool: Callable[[], httpcore.AsyncConnectionPool], width: int, idle_seconds: float) -> None:
        self._open_pool = open_pool
        self._width = width
        self._idle_seconds = idle_seconds
        self._lanes: dict[str, _Lane] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """Wait for a place in the lane; the pool may be used for one request until the context is left."""
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(self._open_pool(), self._width)
        lane.enter()
        try:
            async with lane.places:
                yield lane.pool
        finally:
            if lane.leave():
                lane.retirement = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, name)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.stay()
            await lane.pool.aclose()
        for task in tuple(self._closing):
            await task

    def _retire(self, name: str) -> None:
        lane = self._lanes.pop(name, None)
        if lane is not None:
            task = asyncio.get_running_loop().create_task(lane.pool.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Lane:
    def __init__(self, pool: httpcore.AsyncConnectionPool, width: int) -> None:
        self.pool = pool
        self.places = asyncio.Semaphore(width)
        self.retirement: asyncio.TimerHandle | None = None
        self._users = 0

    def enter(self) -> None:
        self._users += 1
        self.stay()

    def leave(self) -> bool:
        """Whether nobody is left."""
        self._users -= 1
        return self._users == 0

    def stay(self) -> None:
        if self.retirement is not None:
            self.retirement.cancel()
            self.retirement = None
