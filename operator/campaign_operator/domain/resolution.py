"""The annotation by which a person says what became of held windows: `RUN/ZONE=Resubmit`, `=Abandon`, or `=ID`.

Pure. An entry that cannot be acted upon is answered in words and changes nothing; the others of the same annotation
count all the same.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from campaign_operator.api.conditions import cut
from campaign_operator.api.status import OutboundCampaignStatus, WindowStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain import record, runs
from campaign_operator.domain.actions import Place
from campaign_operator.domain.dialing import Listing, Schedule, ScheduleState

LONGEST = 4096
MOST_REFUSALS_TOLD = 10
_REMEMBERED_AS_IT_IS = 200
_LONGEST_QUOTE = 80
_LONGEST_ID = 128
RESUBMIT, ABANDON = "Resubmit", "Abandon"


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


def names_schedules(annotation: str, status: OutboundCampaignStatus) -> bool:
    """Whether the dialer's listing is needed: an entry for a held window gives the id of a schedule."""
    for entry in _entries(annotation):
        if isinstance(entry, Entry) and entry.verdict not in (RESUBMIT, ABANDON):
            found = _held(entry, status)
            if not isinstance(found, str):
                return True
    return False


def resolved(annotation: str, status: OutboundCampaignStatus, listing: Listing | None) -> Resolved:
    """Every entry in turn. `listing` is None where the dialer has none: then an id is taken as it is given."""
    done, refused = [], []
    for entry in _entries(annotation):
        if isinstance(entry, str):
            refused.append(entry)
            continue
        found = _held(entry, status)
        problem = found if isinstance(found, str) else _unknown_id(entry, found[1], listing)
        if problem is not None or isinstance(found, str):
            refused.append(f"{_quoted(str(entry))}: {problem}")
            continue
        status = record.changed(status, found[0], [entry.time_zone], partial(_settled, verdict=entry.verdict))
        done.append(str(entry))
    status = status.model_copy(update={"last_handled_resolve": remembered(annotation)})
    return Resolved(status, tuple(done), tuple(refused[:MOST_REFUSALS_TOLD]))


def _entries(annotation: str) -> Iterator[Entry | str]:
    if len(annotation) > LONGEST:
        yield f"it is longer than {LONGEST} characters, so nothing of it is acted upon"
        return
    for part in filter(None, (p.strip() for p in annotation.split(","))):
        window, equals, verdict = part.rpartition("=")
        run_id, slash, time_zone = window.partition("/")
        if not (equals and slash and run_id and time_zone and verdict) or len(verdict) > _LONGEST_ID:
            yield f"{_quoted(part)}: give RUN/ZONE=Resubmit, RUN/ZONE=Abandon or RUN/ZONE=ID"
        else:
            yield Entry(run_id.strip(), time_zone.strip(), verdict.strip())


def _held(entry: Entry, status: OutboundCampaignStatus) -> tuple[Place, WindowStatus] | str:
    places: tuple[tuple[Place, object], ...] = (("run", status.run), ("next_run", status.next_run))
    for place, there in places:
        if there is None or record.run_at(status, place).id != entry.run_id:
            continue
        run = record.run_at(status, place)
        if runs.is_finished(run):
            return "this run has ended"
        window = next((w for w in run.windows if w.time_zone == entry.time_zone), None)
        if window is None:
            return "this run has no window of that time zone"
        if window.state is not WindowState.HELD:
            return f"the window is not held, it is {window.state}"
        return place, window
    return "there is no such run in hand"


def _unknown_id(entry: Entry, window: WindowStatus, listing: Listing | None) -> str | None:
    if entry.verdict in (RESUBMIT, ABANDON) or listing is None:
        return None
    schedule: Schedule | None = next((s for s in listing.schedules if s.id == entry.verdict), None)
    if schedule is None:
        return "the dialer knows no schedule of that id"
    if schedule.state is ScheduleState.CANCELLED:
        return "the schedule of that id is cancelled"
    if schedule.time_zone != window.time_zone:
        return f"the schedule of that id is of {_quoted(schedule.time_zone)}"
    return None


def _settled(w: WindowStatus, verdict: str) -> WindowStatus:
    if verdict == RESUBMIT:
        return record.window_in(w, WindowState.PLANNED, schedule_id=None)
    if verdict == ABANDON:
        return record.window_in(w, WindowState.MISSED, message="abandoned by a person")
    return record.window_in(
        w, WindowState.SUBMITTED, schedule_id=verdict, message="a person named the schedule that stands for it"
    )


def _quoted(text: str) -> str:
    return f'"{cut(text, _LONGEST_QUOTE)}"'
