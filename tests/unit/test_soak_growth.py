"""The soak tells what grows from what goes up and down."""

from collections.abc import Callable
from typing import Any

import pytest
from soak import SAMPLE_SECONDS, Sample, growth
from world import BenchmarkFailedError

WARM_SECONDS = 1200.0
COUNT = 240
STEADY: dict[str, float] = {
    "resident_mb": 120.0,
    "peak_mb": 125.0,
    "files": 30,
    "threads": 1,
    "tasks": 31,
    "looks": 0,
    "cpu_seconds": 0,
    "campaigns": 500,
    "submissions": 0,
    "status_writes": 0,
    "unexpected_errors": 0,
}


def samples(**values: Callable[[int], float]) -> list[Sample]:
    def at(number: int) -> Sample:
        fields: dict[str, Any] = {**STEADY, **{name: value(number) for name, value in values.items()}}
        return Sample(seconds=number * SAMPLE_SECONDS, **fields)

    return [at(number) for number in range(COUNT)]


def missed(found: list[Sample]) -> list[str]:
    return [line.what for line in growth(found, WARM_SECONDS) if line.met is False]


def test_what_stays_as_it_is_does_not_grow() -> None:
    assert missed(samples()) == []


def test_memory_that_grows_before_the_warm_up_is_over_does_not_count() -> None:
    assert missed(samples(resident_mb=lambda n: 60.0 if n * SAMPLE_SECONDS < WARM_SECONDS else 120.0)) == []


def test_memory_that_grows_by_a_fifth_is_told() -> None:
    found = samples(resident_mb=lambda n: 100.0 + n * 0.12)
    assert missed(found) == ["memory at the end, times that"]
    assert "slope of the memory since then 14.4 MB an hour" in [
        f"{line.what} {line.measured}" for line in growth(found, WARM_SECONDS)
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [("files", "open files"), ("threads", "threads"), ("tasks", "tasks"), ("looks", "looks under way")],
)
def test_what_is_never_given_back_is_told_however_much_it_goes_up_and_down(name: str, told: str) -> None:
    def swings(number: int) -> float:
        return STEADY[name] + number % 20

    assert missed(samples(**{name: swings})) == []
    assert missed(samples(**{name: lambda number: swings(number) + number // 10})) == [f"{told}, lowest at the end"]


def test_a_soak_that_ends_before_the_warm_up_is_over_compares_nothing() -> None:
    with pytest.raises(BenchmarkFailedError, match="too short"):
        growth(samples()[:20], WARM_SECONDS)
