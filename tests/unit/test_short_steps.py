"""Long work in short steps leaves the event loop to others."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

from campaign_operator.adapters.short_steps import ShortSteps


async def test_whoever_asks_first_has_his_step_first_and_short_work_is_soon_done() -> None:
    taken: list[str] = []

    def work(name: str, count: int) -> Iterator[None]:
        for _ in range(count):
            taken.append(name)
            yield

    steps = ShortSteps()
    await asyncio.gather(*(steps.take_all(work(name, count)) for name, count in (("a", 9), ("b", 9), ("c", 1))))
    assert taken[:4] == ["a", "b", "c", "a"]
    assert len(taken) == 19


async def test_half_of_the_time_is_left_to_others_however_many_work() -> None:
    used = 0.0

    def work() -> Iterator[None]:
        nonlocal used
        for _ in range(5):
            used += 0.01
            yield

    steps = ShortSteps(lambda: used)
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(steps.take_all(work()) for _ in range(4)))
    assert asyncio.get_running_loop().time() - begun >= used > 0.19


async def test_another_task_has_its_turn_after_each_step() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    seen: list[int] = []

    def work() -> Iterator[None]:
        for _ in range(50):
            seen.append(turns)
            yield

    task = asyncio.create_task(others())
    await ShortSteps(lambda: 0.0).take_all(work())
    task.cancel()
    assert all(before < after for before, after in pairwise(seen[1:]))
