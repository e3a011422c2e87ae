"""Which looks take place: one at a time for each campaign, so many at once, and none that was asked for is lost."""

import asyncio
from collections import Counter
from contextvars import ContextVar

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.places import LookBounds, waiting_outside

ONE, OTHER = CampaignRef("sales", "one"), CampaignRef("sales", "other")
CHECK, TOLD = Asked(check=True), Asked(version="1")


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Watched:
    """Looks that last until they are let go on, and a record of them."""

    def __init__(self, bounds: LookBounds | None = None) -> None:
        self.begun: list[tuple[CampaignRef, Asked]] = []
        self.ended = 0
        self.gate = asyncio.Event()
        self.looks = Looks(bounds)
        self.looks.on_look(self.look)

    async def look(self, ref: CampaignRef, asked: Asked) -> None:
        self.begun.append((ref, asked))
        await self.gate.wait()
        self.ended += 1


async def test_a_thousand_events_during_a_look_make_one_more_look() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await settled()
    for version in range(1000):
        seen.looks.ask(ONE, Asked(version=str(version)))
    await settled()
    assert seen.begun == [(ONE, CHECK)]
    seen.gate.set()
    await settled()
    assert seen.begun == [(ONE, CHECK), (ONE, Asked(version="999"))]


async def test_it_is_calm_while_nobody_waits_for_a_turn() -> None:
    seen = Watched(LookBounds(at_work=1))
    assert seen.looks.calm.is_set()
    seen.looks.ask(ONE, CHECK)
    await settled()
    assert seen.looks.calm.is_set()
    seen.looks.ask(OTHER, CHECK)
    await settled()
    assert not seen.looks.calm.is_set()
    seen.gate.set()
    await settled()
    assert seen.looks.calm.is_set()


async def test_what_is_asked_for_twice_before_a_look_begins_is_one_look_for_both_reasons() -> None:
    seen = Watched()
    seen.looks.ask(ONE, Asked(version="7"))
    seen.looks.ask(ONE, Asked(poll=True))
    seen.looks.ask(ONE, CHECK)
    await settled()
    assert seen.begun == [(ONE, Asked(poll=True, check=True, version="7"))]


async def test_a_look_holds_up_no_other_campaign() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await settled()
    seen.looks.ask(OTHER, CHECK)
    await settled()
    assert [ref for ref, _ in seen.begun] == [ONE, OTHER]


async def test_a_look_keeps_nothing_of_the_context_that_asked_for_it() -> None:
    """kopf's holds the whole resource, and an alarm that the look sets would hold it until it rings."""
    body: ContextVar[str] = ContextVar("body", default="nothing")
    body.set("a megabyte")
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def look(_: CampaignRef, __: Asked) -> None:
        found.set_result(body.get())

    looks = Looks()
    looks.on_look(look)
    looks.ask(ONE, CHECK)
    assert await found == "nothing"


async def test_at_the_end_nothing_begins_and_what_is_under_way_ends() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await settled()
    closing = asyncio.create_task(seen.looks.close(60))
    await settled()
    seen.looks.ask(ONE, CHECK)
    seen.looks.ask(OTHER, CHECK)
    await settled()
    assert not closing.done()
    seen.gate.set()
    await closing
    assert (seen.begun, seen.ended) == ([(ONE, CHECK)], 1)


async def test_what_is_under_way_for_too_long_is_cancelled() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await settled()
    await seen.looks.close(0)
    assert (len(seen.begun), seen.ended) == (1, 0)


