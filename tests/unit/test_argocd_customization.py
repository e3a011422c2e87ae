"""Argo CD's customization, tested as Argo CD tests its own: by health_test.yaml and action_test.yaml
beside the scripts, here in Lua 5.1. The testdata was captured from real campaigns; see `tools/capture_states.py`.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaError

from argocd_lua import CUSTOMIZATION, acted_upon, actions_for, health_of, run_lua

ACTIONS = CUSTOMIZATION / "actions"
REQUESTED_AT = "campaign-operator.io/requestedAt"


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


HEALTH_TESTS = read(CUSTOMIZATION / "health_test.yaml")["tests"]
ACTION_TESTS = read(ACTIONS / "action_test.yaml")


def name_of(test: dict[str, Any]) -> str:
    return f"{test.get('action', '')} {Path(test['inputPath']).stem}".strip()


@pytest.mark.parametrize("test", HEALTH_TESTS, ids=name_of)
def test_the_health_of_a_captured_campaign(test: dict[str, Any]) -> None:
    assert health_of(read(CUSTOMIZATION / test["inputPath"])) == test["healthStatus"]


@pytest.mark.parametrize("test", ACTION_TESTS["discoveryTests"], ids=name_of)
def test_the_actions_that_are_offered_for_a_captured_campaign(test: dict[str, Any]) -> None:
    offered = actions_for(read(ACTIONS / test["inputPath"]))
    assert [{"name": name, **offered[name]} for name in sorted(offered)] == test["result"]
    assert set(offered) == {script.parent.name for script in ACTIONS.glob("*/action.lua")}


@pytest.mark.parametrize("test", ACTION_TESTS["actionTests"], ids=name_of)
def test_what_an_action_changes_in_a_captured_campaign(test: dict[str, Any]) -> None:
    before, changed = read(ACTIONS / test["inputPath"]), acted_upon(read(ACTIONS / test["inputPath"]), test["action"])
    if test["action"] == "look-again":
        assert changed["metadata"]["annotations"][REQUESTED_AT] != ""
        changed["metadata"]["annotations"][REQUESTED_AT] = "0001-01-01T00:00:00Z"
    assert changed == read(ACTIONS / test["expectedOutputPath"])
    assert changed != before
    assert changed["status"] == before["status"]


@pytest.mark.parametrize("action", ["resubmit-held", "abandon-held"])
def test_nothing_is_resolved_where_no_window_is_held(action: str) -> None:
    with pytest.raises(LuaError, match="no window is held"):
        acted_upon(read(CUSTOMIZATION / "testdata" / "scheduled.yaml"), action)


def test_every_captured_campaign_is_tested_and_every_health_is_among_them() -> None:
    captured = {path.stem for path in (CUSTOMIZATION / "testdata").iterdir()}
    assert {name_of(test) for test in HEALTH_TESTS} == captured
    found = {test["healthStatus"]["status"] for test in HEALTH_TESTS}
    assert found == {"Progressing", "Healthy", "Degraded", "Suspended"}


@pytest.mark.parametrize("script", ["return string.upper('a')", "return io.open('x')", "return require('io')"])
def test_the_scripts_are_offered_no_more_than_argo_cd_offers(script: str) -> None:
    with pytest.raises(LuaError):
        run_lua(script, {})
