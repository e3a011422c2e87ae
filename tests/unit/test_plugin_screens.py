"""The screens in docs/kubectl-plugin.md are what the plugin makes of campaigns that ran in the sandbox.

`plugin_capture.json` has these campaigns as the API server sent them, and the time. A comment before a block says how
wide the terminal is; without one, there is none.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.planning.blueprint import draw_blueprint
from campaign_operator.domain.planning.written_hours import parse_calling_hours
from campaign_operator.preview.table import forecast_table
from kubectl_campaign.campaign_list import campaign_list
from kubectl_campaign.explanation import why_campaign, why_zone, zone_meant
from kubectl_campaign.live_forecast import live_forecast
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.status_screen import status_screen
from kubectl_campaign.window_rules import rules_of_zone

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "kubectl-plugin.md").read_text()
CAPTURE = json.loads((Path(__file__).parent / "plugin_capture.json").read_text())
NOW = datetime.fromisoformat(CAPTURE["now"])
WIRES = {wire["metadata"]["name"]: wire for wire in CAPTURE["items"]}

_BLOCK = re.compile(
    r"(?:<!-- (\d+) columns -->\n)?^```console\n\$ kubectl campaign (.*)\n((?:.*\n)*?)^```$", re.MULTILINE
)

Screen = Callable[[list[str], int | None], str]


def shown_list(_: list[str], width: int | None) -> str:
    return campaign_list([SeenCampaign.of(wire) for wire in WIRES.values()], NOW, everywhere=True, width=width)


def shown_status(words: list[str], width: int | None) -> str:
    return status_screen(SeenCampaign.of(WIRES[words[0]]), NOW, width=width)


def shown_why(words: list[str], width: int | None) -> str:
    name, *zones = words[: words.index("-n")]
    campaign = SeenCampaign.of(WIRES[name])
    if not zones:
        return why_campaign(campaign, NOW, width=width)
    zone, spec = zone_meant(campaign, zones[0]), OutboundCampaignSpec.model_validate(campaign.spec)
    rules = rules_of_zone(campaign, spec, parse_calling_hours(spec.calling_hours), zone)
    return why_zone(campaign, zone, rules, NOW, width=width)


def shown_preview(words: list[str], width: int | None) -> str:
    campaign = campaign_of(WIRES[words[0]])
    return forecast_table(live_forecast(campaign, draw_blueprint(campaign.spec), NOW, 1).forecast, width=width)


SCREENS: dict[str, Screen] = {
    "list": shown_list,
    "status": shown_status,
    "why": shown_why,
    "preview": shown_preview,
}


def examples() -> Iterator[tuple[str, int | None, str]]:
    """The commands of the page that show something of the capture, with the width of the terminal and what is shown."""
    for found in _BLOCK.finditer(PAGE):
        width, command, shown = found.groups()
        if command.split()[0] in SCREENS and shown:
            yield command, int(width) if width else None, shown


def test_every_screen_is_shown() -> None:
    assert {command.split()[0] for command, _, _ in examples()} == set(SCREENS)
    assert {width for _, width, _ in examples()} == {80, 120}


@pytest.mark.parametrize(("command", "width", "shown"), list(examples()), ids=lambda part: str(part)[:30])
def test_a_screen_of_the_page_is_as_it_really_came(command: str, width: int | None, shown: str) -> None:
    name, *words = shlex.split(command)
    assert SCREENS[name](words, width) == shown


def wire(name: str) -> dict[str, Any]:
    return json.loads(json.dumps(WIRES[name]))  # type: ignore[no-any-return] # a copy of it


def test_a_preview_keeps_what_is_planned_and_goes_on_after_it() -> None:
    campaign = campaign_of(wire("early-birds"))
    found = live_forecast(campaign, draw_blueprint(campaign.spec), NOW, 3)
    planned = WIRES["early-birds"]["status"]["runs"][0]
    assert [run.id for run in found.forecast.runs] == ["20261201T0600", "20261202T0600", "20261203T0600"]
    assert found.forecast.runs[0].plan_hash == planned["planHash"]
    assert found.notes == ()


def test_a_preview_of_an_edit_plans_again_and_one_of_a_suspended_campaign_says_so() -> None:
    edited = wire("early-birds")
    edited["metadata"]["generation"] += 1
    edited["spec"] |= {"cron": "0 10 * * *", "suspend": True}
    campaign = campaign_of(edited)
    found = live_forecast(campaign, draw_blueprint(campaign.spec), NOW, 1)
    assert found.forecast.runs[0].id == "20261130T1000"
    assert found.notes == ("the campaign is suspended; this is what comes when spec.suspend is false",)


def test_a_preview_says_so_where_the_operator_planned_from_other_hours() -> None:
    campaign = campaign_of(wire("early-birds"))
    other = draw_blueprint(campaign.spec.model_copy(update={"window_seconds": 3600}))
    (note,) = live_forecast(campaign, other, NOW, 1).notes
    assert note == (
        "the operator planned run 20261201T0600 from other calling hours; if it has a policy of its own, pass it with "
        "--policy"
    )


def test_of_a_once_campaign_that_runs_nothing_further_is_planned() -> None:
    campaign = campaign_of(wire("winter-sale"))
    found = live_forecast(campaign, draw_blueprint(campaign.spec), NOW, 3)
    assert [run.id for run in found.forecast.runs] == [WIRES["winter-sale"]["status"]["runs"][0]["id"]]
