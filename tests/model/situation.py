"""What the rules look at and the questions that several of them ask; under the code's own names, where it has one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from model.setup import Omission, Setup
from model.world import (
    CANCELLED,
    CANCELLING,
    HELD,
    MISSED,
    PLANNED,
    POSSIBLY_SENT,
    REJECTED,
    SUBMITTED,
    UNDECIDED,
    ZONES,
    Operator,
    Resource,
    Run,
    Window,
    World,
    slots,
)

AT_THE_DIALER = (SUBMITTED, HELD, *POSSIBLY_SENT)
HOLDING_BACK = (*POSSIBLY_SENT, CANCELLING, SUBMITTED)
POSSIBLY_THERE = (*POSSIBLY_SENT, CANCELLING, HELD)
WITHOUT_SCHEDULE = (REJECTED, MISSED)
NOTHING = (CANCELLED, *WITHOUT_SCHEDULE)


@dataclass(frozen=True)
class Action:
    """What to do: `write` a resource, or a request (`submit`, `list first`, `look up`, `delete`, `deliver`).

    `slots` are those of windows, or the key of the run that it is about.
    """

    kind: str
    label: str
    resource: Resource | None = None
    slots: tuple[int, ...] = ()
    schedule: int = 0


@dataclass(frozen=True)
class Situation:
    """What the rules look at."""

    world: World
    operator: Operator
    setup: Setup

    @property
    def resource(self) -> Resource:
        return self.world.resource

    def has_started(self, slot: int) -> bool:
        return slot in self.world.started

    def has_ended(self, slot: int) -> bool:
        return slot in self.world.over

    def is_over(self, run: Run) -> bool:
        return run.finished and all(self.has_ended(slot) for slot, _ in slots(run))

    def in_hand(self) -> Iterator[Run]:
        """The runs that are not over, in their order: of a finished run windows may still be ahead."""
        return (run for run in self.resource.runs if not self.is_over(run))


Rule = Callable[[Situation], Action | None]


def changed(resource: Resource, changes: Mapping[int, Window]) -> Resource:
    """The resource with other windows, by slot; of two runs of one match in the later one."""
    runs = list(resource.runs)
    for n, run in enumerate(runs):
        if any(later.id == run.id for later in runs[n + 1 :]):
            continue
        windows = tuple(changes.get(slot, w) for slot, w in slots(run))
        if windows != run.windows:
            runs[n] = run._replace(windows=windows)
    return resource._replace(runs=tuple(runs))


def distrusted(s: Situation, resource: Resource) -> Resource:
    """After a request that the listing may not show yet. Where no search tells the difference, all is trusted."""
    return resource._replace(trusted=False) if s.setup.doubts else resource


def is_begun(run: Run) -> bool:
    return any(w.attempt > 0 or w.state != PLANNED for w in run.windows)


def is_decided(run: Run) -> bool:
    return not any(w.state in UNDECIDED for w in run.windows)


def is_cancelled(run: Run) -> bool:
    return all(w.state in NOTHING for w in run.windows) and any(w.state == CANCELLED for w in run.windows)


def has_failed(run: Run) -> bool:
    return all(w.state in WITHOUT_SCHEDULE for w in run.windows)


def has_started(s: Situation, run: Run) -> bool:
    there = (*AT_THE_DIALER, CANCELLING)
    return any(w.state in there and s.has_started(slot) for slot, w in slots(run))


def is_past(s: Situation, run: Run) -> bool:
    """Whether the match of a run cannot be taken any more."""
    return any(s.has_started(slot) for slot, _ in slots(run))


def counts_as_started(s: Situation, run: Run) -> bool:
    """It or a later one has started; a run is not replanned before one that stands."""
    runs = s.resource.runs
    return any(has_started(s, later) for later in runs[runs.index(run) :])


def is_outdated(s: Situation, run: Run) -> bool:
    """What the dialer does not cancel keeps the run as it is; the edit applies to the next one."""
    if run.finished or run.plan == s.resource.spec or counts_as_started(s, run):
        return False
    return not any(w.state == SUBMITTED and w.cannot for w in run.windows)


def is_replaced(s: Situation, run: Run) -> bool:
    """Whether another plan of the same match is to come in its place."""
    return is_outdated(s, run) or (is_cancelled(run) and not is_past(s, run))


def is_unwanted(s: Situation, run: Run) -> bool:
    """Whether what has not started is to be cancelled; see `why_unwanted`."""
    if s.resource.deleting:
        oldest_only = s.setup.omits(Omission.ONLY_OLDEST_DELETED) and run != s.resource.runs[0]
        return not s.setup.orphan and not oldest_only
    if s.resource.suspend:
        return not _is_overlooked(s, run)
    return is_outdated(s, run) or comes_after_a_replaced_one(s, run)


def _is_overlooked(s: Situation, run: Run) -> bool:
    """For the omissions only."""
    if run.finished and s.setup.omits(Omission.FINISHED_NOT_SUSPENDED):
        return True
    return s.setup.omits(Omission.ONLY_OLDEST_SUSPENDED) and run != s.resource.runs[0]


def comes_after_a_replaced_one(s: Situation, run: Run) -> bool:
    """A run before it is replanned, so where this one may begin is open again."""
    if run.finished or counts_as_started(s, run) or s.setup.omits(Omission.LATER_RUNS_KEPT):
        return False
    runs = s.resource.runs
    return any(is_replaced(s, earlier) for earlier in runs[: runs.index(run)])


def holds_back(s: Situation, run: Run) -> bool:
    return any(w.state in HOLDING_BACK and (w.state != SUBMITTED or not s.has_started(slot)) for slot, w in slots(run))


def needs_finalizer(s: Situation, run: Run) -> bool:
    """What holds the resource back, and what is held: without the finalizer neither would a deletion tell of its
    schedule, nor a lost status be known to be one.
    """
    held = any(w.state == HELD and not s.has_started(slot) for slot, w in slots(run))
    return holds_back(s, run) or (held and not s.setup.omits(Omission.FINALIZER_DROPPED_WHILE_HELD))


def next_id(s: Situation, standing: tuple[Run, ...]) -> int | None:
    """The first match that is ahead in every zone and open beside the runs that stay; None where there is none."""
    used_up = {slot // ZONES for slot in s.world.started} | {run.id for run in standing if not _frees_its_match(s, run)}
    least = 1 + max((run.id for run in standing if not run.finished), default=-1)
    return next((n for n in range(least, s.setup.runs) if n not in used_up and _keeps_apart(s, n, standing)), None)


def _frees_its_match(s: Situation, run: Run) -> bool:
    """One that failed does, once the spec has been edited: otherwise it would fail again and again."""
    return has_failed(run) and run.plan != s.resource.spec


def _keeps_apart(s: Situation, match: int, standing: tuple[Run, ...]) -> bool:
    """In each zone a window begins after the latest end of those that have or may have a schedule."""
    if s.setup.omits(Omission.WINDOWS_OVERLAP):
        return True
    there = (*AT_THE_DIALER, CANCELLING, PLANNED)
    return all(
        run.id + s.setup.lengths[run.plan] <= match
        for run in standing
        if any(w.state in there and not s.has_ended(slot) for slot, w in slots(run))
    )
