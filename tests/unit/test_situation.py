"""Which run is to be planned, and what is said where it cannot be."""

from typing import Any

import pytest
from builders import NO_SUNDAY, SETTINGS, at, campaign, finished, observed, recurring, run, spec, status, window
from decide.case import MARK

from campaign_operator.api.conditions import ConditionType, Reason, find
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import RunPolicy, WindowState
from campaign_operator.domain.decisions.actions import Wait
from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.decisions.situation import Situation, unplannable
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.summary import summarize

NEVER, NEVER_AGAIN = spec(callingHours=NO_SUNDAY), recurring(callingHours=NO_SUNDAY)
SUBMITTED = WindowState.SUBMITTED

TOLD = {
    "a first run": (NEVER, status()),
    "an edit before anything was submitted": (NEVER, status(run())),
    "an edit of a run that is submitted": (NEVER, status(run(window(SUBMITTED)))),
    "a next run": (NEVER_AGAIN, status(finished(run_policy=RunPolicy.RECURRING))),
}
NOT_TOLD = {
    "all is well": (spec(), status()),
    "nothing is planned while it is suspended": (spec(callingHours=NO_SUNDAY, suspend=True), status()),
    "an edit after the first start of the only run": (NEVER, status(run(window(SUBMITTED, start=-60)))),
    "an edit after the end of the only run": (NEVER, status(finished(run_policy=RunPolicy.ONCE))),
}


def found(of: OutboundCampaignSpec, has: OutboundCampaignStatus) -> Problem | None:
    return unplannable(Situation(campaign(has, spec=of), observed(of), SETTINGS))


@pytest.mark.parametrize(("of", "has"), TOLD.values(), ids=TOLD.keys())
def test_it_is_told_where_no_match_is_open(of: OutboundCampaignSpec, has: OutboundCampaignStatus) -> None:
    problem = found(of, has)
    assert problem is not None
    assert problem.reason is Reason.INVALID_SPEC
    assert problem.message.startswith("spec.callingHours.excludeDates: every match of cron from 2026-11-2")


@pytest.mark.parametrize(("of", "has"), NOT_TOLD.values(), ids=NOT_TOLD.keys())
def test_nothing_is_told_where_nothing_is_to_be_planned(of: OutboundCampaignSpec, has: OutboundCampaignStatus) -> None:
    assert found(of, has) is None


def test_a_campaign_that_cannot_be_planned_is_stalled() -> None:
    stalled = campaign(spec=NEVER)
    after = summarize(stalled, stalled.status, observed(blueprint=found(NEVER, status())))
    condition = find(after.conditions, ConditionType.STALLED)
    assert condition is not None
    assert condition.reason == "InvalidSpec"
    assert "that falls on Sun is on an excluded date" in condition.message


def test_a_run_that_stands_goes_on_after_an_edit_that_cannot_be_planned() -> None:
    """As after any other edit that makes the spec invalid: what is submitted is not cancelled for it."""
    marked: dict[str, Any] = {"finalizers": ("campaign-operator.io/cancel",), "has_run": MARK}
    stands = campaign(status(run(window(SUBMITTED))), spec=NEVER, **marked)
    decision = decide(stands, observed(blueprint=found(NEVER, stands.status)), SETTINGS)
    assert decision.action == Wait()
    assert decision.next_check == at(3600 - 720)
