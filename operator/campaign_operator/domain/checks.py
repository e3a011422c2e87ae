"""When to look at a campaign again, if nothing happens before: the other half of a decision to wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from campaign_operator.api.conditions import STALLING_CAUSES
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WebhookState, WindowState
from campaign_operator.domain import runs
from campaign_operator.domain.late import last_chance
from campaign_operator.domain.observation import Problem
from campaign_operator.domain.situation import Situation, usable_connection

_DAY = timedelta(days=1)


def next_check(s: Situation) -> datetime | None:
    """The next instant at which a rule may have something to do that no event will tell of."""
    return min((moment for moment in _moments(s) if moment > s.now), default=None)


def _moments(s: Situation) -> Iterator[datetime]:
    again = s.now + timedelta(seconds=s.settings.poll_seconds)
    if isinstance(usable_connection(s), Problem):
        yield again  # a Secret that is repaired tells nobody
    if isinstance(s.observed.blueprint, Problem):
        yield s.now + _DAY  # a zone that does not open within so many days may do so a day later
    if s.observed.give_up_at is not None:
        yield s.observed.give_up_at
    for _, run in s.in_hand():
        yield runs.time_out(run, s.campaign.spec.completion.grace_seconds, s.next_first_start)
        for w in run.windows:
            yield from _moments_of(s, run, w)
    for finished in s.finished():
        if finished.webhook is not None and finished.webhook.state is WebhookState.PENDING:
            yield finished.webhook.next_attempt_time or again


def _moments_of(s: Situation, run: RunStatus, w: WindowStatus) -> Iterator[datetime]:
    if w.next_attempt_time is not None and w.state in runs.UNDECIDED:
        yield w.next_attempt_time
        if w.cause in STALLING_CAUSES:
            yield s.now + timedelta(seconds=s.settings.poll_seconds)  # a Secret that is repaired tells nobody
    if w.state is WindowState.UNCERTAIN:
        yield s.observed.settled_at.get(runs.attempt_of(run, w), s.now + timedelta(seconds=s.settings.settle_seconds))
    if w.state is WindowState.HELD:
        yield w.end_time
    if w.state is WindowState.PLANNED:
        yield last_chance(w, s.settings)
    if w.state not in (WindowState.REJECTED, WindowState.SKIPPED):
        yield w.start_time
