"""The store against the real API server, under the operator's own rights: the finalizer, and what is read beside it.

Deleting a campaign must neither lose what is still to be cancelled nor wait for ever.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.kubernetes.events import EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, MAX_RESOLVE, RESOLVE_ANNOTATION
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import ConflictError, StoreUnavailableError
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import Manifest, campaign
from stage import Stage, new_store

KOPFS = "campaign-operator.io/polling"
ANOTHERS = "example.com/keep"


@asynccontextmanager
async def store_of(kubeconfig: Path) -> AsyncIterator[KubeStore]:
    """A store with the rights of that kubeconfig."""
    configuration = Configuration()
    await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
        config_file=str(kubeconfig), client_configuration=configuration, persist_config=False
    )
    async with ApiClient(configuration) as client:
        api, clock = APIServer(client), SystemClock()
        yield KubeStore(api, [], KeyedObjects(api, clock), EventRecorder(api, clock), parse_connection, clock)


@pytest.fixture
def quiet(playhouse: tuple[ControlPlane, Path]) -> ControlPlane:
    """A control plane without an operator, which would write these campaigns, too."""
    return playhouse[0]


@pytest.fixture
async def namespace(quiet: ControlPlane) -> AsyncIterator[str]:
    name = f"store-{uuid4().hex[:12]}"
    await quiet.kubectl("create", "namespace", name)
    yield name
    await quiet.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest.fixture
async def store(playhouse: tuple[ControlPlane, Path]) -> AsyncIterator[KubeStore]:
    """The store as the operator has it: under the account and the rights that the chart gives it."""
    async with store_of(playhouse[1]) as store:
        yield store


class Resource:
    """One campaign, as its user and others act on it by kubectl."""

    def __init__(self, control_plane: ControlPlane, namespace: str, store: KubeStore) -> None:
        self._control_plane = control_plane
        self._store = store
        self.ref = CampaignRef(namespace, "spring")

    async def create(self, *finalizers: str, annotations: dict[str, str] | None = None) -> Campaign:
        manifest: Manifest = campaign(self.ref.namespace, self.ref.name)
        manifest["metadata"] |= {"finalizers": list(finalizers), "annotations": annotations or {}}
        await self._control_plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(manifest))
        return await self.read()

    async def read(self) -> Campaign:
        found = await self.read_if_any()
        assert found is not None
        return found

    async def read_if_any(self) -> Campaign | None:
        return await self._store.read(self.ref)

    async def patch(self, patch: dict[str, Any]) -> None:
        await self._kubectl("patch", "--type=merge", f"--patch={yaml.safe_dump(patch)}")

    async def finalize(self, *finalizers: str) -> None:
        """Put these in the place of all finalizers."""
        await self.patch({"metadata": {"finalizers": list(finalizers)}})

    async def delete(self) -> None:
        await self._kubectl("delete", "--wait=false")

    async def _kubectl(self, verb: str, *args: str) -> None:
        await self._control_plane.kubectl(verb, "ocamp", self.ref.name, "-n", self.ref.namespace, *args)


@pytest.fixture
def resource(quiet: ControlPlane, namespace: str, store: KubeStore) -> Resource:
    return Resource(quiet, namespace, store)


async def test_the_finalizer_is_added_and_removed_and_those_of_others_stay_as_they_are(
    store: KubeStore, resource: Resource
) -> None:
    read = await resource.create(KOPFS, ANOTHERS)
    assert read.finalizers == (KOPFS, ANOTHERS)

    added = await store.write_finalizer(read, present=True)
    assert added is not None
    assert added == await resource.read()
    assert added.finalizers == (KOPFS, ANOTHERS, CANCEL_FINALIZER)
    assert added == replace(read, finalizers=added.finalizers, resource_version=added.resource_version)

    removed = await store.write_finalizer(added, present=False)
    assert removed is not None
    assert removed == await resource.read()
    assert removed.finalizers == (KOPFS, ANOTHERS)


async def test_a_campaign_that_has_no_other_finalizer_has_none_at_the_end(store: KubeStore, resource: Resource) -> None:
    added = await store.write_finalizer(await resource.create(), present=True)
    assert added is not None
    assert added.finalizers == (CANCEL_FINALIZER,)
    removed = await store.write_finalizer(added, present=False)
    assert removed is not None
    assert (removed.finalizers, removed.deleting) == ((), False)


async def test_what_is_so_already_is_not_written_again(store: KubeStore, resource: Resource) -> None:
    read = await resource.create(ANOTHERS)
    assert await store.write_finalizer(read, present=False) == read
    added = await store.write_finalizer(read, present=True)
    assert added is not None
    assert await store.write_finalizer(added, present=True) == added
    assert await resource.read() == added


@pytest.mark.parametrize("present", [True, False], ids=["adding", "removing"])
@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"suspend": True}},
        {"metadata": {"annotations": {RESOLVE_ANNOTATION: "x"}}},
        {"metadata": {"finalizers": [ANOTHERS, CANCEL_FINALIZER, KOPFS]}},
    ],
    ids=["the spec", "an annotation", "the finalizers"],
)
async def test_nothing_is_written_where_somebody_else_wrote_in_between(
    store: KubeStore, resource: Resource, present: bool, change: dict[str, Any]
) -> None:
    read = await resource.create(*([] if present else [CANCEL_FINALIZER]))
    await resource.patch(change)
    changed = await resource.read()

    with pytest.raises(ConflictError):
        await store.write_finalizer(read, present=present)

    assert await resource.read() == changed


async def test_a_status_that_another_operator_wrote_in_between_is_a_conflict_too(
    store: KubeStore, resource: Resource
) -> None:
    read = await resource.create()
    written = await store.write_status(read, OutboundCampaignStatus(observed_generation=read.generation))
    with pytest.raises(ConflictError):
        await store.write_finalizer(read, present=True)
    added = await store.write_finalizer(written, present=True)
    assert added is not None
    assert added.status == written.status


async def test_a_campaign_that_is_gone_or_another_of_the_same_name_is_a_conflict(
    store: KubeStore, resource: Resource
) -> None:
    read = await resource.create()
    await resource.delete()
    with pytest.raises(ConflictError):
        await store.write_finalizer(read, present=True)

    another = await resource.create()
    assert another.uid != read.uid
    with pytest.raises(ConflictError):
        await store.write_finalizer(read, present=True)
    assert await resource.read() == another


async def test_a_deleted_campaign_stays_until_its_finalizer_is_removed_and_is_gone_then(
    store: KubeStore, resource: Resource
) -> None:
    before = datetime.now(UTC)
    await store.write_finalizer(await resource.create(), present=True)
    await resource.delete()

    read = await resource.read()
    assert read.deleting
    assert read.deletion_time is not None
    assert abs(read.deletion_time - before) < timedelta(seconds=60)
    assert await store.write_finalizer(read, present=False) is None
    assert await resource.read_if_any() is None


async def test_a_deleted_campaign_stays_while_others_have_a_finalizer_on_it(
    store: KubeStore, resource: Resource
) -> None:
    await resource.create(KOPFS, CANCEL_FINALIZER)
    await resource.delete()

    removed = await store.write_finalizer(await resource.read(), present=False)

    assert removed is not None
    assert (removed.finalizers, removed.deleting) == ((KOPFS,), True)
    assert await store.write_finalizer(removed, present=True) == removed, "the API server would refuse it"
    await resource.finalize()
    assert await resource.read_if_any() is None


async def test_a_campaign_that_was_deleted_in_between_is_not_held_back(store: KubeStore, resource: Resource) -> None:
    read = await resource.create(ANOTHERS)
    await resource.delete()
    with pytest.raises(ConflictError):
        await store.write_finalizer(read, present=True)
    await resource.finalize()


async def test_the_resolve_annotation_is_read_up_to_its_bound(store: KubeStore, resource: Resource) -> None:
    wanted = "20261125T0900/America/New_York=Resubmit"
    assert (await resource.create(annotations={RESOLVE_ANNOTATION: wanted})).resolve == wanted
    await resource.patch({"metadata": {"annotations": {RESOLVE_ANNOTATION: "x" * 100_000}}})
    assert (await resource.read()).resolve == "x" * MAX_RESOLVE
    await resource.patch({"metadata": {"annotations": None}})
    assert (await resource.read()).resolve is None


async def test_a_namespace_that_is_being_deleted_is_seen(
    store: KubeStore, resource: Resource, quiet: ControlPlane
) -> None:
    namespace = resource.ref.namespace
    await resource.create(CANCEL_FINALIZER)
    assert not await store.namespace_is_terminating(namespace)

    await quiet.kubectl("delete", "namespace", namespace, "--wait=false")
    assert await store.namespace_is_terminating(namespace)

    await resource.delete()
    assert await store.write_finalizer(await resource.read(), present=False) is None


async def test_a_namespace_that_is_gone_is_as_good_as_terminating(store: KubeStore) -> None:
    assert await store.namespace_is_terminating("there-is-no-such-namespace")


async def test_without_the_rights_nothing_is_written_no_secret_read_and_a_namespace_not_known_to_be_terminating(
    resource: Resource, quiet: ControlPlane, tmp_path: Path
) -> None:
    namespace = resource.ref.namespace
    await quiet.kubectl("create", "serviceaccount", "nobody", "-n", namespace)
    kubeconfig = await quiet.service_account_kubeconfig(namespace, "nobody", tmp_path / "kubeconfig")
    read = await resource.create()
    async with store_of(kubeconfig) as nobodys:
        with pytest.raises(StoreUnavailableError, match="writing the finalizer: 403 Forbidden"):
            await nobodys.write_finalizer(read, present=True)
        assert not await nobodys.namespace_is_terminating(namespace)
        found, _ = await nobodys.read_connection(namespace, "cxone", max_age_seconds=0)
        assert isinstance(found, Problem)
        assert found.reason is Reason.SECRET_NOT_FOUND
        assert found.message.endswith("or the operator may not read it")
    assert await resource.read() == read


async def test_a_connection_is_used_in_the_name_of_its_namespace(stage: Stage) -> None:
    found, _ = await new_store(stage).read_connection(stage.namespace, "cxone", max_age_seconds=0)
    assert isinstance(found, Connection)
    assert found.owner == stage.namespace
