"""Work in short steps, so that the event loop belongs to everybody.

Owns whose step is taken next, and how much of the time is left to others. A step must be a few milliseconds long;
whoever gives the steps sees to that.
"""

import asyncio
import time
from collections.abc import Callable, Iterator

_OVER = object()


class ShortSteps:
    """Takes the steps of all that share it one at a time, and after each rests as long as it took: however many work,
    half of the time is left to every other task. Who asks first goes first, so that short work is soon done beside long
    work.

    `cpu_seconds`: what this thread has used.
    """

    def __init__(self, cpu_seconds: Callable[[], float] = time.thread_time) -> None:
        self._cpu_seconds = cpu_seconds
        self._one_at_a_time = asyncio.Lock()

    async def take(self, steps: Iterator[None]) -> bool:
        """Take the next one; False if there was none."""
        async with self._one_at_a_time:
            begun = self._cpu_seconds()
            taken = next(steps, _OVER) is not _OVER
            await asyncio.sleep(self._cpu_seconds() - begun)
        return taken

    async def take_all(self, steps: Iterator[None]) -> None:
        """Take one after another, to the end."""
        while await self.take(steps):
            pass