class Workers:
    """Looks that do as they are told: work, wait for somebody outside, go on, or end."""

    def __init__(self, bounds: LookBounds) -> None:
        self.looks = Looks(bounds)
        self.looks.on_look(self._look)
        self.came: list[str] = []
        self.owed: set[str] = set()
        self._bounds = bounds
        self._orders: dict[str, asyncio.Queue[str]] = {}
        self._waits_for: Counter[str] = Counter()

    async def ask(self, *names: str, asked: Asked = TOLD) -> None:
        """Names are such as `a1`: the namespace and a number."""
        for name in names:
            self.owed.add(name)
            self.looks.ask(CampaignRef(name[0], name), asked)
        await settled()

    def has_room(self, name: str) -> bool:
        """Whether a look at it may begin: none is under way, and there are not too many."""
        at_work, waiting = Counter(each[0] for each in self.at_work), Counter(each[0] for each in self.waits)
        return (
            name not in self._orders
            and at_work.total() < self._bounds.at_work
            and at_work[name[0]] < self._bounds.at_work_of_one
            and at_work[name[0]] + waiting[name[0]] < self._bounds.under_way_of_one
        )

    async def tell(self, name: str, *orders: str) -> None:
        for order in orders:
            self._orders[name].put_nowait(order)
        await settled()

    async def end_all(self) -> None:
        while self._orders:
            for name in list(self._orders):
                await self.tell(name, "end")

    async def _look(self, ref: CampaignRef, _: Asked) -> None:
        assert self.has_room(ref.name)
        orders = self._orders[ref.name] = asyncio.Queue()
        self.owed.discard(ref.name)
        self.came.append(ref.name)
        try:
            while (order := await orders.get()) != "end":
                if order == "wait":
                    await self._wait(ref.name, orders)
                elif order == "send three":
                    await asyncio.gather(*(self._wait(ref.name, orders) for _ in range(3)))
        finally:
            del self._orders[ref.name]

    async def _wait(self, name: str, orders: asyncio.Queue[str]) -> None:
        with waiting_outside():
            self._waits_for[name] += 1
            await orders.get()
        self._waits_for[name] -= 1

    @property
    def waits(self) -> set[str]:
        """Those of which something waits for somebody outside."""
        return {name for name in self._orders if self._waits_for[name]}

    @property
    def at_work(self) -> set[str]:
        """All others that have begun."""
        return set(self._orders) - self.waits


async def test_only_so_many_of_a_namespace_and_of_all_are_at_work() -> None:
    workers = Workers(LookBounds(at_work=3, at_work_of_one=2))
    await workers.ask("a1", "a2", "a3", "b1", "b2")
    assert workers.at_work == {"a1", "a2", "b1"}
    assert (workers.looks.under_way(), workers.looks.waiting()) == (3, 2)
    await workers.tell("b1", "end")
    assert workers.at_work == {"a1", "a2", "b2"}
    await workers.end_all()
    assert workers.came == ["a1", "b1", "a2", "b2", "a3"]
    assert (workers.looks.under_way(), workers.looks.waiting()) == (0, 0)


async def test_what_is_due_waits_for_one_change_at_most_and_not_for_all_that_came_before() -> None:
    workers = Workers(LookBounds(at_work=1))
    await workers.ask("a1", "a2", "a3", "a4")
    await workers.ask("a5", asked=Asked(poll=True))
    await workers.ask("a6", asked=CHECK)
    await workers.end_all()
    assert workers.came == ["a1", "a2", "a5", "a3", "a6", "a4"]


async def test_a_look_that_waits_for_somebody_outside_makes_room_for_another() -> None:
    workers = Workers(LookBounds(at_work=1))
    await workers.ask("a1", "a2", "a3")
    await workers.tell("a1", "wait")
    assert (workers.at_work, workers.waits) == ({"a2"}, {"a1"})
    await workers.tell("a1", "go on")
    assert workers.at_work == {"a1", "a2"}, "it never waits for a place"
    await workers.tell("a2", "end")
    assert workers.at_work == {"a1"}, "nor does another begin while it works"
    await workers.tell("a1", "end")
    assert workers.at_work == {"a3"}
    await workers.end_all()


async def test_a_look_that_has_its_answer_without_waiting_makes_room_for_nobody() -> None:
    workers, looks = Workers(LookBounds(at_work=1)), list[CampaignRef]()

    async def look(ref: CampaignRef, _: Asked) -> None:
        looks.append(ref)
        for __ in range(3):
            with waiting_outside():
                pass
            await settled()
            assert looks == [ref]
        looks.clear()

    workers.looks.on_look(look)
    await workers.ask("a1", "a2")
    while workers.looks.under_way():
        await settled()
    assert workers.looks.waiting() == 0


async def test_a_look_that_waits_for_three_at_once_works_again_when_the_last_has_come() -> None:
    workers = Workers(LookBounds(at_work=1))
    await workers.ask("a1", "a2", "a3")
    await workers.tell("a1", "send three")
    assert workers.came == ["a1", "a2"]
    await workers.tell("a1", "go on", "go on")
    await workers.tell("a2", "end")
    assert workers.came == ["a1", "a2", "a3"], "it waits for one still"
    await workers.tell("a3", "end")
    await workers.tell("a1", "go on")
    await workers.ask("a4")
    assert "a4" not in workers.came
    await workers.end_all()


