"""Mistakes about runs that overlap and about a listing that lags; see `mistakes`, which plants them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any

from campaign_operator.adapters.cxone.counts import CountedCalls
from campaign_operator.api.status import RunKey
from campaign_operator.api.vocabulary import RunState, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.decisions import cancelling, decide, run_end, situation
from campaign_operator.domain.decisions.actions import Decision
from campaign_operator.domain.decisions.situation import Situation
from campaign_operator.domain.status import outbox, record
from faults.planting import found_by, put

_Rule = Callable[[Situation], Decision | None]


@found_by("overlap: nothing")
def run_ends_with_the_next_start() -> None:
    """A run is over when a later one starts."""
    state_of = situation.Situation.state_of

    def hasty(self: Situation, run: Any) -> RunState:
        is_followed = any(self.index_of[run.key] < i and r.first_start <= self.now for i, r in enumerate(self.runs))
        return RunState.TIMED_OUT if is_followed else state_of(self, run)

    put(situation.Situation, "state_of", hasty)


@found_by("far-apart: nothing")
def finished_run_is_forgotten() -> None:
    """A run that has ended goes to history although a window of it is open."""
    put(runs, "is_over", lambda run, _now: run.finish_time is not None)


@found_by("overlap-suspend: nothing")
def suspend_looks_at_the_oldest_run() -> None:
    """What later runs have at the dialer stays there."""
    _replace_rule(
        cancelling.an_unwanted_run_is_cancelled,
        lambda rule, s: rule(_with_runs(s, s.current[:1])) if s.campaign.spec.suspend else rule(s),
    )


@found_by("overlap-deletion: nothing")
def deletion_looks_at_the_oldest_run() -> None:
    """Nothing of later runs holds the resource."""
    _replace_rule(cancelling.an_unwanted_run_is_cancelled, lambda rule, s: rule(_with_runs(s, s.current[:1])))
    _replace_rule(cancelling.a_deleted_campaign_may_go, lambda rule, s: rule(_with_runs(s, s.current[:1])))


@found_by("suspend: nothing")
def cancellation_is_trusted_at_once() -> None:
    """What was just cancelled, and still shows in the listing, is adopted."""
    distrusted = record.distrusted

    def trusting(status: Any, moment: datetime, settle_seconds: float) -> Any:
        sends = any(runs.in_state(run, WindowState.INTENT) for run in status.runs)
        return distrusted(status, moment, settle_seconds) if sends else status

    put(record, "distrusted", trusting)


@found_by("overlap-suspend: nothing")
def lag_is_ignored_before_an_intent() -> None:
    """The listing is looked at before it can be trusted."""
    _replace_rule(decide.planned_windows_are_submitted, lambda rule, s: rule(_trusting(s)))


@found_by("applied-again: nothing")
def finalizer_goes_before_the_listing_is_trusted() -> None:
    """Whoever applies the resource again finds in the listing what is cancelled."""
    _replace_rule(cancelling.a_deleted_campaign_may_go, lambda rule, s: rule(_trusting(s)))


@found_by("recreated: nothing")
def orphaned_before_the_listing_is_trusted() -> None:
    """Whoever applies the resource again does not find in the listing what stands."""
    finalizer_goes_before_the_listing_is_trusted()


@found_by("moved: nothing")
def webhook_id_of_the_match() -> None:
    """Two runs of one match are told under one id."""
    webhook_id = outbox.webhook_id
    put(outbox, "webhook_id", lambda uid, key, event: webhook_id(uid, RunKey(key.id, ""), event))


@found_by("one-run: nothing")
def second_row_is_dropped() -> None:
    """Of a campaign's rows in the analytics the first is taken for all."""
    take = CountedCalls.take

    def first(self: Any, row: Any) -> str:
        campaign_id = str(row["campaignId"])
        return campaign_id if campaign_id in self._sums else take(self, row)

    put(CountedCalls, "take", first)


@found_by("overlap: analytics#13 withheld + analytics#14 withheld")
def lost_answer_is_the_last_word() -> None:
    """A run times out on old numbers because its last question got no answer."""
    awaited = run_end._awaited_since
    put(run_end, "_awaited_since", lambda s, run: None if run_end._is_asked(s, s.deadline_of(run)) else awaited(s, run))


def _replace_rule(rule: _Rule, other: Callable[[_Rule, Situation], Decision | None]) -> None:
    """Put another rule in the place of this one, under its name."""

    @wraps(rule)
    def mistaken(s: Situation) -> Decision | None:
        return other(rule, s)

    for rules in ("RULES", "RULES_OF_DELETION"):
        every = getattr(decide, rules)
        put(decide, rules, tuple(mistaken if each.__name__ == rule.__name__ else each for each in every))


def _with_runs(s: Situation, kept: tuple[Any, ...]) -> Situation:
    return _with_status(s, runs=kept)


def _trusting(s: Situation) -> Situation:
    return _with_status(s, listing_trusted_from=None)


def _with_status(s: Situation, **update: object) -> Situation:
    status = s.campaign.status.model_copy(update=update)
    return replace(s, campaign=replace(s.campaign, status=status))
