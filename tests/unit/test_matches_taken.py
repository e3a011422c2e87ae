"""Which match of cron a run takes, and what is told of those that are skipped."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import blueprint, spec

from campaign_operator.api.vocabulary import Adjustment, MatchSkipReason
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.plan import NOTHING_TAKEN, RunPlan, SkippedMatches, Taken
from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.zones import ZONE_NAMES

TOKYO, LONDON, NEW_YORK, AUCKLAND = "Asia/Tokyo", "Europe/London", "America/New_York", "Pacific/Auckland"
WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def floating(text: str) -> datetime:
    return datetime.fromisoformat(text)


def plan(now: str, *zones: str, taken: Taken = NOTHING_TAKEN, **changes: Any) -> RunPlan:
    contacts = [{"id": str(number), "timeZone": zone} for number, zone in enumerate(zones)]
    return blueprint(spec(contacts=contacts, **changes)).plan(utc(now), 30, taken)


def runs(count: int, now: str, *zones: str, **changes: Any) -> list[RunPlan]:
    """Run after run, all planned at the same time."""
    found: list[RunPlan] = []
    taken = Taken()
    for _ in range(count):
        found.append(plan(now, *zones, taken=taken, **changes))
        taken = taken.with_run(found[-1])
    return found


def shown(run: RunPlan) -> dict[str, str]:
    """By zone the start in UTC, or why it is skipped."""
    return {w.time_zone: ",".join(w.adjustments) if w.is_skipped else f"{w.start:%Y-%m-%dT%H:%M}" for w in run.windows}


def test_a_holiday_calls_nobody_on_another_day() -> None:
    """Monday to Friday at nine, without 25 December: no call on Saturday."""
    (run,) = runs(1, "2026-12-24T20:00", NEW_YORK, cron="0 9 * * 1-5", callingHours={"excludeDates": ["2026-12-25"]})
    assert shown(run) == {NEW_YORK: "2026-12-28T14:00"}
    assert run.skipped_matches == (
        SkippedMatches(
            MatchSkipReason.NOTHING_OPEN,
            count=1,
            first=floating("2026-12-25T09:00"),
            last=floating("2026-12-25T09:00"),
            time_zones=(NEW_YORK,),
            contacts=1,
        ),
    )


def test_a_holiday_is_not_called_a_second_time_on_the_day_after() -> None:
    found = runs(
        2,
        *("2026-12-24T20:00", NEW_YORK),
        cron="0 9 * * 1-5",
        windowSeconds=3600,
        callingHours={"days": WORKDAYS, "excludeDates": ["2026-12-25"]},
    )
    assert [shown(run)[NEW_YORK] for run in found] == ["2026-12-28T14:00", "2026-12-29T14:00"]


@pytest.mark.parametrize("now", ["2026-11-27T15:00", "2026-11-25T15:00", "2026-11-28T15:00"])
def test_on_whatever_day_it_is_planned_a_closed_weekend_never_costs_the_run_of_monday(now: str) -> None:
    found = runs(4, now, NEW_YORK, cron="0 9 * * *", callingHours={"days": WORKDAYS})
    assert "2026-11-30T14:00" in [shown(run)[NEW_YORK] for run in found]


def test_a_start_is_deferred_within_its_own_date_only() -> None:
    found = runs(2, "2026-11-25T00:00", LONDON, cron="0 6,22 * * *", callingHours={})
    assert [(run.run_id, shown(run)) for run in found] == [
        ("20261125T0600", {LONDON: "2026-11-25T08:00"}),
        ("20261126T0600", {LONDON: "2026-11-26T08:00"}),
    ]
    assert [each.reason for each in found[1].skipped_matches] == [MatchSkipReason.NOTHING_OPEN]


def test_in_same_instant_a_start_is_deferred_to_whatever_date_opens_next() -> None:
    run = plan(
        *("2026-11-27T20:00", LONDON, TOKYO),
        cron="0 22 * * *",
        startMode="SameInstant",
        callingHours={"days": WORKDAYS},
    )
    assert shown(run) == {TOKYO: "2026-11-29T23:00", LONDON: "2026-11-30T08:00"}


def test_a_date_that_is_closed_in_a_zone_leaves_it_out() -> None:
    """Where the clocks skip into another date, the date of the match is over."""
    run = plan("2011-12-29T20:00", LONDON, "Pacific/Apia", callingHours={"start": "00:00", "end": "24:00"})
    assert shown(run) == {LONDON: "2011-12-30T09:00", "Pacific/Apia": "MovedOutOfGap,OutsideCallingHours"}


def test_a_closed_date_is_said_to_be_closed() -> None:
    drawn = blueprint(spec(callingHours={"days": WORKDAYS}))
    windows = drawn.windows_of(floating("2026-11-28T09:00"), {LONDON: 1})
    assert [w.adjustments for w in windows] == [(Adjustment.CLOSED_DATE,)]


def test_a_zone_that_is_skipped_holds_no_match_up() -> None:
    """London's earlier window ends at noon; but at five past midnight London is not called."""
    run = plan(
        *("2026-11-25T20:00", TOKYO, LONDON),
        cron="5 0,9 * * *",
        startMode="SameInstant",
        callingHours={"start": "09:00", "end": "09:10", "outside": "Skip"},
        taken=Taken(ends={LONDON: utc("2026-11-26T12:00")}),
    )
    assert (run.run_id, shown(run)) == ("20261126T0005", {TOKYO: "2026-11-26T00:05", LONDON: "OutsideCallingHours"})


