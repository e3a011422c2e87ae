"""The diagram of a window's states in the documentation, compared with what the searched protocol does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign_operator.api.vocabulary import WindowState
from model.configurations import CONFIGURATIONS, namer, steps
from model.world import Resource, World, canonical

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BY_A_PERSON = {("Held", "Planned"), ("Held", "Submitted"), ("Held", "Missed"), ("Planned", "Uncertain")}
"""By the annotation, or by a status that was altered by hand: not in the model."""

SEARCHED = (
    "one window, one operator that crashes",
    "two windows, one operator that crashes",
    "suspended and taken back",
    "no listing",
    "a status that is wiped",
    "deleted with Orphan and created again",
)


def drawn() -> set[tuple[str, str]]:
    """The arrows of the diagram, from state to state."""
    return set(re.findall(r"^ +(\w+) --> (\w+):", diagram(), flags=re.MULTILINE))


def diagram() -> str:
    """The text of the diagram."""
    (found,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", DOCUMENT.read_text(), flags=re.DOTALL)
    return str(found)


def changes(before: Resource, after: Resource) -> Iterator[tuple[str, str]]:
    """How windows of one plan changed in a step."""
    runs = {(run.id, run.generation, run.plan): run for run in after.runs}
    for was in before.runs:
        run = runs.get((was.id, was.generation, was.plan))
        if run is None:
            continue
        for old, new in zip(was.windows, run.windows, strict=True):
            if old.state != new.state:
                yield old.state, new.state


def reached(name: str) -> set[tuple[str, str]]:
    """Every change of a window's state in that configuration, but for plans made anew."""
    setup = CONFIGURATIONS[name]
    start, named = canonical(setup.world()), namer(setup)
    seen, todo, found = {start}, [start], set[tuple[str, str]]()
    while todo:
        world: World = todo.pop()
        for label, after, _ in steps(setup, named, world):
            if "plans" not in label:
                found.update(changes(world.resource, after.resource))
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return found


# one worker searches for all
pytestmark = pytest.mark.xdist_group("diagram")


@pytest.fixture(scope="module")
def done() -> set[tuple[str, str]]:
    return set().union(*map(reached, SEARCHED))


def test_the_diagram_has_every_state() -> None:
    named = re.findall(r"^ +(\S+) --> ([^:\s]+)", diagram(), flags=re.MULTILINE)
    assert {state for arrow in named for state in arrow} - {"[*]"} == {str(state) for state in WindowState}


def test_the_protocol_changes_a_state_only_along_an_arrow(done: set[tuple[str, str]]) -> None:
    assert done - drawn() == set()


def test_every_arrow_is_gone_along_by_the_protocol_or_by_a_person(done: set[tuple[str, str]]) -> None:
    assert drawn() - done == BY_A_PERSON
