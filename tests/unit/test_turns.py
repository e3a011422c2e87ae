"""Whose turn it is to be looked at."""

import pytest

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.turns import Turns


def ref(name: str) -> CampaignRef:
    """`sales/one` and the like."""
    return CampaignRef(*name.split("/"))


TOLD, DUE = False, True

CASES: dict[str, tuple[list[tuple[str, bool]], list[str]]] = {
    "within a row, first come, first served": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/3", TOLD)],
        ["a/1", "a/2", "a/3"],
    ),
    "a namespace with many gets no more turns than one with one": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/3", TOLD), ("b/1", TOLD), ("c/1", TOLD)],
        ["a/1", "b/1", "c/1", "a/2", "a/3"],
    ),
    "what is due waits behind no burst of changes, and keeps none from its turn": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/3", TOLD), ("a/4", DUE), ("a/5", DUE)],
        ["a/1", "a/4", "a/2", "a/5", "a/3"],
    ),
    "what is due in one namespace comes before nobody in another": (
        [("a/1", DUE), ("a/2", DUE), ("b/1", TOLD), ("b/2", TOLD)],
        ["a/1", "b/1", "a/2", "b/2"],
    ),
    "what waits already keeps its place": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/1", TOLD)],
        ["a/1", "a/2"],
    ),
    "what becomes due while it waits has the place of what is due": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/3", TOLD), ("a/3", DUE)],
        ["a/1", "a/3", "a/2"],
    ),
    "what is due stays so": (
        [("a/1", TOLD), ("a/2", TOLD), ("a/3", DUE), ("a/3", TOLD)],
        ["a/1", "a/3", "a/2"],
    ),
    "a row that is empty and filled again is the last": (
        [("a/1", TOLD), ("b/1", TOLD), ("b/2", TOLD), ("a/1", DUE)],
        ["b/1", "a/1", "b/2"],
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_they_are_taken_in_turns(sentence: str) -> None:
    come, taken = CASES[sentence]
    turns = Turns()
    for name, due in come:
        turns.put(ref(name), due=due)
    assert len(turns) == len(taken)
    assert [str(turns.take(lambda _: True)) for _ in taken] == taken
    assert turns.take(lambda _: True) is None
    assert len(turns) == 0


def test_a_namespace_without_room_is_passed_over_and_loses_nothing() -> None:
    turns = Turns()
    for name in ("a/1", "a/2", "b/1"):
        turns.put(ref(name), due=False)
    assert turns.take(lambda namespace: namespace != "a") == ref("b/1")
    assert turns.take(lambda namespace: namespace != "a") is None
    assert [turns.take(lambda _: True) for _ in range(2)] == [ref("a/1"), ref("a/2")]
