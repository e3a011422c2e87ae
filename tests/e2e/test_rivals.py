"""Rivals that begin at the same time, and whom the dialer is asked about, how often and in which order."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState, WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import AccessOutcome, ListOutcome
from campaign_operator.domain.status.record import IN_USE_RETRY_SECONDS, LEAST_RETRY_SECONDS
from campaign_operator.engine.rivals import ASKED_AT_ONCE, NOT_ACCEPTED_SECONDS
from e2e_world import campaign, connection_secret
from stage import Stage, fault, new_operator, run_of, told, windows
from strangers import ANSWERS, NEVER_ANSWERS, let_it_grow_older, squat, stranger_endpoint

pytestmark = pytest.mark.usefixtures("looks_for_rivals")


def when_it_has_listed(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[None]]) -> None:
    """Have something happen once: after an operator's first look at its rivals, and before its next intent."""
    list_schedules, pending = CXoneDialer.list_schedules, [happens]

    async def listed(self: CXoneDialer, *arguments: Any) -> ListOutcome:
        outcome = await list_schedules(self, *arguments)
        if pending:
            await pending.pop()()
        return outcome

    monkeypatch.setattr(CXoneDialer, "list_schedules", listed)


async def apply_with_a_secret_to_come(stage: Stage, name: str, campaign_id: str) -> None:
    """A campaign that claims nothing yet, since nobody can ask about its credentials."""
    spec = {"campaignID": campaign_id, "connection": {"secretRef": {"name": f"of-{name}"}}}
    await stage.apply(campaign(stage.namespace, name, **spec))


@pytest.mark.parametrize(
    ("mine", "other", "seconds"), [("old", "young", LEAST_RETRY_SECONDS), ("young", "old", IN_USE_RETRY_SECONDS)]
)
async def test_who_looked_before_another_had_its_intent_gives_way_after_its_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, mine: str, other: str, seconds: float
) -> None:
    """However old it is. Its intent is put back, and nothing of it was sent; the older of the two is back sooner."""
    campaign_id = f"c-{mine}"
    for name in ("old", "young"):
        await apply_with_a_secret_to_come(stage, name, campaign_id)
        await let_it_grow_older(stage, stage.namespace)
    await stage.connect(f"of-{mine}")
    another = new_operator(stage)

    async def the_other_begins() -> None:
        await stage.kubectl("delete", "secret", f"of-{mine}")
        await stage.connect(f"of-{other}")
        await another.reconcile(CampaignRef(stage.namespace, other))

    when_it_has_listed(monkeypatch, the_other_begins)
    status = await stage.look(mine)
    assert run_of(await stage.status(other)).state is RunState.SCHEDULED
    assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert {(w.state, w.attempt) for w in windows(status).values()} == {(WindowState.PLANNED, 1)}
    assert await stage.posts(campaign_id) == 2
    until = stage.clock.now() + timedelta(seconds=seconds)
    assert {w.next_attempt_time for w in windows(status).values()} == {until}


async def test_what_the_dialer_said_of_a_stranger_is_remembered_for_a_while(stage: Stage) -> None:
    endpoint, owned = await stranger_endpoint(stage, ANSWERS), campaign(stage.namespace, "owned")
    await squat(stage, owned["spec"]["campaignID"], endpoint)
    await stage.simulator.put_faults(fault("submit", "answer", status=429, headers={"Retry-After": "20"}))
    await stage.apply(owned)
    refused = []
    for seconds in (0, 20, NOT_ACCEPTED_SECONDS):
        stage.clock.advance(seconds)
        await stage.look("owned")
        requests = (await stage.simulator.ledger(owned["spec"]["campaignID"]))["requests"]
        refused.append(sum(r["status"] == 401 for r in requests))
    # each time with a token, and once more with a new one
    assert refused == [2, 2, 4]


async def test_those_who_look_at_the_same_time_share_the_answer(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.wait_for_answers(monkeypatch)
    endpoint, older = await stranger_endpoint(stage, ANSWERS), campaign(stage.namespace, "older")
    await squat(stage, older["spec"]["campaignID"], endpoint)
    await stage.connect(name="other", client_id="successor", client_secret="successor-secret")
    campaign_id, secret = older["spec"]["campaignID"], {"secretRef": {"name": "other"}}
    await stage.apply(campaign(stage.namespace, "oldest", campaignID=campaign_id, suspend=True))
    await let_it_grow_older(stage, stage.namespace)
    await stage.apply(older)
    await let_it_grow_older(stage, stage.namespace)
    await stage.apply(campaign(stage.namespace, "younger", campaignID=campaign_id, connection=secret))
    for name in ("older", "younger"):
        assert told(await stage.look(name), ConditionType.STALLED)[1] == "CampaignIDInUse"
    await stage.kubectl("delete", "ocamp", "oldest")
    stage.clock.advance(IN_USE_RETRY_SECONDS)
    check_access, asked = CXoneDialer.check_access, []
    # only the younger one asks about the older one: else that could have its intent before the younger one looks
    both_look = asyncio.Barrier(2)

    async def counted(self: CXoneDialer, connection: Connection, campaign_id: str) -> AccessOutcome:
        asked.append(connection.client_id)
        await both_look.wait()
        return await check_access(self, connection, campaign_id)

    monkeypatch.setattr(CXoneDialer, "check_access", counted)
    another = new_operator(stage)  # which remembers no answer
    await asyncio.gather(*(another.reconcile(CampaignRef(stage.namespace, name)) for name in ("older", "younger")))
    assert sorted(asked) == ["operator", "stranger-0"]


async def test_a_stranger_with_many_silent_endpoints_keeps_nobody_else_from_being_asked_about(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.wait_for_answers(monkeypatch)
    owned, endpoint = campaign(stage.namespace, "younger"), await stranger_endpoint(stage, NEVER_ANSWERS)
    await squat(stage, owned["spec"]["campaignID"], endpoint, count=ASKED_AT_ONCE + 8)
    neighbour = await stage.open_neighbour()
    rightful = {"client_id": "successor", "client_secret": "successor-secret"}
    await stage.apply(
        connection_secret(neighbour, stage.simulator, **rightful),
        campaign(neighbour, "older", campaignID=owned["spec"]["campaignID"], suspend=True),
    )
    await let_it_grow_older(stage, neighbour)
    await stage.apply(owned)
    assert told(await stage.look("younger"), ConditionType.STALLED)[1] == "CampaignIDInUse"


async def test_an_older_campaign_that_has_not_begun_is_met_after_the_intent_and_asked_about_then(stage: Stage) -> None:
    """Nothing of the younger one leaves, and the intent that it put back is its only trace."""
    older = campaign(stage.namespace, "older", suspend=True)
    await stage.apply(older)
    await let_it_grow_older(stage, stage.namespace)
    await stage.apply(campaign(stage.namespace, "younger", campaignID=older["spec"]["campaignID"]))
    for seconds in (0, IN_USE_RETRY_SECONDS, IN_USE_RETRY_SECONDS):
        stage.clock.advance(seconds)
        status = await stage.look("younger")
        assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
        assert {(w.state, w.attempt) for w in windows(status).values()} == {(WindowState.PLANNED, 1)}
    assert await stage.posts(older["spec"]["campaignID"]) == 0
    assert [reason for reason, _ in await stage.warnings("younger")] == ["CampaignIDInUse"]
