"""What the watch of all campaigns has told, and when that is enough to know that a campaign is alone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from builders import campaign, spec

from campaign_operator.api.vocabulary import CANCEL_FINALIZER
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.engine import sightings as module
from campaign_operator.engine.sightings import Sightings

MINE, OTHER = "mine", "other"
STATUS: dict[str, Any] = {
    "managedFields": [{"manager": "campaign-operator", "operation": "Update", "subresource": "status"}]
}
SPEC_ALONE: dict[str, Any] = {"managedFields": [{"manager": "kubectl", "operation": "Apply"}]}


def seen(uid: str, version: int, *, generation: int = 1, **metadata: Any) -> dict[str, Any]:
    """What a watch tells."""
    return {"metadata": {"uid": uid, "resourceVersion": str(version), "generation": generation, **metadata}}


def read(uid: str, campaign_id: str, version: int = 1, generation: int = 1) -> Campaign:
    """What was read."""
    return campaign(spec=spec(campaignID=campaign_id), uid=uid, resource_version=str(version), generation=generation)


class AllOfThem(Sightings):
    """All campaigns are listed: mine, which is read and alone so far."""

    def __init__(self) -> None:
        super().__init__()
        self.see(seen(MINE, 10))
        self.complete()
        self.read(read(MINE, "c-1", 10))

    async def find_me_alone(self, version: int = 10) -> bool:
        """With my intent at this version."""
        return await self.is_alone(read(MINE, "c-1", version))


@pytest.fixture
def watched() -> AllOfThem:
    return AllOfThem()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOLD_SECONDS", 0.01)


async def test_who_is_there_alone_is_alone(watched: AllOfThem) -> None:
    assert await watched.find_me_alone()


@pytest.mark.parametrize(("campaign_id", "is_alone"), [("c-1", False), ("c-2", True)])
async def test_another_that_was_read_shares_the_campaign_id_or_does_not(
    watched: AllOfThem, campaign_id: str, is_alone: bool
) -> None:
    watched.see(seen(OTHER, 11, **STATUS))
    watched.read(read(OTHER, campaign_id, 11))
    assert await watched.find_me_alone() is is_alone


@pytest.mark.parametrize(
    ("metadata", "is_alone"),
    [(STATUS, False), ({"finalizers": [CANCEL_FINALIZER]}, False), (SPEC_ALONE, True), ({"managedFields": None}, True)],
)
async def test_another_that_nobody_has_read_counts_where_it_may_have_an_intent(
    watched: AllOfThem, metadata: dict[str, Any], is_alone: bool
) -> None:
    watched.see(seen(OTHER, 11, **metadata))
    assert await watched.find_me_alone() is is_alone


async def test_what_is_listed_with_its_spec_is_read_by_that(watched: AllOfThem) -> None:
    watched.see({**seen(OTHER, 11, **STATUS), "spec": {"campaignID": "c-2"}})
    assert await watched.find_me_alone()


async def test_another_that_was_edited_since_it_was_read_is_not_known(watched: AllOfThem) -> None:
    watched.see(seen(OTHER, 11, **STATUS))
    watched.read(read(OTHER, "c-2", 11))
    watched.see(seen(OTHER, 12, generation=2, **STATUS))
    assert not await watched.find_me_alone()
    watched.read(read(OTHER, "c-3", 12, generation=2))
    assert await watched.find_me_alone()


async def test_what_was_read_before_an_edit_does_not_hide_what_was_read_after_it(watched: AllOfThem) -> None:
    watched.see(seen(OTHER, 12, generation=2, **STATUS))
    watched.read(read(OTHER, "c-1", 12, generation=2))
    watched.read(read(OTHER, "c-2", 11, generation=1))
    assert not await watched.find_me_alone()


async def test_another_that_is_gone_counts_no_more_and_its_namesake_is_another(watched: AllOfThem) -> None:
    watched.see(seen(OTHER, 11, **STATUS))
    watched.read(read(OTHER, "c-1", 11))
    watched.see_gone(seen(OTHER, 12))
    assert await watched.find_me_alone()
    watched.read(read(OTHER, "c-1", 11))
    assert await watched.find_me_alone(), "a look that was under way when it went"


async def test_nothing_is_known_before_the_watch_has_told_of_my_own_intent(watched: AllOfThem) -> None:
    assert not await watched.find_me_alone(version=11)
    watched.see(seen(MINE, 11, **STATUS))
    assert await watched.find_me_alone(version=11)


async def test_who_came_before_my_intent_is_told_before_it(watched: AllOfThem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOLD_SECONDS", 60)
    asking = asyncio.create_task(watched.find_me_alone(version=20))
    await asyncio.sleep(0)
    watched.see(seen(OTHER, 19, **STATUS))
    watched.see(seen(MINE, 20, **STATUS))
    assert not await asking


async def test_what_is_being_listed_is_not_all_that_there_is(
    watched: AllOfThem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOLD_SECONDS", 60)
    asking = asyncio.create_task(watched.find_me_alone(version=20))
    await asyncio.sleep(0)
    watched.begin_anew()
    watched.see({**seen(MINE, 20), "spec": {"campaignID": "c-1"}})
    assert not await asking
    assert not await watched.find_me_alone(version=20)
    watched.complete()
    assert await watched.find_me_alone(version=20)


async def test_versions_that_are_no_numbers_tell_nothing(watched: AllOfThem) -> None:
    wire = seen(MINE, 11)
    wire["metadata"]["resourceVersion"] = "eleven"
    watched.see(wire)
    assert not await watched.is_alone(replace(read(MINE, "c-1"), resource_version="eleven"))
