"""One owner for each campaign of a dialer, however its address is spelled and whoever else names it.

What becomes of strangers who name it, see `strangers`.
"""

import asyncio
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, RunState, WindowState
from campaign_operator.engine.rivals import ASK_SECONDS
from campaign_sandbox.simulator.simulator_settings import Client
from e2e_world import Manifest, campaign, connection_secret
from stage import Stage, fault, new_operator, run_of, told, windows
from strangers import (
    A_HUNDRED,
    ANSWERS,
    NEVER_ANSWERS,
    REFUSES,
    let_it_grow_older,
    squat,
    stranger_client,
    stranger_endpoint,
)

pytestmark = pytest.mark.usefixtures("looks_for_rivals")


async def seconds_to_schedule(stage: Stage, manifest: Manifest) -> float:
    """Apply a campaign and have the operator look at it once; it must be Scheduled then. How long the look took."""
    await stage.apply(manifest)
    begun = asyncio.get_running_loop().time()
    status = await stage.look(manifest["metadata"]["name"])
    took = asyncio.get_running_loop().time() - begun
    assert run_of(status).state is RunState.SCHEDULED, told(status, ConditionType.READY)
    assert await stage.posts(manifest["spec"]["campaignID"]) == len(run_of(status).windows)
    return took


@pytest.mark.parametrize("kind", [ANSWERS, REFUSES, NEVER_ANSWERS])
async def test_a_stranger_who_is_older_holds_up_nobody_whatever_his_token_endpoint_does(
    stage: Stage, kind: str
) -> None:
    alone = await seconds_to_schedule(stage, campaign(stage.namespace, "alone"))
    owned = campaign(stage.namespace, "owned")
    namespace, active = await squat(stage, owned["spec"]["campaignID"], await stranger_endpoint(stage, kind), count=2)
    for name in active if kind != NEVER_ANSWERS else []:
        await stage.look_at_neighbour(namespace, name)
    assert await seconds_to_schedule(stage, owned) < 2.5 * alone + 1.5 * ASK_SECONDS
    posts = [
        r for r in (await stage.simulator.ledger(owned["spec"]["campaignID"]))["requests"] if r["method"] == "POST"
    ]
    assert {r["status"] for r in posts} == {201}


