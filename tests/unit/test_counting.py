"""Calls are credited to the run that they belong to, or to those that overlap in turn, and to one only."""

from datetime import datetime

from builders import NOW, at, run, window
from hypothesis import given
from hypothesis import strategies as st

from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.v1alpha1 import Completion
from campaign_operator.api.vocabulary import RunState, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.dialing.outcomes import CallCounts
from campaign_operator.domain.status.counting import counted_since, credited

HOUR = 3600
COMPLETION = Completion(expected_calls=10, grace_seconds=HOUR)


def started(number: int, start: float, end: float) -> RunStatus:
    return run(window(WindowState.SUBMITTED, start=start, end=end), planned_from=str(number))


def has(*of: RunStatus) -> OutboundCampaignStatus:
    return OutboundCampaignStatus(runs=of)


def counted(status: OutboundCampaignStatus, completed: int, until: datetime = NOW) -> OutboundCampaignStatus:
    answer = CallCounts(completed, completed * 2, completed // 2)
    return credited(status, answer, COMPLETION, until=until, now=until)


def completed(status: OutboundCampaignStatus) -> list[int]:
    return [r.metrics.calls_completed for r in status.runs]


def finish(status: OutboundCampaignStatus, index: int) -> OutboundCampaignStatus:
    ended = status.runs[index].model_copy(update={"state": RunState.COMPLETED, "finish_time": NOW})
    return status.model_copy(update={"runs": (*status.runs[:index], ended, *status.runs[index + 1 :])})


FIRST, SECOND = started(1, -2 * HOUR, HOUR), started(2, -HOUR, 2 * HOUR)


def test_a_run_that_overlaps_no_other_is_counted_from_its_own_first_start() -> None:
    after = counted(has(FIRST), 4)
    assert counted_since(has(FIRST), NOW) == at(-2 * HOUR)
    assert completed(after) == [4]
    assert after.runs[0].metrics.shared is None


def test_what_exceeds_the_expected_calls_of_the_only_run_is_its_own() -> None:
    assert completed(counted(has(FIRST), 14)) == [14]


def test_calls_of_runs_that_overlap_go_to_the_oldest_that_lacks_some_then_to_the_next() -> None:
    after = counted(has(FIRST, SECOND), 13)
    assert completed(after) == [10, 3]
    assert all(r.metrics.shared for r in after.runs)


def test_the_surplus_goes_to_the_newest_that_has_started() -> None:
    assert completed(counted(has(FIRST, SECOND), 25)) == [10, 15]


def test_a_run_that_is_past_its_deadline_gets_nothing_more() -> None:
    past = started(1, -9 * HOUR, -3 * HOUR)
    assert completed(counted(has(past, SECOND), 5)) == [0, 5]


def test_calls_before_the_deadline_are_asked_for_apart_and_credited_to_it() -> None:
    past = started(1, -9 * HOUR, -3 * HOUR)
    by_then = counted(has(past, SECOND), 4, until=at(-2 * HOUR))
    assert completed(counted(by_then, 9)) == [4, 5]


def test_what_was_credited_stays_when_a_run_finishes() -> None:
    shared = counted(has(FIRST, SECOND), 12)
    after = counted(finish(shared, 0), 18)
    assert completed(after) == [10, 8]
    assert after.runs[1].metrics.counted_since == at(-2 * HOUR)


def test_a_run_that_begins_when_none_is_left_is_counted_anew() -> None:
    alone = finish(counted(has(FIRST), 10), 0)
    with_next = alone.model_copy(update={"runs": (*alone.runs, SECOND)})
    assert counted_since(with_next, NOW) == at(-HOUR)
    assert completed(counted(with_next, 3)) == [10, 3]


def test_a_run_that_joins_another_is_shared_also_when_that_has_finished() -> None:
    alone = counted(has(FIRST), 3)
    joined = counted(alone.model_copy(update={"runs": (*alone.runs, SECOND)}), 12)
    assert joined.runs[1].metrics.shared
    assert counted(finish(joined, 0), 13).runs[1].metrics.shared


def test_attempts_and_connections_follow_the_completed_calls() -> None:
    after = credited(has(FIRST, SECOND), CallCounts(13, 20, 9), COMPLETION, until=NOW, now=NOW)
    assert [r.metrics.calls_attempted for r in after.runs] == [17, 3]
    assert [r.metrics.connected for r in after.runs] == [6, 3]


def test_a_shared_run_is_completed_no_earlier_than_its_own_last_end() -> None:
    after = counted(has(FIRST, SECOND), 25).runs[0]
    assert runs.run_state(after, COMPLETION, NOW) is RunState.RUNNING
    assert runs.run_state(after, COMPLETION, at(HOUR)) is RunState.COMPLETED


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_runs_add_up_to_what_the_dialer_counts(steps: list[int], lost: list[bool]) -> None:
    """Whatever polls are lost, and whenever a run joins or finishes."""
    status, total = has(FIRST), 0
    for number, (step, is_lost) in enumerate(zip(steps, lost, strict=False)):
        total += step
        if number == 1:
            status = status.model_copy(update={"runs": (*status.runs, SECOND)})
        if not is_lost:
            status = counted(status, total)
            assert sum(completed(status)) == total
        if number == 3 and len(status.runs) > 1 and status.runs[1].metrics.counted_since is not None:
            status = finish(status, 0)
