"""Spans and times as the plugin says them."""

from datetime import UTC, datetime, timedelta

import pytest

from kubectl_campaign.clock_words import clock_of, local_span, span_words, until_words, utc_words

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (7_380, "2 h 3 min"),
        (7_205, "2 h"),
        (90_000, "1 d 1 h"),
        (86_460, "1 d"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, words: str) -> None:
    assert span_words(timedelta(seconds=seconds)) == words


def test_a_moment_is_ahead_or_past() -> None:
    assert until_words(NOW + timedelta(minutes=3), NOW) == "in 3 min"
    assert until_words(NOW - timedelta(hours=2), NOW) == "2 h ago"


def test_seconds_are_told_where_there_are_some() -> None:
    assert utc_words(NOW) == "2026-11-23 12:00 UTC"
    assert utc_words(NOW + timedelta(seconds=7)) == "2026-11-23 12:00:07 UTC"


def test_a_window_over_midnight_says_so_and_an_unknown_zone_is_shown_in_utc() -> None:
    start, end = NOW + timedelta(hours=11), NOW + timedelta(hours=13)
    assert local_span(start, end, clock_of("Europe/London")) == "Mon 23:00-01:00 +1d"
    assert local_span(start, end, clock_of("Mars/Base")) == "Mon 23:00-01:00 +1d"