def test_zones_on_one_clock_may_have_different_hours() -> None:
    """Berlin is never open at three in the afternoon, and Vienna on Saturdays alone."""
    rules = [
        {"timeZones": [zone], "weekly": [{"days": [day], "start": start, "end": "16:00"}]}
        for zone, day, start in (("Europe/Berlin", "Mon", "15:30"), ("Europe/Vienna", "Sat", "15:00"))
    ]
    run = plan(
        *("2026-11-25T20:00", "Europe/Berlin", "Europe/Vienna"),
        cron="0 14 * * *",
        startMode="SameInstant",
        callingHours={"outside": "Skip", "zones": rules},
    )
    assert shown(run) == {"Europe/Berlin": "OutsideCallingHours", "Europe/Vienna": "2026-11-28T14:00"}


def test_where_the_rules_of_several_zones_allow_no_match_the_error_names_the_hours() -> None:
    monday = {"days": ["Mon"], "start": "15:30", "end": "16:00"}
    with pytest.raises(SpecError, match="inside the calling hours of any time zone") as caught:
        plan(
            *("2026-11-25T20:00", LONDON, TOKYO),
            cron="0 3 * * *",
            startMode="SameInstant",
            callingHours={"outside": "Skip", "zones": [{"timeZones": [TOKYO], "weekly": [monday]}]},
        )
    assert caught.value.field == "spec.callingHours"


def test_where_zones_have_very_many_openings_less_than_a_year_is_searched_in_bounded_time() -> None:
    """Three minutes a day, others in each of 50 rules, and a cron that is inside none of them: 20 s for a year."""
    zones = sorted(ZONE_NAMES)
    every = [*WORKDAYS, "Sat", "Sun"]
    rules = [
        {
            "timeZones": zones[number::50],
            "weekly": [
                {"days": every, "start": f"{hour}:{number + 1:02}", "end": f"{hour}:{number + 2:02}"}
                for hour in ("01", "09", "17")
            ],
        }
        for number in range(50)
    ]
    begun = time.process_time()
    with pytest.raises(SpecError, match=r"from 2026-11-25 to \d\d days later is inside the calling hours of any"):
        plan(
            *("2026-11-25T20:00", *zones),
            cron="59 * * * *",
            startMode="SameInstant",
            callingHours={"outside": "Skip", "zones": rules},
        )
    assert time.process_time() - begun < 8


def test_a_window_that_is_deferred_is_compared_with_the_earlier_window_by_its_real_start() -> None:
    taken = Taken(ends={LONDON: utc("2026-11-26T08:00")}, match=utc("2026-11-25T06:00"))
    assert shown(plan("2026-11-25T20:00", LONDON, cron="0 6 * * *", taken=taken)) == {LONDON: "2026-11-26T08:00"}
    later = replace(taken, ends={LONDON: utc("2026-11-26T08:00:01")})
    run = plan("2026-11-25T20:00", LONDON, cron="0 6 * * *", taken=later)
    assert shown(run) == {LONDON: "2026-11-27T08:00"}
    assert [(each.reason, each.count) for each in run.skipped_matches] == [(MatchSkipReason.WINDOW_OPEN, 1)]


def test_no_match_up_to_one_that_is_used_up_is_taken_again() -> None:
    taken = Taken(match=utc("2026-11-26T00:00"))
    run = plan("2026-11-25T20:00", TOKYO, NEW_YORK, taken=taken)
    assert run.run_id == "20261127T0900"
    assert run.skipped_matches == (), "what was used up is not passed over"


