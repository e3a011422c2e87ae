"""Several namespaces with `--namespace`, and a Role in each: one that loses it, or never had it, concerns no other."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e_world import Manifest, World, campaign, start_operator
from serving import until

ACCOUNT = "campaign-operator"
RBAC = "rbac.authorization.k8s.io"


def role_binding(role: str, namespace: str) -> Manifest:
    """The operator's rights in one namespace alone, those on campaigns included."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role, "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": role, "namespace": role}],
    }


class Tenants:
    """Three namespaces, an account that has no right outside them, and an operator of all three and of one that never
    was there.
    """

    def __init__(self, world: World, kubeconfig: Path, mark: str) -> None:
        self.world, self.kubeconfig, self.account = world, kubeconfig, f"account-{mark}"
        self.first, self.second, self.third, self.nowhere = (f"{name}-{mark}" for name in ("a", "b", "c", "nowhere"))

    async def lose(self, namespace: str) -> None:
        """Take the operator's rights there."""
        await self.world.kubectl("delete", "rolebinding", self.account, "-n", namespace)

    async def give(self, namespace: str) -> None:
        """Give them back."""
        await self.world.apply(role_binding(self.account, namespace))

    async def serves(self, namespace: str, name: str) -> None:
        """A new campaign there is submitted."""
        await self.world.apply(campaign(namespace, name))
        await self.world.wait_for_state(namespace, name, "Scheduled", seconds=30)

    async def logged(self, *words: str) -> None:
        """Until the operator has said all this in one line."""

        async def said() -> bool:
            lines = self.world.operator.log_path.read_text().splitlines()
            return any(all(word in line for word in words) for line in lines)

        await until(said)


async def new_tenants(
    world: World, control_plane: ControlPlane, render_chart: Callable[..., str], folder: Path
) -> Tenants:
    """The namespaces, the account with its rights, and the Secret in each namespace."""
    mark = uuid4().hex[:8]
    here = replace(world, control_plane=control_plane, folder=folder)
    tenants = Tenants(here, folder / "kubeconfig", mark)
    rules = [
        rule
        for document in yaml.safe_load_all(render_chart("any", only=["rbac.yaml"]))
        for rule in (document or {}).get("rules", ())
    ]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": tenants.account}, "rules": rules}
    await here.kubectl("create", "namespace", tenants.account)
    await here.kubectl("create", "serviceaccount", tenants.account, "-n", tenants.account)
    await here.apply(role)
    for namespace in (tenants.first, tenants.second, tenants.third):
        await here.kubectl("create", "namespace", namespace)
        await tenants.give(namespace)
        await here.connect(namespace)
    await control_plane.service_account_kubeconfig(tenants.account, tenants.account, tenants.kubeconfig)
    return tenants


@pytest.fixture
async def tenants(
    playhouse: tuple[ControlPlane, Path], world: World, render_chart: Callable[..., str], tmp_path: Path
) -> Tenants:
    return await new_tenants(world, playhouse[0], render_chart, tmp_path)


