"""What the handler makes of a page of the listing: looks from the page itself, and nothing of it kept in memory."""

import asyncio
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from builders import NOW, spec
from lone_campaign import REF, Life, LoneStore, WillingDialer, wire

from campaign_operator import handlers
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.looks import Asked, Listed, Looks
from campaign_operator.engine.places import LookBounds
from manual_clock import ManualClock


class Wire(dict[str, Any]):
    """A resource of which it can be told whether it is in memory."""


def page(count: int) -> Iterator[Wire]:
    """One after another, which nobody else keeps."""
    for number in range(count):
        listed = wire(spec(suspend=True), {})
        yield Wire(listed, metadata={**listed["metadata"], "name": f"c{number}"})


def resources_in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, Wire | Campaign) for each in gc.get_objects())


@dataclass
class SlowLooks:
    """Looks that last until `gate` is set, of a process that may have two at once; what they take from the page."""

    taken: dict[str, Campaign | None] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.looks = Looks(LookBounds(at_work=2))
        self.looks.on_look(self.look)
        self.reconciler = Life(LoneStore(None), WillingDialer(), ManualClock(NOW)).operator

    async def look(self, ref: CampaignRef, asked: Asked) -> None:
        self.taken[ref.name] = asked.listed.take() if asked.listed is not None else None
        await self.gate.wait()

    async def note(self, count: int, *, are_whole: bool = True) -> None:
        await handlers.note_listed(page(count), self.reconciler, self.looks, are_whole=are_whole)

    async def end(self) -> list[str]:
        """The campaigns that were looked at from the page."""
        self.gate.set()
        await self.looks.calm.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not self.looks.under_way()
        return [name for name, campaign in self.taken.items() if campaign is not None]


async def test_a_page_is_looked_at_one_by_one_and_none_of_it_is_kept() -> None:
    seen, before = SlowLooks(), resources_in_memory()
    seen.gate.set()
    await seen.note(20)
    assert await seen.end() == [f"c{number}" for number in range(20)]
    seen.taken.clear()
    assert resources_in_memory() == before


async def test_what_would_wait_for_its_turn_is_read_then_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of looks that last, two have a place, a third waits with what was listed, and the page waits for no more."""
    monkeypatch.setattr(handlers, "LOOKED_AT_SECONDS", 0.2)
    seen, before = SlowLooks(), resources_in_memory()
    await seen.note(20)
    assert (seen.looks.under_way(), seen.looks.waiting()) == (2, 18)
    assert resources_in_memory() - before <= 3
    assert await seen.end() == ["c0", "c1", "c2"]
    assert len(seen.taken) == 20


async def test_a_page_that_comes_while_others_wait_for_their_turn_waits_for_nobody() -> None:
    seen = SlowLooks()
    for name in ("a", "b", "c"):
        seen.looks.ask(CampaignRef(REF.namespace, name), Asked(check=True))
    async with asyncio.timeout(handlers.LOOKED_AT_SECONDS / 2):
        await seen.note(20)
    assert await seen.end() == []
    assert len(seen.taken) == 23


async def test_of_a_page_of_metadata_each_is_read_at_its_turn() -> None:
    seen = SlowLooks()
    async with asyncio.timeout(handlers.LOOKED_AT_SECONDS / 2):
        await seen.note(20, are_whole=False)
    assert await seen.end() == []
    assert len(seen.taken) == 20


async def test_one_that_cannot_be_read_holds_up_no_other() -> None:
    seen = SlowLooks()
    seen.gate.set()
    whole = list(page(3))
    whole[1]["status"] = {"runs": "nonsense"}
    await handlers.note_listed(whole, seen.reconciler, seen.looks, are_whole=True)
    assert await seen.end() == ["c0", "c2"]
    assert seen.taken["c1"] is None


@pytest.mark.parametrize("other", [Asked(check=True), Asked(poll=True), Asked(version="999")])
def test_what_is_asked_for_twice_is_not_looked_at_as_it_was_listed(other: Asked) -> None:
    """The other reason may be a change that the list does not have."""
    listed = Asked(version="100", listed=Listed(lambda: None))
    assert listed.and_also(other).listed is None
    assert other.and_also(listed).listed is None
