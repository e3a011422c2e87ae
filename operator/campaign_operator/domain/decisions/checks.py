"""When to look at a campaign again, if nothing happens before: the other half of a decision to wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from campaign_operator.api.conditions import STALLING_CAUSES
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WebhookState, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.late import last_chance
from campaign_operator.domain.decisions.cancelling import release_time
from campaign_operator.domain.decisions.run_end import end_of_wait
from campaign_operator.domain.decisions.situation import Situation, submission_time, usable_connection
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.unknown_schedules import LOOK_AGAIN_SECONDS
from campaign_operator.domain.status.verification import REMAINING_SECONDS, next_look, unverified

_DAY = timedelta(days=1)


def next_check(s: Situation) -> datetime | None:
    """The next instant at which a rule may have something to do that no event will tell of."""
    return min((moment for moment in _moments(s) if moment > s.now), default=None)


def _moments(s: Situation) -> Iterator[datetime]:
    again = s.now + timedelta(seconds=s.settings.poll_seconds)
    if isinstance(usable_connection(s), Problem):
        yield again  # a Secret that is repaired tells nobody
    if s.observed.spec_problem is not None:
        yield s.now + _DAY  # a zone that does not open within so many days may do so a day later
    if _waits_for_objects(s):
        yield again  # a ConfigMap that is changed tells nobody
    if s.observed.give_up_at is not None:
        yield s.observed.give_up_at
    if s.campaign.status.listing_trusted_from is not None:
        yield s.campaign.status.listing_trusted_from
    released = release_time(s)
    if released is not None:
        yield released
    yield from _looks(s)
    for entry in s.campaign.status.waiting_resolutions:
        yield entry.next_attempt_time or again
    for run in s.runs:
        if not runs.is_finished(run):
            yield s.deadline_of(run)
            yield end_of_wait(s, run)
            if not runs.submission_started(run):
                yield submission_time(s, run)
        yield run.first_start
        yield run.last_end
        for w in run.windows:
            yield from _moments_of(s, run, w)
    for finished in runs.finished_runs(s.campaign.status):
        if finished.webhook is not None and finished.webhook.state is WebhookState.PENDING:
            yield finished.webhook.next_attempt_time or again


def _looks(s: Situation) -> Iterator[datetime]:
    """When the listing is looked at only to make sure."""
    moment = next_look(s.campaign.status, s.now, s.settings.settle_seconds)
    if moment is not None:
        yield max(moment, s.observed.look_again_at or moment)
    if s.campaign.status.unknown_schedules:
        yield s.observed.look_again_at or s.now + timedelta(seconds=LOOK_AGAIN_SECONDS)
    for run in s.runs:
        yield from (w.start_time - timedelta(seconds=REMAINING_SECONDS) for w in unverified(run, s.now))


def _waits_for_objects(s: Situation) -> bool:
    """Whether a change of a calendar or a contact list would still change a plan."""
    spec = s.campaign.spec
    lists, calendar = spec.contacts_from is not None, spec.calling_hours.exclude_dates_from is not None
    if not (lists or calendar) or s.campaign.deleting or runs.is_over_for_good(s.campaign.status):
        return False
    if s.observed.spec_problem is not None or s.observed.lists_being_read:
        return True
    if spec.suspend:
        return False
    in_objects = any(source.url is None for source in spec.contacts_from or ())
    return any(
        (calendar and not runs.has_started(run, s.now)) or (in_objects and not runs.submission_started(run))
        for run in s.current
    )


def _moments_of(s: Situation, run: RunStatus, w: WindowStatus) -> Iterator[datetime]:
    if w.next_attempt_time is not None and w.state in window_states.UNSETTLED:
        yield w.next_attempt_time
        if w.reason in STALLING_CAUSES:
            yield s.now + timedelta(seconds=s.settings.poll_seconds)  # a Secret that is repaired tells nobody
    if w.state is WindowState.UNCERTAIN:
        yield s.observed.settled_at.get(runs.attempt_of(run, w), s.now + timedelta(seconds=s.settings.settle_seconds))
    if w.end_time > s.now:
        yield w.end_time  # what it leaves room for, and what it holds up, may be planned
    if w.state is WindowState.PLANNED:
        yield last_chance(w, s.settings)
    if w.state not in (WindowState.REJECTED, WindowState.SKIPPED):
        yield w.start_time
