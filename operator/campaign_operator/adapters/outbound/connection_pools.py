"""Pools: connections that are shared by some requests and no others, with a bound on how many are out at once.

A destination that never answers fills its pool and holds up nobody else; so each connection to a dialer, each token
endpoint and each receiver has a pool to itself. A pool that nobody has used for a while is closed, and with it the
sockets that servers have long given up. Sends nothing.

Not httpcore's pool: that loses track of a connection whose request is cancelled at the wrong moment (a deadline is a
cancellation) and keeps it open for ever, and its work for a request grows with its connections. Here whoever takes
a connection gives it back, whatever happens, and one that is not fit for another request is closed at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpcore

OpenConnection = Callable[[httpcore.Origin, str], httpcore.AsyncConnectionInterface]
"""(origin, owner) -> a connection that is not connected yet; see Egress."""


class ConnectionPools:
    """Opens pools by name as they are asked for.

    A pool is `width` places wide, keeps connections for later requests if `keep_alive`, and is closed when it was
    unused for `idle_seconds`.
    """

    def __init__(self, open_connection: OpenConnection, *, width: int, keep_alive: bool, idle_seconds: float) -> None:
        self._open_connection = open_connection
        self._width = width
        self._keep_alive = keep_alive
        self._idle_seconds = idle_seconds
        self._pools: dict[str, _Pool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def connection(
        self, name: str, origin: httpcore.Origin, owner: str
    ) -> AsyncIterator[httpcore.AsyncConnectionInterface]:
        """Wait for a place in the pool; the connection is good for one request, until the context is left."""
        pool = self._pools.get(name)
        if pool is None:
            pool = self._pools[name] = _Pool(self._width)
        pool.enter()
        try:
            async with pool.places:
                connection = await pool.take(origin) or self._open_connection(origin, owner)
                pool.in_use.add(connection)
                try:
                    yield connection
                finally:
                    await pool.give_back(connection, keep=self._keep_alive)
        finally:
            if pool.leave():
                pool.retirement = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, name)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.stay()
            await pool.aclose()
        for task in tuple(self._closing):
            await task

    def _retire(self, name: str) -> None:
        pool = self._pools.pop(name, None)
        if pool is not None:
            task = asyncio.get_running_loop().create_task(pool.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Pool:
    def __init__(self, width: int) -> None:
        self.places = asyncio.Semaphore(width)
        self.in_use: set[httpcore.AsyncConnectionInterface] = set()
        self.retirement: asyncio.TimerHandle | None = None
        self._kept: list[httpcore.AsyncConnectionInterface] = []
        self._users = 0
        self._closed = False

    async def take(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface | None:
        """The connection to `origin` used last, if one is still good; those that are not are closed."""
        kept, self._kept = self._kept, []
        expired = [connection for connection in kept if connection.has_expired()]
        self._kept = [connection for connection in kept if connection not in expired]
        fitting = [connection for connection in self._kept if connection.can_handle_request(origin)]
        if fitting:
            self._kept.remove(fitting[-1])
        for connection in expired:
            await connection.aclose()
        return fitting[-1] if fitting else None

    async def give_back(self, connection: httpcore.AsyncConnectionInterface, *, keep: bool) -> None:
        self.in_use.discard(connection)
        if keep and not self._closed and connection.is_available():
            self._kept.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        self._closed = True
        kept, self._kept = self._kept, []
        for connection in (*kept, *self.in_use):
            await connection.aclose()

    def enter(self) -> None:
        self._users += 1
        self.stay()

    def leave(self) -> bool:
        """Whether nobody is left."""
        self._users -= 1
        return self._users == 0 and not self._closed

    def stay(self) -> None:
        if self.retirement is not None:
            self.retirement.cancel()
            self.retirement = None
