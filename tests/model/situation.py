"""What the rules look at and the questions that several of them ask; under the code's own names, where it has one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

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
    ZONES,
    Operator,
    Resource,
    Run,
    Window,
    World,
    in_hand,
    slots,
)

AT_THE_DIALER = (SUBMITTED, HELD, *POSSIBLY_SENT)
HOLDING_BACK = (*POSSIBLY_SENT, CANCELLING, SUBMITTED)
POSSIBLY_THERE = (*POSSIBLY_SENT, CANCELLING, HELD)
NOTHING = (CANCELLED, REJECTED, MISSED)


@dataclass(frozen=True)
class Action:
    """What to do: `write` a resource, or a request (`submit`, `list first`, `look up`, `delete`, `deliver`)."""

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

    @cached_property
    def resource(self) -> Resource:
        return self.world.resource

    @cached_property
    def run_in_hand(self) -> Run | None:
        run = self.resource.run
        return run if run is not None and not run.finished else None

    def has_started(self, slot: int) -> bool:
        return slot in self.world.started


Rule = Callable[[Situation], Action | None]


def with_run(resource: Resource, place: str, run: Run | None) -> Resource:
    """The resource with another run in that place."""
    return resource._replace(run=run) if place == "run" else resource._replace(next_run=run)


def changed(resource: Resource, changes: Mapping[int, Window]) -> Resource:
    """The resource with other windows, by slot."""
    for place, run in in_hand(resource):
        windows = tuple(changes.get(slot, w) for slot, w in slots(run))
        if windows != run.windows:
            resource = with_run(resource, place, run._replace(windows=windows))
    return resource


def is_begun(run: Run) -> bool:
    return any(w.attempt > 0 or w.state != PLANNED for w in run.windows)


def is_cancelled(run: Run) -> bool:
    return all(w.state in NOTHING for w in run.windows) and any(w.state == CANCELLED for w in run.windows)


def is_outdated(s: Situation, run: Run) -> bool:
    there = (*AT_THE_DIALER, CANCELLING)
    started = any(w.state in there and s.has_started(slot) for slot, w in slots(run))
    return run.plan != s.resource.spec and not started


def is_unwanted(s: Situation, place: str, run: Run) -> bool:
    """Whether what has not started is to be cancelled; see `why_unwanted`."""
    if s.resource.deleting or s.resource.suspend:
        return not (s.resource.deleting and s.setup.orphan)
    replaced = place == "next_run" and s.run_in_hand is not None and is_cancelled(s.run_in_hand)
    return replaced or is_outdated(s, run)


def holds_back(s: Situation, run: Run) -> bool:
    return any(w.state in HOLDING_BACK and (w.state != SUBMITTED or not s.has_started(slot)) for slot, w in slots(run))


def needs_finalizer(s: Situation, run: Run) -> bool:
    """What holds the resource back, and what is held: without the finalizer neither would a deletion tell of its
    schedule, nor a lost status be known to be one.
    """
    held = any(w.state == HELD and not s.has_started(slot) for slot, w in slots(run))
    return holds_back(s, run) or (held and not s.setup.omits(Omission.FINALIZER_DROPPED_WHILE_HELD))


def next_id(s: Situation, least: int) -> int | None:
    """The next run that cron matches and that has not begun; None where there is none left."""
    begun = {slot // ZONES for slot in s.world.started}
    return next((n for n in range(least, s.setup.runs) if n not in begun), None)
