"""The operator's own calling hours policy: no campaign calls outside it, whatever it says and however it is edited."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.validation.policy_file import OPERATORS_POLICY, read_policy
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import (
    Manifest,
    answer_of,
    at_the_next_minute,
    campaign,
    connection_secret,
    dialer_of_one_client,
    start_operator,
)
from stage import Stage, new_operator, run_of, told

OPEN_ALWAYS = {"start": "00:00", "end": "24:00"}
EVERY_DAY = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LONDON = [{"id": "c1", "timeZone": "Europe/London"}]


def policy(**rules: Any) -> HoursPolicy:
    return parse_policy(HoursSpec.model_validate(rules), OPERATORS_POLICY)


def in_london(stage: Stage, **spec: Any) -> Manifest:
    fields: dict[str, Any] = {"campaignID": "narrowed", "contacts": LONDON, "callingHours": OPEN_ALWAYS}
    return campaign(stage.namespace, "c", **{**fields, **spec})


@pytest.mark.parametrize(
    "hours",
    [
        OPEN_ALWAYS,
        {"weekly": [{"days": EVERY_DAY, **OPEN_ALWAYS}]},
        {"zones": [{"timeZones": ["Europe/London"], "weekly": [{"days": EVERY_DAY, **OPEN_ALWAYS}]}]},
    ],
)
async def test_nothing_is_called_outside_it_whatever_the_campaign_says(stage: Stage, hours: dict[str, Any]) -> None:
    stage.operator = new_operator(stage, policy=policy(start="10:00", end="11:00", days=["Thu"]))
    await stage.apply(in_london(stage, callingHours=hours, windowSeconds=86400))
    assert run_of(await stage.look("c")).state is RunState.PLANNED
    stage.clock.advance(stage.next_look("c"))
    await stage.look("c")
    (schedule,) = await stage.schedules("narrowed")
    assert (schedule["startTime"], schedule["endTime"]) == (
        "2027-03-04T10:00:00+00:00",
        "2027-03-04T11:00:00+00:00",
    )


async def test_another_policy_cancels_and_replans_what_has_not_started_and_the_same_one_nothing(stage: Stage) -> None:
    await stage.apply(in_london(stage))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED, "at nine, without a policy"
    first = policy(end="20:00")
    stage.operator = new_operator(stage, policy=first)
    await stage.look("c")
    assert len(await stage.schedules("narrowed")) == 1, "the plan is the same"
    stage.operator = new_operator(stage, policy=policy(start="10:00", end="20:00"))
    status = await stage.look("c")
    assert run_of(status).windows[0].start_time.isoformat() == "2027-03-03T10:00:00+00:00"
    stage.clock.advance(stage.next_look("c"))
    await stage.look("c")
    states = [schedule["state"] for schedule in await stage.schedules("narrowed")]
    assert sorted(states) == ["CANCELLED", "SCHEDULED"]


async def test_a_policy_that_leaves_no_match_cancels_and_says_so(stage: Stage) -> None:
    await stage.apply(in_london(stage))
    await stage.look("c")
    stage.operator = new_operator(stage, policy=policy(start="06:00", end="08:00"))
    status = await stage.look("c")
    stalled = told(status, ConditionType.STALLED)
    assert stalled[:2] == ("True", "InvalidSpec")
    assert OPERATORS_POLICY in stalled[2]
    assert [schedule["state"] for schedule in await stage.schedules("narrowed")] == ["CANCELLED"]


async def test_the_chart_gives_run_and_check_a_policy_that_they_read(
    render_chart: Callable[..., str], namespace: str
) -> None:
    hours = {"weekly": [{"days": ["Mon"], "start": "09:00", "end": "20:00"}]}
    checksums = set()
    for value in (hours, yaml.safe_dump(hours), "# later\nend: '19:00'\n"):
        objects = [each for each in yaml.safe_load_all(render_chart(namespace, {"callingHoursPolicy": value})) if each]
        by_kind = {each["kind"]: each for each in objects}
        text = by_kind["ConfigMap"]["data"]["policy.yaml"]
        assert read_policy(text.encode(), file="policy.yaml", name=OPERATORS_POLICY).everywhere.open_days
        template = by_kind["Deployment"]["spec"]["template"]
        checksums.add(template["metadata"]["annotations"]["checksum/calling-hours-policy"])
        for pod in (template["spec"], by_kind["Pod"]["spec"]):
            assert "--calling-hours-policy=/etc/campaign-operator/policy/policy.yaml" in pod["containers"][0]["args"]
            mount = next(each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "policy")
            assert mount["mountPath"] == "/etc/campaign-operator/policy"
            volume = next(each for each in pod["volumes"] if each["name"] == "policy")
            assert volume["configMap"]["name"] == by_kind["ConfigMap"]["metadata"]["name"]
    assert len(checksums) == 3, "with another text, the Pods are replaced"
    assert "calling-hours-policy" not in render_chart(namespace)


@pytest.mark.usefixtures("installed")
async def test_an_operator_does_not_start_with_a_policy_that_it_cannot_read(
    operator_kubeconfig: Path, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("start: '08:00'\nend: 9pm\n")
    for command in ("run", "check"):
        status, words = await answer_of(
            operator_kubeconfig, command, "--all-namespaces", f"--calling-hours-policy={file}"
        )
        assert status == 1
        assert f"the calling hours policy cannot be used:\n{file}, line 2: end:" in words
    file.write_text("end: '20:00'\n")
    status, words = await answer_of(operator_kubeconfig, "check", "--all-namespaces", f"--calling-hours-policy={file}")
    assert (status, "calling hours policy: valid" in words) == (0, True), words


async def test_the_program_keeps_to_the_file_whatever_a_campaign_says(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    namespace, certificate = f"policy-{uuid4().hex[:10]}", issue_server_certificate(tmp_path)
    in_two_days = datetime.now(UTC) + timedelta(days=2)
    file = tmp_path / "policy.yaml"
    file.write_text(f"{{start: '10:00', end: '12:00', days: [{in_two_days:%a}]}}\n")
    calling = campaign(namespace, "c", **at_the_next_minute(contacts=[{"id": "c1", "timeZone": "Etc/UTC"}]))
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        await control_plane.kubectl("create", "namespace", namespace)
        manifests = [connection_secret(namespace, simulator), calling]
        await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
        flags = ("--namespace", namespace, "--calling-hours-policy", str(file))
        operator = start_operator(kubeconfig, certificate.authority, tmp_path, *flags)
        stack.push_async_callback(operator.stop, timeout_seconds=60)
        planned = "--for=jsonpath={.status.state}=Planned"
        await control_plane.kubectl("wait", planned, "outboundcampaign/c", "-n", namespace, "--timeout=60s")
        answer = await control_plane.kubectl("get", "outboundcampaign", "c", "-n", namespace, "-o", "yaml")
        (run,) = yaml.safe_load(answer.stdout)["status"]["runs"]
        assert run["windows"][0]["startTime"] == f"{in_two_days:%Y-%m-%d}T10:00:00Z"
        assert run["narrowedBy"] == OPERATORS_POLICY
        assert (await simulator.ledger(calling["spec"]["campaignID"]))["schedules"] == []
