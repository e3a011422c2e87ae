"""A stage whose operators are told by a watch of all namespaces, as an operator of a whole cluster is."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import kopf
import pytest
from kubernetes.aio.client import ApiClient

from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.kubernetes.campaign_paths import ALL_CAMPAIGNS
from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.adapters.kubernetes.cluster import load_configuration
from campaign_operator.adapters.kubernetes.left_out import LeftOut
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.engine.ports import UnusableError
from campaign_operator.engine.sightings import Sightings
from campaign_operator.watches import Watches
from stage import Stage, new_operator


class WellRead(Sightings):
    """Of an operator that has looked at everybody, as one does within moments where campaigns are few."""

    def __init__(self, api: APIServer) -> None:
        super().__init__()
        self._api = api

    async def is_alone(self, campaign: Campaign) -> bool:
        """See Sightings."""
        await super().is_alone(campaign)  # until the watch has told of everybody who was there before the intent
        for wire in (await self._api.request("GET", ALL_CAMPAIGNS)).body["items"]:
            with suppress(UnusableError):
                self.read(campaign_of(wire))
        return await super().is_alone(campaign)


class SharedWatch(Sightings):
    """What one watch tells several operators, each of which has read other campaigns."""

    def __init__(self, new: Callable[[], Sightings]) -> None:
        super().__init__()
        self._new = new
        self.listed = asyncio.Event()
        self._told: dict[str, Mapping[str, Any]] = {}
        self._each: list[Sightings] = []

    def of_one_operator(self) -> Sightings:
        """For an operator that begins now."""
        sightings = self._new()
        for wire in self._told.values():
            sightings.see(wire)
        if self.listed.is_set():
            sightings.complete()
        self._each.append(sightings)
        return sightings

    def begin_anew(self) -> None:
        """See Sightings."""
        self.listed.clear()
        self._told.clear()
        for each in self._each:
            each.begin_anew()

    def complete(self) -> None:
        """See Sightings."""
        self.listed.set()
        for each in self._each:
            each.complete()

    def see(self, wire: Mapping[str, Any]) -> None:
        """See Sightings."""
        uid, generation = wire["metadata"]["uid"], wire["metadata"]["generation"]
        before = self._told.get(uid)
        # a list has the spec, and what the watch tells of the same generation has the same
        is_known = before is not None and before["metadata"]["generation"] == generation
        self._told[uid] = {**(before or {}), **wire} if is_known else wire
        for each in self._each:
            each.see(wire)

    def see_gone(self, wire: Mapping[str, Any]) -> None:
        """See Sightings."""
        self._told.pop(wire["metadata"]["uid"], None)
        for each in self._each:
            each.see_gone(wire)


@asynccontextmanager
async def watched_by(stage: Stage, kubeconfig: Path, namespace: str | None = None) -> AsyncIterator[SharedWatch]:
    """Every operator of the stage that begins from now on is told by this watch; the stage's own begins anew.

    With a namespace, there is nothing else, and an operator knows of nobody whom it has not looked at. Else there is
    also what other tests have left, and everybody has been looked at.
    """
    shared = SharedWatch(partial(WellRead, stage.api) if namespace is None else Sightings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        async with ApiClient(await load_configuration()) as client:
            watches = Watches(
                APIServer(client),
                (namespace,) if namespace is not None else (),
                "",
                _no_handlers,
                LeftOut(),
                on_listed=_keep_nothing,
                on_all_listed=lambda _namespace, _listed: None,
                on_left_out=lambda _: None,
                on_spawned=_no_signals,
                sightings=shared,
            )
            watching = asyncio.create_task(watches.run())
            try:
                async with asyncio.timeout(60):
                    await shared.listed.wait()
                stage.new_sightings = shared.of_one_operator
                stage.operator = new_operator(stage)
                yield shared
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)


def _no_handlers(registry: kopf.OperatorRegistry) -> None:
    @kopf.on.event("campaign-operator.io", "v1alpha1", "outboundcampaigns", registry=registry)
    async def ignore(**_: Any) -> None:
        """Without a handler, kopf watches nothing."""


async def _keep_nothing(page: Iterable[Mapping[str, Any]], *, are_whole: bool) -> None:
    """The tests look at campaigns themselves."""


def _no_signals() -> None:
    """kopf would have SIGINT end it, and not pytest."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)
