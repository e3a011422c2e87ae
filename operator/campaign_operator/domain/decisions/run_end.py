"""How a run ends: by its calls, or because nobody waits for them any longer.

Owns how long the dialer's analytics are waited for once a run is past its deadline. A run that times out on old numbers
tells a person, and a webhook, of calls that are missing and were made.
"""

from datetime import datetime, timedelta

from campaign_operator.api.status import RunStatus
from campaign_operator.api.vocabulary import MAX_RUNS_IN_GRACE, RunState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.decisions.actions import Decision, FinishRun, Poll
from campaign_operator.domain.decisions.situation import Situation, is_connected
from campaign_operator.domain.status.counting import counted_since

ANALYTICS_WAIT = timedelta(hours=1)
"""How long a run that is past its deadline waits for analytics that cannot be read."""

POLLS_TO_WAIT_FOR = 3
"""So many polls it waits for at least, however long their interval is."""


def a_run_is_asked_for_its_calls_once_more_before_it_times_out(s: Situation) -> Decision | None:
    """The last poll, or the answer that campaigns share, may be older than the deadline by a whole interval, and the
    calls since then count. Without an answer it is asked again by the next polls.
    """
    ending = [run for run in s.current if s.state_of(run) is RunState.TIMED_OUT]
    for run in sorted(ending, key=s.deadline_of):
        deadline, since = s.deadline_of(run), _awaited_since(s, run)
        if since is not None and (s.observed.poll_due or not _is_asked(s, deadline)):
            return Decision(Poll(since, deadline), f"run {run.id} is about to time out")
    return None


def a_run_that_has_ended_is_finished(s: Situation) -> Decision | None:
    """The end and the webhook's outbox entry are written together."""
    for run in s.current:
        state = s.state_of(run)
        if state in runs.ENDINGS and not (state is RunState.TIMED_OUT and _awaited_since(s, run)):
            return Decision(FinishRun(run.key, state), f"the run is {state}")
    return None


def the_oldest_of_too_many_runs_that_wait_for_calls_times_out(s: Situation) -> Decision | None:
    """A grace of a month would fill the resource with runs that nothing can be done about any more."""
    waiting = [run for run in s.current if runs.waits_for_calls(run, s.now)]
    if len(waiting) <= MAX_RUNS_IN_GRACE:
        return None
    return Decision(FinishRun(waiting[0].key, RunState.TIMED_OUT), f"{len(waiting)} runs are waiting for calls")


def end_of_wait(s: Situation, run: RunStatus) -> datetime:
    """The instant from which a run without its calls is TimedOut, whatever the analytics do."""
    polls = timedelta(seconds=POLLS_TO_WAIT_FOR * s.settings.poll_seconds)
    return s.deadline_of(run) + max(ANALYTICS_WAIT, polls)


def _awaited_since(s: Situation, run: RunStatus) -> datetime | None:
    """From when on the calls up to the deadline are awaited; None where they are known, or will not come to be."""
    deadline, answered = s.deadline_of(run), s.observed.polled_until
    if not is_connected(s) or (answered is not None and answered >= deadline):
        return None
    if s.now >= end_of_wait(s, run) and _is_asked(s, deadline):
        return None
    return counted_since(s.campaign.status, deadline)


def _is_asked(s: Situation, deadline: datetime) -> bool:
    """Whether this process has asked for the calls up to then, whatever came of it."""
    return s.observed.asked_until is not None and s.observed.asked_until >= deadline
