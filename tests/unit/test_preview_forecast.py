"""What a preview is made of: the runs that the operator would plan, and what an edit changes in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import blueprint, spec

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.planning.plan import Taken, plan_hash
from campaign_operator.preview.comparison import ChangeKind, compare
from campaign_operator.preview.forecast import Forecast, ForecastRun, ForecastWindow, forecast, open_hours

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
REF = CampaignRef("sales", "spring")
LEAD_SECONDS = 30


def seen(count: int = 1, now: datetime = NOW, **changes: Any) -> Forecast:
    """The forecast of the spec with these changes."""
    return forecast(REF, blueprint(spec(**changes)), now, LEAD_SECONDS, count)


def contacts(*zones: str) -> list[dict[str, str]]:
    return [{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(zones)]


def test_a_run_is_what_the_operator_plans_for_the_same_now() -> None:
    plan = blueprint(spec()).plan(NOW, LEAD_SECONDS)
    (run,) = seen().runs
    assert (run.id, run.nominal_time, run.contacts) == (plan.run_id, plan.nominal_time, plan.contacts)
    assert run.plan_hash == plan_hash(plan.windows)
    assert [(w.time_zone, w.start, w.end) for w in run.windows] == [(w.time_zone, w.start, w.end) for w in plan.windows]


def test_the_run_after_a_run_is_what_recurring_would_plan_also_under_once() -> None:
    drawn = blueprint(spec(cron="0 * * * *", windowSeconds=7200, runPolicy="Once"))
    first = drawn.plan(NOW, LEAD_SECONDS)
    second = drawn.plan(NOW, LEAD_SECONDS, Taken().with_run(first))
    runs = seen(3, cron="0 * * * *", windowSeconds=7200, runPolicy="Once").runs
    assert [run.id for run in runs[:2]] == [first.run_id, second.run_id]
    assert len({run.id for run in runs}) == 3


def test_a_skipped_zone_has_no_times_and_does_not_hold_up_the_next_run() -> None:
    runs = seen(
        2,
        cron="0 6,12 * * *",
        startMode="SameInstant",
        contacts=contacts("Etc/UTC", "Asia/Tokyo"),
        callingHours={"start": "08:00", "end": "21:00", "outside": "Skip"},
    ).runs
    assert [(run.id, w.state, w.start, w.adjustments) for run in runs for w in run.windows] == [
        ("20261126T0600", WindowState.PLANNED, datetime(2026, 11, 26, 6, tzinfo=UTC), ()),
        ("20261126T0600", WindowState.SKIPPED, None, ("OutsideCallingHours",)),
        ("20261126T1200", WindowState.SKIPPED, None, ("OutsideCallingHours",)),
        ("20261126T1200", WindowState.PLANNED, datetime(2026, 11, 26, 12, tzinfo=UTC), ()),
    ]


def test_the_picture_is_told_when_each_zone_is_open() -> None:
    drawn = blueprint(spec(contacts=contacts("Etc/UTC", "Asia/Tokyo")))
    hours = open_hours(forecast(REF, drawn, NOW, LEAD_SECONDS, 1), drawn)
    assert set(hours) == {"Etc/UTC", "Asia/Tokyo"}
    assert (datetime(2026, 11, 26, 8, tzinfo=UTC), datetime(2026, 11, 26, 21, tzinfo=UTC)) in hours["Etc/UTC"]
    assert (datetime(2026, 11, 25, 23, tzinfo=UTC), datetime(2026, 11, 26, 12, tzinfo=UTC)) in hours["Asia/Tokyo"]
    assert all(list(spans) == sorted(spans) for spans in hours.values())


def test_fewer_runs_where_the_calendar_ends() -> None:
    runs = seen(5, now=datetime(9999, 12, 29, tzinfo=UTC), cron="0 0 * * *", contacts=contacts("Etc/UTC")).runs
    assert 1 <= len(runs) < 5


def test_zones_go_from_east_to_west_by_their_offset_at_the_start() -> None:
    (run,) = seen(contacts=contacts("America/New_York", "Asia/Kolkata", "Europe/London", "Asia/Tokyo", "Etc/UTC")).runs
    assert [w.time_zone for w in run.windows_from_east] == [
        *("Asia/Tokyo", "Asia/Kolkata", "Etc/UTC", "Europe/London", "America/New_York")
    ]


def test_a_window_knows_where_the_match_was() -> None:
    local = seen().runs[0].windows
    assert [w.match for w in local] == [w.start for w in local]
    same = seen(startMode="SameInstant", timeZone="Asia/Tokyo", cron="0 9 * * *").runs[0].windows
    assert {w.match for w in same} == {datetime(2026, 11, 26, tzinfo=UTC)}


def test_an_edit_without_effect_changes_no_window() -> None:
    assert compare(seen(3), seen(3, runPolicy="Recurring")) == ()


def test_an_edit_of_cron_moves_every_window() -> None:
    changes = compare(seen(), seen(cron="30 10 * * *"))
    assert [(change.kind, change.time_zone) for change in changes] == [
        (ChangeKind.MOVED, "Europe/London"),
        (ChangeKind.MOVED, "America/New_York"),
    ]
    assert {change.moved_seconds for change in changes} == {5400}


def test_a_zone_more_and_a_zone_less_and_a_contact_more() -> None:
    new = seen(contacts=contacts("America/New_York", "America/New_York", "Asia/Tokyo"))
    kinds = {change.time_zone: change.kind for change in compare(seen(), new)}
    assert kinds == {
        "Asia/Tokyo": ChangeKind.ADDED,
        "America/New_York": ChangeKind.RECOUNTED,
        "Europe/London": ChangeKind.DROPPED,
    }


def test_runs_are_compared_in_their_order() -> None:
    changes = compare(seen(1), seen(2))
    assert {(change.number, change.kind, change.old_run_id) for change in changes} == {(2, ChangeKind.ADDED, None)}


@pytest.mark.parametrize(("before", "kind"), [(True, ChangeKind.DROPPED), (False, ChangeKind.ADDED)])
def test_a_window_that_is_skipped_is_one_that_is_not_there(before: bool, kind: ChangeKind) -> None:
    there = ForecastWindow(time_zone="Etc/UTC", contacts=1, match=NOW, start=NOW, end=NOW + timedelta(hours=1))
    skipped = ForecastWindow(
        time_zone="Etc/UTC", contacts=1, match=NOW, start=None, end=None, state=WindowState.SKIPPED
    )
    old, new = (there, skipped) if before else (skipped, there)

    def of(window: ForecastWindow) -> Forecast:
        return Forecast(REF, NOW, (ForecastRun("r", NOW.replace(tzinfo=None), 1, "h", (window,)),))

    assert [change.kind for change in compare(of(old), of(new))] == [kind]
