"""Releases of the chart by the real Helm: install, upgrade, roll back and uninstall, alone, beside another, and as part
of a parent chart.

A control plane of their own, since they replace the CustomResourceDefinition.
"""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
import yaml

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane
from chart import CHART
from e2e_world import answer_of, campaign
from serving import until

CRD = "outboundcampaigns.campaign-operator.io"

pytestmark = pytest.mark.xdist_group("chart releases")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plane(control_plane_binaries: ControlPlaneBinaries) -> AsyncIterator[ControlPlane]:
    """A control plane without the CustomResourceDefinition."""
    async with await ControlPlane.start(control_plane_binaries) as running:
        yield running


@dataclass(frozen=True)
class Cluster:
    """What a person does who installs the chart."""

    plane: ControlPlane
    helm: Callable[..., str]
    namespace: str
    folder: Path

    def run(self, *arguments: str | Path, **values: object) -> str:
        """Helm, in the namespace of the test."""
        where = (f"--kubeconfig={self.plane.kubeconfig_path}", f"--namespace={self.namespace}")
        given = ("--values=-",) if values else ()
        return self.helm(*arguments, *where, *given, values=values)

    def refused(self, *arguments: str | Path, **values: object) -> str:
        """What Helm says that fails."""
        with pytest.raises(subprocess.CalledProcessError) as raised:
            self.run(*arguments, **values)
        return str(raised.value.stderr)

    async def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """kubectl in the namespace of the test."""
        return (await self.plane.kubectl(*arguments, f"--namespace={self.namespace}", stdin=stdin)).stdout

    async def fields_of_spec(self) -> str:
        """The fields that the cluster's definition has in a spec."""
        path = "{.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties}"
        return await self.kubectl("get", "crd", CRD, f"--output=jsonpath={path}", "--ignore-not-found")

    async def told(self, *arguments: str) -> tuple[int, str]:
        """Exit status and words of a command of the operator, run by the account of the release."""
        name = "campaign-operator"
        kubeconfig = await self.plane.service_account_kubeconfig(self.namespace, name, self.folder / uuid4().hex)
        return await answer_of(kubeconfig, *arguments)


@pytest_asyncio.fixture
async def cluster(plane: ControlPlane, helm: Callable[..., str], tmp_path: Path) -> AsyncIterator[Cluster]:
    """A cluster with a namespace for the release, and without anything of an earlier one."""
    namespace = f"chart-{uuid4().hex[:10]}"
    await plane.kubectl("create", "namespace", namespace)
    yield Cluster(plane, helm, namespace, tmp_path)
    await plane.kubectl("delete", "namespace", namespace, "--wait=false")
    await plane.kubectl("delete", "crd", CRD, "--ignore-not-found")


def older_chart(folder: Path) -> Path:
    """The chart of a release before this one, whose definition has no calling hours."""
    made = shutil.copytree(CHART, folder / "older")
    template = made / "templates" / "customresourcedefinition.yaml"
    text = template.read_text()
    without = re.sub(r"\n( +)callingHours:\n(?:\1 +.*\n|\n)+", "\n", text, count=1)
    assert without != text
    template.write_text(without)
    chart = made / "Chart.yaml"
    chart.write_text(chart.read_text().replace("0.1.0", "0.0.9"))
    return made


async def test_one_install_brings_all_that_the_operator_needs(cluster: Cluster) -> None:
    notes = cluster.run("install", "campaign-operator", CHART)

    assert "kubectl get outboundcampaigns --all-namespaces" in notes
    await cluster.plane.wait_until_established(CRD)
    pod = yaml.safe_load(cluster.run("get", "hooks", "campaign-operator"))
    assert await cluster.told(*pod["spec"]["containers"][0]["args"]) == (
        0,
        "permissions: all 14\nCustomResourceDefinition: up to date\n",
    )
    cluster.run("uninstall", "campaign-operator")


async def test_an_upgrade_brings_the_new_definition_and_a_rollback_the_old_one(cluster: Cluster) -> None:
    cluster.run("install", "campaign-operator", older_chart(cluster.folder))
    assert "callingHours" not in await cluster.fields_of_spec()
    status, said = await cluster.told("check", "--all-namespaces")
    assert status == 1
    assert "is older than this operator and lacks spec.callingHours" in " ".join(said.split())

    cluster.run("upgrade", "campaign-operator", CHART)
    assert "callingHours" in await cluster.fields_of_spec()

    async def is_published() -> bool:
        return (await cluster.told("check", "--all-namespaces"))[0] == 0

    await until(is_published)

    cluster.run("upgrade", "campaign-operator", older_chart(cluster.folder / "again"), "--set=crds.enabled=false")
    assert "callingHours" in await cluster.fields_of_spec()
    cluster.run("rollback", "campaign-operator", "1")
    assert "callingHours" not in await cluster.fields_of_spec()
    cluster.run("uninstall", "campaign-operator")


async def test_definition_and_campaigns_stay_when_the_release_goes_and_the_next_one_finds_them(
    cluster: Cluster,
) -> None:
    cluster.run("install", "campaign-operator", CHART)
    await cluster.plane.wait_until_established(CRD)
    await cluster.kubectl("apply", "--filename=-", stdin=yaml.safe_dump(campaign(cluster.namespace, "c")))

    said = cluster.run("uninstall", "campaign-operator")

    assert CRD in said
    left = await cluster.kubectl("get", "deployment,serviceaccount,role,rolebinding,networkpolicy", "--output=name")
    assert "campaign-operator" not in left
    assert cluster.namespace not in await cluster.kubectl("get", "clusterrole,clusterrolebinding", "--output=name")
    assert await cluster.kubectl("get", "outboundcampaigns", "--output=name") == (
        "outboundcampaign.campaign-operator.io/c\n"
    )
    cluster.run("install", "campaign-operator", CHART)
    cluster.run("uninstall", "campaign-operator")


