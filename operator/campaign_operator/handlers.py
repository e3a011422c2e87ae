"""What the watches call: one handler for kopf, which notes what was seen and returns, and one for what is listed.

A handler that waits makes kopf keep every event that comes meanwhile, each with its whole resource, so the look at
the campaign is somebody else's task. No handlers of the change-detecting kind (create, update, resume, delete): they
annotate resources with a copy of the spec, and one that "succeeded" can lose its status when a second PATCH fails. No
timers and daemons: with them kopf keeps a finalizer, and the resource in memory.
"""

from collections.abc import Mapping
from typing import Any

import kopf

from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.reconcile import Reconciler


def register(registry: kopf.OperatorRegistry, reconciler: Reconciler, looks: Looks) -> None:
    """Add the handler for campaigns to kopf's registry."""

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def wake(event: kopf.RawEvent, meta: kopf.Meta, **_: Any) -> None:
        if event["type"] == "DELETED":
            reconciler.forget(CampaignRef(str(meta["namespace"]), str(meta["name"])))
        else:
            note(meta, reconciler, looks)


def note(metadata: Mapping[str, Any], reconciler: Reconciler, looks: Looks) -> None:
    """A campaign exists at this resourceVersion: have it looked at, unless our own write made it."""
    ref, version = CampaignRef(str(metadata["namespace"]), str(metadata["name"])), str(metadata["resourceVersion"])
    if not reconciler.is_own_write(ref, version):
        looks.ask(ref, Asked(version=version))
