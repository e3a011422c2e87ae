"""What is judged of a soak: by the simulated dialer's ledger and what was asked for. What the operator says counts only
where it says that it missed a window: on a machine that is too slow it must, and is to tell.

Pure. A schedule *opens* where it is not cancelled before its start; it *stands* from its creation until it is cancelled
or over.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from campaign_sandbox.ledger_schedule import LedgerSchedule

SLACK = timedelta(minutes=5)
"""How long the operator may take for what there is to do, on a machine that does other things: matches this close to
an edit are not judged.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a campaign says at one time: at `minute` past the hour and every `period` minutes, these zones are called
    for `window_seconds`.
    """

    period: int
    minute: int
    zones: tuple[str, ...]
    window_seconds: int
    suspended: bool = False

    @property
    def cron(self) -> str:
        """When it calls. The period is a divisor of 60."""
        return f"{self.minute}-59/{self.period} * * * *"

    def matches(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The full minutes after `since` and before `until` at which it calls."""
        moment = since.replace(second=0, microsecond=0) + timedelta(minutes=1)
        while moment < until:
            if moment.minute % self.period == self.minute:
                yield moment
            moment += timedelta(minutes=1)


@dataclass(slots=True)
class Life:
    """One campaign: since when it says what, and when it was deleted. `recurring`: it calls at each match."""

    recurring: bool
    chapters: list[tuple[datetime, Terms]] = field(default_factory=list)
    deleted: datetime | None = None

    @property
    def terms(self) -> Terms:
        """What it says now."""
        return self.chapters[-1][1]

    def spans(self, ended: datetime) -> Iterator[tuple[datetime, datetime, Terms]]:
        """Each chapter from its beginning to its end."""
        last = self.deleted or ended
        begins = [*(begin for begin, _ in self.chapters), last]
        for (begin, end), (_, terms) in zip(pairwise(begins), self.chapters, strict=True):
            yield begin, end, terms


Missed = frozenset[tuple[datetime, str]]
"""The windows of one campaign that the operator says it missed, as (match, zone)."""

_MISSED = re.compile(r"run (\d{8}T\d{4}): ([\w/, +-]+): its start passed")


def read_missed(log: Iterable[str]) -> Mapping[str, Missed]:
    """By campaign, the windows of the Events `WindowMissed` in the operator's log."""
    found: defaultdict[str, set[tuple[datetime, str]]] = defaultdict(set)
    for line in log:
        if '"WindowMissed"' not in line:
            continue
        event = json.loads(line)
        if (told := _MISSED.match(event["message"])) is not None:
            match = datetime.strptime(told[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
            found[event["name"]] |= {(match, zone) for zone in told[2].split(", ")}
    return {name: frozenset(windows) for name, windows in found.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with one life, in words, how many windows it was held to, and how many of them were missed and the
    operator said so.
    """

    twice: tuple[str, ...]
    lost: tuple[str, ...]
    judged: int
    missed: int = 0


def judge(life: Life, schedules: Sequence[LedgerSchedule], ended: datetime, missed: Missed = frozenset()) -> Verdict:
    """Hold the ledger's schedules of one campaign against what it said until `ended`."""
    due = list(_due(life, schedules, ended))
    twice = (*_twice(schedules), *_unwanted(life, schedules, ended))
    if not life.recurring:
        nobody = bool(due) and not any(schedule.opens for schedule in schedules)
        lost = ("nobody is called at all",) if nobody and not missed else ()
        return Verdict(twice, lost, len(due), int(nobody and bool(missed)))
    not_called = [(match, zone) for match, zone, called in due if not called]
    silently = [window for window in not_called if window not in missed]
    return Verdict(
        twice,
        tuple(f"nobody is called in {zone} at {match:%H:%M}" for match, zone in silently),
        len(due),
        len(not_called) - len(silently),
    )


def _twice(schedules: Sequence[LedgerSchedule]) -> Iterator[str]:
    by_creation = sorted(schedules, key=lambda schedule: schedule.created)
    for position, one in enumerate(by_creation):
        for other in by_creation[position + 1 :]:
            overlaps = one.zone == other.zone and one.start < other.end and other.start < one.end
            if overlaps and other.created < one.over:
                yield f"two schedules of one zone stand at once: {one}; {other}"


def _unwanted(life: Life, schedules: Sequence[LedgerSchedule], ended: datetime) -> Iterator[str]:
    if not life.recurring and len({schedule.run for schedule in schedules if schedule.opens}) > 1:
        yield "a campaign that calls once has called in several runs"
    for schedule in schedules:
        if not schedule.opens:
            continue
        if life.deleted is not None and schedule.start > life.deleted + SLACK:
            yield f"a schedule opens after the campaign is deleted: {schedule}"
        for begin, end, terms in life.spans(ended):
            if terms.suspended and begin + SLACK < schedule.start < end:
                yield f"a schedule opens while the campaign is suspended: {schedule}"


def _due(life: Life, schedules: Sequence[LedgerSchedule], ended: datetime) -> Iterator[tuple[datetime, str, bool]]:
    """The windows that are judged, and whether each has been called: also late, for what is left of it."""
    for begin, end, terms in life.spans(ended):
        if terms.suspended:
            continue
        for match in terms.matches(begin + SLACK, end - SLACK):
            closes = match + timedelta(seconds=terms.window_seconds)
            for zone in terms.zones:
                called = any(
                    schedule.zone == zone and schedule.opens and match <= schedule.start < closes
                    for schedule in schedules
                )
                yield match, zone, called