@pytest.mark.parametrize(
    ("full_until", "told"),
    [
        pytest.param(None, [], id="there was always room"),
        pytest.param("2026-11-25T09:30", [], id="there was room before the first"),
        pytest.param("2026-11-25T11:30", [("10:00", "11:00", 2)], id="there was room before the last"),
        pytest.param("2026-11-25T12:20", [("10:00", "12:00", 3)], id="there was no room for any"),
    ],
)
@pytest.mark.parametrize("past_zones", ["Wait", "Skip"])
def test_matches_that_passed_while_there_was_no_room_are_told_as_such(
    full_until: str | None, told: list[tuple[str, str, int]], past_zones: str
) -> None:
    taken = Taken(match=utc("2026-11-25T09:00"), full_until=utc(full_until) if full_until else None)
    recurring = {"pastZones": past_zones, "runPolicy": "Recurring"}
    run = plan("2026-11-25T12:30", LONDON, cron="0 * * * *", taken=taken, **recurring)
    assert run.run_id == "20261125T1300"
    assert [(f"{each.first:%H:%M}", f"{each.last:%H:%M}", each.count) for each in run.skipped_matches] == told
    assert {each.reason for each in run.skipped_matches} <= {MatchSkipReason.NO_ROOM}


def test_a_match_that_waited_for_room_until_a_zone_was_past_it_is_told_as_such() -> None:
    taken = Taken(match=utc("2026-11-24T09:00"), full_until=utc("2026-11-25T12:00"))
    run = plan("2026-11-25T12:00", LONDON, NEW_YORK, taken=taken)
    assert run.run_id == "20261126T0900"
    assert skipped_matches_message(run.skipped_matches) == (
        "skips 1 match of cron, 2026-11-25T09:00: there is no room for more windows"
    )


def test_the_time_of_a_match_is_when_its_first_zone_reaches_it() -> None:
    run = plan("2026-11-25T12:00", TOKYO, NEW_YORK, cron="0 6 * * *")
    assert run.match_time == utc("2026-11-25T21:00"), "before any calling hours"


# a campaign that is applied while some zones are past the match


def test_one_zone_that_is_past_holds_up_the_run_of_all_and_is_named() -> None:
    """Friday noon: nine o'clock in New York is two hours ahead, in Auckland it was yesterday."""
    run = plan("2026-11-27T12:00", NEW_YORK, AUCKLAND, cron="0 9 * * 1-5", runPolicy="Recurring")
    assert shown(run) == {AUCKLAND: "2026-11-29T20:00", NEW_YORK: "2026-11-30T14:00"}
    assert skipped_matches_message(run.skipped_matches) == (
        "skips 1 match of cron, 2026-11-27T09:00: already past in Pacific/Auckland (1 contact)"
    )


def test_with_past_zones_skip_it_is_left_out_and_joins_in_the_next_run() -> None:
    first, second = runs(
        2, "2026-11-27T12:00", NEW_YORK, AUCKLAND, cron="0 9 * * 1-5", runPolicy="Recurring", pastZones="Skip"
    )
    assert shown(first) == {AUCKLAND: "StartPassed", NEW_YORK: "2026-11-27T14:00"}
    assert shown(second) == {AUCKLAND: "2026-11-29T20:00", NEW_YORK: "2026-11-30T14:00"}
    assert first.skipped_matches == second.skipped_matches == ()


def test_with_past_zones_skip_the_run_of_the_next_day_is_taken_although_it_begins_before_the_last_zones_of_today() -> (
    None
):
    """Nine o'clock in Niue is 20:00 UTC; in Kiritimati tomorrow's is 19:00 UTC."""
    first, second = runs(
        2, "2026-11-25T18:00", "Pacific/Kiritimati", "Pacific/Niue", runPolicy="Recurring", pastZones="Skip"
    )
    assert shown(first) == {"Pacific/Kiritimati": "StartPassed", "Pacific/Niue": "2026-11-25T20:00"}
    assert shown(second) == {"Pacific/Kiritimati": "2026-11-25T19:00", "Pacific/Niue": "2026-11-26T20:00"}


def test_once_a_year_a_zone_that_is_past_moves_the_run_to_the_next_year_and_is_named() -> None:
    run = plan("2026-12-01T00:01", TOKYO, NEW_YORK, cron="0 9 1 12 *")
    assert run.run_id == "20271201T0900"
    assert [(each.reason, each.time_zones) for each in run.skipped_matches] == [
        (MatchSkipReason.START_PASSED, (TOKYO,))
    ]


