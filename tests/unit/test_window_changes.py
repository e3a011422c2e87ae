"""Which windows came to another state by a write."""

from builders import run, status, window

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.status.window_changes import window_changes

UNCERTAIN, SUBMITTED, MISSED = WindowState.UNCERTAIN, WindowState.SUBMITTED, WindowState.MISSED
LONDON = "Europe/London"


def test_windows_that_stay_as_they_are_are_no_change() -> None:
    unchanged = status(run(window(SUBMITTED), window(MISSED, time_zone=LONDON)))
    assert list(window_changes(unchanged, unchanged)) == []


def test_each_change_is_told_with_the_state_before() -> None:
    before = status(run(window(UNCERTAIN), window(WindowState.PLANNED, time_zone=LONDON)))
    after = status(run(window(SUBMITTED), window(MISSED, time_zone=LONDON)))
    assert list(window_changes(before, after)) == [(UNCERTAIN, SUBMITTED), (WindowState.PLANNED, MISSED)]


def test_the_windows_of_a_new_run_had_no_state() -> None:
    replanned = run(window(), planned_from="2")
    assert list(window_changes(status(run(window(UNCERTAIN))), status(replanned))) == [(None, WindowState.PLANNED)]


def test_a_run_that_leaves_the_status_is_no_change() -> None:
    assert list(window_changes(status(run(window(UNCERTAIN))), status())) == []
