"""The next runs of a campaign of the cluster: those that the operator has planned, and those that it plans after them.

Pure. The operator's own rules say which runs stay and which are planned again; here they are only put in a row.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from campaign_operator.api.status import RunStatus
from campaign_operator.api.vocabulary import RunPolicy, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.situation import Situation, plan_again, run_to_plan, taken
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan
from campaign_operator.preview.forecast import Forecast, forecast_run

_RUN_ID = "%Y%m%dT%H%M"
_SHOWN = window_states.MAY_CALL | {WindowState.SKIPPED}


@dataclass(frozen=True, slots=True)
class LiveForecast:
    """The next runs, and what a person must know beside them."""

    forecast: Forecast
    notes: tuple[str, ...]


def live_forecast(campaign: Campaign, blueprint: Blueprint, now: datetime, count: int) -> LiveForecast:
    """At most `count` runs whose last window is ahead. Raises InvalidSpecError where none can be planned."""
    notes = tuple(_notes(campaign, blueprint))
    resumed = replace(campaign, spec=campaign.spec.model_copy(update={"suspend": False}))
    situation = Situation(resumed, Observation(now=now, blueprint=blueprint, connection=None), Settings())
    to_plan = run_to_plan(situation, blueprint)
    kept = to_plan.kept if to_plan is not None else situation.runs
    plans = [_plan_of(run) for run in kept if run.windows and run.last_end > now and not runs.is_finished(run)]
    left = taken(situation, blueprint, kept)
    is_recurring = campaign.spec.run_policy is RunPolicy.RECURRING
    if to_plan is not None and to_plan.replaces:
        again = plan_again(situation, blueprint, to_plan)
        if again is not None:
            plans.append(again)
            left = left.with_run(again)
    while len(plans) < count and not campaign.deleting and (is_recurring or not (plans or kept)):
        try:
            plan = blueprint.plan(now, Settings().lead_seconds, left)
        except InvalidSpecError:
            if not plans:
                raise
            break
        plans.append(plan)
        left = left.with_run(plan)
    shown = tuple(forecast_run(plan, blueprint) for plan in plans[:count])
    return LiveForecast(Forecast(campaign.ref, now, shown), notes)


def _notes(campaign: Campaign, blueprint: Blueprint) -> list[str]:
    notes = []
    if campaign.spec.suspend:
        notes.append("the campaign is suspended; this is what comes when spec.suspend is false")
    if campaign.deleting:
        notes.append("the campaign is being deleted; nothing more is planned")
    if runs.is_over_for_good(campaign.status):
        notes.append("the only run of runPolicy Once has ended; to call again, create a new resource")
    newest = campaign.status.runs[-1] if campaign.status.runs else None
    is_edited = campaign.status.observed_generation < campaign.generation
    if newest is not None and not is_edited and newest.spec_hash != blueprint.spec_hash:
        notes.append(
            f"the operator planned run {newest.id} from other calling hours; if it has a policy of its own, pass it "
            "with --policy"
        )
    return notes


def _plan_of(run: RunStatus) -> RunPlan:
    """The run as it was planned, without windows that are not called any more."""
    windows = tuple(
        PlannedWindow(
            start=w.start_time,
            end=w.end_time,
            adjustments=w.adjustments,
            time_zone=w.time_zone,
            contacts=w.contacts,
        )
        for w in run.windows
        if w.state in _SHOWN
    )
    return RunPlan(
        run_id=run.id,
        nominal_time=datetime.strptime(run.id, _RUN_ID),  # noqa: DTZ007 - a match of cron has no time zone
        match_time=run.match_time or run.first_start,
        windows=windows,
        contacts=sum(w.contacts for w in windows),
    )
