"""Plans of runs: the nominal time, the windows, their order and their hash."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from builders import OPEN_ALWAYS, hours, plan_inputs

from campaign_operator.api.vocabulary import Adjustment, StartMode
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import (
    NOTHING_TAKEN,
    PlannedWindow,
    RunPlan,
    Taken,
    placed_windows,
    plan_hash,
    plan_run,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plan(
    cron: str,
    now: str,
    *zones: str,
    start_mode: StartMode = StartMode.CONTACT_LOCAL,
    time_zone: str = "Etc/UTC",
    calling_hours: CallingHours = OPEN_ALWAYS,
    taken: Taken = NOTHING_TAKEN,
) -> RunPlan:
    return plan_run(
        plan_inputs(
            schedule=parse_cron(cron),
            start_mode=start_mode,
            time_zone=time_zone,
            window_seconds=4 * 3600,
            calling_hours=calling_hours,
            contacts_by_zone=dict.fromkeys(zones, 25),
        ),
        now=utc(now),
        lead_seconds=30,
        taken=taken,
    )


def starts(run: RunPlan) -> dict[str, str]:
    return {window.time_zone: f"{window.start:%Y-%m-%dT%H:%M}" for window in run.windows}


def test_a_run_has_one_window_per_zone_each_at_its_own_nine_o_clock() -> None:
    run = plan("0 9 * * *", "2026-11-24T20:00", "America/New_York", "Europe/London")
    assert run == RunPlan(
        run_id="20261125T0900",
        nominal_time=datetime.fromisoformat("2026-11-25T09:00"),
        match_time=utc("2026-11-25T09:00"),
        windows=(
            PlannedWindow(
                time_zone="Europe/London",
                contacts=25,
                start=utc("2026-11-25T09:00"),
                end=utc("2026-11-25T13:00"),
                adjustments=(),
            ),
            PlannedWindow(
                time_zone="America/New_York",
                contacts=25,
                start=utc("2026-11-25T14:00"),
                end=utc("2026-11-25T18:00"),
                adjustments=(),
            ),
        ),
        contacts=50,
    )


CONTACT_LOCAL = {
    "exactly the lead before the start": (
        ("0 9 * * *", "2026-11-25T08:59:30", "Europe/London"),
        ("20261125T0900", {"Europe/London": "2026-11-25T09:00"}),
    ),
    "a moment less than the lead before the start": (
        ("0 9 * * *", "2026-11-25T08:59:30.000001", "Europe/London"),
        ("20261126T0900", {"Europe/London": "2026-11-26T09:00"}),
    ),
    "one zone's nine o'clock is past, so the run is the next day's in every zone": (
        ("0 9 * * *", "2026-11-25T00:01", "Asia/Tokyo", "Europe/London", "America/New_York"),
        (
            "20261126T0900",
            {
                "Asia/Tokyo": "2026-11-26T00:00",
                "Europe/London": "2026-11-26T09:00",
                "America/New_York": "2026-11-26T14:00",
            },
        ),
    ),
    "the run spans the day as the zones reach it": (
        ("0 9 * * *", "2026-11-24T00:00", "Pacific/Kiritimati", "Etc/GMT+12"),
        ("20261125T0900", {"Pacific/Kiritimati": "2026-11-24T19:00", "Etc/GMT+12": "2026-11-25T21:00"}),
    ),
    "zones with the same start are ordered by name": (
        ("0 9 * * *", "2026-11-24T20:00", "Europe/London", "Africa/Accra", "Europe/Lisbon"),
        (
            "20261125T0900",
            {
                "Africa/Accra": "2026-11-25T09:00",
                "Europe/Lisbon": "2026-11-25T09:00",
                "Europe/London": "2026-11-25T09:00",
            },
        ),
    ),
    "Friday after the last minute of Friday's calls": (
        ("0 9 * * 1-5", "2026-11-27T17:00", "Europe/London"),
        ("20261130T0900", {"Europe/London": "2026-11-30T09:00"}),
    ),
    "a start in a gap is in time up to the gap's end": (
        ("30 2 * * *", "2026-03-08T06:59:30", "America/New_York"),
        ("20260308T0230", {"America/New_York": "2026-03-08T07:00"}),
    ),
    "a start in a gap is past after the gap's end": (
        ("30 2 * * *", "2026-03-08T06:59:31", "America/New_York"),
        ("20260309T0230", {"America/New_York": "2026-03-09T06:30"}),
    ),
    "the first of two is past while the clocks show it again": (
        ("*/15 * * * *", "2026-11-01T06:05", "America/New_York"),
        ("20261101T0200", {"America/New_York": "2026-11-01T07:00"}),
    ),
    "another zone goes on while one shows an hour again": (
        ("*/15 * * * *", "2026-11-01T06:05", "America/New_York", "America/Lima"),
        ("20261101T0200", {"America/Lima": "2026-11-01T07:00", "America/New_York": "2026-11-01T07:00"}),
    ),
    "on the last day before a date that Samoa skipped, the match of which calls nobody": (
        ("0 9 * * *", "2011-12-29T20:00", "Pacific/Apia"),
        ("20111231T0900", {"Pacific/Apia": "2011-12-30T19:00"}),
    ),
    "a match that the clocks move into the next date calls nobody": (
        ("30 23 * * *", "2027-03-27T12:00", "America/Nuuk"),
        ("20270328T2330", {"America/Nuuk": "2027-03-29T00:30"}),
    ),
    "every minute": (
        ("* * * * *", "2026-11-25T08:00:30", "Europe/London"),
        ("20261125T0801", {"Europe/London": "2026-11-25T08:01"}),
    ),
    "29 February": (
        ("0 12 29 2 *", "2096-02-29T13:00", "Europe/London"),
        ("21040229T1200", {"Europe/London": "2104-02-29T12:00"}),
    ),
}


@pytest.mark.parametrize(("asked", "expected"), CONTACT_LOCAL.values(), ids=CONTACT_LOCAL.keys())
def test_in_contact_local_the_match_is_the_first_that_is_ahead_in_every_zone(
    asked: tuple[str, ...], expected: tuple[str, dict[str, str]]
) -> None:
    run = plan(*asked)
    assert (run.run_id, starts(run)) == expected
    assert list(starts(run)) == list(expected[1])


SAME_INSTANT = {
    "the wall clock of UTC unless told otherwise": ("Etc/UTC", "2026-11-25T08:00", "2026-11-25T09:00"),
    "the wall clock of a zone that no contact is in": ("Asia/Tokyo", "2026-11-25T08:00", "2026-11-26T00:00"),
    "exactly the lead before": ("Asia/Tokyo", "2026-11-25T23:59:30", "2026-11-26T00:00"),
    "less than the lead before": ("Asia/Tokyo", "2026-11-25T23:59:31", "2026-11-27T00:00"),
}


@pytest.mark.parametrize(("time_zone", "now", "start"), SAME_INSTANT.values(), ids=SAME_INSTANT.keys())
def test_in_same_instant_every_zone_starts_at_the_same_moment(time_zone: str, now: str, start: str) -> None:
    run = plan(
        *("0 9 * * *", now, "Europe/London", "America/New_York"),
        start_mode=StartMode.SAME_INSTANT,
        time_zone=time_zone,
    )
    assert starts(run) == {"America/New_York": start, "Europe/London": start}


def test_in_same_instant_a_change_of_the_clocks_in_the_zone_of_cron_is_told_to_every_zone() -> None:
    run = plan(
        *("30 1 * * *", "2026-10-25T00:00", "Asia/Tokyo", "Asia/Kolkata"),
        start_mode=StartMode.SAME_INSTANT,
        time_zone="Europe/London",
    )
    assert [window.adjustments for window in run.windows] == [(Adjustment.FIRST_OF_TWO,)] * 2
    assert starts(run) == {"Asia/Kolkata": "2026-10-25T00:30", "Asia/Tokyo": "2026-10-25T00:30"}


def test_each_zone_says_for_itself_why_it_is_not_at_the_plain_time() -> None:
    run = plan("30 2 * * *", "2026-03-07T12:00", "America/New_York", "America/Lima", "America/Phoenix")
    assert {window.time_zone: window.adjustments for window in run.windows} == {
        "America/New_York": (Adjustment.MOVED_OUT_OF_GAP,),
        "America/Lima": (),
        "America/Phoenix": (),
    }


def ending(ends: Mapping[str, str]) -> Taken:
    return Taken(ends={zone: utc(end) for zone, end in ends.items()})


AFTER_A_RUN = {
    "a start may be the end of the window before": (
        {"Europe/London": "2026-11-26T09:00", "Asia/Tokyo": "2026-11-25T04:00"},
        "20261126T0900",
    ),
    "a start is never before the end of the window before": (
        {"Europe/London": "2026-11-26T09:00:01", "Asia/Tokyo": "2026-11-25T04:00"},
        "20261127T0900",
    ),
    "each zone looks at its own window only": (
        {"Europe/London": "2026-11-25T13:00", "Asia/Tokyo": "2026-11-26T00:00:01"},
        "20261127T0900",
    ),
    "a zone of the run before that is not in this one is of no account": (
        {"Pacific/Kiritimati": "2026-12-24T00:00"},
        "20261126T0900",
    ),
    "windows long past are of no account": (
        {"Europe/London": "2025-11-25T13:00", "Asia/Tokyo": "2025-11-25T13:00"},
        "20261126T0900",
    ),
}


@pytest.mark.parametrize(("previous_ends", "run_id"), AFTER_A_RUN.values(), ids=AFTER_A_RUN.keys())
def test_after_another_run_no_zone_starts_before_its_window_in_that_run_has_ended(
    previous_ends: dict[str, str], run_id: str
) -> None:
    run = plan(*("0 9 * * *", "2026-11-25T08:00", "Europe/London", "Asia/Tokyo"), taken=ending(previous_ends))
    assert run.run_id == run_id


def test_after_another_run_the_same_instant_waits_for_every_zone() -> None:
    run = plan(
        *("0 * * * *", "2026-11-25T08:00", "Europe/London", "Asia/Tokyo"),
        start_mode=StartMode.SAME_INSTANT,
        taken=ending({"Europe/London": "2026-11-25T12:00", "Asia/Tokyo": "2026-11-25T17:00:01"}),
    )
    assert run.run_id == "20261125T1800"


def test_in_same_instant_each_zone_keeps_to_its_own_hours() -> None:
    run = plan(
        *("0 9 * * *", "2026-11-25T08:00", "Europe/London", "Asia/Tokyo", "America/New_York"),
        start_mode=StartMode.SAME_INSTANT,
        calling_hours=hours(),
    )
    assert {
        w.time_zone: (f"{w.start:%d %H:%M}", f"{w.end:%d %H:%M}", ",".join(w.adjustments)) for w in run.windows
    } == {
        "Europe/London": ("25 09:00", "25 13:00", ""),
        "Asia/Tokyo": ("25 09:00", "25 12:00", "ClippedAtClosing"),
        "America/New_York": ("25 13:00", "25 17:00", "DeferredToOpening"),
    }


def test_a_skipped_zone_holds_up_no_run_after_it() -> None:
    skip = hours(outside="Skip")
    run = plan("0 * * * *", "2026-11-25T05:30", "Europe/London", calling_hours=skip)
    ids, taken = [run.run_id], Taken()
    for _ in range(3):
        taken = taken.with_run(run)
        run = plan("0 * * * *", "2026-11-25T05:30", "Europe/London", calling_hours=skip, taken=taken)
        ids.append(run.run_id)
    assert ids == ["20261125T0800", "20261125T1200", "20261125T1600", "20261125T2000"]


def test_windows_can_be_placed_for_a_nominal_time_that_is_past() -> None:
    run = plan("0 9 * * *", "2026-11-24T20:00", "America/New_York", "Europe/London")
    placed = placed_windows(
        plan_inputs(
            schedule=parse_cron("0 9 * * *"),
            start_mode=StartMode.CONTACT_LOCAL,
            time_zone="Etc/UTC",
            window_seconds=4 * 3600,
            calling_hours=OPEN_ALWAYS,
            contacts_by_zone={"Europe/London": 25, "America/New_York": 25},
        ),
        run.nominal_time,
    )
    assert placed == run.windows


def test_an_unknown_zone_of_cron_is_an_error_of_that_field() -> None:
    with pytest.raises(SpecError, match=r'"Europe/Londn": must be .* did you mean "Europe/London"') as caught:
        plan(
            *("0 9 * * *", "2026-11-24T20:00", "Europe/London"),
            start_mode=StartMode.SAME_INSTANT,
            time_zone="Europe/Londn",
        )
    assert caught.value.field == "spec.timeZone"


def test_a_now_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="now must be aware"):
        plan_run(
            plan_inputs(
                schedule=parse_cron("0 9 * * *"),
                start_mode=StartMode.CONTACT_LOCAL,
                time_zone="Etc/UTC",
                window_seconds=60,
                calling_hours=OPEN_ALWAYS,
                contacts_by_zone={"Europe/London": 1},
            ),
            now=datetime.fromisoformat("2026-11-25T09:00"),
            lead_seconds=30,
        )


@pytest.fixture
def machine_in_samoa(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "SST11")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_in_samoa")
def test_the_zone_of_the_machine_changes_nothing() -> None:
    assert time.timezone == 11 * 3600, "the machine is not in another zone"
    run = plan("0 9 * * *", "2026-11-25T08:00", "Europe/London")
    assert starts(run) == {"Europe/London": "2026-11-25T09:00"}


def test_now_may_be_given_in_any_zone() -> None:
    tokyo = timezone(timedelta(hours=9))
    runs = [
        plan_run(
            plan_inputs(
                schedule=parse_cron("0 9 * * *"),
                start_mode=StartMode.CONTACT_LOCAL,
                time_zone="Etc/UTC",
                window_seconds=60,
                calling_hours=OPEN_ALWAYS,
                contacts_by_zone={"Europe/London": 1},
            ),
            now=now,
            lead_seconds=30,
        )
        for now in (utc("2026-11-25T08:00"), utc("2026-11-25T08:00").astimezone(tokyo))
    ]
    assert runs[0] == runs[1]
    assert runs[1].windows[0].start.tzinfo is UTC


def test_the_hash_is_over_the_lines_it_is_documented_to_be_over() -> None:
    run = plan("0 9 * * *", "2026-11-24T20:00", "Europe/London", "America/New_York")
    lines = (
        "America/New_York 25 2026-11-25T14:00:00Z 2026-11-25T18:00:00Z\n"
        "Europe/London 25 2026-11-25T09:00:00Z 2026-11-25T13:00:00Z\n"
    )
    assert plan_hash(run.windows) == hashlib.sha256(lines.encode()).hexdigest()[:16]
    assert plan_hash(run.windows) == "b1798b74a5427a60"


def test_the_hash_is_the_same_for_windows_read_back_in_any_order_and_zone() -> None:
    run = plan("0 9 * * *", "2026-11-24T20:00", "Europe/London", "America/New_York")
    read_back = [
        SimpleNamespace(
            time_zone=window.time_zone,
            contacts=window.contacts,
            start=window.start.astimezone(timezone(timedelta(hours=-5))),
            end=window.end,
            is_skipped=False,
        )
        for window in reversed(run.windows)
    ]
    assert plan_hash(read_back) == plan_hash(run.windows)


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "Europe/Lisbon"},
        {"contacts": 26},
        {"start": utc("2026-11-25T09:00:01")},
        {"end": utc("2026-11-25T13:00:01")},
        {"is_skipped": True},
    ],
    ids=["zone", "contacts", "start", "end", "what is skipped"],
)
def test_the_hash_tells_plans_apart_that_differ_in(change: dict[str, object]) -> None:
    window = {
        "time_zone": "Europe/London",
        "contacts": 25,
        "start": utc("2026-11-25T09:00"),
        "end": utc("2026-11-25T13:00"),
        "is_skipped": False,
    }
    assert plan_hash([SimpleNamespace(**window)]) != plan_hash([SimpleNamespace(**(window | change))])
