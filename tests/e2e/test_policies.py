"""Policies in ConfigMaps, which the campaigns of a team name: nothing is called outside them, nor without them."""

import asyncio
from typing import Any

import pytest

from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.policies import Policies
from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.domain.problem import Problem
from e2e_world import Manifest, campaign, config_map
from stage import Stage, new_operator, run_of, told

SOURCE = {"configMapKeyRef": {"name": "calling-policy", "key": "policy.yaml"}}
NARROW = "start: '10:00'\nend: '11:00'\n"


def narrowed(stage: Stage, **spec: Any) -> Manifest:
    zone = [{"id": "c1", "timeZone": "Europe/London"}]
    hours = {"start": "00:00", "end": "24:00", "policyFrom": SOURCE}
    return campaign(stage.namespace, "c", **{"campaignID": "narrowed", "contacts": zone, "callingHours": hours, **spec})


def policy(stage: Stage, text: str | bytes) -> Manifest:
    return config_map(stage.namespace, "calling-policy", policy__yaml=text)


async def states(stage: Stage) -> list[str]:
    return sorted(schedule["state"] for schedule in await stage.schedules("narrowed"))


async def test_nothing_is_called_outside_a_policy_that_the_campaign_names(stage: Stage) -> None:
    await stage.apply(policy(stage, NARROW), narrowed(stage))
    window = run_of(await stage.look("c")).windows[0]
    assert window.start_time.isoformat() == "2027-03-03T10:00:00+00:00"
    assert window.end_time.isoformat() == "2027-03-03T11:00:00+00:00"
    assert run_of(await stage.status("c")).narrowed_by == "policy calling-policy/policy.yaml"
    assert await states(stage) == ["SCHEDULED"]


async def test_both_policies_count(stage: Stage) -> None:
    operators = parse_policy(HoursSpec.model_validate({"start": "10:30", "end": "20:00"}), "the operator's policy")
    stage.operator = new_operator(stage, policy=operators)
    await stage.apply(policy(stage, NARROW), narrowed(stage))
    window = run_of(await stage.look("c")).windows[0]
    assert [window.start_time.isoformat()[11:16], window.end_time.isoformat()[11:16]] == ["10:30", "11:00"]


async def test_a_changed_policy_cancels_what_is_submitted_and_replans(stage: Stage) -> None:
    await stage.apply(policy(stage, "end: '20:00'\n"), narrowed(stage))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    await stage.apply(policy(stage, NARROW))
    for _ in range(2):
        stage.clock.advance(stage.next_look("c"))
        status = await stage.look("c")
    assert run_of(status).windows[0].start_time.isoformat() == "2027-03-03T10:00:00+00:00"
    assert await states(stage) == ["CANCELLED", "SCHEDULED"]


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (None, "PolicyNotFound", "ConfigMap calling-policy, key policy.yaml does not exist"),
        ("end: 9pm\n", "InvalidPolicy", "key policy.yaml, line 1: end: Invalid value"),
        ("", "InvalidPolicy", "key policy.yaml, line 1: is empty"),
        (b"\xff", "InvalidPolicy", "key policy.yaml, line 1: is not UTF-8 text"),
        ("#" * 262_145, "InvalidPolicy", "key policy.yaml, line 1: is larger than 256 KiB"),
    ],
    ids=["no policy", "no time", "empty", "no UTF-8", "too large"],
)
async def test_without_a_policy_that_can_be_read_nothing_is_planned_until_there_is_one(
    stage: Stage, text: str | bytes | None, reason: str, words: str
) -> None:
    await stage.apply(narrowed(stage))
    if text is not None:
        await stage.apply_without_a_copy(policy(stage, text))
    status = await stage.look("c")
    stalled = told(status, ConditionType.STALLED)
    assert stalled[:2] == ("True", reason)
    assert words in stalled[2]
    assert status.runs == ()
    assert await stage.posts("narrowed") == 0
    assert reason in await stage.events("c")
    await stage.kubectl("delete", "configmap", "calling-policy", "--ignore-not-found")
    await stage.apply(policy(stage, NARROW))
    stage.clock.advance(stage.next_look("c"))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED


async def test_a_policy_that_goes_before_the_submission_stops_it(stage: Stage) -> None:
    await stage.apply(policy(stage, NARROW), narrowed(stage, cron="0 9 4 3 *", submitAheadSeconds=3600))
    assert run_of(await stage.look("c")).state is RunState.PLANNED
    await stage.kubectl("delete", "configmap", "calling-policy")
    await stage.play("c", seconds=2 * 86_400, step=3600)
    assert await stage.posts("narrowed") == 0, "its time has come and gone"
    assert run_of(await stage.status("c")).state is RunState.FAILED
    assert "PolicyNotFound" in await stage.events("c")


async def test_what_is_submitted_stands_when_the_policy_goes(stage: Stage) -> None:
    await stage.apply(policy(stage, NARROW), narrowed(stage))
    await stage.look("c")
    await stage.kubectl("delete", "configmap", "calling-policy")
    stage.clock.advance(stage.next_look("c"))
    assert told(await stage.look("c"), ConditionType.STALLED)[1] == "PolicyNotFound"
    assert await states(stage) == ["SCHEDULED"], "it was planned within the policy"
    await stage.kubectl("patch", "outboundcampaign", "c", "--type=merge", '--patch={"spec":{"suspend":true}}')
    await stage.look("c")
    assert await states(stage) == ["CANCELLED"]


async def test_campaigns_that_share_a_policy_share_one_reading(stage: Stage) -> None:
    await stage.apply(policy(stage, NARROW))
    policies = Policies(KeyedObjects(stage.api, stage.clock), stage.clock)

    async def asked() -> HoursPolicy | Problem:
        return await policies.policy(stage.namespace, "calling-policy", "policy.yaml", max_age_seconds=30)

    first, *others = await asyncio.gather(*(asked() for _ in range(20)))
    assert all(each is first for each in others)
    await stage.apply(policy(stage, "# another comment\n" + NARROW))
    stage.clock.advance(30)
    again = await asked()
    assert again is not first
    assert again == first
    policies.forget_older_than(0)
    assert await asked() == first
