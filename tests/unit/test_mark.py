"""A Once campaign whose status is lost calls nobody again, unless nothing of its run can have been called."""

from typing import Any

import pytest
from builders import SETTINGS, at, campaign, observed, recurring, run, spec, status, window

from campaign_operator.api.conditions import Reason
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.decisions.situation import Situation, unplannable
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.mark import due_mark, mark_of

YESTERDAYS, NEXT = "20261122T0900", "20261124T0900"


def problem(of: OutboundCampaignSpec | None = None, run_id: str = YESTERDAYS, **changes: Any) -> Problem | None:
    """What is wrong with a campaign without a run, marked as one that began this run."""
    of = of or spec()
    mark = mark_of(campaign(spec=spec(campaignID=of.campaign_id)), run_id)
    found = campaign(status(), **{"spec": of, "has_run": mark, **changes})
    return unplannable(Situation(found, observed(of), SETTINGS))


def test_a_marked_campaign_without_a_run_has_run_already_and_says_how_to_run_it_again() -> None:
    found = problem()
    assert found is not None
    assert found.reason is Reason.ALREADY_RUN
    assert found.message.endswith(
        "kubectl annotate outboundcampaign spring-renewals -n sales campaign-operator.io/has-run-"
    )


@pytest.mark.parametrize("finalizers", [(), (CANCEL_FINALIZER,)], ids=["no finalizer", "our finalizer"])
def test_nothing_is_planned_for_it(finalizers: tuple[str, ...]) -> None:
    found = problem()
    assert found is not None
    marked = campaign(status(), has_run=mark_of(campaign(), YESTERDAYS), finalizers=finalizers)
    seen = observed(blueprint=found)
    assert type(decide(marked, seen, SETTINGS).action).__name__ == "Wait"


FREE: dict[str, dict[str, Any]] = {
    "no mark": {"has_run": None},
    "an empty mark": {"has_run": ""},
    "a mark that nobody wrote": {"has_run": "yes"},
    "the run that it names is the one that is planned, so nobody was called": {"run_id": NEXT},
    "a copy in another namespace": {"ref": CampaignRef("support", "spring-renewals")},
    "a copy of another name": {"ref": CampaignRef("sales", "autumn")},
    "another campaign of the dialer": {"has_run": f"{YESTERDAYS} sales/spring-renewals other"},
    "a recurring campaign": {"of": recurring()},
    "a suspended campaign, which plans nothing": {"of": spec(suspend=True)},
    "a campaign that is being deleted": {"deletion_time": at(-60)},
    "its run is in the status": {"status": status(run(window(WindowState.SUBMITTED)))},
}


@pytest.mark.parametrize("case", FREE.values(), ids=FREE.keys())
def test_it_may_run_where_the_mark_is_not_its_own_or_forbids_nothing(case: dict[str, Any]) -> None:
    changes = dict(case)
    found = changes.pop("status", None)
    if found is not None:
        marked = campaign(found, has_run=mark_of(campaign(), YESTERDAYS))
        assert unplannable(Situation(marked, observed(), SETTINGS)) is None
    else:
        assert problem(**changes) is None


def test_the_mark_follows_the_run_that_was_begun() -> None:
    begun = status(run(window(WindowState.SUBMITTED)))
    assert due_mark(campaign(), begun) == f"{NEXT} sales/spring-renewals 8f14e45f"
    assert due_mark(campaign(has_run=due_mark(campaign(), begun)), begun) is None
    assert due_mark(campaign(spec=recurring()), begun) is None


@pytest.mark.parametrize("state", [WindowState.PLANNED, WindowState.CANCELLED, WindowState.SKIPPED])
def test_a_run_that_called_nobody_asks_for_no_mark(state: WindowState) -> None:
    assert due_mark(campaign(), status(run(window(state)))) is None
