"""What `kubectl describe` shows of a campaign reads as a story, and says at each point what to do."""

import json
import re

import pytest

from campaign_states import CAMPAIGN_STATES, NAME, CampaignState, read_object
from stage import Stage
from what_to_do import says_what_to_do

STORIES = {
    "planned": ["Planned"],
    "scheduled": ["Planned", "Submitted"],
    "running": ["Planned", "Submitted", "Started"],
    "completed": ["Planned", "Submitted", "Completed"],
    "timed-out": ["Planned", "Submitted", "Started", "TimedOut"],
    "failed": ["Planned", "WindowRejected", "Failed", "RunFailed"],
    "suspending": ["Planned", "Submitted", "Cancelling"],
    "invalid-spec": ["InvalidSpec"],
    "secret-not-found": ["Planned", "SecretNotFound"],
    "held": ["Planned", "WindowHeld"],
    "status-unreadable": ["Planned", "Submitted", "StatusUnreadable"],
    "deleting": ["Planned", "Submitted", "Cancelling"],
}
"""Where a Recurring run fails, its successor can be planned before or after the answers, so its order is not here."""


@pytest.mark.parametrize("state", CAMPAIGN_STATES, ids=[state.name for state in CAMPAIGN_STATES])
async def test_every_condition_and_event_says_what_to_do(stage: Stage, state: CampaignState) -> None:
    await state.reach(stage)
    await stage.events_are_posted()
    conditions = (await read_object(stage)).get("status", {}).get("conditions", [])
    events = json.loads(await stage.kubectl("get", "events.events.k8s.io", "-o", "json"))["items"]
    told = [(each["reason"], each["message"]) for each in conditions]
    told += [(each["reason"], each["note"]) for each in events]
    assert [(reason, message) for reason, message in told if not says_what_to_do(reason, message)] == []


@pytest.mark.parametrize("name", STORIES)
async def test_describe_shows_the_events_in_the_order_of_the_story(stage: Stage, name: str) -> None:
    await next(state for state in CAMPAIGN_STATES if state.name == name).reach(stage)
    await stage.events_are_posted()
    _, _, events = (await stage.kubectl("describe", "outboundcampaign", NAME)).partition("Events:")
    assert re.findall(r"^  (?:Normal|Warning) +(\w+)", events, flags=re.MULTILINE) == STORIES[name]
