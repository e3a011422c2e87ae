"""What Argo CD and Flux make of campaigns in every state: real objects, given to the health check and to cli-utils.

The objects that Argo CD's own tests take, in gitops/argocd, were made of the same states; see `capture_states`.
"""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from argocd_lua import CUSTOMIZATION, acted_upon, actions_for, health_of
from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION, RESOLVE_ANNOTATION, WindowState
from campaign_sandbox.binaries import ensure_kstatus
from campaign_states import CAMPAIGN_STATES, NAME, CampaignState, apply_campaign, read_object
from stage import Stage, run_of, windows

NY, LONDON = "America/New_York", "Europe/London"

PREDICTED = {
    test["inputPath"]: test["healthStatus"]
    for test in yaml.safe_load((CUSTOMIZATION / "health_test.yaml").read_text())["tests"]
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kstatus() -> Path:
    """See `ensure_kstatus`."""
    return await ensure_kstatus(print)


def state_of(name: str) -> CampaignState:
    return next(state for state in CAMPAIGN_STATES if state.name == name)


async def flux_sees(kstatus: Path, resource: dict[str, Any]) -> str:
    process = await asyncio.create_subprocess_exec(kstatus, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    answer, _ = await process.communicate(json.dumps(resource).encode())
    return str(json.loads(answer)["status"])


@pytest.mark.parametrize("state", CAMPAIGN_STATES, ids=[state.name for state in CAMPAIGN_STATES])
async def test_argo_cd_and_flux_see_the_state_of_a_campaign(stage: Stage, kstatus: Path, state: CampaignState) -> None:
    await state.reach(stage)
    found = await read_object(stage)
    health = health_of(found)
    assert (health["status"], await flux_sees(kstatus, found)) == (state.health, state.kstatus)
    # while a fault is retried, the message may be that of another attempt
    if state.health != "Progressing":
        assert health == PREDICTED[f"testdata/{state.name}.yaml"], "run `make captures`"


async def act(stage: Stage, action: str) -> dict[str, Any]:
    """What Argo CD does with an action: it writes what the script returns."""
    changed = acted_upon(await read_object(stage), action)
    patch = {"spec": changed["spec"], "metadata": {"annotations": changed["metadata"]["annotations"]}}
    await stage.kubectl("patch", "ocamp", NAME, "--type=merge", f"--patch={json.dumps(patch)}")
    return await read_object(stage)


async def test_a_person_suspends_and_resumes_by_actions(stage: Stage) -> None:
    manifest = await apply_campaign(stage)
    await stage.look(NAME)
    await act(stage, "suspend")
    await stage.look(NAME)
    stage.clock.advance(61)
    await stage.look(NAME)
    at_the_dialer = await stage.schedules(manifest["spec"]["campaignID"])
    assert [s["cancelledAt"] is not None for s in at_the_dialer] == [True, True]
    assert health_of(await read_object(stage))["status"] == "Suspended"

    await act(stage, "resume")
    status = await stage.look(NAME)
    assert [w.state for w in run_of(status).windows] == [WindowState.SUBMITTED] * 2


async def test_a_person_makes_the_operator_look_again_by_an_action(stage: Stage) -> None:
    await state_of("scheduled").reach(stage)
    changed = await act(stage, "look-again")
    status = await stage.look(NAME)
    assert status.last_handled_request == changed["metadata"]["annotations"][REQUESTED_AT_ANNOTATION]


@pytest.mark.parametrize(
    ("action", "state"), [("resubmit-held", WindowState.SUBMITTED), ("abandon-held", WindowState.MISSED)]
)
async def test_a_person_resolves_every_held_window_by_an_action(stage: Stage, action: str, state: WindowState) -> None:
    await state_of("held").reach(stage)
    changed = await act(stage, action)
    assert changed["metadata"]["annotations"][RESOLVE_ANNOTATION].count("=") == 2
    found = windows(await stage.look(NAME))
    assert {zone: w.state for zone, w in found.items()} == {NY: state, LONDON: state}


async def test_actions_that_would_change_nothing_are_disabled(stage: Stage) -> None:
    await state_of("scheduled").reach(stage)
    disabled = {name for name, action in actions_for(await read_object(stage)).items() if action["disabled"]}
    assert disabled == {"resume", "resubmit-held", "abandon-held"}
