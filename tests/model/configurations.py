"""The configurations: each small enough to be searched to the end, and each about something that another is not."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from model.exploration import Exploration, Found
from model.operators import Step, operator_steps
from model.properties import is_settled, violation
from model.setup import Omission, Setup
from model.surroundings import surrounding_steps
from model.world import Budget, World, canonical

CONFIGURATIONS: dict[str, Setup] = {
    "one window, one operator that crashes twice": Setup(Budget(crashes=2, edits=1, deletions=1, refusals=1)),
    "one window, two operators, an edit and a deletion": Setup(Budget(edits=1, deletions=1), operators=2),
    "one window, two operators and a crash": Setup(Budget(crashes=1, refusals=1), operators=2),
    "one window, three operators": Setup(Budget(), operators=3),
    "one window, two operators, and its start": Setup(Budget(edits=1, starts=1), operators=2),
    "one window that starts while it is withdrawn, and a crash": Setup(Budget(crashes=1, deletions=1, starts=1)),
    "two windows in one batch, and a crash in it": Setup(Budget(crashes=1, refusals=1), zones=2),
    "two windows, an edit and back, and a refusal": Setup(Budget(edits=2, refusals=1), zones=2),
    "two windows, deleted": Setup(Budget(crashes=1, deletions=1), zones=2),
    "two windows that start one by one, and an edit": Setup(Budget(edits=1, starts=2), zones=2),
    "two runs, an edit and a crash": Setup(Budget(crashes=1, edits=1), runs=2, recurring=True),
    "two runs and two operators": Setup(Budget(), operators=2, runs=2, recurring=True),
    "suspended and taken back, two operators": Setup(Budget(suspends=2), operators=2),
    "suspended, edited and deleted": Setup(Budget(suspends=2, edits=1, deletions=1)),
    "no listing, two operators": Setup(Budget(crashes=1, edits=1, deletions=1), operators=2, listing=False),
    "a status that is wiped, two operators": Setup(Budget(wipes=1, crashes=1), operators=2),
    "a status that is wiped, without a listing": Setup(Budget(wipes=1, crashes=1), listing=False),
    "deleted with Orphan and created again": Setup(
        Budget(deletions=1, recreations=1, crashes=1), operators=2, orphan=True
    ),
    "the end of two runs and their webhooks, two operators": Setup(
        Budget(crashes=1, starts=2, ends=2), operators=2, runs=2, recurring=True, webhook=True
    ),
    "the end of three runs, with room for one in history": Setup(
        Budget(starts=3, ends=3), runs=3, recurring=True, webhook=True, history=1
    ),
}


def search(name: str, omitted: Omission | None = None, **other: object) -> Found:
    """Search one configuration to its end or to the first violation."""
    setup = replace(CONFIGURATIONS[name], omitted=omitted, **other)  # type: ignore[arg-type]  # fields by name
    exploration = Exploration(canonical(setup.world()), partial(_steps, setup))
    return exploration.run(violation, lambda world: is_settled(world, setup))


def _steps(setup: Setup, world: World) -> Iterator[Step]:
    for steps in (operator_steps(world, setup), surrounding_steps(world, setup)):
        for label, after, by_itself in steps:
            yield label, canonical(after), by_itself