async def test_a_namespace_that_loses_its_role_is_left_out_and_back_with_it_and_the_others_never_notice(
    tenants: Tenants, tmp_path: Path
) -> None:
    port = LoopbackPort()
    port.release()
    watched = (tenants.first, tenants.second, tenants.nowhere)
    flags = [flag for namespace in watched for flag in ("--namespace", namespace)]
    operator = start_operator(
        tenants.kubeconfig, tenants.world.authority, tmp_path, *flags, f"--metrics-port={port.number}"
    )
    tenants.world = replace(tenants.world, operator=operator)

    async def scraped() -> str:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{port.number}/metrics")).text

    async def watches() -> dict[str, float]:
        found = re.findall(r'campaign_operator_namespace_watched\{namespace="([^"]*)"\} (\S+)', await scraped())
        return {namespace: float(value) for namespace, value in found}

    async def namespaces_of_campaigns() -> set[str]:
        return set(re.findall(r'campaign_operator_campaign_ready\{name="[^"]*",namespace="([^"]*)"\}', await scraped()))

    try:
        await tenants.logged("not watched for now", tenants.nowhere, "403 Forbidden")
        await tenants.serves(tenants.first, "before")
        await tenants.serves(tenants.second, "before")
        assert await watches() == {tenants.first: 1, tenants.second: 1, tenants.nowhere: 0}

        await tenants.lose(tenants.first)
        await tenants.serves(tenants.second, "meanwhile")
        await tenants.logged("not watched for now", tenants.first, "403 Forbidden")
        assert await watches() == {tenants.first: 0, tenants.second: 1, tenants.nowhere: 0}
        assert await namespaces_of_campaigns() == {tenants.second}

        await tenants.give(tenants.first)
        await tenants.serves(tenants.first, "afterwards")
        await tenants.serves(tenants.second, "afterwards")
        assert await namespaces_of_campaigns() == {tenants.first, tenants.second}
        assert await watches() == {tenants.first: 1, tenants.second: 1, tenants.nowhere: 0}

        for namespace in (tenants.first, tenants.second):
            await tenants.lose(namespace)
        await tenants.world.apply(campaign(tenants.second, "in-vain"))
        assert await operator.wait() == 1
    finally:
        await operator.stop(timeout_seconds=40)
    log = operator.log_path.read_text()
    assert "Traceback" not in log
    assert re.match(r".*refuses to list .*: 403 Forbidden", log.splitlines()[-1])


async def test_with_no_namespace_that_can_be_listed_it_ends_in_one_line_that_names_each(
    tenants: Tenants, tmp_path: Path
) -> None:
    operator = start_operator(
        tenants.kubeconfig,
        tenants.world.authority,
        tmp_path,
        *("--namespace", tenants.nowhere, "--namespace", f"{tenants.nowhere}-either"),
    )
    try:
        assert await operator.wait() == 1
    finally:
        await operator.stop(timeout_seconds=40)
    (line,) = operator.log_path.read_text().splitlines()
    assert f"in namespace {tenants.nowhere}: 403 Forbidden" in line
    assert f"in namespace {tenants.nowhere}-either: 403 Forbidden" in line


@pytest.mark.usefixtures("controller_manager")
async def test_a_watched_namespace_that_is_deleted_is_withdrawn_from_and_gone_by_the_rights_of_the_chart(
    world: World, render_chart: Callable[..., str], playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    """The Role in the namespace goes first. What withdrawing takes is granted by the ClusterRole, outside of it."""
    control_plane, mark = playhouse[0], uuid4().hex[:8]
    going, staying, account = f"going-{mark}", f"staying-{mark}", f"operator-{mark}"
    here = replace(world, control_plane=control_plane, folder=tmp_path)
    for name in (going, staying, account):
        await here.kubectl("create", "namespace", name)
    rendered = render_chart(account, {"watchNamespaces": [going, staying]}, only=["serviceaccount.yaml", "rbac.yaml"])
    await here.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    accounts = json.loads((await here.kubectl("get", "serviceaccounts", "-n", account, "-o", "json")).stdout)["items"]
    (named,) = (each["metadata"]["name"] for each in accounts if each["metadata"]["name"] != "default")
    kubeconfig = await control_plane.service_account_kubeconfig(account, named, tmp_path / "kubeconfig")
    operator = start_operator(kubeconfig, here.authority, tmp_path, "--namespace", going, "--namespace", staying)
    here = replace(here, operator=operator)
    manifest = campaign(going, "c", submitAheadSeconds=172_800)
    try:
        await here.connect(going)
        await here.connect(staying)
        await here.apply(manifest)
        await here.wait_for_state(going, "c", "Scheduled")
        await here.kubectl("delete", "namespace", going, "--timeout=60s")
        assert all(schedule["cancelledAt"] for schedule in await here.schedules(manifest["spec"]["campaignID"]))
        await here.apply(campaign(staying, "c"))
        await here.wait_for_state(staying, "c", "Scheduled")
    finally:
        await operator.stop(timeout_seconds=40)
