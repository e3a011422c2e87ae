"""Whether a dialer accepts credentials for a campaign: one page of its listing, and nothing that a token says."""

from collections.abc import Mapping

import pytest

from campaign_operator.domain.dialing.outcomes import (
    AccessGranted,
    AccessOutcome,
    AccessRefused,
    ListingNotOffered,
    Throttled,
    Unavailable,
)
from dialer_kit import ListingAPI, ScriptedAPI, dialer_to, page
from manual_clock import NOON, ManualClock
from scripted_server import Reply, answer, reset, scripted_server

ROW = {"id": "a", "timezone": "Europe/London", "state": "SCHEDULED"}


async def access(api: ScriptedAPI | ListingAPI, *, campaign_id: str = "8f14e45f") -> AccessOutcome:
    async with scripted_server(route=api) as server, dialer_to(server, ManualClock()) as (dialer, connection):
        return await dialer.check_access(connection, campaign_id)


async def test_one_page_of_the_narrowest_span_is_enough_however_many_there_are() -> None:
    api = ListingAPI([ROW] * 3, page_size=1)
    assert await access(api) == AccessGranted()
    first, second = NOON.strftime("%Y-%m-%dT%H:%M:00Z"), NOON.strftime("%Y-%m-%dT%H:%M:01Z")
    assert api.queries == [{"page": "1", "pageSize": "100", "from": first, "to": second}]


@pytest.mark.parametrize("status", [400, 422])
async def test_a_dialer_that_knows_no_span_is_asked_without_one(status: int) -> None:
    def refuse(query: Mapping[str, str]) -> Reply | None:
        return answer(status) if "from" in query else None

    api = ListingAPI([], instead=refuse)
    assert await access(api) == AccessGranted()
    assert [query.keys() for query in api.queries] == [{"page", "pageSize", "from", "to"}, {"page", "pageSize"}]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer(401), AccessRefused),
        (answer(403), AccessRefused),
        (answer(404), ListingNotOffered),
        (answer(405), ListingNotOffered),
        (answer(501), ListingNotOffered),
        (answer(429), Throttled),
        (answer(500), Unavailable),
        (answer(302), Unavailable),
        (answer(200, {"page": "please log in"}), Unavailable),
        (page([], total=0, number=2), Unavailable),
        (reset, Unavailable),
    ],
)
async def test_only_a_page_of_the_listing_is_an_acceptance(reply: Reply, outcome: type) -> None:
    assert isinstance(await access(ScriptedAPI(reply)), outcome)


async def test_a_token_alone_is_no_acceptance() -> None:
    """Whoever names the token endpoint may have it give out anything."""
    api = ScriptedAPI(answer(401))
    assert isinstance(await access(api), AccessRefused)
    assert len(api.token_requests) == 2


async def test_a_campaign_id_that_no_path_can_hold_is_not_asked_for() -> None:
    api = ScriptedAPI(page([]))
    assert isinstance(await access(api, campaign_id=".."), Unavailable)
    assert api.api_requests == []
