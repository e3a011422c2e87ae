"""The chart, rendered by the real Helm and applied to a real API server: what it installs, refuses and allows."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort
from chart_readme import write_readme
from e2e_world import campaign
from serving import until

_CHART = Path(__file__).parents[2] / "charts" / "campaign-operator"
_VERSION = yaml.safe_load((_CHART / "Chart.yaml").read_text())["appVersion"]
_EVERYTHING: dict[str, Any] = {
    "nameOverride": "dialing",
    "fullnameOverride": "campaign-operator",
    "commonLabels": {"team": "dialing"},
    "image": {"repository": "registry.example.com/campaign-operator", "digest": f"sha256:{'a' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "serviceAccount": {"name": "dialing", "annotations": {"example.com/role": "dialing"}},
    "rbac": {"secretNames": ["cxone", "hook"]},
    "campaignSelector": "team notin (sales),!paused",
    "logFormat": "console",
    "logLevel": "debug",
    "metrics": {"perCampaign": False},
    "pollSeconds": 5,
    "leadSeconds": 60,
    "settleSeconds": 90.5,
    "sendWithinSeconds": 5,
    "requestTimeoutSeconds": 20,
    "deletionDeadlineSeconds": 86400,
    "callingHoursPolicy": {"start": "09:00", "end": "20:00"},
    "contactLists": {"maxRows": 1000, "maxBytes": 4294967295, "timeoutSeconds": 60},
    "allowCIDRs": ["10.0.0.0/8", "fd00::/8"],
    "caBundle": {"configMapName": "authorities", "key": "all.pem"},
    "proxy": {"secretName": "proxy", "secretKey": "address"},
    "extraArgs": ["--lead-seconds=120"],
    "extraEnv": [{"name": "NO_PROXY", "value": "10.0.0.0/8"}],
    "extraVolumes": [{"name": "more", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    "resources": {"limits": {"memory": "1Gi"}},
    "podSecurityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "networkPolicy": {"enabled": True, "metricsFrom": [{"namespaceSelector": {}}], "egressPorts": [443, 8443]},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "interval": "15s"},
    "podMonitor": {"enabled": False, "labels": {"release": "prometheus"}, "interval": "15s"},
    "prometheusRule": {
        "enabled": True,
        "labels": {"release": "prometheus"},
        "runbookURL": "https://docs.example.com/runbook",
        "alerts": {"CampaignDialerSlow": {"for": "30m", "severity": "info", "threshold": 20}},
    },
    "grafanaDashboard": {"enabled": True, "annotations": {"grafana_folder": "Dialing"}},
    "podLabels": {"sidecar": "none"},
    "podAnnotations": {"prometheus.io/scrape": "true"},
    "priorityClassName": "important",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "dialing"}},
        }
    ],
    "enabled": True,
    "global": {"anything": "of the parent chart"},
}

_CAMPAIGNS = "outboundcampaigns.campaign-operator.io"
_DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
# (verb, resource): what the operator does in a namespace that it looks after, and nothing else may be added lightly.
_NEEDED_OF_CAMPAIGNS = [
    *((verb, _CAMPAIGNS) for verb in ("get", "list", "watch", "patch")),
    *((verb, f"{_CAMPAIGNS}/status") for verb in ("update", "patch")),
    ("get", "namespaces"),
]
_EVENTS = "events.events.k8s.io"
_NEEDED_BESIDE = [("get", "secrets"), ("get", "configmaps"), ("create", _EVENTS), ("patch", _EVENTS)]
_NEEDED = _NEEDED_OF_CAMPAIGNS + _NEEDED_BESIDE
_FORBIDDEN = [
    *((verb, _CAMPAIGNS) for verb in ("create", "update", "delete", "deletecollection")),
    *((verb, "secrets") for verb in ("list", "watch", "create", "update", "patch", "delete")),
    *((verb, "configmaps") for verb in ("list", "watch", "create", "update", "patch", "delete")),
    *((verb, _EVENTS) for verb in ("get", "list", "watch", "update", "delete")),
    *((verb, "events") for verb in ("create", "get", "list", "patch", "delete")),
    *((verb, "pods") for verb in ("get", "list", "create")),
    ("create", "pods/exec"),
    ("create", "serviceaccounts/token"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("impersonate", "users"),
]
_FORBIDDEN_CLUSTER_WIDE = [
    *((verb, _DEFINITIONS) for verb in ("get", "list", "watch", "create", "update", "patch", "delete")),
    *((verb, "namespaces") for verb in ("list", "watch", "create", "update", "patch", "delete")),
    ("list", "nodes"),
    ("*", "*"),
]


async def _allowed(
    control_plane: ControlPlane, account: str, asked: list[tuple[str, str]], namespace: str = ""
) -> list[tuple[str, str]]:
    """Which of these the service account may do in the namespace, or in all; one kubectl for all of them."""
    reviews = yaml.safe_dump_all(_access_review(account, verb, resource, namespace) for verb, resource in asked)
    one_a_line = 'jsonpath={.status.allowed}{"\\n"}'
    answers = await control_plane.kubectl("create", "--filename=-", f"--output={one_a_line}", stdin=reviews)
    return [pair for pair, answer in zip(asked, answers.stdout.split(), strict=True) if answer == "true"]


def _access_review(account: str, verb: str, resource: str, namespace: str) -> dict[str, Any]:
    name, _, subresource = resource.partition("/")
    plural, _, group = name.partition(".")
    attributes = {"verb": verb, "group": "*" if name == "*" else group, "resource": plural, "namespace": namespace}
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{account.split(':')[0]}", "system:authenticated"]
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{account}",
            "groups": groups,
            "resourceAttributes": {**attributes, "subresource": subresource},
        },
    }


async def _namespaces(control_plane: ControlPlane, *names: str) -> None:
    for name in names:
        await control_plane.kubectl("create", "namespace", name)


def _one(rendered: str, kind: str) -> dict[str, Any]:
    (found,) = (document for document in yaml.safe_load_all(rendered) if document and document["kind"] == kind)
    return dict(found)


def _container(rendered: str) -> dict[str, Any]:
    (container,) = _one(rendered, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _of_the_api_server(rendered: str) -> str:
    """Without what only a cluster with the Prometheus operator knows; see test_chart_monitoring.py."""
    documents = [document for document in yaml.safe_load_all(rendered) if document]
    return yaml.safe_dump_all(d for d in documents if not d["apiVersion"].startswith("monitoring.coreos.com/"))


@pytest.mark.parametrize("values", [{}, _EVERYTHING, {"watchNamespaces": ["sales", "support"]}])
def test_helm_finds_nothing_to_complain_about(helm: Callable[..., str], values: dict[str, Any]) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", "--values=-", _CHART, values=values)


@pytest.mark.parametrize("values", [{}, _EVERYTHING], ids=["by default", "with every value set"])
async def test_all_that_it_renders_is_accepted_by_the_api_server_without_a_warning(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str, values: dict[str, Any]
) -> None:
    rendered = _of_the_api_server(render_chart(namespace, values))

    strict = ("--server-side", "--validate=strict", "--filename=-")
    applied = await control_plane.kubectl("apply", *strict, stdin=rendered)

    assert applied.stderr == ""
    await control_plane.kubectl("get", "deployment", "campaign-operator", f"--namespace={namespace}")
    await control_plane.kubectl("delete", "--filename=-", stdin=rendered)


@pytest.mark.usefixtures("installed", "operator_kubeconfig")
async def test_the_operator_of_all_namespaces_may_do_what_it_needs_and_nothing_else(
    control_plane: ControlPlane, namespace: str
) -> None:
    account = "campaign-operator:campaign-operator"

    assert await _allowed(control_plane, account, _NEEDED) == _NEEDED
    assert await _allowed(control_plane, account, _FORBIDDEN, namespace) == []
    assert await _allowed(control_plane, account, _FORBIDDEN_CLUSTER_WIDE) == []


@pytest.mark.usefixtures("installed")
async def test_the_operator_of_some_namespaces_may_read_no_secret_elsewhere_and_look_after_campaigns_everywhere(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str
) -> None:
    sales, support, other = f"{namespace}-sales", f"{namespace}-support", f"{namespace}-other"
    await _namespaces(control_plane, sales, support, other)
    rendered = render_chart(namespace, {"watchNamespaces": [sales, support]})
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    account = f"{namespace}:campaign-operator"

    for watched in (sales, support):
        assert await _allowed(control_plane, account, _NEEDED, watched) == _NEEDED
        assert await _allowed(control_plane, account, _FORBIDDEN, watched) == []
    for elsewhere in (other, namespace, "kube-system"):
        asked = _NEEDED + _FORBIDDEN
        assert await _allowed(control_plane, account, asked, elsewhere) == _NEEDED_OF_CAMPAIGNS
    assert await _allowed(control_plane, account, _NEEDED_OF_CAMPAIGNS) == _NEEDED_OF_CAMPAIGNS
    assert await _allowed(control_plane, account, _NEEDED_BESIDE + _FORBIDDEN_CLUSTER_WIDE) == []

    await control_plane.kubectl("delete", "--wait=false", "namespace", sales, support, other)


@pytest.mark.parametrize("watched", ["all namespaces", "one namespace"])
@pytest.mark.usefixtures("installed")
async def test_the_operator_runs_with_the_arguments_and_the_rights_that_the_chart_gives_it(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str, tmp_path: Path, watched: str
) -> None:
    rendered = render_chart(namespace, {"watchNamespaces": [namespace] if watched == "one namespace" else []})
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    kubeconfig = await control_plane.service_account_kubeconfig(namespace, "campaign-operator", tmp_path / "kubeconfig")
    health, metrics = LoopbackPort(), LoopbackPort()
    ports = {
        "--health-port=8080": f"--health-port={health.number}",
        "--metrics-port=9090": f"--metrics-port={metrics.number}",
    }
    arguments = [ports.get(argument, argument) for argument in _container(rendered)["args"]]
    health.release()
    metrics.release()
    command = [sys.executable, "-m", "campaign_operator.cli", *arguments]
    operator = ChildProcess("operator", command, tmp_path / "log", env={**os.environ, "KUBECONFIG": str(kubeconfig)})
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(30):
            url = f"http://{LOOPBACK}:{health.number}{_container(rendered)['livenessProbe']['httpGet']['path']}"
            while not await _answers(client, url):
                assert operator.exit_status is None, operator.last_lines()
                await asyncio.sleep(0.1)
        # one stopped while it still looks around breaks off requests of kopf's, which are logged as errors
        suspended = yaml.safe_dump(campaign(namespace, "paused", suspend=True))
        await control_plane.kubectl("apply", "--filename=-", stdin=suspended)
        state = ("--for=jsonpath={.status.state}=Suspended", "--timeout=30s")
        await control_plane.kubectl("wait", *state, f"--namespace={namespace}", "outboundcampaign/paused")
    finally:
        await operator.stop(timeout_seconds=40)

    assert operator.exit_status == 0
    assert [line for line in operator.last_lines(1000).splitlines() if json.loads(line)["level"] != "info"] == []
    await control_plane.kubectl("delete", "--filename=-", stdin=rendered)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_the_readme_is_as_helm_docs_makes_it_from_the_values(helm_docs: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(_CHART, tmp_path / "chart")

    write_readme(helm_docs, copied)

    assert (copied / "README.md").read_text() == (_CHART / "README.md").read_text(), "run `make generate`"


async def test_the_password_of_a_proxy_comes_from_its_secret_and_stands_in_no_argument(
    render_chart: Callable[..., str],
) -> None:
    proxy = {"url": "http://ignored:3128", "secretName": "proxy"}
    container = _container(render_chart("any", {"proxy": proxy}))

    source = {"secretKeyRef": {"name": "proxy", "key": "url"}}
    assert container["env"] == [{"name": "CAMPAIGN_OPERATOR_PROXY", "valueFrom": source}]
    assert not any("proxy" in argument for argument in container["args"])


@pytest.mark.usefixtures("installed")
async def test_only_the_secrets_that_are_named_can_be_read(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str
) -> None:
    rendered = render_chart(namespace, {"rbac": {"secretNames": ["cxone"]}})
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    account = f"--as=system:serviceaccount:{namespace}:campaign-operator"

    async def can_get(name: str) -> str:
        asked = await control_plane.kubectl("auth", "can-i", "get", f"secret/{name}", account, check=False)
        return asked.stdout.strip()

    assert (await can_get("cxone"), await can_get("other")) == ("yes", "no")
    await control_plane.kubectl("delete", "--filename=-", stdin=rendered)


@pytest.mark.usefixtures("installed")
async def test_people_who_view_and_edit_a_namespace_can_do_so_with_its_campaigns(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str
) -> None:
    rendered = render_chart(namespace, only=["aggregateclusterroles.yaml"])
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    for role in ("view", "edit", "admin"):
        grant = ("create", "rolebinding", role, f"--clusterrole={role}", f"--user={role}", f"--namespace={namespace}")
        await control_plane.kubectl(*grant)

    async def can(role: str, verb: str, *which: str) -> bool:
        asked = ("auth", "can-i", verb, _CAMPAIGNS, *which, f"--as={role}", f"--namespace={namespace}")
        return (await control_plane.kubectl(*asked, check=False)).stdout.strip() == "yes"

    async def is_aggregated() -> bool:
        return await can("view", "list") and await can("edit", "create") and await can("admin", "delete")

    await until(is_aggregated)
    assert not await can("view", "patch")
    for role in ("view", "edit", "admin"):
        assert not await can(role, "patch", "--subresource=status")
    await control_plane.kubectl("delete", "--filename=-", stdin=rendered)


async def test_releases_of_one_name_in_two_namespaces_keep_apart(render_chart: Callable[..., str]) -> None:
    rendered = [render_chart(namespace, only=["rbac.yaml"]) for namespace in ("blue", "green")]
    names = {_one(each, "ClusterRole")["metadata"]["name"] for each in rendered}

    assert len(names) == 2


async def test_the_pod_keeps_to_the_restricted_pod_security_standard(
    control_plane: ControlPlane, render_chart: Callable[..., str], namespace: str
) -> None:
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    await control_plane.kubectl("label", "namespace", namespace, enforced)
    await control_plane.kubectl("create", "serviceaccount", "campaign-operator", f"--namespace={namespace}")
    template = _one(render_chart(namespace), "Deployment")["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"] = {**template["metadata"], "name": "operator", "namespace": namespace}

    await control_plane.kubectl("create", "--filename=-", stdin=yaml.safe_dump(pod))


_ELECTED = "--leader-elect --leader-elect-resource-namespace=any --leader-elect-resource-name=campaign-operator"
_BY_DEFAULT = (
    "--log-level=info --health-port=8080 --metrics-port=9090 --poll-seconds=30 --lead-seconds=30 --settle-seconds=60"
    " --send-within-seconds=10 --request-timeout-seconds=30 --deletion-deadline-seconds=600 --list-max-rows=3000000"
    " --list-max-bytes=1073741824 --list-timeout-seconds=300"
)


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        ({}, f"run --all-namespaces {_ELECTED} --log-format=json {_BY_DEFAULT}"),
        (
            {"watchNamespaces": ["sales", "0815"], "allowCIDRs": ["10.0.0.0/8", "fd00::/8"]},
            (
                f"run --namespace=sales --namespace=0815 {_ELECTED} --log-format=json {_BY_DEFAULT}"
                " --allow-cidr=10.0.0.0/8 --allow-cidr=fd00::/8"
            ),
        ),
        (
            {"proxy": {"url": "http://p:3128"}},
            f"run --all-namespaces {_ELECTED} --log-format=json {_BY_DEFAULT} --proxy=http://p:3128",
        ),
        (
            _EVERYTHING,
            (
                f"run --all-namespaces --campaign-selector=team_notin_(sales),!paused {_ELECTED}"
                " --log-format=console --log-level=debug --health-port=8080 --metrics-port=9090"
                " --no-metrics-per-campaign --poll-seconds=5 --lead-seconds=60 --settle-seconds=90.5"
                " --send-within-seconds=5 --request-timeout-seconds=20 --deletion-deadline-seconds=86400"
                " --calling-hours-policy=/etc/campaign-operator/policy/policy.yaml --list-max-rows=1000"
                " --list-max-bytes=4294967295 --list-timeout-seconds=60 --ca-file=/etc/campaign-operator/ca/all.pem"
                " --allow-cidr=10.0.0.0/8 --allow-cidr=fd00::/8 --lead-seconds=120"
            ),
        ),
    ],
)
def test_the_values_become_arguments_of_the_operator(
    render_chart: Callable[..., str], values: dict[str, Any], arguments: str
) -> None:
    assert [argument.replace(" ", "_") for argument in _container(render_chart("any", values))["args"]] == (
        arguments.split()
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, f"campaign-operator:{_VERSION}"),
        ({"tag": "edge"}, "campaign-operator:edge"),
        ({"tag": "edge", "digest": f"sha256:{'b' * 64}"}, f"campaign-operator@sha256:{'b' * 64}"),
    ],
)
def test_a_digest_goes_before_a_tag_and_a_tag_before_the_version(
    render_chart: Callable[..., str], image: dict[str, str], expected: str
) -> None:
    assert _container(render_chart("any", {"image": image}))["image"] == expected


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"watchNamespace": ["sales"]}, "watchNamespace"),
        ({"watchNamespaces": ["sales", "sales"]}, "watchNamespaces"),
        ({"watchNamespaces": ["*"]}, "watchNamespaces"),
        ({"logFormat": "text"}, "logFormat"),
        ({"pollSeconds": 0}, "pollSeconds"),
        ({"pollSeconds": "30s"}, "pollSeconds"),
        ({"allowCIDRs": ["10.0.0.1"]}, "allowCIDRs"),
        ({"image": {"digest": "sha256:1"}}, "digest"),
        ({"serviceAccount": {"create": False}}, "serviceAccount"),
        ({"crds": {"install": True}}, "install"),
        ({"networkPolicy": {"egressPorts": ["https"]}}, "egressPorts"),
        ({"proxy": {"url": "socks5://p"}}, "url"),
        ({"rbac": {"secretNames": ["*"]}}, "secretNames"),
        ({"sendWithinSeconds": 0}, "sendWithinSeconds"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(
    render_chart: Callable[..., str], values: dict[str, Any], named: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        render_chart("any", values)

    assert named in raised.value.stderr