async def test_a_release_of_another_name_takes_the_definition_over_only_when_it_is_told_to(cluster: Cluster) -> None:
    cluster.run("install", "first", CHART)
    cluster.run("uninstall", "first")

    assert "invalid ownership metadata" in cluster.refused("install", "second", CHART)
    cluster.run("install", "third", CHART, "--take-ownership")
    cluster.run("uninstall", "third")


async def test_a_second_release_leaves_the_definition_to_the_first(cluster: Cluster) -> None:
    cluster.run("install", "first", CHART, watchNamespaces=["default"])
    cluster.run("install", "second", CHART, watchNamespaces=[cluster.namespace], crds={"enabled": False})

    cluster.run("uninstall", "second")

    assert "callingHours" in await cluster.fields_of_spec()
    cluster.run("uninstall", "first")


async def test_a_watched_namespace_that_never_was_is_refused_by_an_installation(cluster: Cluster) -> None:
    assert 'namespaces "nowhere" not found' in cluster.refused("install", "a", CHART, watchNamespaces=["nowhere"])
    cluster.run("uninstall", "a")


@pytest.mark.usefixtures("controller_manager")
async def test_an_upgrade_leaves_out_a_watched_namespace_that_is_gone_and_says_so(cluster: Cluster) -> None:
    """It would fail as a whole for want of a place for the Role, and with it the upgrade of everything else."""
    going, role = f"going-{uuid4().hex[:10]}", f"{cluster.namespace}:campaign-operator"
    watched = [cluster.namespace, going]

    async def has_role(namespace: str) -> bool:
        found = await cluster.plane.kubectl("get", "role,rolebinding", "--output=name", f"--namespace={namespace}")
        return found.stdout.count(role) == 2

    await cluster.plane.kubectl("create", "namespace", going)
    assert "do not exist" not in cluster.run("install", "campaign-operator", CHART, watchNamespaces=watched)
    assert await has_role(going)

    await cluster.plane.kubectl("delete", "namespace", going, "--timeout=60s")
    notes = cluster.run("upgrade", "campaign-operator", CHART, watchNamespaces=watched, pollSeconds=5)
    assert f"do not exist, so the operator has no permissions there: {going}." in notes
    assert await has_role(cluster.namespace)
    pods = await cluster.kubectl("get", "deployment", "campaign-operator", "--output=jsonpath={.spec.template.spec}")
    assert f"--namespace={going}" in pods
    assert "--poll-seconds=5" in pods
    assert f'namespaces "{going}" not found' in cluster.refused("rollback", "campaign-operator", "1")

    await cluster.plane.kubectl("create", "namespace", going)
    cluster.run("upgrade", "campaign-operator", CHART, watchNamespaces=watched)
    assert await has_role(going)
    cluster.run("uninstall", "campaign-operator")


@pytest.mark.usefixtures("controller_manager")
async def test_an_upgrade_takes_a_namespace_that_is_gone_from_the_list(cluster: Cluster) -> None:
    going = f"going-{uuid4().hex[:10]}"
    await cluster.plane.kubectl("create", "namespace", going)
    cluster.run("install", "campaign-operator", CHART, watchNamespaces=[cluster.namespace, going])
    await cluster.plane.kubectl("delete", "namespace", going, "--timeout=60s")
    cluster.run("upgrade", "campaign-operator", CHART, watchNamespaces=[cluster.namespace])
    cluster.run("uninstall", "campaign-operator")


def test_without_a_cluster_an_upgrade_has_a_role_in_every_watched_namespace(cluster: Cluster) -> None:
    """As Argo CD renders it: nothing can be looked up, so nothing is left out."""
    rendered = cluster.helm(
        *("template", "campaign-operator", CHART, "--is-upgrade", "--namespace=any", "--values=-"),
        values={"watchNamespaces": ["sales", "support"]},
    )
    roles = [each for each in yaml.safe_load_all(rendered) if each and each["kind"] == "Role"]
    assert {each["metadata"]["namespace"] for each in roles} >= {"sales", "support"}


async def test_a_definition_that_kubectl_applied_is_taken_over_when_helm_is_told_to(cluster: Cluster) -> None:
    definition = str(CHART.parents[1] / "crds" / f"{CRD}.yaml")
    await cluster.kubectl("apply", "--server-side", f"--filename={definition}")

    assert "invalid ownership metadata" in cluster.refused("install", "campaign-operator", CHART)
    cluster.run("install", "campaign-operator", CHART, "--take-ownership")
    cluster.run("uninstall", "campaign-operator")


@pytest.mark.parametrize("enabled", [True, False], ids=["enabled", "not enabled"])
def test_it_is_part_of_a_parent_chart_that_enables_it(cluster: Cluster, enabled: bool) -> None:
    parent = cluster.folder / "parent"
    (parent / "charts").mkdir(parents=True)
    shutil.copytree(CHART, parent / "charts" / "campaign-operator")
    dependency = {"name": "campaign-operator", "version": "0.1.0", "condition": "campaign-operator.enabled"}
    chart = {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": [dependency]}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart))

    values: dict[str, object] = {"campaign-operator": {"enabled": enabled}, "global": {"region": "eu"}}
    rendered = cluster.run("template", "parent", parent, **values)

    kinds = {document["kind"] for document in yaml.safe_load_all(rendered) if document}
    assert ("Deployment" in kinds) is enabled
