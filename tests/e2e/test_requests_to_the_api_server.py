"""What a campaign costs the API server: the number of requests for each limits how many campaigns there can be.

Counted where they leave, since the API server's own metrics count those of other tests and of its controllers, too.
"""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer
from campaign_operator.adapters.kubernetes.campaign_paths import ALL_CAMPAIGNS, CAMPAIGN, CAMPAIGN_STATUS
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import campaign
from stage import Stage, run_of
from watched_stage import watched_by

SECRET = "/api/v1/namespaces/{namespace}/secrets/{name}"
NAME = "spring-renewals"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Verb and path of each request to the API server, but for Events, which are posted later."""
    sent, request = Counter[tuple[str, str]](), APIServer.request

    async def counted(self: APIServer, method: str, path: str, *rest: Any, **named: Any) -> APIAnswer:
        if "/events" not in path:
            sent[method, path] += 1
        return await request(self, method, path, *rest, **named)

    monkeypatch.setattr(APIServer, "request", counted)
    return sent


async def test_a_campaign_is_scheduled_with_seven_requests(stage: Stage, requests: Counter[tuple[str, str]]) -> None:
    await stage.apply(campaign(stage.namespace, NAME))
    await stage.operator.reconcile(CampaignRef(stage.namespace, NAME))
    assert requests == {
        ("GET", CAMPAIGN): 1,
        ("GET", SECRET): 1,
        ("PUT", CAMPAIGN_STATUS): 3,  # the plan, the intent, the answers
        ("PATCH", CAMPAIGN): 1,  # the finalizer
        ("GET", ALL_CAMPAIGNS): 1,  # who else has this campaignID
    }
    assert run_of(await stage.status(NAME)).state is RunState.SCHEDULED


async def test_where_all_namespaces_are_watched_no_campaign_looks_at_all_others(
    stage: Stage, playhouse: tuple[ControlPlane, Path], requests: Counter[tuple[str, str]]
) -> None:
    async with watched_by(stage, playhouse[1], stage.namespace):
        requests.clear()  # the watch has listed them
        await stage.apply(campaign(stage.namespace, NAME), campaign(stage.namespace, "another"))
        for name in (NAME, "another"):
            await stage.operator.reconcile(CampaignRef(stage.namespace, name))
            assert run_of(await stage.status(name)).state is RunState.SCHEDULED
    assert requests["GET", ALL_CAMPAIGNS] == 0


async def test_a_look_at_a_campaign_that_waits_is_one_request(stage: Stage, requests: Counter[tuple[str, str]]) -> None:
    await stage.apply(campaign(stage.namespace, NAME))
    await stage.look(NAME)
    requests.clear()
    await stage.operator.reconcile(CampaignRef(stage.namespace, NAME))
    assert requests == {("GET", CAMPAIGN): 1}


async def test_a_start_is_one_write_and_the_finalizer_goes_half_a_minute_later(
    stage: Stage, requests: Counter[tuple[str, str]]
) -> None:
    async def at_the_alarm() -> Counter[tuple[str, str]]:
        requests.clear()
        await stage.operator.look(CampaignRef(stage.namespace, NAME), Asked(check=True))
        del requests["GET", SECRET]  # once in half a poll period, for all campaigns that refer to it
        return requests

    hours = {"start": "00:00", "end": "24:00"}
    await stage.apply(campaign(stage.namespace, NAME, startMode="SameInstant", callingHours=hours))
    start = run_of(await stage.look(NAME)).first_start
    stage.clock.advance_to(start - timedelta(minutes=12))
    await at_the_alarm()
    stage.clock.advance_to(start)
    assert await at_the_alarm() == {("PUT", CAMPAIGN_STATUS): 1}
    assert run_of(await stage.status(NAME)).state is RunState.RUNNING
    stage.clock.advance(30)
    assert await at_the_alarm() == {("GET", CAMPAIGN): 1, ("PATCH", CAMPAIGN): 1}
