"""Host names to addresses, in threads of their own.

`getaddrinfo` blocks for as long as somebody else's name server pleases. In the event loop's own few threads,
a handful of names that never answer would stop name resolution for everyone; here they stop at most this
resolver's threads, and a name takes one thread however many connections wait for it. Owns the lookup; does
not judge the addresses.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

ResolveName = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""(host, port) -> addresses in the order to be tried, as text, zone id included. Raises OSError."""

_THREADS = 16


class SystemResolver:
    """The machine's own resolver (a `Resolve`)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")
        self._lookups: dict[tuple[str, int], asyncio.Future[tuple[str, ...]]] = {}

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """All addresses of a host. A caller who gives up leaves the lookup to the others who wait for it."""
        key = (host, port)
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._lookups[key] = lookup
            lookup.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(lookup)

    def close(self) -> None:
        """Let go of the threads; one that is still waiting for a name server ends when that answers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _over(self, key: tuple[str, int], lookup: asyncio.Future[tuple[str, ...]]) -> None:
        del self._lookups[key]
        if not lookup.cancelled():
            lookup.exception()  # or asyncio complains where every waiter has gone


def _look_up(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    addresses = []
    for _family, _type, _protocol, _name, place in found:
        text = str(place[0])
        scope = place[3] if len(place) == 4 else 0
        addresses.append(f"{text}%{scope}" if scope and "%" not in text else text)
    return tuple(dict.fromkeys(addresses))
