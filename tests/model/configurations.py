"""The configurations: each small enough to be searched to the end, and each about something that another is not."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

from model.exploration import Exploration, Found
from model.operators import operator_steps
from model.process import Step
from model.properties import is_settled, violation
from model.setup import Omission, Setup
from model.surroundings import surrounding_steps
from model.world import (
    SUBMITTED,
    ZONES,
    Budget,
    Resource,
    Run,
    Schedule,
    Window,
    World,
    all_windows,
    canonical,
    without_old_answers,
)


def standing(matches: int, zones: int) -> dict[str, Any]:
    """A start in which these runs are submitted, and nothing else is under way."""
    runs = []
    for match in range(matches):
        windows = tuple(Window(SUBMITTED, n + 1, n + 1) for n in range(match * ZONES, match * ZONES + zones))
        runs.append(Run(match, 0, windows))
    start = Resource(finalizer=True, runs=tuple(runs))
    schedules = tuple(Schedule(w.schedule, slot, 0) for slot, w in all_windows(start))
    return {"start": start, "schedules": schedules, "zones": zones, "runs": matches, "recurring": True, "prompt": True}


CONFIGURATIONS: dict[str, Setup] = {
    "one window, one operator that crashes": Setup(Budget(crashes=3, edits=2, deletions=1, refusals=2, starts=1)),
    "one window, two operators": Setup(Budget(crashes=1, edits=2, deletions=1, refusals=1, starts=1), operators=2),
    "one window, three operators": Setup(Budget(edits=1, deletions=1, refusals=1, starts=1), operators=3),
    "two windows, one operator that crashes": Setup(Budget(crashes=1, edits=2, refusals=1), zones=2),
    "two windows, two operators": Setup(Budget(edits=1), operators=2, zones=2),
    "two windows that start one by one": Setup(Budget(edits=1, starts=2), zones=2),
    "two windows, deleted": Setup(Budget(deletions=1, starts=1, refusals=1), zones=2),
    "two runs and two operators": Setup(Budget(crashes=1), operators=2, runs=2, recurring=True),
    "two runs, edited and deleted": Setup(Budget(edits=2, deletions=1), runs=2, recurring=True),
    "two runs, edited while the first starts": Setup(
        Budget(edits=2, refusals=1, starts=1, ends=1), **standing(matches=2, zones=1)
    ),
    "suspended and taken back": Setup(Budget(suspends=2, crashes=1, starts=1), operators=2),
    "suspended, edited and deleted": Setup(Budget(suspends=2, edits=1, deletions=1), operators=2),
    "no listing": Setup(Budget(crashes=1, edits=1, deletions=1, starts=1), operators=2, listing=False),
    "a status that is wiped": Setup(Budget(wipes=2, crashes=1, starts=1), operators=2),
    "a status of two windows that is wiped": Setup(Budget(wipes=1), zones=2),
    "a status of two runs that is wiped": Setup(Budget(wipes=1), runs=2, recurring=True),
    "a status that is wiped, of a campaign that is suspended or deleted": Setup(
        Budget(wipes=1, suspends=2, deletions=1), operators=2
    ),
    "a status that is wiped, without a listing": Setup(Budget(wipes=1, crashes=1), operators=2, listing=False),
    "deleted with Orphan and created again": Setup(
        Budget(deletions=1, recreations=1, crashes=1, wipes=1), operators=2, orphan=True
    ),
    "the end of two runs and their webhooks": Setup(
        Budget(starts=2, ends=2), operators=2, webhook=True, **standing(matches=2, zones=1)
    ),
    "a webhook and a crash": Setup(Budget(crashes=1, starts=1, ends=1), webhook=True),
    "the end of three runs, with room for one in history": Setup(
        Budget(starts=3, ends=3), webhook=True, history=1, **standing(matches=3, zones=1)
    ),
    "a match that failed and is planned again": Setup(
        Budget(edits=1, refusals=1, starts=1, ends=1), runs=2, recurring=True, webhook=True, prompt=True
    ),
    "three runs of zones that are far apart": Setup(
        Budget(starts=4, ends=2, calls=1), webhook=True, **standing(matches=3, zones=2)
    ),
    "two runs of zones that are far apart, suspended": Setup(
        Budget(starts=1, edits=1, suspends=2), **standing(matches=2, zones=2)
    ),
    "two runs of zones that are far apart, edited": Setup(Budget(starts=1, edits=2), **standing(matches=2, zones=2)),
    "two runs of zones that are far apart, deleted": Setup(
        Budget(starts=1, calls=1, deletions=1, deadlines=1, refusals=1), **standing(matches=2, zones=2)
    ),
    "two runs, suspended and taken back": Setup(
        Budget(suspends=2, crashes=1), **standing(matches=2, zones=1) | {"prompt": False}
    ),
    "a run of two windows, suspended and taken back while one runs": Setup(
        Budget(suspends=4, starts=1), **standing(matches=1, zones=2) | {"prompt": False}
    ),
    "windows longer than from match to match": Setup(
        Budget(edits=1, starts=1, suspends=2), runs=3, recurring=True, lengths=(2, 1), prompt=True
    ),
    "windows that an edit makes longer than from match to match": Setup(
        Budget(edits=1, starts=2), **standing(matches=1, zones=1) | {"runs": 3}, lengths=(1, 2)
    ),
    "held windows and a person": Setup(Budget(starts=1, calls=1, suspends=1, resolutions=1), zones=2, listing=False),
    "a listing that lags": Setup(Budget(suspends=2, edits=1, lags=2, crashes=1)),
    "a listing that lags, two operators": Setup(Budget(suspends=2, edits=1, lags=2, crashes=1), operators=2),
    "a listing that lags, two runs": Setup(Budget(suspends=2, edits=1, lags=2), **standing(matches=2, zones=1)),
    "deleted and created again while the listing lags": Setup(
        Budget(suspends=2, deletions=1, recreations=1, lags=2, crashes=1, refusals=1)
    ),
    "deleted with Orphan and created again while the listing lags": Setup(
        Budget(suspends=1, deletions=1, recreations=1, lags=2, crashes=1), operators=2, orphan=True
    ),
    "the deadline of a deletion while the listing lags": Setup(
        Budget(crashes=1, suspends=1, deletions=1, deadlines=1, lags=1, starts=1), operators=2
    ),
}

FOUND_IN: dict[Omission, str] = {
    Omission.NO_INTENT: "one window, two operators",
    Omission.INTENT_WITHOUT_VERSION: "one window, two operators",
    Omission.WRITE_WITHOUT_VERSION: "one window, two operators",
    Omission.NO_SETTLING_TIME: "one window, one operator that crashes",
    Omission.NO_DEADLINE: "one window, two operators",
    Omission.NO_WATCHDOG: "one window, two operators",
    Omission.NO_START_CHECK: "one window, one operator that crashes",
    Omission.VERSION_READ_AFTER_LISTING: "one window, two operators",
    Omission.RETRY_AFTER_TIME_OUT: "one window, one operator that crashes",
    Omission.UNCLEAR_IS_NOT_SENT: "one window, one operator that crashes",
    Omission.ANOTHERS_INTENT_IS_PLANNED: "one window, one operator that crashes",
    Omission.NO_FINALIZER: "one window, one operator that crashes",
    Omission.FINALIZER_DROPPED_EARLY: "one window, one operator that crashes",
    Omission.FINALIZER_DROPPED_WHILE_HELD: "no listing",
    Omission.CANCELLED_ADOPTED: "one window, one operator that crashes",
    Omission.ANSWER_ON_ANOTHER_ATTEMPT: "one window, two operators",
    Omission.NO_CANCELLING: "one window, one operator that crashes",
    Omission.PLANNED_ANEW_WHILE_SUBMITTED: "one window, one operator that crashes",
    Omission.UNSETTLED_CANCELLED: "one window, two operators",
    Omission.RESTORED_WITH_OLD_ATTEMPT: "a run of two windows, suspended and taken back while one runs",
    Omission.STARTED_DELETED: "one window, one operator that crashes",
    Omission.NOT_LISTED_FIRST: "deleted with Orphan and created again",
    Omission.ONE_RUN_LISTED: "a status of two runs that is wiped",
    Omission.LISTED_BEFORE_ADOPTION: "deleted with Orphan and created again",
    Omission.ONLY_FIRST_PAGE: "two windows, one operator that crashes",
    Omission.NO_LISTING_IS_NOTHING: "no listing",
    Omission.NEW_WEBHOOK_ID: "a webhook and a crash",
    Omission.OUTBOX_AFTER_END: "a webhook and a crash",
    Omission.OUTBOX_FORGOTTEN: "the end of two runs and their webhooks",
    Omission.OUTBOX_DONE_FIRST: "a webhook and a crash",
    Omission.OUTBOX_CUT_OFF: "the end of three runs, with room for one in history",
    Omission.LOST_STATUS_LISTED_AT_ONCE: "a status that is wiped, of a campaign that is suspended or deleted",
    Omission.LOST_STATUS_COUNTS_ANEW: "a status that is wiped, of a campaign that is suspended or deleted",
    Omission.LOST_STATUS_LEFT: "a status that is wiped, of a campaign that is suspended or deleted",
    Omission.STARTED_HOLDS_DELETION: "two runs of zones that are far apart, deleted",
    Omission.ENDED_BY_NEXT_START: "three runs of zones that are far apart",
    Omission.FORGOTTEN_WHEN_FINISHED: "three runs of zones that are far apart",
    Omission.WINDOWS_OVERLAP: "windows longer than from match to match",
    Omission.LATER_RUNS_KEPT: "two runs of zones that are far apart, edited",
    Omission.LEAVES_BEFORE_LATER_RUNS: "two runs, edited and deleted",
    Omission.LEAVES_BEFORE_FINALIZER: "a listing that lags",
    Omission.CANCELLED_RUN_KEPT: "two runs, suspended and taken back",
    Omission.ONLY_OLDEST_SUSPENDED: "two runs of zones that are far apart, suspended",
    Omission.ONLY_OLDEST_DELETED: "two runs of zones that are far apart, deleted",
    Omission.FINISHED_NOT_SUSPENDED: "held windows and a person",
    Omission.PLANNED_FROM_NOT_IN_ATTEMPT: "suspended and taken back",
    Omission.LAG_IGNORED_BEFORE_INTENT: "a listing that lags",
    Omission.DELETE_LEAVES_TRUST: "a listing that lags",
    Omission.ORPHAN_WHILE_CANCELLING: "deleted with Orphan and created again while the listing lags",
    Omission.INTENT_LEAVES_TRUST: "deleted with Orphan and created again while the listing lags",
    Omission.LOST_STATUS_IS_TRUSTED: "a status of two runs that is wiped",
    Omission.GONE_BEFORE_TRUST: "deleted and created again while the listing lags",
    Omission.FINALIZER_DROPPED_BEFORE_TRUST: "deleted and created again while the listing lags",
    Omission.ORPHANED_NOT_NAMED: "two runs of zones that are far apart, deleted",
    Omission.WEBHOOK_ID_WITHOUT_PLANNED_FROM: "a match that failed and is planned again",
    Omission.DELETE_WITHOUT_DEADLINE: "one window, two operators",
    Omission.CANCELLATION_KEEPS_ATTEMPT: "one window, two operators",
}

NUMBERS_COME_AGAIN = frozenset(
    {
        Omission.ANSWER_ON_ANOTHER_ATTEMPT,
        Omission.RESTORED_WITH_OLD_ATTEMPT,
        Omission.LOST_STATUS_COUNTS_ANEW,
        Omission.CANCELLATION_KEEPS_ATTEMPT,
        Omission.UNCLEAR_IS_NOT_SENT,
        Omission.PLANNED_FROM_NOT_IN_ATTEMPT,
        Omission.NO_INTENT,
        Omission.INTENT_WITHOUT_VERSION,
        Omission.WRITE_WITHOUT_VERSION,
    }
)
"""The omissions under which an answer may be looked at though its attempt is not in the status any more."""


NOT_PROMPT = ("is lost", "unanswered", "times out", "unacknowledged", "refuses an adoption")
"""Words in the labels of the steps that do not happen where every request is carried out and answered."""


def search(name: str, omitted: Omission | None = None, **other: object) -> Found:
    """Search one configuration to its end or to the first violation."""
    setup = replace(CONFIGURATIONS[name], omitted=omitted, **other)  # type: ignore[arg-type]  # fields by name
    exploration = Exploration(canonical(setup.world()), partial(steps, setup, namer(setup)))
    # all that is found is kept to the end, so looking for garbage among it takes time and finds none
    gc.disable()
    try:
        return exploration.run(partial(violation, setup=setup), partial(is_settled, setup=setup))
    finally:
        gc.enable()


def steps(setup: Setup, named: Callable[[World], World], world: World) -> Iterator[Step]:
    """Every step from one state: of the operators, and of all around them; each leads to a state by its one name."""
    for steps in (operator_steps(world, setup), surrounding_steps(world, setup)):
        for label, after, by_itself in steps:
            if setup.prompt and any(word in label for word in NOT_PROMPT):
                continue
            yield label, named(after), by_itself


def namer(setup: Setup) -> Callable[[World], World]:
    """Gives a state its one name, and remembers it: several steps lead to the same state."""
    if setup.omitted in NUMBERS_COME_AGAIN:
        return cache(canonical)
    return cache(lambda world: canonical(without_old_answers(world)))
