"""The annotation by which a person says what became of held windows: `RUN/ZONE=Resubmit`, `=Abandon`, or `=ID`.

Pure. An entry that cannot be acted upon is answered in words and changes nothing; the others of the same annotation
count all the same.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, RunStatus, WaitingResolution, WindowStatus
from campaign_operator.api.vocabulary import MAX_MESSAGE, MAX_WINDOWS, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.dialing.outcomes import Listing, Schedule, ScheduleState
from campaign_operator.domain.planning.zones import canonical_name
from campaign_operator.domain.status import record, unknown_schedules
from campaign_operator.wording import cut

LONGEST = 4096
MOST_REFUSALS_TOLD = 10
_REMEMBERED_AS_IT_IS = 200
_LONGEST_QUOTE = 80
_LONGEST_ID = 128
RESUBMIT, ABANDON = "Resubmit", "Abandon"
UNKNOWN, IGNORE = "unknown", "Ignore"
"""What is said of schedules that no window holds: unknown/ZONE=Ignore."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one window: RESUBMIT, ABANDON, or the id of its schedule."""

    run_id: str
    time_zone: str
    verdict: str

    def __str__(self) -> str:
        return f"{self.run_id}/{self.time_zone}={self.verdict}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The status after it, what was done, and what was not, in words."""

    status: OutboundCampaignStatus
    done: tuple[str, ...]
    refused: tuple[str, ...]


def remembered(annotation: str) -> str | None:
    """What is kept of a value that was handled: the value, or its hash where it is long; nothing of none."""
    if not annotation:
        return None
    if len(annotation) <= _REMEMBERED_AS_IT_IS:
        return annotation
    return "sha256:" + hashlib.sha256(annotation.encode()).hexdigest()


def resolved(annotation: str, status: OutboundCampaignStatus) -> Resolved:
    """Every entry in turn; one that needs the dialer's listing waits for it in the status."""
    done, refused = [], []
    waiting = {(entry.run_id, entry.time_zone): entry for entry in status.waiting_resolutions}
    for entry in _entries(annotation):
        if isinstance(entry, str):
            refused.append(entry)
            continue
        if entry.run_id == UNKNOWN:
            zones = {canonical_name(s.time_zone) for s in status.unknown_schedules}
            if entry.verdict != IGNORE or canonical_name(entry.time_zone) not in zones:
                refused.append(f"{_quoted(str(entry))}: write {UNKNOWN}/ZONE={IGNORE} for a zone of unknownSchedules")
                continue
            status = unknown_schedules.ignored(status, entry.time_zone)
            done.append(str(entry))
            continue
        found = _resolvable(entry, status)
        if isinstance(found, str):
            refused.append(f"{_quoted(str(entry))}: {found}")
        elif _needs_the_listing(entry.verdict, found[1]):
            waiting[entry.run_id, entry.time_zone] = _waiting(entry, *found)
        else:
            status = record.changed(status, found[0].key, [entry.time_zone], partial(_settled, verdict=entry.verdict))
            done.append(str(entry))
    status = status.model_copy(
        update={
            "last_handled_resolve": remembered(annotation),
            "waiting_resolutions": tuple(waiting.values())[:MAX_WINDOWS],
        }
    )
    return Resolved(status, tuple(done), tuple(refused[:MOST_REFUSALS_TOLD]))


def checked(status: OutboundCampaignStatus, listing: Listing | None) -> Resolved:
    """Every entry that waits, now that the listing is read. `listing` is None where the dialer has none: then an id is
    taken as it is given.

    An entry is acted upon only while the window is as it was: the same run, plan and attempt.
    """
    done, refused = [], []
    for entry in status.waiting_resolutions:
        key, said = RunKey(entry.run_id, entry.planned_from), f"{entry.run_id}/{entry.time_zone}={entry.verdict}"
        run = runs.find_run(status, key)
        window = next((w for w in run.windows if w.time_zone == entry.time_zone), None) if run is not None else None
        if window is None or window.attempt != entry.attempt or not can_be_resolved(window):
            refused.append(f"{_quoted(said)}: the window is no longer held")
            continue
        problem = _contradicted(entry.verdict, window, listing)
        if problem is not None:
            refused.append(f"{_quoted(said)}: {problem}")
            continue
        status = record.changed(status, key, [entry.time_zone], partial(_settled, verdict=entry.verdict))
        done.append(said)
    status = status.model_copy(update={"waiting_resolutions": ()})
    return Resolved(status, tuple(done), tuple(refused[:MOST_REFUSALS_TOLD]))


