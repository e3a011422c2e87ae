"""What the API server refuses is told in its own words, at once, where people look: in READY and MESSAGE."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import WindowState
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import campaign
from serving import until
from stage import Stage, fault, told, windows

Deny = Callable[[str, str], Coroutine[Any, Any, None]]
WORDS = "finalizers are not allowed here, ask the platform team"


@pytest.fixture
async def deny(stage: Stage) -> AsyncIterator[Deny]:
    """Have a ValidatingAdmissionPolicy refuse what a CEL expression is not true of, in the stage's namespace."""
    name, control_plane = f"deny-{stage.namespace}", stage.control_plane

    async def made(resource: str, expression: str) -> None:
        await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(policy(name, resource, expression)))

        async def is_in_force() -> bool:
            subresource, probe = ["--subresource=status"] if "/" in resource else [], PROBES[resource]
            arguments = ["patch", "ocamp", "c", "-n", stage.namespace, "--type=merge", "-p", probe, *subresource]
            answer = await control_plane.kubectl(*arguments, "--dry-run=server", check=False)
            return WORDS in answer.stderr

        await until(is_in_force)

    yield made
    await _allow(control_plane, name)


PROBES = {
    "outboundcampaigns": '{"metadata": {"finalizers": ["campaign-operator.io/cancel"]}}',
    "outboundcampaigns/status": '{"status": {"progress": "refused"}}',
}


async def _allow(control_plane: ControlPlane, name: str) -> None:
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        await control_plane.kubectl("delete", kind, name, "--ignore-not-found")


def policy(name: str, resource: str, expression: str) -> list[dict[str, Any]]:
    namespace = name.removeprefix("deny-")
    rule = {
        "apiGroups": ["campaign-operator.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": [resource],
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    return [
        {
            **head,
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selector},
                "validations": [{"expression": expression, "message": WORDS}],
            },
        },
        {
            **head,
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    ]


async def test_a_finalizer_that_a_policy_refuses_is_told_in_the_words_of_the_policy(stage: Stage, deny: Deny) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await deny("outboundcampaigns", "!has(object.metadata.finalizers)")
    status = await stage.look("c")
    truth, reason, message = told(status, ConditionType.READY)
    assert (truth, reason) == ("False", "FinalizerRefused")
    assert WORDS in message
    assert told(status, ConditionType.STALLED)[1] == "FinalizerRefused"
    assert {w.state for w in windows(status).values()} == {WindowState.PLANNED}
    assert await stage.posts(manifest["spec"]["campaignID"]) == 0

    await _allow(stage.control_plane, f"deny-{stage.namespace}")

    async def submitted() -> bool:
        stage.clock.advance(60)
        return {w.state for w in windows(await stage.look("c")).values()} == {WindowState.SUBMITTED}

    await until(submitted)


async def test_a_window_that_was_missed_for_it_says_so(stage: Stage, deny: Deny) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await deny("outboundcampaigns", "!has(object.metadata.finalizers)")
    status = await stage.look("c")
    stage.clock.advance_to(max(w.end_time for w in windows(status).values()))
    status = await stage.look("c")
    for window in windows(status).values():
        assert window.state is WindowState.MISSED
        assert WORDS in (window.message or "")
    assert told(status, ConditionType.READY)[1] == "RunFailed"


async def test_a_status_that_is_refused_is_told_by_the_conditions_alone(stage: Stage, deny: Deny) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await deny("outboundcampaigns/status", "!has(object.status.runs) && !has(object.status.progress)")
    for _ in range(3):
        status = await stage.look("c")
    truth, reason, message = told(status, ConditionType.READY)
    assert (truth, reason) == ("False", "APIServerRefuses")
    assert "writing the status: 422" in message
    assert WORDS in message
    assert told(status, ConditionType.RECONCILING)[1] == "APIServerRefuses"
    assert await stage.posts(manifest["spec"]["campaignID"]) == 0

    await _allow(stage.control_plane, f"deny-{stage.namespace}")

    async def submitted() -> bool:
        return told(await stage.look("c"), ConditionType.READY)[:2] == ("True", "Accepted")

    await until(submitted)


async def test_a_listing_that_cannot_be_read_is_in_ready_from_the_first_look(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("list", "answer", status=503, body={"message": "down"}))
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    truth, reason, message = told(status, ConditionType.READY)
    assert (truth, reason) == ("False", "DialerUnavailable")
    assert "503" in message
    await stage.simulator.delete_faults()
    stage.clock.advance(30)
    assert told(await stage.look("c"), ConditionType.READY)[0] == "True"
