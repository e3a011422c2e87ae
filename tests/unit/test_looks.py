"""Which looks take place: one at a time for each campaign, and none that was asked for is lost."""

import asyncio
from contextvars import ContextVar

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked, Looks

ONE, OTHER = CampaignRef("sales", "one"), CampaignRef("sales", "other")
CHECK = Asked(check=True)


class Watched:
    """Looks that last until they are let go on, and a record of them."""

    def __init__(self) -> None:
        self.begun: list[tuple[CampaignRef, Asked]] = []
        self.ended = 0
        self.gate = asyncio.Event()
        self.looks = Looks()
        self.looks.on_look(self.look)

    async def look(self, ref: CampaignRef, asked: Asked) -> None:
        self.begun.append((ref, asked))
        await self.gate.wait()
        self.ended += 1

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_a_thousand_events_during_a_look_make_one_more_look() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await seen.settle()
    for version in range(1000):
        seen.looks.ask(ONE, Asked(version=str(version)))
    await seen.settle()
    assert seen.begun == [(ONE, CHECK)]
    seen.gate.set()
    await seen.settle()
    assert seen.begun == [(ONE, CHECK), (ONE, Asked(version="999"))]


async def test_what_is_asked_for_twice_before_a_look_begins_is_one_look_for_both_reasons() -> None:
    seen = Watched()
    seen.looks.ask(ONE, Asked(version="7"))
    seen.looks.ask(ONE, Asked(poll=True))
    seen.looks.ask(ONE, CHECK)
    await seen.settle()
    assert seen.begun == [(ONE, Asked(poll=True, check=True, version="7"))]


async def test_a_look_holds_up_no_other_campaign() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await seen.settle()
    seen.looks.ask(OTHER, CHECK)
    await seen.settle()
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
    await seen.settle()
    closing = asyncio.create_task(seen.looks.close(60))
    await seen.settle()
    seen.looks.ask(ONE, CHECK)
    seen.looks.ask(OTHER, CHECK)
    await seen.settle()
    assert not closing.done()
    seen.gate.set()
    await closing
    assert (seen.begun, seen.ended) == ([(ONE, CHECK)], 1)


async def test_what_is_under_way_for_too_long_is_cancelled() -> None:
    seen = Watched()
    seen.looks.ask(ONE, CHECK)
    await seen.settle()
    await seen.looks.close(0)
    assert (len(seen.begun), seen.ended) == (1, 0)
