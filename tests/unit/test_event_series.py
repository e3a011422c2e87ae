"""What is counted as a series, and for how long, and that this does not grow without bound."""

import pytest

from campaign_operator.adapters.kubernetes import event_series
from campaign_operator.adapters.kubernetes.event_series import SERIES_SECONDS, EventSeries, RecentSeries
from manual_clock import ManualClock


def new(clock: ManualClock, name: str = "first") -> EventSeries:
    return EventSeries(name, since=clock.now(), until=clock.now())


def test_the_second_within_the_time_is_counted_and_a_later_one_begins_anew() -> None:
    clock = ManualClock()
    recent, first = RecentSeries(clock), new(clock)
    assert recent.joined("planned", first) is first
    assert first.repetition() == {}
    for count in (2, 3):
        clock.advance(SERIES_SECONDS)
        assert recent.joined("planned", new(clock, "another")) is first
        assert first.count == count
    clock.advance(SERIES_SECONDS + 0.1)
    later = new(clock, "later")
    assert recent.joined("planned", later) is later


def test_a_wall_clock_that_is_set_ends_no_series() -> None:
    clock = ManualClock()
    recent, first = RecentSeries(clock), new(clock)
    recent.joined("planned", first)
    clock.advance_wall(86_400)
    assert recent.joined("planned", new(clock)) is first


def test_the_one_that_was_observed_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_series, "MAX_SERIES", 2)
    clock = ManualClock()
    recent = RecentSeries(clock)
    first, second, third = (new(clock, name) for name in ("first", "second", "third"))
    for key, series in (("a", first), ("b", second), ("a", new(clock)), ("c", third)):
        recent.joined(key, series)
    assert recent.joined("a", new(clock)) is first
    assert recent.joined("b", second) is second
    assert second.count == 1
