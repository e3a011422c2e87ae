"""Events are posted after what they tell of, and after more important work: on the real API server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from campaign_operator.adapters.kubernetes import events
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.status.campaign_events import CampaignEvent
from e2e_world import campaign
from serving import until
from stage import Stage, new_store

EVENT = CampaignEvent("Normal", "Planned", "a run is planned")


@pytest_asyncio.fixture
async def applied(stage: Stage) -> Campaign:
    await stage.apply(campaign(stage.namespace, "c"))
    found = await new_store(stage).read(CampaignRef(stage.namespace, "c"))
    assert found is not None
    return found


@pytest_asyncio.fixture
async def calm() -> asyncio.Event:
    return asyncio.Event()


@pytest_asyncio.fixture
async def recorder(
    stage: Stage, calm: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[events.EventRecorder]:
    """One that would post at once if it were calm."""
    monkeypatch.setattr(events, "POSTED_AFTER_SECONDS", 0.0)
    made = events.EventRecorder(stage.api, stage.clock, calm)
    made.start()
    yield made
    await made.close(patience_seconds=1)


async def count(stage: Stage) -> int:
    """How many Events there are; asking takes longer than posting one would."""
    return len((await stage.kubectl("get", "events", "-o", "name")).split())


async def test_an_event_waits_while_campaigns_wait_to_be_looked_at(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event
) -> None:
    recorder.record(applied, EVENT)
    assert await count(stage) == 0
    calm.set()

    async def is_posted() -> bool:
        return await count(stage) == 1

    await until(is_posted)


async def test_at_the_end_an_event_waits_for_nothing(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign
) -> None:
    recorder.record(applied, EVENT)
    await recorder.posted()
    assert await count(stage) == 1


async def test_an_event_does_not_wait_for_ever(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_SECONDS_LATER", 0.1)
    recorder.record(applied, EVENT)

    async def is_posted() -> bool:
        return await count(stage) == 1

    await until(is_posted)


@pytest.mark.parametrize("text", ["a" * 5000, "ü" * 5000, "a" + "€" * 5000, "🙂" * 600])
async def test_an_event_that_is_too_long_is_posted_shortened(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event, text: str
) -> None:
    """The API server counts bytes, and refuses one that has more."""
    calm.set()
    recorder.record(applied, CampaignEvent("Warning", "InvalidContacts", text))
    await recorder.posted()
    message = await stage.kubectl("get", "events", "-o", "jsonpath={.items[*].message}")
    assert message.endswith("…")
    assert text.startswith(message[:-1])
    assert len(message.encode()) > events.MAX_EVENT_MESSAGE_BYTES - 5
