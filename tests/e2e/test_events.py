"""Events are posted after what they tell of, and after more important work, and what repeats is a series: on the real
API server.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from campaign_operator.adapters.kubernetes import events
from campaign_operator.adapters.kubernetes.event_series import SERIES_SECONDS
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.status.campaign_events import MAX_NOTE_BYTES, CampaignEvent
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
    assert len(message.encode()) > MAX_NOTE_BYTES - 5


async def posted(stage: Stage) -> list[dict[str, Any]]:
    """The Events as they are by their own API, in the order of their names."""
    return list(json.loads(await stage.kubectl("get", "events.events.k8s.io", "-o", "json"))["items"])


async def test_an_event_is_one_of_events_k8s_io_and_names_the_pod(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event
) -> None:
    calm.set()
    recorder.record(applied, EVENT)
    await recorder.posted()
    (event,) = await posted(stage)
    assert (event["action"], event["reportingController"], event["reportingInstance"]) == (
        "Plan",
        "campaign-operator",
        socket.gethostname(),
    )
    assert (event["regarding"]["name"], event["regarding"]["uid"]) == ("c", applied.uid)
    assert "deprecatedCount" not in event
    assert "series" not in event


async def test_what_repeats_within_minutes_is_counted_in_one_event(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event
) -> None:
    calm.set()
    for _ in range(3):
        recorder.record(applied, EVENT)
        await recorder.posted()
        stage.clock.advance(SERIES_SECONDS)
    (event,) = await posted(stage)
    assert event["series"] == {"count": 3, "lastObservedTime": "2027-03-02T15:12:00.000000Z"}
    assert event["eventTime"] == "2027-03-02T15:00:00.000000Z"
    stage.clock.advance(1)
    recorder.record(applied, EVENT)
    await recorder.posted()
    assert [each.get("series", {}).get("count") for each in await posted(stage)] == [3, None]


async def test_what_repeats_before_it_is_posted_is_one_request(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign
) -> None:
    for _ in range(3):
        recorder.record(applied, EVENT)
    recorder.record(applied, replace(EVENT, message="another run is planned"))
    await recorder.posted()
    assert [(e["note"], e.get("series", {}).get("count")) for e in await posted(stage)] == [
        ("a run is planned", 3),
        ("another run is planned", None),
    ]


async def test_a_series_whose_event_has_expired_is_posted_anew(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event
) -> None:
    calm.set()
    recorder.record(applied, EVENT)
    await recorder.posted()
    await stage.kubectl("delete", "events.events.k8s.io", "--all")
    recorder.record(applied, EVENT)
    await recorder.posted()
    (event,) = await posted(stage)
    assert event["series"]["count"] == 2


async def test_describe_shows_the_events_of_one_moment_in_their_order(
    stage: Stage, recorder: events.EventRecorder, applied: Campaign, calm: asyncio.Event
) -> None:
    """It knows of no other order than that of the names, since it compares a time that these Events do not have."""
    calm.set()
    told = [CampaignEvent("Normal", "Planned", f"run {number} is planned") for number in range(20)]
    for event in told:
        recorder.record(applied, event)
    await recorder.posted()
    described = await stage.kubectl("describe", "ocamp", "c")
    assert re.findall(r"run \d+ is planned", described) == [event.message for event in told]


async def test_a_campaign_with_the_longest_name_has_events(
    stage: Stage, recorder: events.EventRecorder, calm: asyncio.Event
) -> None:
    calm.set()
    name = "a" * 199 + "." + "b" * 53
    await stage.apply(campaign(stage.namespace, name))
    found = await new_store(stage).read(CampaignRef(stage.namespace, name))
    assert found is not None
    recorder.record(found, EVENT)
    await recorder.posted()
    assert len(await posted(stage)) == 1
