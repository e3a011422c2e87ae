"""What docs/sizing.md says follows from the figures of the benchmarks, and says which of them are measured."""

import pytest
from sizing import COUNTS, NotMeasuredError, Sizes, Value, megabytes, percent_of_a_core, table

FIGURES = {
    "many.campaigns": 5_000.0,
    "many.base_mb": 90.0,
    "many.memory_mb": 190.0,
    "running.campaigns": 1_000.0,
    "running.base_mb": 90.0,
    "running.memory_mb": 140.0,
    "running.cpu_percent": 8.0,
    "running.cpu_percent_without_news": 3.0,
    "running.etcd_bytes_of_a_write": 8_000.0,
    "burst.campaigns": 1_000.0,
    "burst.operator_cpu_seconds": 0.02,
    "requests.of_a_run": 10.0,
    "requests.etcd_bytes_of_a_run": 100_000.0,
}


def test_what_was_measured_is_told_as_it_was_measured() -> None:
    sizes = Sizes(FIGURES)
    assert sizes.row(5_000).idle_mb == Value(190.0, measured=True)
    assert sizes.row(1_000).running_mb == Value(140.0, measured=True)
    assert sizes.row(1_000).running_cpu_percent == Value(8.0, measured=True)
    assert sizes.row(1_000).submit_cpu_seconds == Value(20.0, measured=True)


def test_everything_else_is_calculated_in_proportion() -> None:
    row = Sizes(FIGURES).row(10_000)
    assert row.idle_mb == Value(90 + 10_000 * 0.02)
    assert row.running_mb == Value(90 + 10_000 * 0.05)
    assert row.submit_cpu_seconds == Value(200.0)


def test_of_the_cpu_the_polls_grow_in_proportion_and_the_writes_of_progress_do_not() -> None:
    # a thousand write each at every fourth poll, so 8.33 times a second, and ten thousand 9.8 times
    assert Sizes(FIGURES).row(10_000).running_cpu_percent.number == pytest.approx(30 + 5 / 8.3333 * 9.8039, rel=1e-4)
    assert Sizes(FIGURES).row(10).running_cpu_percent.number == pytest.approx(0.03 + 5 / 8.3333 / 3, rel=1e-4)


def test_a_day_has_one_run_and_four_hours_of_polls() -> None:
    row = Sizes(FIGURES).row(10)
    assert row.requests_per_day.number == pytest.approx(10 * (10 + 4 * 120))
    assert row.etcd_mb_per_day.number == pytest.approx(10 * (0.1 + 4 * 120 * 0.008))


def test_memory_is_enough_for_those_that_fit_in_it() -> None:
    # 90 MB, and 0.05 MB for each that runs
    assert Sizes(FIGURES).most_campaigns(800.0) == 14_200
    assert Sizes(FIGURES).most_campaigns(804.0) == 14_200


def test_cpu_is_enough_for_those_that_take_no_more() -> None:
    sizes = Sizes(FIGURES)
    most = sizes.most_for_cpu(20.0)
    assert sizes.row(most).running_cpu_percent.number <= 20 < sizes.row(most + 100).running_cpu_percent.number
    assert (sizes.most_for_cpu(0.01), sizes.most_for_cpu(1_000.0)) == (0, COUNTS[-1])


@pytest.mark.parametrize(("quantity", "expected"), [("50m", 5.0), ("1", 100.0), ("0.5", 50.0)])
def test_a_quantity_of_cpu_is_read_in_percent_of_a_core(quantity: str, expected: float) -> None:
    assert percent_of_a_core(quantity) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"), [("512Mi", 536.870912), ("1Gi", 1073.741824), ("64Ki", 0.065536), ("2000000", 2.0)]
)
def test_a_quantity_is_read_in_bytes(quantity: str, expected: float) -> None:
    assert megabytes(quantity) == expected


@pytest.mark.parametrize("missing", FIGURES)
def test_a_missing_figure_is_named(missing: str) -> None:
    figures = {name: value for name, value in FIGURES.items() if name != missing}
    with pytest.raises(NotMeasuredError, match=missing):
        Sizes(figures)


def test_measured_values_are_bold_in_the_table() -> None:
    lines = table([Sizes(FIGURES).row(count) for count in COUNTS]).splitlines()
    assert len(lines) == len(COUNTS) + 2
    assert lines[4] == "| 1,000 | 110 MB | **140 MB** | **8.0 %** | **20.0 s** | 130,000 | 1,060 MB |"
