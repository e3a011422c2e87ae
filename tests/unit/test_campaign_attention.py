"""What `kubectl campaign list` puts first."""

import pytest
from builders import NOW, run, window
from seen_campaigns import seen, seen_wire, told

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState, WebhookState, WindowState
from kubectl_campaign.attention import Attention, attention_to
from kubectl_campaign.campaign_list import campaign_list
from kubectl_campaign.seen_campaign import SeenCampaign

READY = told(ConditionType.READY, True, "Accepted", "all is well")
NOT_READY = told(ConditionType.READY, False, "DialerUnavailable", "no connection")
STALLED = told(ConditionType.STALLED, True, "WindowHeld", "look at the dialer")
RECONCILING = told(ConditionType.RECONCILING, True, "DialerThrottled", "429")
FINISHED = told(ConditionType.FINISHED, True, "TimedOut")
NOT_COMPLETED = told(ConditionType.COMPLETED, False, "TimedOut", "37 of 50")
BAD_ROWS = told(ConditionType.CONTACTS_VALID, False, "InvalidContactsSkipped", "12 rows")
HOOK_FAILED = told(ConditionType.WEBHOOK_DELIVERED, False, "WebhookFailed", "given up")
HOOK_RETRIED = told(ConditionType.WEBHOOK_DELIVERED, False, "WebhookRetrying", "503")

LEVELS = {
    "stalled": (seen(conditions=(NOT_READY, STALLED)), Attention.ACT, "WindowHeld: look at the dialer"),
    "stalled, and edited since": (seen(generation=2, conditions=(STALLED,)), Attention.ACT, "WindowHeld: look at"),
    "without conditions": (seen(conditions=()), Attention.UNSEEN, "no operator has looked at it"),
    "edited since": (seen(generation=2), Attention.UNSEEN, "the operator has not seen the last edit"),
    "of another version": (
        seen_wire({"runs": [{"id": 7}], "conditions": []}),
        Attention.UNSEEN,
        "status.runs[0]",
    ),
    "not ready": (seen(conditions=(NOT_READY,)), Attention.BLOCKED, "DialerUnavailable: no connection"),
    "timed out": (seen(conditions=(READY, NOT_COMPLETED, FINISHED)), Attention.LOOK, "TimedOut: 37 of 50"),
    "with bad rows": (seen(conditions=(READY, BAD_ROWS)), Attention.LOOK, "InvalidContactsSkipped: 12 rows"),
    "with a webhook that was given up": (
        seen(conditions=(READY, HOOK_FAILED), webhook_state=WebhookState.FAILED),
        Attention.LOOK,
        "WebhookFailed: given up",
    ),
    "retrying": (seen(conditions=(READY, RECONCILING)), Attention.RETRYING, "DialerThrottled: 429"),
    "with a webhook that is tried again": (
        seen(conditions=(READY, HOOK_RETRIED), webhook_state=WebhookState.PENDING),
        Attention.RETRYING,
        "WebhookRetrying: 503",
    ),
    "well": (seen(conditions=(READY,)), Attention.NONE, "Accepted: all is well"),
}


@pytest.mark.parametrize(("campaign", "level", "why"), LEVELS.values(), ids=LEVELS)
def test_a_campaign_needs_a_person_as_much_as_its_status_says(
    campaign: SeenCampaign, level: Attention, why: str
) -> None:
    found, said = attention_to(campaign, NOW)
    assert found is level
    assert said.startswith(why)


SUBMITTED = window(WindowState.SUBMITTED)
LISTED = [
    seen(name="later", state="Scheduled", next_run_time="2026-11-25T09:00:00Z"),
    seen(name="sooner", state="Scheduled", next_run_time="2026-11-23T14:03:00Z", progress="0/2 (0%)"),
    seen(run(SUBMITTED, state=RunState.RUNNING), name="calling", state="Running", progress="1/2 (50%)"),
    seen(name="timed-out", conditions=(READY, NOT_COMPLETED, FINISHED), state="TimedOut"),
    seen(name="held", conditions=(NOT_READY, STALLED), state="Held"),
    seen(name="over", state="Completed"),
]

TIMED_OUT = "TimedOut: 37 of 50; to find out why, compare with the dialer's reports"

LIST = f"""\
NAME       STATE      PROGRESS   NEXT RUN      NEEDS  WHY
held       Held       -          -             act    WindowHeld: look at the dialer
timed-out  TimedOut   -          -             look   {TIMED_OUT}
calling    Running    1/2 (50%)  -             -      Accepted: the spec is accepted
sooner     Scheduled  0/2 (0%)   in 2 h 3 min  -      Accepted: the spec is accepted
later      Scheduled  -          in 1 d 21 h   -      Accepted: the spec is accepted
over       Completed  -          -             -      Accepted: the spec is accepted
"""


def test_the_whole_list() -> None:
    assert campaign_list(LISTED, NOW, everywhere=False, width=None) == LIST


def test_on_a_narrow_terminal_the_reason_has_the_room_of_the_next_run() -> None:
    lines = campaign_list(LISTED, NOW, everywhere=True, width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1] == "sales      held       Held       -          act    WindowHeld: look at the dial…"
    assert lines[4] == "sales      sooner     Scheduled  0/2 (0%)   -      Accepted: the spec is accept…"
    assert "NEXT RUN" in campaign_list(LISTED, NOW, everywhere=False, width=80)


def test_what_must_be_done_is_red_and_bold() -> None:
    lines = campaign_list(LISTED, NOW, everywhere=False, colours=True, width=None).splitlines()
    assert lines[1].startswith("\x1b[1m\x1b[31mheld ")
    assert lines[2].startswith("\x1b[33mtimed-out ")


@pytest.mark.parametrize("next_run", ["tomorrow", "2026-11-25T09:00:00", ""])
def test_a_time_that_is_none_is_left_out(next_run: str) -> None:
    assert "-" in campaign_list([seen(next_run_time=next_run)], NOW, everywhere=False, width=None).splitlines()[1]
