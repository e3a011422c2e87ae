"""Least privilege: each permission that the chart grants is needed, and `campaign-operator check` misses each that is
absent.

One life of campaigns needs them all: lists in a ConfigMap, a connection in a Secret, an unreadable status, a deletion
in a namespace that goes. It is played once with all permissions, when nothing is refused, and once without each.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from kubernetes.aio.client import ApiClient

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer
from campaign_operator.adapters.kubernetes.permissions import (
    CLUSTER_WIDE,
    IN_EACH_NAMESPACE,
    LEADER_ELECTION,
    Permission,
)
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import Manifest, answer_of, campaign, config_map
from stage import Stage, new_operator, opened_stage

ALL = (*CLUSTER_WIDE, *IN_EACH_NAMESPACE)
VERBS = {"GET": "get", "PATCH": "patch", "PUT": "update", "POST": "create"}
BY_KOPF = [permission for permission in ALL if permission.verb in ("list", "watch")]
OUR_OWN = [permission for permission in ALL if permission not in BY_KOPF]


def parts(permission: Permission) -> tuple[str, str]:
    """The API group, and the resource as a Role has it."""
    name, slash, subresource = permission.resource.partition("/")
    plural, _, group = name.partition(".")
    return group, plural + slash + subresource


def granted(rendered: str) -> Iterator[tuple[str, str, str]]:
    """(verb, group, resource) for all that the operator's ClusterRole and Roles allow."""
    for document in yaml.safe_load_all(rendered):
        for rule in (document or {}).get("rules", ()):
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    yield from ((verb, group, resource) for verb in rule["verbs"])


@pytest.mark.parametrize("namespaces", [[], ["sales"]], ids=["all namespaces", "one namespace"])
def test_the_chart_grants_what_is_needed_and_nothing_else(
    render_chart: Callable[..., str], namespaces: list[str]
) -> None:
    rendered = render_chart("any", {"watchNamespaces": namespaces}, only=["rbac.yaml"])
    assert sorted(granted(rendered)) == sorted((permission.verb, *parts(permission)) for permission in ALL)


def test_the_chart_grants_what_the_election_of_a_leader_needs_and_nothing_else(
    render_chart: Callable[..., str],
) -> None:
    rendered = render_chart("any", only=["leaderelection.yaml"])
    assert sorted(granted(rendered)) == sorted((permission.verb, *parts(permission)) for permission in LEADER_ELECTION)


def account(name: str, namespace: str, permissions: list[Permission]) -> list[Manifest]:
    """A ServiceAccount with these permissions in all namespaces, by a ClusterRole of that name."""
    rules = [{"apiGroups": [parts(p)[0]], "resources": [parts(p)[1]], "verbs": [p.verb]} for p in permissions]
    rbac, meta = "rbac.authorization.k8s.io", {"name": name}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**meta, "namespace": namespace}},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    ]


async def kubeconfig_without(
    control_plane: ControlPlane, namespace: str, folder: Path, missing: Permission | None
) -> Path:
    """The kubeconfig of an account with all permissions but that one."""
    name = f"without-{uuid4().hex[:10]}"
    manifests = account(name, namespace, [permission for permission in ALL if permission != missing])
    await control_plane.kubectl("create", "--filename=-", stdin=yaml.safe_dump_all(manifests))
    return await control_plane.service_account_kubeconfig(namespace, name, folder / name)


