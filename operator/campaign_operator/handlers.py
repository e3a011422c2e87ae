"""What the watches call: one handler for kopf, which notes what was seen and returns, and one for what is listed.

A handler that waits makes kopf keep every event that comes meanwhile, each with its whole resource, so the look at
the campaign is somebody else's task. No handlers of the change-detecting kind (create, update, resume, delete): they
annotate resources with a copy of the spec, and one that "succeeded" can lose its status when a second PATCH fails. No
timers and daemons: with them kopf keeps a finalizer, and the resource in memory.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import kopf

from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.adapters.kubernetes.permissions import ALL_NAMESPACES
from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.looks import Asked, Listed, Looks
from campaign_operator.engine.ports import UnusableError
from campaign_operator.engine.reconcile import Reconciler

LOOKED_AT_SECONDS = 1.0
"""How long a page of the listing waits for the looks at its campaigns."""


def register(registry: kopf.OperatorRegistry, reconciler: Reconciler, looks: Looks) -> None:
    """Add the handler for campaigns to kopf's registry."""

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def wake(event: kopf.RawEvent, meta: kopf.Meta, **_: Any) -> None:
        if event["type"] == "DELETED":
            reconciler.forget(CampaignRef(str(meta["namespace"]), str(meta["name"])))
        else:
            note(meta, reconciler, looks)


async def note_listed(
    page: Iterable[Mapping[str, Any]], reconciler: Reconciler, looks: Looks, *, are_whole: bool
) -> None:
    """Have a page of campaigns looked at. Where they are whole, they are taken from the page, one after another, for as
    long as none waits for its turn: so no more of them is in memory than the page. The others are read at their turn.
    """
    left = iter(page)
    if are_whole and looks.calm.is_set():
        until = asyncio.get_running_loop().time() + LOOKED_AT_SECONDS
        for each in left:
            note(each["metadata"], reconciler, looks, Listed(partial(_as_listed, each)))
            if not await _is_calm(looks, until):
                break
    for each in left:
        note(each["metadata"], reconciler, looks)


async def _is_calm(looks: Looks, until: float) -> bool:
    """Apart from the page, since asyncio keeps the frames in which it has cancelled something last."""
    try:
        async with asyncio.timeout_at(until):
            return await looks.calm.wait()
    except TimeoutError:
        return False


def _as_listed(wire: Mapping[str, Any]) -> Campaign | None:
    """None where it cannot be read: that is told of what is read anew."""
    try:
        return campaign_of(wire)
    except UnusableError:
        return None


def note_all_listed(namespace: str, listed: Collection[CampaignRef], reconciler: Reconciler) -> None:
    """The campaigns that exist when the watch of a namespace begins, or of all of them: the others are gone."""
    reconciler.forget_unlisted(namespace if namespace != ALL_NAMESPACES else None, listed)


def note(metadata: Mapping[str, Any], reconciler: Reconciler, looks: Looks, listed: Listed | None = None) -> None:
    """A campaign exists at this resourceVersion: have it looked at, unless our own write made it."""
    ref, version = CampaignRef(str(metadata["namespace"]), str(metadata["name"])), str(metadata["resourceVersion"])
    if not reconciler.is_own_write(ref, version):
        looks.ask(ref, Asked(version=version, listed=listed))
