"""What an operator should have done by now, by the status alone: the sign of one that is not there.

Pure. Owns how late is too late. While nothing of a campaign is due, its status cannot tell.
"""

from datetime import datetime, timedelta

from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import RunStatus
from campaign_operator.api.vocabulary import RunState, WebhookState
from campaign_operator.domain.campaigns import runs
from kubectl_campaign.seen_campaign import SeenCampaign, end_of_grace, submission_of

_LATE = timedelta(minutes=5)
"""An operator that is there acts within seconds, also where 1,000 campaigns start at once."""


def overdue(seen: SeenCampaign, now: datetime) -> str | None:
    """What no operator has done, and since when it is due; None where nothing is late."""
    for run in runs.current_runs(seen.status):
        found = _overdue_of_run(seen, run, now - _LATE)
        if found is not None:
            return found
    for ended in runs.finished_runs(seen.status):
        hook = ended.webhook
        due = hook.next_attempt_time if hook is not None and hook.state is WebhookState.PENDING else None
        if due is not None and due <= now - _LATE:
            return _told("delivered the webhook of", ended.id, due)
    return None


def _overdue_of_run(seen: SeenCampaign, run: RunStatus, by: datetime) -> str | None:
    submission = submission_of(seen, run)
    if submission is not None and submission <= by:
        return _told("submitted", run.id, submission)
    if run.state is RunState.SCHEDULED and runs.has_started(run, by):
        return _told("looked at the start of", run.id, run.first_start)
    if end_of_grace(seen, run) <= by:
        return _told("ended", run.id, end_of_grace(seen, run))
    return None


def _told(done: str, run_id: str, due: datetime) -> str:
    return f"no operator has {done} run {run_id}, due at {to_rfc3339(due)}; check that one runs"
