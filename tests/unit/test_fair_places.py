"""Places are bounded for all and for each owner, and those who wait have turns by owner."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from campaign_operator.adapters.fair_places import FairPlaces


class Visits:
    """Whoever takes a place stays until told to leave."""

    def __init__(self, places: FairPlaces) -> None:
        self._places = places
        self.leave: dict[str, asyncio.Event] = {}
        self.inside: list[str] = []
        self.came: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, *names: str) -> None:
        """Names are such as `a1`: the owner and a number."""
        for name in names:
            self.leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._visit(name))
        await settled()

    async def end(self, name: str) -> None:
        self.leave[name].set()
        await settled()

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        await settled()

    async def end_all(self) -> None:
        for leave in self.leave.values():
            leave.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _visit(self, name: str) -> None:
        async with self._places.take(name[0]):
            self.inside.append(name)
            self.came.append(name)
            try:
                await self.leave[name].wait()
            finally:
                self.inside.remove(name)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_owner_has_no_more_places_than_its_share() -> None:
    visits = Visits(FairPlaces(share=2, total=3))
    await visits.begin("a1", "a2", "a3", "b1")
    assert visits.inside == ["a1", "a2", "b1"]
    await visits.end_all()


async def test_all_together_have_no_more_places_than_there_are() -> None:
    visits = Visits(FairPlaces(share=1, total=2))
    await visits.begin("a1", "b1", "c1")
    assert visits.inside == ["a1", "b1"]
    await visits.end("a1")
    assert visits.inside == ["b1", "c1"]
    await visits.end_all()


async def test_without_a_total_only_the_shares_bound() -> None:
    visits = Visits(FairPlaces(share=1))
    await visits.begin(*(f"{owner}{number}" for owner in "abcdefgh" for number in range(3)))
    assert visits.inside == [f"{owner}0" for owner in "abcdefgh"]
    await visits.end_all()


async def test_an_owner_with_many_waiting_gets_no_more_turns_than_one_with_one() -> None:
    visits = Visits(FairPlaces(share=1, total=1))
    await visits.begin("a1", *(f"a{number}" for number in range(2, 9)), "b1", "c1")
    for _ in range(4):
        await visits.end(visits.inside[0])
    assert visits.came == ["a1", "a2", "b1", "c1", "a3"]
    await visits.end_all()


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    visits = Visits(FairPlaces(share=1, total=1))
    await visits.begin("a1", "b1", "b2", "c1")
    await visits.cancel("b1")
    await visits.end("a1")
    assert visits.inside == ["b2"]
    await visits.end_all()


async def test_a_place_that_was_handed_to_somebody_who_gave_up_goes_to_the_next() -> None:
    visits = Visits(FairPlaces(share=1, total=1))
    await visits.begin("a1", "b1", "c1")
    visits.leave["a1"].set()
    await asyncio.sleep(0)  # a1 leaves, and b1 has its turn but has not run yet
    await visits.cancel("b1")
    assert visits.inside == ["c1"]
    await visits.end_all()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["begin", "end", "cancel"])), max_size=60))
def test_whatever_comes_and_goes_no_place_is_lost_and_none_is_given_twice(deeds: list[tuple[str, str]]) -> None:
    async def play() -> None:
        visits = Visits(FairPlaces(share=2, total=3))
        for number, (owner, deed) in enumerate(deeds):
            alive = [name for name, task in visits.tasks.items() if name[0] == owner and not task.done()]
            if deed == "begin":
                await visits.begin(f"{owner}{number}")
            elif alive:
                await (visits.end(alive[0]) if deed == "end" else visits.cancel(alive[-1]))
            counts = Counter(name[0] for name in visits.inside)
            assert counts.total() <= 3
            assert max(counts.values(), default=0) <= 2
            waiting = Counter(name[0] for name, task in visits.tasks.items() if not task.done()) - counts
            assert counts.total() == 3 or all(counts[name] == 2 for name in waiting), (
                "a place is free and somebody waits"
            )
        await visits.end_all()
        assert not visits.inside

    asyncio.run(play())