async def test_what_a_look_began_and_waits_for_no_more_has_no_part_in_its_place() -> None:
    """Two waits of a task that outlives its look: one that it began during the look, and one after it."""
    looks, came = Looks(LookBounds(at_work=1, under_way_of_one=2)), list[str]()
    waits, end, outliving = asyncio.Queue[None](), asyncio.Queue[None](), list[asyncio.Task[None]]()

    async def outlive() -> None:
        for _ in range(2):
            with waiting_outside():
                await waits.get()

    async def look(ref: CampaignRef, _: Asked) -> None:
        came.append(ref.name)
        if ref == ONE:
            outliving.append(asyncio.create_task(outlive()))
            await settled()
        else:
            await end.get()

    looks.on_look(look)
    for ref in (ONE, OTHER, CampaignRef("sales", "third")):
        looks.ask(ref, CHECK)
    await settled()
    while looks.under_way() > 1:
        await settled()
    assert came == ["one", "other"]
    waits.put_nowait(None)
    await settled()
    waits.put_nowait(None)
    await settled()
    assert came == ["one", "other"]
    end.put_nowait(None)
    await settled()
    assert came == ["one", "other", "third"]
    end.put_nowait(None)
    await asyncio.gather(*outliving)


async def test_a_look_that_ends_while_something_of_it_waits_makes_room_in_its_namespace() -> None:
    looks, came = Looks(LookBounds(under_way_of_one=1)), list[str]()

    async def look(ref: CampaignRef, _: Asked) -> None:
        came.append(ref.name)
        outliving.append(asyncio.create_task(outlive()))
        await settled()

    async def outlive() -> None:
        with waiting_outside():
            await go_on.wait()

    outliving, go_on = list[asyncio.Task[None]](), asyncio.Event()
    looks.on_look(look)
    looks.ask(ONE, CHECK)
    looks.ask(OTHER, CHECK)
    for _ in range(5):
        await settled()
    assert came == ["one", "other"]
    go_on.set()
    await asyncio.gather(*outliving)


async def test_a_namespace_of_which_all_wait_is_bounded_and_holds_up_no_other() -> None:
    workers = Workers(LookBounds(at_work=2, at_work_of_one=1, under_way_of_one=3))
    await workers.ask(*(f"a{number}" for number in range(5)))
    for number in range(3):
        await workers.tell(f"a{number}", "wait")
    assert workers.waits == {"a0", "a1", "a2"}
    assert workers.at_work == set()
    await workers.ask("b0", "b1")
    assert workers.at_work == {"b0"}
    await workers.tell("a1", "go on", "end")
    assert workers.at_work == {"b0", "a3"}
    for name in ("a0", "a2"):
        await workers.tell(name, "go on")
    await workers.end_all()


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["ask", "wait", "end"])), max_size=60)
)
def test_whatever_comes_none_is_lost_none_begins_without_room_and_none_waits_where_there_is_room(
    deeds: list[tuple[str, int, str]],
) -> None:
    async def play() -> None:
        workers = Workers(LookBounds(at_work=3, at_work_of_one=2, under_way_of_one=3))
        for namespace, number, deed in deeds:
            name = f"{namespace}{number}"
            if deed == "ask":
                await workers.ask(name)
            elif name in workers.waits:
                await workers.tell(name, "go on")
            elif name in workers.at_work:
                await workers.tell(name, deed)
            assert not any(workers.has_room(name) for name in workers.owed), "there is room, and somebody waits"
        await workers.end_all()
        assert (workers.owed, workers.looks.under_way(), workers.looks.waiting()) == (set(), 0, 0)

    asyncio.run(play())


async def test_how_late_a_look_begins_is_measured_from_when_it_was_first_due() -> None:
    seen, now = Watched(LookBounds(at_work=1)), asyncio.get_running_loop().time()
    late_before, looks_before = lateness()
    seen.looks.ask(ONE, CHECK)
    await settled()
    seen.looks.ask(OTHER, Asked(check=True, due_at=now - 100))
    seen.looks.ask(OTHER, Asked(check=True, due_at=now - 50))
    seen.looks.ask(OTHER, TOLD)
    await settled()
    assert lateness() == (late_before, looks_before)
    seen.gate.set()
    await settled()
    late, looks = lateness()
    assert (looks - looks_before, (late - late_before) // 100) == (1, 1)


def lateness() -> tuple[float, float]:
    """The seconds of all, and how many were late."""
    name = "campaign_operator_alarm_lateness_seconds"
    return REGISTRY.get_sample_value(f"{name}_sum") or 0.0, REGISTRY.get_sample_value(f"{name}_count") or 0.0