# concurrencyPolicy


def test_forbid_passes_over_what_would_start_before_the_run_before_is_over() -> None:
    asked: dict[str, Any] = {"cron": "0 9,14 * * *", "runPolicy": "Recurring"}
    allowed = runs(2, "2026-11-24T20:00", TOKYO, NEW_YORK, **asked)
    forbidden = runs(2, "2026-11-24T20:00", TOKYO, NEW_YORK, concurrencyPolicy="Forbid", **asked)
    assert [run.run_id for run in allowed] == ["20261125T0900", "20261125T1400"]
    assert [run.run_id for run in forbidden] == ["20261125T0900", "20261126T0900"]
    assert skipped_matches_message(forbidden[1].skipped_matches) == (
        "skips 1 match of cron, 2026-11-25T14:00: an earlier run has not ended and concurrencyPolicy is Forbid"
    )


# what is told


def test_what_was_passed_over_is_told_once_for_each_reason() -> None:
    run = plan(
        *("2026-11-27T12:00", LONDON, TOKYO),
        cron="0 * * * *",
        taken=Taken(ends={TOKYO: utc("2026-11-28T03:00")}, match=utc("2026-11-27T10:00")),
    )
    assert run.run_id == "20261128T1200"
    assert [(each.reason, each.count, f"{each.first:%d %H}", f"{each.last:%d %H}") for each in run.skipped_matches] == [
        (MatchSkipReason.START_PASSED, 1, "27 20", "27 20"),
        (MatchSkipReason.NOTHING_OPEN, 3, "27 21", "27 23"),
        (MatchSkipReason.WINDOW_OPEN, 12, "28 00", "28 11"),
    ]


def test_of_many_zones_the_first_are_named() -> None:
    zones = tuple(f"Zone/{number}" for number in range(7))
    skipped = SkippedMatches(
        MatchSkipReason.WINDOW_OPEN, 3, floating("2026-11-25T09:00"), floating("2026-11-27T09:00"), zones, 70
    )
    assert skipped_matches_message([skipped]) == (
        "skips 3 matches of cron, 2026-11-25T09:00 to 2026-11-27T09:00: an earlier window is still open in Zone/0, "
        "Zone/1, Zone/2, Zone/3, Zone/4 and 2 more (70 contacts)"
    )


def test_a_cron_of_every_minute_is_counted_without_being_walked_along() -> None:
    run = plan("2026-11-25T12:00", LONDON, cron="* * * * *", taken=Taken(ends={LONDON: utc("2026-11-25T16:00")}))
    assert (run.run_id, [each.count for each in run.skipped_matches]) == ("20261125T1600", [239])


# no match that calls anybody


@pytest.mark.parametrize(
    ("cron", "hours", "field", "said"),
    [
        ("0 9 * * 1-5", {"days": ["Sat"]}, ".days", "from 2026-11-25 to 366 days later falls on Sat"),
        (
            "0 9 25 12 *",
            {"excludeDates": ["2026-12-25", "2027-12-25"]},
            ".excludeDates",
            "is on an excluded date",
        ),
        ("0 22 * * *", {}, "", "is outside 08:00 to 21:00, and a start is only deferred within its date"),
        ("0 6 * * *", {"outside": "Skip"}, "", "is outside 08:00 to 21:00, and outside is Skip"),
    ],
)
def test_a_campaign_that_calls_nobody_for_a_year_is_refused_with_the_rule_that_closes_it(
    cron: str, hours: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        plan("2026-11-25T04:00", LONDON, cron=cron, callingHours=hours)
    assert caught.value.field == f"spec.callingHours{field}"
    assert said in caught.value.message


# edits


@pytest.mark.parametrize("change", [{"pastZones": "Skip"}, {"concurrencyPolicy": "Forbid"}], ids=str)
def test_both_policies_belong_to_what_an_edit_is_told_by(change: dict[str, str]) -> None:
    assert blueprint(spec(runPolicy="Recurring", **change)).spec_hash != blueprint(spec()).spec_hash


def test_the_first_monday_of_a_month_is_written_with_days() -> None:
    """As `validate` says where both day fields of cron are given."""
    found = runs(4, "2026-11-28T00:00", LONDON, cron="0 9 1-7 * *", callingHours={"days": ["Mon"]})
    assert [shown(run)[LONDON][:10] for run in found] == ["2026-12-07", "2027-01-04", "2027-02-01", "2027-03-01"]
