"""What is measured of a campaign, from its status alone."""

import sys
from dataclasses import fields, replace
from sys import intern
from typing import Any

import pytest
from builders import NOW, at, calls, campaign, finished, hook, in_history, run, spec, window

from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.status import Condition, Metrics, OutboundCampaignStatus
from campaign_operator.api.vocabulary import RunState, WebhookState, WindowState
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.figures import (
    CAMPAIGN_STATES,
    CampaignFigures,
    RunFigures,
    figures_of,
    unready,
)


def condition(kind: ConditionType, status: str, reason: str = "Accepted") -> Condition:
    return Condition(
        type=kind, status=status, observed_generation=1, last_transition_time=NOW, reason=reason, message="so it is"
    )


def figures(**status: Any) -> CampaignFigures:
    return figures_of(campaign(OutboundCampaignStatus(observed_generation=1, **status)), NOW)


def test_a_campaign_without_a_status_is_not_ready_for_no_reason_yet() -> None:
    assert figures() == CampaignFigures(campaign_id="8f14e45f", run_policy="Once", windows=(0,) * len(WindowState))


def test_the_run_that_state_shows_is_the_oldest_that_is_not_finished() -> None:
    running = run(
        window(WindowState.SUBMITTED, start=-3600, end=7200),
        window(WindowState.SUBMITTED, start=0, end=10_800, time_zone="America/Chicago"),
        state=RunState.RUNNING,
        metrics=Metrics(calls_completed=3, calls_attempted=5, expected_calls=12),
    )
    later = run(window(start=90_000, end=93_600), id="20261125T0900")
    found = figures(state="Running", runs=(finished(metrics=calls(9)), running, later))
    assert found.state == "Running"
    assert found.run == RunFigures(12, 3, 5, at(-3600).timestamp(), at(10_800).timestamp())


def test_windows_are_counted_by_state_over_the_runs_that_are_not_over() -> None:
    over = finished()
    finished_early = run(window(WindowState.SUBMITTED, start=-60, end=60), state=RunState.COMPLETED, finish_time=NOW)
    held = run(window(WindowState.HELD), window(WindowState.MISSED), id="20261125T0900")
    found = figures(runs=(over, finished_early, held))
    counts = dict(zip(WindowState, found.windows, strict=True))
    assert {state: count for state, count in counts.items() if count} == {
        WindowState.SUBMITTED: 1,
        WindowState.HELD: 1,
        WindowState.MISSED: 1,
    }


def test_readiness_is_that_of_the_conditions() -> None:
    ready = figures(conditions=(condition(ConditionType.READY, "True"),))
    assert (ready.is_ready, ready.is_stalled, ready.unready_reason) == (True, False, None)
    reason = Reason.DIALER_FORBIDDEN.value
    stalled = figures(
        conditions=(
            condition(ConditionType.READY, "False", reason),
            condition(ConditionType.STALLED, "True", reason),
        )
    )
    assert (stalled.is_ready, stalled.is_stalled, stalled.unready_reason) == (False, True, "DialerForbidden")


@pytest.mark.parametrize(("transient", "is_stalled"), [(True, False), (False, True)])
def test_a_problem_that_keeps_the_operator_away_makes_a_campaign_unready(transient: bool, is_stalled: bool) -> None:
    before = figures(conditions=(condition(ConditionType.READY, "True"),), runs=(run(),))
    found = unready(before, Problem("APIServerRefuses", "it refuses", transient))
    assert found == replace(before, is_ready=False, is_stalled=is_stalled, unready_reason="APIServerRefuses")


def test_the_next_run_is_the_time_that_a_person_reads() -> None:
    assert figures(next_run_time="2026-11-26T00:00:00Z").next_run == 1_795_651_200


@pytest.mark.parametrize("altered", ["soon", "0001-01-01T00:00:00", ""])
def test_a_time_that_was_altered_by_hand_is_none(altered: str) -> None:
    assert figures(next_run_time=altered).next_run is None


def test_the_last_run_end_is_that_of_the_run_that_finished_last_wherever_it_is_kept() -> None:
    earlier, last = finished(), finished(id="20261125T0900").model_copy(update={"finish_time": at(-5)})
    assert figures(runs=(earlier,)).last_run_end == at(-60).timestamp()
    assert figures(runs=(earlier,), history=(in_history(last),)).last_run_end == at(-5).timestamp()


def test_a_webhook_is_pending_while_that_of_any_finished_run_is() -> None:
    delivered = in_history(finished(hook=hook(WebhookState.DELIVERED)))
    assert not figures(history=(delivered,)).webhook_is_pending
    pending = in_history(finished(hook=hook(WebhookState.PENDING)))
    assert figures(history=(delivered, pending)).webhook_is_pending


def test_the_states_are_those_that_a_status_can_have() -> None:
    assert (
        *("Planned", "Submitting", "Scheduled", "Running", "Held", "Completed", "TimedOut", "Failed", "Cancelled"),
        *("Cancelling", "Suspended"),
    ) == CAMPAIGN_STATES


def test_the_figures_of_a_campaign_take_less_than_a_kilobyte() -> None:
    many = [window(state, time_zone=f"Etc/GMT+{place}") for place, state in enumerate(WindowState)]
    idle = campaign(
        OutboundCampaignStatus(
            state="".join(["Sched", "uled"]),  # not the interned word itself
            conditions=(condition(ConditionType.READY, "False", "".join(["Dialer", "Unavailable"])),),
            next_run_time="2026-11-26T00:00:00Z",
            runs=(run(*many),),
            history=(in_history(finished()),),
        ),
        spec=spec(campaignID="3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    )
    found = figures_of(idle, NOW)
    assert found.state is intern("Scheduled")
    assert found.unready_reason is intern("DialerUnavailable")
    assert size(found) < 1000


SHARED = {"Scheduled", "DialerUnavailable", "Once"}


def size(found: object) -> int:
    """Of a value and what it refers to, but for what is there once: words of the vocabulary and small numbers."""
    if found is None or (isinstance(found, int) and found <= 256) or (isinstance(found, str) and found in SHARED):
        return 0
    total = sys.getsizeof(found)
    if isinstance(found, tuple):
        total += sum(size(each) for each in found)
    elif isinstance(found, (CampaignFigures, RunFigures)):
        total += sum(size(getattr(found, each.name)) for each in fields(found))
    return total
