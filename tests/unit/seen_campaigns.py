"""Campaigns as the API server sends them, for the screens of the plugin. Their clock stands at NOW of `builders`."""

from collections.abc import Mapping
from typing import Any

from builders import NOW

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import Condition, OutboundCampaignStatus, RunStatus
from kubectl_campaign.seen_campaign import SeenCampaign

SPEC: Mapping[str, Any] = {
    "campaignID": "8f14e45f",
    "cron": "0 9 * * *",
    "runPolicy": "Recurring",
    "startMode": "ContactLocal",
    "submitAheadSeconds": 86_400,
    "completion": {"graceSeconds": 3600},
}


def told(kind: ConditionType, status: bool, reason: str, message: str = "because") -> Condition:
    """A condition of generation 1."""
    return conditions.make((), kind, status, reason, message, generation=1, now=NOW)


def seen(
    *runs: RunStatus, name: str = "spring", generation: int = 1, spec: Mapping[str, Any] | None = None, **status: Any
) -> SeenCampaign:
    """A campaign with this status; Ready unless its conditions are given."""
    ready = (told(ConditionType.READY, True, "Accepted", "the spec is accepted"),)
    fields = {"observed_generation": 1, "runs": runs, "conditions": ready, **status}
    wire = OutboundCampaignStatus(**fields).model_dump(mode="json", by_alias=True, exclude_none=True)
    return seen_wire(wire, name=name, generation=generation, spec=spec)


def seen_wire(
    status: Mapping[str, Any], *, name: str = "spring", generation: int = 1, spec: Mapping[str, Any] | None = None
) -> SeenCampaign:
    """A campaign with a status that may be anything."""
    meta = {"namespace": "sales", "name": name, "uid": "u", "resourceVersion": "7", "generation": generation}
    return SeenCampaign.of({"metadata": meta, "spec": {**SPEC, **(spec or {})}, "status": status})
