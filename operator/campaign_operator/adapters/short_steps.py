"""Work in short steps, so that the event loop belongs to everybody.

Owns whose step is taken next. A step must be a few milliseconds long; whoever gives the steps sees to that.
"""

import asyncio
from collections.abc import Iterator

_OVER = object()


class ShortSteps:
    """Takes the steps of all that share it one at a time: however many work, every other task has its turn after one
    step. Who asks first goes first, so that short work is soon done beside long work.
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def take(self, steps: Iterator[None]) -> bool:
        """Take the next one; False if there was none."""
        async with self._one_at_a_time:
            taken = next(steps, _OVER) is not _OVER
        await asyncio.sleep(0)
        return taken

    async def take_all(self, steps: Iterator[None]) -> None:
        """Take one after another, to the end."""
        while await self.take(steps):
            pass