def postponed(status: OutboundCampaignStatus, message: str, until: datetime) -> OutboundCampaignStatus:
    """The entries that wait, and why the listing could not be read; they hold back nothing else."""
    update = {"next_attempt_time": until, "message": cut(message, MAX_MESSAGE)}
    waiting = tuple(entry.model_copy(update=update) for entry in status.waiting_resolutions)
    return status.model_copy(update={"waiting_resolutions": waiting})


def _needs_the_listing(verdict: str, window: WindowStatus) -> bool:
    return verdict not in (RESUBMIT, ABANDON) or window.state is WindowState.SUBMITTED


def _waiting(entry: Entry, run: RunStatus, window: WindowStatus) -> WaitingResolution:
    return WaitingResolution(
        run_id=run.id,
        planned_from=run.planned_from,
        time_zone=entry.time_zone,
        attempt=window.attempt,
        verdict=entry.verdict,
    )


def _entries(annotation: str) -> Iterator[Entry | str]:
    if len(annotation) > LONGEST:
        yield f"Too long: must be at most {LONGEST} characters; all of it is ignored"
        return
    for part in filter(None, (p.strip() for p in annotation.split(","))):
        window, equals, verdict = part.rpartition("=")
        run_id, slash, time_zone = window.partition("/")
        if not (equals and slash and run_id and time_zone and verdict) or len(verdict) > _LONGEST_ID:
            yield f"{_quoted(part)}: write RUN/ZONE=Resubmit, RUN/ZONE=Abandon or RUN/ZONE=ID"
        else:
            yield Entry(run_id.strip(), time_zone.strip(), verdict.strip())


def _resolvable(entry: Entry, status: OutboundCampaignStatus) -> tuple[RunStatus, WindowStatus] | str:
    """The window that the entry speaks of, or why there is none; of two runs of one match the newest."""
    problem = "the run does not exist"
    for run in reversed(status.runs):
        if run.id != entry.run_id:
            continue
        window = next((w for w in run.windows if w.time_zone == entry.time_zone), None)
        if window is None:
            problem = "the run has no window in that time zone"
        elif not can_be_resolved(window):
            problem = f"the window is not held, it is {window.state}"
        elif runs.is_finished(run) and entry.verdict == RESUBMIT:
            problem = "the run has ended"
        else:
            return run, window
    return problem


def can_be_resolved(window: WindowStatus) -> bool:
    """Whether a person may say what became of the window: it is held, or its schedule has drifted."""
    drifted = window.state is WindowState.SUBMITTED and window.reason == Reason.SCHEDULE_DRIFTED
    return window.state is WindowState.HELD or drifted


def _contradicted(verdict: str, window: WindowStatus, listing: Listing | None) -> str | None:
    """What the listing says against the entry."""
    if listing is None:
        return None
    if verdict in (RESUBMIT, ABANDON):
        standing = window.schedule_id in listing.standing
        return "the dialer still has its schedule; cancel it there first" if standing else None
    schedule: Schedule | None = next((s for s in listing.schedules if s.id == verdict), None)
    if schedule is None:
        return "the dialer has no schedule with that ID"
    if schedule.state is ScheduleState.CANCELLED:
        return "the schedule with that ID is cancelled"
    if canonical_name(schedule.time_zone) != canonical_name(window.time_zone):
        return f"the schedule with that ID is for {_quoted(schedule.time_zone)}"
    return None


def _settled(w: WindowStatus, verdict: str) -> WindowStatus:
    if verdict == RESUBMIT:
        return record.window_in(w, WindowState.PLANNED, schedule_id=None)
    if verdict == ABANDON:
        return record.window_in(w, WindowState.MISSED, message="abandoned by a person")
    return record.window_in(w, WindowState.SUBMITTED, schedule_id=verdict, message="a person named its schedule")


def _quoted(text: str) -> str:
    return f'"{cut(text, _LONGEST_QUOTE)}"'
