"""Placing local times where clocks change, and what becomes of a window that is late."""

from datetime import UTC, datetime

import pytest

from campaign_operator.api.vocabulary import Adjustment
from campaign_operator.domain.planning.windows import Placed, first_local_placed_from, place, window_from
from campaign_operator.domain.planning.zones import load_zone

PLAIN, MOVED, FIRST = None, Adjustment.MOVED_OUT_OF_GAP, Adjustment.FIRST_OF_TWO


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


PLACED = {
    "an ordinary day": ("Europe/London", "2026-11-25T09:00", "2026-11-25T09:00", PLAIN),
    "an ordinary day in summer": ("Europe/London", "2026-06-25T09:00", "2026-06-25T08:00", PLAIN),
    "a zone without changes": ("Etc/GMT-14", "2026-01-01T09:00", "2025-12-31T19:00", PLAIN),
    "a quarter of an hour's offset": ("Asia/Kathmandu", "2026-01-01T09:00", "2026-01-01T03:15", PLAIN),
    "the minute before a gap": ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59", PLAIN),
    "the first minute of a gap": ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00", MOVED),
    "the middle of a gap": ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00", MOVED),
    "the last minute of a gap": ("America/New_York", "2026-03-08T02:59", "2026-03-08T07:00", MOVED),
    "the first instant after a gap": ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00", PLAIN),
    "the minute before a repeated hour": ("America/New_York", "2026-11-01T00:59", "2026-11-01T04:59", PLAIN),
    "the start of a repeated hour": ("America/New_York", "2026-11-01T01:00", "2026-11-01T05:00", FIRST),
    "the last minute of a repeated hour": ("America/New_York", "2026-11-01T01:59", "2026-11-01T05:59", FIRST),
    "the minute after a repeated hour": ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00", PLAIN),
    "a gap where winter is shifted": ("Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00", MOVED),
    "a repeat where winter is shifted": ("Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30", FIRST),
    "a gap of half an hour": ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30", MOVED),
    "after a gap of half an hour": ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30", PLAIN),
    "a repeated half hour": ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", FIRST),
    "before a repeated half hour": ("Australia/Lord_Howe", "2026-04-05T01:29", "2026-04-04T14:29", PLAIN),
    "a gap of two hours": ("Antarctica/Troll", "2026-03-29T02:59", "2026-03-29T01:00", MOVED),
    "two repeated hours": ("Antarctica/Troll", "2026-10-25T01:30", "2026-10-24T23:30", FIRST),
    "Morocco going back for Ramadan": ("Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30", FIRST),
    "Morocco going forth after Ramadan": ("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:00", MOVED),
    "a midnight that Cairo skips": ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00", MOVED),
    "a midnight that Beirut skips": ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00", MOVED),
    "a midnight that Sao Paulo skipped": ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:00", MOVED),
    "the hour before midnight twice": ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T01:30", FIRST),
    "the midnight after an hour shown twice": ("Africa/Cairo", "2026-10-30T00:00", "2026-10-29T22:00", PLAIN),
    "a midnight shown twice": ("America/Havana", "2030-11-03T00:00", "2030-11-03T04:00", FIRST),
    "a change at a minute past midnight": ("America/St_Johns", "2011-03-13T00:01", "2011-03-13T03:31", MOVED),
    "the minute before that change": ("America/St_Johns", "2011-03-13T00:00", "2011-03-13T03:30", PLAIN),
    "a day that Samoa never had": ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00", MOVED),
    "the last minute of that day": ("Pacific/Apia", "2011-12-30T23:59", "2011-12-30T10:00", MOVED),
    "the day before in Samoa": ("Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59", PLAIN),
    "the day after in Samoa": ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00", PLAIN),
    "a day that Kwajalein never had": ("Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-21T12:00", MOVED),
    "a day that Alaska had twice": ("America/Sitka", "1867-10-19T12:00", "1867-10-18T21:01:13", FIRST),
    "an offset with seconds": ("Africa/Monrovia", "1972-01-06T12:00", "1972-01-06T12:44:30", PLAIN),
    "a gap with seconds": ("Africa/Monrovia", "1972-01-07T00:10", "1972-01-07T00:44:30", MOVED),
    "the end of local mean time": ("America/New_York", "1883-11-18T12:01", "1883-11-18T16:57:02", FIRST),
    "far ahead, by the zone's last rule": ("Europe/Rome", "2099-03-29T02:30", "2099-03-29T01:00", MOVED),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "local", "instant", "reason"), PLACED.values(), ids=PLACED.keys())
def test_a_local_time_is_placed(zone: str, local: str, instant: str, reason: Adjustment | None) -> None:
    placed = place(datetime.fromisoformat(local), load_zone(zone))
    assert placed == Placed(utc(instant), reason)
    assert placed.instant.tzinfo is UTC


FIRST_LOCAL = {
    "an ordinary day": ("Europe/London", "2026-06-25T08:00", "2026-06-25T09:00"),
    "between two seconds": ("Europe/London", "2026-06-25T08:00:00.000001", "2026-06-25T09:00:01"),
    "the second before a gap": ("America/New_York", "2026-03-08T06:59:59", "2026-03-08T01:59:59"),
    "the end of a gap, where all of the gap is placed": (
        "America/New_York",
        "2026-03-08T07:00",
        "2026-03-08T02:00",
    ),
    "the second after a gap": ("America/New_York", "2026-03-08T07:00:01", "2026-03-08T03:00:01"),
    "the first showing of a repeated hour": ("America/New_York", "2026-11-01T05:10", "2026-11-01T01:10"),
    "the moment the clocks go back": ("America/New_York", "2026-11-01T06:00", "2026-11-01T02:00"),
    "the second showing, whose times are all placed at the first": (
        "America/New_York",
        "2026-11-01T06:10",
        "2026-11-01T02:00",
    ),
    "the end of the second showing": ("America/New_York", "2026-11-01T07:00", "2026-11-01T02:00"),
    "the second showing of half an hour": ("Australia/Lord_Howe", "2026-04-04T15:10", "2026-04-05T02:00"),
    "the end of a missing day": ("Pacific/Apia", "2011-12-30T10:00", "2011-12-30T00:00"),
    "the second day of two with one date": ("America/Sitka", "1867-10-19T03:00", "1867-10-19T15:30"),
}


@pytest.mark.parametrize(("zone", "instant", "local"), FIRST_LOCAL.values(), ids=FIRST_LOCAL.keys())
def test_the_first_local_time_placed_at_an_instant_or_later(zone: str, instant: str, local: str) -> None:
    assert first_local_placed_from(utc(instant), load_zone(zone)) == datetime.fromisoformat(local)


def test_a_window_lasts_its_seconds_of_elapsed_time_across_a_change_of_the_clocks() -> None:
    placed = place(datetime.fromisoformat("2026-03-07T22:00"), load_zone("America/New_York"))
    window = window_from(placed, window_seconds=6 * 3600)
    assert (window.start, window.end) == (utc("2026-03-08T03:00"), utc("2026-03-08T09:00"))
    assert window.adjustments == ()


def test_a_window_says_why_it_is_not_at_the_plain_time() -> None:
    window = window_from(Placed(utc("2026-03-08T07:00"), MOVED), window_seconds=60)
    assert window.adjustments == (MOVED,)


def test_a_time_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="must be aware"):
        first_local_placed_from(datetime.fromisoformat("2026-11-25T09:10"), load_zone("Europe/London"))
