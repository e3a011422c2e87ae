"""Makes the testdata of Argo CD's customization from real campaigns: `make captures`.

A control plane is started, the operator brings a campaign into each of `CAMPAIGN_STATES`, and the object is written as
the API server gives it out, without managedFields and with the same names and IDs in every capture.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from argocd_lua import CUSTOMIZATION, acted_upon, actions_for, health_of
from campaign_sandbox.binaries import ensure_control_plane_binaries, ensure_helm
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from campaign_states import CAMPAIGN_STATES, CampaignState, read_object
from chart import chart_renderer, helm_runner
from e2e_world import admit_operator
from stage import STAGE_SETTINGS, Stage, opened_stage

_NAMESPACE = "sales"
_SETTINGS = replace(STAGE_SETTINGS, request_timeout_seconds=10, send_within_seconds=20)
"""A machine that is busy must not show in what is captured."""
_ACTIONS = {
    "suspend": "scheduled",
    "resume": "suspended",
    "look-again": "scheduled",
    "resubmit-held": "held",
    "abandon-held": "held",
}
_DISCOVERED = ("scheduled", "suspended", "held", "deleting")
_HASH = "0" * 16
"""Of an address that has another port in every capture."""
_REQUESTED_AT = "campaign-operator.io/requestedAt"


async def _capture(control_plane: ControlPlane, kubeconfig: Path, folder: Path) -> dict[str, dict[str, Any]]:
    captured = {}
    for state in CAMPAIGN_STATES:
        place = folder / state.name
        place.mkdir()
        async with opened_stage(control_plane, kubeconfig, place, _SETTINGS) as stage:
            captured[state.name] = await _captured(stage, state)
            # the next has the same campaignID, and would look at this one before it submits anything
            await stage.let_go()
            await stage.kubectl("delete", "outboundcampaigns", "--all")
        print(f"{state.name}: {health_of(captured[state.name])}")
    return captured


async def _captured(stage: Stage, state: CampaignState) -> dict[str, Any]:
    await state.reach(stage)
    found = await read_object(stage)
    metadata = found["metadata"]
    metadata.pop("managedFields", None)
    metadata.get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    names = {
        stage.namespace: _NAMESPACE,
        metadata["uid"]: str(UUID(int=1)),
        metadata["creationTimestamp"]: "2027-03-02T15:00:00Z",
    }
    text = json.dumps(found)
    for real, written in names.items():
        text = text.replace(real, written)
    plain: dict[str, Any] = json.loads(text)
    plain["metadata"]["resourceVersion"] = "2"
    for number, run in enumerate(plain.get("status", {}).get("runs", []), start=1):
        run["plannedFrom"] = str(number)
        run.update({name: _HASH for name in ("connectionHash", "dialerHash") if name in run})
        for position, window in enumerate(w for w in run["windows"] if "scheduleID" in w):
            window["scheduleID"] = f"s-{number}{position}"
    return plain


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value, sort_keys=False, width=1000))


def _write_all(captured: dict[str, dict[str, Any]]) -> None:
    actions = CUSTOMIZATION / "actions"
    for place in (CUSTOMIZATION / "testdata", actions / "testdata"):
        shutil.rmtree(place, ignore_errors=True)
    tests = []
    for name, resource in captured.items():
        _write(CUSTOMIZATION / "testdata" / f"{name}.yaml", resource)
        tests.append({"healthStatus": health_of(resource), "inputPath": f"testdata/{name}.yaml"})
    _write(CUSTOMIZATION / "health_test.yaml", {"tests": tests})

    discovery, acting = [], []
    for name in _DISCOVERED:
        _write(actions / "testdata" / f"{name}.yaml", captured[name])
        offered = [{"name": action, **rest} for action, rest in sorted(actions_for(captured[name]).items())]
        discovery.append({"inputPath": f"testdata/{name}.yaml", "result": offered})
    for action, name in _ACTIONS.items():
        changed = acted_upon(captured[name], action)
        if action == "look-again":
            changed["metadata"]["annotations"][_REQUESTED_AT] = "0001-01-01T00:00:00Z"
        _write(actions / "testdata" / f"{action}.yaml", changed)
        paths = {"inputPath": f"testdata/{name}.yaml", "expectedOutputPath": f"testdata/{action}.yaml"}
        acting.append({"action": action, **paths})
    _write(actions / "action_test.yaml", {"discoveryTests": discovery, "actionTests": acting})


async def _main() -> None:
    binaries, helm = await ensure_control_plane_binaries(print), await ensure_helm(print)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("helm", "operator"):
            (folder / part).mkdir()
        async with await ControlPlane.start(binaries) as running:
            await apply_crd(running)
            render = chart_renderer(helm_runner(helm, folder / "helm"))
            kubeconfig = await admit_operator(running, render, folder / "operator")
            _write_all(await _capture(running, kubeconfig, folder))


if __name__ == "__main__":
    asyncio.run(_main())
