"""Lives of campaigns around the world: a run lasts longer than the time to the next, so several run at once.

As `scenarios`, of which these are a part. With contacts in Tokyo, London and New York at nine and at two a run lasts 15
hours, and the next begins five hours after it. A schedule is open for 50 minutes: then each run of the first day gets
just the three calls that it expects.
"""

from typing import Any

from faults.beginnings import Scenario, applied, apply, at, contacts
from faults.sights import (
    all_of,
    are_submitted,
    has_completed,
    has_runs,
    is_gone,
    is_told,
    run_is,
    windows_of,
)
from faults.world import World

TOKYO, LONDON, NEW_YORK = "Asia/Tokyo", "Europe/London", "America/New_York"
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
NINE, TWO = "20270303T0900", "20270303T1400"
NINE_AGAIN, TWO_AGAIN = "20270304T0900", "20270304T1400"

_POLL_SECONDS = 5400.0
"""These lives are days long, and a poll of all that wakes an operator is the most frequent. What is not polled before a
run's grace ends is asked for then.
"""

_WHILE_TOKYO_IS_CALLED = at(5, 30, day=3)
"""The nine o'clock run has been to Tokyo, and the two o'clock run is there; both are still to go to the others."""


async def _around_the_world(world: World, **spec: Any) -> None:
    world.poll_seconds = _POLL_SECONDS
    three = contacts(TOKYO, LONDON, NEW_YORK)
    await applied(world, cron="0 9,14 * * *", contacts=three, runPolicy="Recurring", windowSeconds=3000, **spec)
    await world.until(are_submitted(NINE, TWO), "submitted with its next run")


async def _both_complete(world: World) -> None:
    await world.until(has_completed(NINE), "Completed", at(14, 51, day=3))
    await world.until(has_completed(TWO), "Completed a second time", at(20, 52, day=3))
    await world.until(is_told, "told to its webhook twice")


async def overlap(world: World) -> None:
    """Two runs at once, each to its own end and its own webhook."""
    await _around_the_world(world)
    await world.pass_until(at(14, 40, day=3))
    with world.chapter("analytics", "status", "webhook"):
        await _both_complete(world)


async def overlap_suspend(world: World) -> None:
    """Suspended and resumed in the middle of two runs: what is ahead of either goes and comes back."""
    await _around_the_world(world)
    await world.pass_until(_WHILE_TOKYO_IS_CALLED)
    with world.chapter("cancel", "listing", "status", "submit"):
        await world.user.edit(suspend=True)
        await world.until(
            all_of(
                windows_of(NINE, Tokyo="Submitted", London="Cancelled", New_York="Cancelled"),
                windows_of(TWO, Tokyo="Submitted", London="Cancelled", New_York="Cancelled"),
            ),
            "cancelled in part",
        )
        await world.user.edit(suspend=False)
        await world.until(are_submitted(NINE, TWO, NINE_AGAIN, TWO_AGAIN), "submitted again")
    await _both_complete(world)


async def overlap_edit(world: World) -> None:
    """Edited in the middle of two runs: these are kept, and those that have not started are planned anew."""
    await _around_the_world(world)
    await world.pass_until(_WHILE_TOKYO_IS_CALLED)
    with world.chapter("cancel", "listing", "status", "submit"):
        await world.user.edit(windowSeconds=2400)
        await world.until(
            all_of(
                are_submitted(NINE, TWO, seconds=3000),
                are_submitted(NINE_AGAIN, TWO_AGAIN, seconds=2400),
            ),
            "submitted as edited",
        )
    await _both_complete(world)


async def overlap_deletion(world: World) -> None:
    """Deleted in the middle of two runs: nothing of either may be left to dial."""
    await _around_the_world(world)
    await world.pass_until(_WHILE_TOKYO_IS_CALLED)
    with world.chapter("cancel", "finalizer", "listing", "status"):
        await world.user.delete()
        await world.until(is_gone, "gone")


async def _in_auckland_and_honolulu(world: World, **spec: Any) -> None:
    world.poll_seconds = _POLL_SECONDS
    await applied(world, cron="0 9 * * *", contacts=contacts(AUCKLAND, HONOLULU), windowSeconds=7200, **spec)


async def far_apart(world: World) -> None:
    """Daily in Auckland and in Honolulu, which are 23 hours apart, and submitted three days ahead; edited while the
    first run, which has its calls already, is in Honolulu and the second in Auckland, and made to be the last.
    """
    calls = {"expectedCalls": 3}
    await _in_auckland_and_honolulu(world, runPolicy="Recurring", submitAheadSeconds=259_200, completion=calls)
    first, second, third = "20270303T0900", "20270304T0900", "20270305T0900"
    await world.until(are_submitted(first, second, third), "submitted for three days")
    await world.pass_until(at(20, 30, day=3))
    with world.chapter("cancel", "listing", "status", "submit"):
        await world.user.edit(cron="0 10 * * *")
        edited = are_submitted(second, "20270305T1000", "20270306T1000")
        await world.until(edited, "submitted as edited")
        await world.user.edit(runPolicy="Once")
        await world.until(all_of(are_submitted(second), has_runs(2)), "without what has not started")
    await world.until(is_told, "told to its webhook")
    await world.until(has_completed(second), "Completed a second time", at(19, 2, day=4))
    await world.until(is_told, "told to its webhook twice")


async def once(world: World) -> None:
    """A single run of 25 hours, to Completed."""
    await _in_auckland_and_honolulu(world, completion={"expectedCalls": 6})
    await world.until(are_submitted("20270303T0900"), "submitted")
    with world.chapter("status", "webhook"):
        await world.until(run_is("Completed"), "Completed", at(22, 2, day=3))
        await world.until(is_told, "told to its webhook")


async def moved(world: World) -> None:
    """One match has two runs: Tokyo is called, and then all contacts are in New York, where it is not nine yet. Each
    run has an end and a webhook of its own.
    """
    world.poll_seconds = _POLL_SECONDS
    day = {"cron": "0 9 * * *", "runPolicy": "Recurring", "windowSeconds": 2400}
    await applied(world, contacts=contacts(TOKYO), **day)
    await world.until(has_completed(NINE), "Completed", at(1, 42, day=3))
    await world.until(is_told, "told to its webhook")
    with world.chapter("cancel", "listing", "status", "submit"):
        await world.user.edit(contacts=contacts(NEW_YORK))
        await world.until(run_is("Scheduled", run_id=NINE), "Scheduled in New York")
    await world.until(has_completed(NINE, times=2), "Completed a second time", at(15, 42, day=3))
    with world.chapter("status", "webhook"):
        await world.until(is_told, "told to its webhook twice")


async def applied_again(world: World) -> None:
    """Deleted and applied again at once: what was cancelled is not taken for what stands."""
    await applied(world)
    await world.until(run_is("Scheduled"), "Scheduled")
    await world.pass_until(at(7, 35))
    with world.chapter():
        await world.user.delete()
        await world.until(is_gone, "gone")
        await apply(world)
        await world.until(run_is("Scheduled"), "Scheduled again")
    await world.until(run_is("Completed"), "Completed", at(9, 55))
    await world.until(is_told, "told to its webhook")


OVERLAPS: dict[str, Scenario] = {
    "overlap": overlap,
    "overlap-suspend": overlap_suspend,
    "overlap-edit": overlap_edit,
    "overlap-deletion": overlap_deletion,
    "far-apart": far_apart,
    "once": once,
    "moved": moved,
    "applied-again": applied_again,
}