async def test_a_hundred_strangers_hold_up_nobody_for_longer_than_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = await stage.wait_for_answers(monkeypatch)
    endpoints = [await stranger_endpoint(stage, kind) for kind in (ANSWERS, REFUSES, NEVER_ANSWERS)]
    alone = await seconds_to_schedule(stage, campaign(stage.namespace, "alone"))
    owned = campaign(stage.namespace, "owned")
    await squat(stage, owned["spec"]["campaignID"], *endpoints, count=A_HUNDRED // len(endpoints))
    assert await seconds_to_schedule(stage, owned) < 2.5 * alone + 1.5 * patience


async def test_a_finalizer_that_a_stranger_sets_makes_him_no_owner(stage: Stage) -> None:
    """With it his campaign looks as one whose status was lost, so that all of its windows are uncertain."""
    owned = campaign(stage.namespace, "owned")
    namespace, _ = await squat(stage, owned["spec"]["campaignID"], await stranger_endpoint(stage, ANSWERS))
    finalizers = json.dumps({"metadata": {"finalizers": [CANCEL_FINALIZER]}})
    await stage.control_plane.kubectl("patch", "ocamp", "s-0", "-n", namespace, "--type=merge", "-p", finalizers)
    await stage.look_at_neighbour(namespace, "s-0")
    await seconds_to_schedule(stage, owned)


async def test_schedules_that_a_stranger_has_at_a_dialer_of_his_own_are_none_at_another(stage: Stage) -> None:
    """He submits there what the victim will want to submit here, and then has his Secret lead here."""
    owned, endpoint = campaign(stage.namespace, "owned"), await stranger_endpoint(stage, ANSWERS)
    namespace = await stage.open_neighbour()
    client = stranger_client(0)
    his = {"client_id": client.id, "client_secret": client.secret, "token_url": endpoint.token_url}
    await stage.apply(connection_secret(namespace, endpoint, **his))
    await stage.apply(campaign(namespace, "s-0", campaignID=owned["spec"]["campaignID"]))
    await stage.look_at_neighbour(namespace, "s-0")
    await let_it_grow_older(stage, namespace)
    assert len((await endpoint.ledger())["schedules"]) == 2
    await stage.apply(connection_secret(namespace, stage.simulator, **his))
    stage.clock.advance(60)  # by then his Secret is read again
    await stage.look_at_neighbour(namespace, "s-0")
    await seconds_to_schedule(stage, owned)


async def test_nobody_is_asked_about_those_who_are_younger_or_between_an_intent_and_its_request(stage: Stage) -> None:
    endpoint, owned = await stranger_endpoint(stage, ANSWERS), campaign(stage.namespace, "owned", suspend=True)
    younger = campaign(stage.namespace, "younger")
    await stage.apply(owned, younger)
    await let_it_grow_older(stage, stage.namespace)
    await squat(stage, owned["spec"]["campaignID"], endpoint)
    await seconds_to_schedule(stage, {**owned, "spec": {**owned["spec"], "suspend": False}})
    assert (await endpoint.ledger())["requests"] == []
    _, active = await squat(stage, younger["spec"]["campaignID"], endpoint)
    await stage.kubectl("delete", "ocamp", "younger")
    await seconds_to_schedule(stage, younger)
    # once for the first look, once more because the dialer refused the token; none for the second look
    assert [r["call"] for r in (await endpoint.ledger())["requests"]] == ["token", "token"]
    assert active


async def test_an_older_campaign_that_the_dialer_accepts_is_the_owner_by_whatever_client(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not have submitted anything, and may be suspended."""
    await stage.wait_for_answers(monkeypatch)
    await stage.connect(name="other", client_id="successor", client_secret="successor-secret")
    older = campaign(stage.namespace, "older", connection={"secretRef": {"name": "other"}}, suspend=True)
    await stage.apply(older)
    await let_it_grow_older(stage, stage.namespace)
    await stage.apply(campaign(stage.namespace, "younger", campaignID=older["spec"]["campaignID"]))
    status = await stage.look("younger")
    assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
    await stage.kubectl("delete", "ocamp", "older")
    stage.clock.advance(60)
    assert run_of(await stage.look("younger")).state is RunState.SCHEDULED


async def test_a_campaign_with_schedules_is_the_owner_though_its_secret_is_gone(stage: Stage) -> None:
    """Another client's, so that only its status tells at which dialer they are."""
    await stage.connect(name="other", client_id="successor", client_secret="successor-secret")
    first = campaign(stage.namespace, "first", connection={"secretRef": {"name": "other"}})
    await seconds_to_schedule(stage, first)
    await stage.kubectl("delete", "secret", "other")
    stage.clock.advance(60)  # by then the Secret is read again
    await stage.apply(campaign(stage.namespace, "second", campaignID=first["spec"]["campaignID"]))
    status = await stage.look("second")
    assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert {w.state for w in windows(status).values()} == {WindowState.PLANNED}


async def test_a_campaign_that_an_operator_of_another_namespace_serves_is_the_owner_all_the_same(stage: Stage) -> None:
    elsewhere = await stage.open_neighbour()
    await stage.apply(connection_secret(elsewhere, stage.simulator))
    older, younger = campaign(elsewhere, "older"), campaign(stage.namespace, "younger")
    younger["spec"]["campaignID"] = older["spec"]["campaignID"]
    await stage.apply(older)
    stage.operator = new_operator(stage, namespaces=[elsewhere])
    await stage.look_at_neighbour(elsewhere, "older")
    assert await stage.posts(older["spec"]["campaignID"]) == 2
    await stage.apply(younger)
    stage.operator = new_operator(stage, namespaces=[stage.namespace])
    assert told(await stage.look("younger"), ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert await stage.posts(older["spec"]["campaignID"]) == 2


@pytest.mark.parametrize(("client", "owns"), [("operator", True), ("stranger", False)])
async def test_where_the_dialer_has_no_listing_the_same_client_is_an_owner_and_another_is_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, client: str, owns: bool
) -> None:
    await stage.wait_for_answers(monkeypatch)
    await stage.simulator.put_faults(fault("list", "notOffered"))
    secret = {"operator": "operator-secret", "stranger": "strange-secret"}[client]
    # another scope, so that these are not the very same credentials
    await stage.connect(name="other", client_id=client, client_secret=secret, scope="outbound:campaign:write")
    older = campaign(stage.namespace, "older", connection={"secretRef": {"name": "other"}}, suspend=True)
    await stage.apply(older)
    await let_it_grow_older(stage, stage.namespace)
    await stage.apply(campaign(stage.namespace, "younger", campaignID=older["spec"]["campaignID"]))
    status = await stage.look("younger")
    assert (run_of(status).state is RunState.SCHEDULED) is not owns


@pytest.mark.parametrize(
    "spelling", ["https://LOCALHOST:{port}", "https://localhost.:{port}/", "https://localhost:0{port}"]
)
async def test_one_dialer_in_two_spellings_has_one_owner(stage: Stage, spelling: str) -> None:
    """The second would otherwise adopt the schedules of the first, and cancel them when it is deleted."""
    port = urlsplit(stage.simulator.base_url).port
    await stage.connect(name="plain", api_base_url=f"https://localhost:{port}")
    await stage.connect(name="other", api_base_url=spelling.format(port=port))
    first = campaign(stage.namespace, "first", connection={"secretRef": {"name": "plain"}})
    second = campaign(
        stage.namespace, "second", campaignID=first["spec"]["campaignID"], connection={"secretRef": {"name": "other"}}
    )
    await stage.apply(first)
    assert run_of(await stage.look("first")).state is RunState.SCHEDULED
    await stage.apply(second)
    status = await stage.look("second")
    assert told(status, ConditionType.READY)[1] == "CampaignIDInUse"
    assert run_of(status).state is RunState.PLANNED


async def test_a_secret_that_only_spells_its_addresses_otherwise_changes_nothing(stage: Stage) -> None:
    port = urlsplit(stage.simulator.base_url).port
    await stage.connect(
        api_base_url=f"https://localhost:{port}", token_url=f"https://localhost:{port}/api/v2/oauth/token"
    )
    await stage.apply(campaign(stage.namespace, "c"))
    before = run_of(await stage.look("c"))
    await stage.connect(
        api_base_url=f"https://LocalHost.:{port}//", token_url=f"https://LOCALHOST:{port}/api/v2/oauth/token"
    )
    stage.clock.advance(60)
    status = await stage.look("c")
    assert told(status, ConditionType.READY)[0]
    assert run_of(status).connection_hash == before.connection_hash


async def test_a_dialer_that_the_secret_leads_to_since_the_last_listing_is_looked_at_first(stage: Stage) -> None:
    """What was listed elsewhere tells nothing of it."""
    another = await stage.open_dialer(Client("operator", "operator-secret"))
    await stage.simulator.put_faults(fault("submit", "answer", status=429, headers={"Retry-After": "60"}))
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c", "timeZone": "Europe/London"}])
    await stage.apply(manifest)
    window = windows(await stage.look("c"))["Europe/London"]
    there = (manifest["spec"]["campaignID"], window.start_time, window.end_time, "Europe/London")
    schedule_id = await another.create_by_hand(*there)
    await stage.connect(api_base_url=another.base_url, token_url=another.token_url)
    stage.clock.advance(60)
    window = windows(await stage.look("c"))["Europe/London"]
    assert (window.state, window.schedule_id) == (WindowState.SUBMITTED, schedule_id)
    assert len((await another.ledger())["schedules"]) == 1


async def test_who_has_schedules_that_are_about_to_end_looks_once_more(stage: Stage) -> None:
    """They may have ended before its request leaves, and a rival may have begun in between."""
    london = {"contacts": [{"id": "c", "timeZone": "Europe/London"}], "runPolicy": "Recurring"}
    last_seconds = 20 * 3600 + 20
    mine = campaign(stage.namespace, "mine", submitAheadSeconds=last_seconds, **london)
    rival = campaign(stage.namespace, "rival", campaignID=mine["spec"]["campaignID"], submitAheadSeconds=3600, **london)
    await stage.apply(mine)
    submitted = run_of(await stage.look("mine"))
    end, dialer = submitted.last_end, submitted.dialer_hash
    stage.clock.advance_to(end - timedelta(hours=1))
    await stage.apply(rival)
    await stage.poll("mine")
    await stage.look("rival")
    begun = [
        {"op": "add", "path": "/status/runs/0/dialerHash", "value": dialer},
        {"op": "replace", "path": "/status/runs/0/windows/0/state", "value": "Intent"},
    ]
    await stage.kubectl("patch", "ocamp", "rival", "--subresource=status", "--type=json", "-p", json.dumps(begun))
    stage.clock.advance_to(end - timedelta(seconds=10))
    status = await stage.look("mine")
    assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert await stage.posts(mine["spec"]["campaignID"]) == 1
