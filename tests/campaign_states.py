"""Campaigns in every state that a GitOps tool can meet, brought there on a stage: the real API server, the operator
itself and the simulated dialer. Argo CD's health and kstatus are computed of them as the API server gives them out.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from campaign_operator.domain.campaigns.campaign import CampaignRef
from e2e_world import Manifest, campaign
from stage import Stage, fault, run_of

NAME = "spring-renewals"
_DAY = 86400
_LONDON = "Europe/London"
_DOWN = {"message": "down for maintenance"}

Way = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class CampaignState:
    """One state: how a campaign comes into it, and what Argo CD and kstatus are to say of it."""

    name: str
    reach: Way
    health: str
    kstatus: str


async def apply_campaign(stage: Stage, **spec: Any) -> Manifest:
    """The campaign that all are: two time zones, tomorrow at nine."""
    manifest = campaign(stage.namespace, NAME, campaignID="c9f0f895", **spec)
    await stage.apply(manifest)
    return manifest


async def read_object(stage: Stage) -> dict[str, Any]:
    """The campaign as the API server has it."""
    return dict(json.loads(await stage.kubectl("get", "outboundcampaign", NAME, "-o", "json")))


async def _new(stage: Stage) -> None:
    await apply_campaign(stage)


async def _planned(stage: Stage) -> None:
    await apply_campaign(stage, runPolicy="Recurring", cron="0 9 * * 5")
    await stage.look(NAME)


async def _scheduled(stage: Stage) -> None:
    await apply_campaign(stage)
    await stage.look(NAME)


async def _submitting(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", time_zone=_LONDON, status=429, body=_DOWN))
    await _scheduled(stage)


async def _running(stage: Stage) -> None:
    await _scheduled(stage)
    stage.clock.advance_to(run_of(await stage.status(NAME)).first_start)
    stage.clock.advance(600)
    await stage.poll(NAME)


async def _completed(stage: Stage) -> None:
    await apply_campaign(stage, completion={"expectedCalls": 2})
    status = await stage.look(NAME)
    stage.clock.advance_to(run_of(status).last_end)
    await stage.poll(NAME)


async def _timed_out(stage: Stage) -> None:
    await apply_campaign(stage, completion={"expectedCalls": 1_000_000})
    await stage.look(NAME)
    await stage.play(NAME, 3 * _DAY, step=_DAY / 4)


async def _failed(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=422, body={"message": "no"}, times=2))
    await _scheduled(stage)


async def _failed_recurring(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=422, body={"message": "no"}, times=2))
    await apply_campaign(stage, runPolicy="Recurring")
    await stage.look(NAME)
    await stage.look(NAME)


async def _suspended(stage: Stage) -> None:
    await apply_campaign(stage, suspend=True)
    await stage.look(NAME)


async def _suspending(stage: Stage) -> None:
    manifest = await apply_campaign(stage)
    await stage.look(NAME)
    await stage.simulator.put_faults(fault("cancel", "answer", status=503, body=_DOWN))
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    await stage.look(NAME)


async def _invalid_spec(stage: Stage) -> None:
    await apply_campaign(stage, cron="61 9 * * *")
    await stage.look(NAME)


async def _suspended_and_invalid(stage: Stage) -> None:
    await apply_campaign(stage, cron="61 9 * * *", suspend=True)
    await stage.look(NAME)


async def _secret_not_found(stage: Stage) -> None:
    await apply_campaign(stage, connection={"secretRef": {"name": "absent"}})
    await stage.look(NAME)


async def _dialer_unavailable(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("token", "answer", status=503, body=_DOWN))
    await _scheduled(stage)


async def _held(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "reset", carryOut=True, times=2))
    await apply_campaign(stage, onUncertain="Hold")
    await stage.look(NAME)
    stage.clock.advance(60)
    await stage.look(NAME)


async def _edited(stage: Stage) -> None:
    manifest = await apply_campaign(stage)
    await stage.look(NAME)
    manifest["spec"]["cron"] = "0 11 * * *"
    await stage.apply(manifest)


async def _edited_after_a_bad_spec(stage: Stage) -> None:
    manifest = await apply_campaign(stage, cron="61 9 * * *")
    await stage.look(NAME)
    manifest["spec"]["cron"] = "0 11 * * *"
    await stage.apply(manifest)


async def _status_unreadable(stage: Stage) -> None:
    manifest = await apply_campaign(stage)
    await stage.look(NAME)
    altered = [{"op": "add", "path": "/status/runs/0/windows/0/startTime", "value": "0000-01-01T00:00:00Z"}]
    await stage.kubectl("patch", "ocamp", NAME, "--type=json", "--subresource=status", f"--patch={json.dumps(altered)}")
    manifest["spec"]["cron"] = "0 11 * * *"
    await stage.apply(manifest)
    await stage.operator.reconcile(CampaignRef(stage.namespace, NAME))


async def _deleting(stage: Stage) -> None:
    await _scheduled(stage)
    await stage.simulator.put_faults(fault("cancel", "answer", status=503, body=_DOWN))
    await stage.kubectl("delete", "ocamp", NAME, "--wait=false")
    await stage.look(NAME)


CAMPAIGN_STATES = (
    CampaignState("new", _new, "Progressing", "InProgress"),
    CampaignState("planned", _planned, "Healthy", "Current"),
    CampaignState("submitting", _submitting, "Progressing", "InProgress"),
    CampaignState("scheduled", _scheduled, "Healthy", "Current"),
    CampaignState("running", _running, "Healthy", "Current"),
    CampaignState("completed", _completed, "Healthy", "Current"),
    CampaignState("timed-out", _timed_out, "Healthy", "Current"),
    CampaignState("failed", _failed, "Degraded", "Failed"),
    CampaignState("failed-recurring", _failed_recurring, "Healthy", "Current"),
    CampaignState("suspended", _suspended, "Suspended", "Current"),
    CampaignState("suspending", _suspending, "Progressing", "InProgress"),
    CampaignState("invalid-spec", _invalid_spec, "Degraded", "Failed"),
    CampaignState("suspended-and-invalid", _suspended_and_invalid, "Degraded", "Failed"),
    CampaignState("secret-not-found", _secret_not_found, "Degraded", "Failed"),
    CampaignState("dialer-unavailable", _dialer_unavailable, "Progressing", "InProgress"),
    CampaignState("held", _held, "Degraded", "Failed"),
    CampaignState("edited", _edited, "Progressing", "InProgress"),
    CampaignState("edited-after-a-bad-spec", _edited_after_a_bad_spec, "Progressing", "InProgress"),
    CampaignState("status-unreadable", _status_unreadable, "Degraded", "Failed"),
    CampaignState("deleting", _deleting, "Progressing", "Terminating"),
)
