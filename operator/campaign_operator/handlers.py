"""What kopf calls: two handlers that only route.

No handlers of the change-detecting kind (create, update, resume, delete): they annotate resources with a copy of the
spec, and one that "succeeded" can lose its status when a second PATCH fails. `on.event` also delivers what exists at
start.
"""

from typing import Any

import kopf

from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION, RunState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.reconcile import Reconciler

UNDER_WAY = frozenset({RunState.RUNNING, RunState.HELD})


def register(registry: kopf.OperatorRegistry, reconciler: Reconciler, poll_seconds: float) -> None:
    """Add the handlers for campaigns to kopf's registry."""

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def wake(event: kopf.RawEvent, meta: kopf.Meta, **_: Any) -> None:
        ref = CampaignRef(str(meta["namespace"]), str(meta["name"]))
        if event["type"] == "DELETED":
            reconciler.forget(ref)
        elif not reconciler.is_own_write(ref, str(meta["resourceVersion"])):
            await reconciler.reconcile(ref)

    # the timer holds a finalizer of kopf's while it runs, so it must not run for campaigns that wait or are over
    @kopf.timer(GROUP, VERSION, PLURAL, registry=registry, interval=poll_seconds, when=is_under_way)
    async def poll(body: kopf.Body, meta: kopf.Meta, **_: Any) -> None:
        await reconciler.reconcile(CampaignRef(str(meta["namespace"]), str(meta["name"])), poll=True, seen=body)


def is_under_way(status: kopf.Status, **_: Any) -> bool:
    """Whether any run has started and has not ended, by the status as it is at the API server."""
    every = status.get("runs") or ()
    return any(run.get("state") in UNDER_WAY and not run.get("finishTime") for run in every)