class Refusals(APIServer):
    """Our own client, which notes what it is refused."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self.seen: set[tuple[str, str, str]] = set()

    async def request(
        self,
        method: str,
        path: str,
        names: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        accept: str = "application/json",
    ) -> APIAnswer:
        """As the client does it."""
        answer = await super().request(method, path, names, query, body, accept)
        if answer.status == 403:
            verb = "list" if method == "GET" and not path.endswith("}") else VERBS[method]
            group = path.split("/")[2] if path.startswith("/apis/") else ""
            resource = path.split("}/", 1)[-1] if "}/" in path else "namespaces"
            self.seen.add((verb, group, resource.replace("/{name}", "")))
        return answer


async def live(stage: Stage) -> None:
    """Whatever the operator does in the life of campaigns."""
    lists = [{"configMapKeyRef": {"name": "lists", "key": "list.csv"}}]
    await stage.apply(
        config_map(stage.namespace, "lists", list__csv="id,timezone\n1,Europe/London\n"),
        campaign(stage.namespace, "listed", contacts=None, contactsFrom=lists),
        campaign(stage.namespace, "altered"),
        campaign(stage.namespace, "deleted"),
    )
    await look(stage, "listed", "altered", "deleted")
    unreadable = [{"op": "add", "path": "/status/runs/0/windows/0/startTime", "value": "0000-01-01T00:00:00Z"}]
    patch = ("--type=json", f"--patch={json.dumps(unreadable)}", "--subresource=status")
    # of a campaign whose status could not be written before, nothing can be altered
    await stage.control_plane.kubectl("patch", "ocamp", "altered", "-n", stage.namespace, *patch, check=False)
    await look(stage, "altered")
    await stage.kubectl("delete", "ocamp", "deleted", "--wait=false")
    await stage.events_are_posted()
    await look(stage, "deleted")
    for cron in ("61 9 * * *", "0 9 * * *", "61 9 * * *"):  # what is told a second time is counted
        await stage.apply(campaign(stage.namespace, "edited", campaignID="edited", cron=cron))
        await look(stage, "edited")
        await stage.events_are_posted()


async def look(stage: Stage, *names: str) -> None:
    """Let the operator look at each campaign, until it has nothing more to do at once."""
    for name in names:
        for _ in range(3):
            await stage.operator.reconcile(CampaignRef(stage.namespace, name))


async def refused_without(
    control_plane: ControlPlane, namespace: str, folder: Path, missing: Permission | None
) -> set[tuple[str, str, str]]:
    kubeconfig = await kubeconfig_without(control_plane, namespace, folder, missing)
    async with opened_stage(control_plane, kubeconfig, folder) as stage:
        refusals = Refusals(stage.api._client)  # noqa: SLF001 - the same connection, looked at
        stage.api = refusals
        stage.recorder._api = refusals  # noqa: SLF001 - as above
        stage.operator = new_operator(stage)
        await live(stage)
        return refusals.seen


async def test_with_all_permissions_nothing_is_refused(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> None:
    assert await refused_without(playhouse[0], "default", tmp_path, None) == set()


@pytest.mark.parametrize("missing", OUR_OWN, ids=str)
async def test_without_one_something_is_refused(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path, missing: Permission
) -> None:
    refused = await refused_without(playhouse[0], "default", tmp_path, missing)
    assert refused == {(missing.verb, *parts(missing))}


@pytest.mark.parametrize("missing", BY_KOPF, ids=str)
async def test_without_seeing_campaigns_the_operator_ends_and_says_so(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path, missing: Permission
) -> None:
    kubeconfig = await kubeconfig_without(playhouse[0], "default", tmp_path, missing)
    status, said = await answer_of(kubeconfig, "run", "--all-namespaces")
    assert status == 1
    assert f"{missing.verb} outboundcampaigns" in said
    assert "Traceback" not in said


async def test_check_says_that_all_is_well(playhouse: tuple[ControlPlane, Path]) -> None:
    assert await answer_of(playhouse[1], "check", "--all-namespaces") == (
        0,
        f"permissions: all {len(ALL)}\nCustomResourceDefinition: up to date\n",
    )


async def test_check_names_each_permission_that_is_missing(
    control_plane: ControlPlane,
    installed: ControlPlane,
    render_chart: Callable[..., str],
    namespace: str,
    tmp_path: Path,
) -> None:
    rendered = render_chart(namespace, {"watchNamespaces": [namespace], "rbac": {"secretNames": ["cxone"]}})
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    kubeconfig = await control_plane.service_account_kubeconfig(namespace, "campaign-operator", tmp_path / "kubeconfig")

    assert (await answer_of(kubeconfig, "check", f"--namespace={namespace}", "--secret=cxone"))[0] == 0
    assert await answer_of(kubeconfig, "check", f"--namespace={namespace}", "--namespace=default") == (
        1,
        f"""\
campaign-operator: the account lacks 5 permissions:
  get secrets in the namespace "{namespace}", to read the connection and the webhook key of a campaign
  get secrets in the namespace "default", to read the connection and the webhook key of a campaign
  get configmaps in the namespace "default", to read contact lists and calendars
  create events.events.k8s.io in the namespace "default", to tell what happens to a campaign
  patch events.events.k8s.io in the namespace "default", to count what happens again
""",
    )
