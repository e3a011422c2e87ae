"""Host names to addresses, in threads of their own that owners share.

`getaddrinfo` blocks for as long as somebody else's name server pleases, and nothing can end it. In the event loop's own
few threads, a handful of names that never answer would stop name resolution for everyone. Here an owner, such as a
namespace, has a few threads at most, a name takes one thread however many connections wait for it, and one that failed
is not looked up again at once. Owns the lookup; does not judge the addresses.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from campaign_operator.adapters.fair_places import FairPlaces

ResolveName = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""(host, port) -> addresses in the order to be tried, as text, zone id included. Raises OSError."""

FAILURE_REMEMBERED_SECONDS = 30.0

_THREADS = 64
_THREADS_OF_AN_OWNER = 4


class _Name(NamedTuple):
    """Not without the owner: whoever waits behind a hundred names of his own must not have others wait with him."""

    owner: str
    host: str
    port: int


@dataclass(eq=False, slots=True)
class _Lookup:
    task: asyncio.Task[tuple[str, ...]]
    waiters: int = 0
    begun: bool = False


class SystemResolver:
    """The machine's own resolver. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")
        self._places = FairPlaces(share=_THREADS_OF_AN_OWNER, total=_THREADS)
        self._lookups: dict[_Name, _Lookup] = {}
        # Until when, and what was said; those that are forgotten first come first.
        self._failed: dict[_Name, tuple[float, OSError]] = {}

    def of(self, owner: str) -> ResolveName:
        """Looks names up in the threads of this owner."""
        return partial(self._resolve, owner)

    async def _resolve(self, owner: str, host: str, port: int) -> tuple[str, ...]:
        """All addresses of a host. A caller who gives up leaves the lookup to the others who wait for it."""
        name = _Name(owner, host, port)
        self._forget_failures()
        if name in self._failed:
            _, error = self._failed[name]
            raise type(error)(*error.args)
        lookup = self._lookups.get(name)
        if lookup is None:
            lookup = self._lookups[name] = _Lookup(asyncio.create_task(self._look_up(name), name="resolver"))
            lookup.task.add_done_callback(_seen)
        lookup.waiters += 1
        try:
            return await asyncio.shield(lookup.task)
        finally:
            lookup.waiters -= 1
            if not lookup.waiters and not lookup.begun:
                lookup.task.cancel()  # it still waits for a thread, and nobody waits for it

    def close(self) -> None:
        """Let go of the threads; one that is still waiting for a name server ends when that answers."""
        for lookup in self._lookups.values():
            lookup.task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, name: _Name) -> tuple[str, ...]:
        try:
            async with self._places.take(name.owner):
                self._lookups[name].begun = True
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, _addresses, name.host, name.port)
        except OSError as error:
            self._failed[name] = self._monotonic() + FAILURE_REMEMBERED_SECONDS, error
            raise
        finally:
            del self._lookups[name]

    def _forget_failures(self) -> None:
        now = self._monotonic()
        for name, (until, _) in tuple(self._failed.items()):
            if now < until:
                return
            del self._failed[name]


def _seen(task: asyncio.Task[tuple[str, ...]]) -> None:
    """Or asyncio complains of an exception where every waiter has gone."""
    if not task.cancelled():
        task.exception()


def _addresses(host: str, port: int) -> tuple[str, ...]:
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
