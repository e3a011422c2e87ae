"""What is judged after a life, and by what: the dialer's ledger, the receiver's deliveries, the final status, the logs.

Everything is read from outside the operator. A life with faults must come to what the same life came to without them.
Pure: `Outcome` holds what was read.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from campaign_sandbox.simulator.calls import CallingSpan, CallRate, count_calls
from e2e_world import Manifest
from faults.knowledge import creation, instants
from faults.plans import Fault, Plan
from faults.sights import runs_and_history
from faults.world import CALLS_IN_ALL, CALLS_PER_SECOND

_TIMES_AND_IDS = frozenset(
    {
        *("plannedTime", "listingTrustedFrom", "verifiedUntil"),
        *("scheduleID", "planHash", "connectionHash", "dialerHash", "specHash", "plannedFrom", "asOf", "finishTime"),
        *("lastTransitionTime", "nextAttemptTime", "lastHandledResolve", "lastHandledRequest", "id"),
    }
)
_HISTORY_OF_THE_WAY = frozenset({"attempt", "attempts", "lastStatusCode", "message", "adopted"})
"""What tells how it came to be so: how often something was tried, what was said of it, whether an answer was lost."""

_NEVER_LOGGED = (
    '"unexpected error"',  # as a whole event: kopf logs "due to an unexpected error" of a conflict, and tries again
    "too many actions in one pass",
    "never retrieved",
    "was destroyed but it is pending",
)


@dataclass(frozen=True)
class Outcome:
    """What one life came to.

    `lost` says why the scenario did not come to its end, if it did not. It is judged `at` this moment; `forgotten` are
    the schedules that no run knew of at some time before, and `overstayed` the operators that led on although another
    did, in words; `unseated` ended for that reason. `forbidden` are the words that must be in no
    log line, Event or status. `chapter` are the exchanges that the scenario is about.
    """

    plan: Plan
    lost: str | None
    at: datetime
    poll_seconds: float
    forgotten: tuple[str, ...]
    overstayed: tuple[str, ...]
    unseated: int
    fired: tuple[Fault, ...]
    exchanges: tuple[str, ...]
    chapter: tuple[str, ...]
    schedules: tuple[Manifest, ...]
    status: Manifest | None
    deliveries: tuple[Manifest, ...]
    events: tuple[Manifest, ...]
    log: str = field(repr=False)
    forbidden: tuple[str, ...] = field(repr=False)
    stale_tokens: tuple[str, ...] = ()

    def problems(self, reference: "Outcome") -> list[str]:
        """All that is not as it should be, in words; `reference` is the same life without a fault."""
        return list(_problems(self, reference))


def _problems(found: Outcome, reference: Outcome) -> Iterator[str]:
    if found.lost is not None:
        yield found.lost
    yield from found.forgotten
    yield from found.overstayed
    yield from _ledger_and_status(found)
    yield from _calls(found)
    yield from _schedules(found, reference)
    yield from _status(found, reference)
    yield from _webhooks(found)
    yield from _secrets(found)
    yield from (
        f"logged: {line[:300]}" for line in found.log.splitlines() if any(said in line for said in _NEVER_LOGGED)
    )
    yield from (f"{exchange} used a token of the old secret" for exchange in found.stale_tokens)


def _ledger_and_status(found: Outcome) -> Iterator[str]:
    """What must be so by itself: nothing stands twice, and ledger and status tell the same."""
    standing = [s for s in found.schedules if s["cancelledAt"] is None and s["idempotencyKey"] is not None]
    for made, count in Counter(map(creation, standing)).items():
        if count > 1:
            yield f"{count} x standing at the dialer: {' '.join(made)}"
    windows = [w for run in (found.status or {}).get("runs", []) for w in run.get("windows", [])]
    submitted = {w["scheduleID"]: w for w in windows if w["state"] == "Submitted"}
    known = {s["id"]: s for s in found.schedules if s["cancelledAt"] is None}
    for schedule_id, window in submitted.items():
        if schedule_id not in known:
            yield f"{window['timeZone']} is Submitted, and its schedule does not stand"
        elif instants(known[schedule_id]) != instants(window):
            yield f"{window['timeZone']} is Submitted with a schedule that is not its own"
    for schedule in standing:
        # what calls already, nobody takes back from a campaign that goes
        start, end = instants(schedule)
        if schedule["id"] not in submitted and (start if found.status is None else end) > found.at:
            yield f"nobody knows of a schedule that stands: {' '.join(creation(schedule))}"


def _schedules(found: Outcome, reference: Outcome) -> Iterator[str]:
    """One creation for each run and window, cancelled or standing as it would be without the fault."""
    here, there = (Counter(map(creation, o.schedules)) for o in (found, reference))
    for made, count in (here - there).items():
        yield f"{count} x too much at the dialer: {' '.join(made)}"
    for made, count in (there - here).items():
        yield f"{count} x missing at the dialer: {' '.join(made)}"


def _status(found: Outcome, reference: Outcome) -> Iterator[str]:
    if (found.status is None) != (reference.status is None):
        yield f"the campaign {'is gone' if found.status is None else 'is still there'}"
    elif found.status is not None and reference.status is not None:
        for path, here, there in _differences(_essence(found.status), _essence(reference.status), "status"):
            yield f"{path} is {here!r} and not {there!r}"


def _essence(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = _TIMES_AND_IDS | _HISTORY_OF_THE_WAY
        # the id of a run is its nominal time and must be the same
        kept = {k: v for k, v in value.items() if k not in left_out or (k == "id" and "windowCount" in value)}
        return {k: _essence(v) for k, v in kept.items()}
    if isinstance(value, list):
        return sorted((_essence(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _differences(here: Any, there: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted({*here, *there}):
            yield from _differences(here.get(key), there.get(key), f"{path}.{key}")
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for position, (one, other) in enumerate(zip(here, there, strict=True)):
            yield from _differences(one, other, f"{path}[{position}]")
    elif here != there:
        yield path, here, there


def _webhooks(found: Outcome) -> Iterator[str]:
    """One id for each run, and what the status calls delivered has arrived."""
    arrived: dict[str, set[str]] = {}
    for delivery in found.deliveries:
        run_id = json.loads(delivery["body"])["data"]["runId"]
        arrived.setdefault(run_id, set()).add(delivery["headers"]["webhook-id"])
    runs = runs_and_history({"status": found.status})
    # one match can have two runs, in different zones
    matches = Counter(run["id"] for run in runs if "webhook" in run)
    for run_id, ids in arrived.items():
        if len(ids) > max(1, matches[run_id]):
            yield f"run {run_id} was told under {len(ids)} ids"
    for webhook_id, count in Counter(run["webhook"]["id"] for run in runs if "webhook" in run).items():
        if count > 1:
            yield f"{count} runs have the webhook {webhook_id}"
    for run in runs:
        hook = run.get("webhook") or {}
        if hook.get("state") == "Delivered" and hook["id"] not in arrived.get(run["id"], ()):
            yield f"the webhook of run {run['id']} is Delivered and never arrived"


def _calls(found: Outcome) -> Iterator[str]:
    """What the runs have counted adds up to what the dialer has called while any of them was counted: no call twice,
    and none dropped.
    """
    runs = [run for run in runs_and_history({"status": found.status}) if "startTime" in run]
    counted = sum(run["metrics"]["callsCompleted"] for run in runs)
    last_poll = timedelta(seconds=found.poll_seconds + 60)
    least, most = (_calls_made(found, runs, before_the_end) for before_the_end in (last_poll, timedelta()))
    if not least <= counted <= most:
        yield f"{counted} calls are counted, and the dialer has made between {least} and {most}"


def _calls_made(found: Outcome, runs: Iterable[Manifest], before_the_end: timedelta) -> int:
    """The calls that were made from the start of any of these runs until so long before its end."""
    rate = CallRate(Fraction(str(CALLS_PER_SECOND)), CALLS_IN_ALL)
    openings = [_opening(schedule) for schedule in found.schedules]
    made, counted_until = 0, datetime.min.replace(tzinfo=UTC)
    for start, end in sorted((datetime.fromisoformat(run["startTime"]), _end(run, found.at)) for run in runs):
        since, until = max(start, counted_until), end - before_the_end
        if since < until:
            made += count_calls(openings, rate, since, until).completed
            counted_until = until
    return made


def _end(run: Manifest, now: datetime) -> datetime:
    return datetime.fromisoformat(run["finishTime"]) if "finishTime" in run else now


def _opening(schedule: Manifest) -> CallingSpan:
    start, end = instants(schedule)
    cancelled = schedule["cancelledAt"]
    return CallingSpan(start, end if cancelled is None else min(end, datetime.fromisoformat(cancelled)))


def _secrets(found: Outcome) -> Iterator[str]:
    places = {
        "a log": found.log,
        "an Event": json.dumps(found.events),
        "the status": json.dumps(found.status),
    }
    for place, text in places.items():
        if any(word in text for word in found.forbidden):
            yield f"a secret, a token or a contact stands in {place}"
