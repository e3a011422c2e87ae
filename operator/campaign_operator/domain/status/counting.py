"""Which run the dialer's calls belong to.

Analytics know campaigns and times, not runs. A run that overlaps no other is counted from its own first start. Runs
that overlap are counted together, from the first start of the earliest: what the dialer counts beyond what was credited
already is credited to the oldest run that is before its deadline and lacks calls, then to the next, and the rest to the
newest that has started. What was credited stays where it is, so a restart, a poll that was lost or a run that finishes
changes nothing, and the runs add up to what the dialer counts.

Pure. Knows neither what a poll is nor conditions; `polling` does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from campaign_operator.api.status import CreditedCalls, Metrics, OutboundCampaignStatus, RunKey, RunStatus
from campaign_operator.api.v1alpha1 import Completion
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.dialing.outcomes import CallCounts

_NUMBERS = ("calls_completed", "calls_attempted", "connected")


def counted_runs(status: OutboundCampaignStatus, until: datetime) -> tuple[RunStatus, ...]:
    """The runs that calls up to `until` may belong to: submitted, started and not finished; oldest first."""
    started = ((run, runs.first_submitted_start(run)) for run in runs.current_runs(status))
    return tuple(run for run, start in started if start is not None and start < until)


def counted_since(status: OutboundCampaignStatus, until: datetime) -> datetime | None:
    """From when the calls up to `until` are counted; None where no run could have any."""
    counted = counted_runs(status, until)
    if not counted:
        return None
    credited = status.credited
    if credited is not None and any(run.metrics.counted_since == credited.since for run in counted):
        return credited.since
    return min(start for run in counted if (start := runs.first_submitted_start(run)) is not None)


def calls_lacking(run: RunStatus, completion: Completion) -> int:
    """How many calls the run still expects; less than zero where there were more."""
    return runs.expected_calls(completion, run) - run.metrics.calls_completed


def credited(
    status: OutboundCampaignStatus, answer: CallCounts, completion: Completion, *, until: datetime, now: datetime
) -> OutboundCampaignStatus:
    """The status after the dialer has counted so many calls from `counted_since` to `until`.

    Each of the three numbers keeps its highest value by itself: calls that were made are not unmade.
    """
    since, counted = counted_since(status, until), counted_runs(status, until)
    if since is None:
        return status
    before = status.credited
    if before is None or before.since != since:
        before = CreditedCalls(since=since)
    told = {"calls_completed": answer.completed, "calls_attempted": answer.attempted, "connected": answer.connected}
    more = {name: max(0, told[name] - getattr(before, name)) for name in _NUMBERS}
    total = before.model_copy(update={name: getattr(before, name) + more[name] for name in _NUMBERS})
    shares = _shares(counted, more, completion, until)
    shared = len(counted) > 1
    after = tuple(
        run.model_copy(update={"metrics": _with(run, shares.get(run.key, {}), since, now, shared=shared)})
        if run in counted
        else run
        for run in status.runs
    )
    return status.model_copy(update={"runs": after, "credited": total})


def _with(run: RunStatus, share: Mapping[str, int], since: datetime, now: datetime, *, shared: bool) -> Metrics:
    before = run.metrics
    start = runs.first_submitted_start(run)
    joined = shared or before.shared or (start is not None and since < start)
    update: dict[str, object] = {"counted_since": since, "shared": True if joined else None}
    if any(share.values()):
        update |= {name: getattr(before, name) + share.get(name, 0) for name in _NUMBERS} | {"as_of": now}
    return before.model_copy(update=update)


def _shares(
    counted: Sequence[RunStatus], more: Mapping[str, int], completion: Completion, until: datetime
) -> Mapping[RunKey, dict[str, int]]:
    """How many of the new calls each run gets, by run and number."""
    left = more["calls_completed"]
    completed: dict[RunKey, int] = {}
    for run in counted:
        lacking = calls_lacking(run, completion)
        given = max(0, min(left, lacking)) if until <= runs.deadline(run, completion) else 0
        left -= given
        if given:
            completed[run.key] = given
    if left:
        completed[counted[-1].key] = completed.get(counted[-1].key, 0) + left
    shares = {key: {"calls_completed": number} for key, number in completed.items()}
    # attempts and connections follow the completed calls: each run at least as many, the rest to the first of them
    receivers = list(completed) or [counted[0].key]
    for name in ("calls_attempted", "connected"):
        rest = more[name]
        for key in reversed(receivers):
            given = rest if key == receivers[0] else min(rest, completed.get(key, 0))
            shares.setdefault(key, {})[name] = given
            rest -= given
    return shares
