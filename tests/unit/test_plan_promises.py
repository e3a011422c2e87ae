"""What holds for every plan, whatever is asked: never early, never past, always the same."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from builders import OPEN_ALWAYS, plan_inputs
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_operator.api.vocabulary import Adjustment, StartMode
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.cron_matches import matches
from campaign_operator.domain.planning.plan import RunPlan, Taken, plan_hash, plan_run
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

CRONS = ("* * * * *", "*/7 * * * *", "30 * * * *", "0 9 * * *", "30 2 * * *", "15 0 * * 0", "59 23 31 * 1-5")
crons = st.sampled_from(CRONS)
zone_counts = st.dictionaries(st.sampled_from(sorted(ZONE_NAMES)), st.integers(1, 1_000_000), min_size=1, max_size=8)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given UTC


@given(
    cron=crons,
    counts=zone_counts,
    now=moments,
    lead_seconds=st.integers(0, 3600),
    window_seconds=st.integers(60, 2 * 86_400),
    start_mode=st.sampled_from(StartMode),
    time_zone=st.sampled_from(sorted(ZONE_NAMES)),
    data=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_a_plan_keeps_its_promises(
    cron: str,
    counts: dict[str, int],
    now: datetime,
    lead_seconds: int,
    window_seconds: int,
    start_mode: StartMode,
    time_zone: str,
    data: st.DataObject,
) -> None:
    schedule = parse_cron(cron)
    previous_ends = {
        name: now + timedelta(seconds=data.draw(st.integers(-86_400, 3 * 86_400)))
        for name in counts
        if data.draw(st.booleans())
    }

    def planned(contacts_by_zone: Mapping[str, int]) -> RunPlan:
        return plan_run(
            plan_inputs(
                schedule=schedule,
                start_mode=start_mode,
                time_zone=time_zone,
                window_seconds=window_seconds,
                calling_hours=OPEN_ALWAYS,
                contacts_by_zone=contacts_by_zone,
            ),
            now=now,
            lead_seconds=lead_seconds,
            taken=Taken(ends=previous_ends),
        )

    run = planned(counts)
    assert matches(schedule, run.nominal_time)
    assert run.run_id == run.nominal_time.strftime("%Y%m%dT%H%M")
    assert {window.time_zone: window.contacts for window in run.windows} == counts
    assert run.contacts == sum(counts.values())
    assert list(run.windows) == sorted(run.windows, key=lambda window: (window.start, window.time_zone))
    for window in run.windows:
        if window.is_skipped:
            assert Adjustment.MOVED_OUT_OF_GAP in window.adjustments, "the clocks skip the rest of its date"
            continue
        assert window.start >= now + timedelta(seconds=lead_seconds)
        assert window.start >= previous_ends.get(window.time_zone, window.start)
        assert window.end - window.start == timedelta(seconds=window_seconds)
        shown = window.start.astimezone(
            load_zone(time_zone if start_mode is StartMode.SAME_INSTANT else window.time_zone)
        )
        if Adjustment.MOVED_OUT_OF_GAP in window.adjustments:
            assert shown.replace(tzinfo=None) > run.nominal_time
        else:
            assert shown.replace(tzinfo=None, fold=0) == run.nominal_time
            assert shown.fold == 0
    again = planned(dict(reversed(counts.items())))
    assert again == run
    assert plan_hash(again.windows) == plan_hash(run.windows)
