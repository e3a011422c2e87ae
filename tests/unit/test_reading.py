"""A status that this version did not write is read as far as it is safe, and written back without losing a field."""

from typing import Any

import pytest
from builders import at, finished, hook, in_history, run, status, window

from campaign_operator.api.reading import UnreadableError, read_conditions, read_status
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import Adjustment, WindowState

ZERO = "0000-01-01T00:00:00Z"
CONDITION = {
    "type": "Ready",
    "status": "True",
    "observedGeneration": 1,
    "lastTransitionTime": "2026-11-23T12:00:00Z",
    "reason": "Accepted",
    "message": "",
}


def wire() -> dict[str, Any]:
    """A status with a run of two windows, one in history, and a condition."""
    submitted = window(WindowState.SUBMITTED, message="adopted", adjustments=(Adjustment.STARTED_LATE,))
    first = run(submitted, window(time_zone="Europe/London"), planned_time=at(-60), verified_until=at(0))
    made = status(first, history=(in_history(finished(hook=hook(next_attempt_time=at(60)))),)).to_wire()
    return {**made, "conditions": [dict(CONDITION)], "state": "Scheduled", "nextRunTime": to_rfc3339(at(3600))}


def changed(location: tuple[int | str, ...], value: object) -> dict[str, Any]:
    """The status with one value in another's place."""
    made: Any = wire()
    place = made
    for part in location[:-1]:
        place = place[part]
    place[location[-1]] = value
    return dict(made)


RUN: tuple[int | str, ...] = ("runs", 0)
WINDOW = (*RUN, "windows", 0)
PAST = ("history", 0)


def test_a_window_in_a_state_that_is_not_known_is_held_and_says_so() -> None:
    first, second = read_status(changed((*WINDOW, "state"), "Paused")).runs[0].windows
    assert (first.state, first.reason) == (WindowState.HELD, "WrittenByNewerVersion")
    assert first.message == "state Paused belongs to another version of the operator"
    assert first.schedule_id == "s-1"
    assert second.state is WindowState.PLANNED


def test_its_own_reason_stands() -> None:
    made = changed((*WINDOW, "state"), "Paused")
    made["runs"][0]["windows"][0]["reason"] = "PausedByDialer"
    assert read_status(made).runs[0].windows[0].reason == "PausedByDialer"


@pytest.mark.parametrize(
    ("location", "value"),
    [
        ((*RUN, "state"), "Paused"),
        ((*PAST, "state"), "Paused"),
        ((*PAST, "webhook", "state"), "Paused"),
        ((*WINDOW, "reason"), "SomethingNew"),
        ((*WINDOW, "novelty"), {"deep": [1, 2]}),
        ((*RUN, "novelty"), "x"),
        (("novelty",), [{"a": 1}]),
        ((*PAST, "novelty"), 1),
        ((*RUN, "metrics", "novelty"), 1),
    ],
    ids=str,
)
def test_words_and_fields_that_are_not_known_are_written_back_as_they_stand(
    location: tuple[int | str, ...], value: object
) -> None:
    made = changed(location, value)
    assert read_status(made).to_wire() == made == read_status(read_status(made).to_wire()).to_wire()


@pytest.mark.parametrize(
    ("location", "value", "without"),
    [
        ((*WINDOW, "adjustments"), ["MovedByLaw", "StartedLate"], "MovedByLaw"),
        ((*WINDOW, "nextAttemptTime"), ZERO, ZERO),
        ((*WINDOW, "message"), "x" * 1025, "xx"),
        ((*WINDOW, "reason"), "not a reason", "not a reason"),
        ((*RUN, "plannedTime"), ZERO, ZERO),
        ((*RUN, "verifiedUntil"), "2026-11-25T09:00:00+99:99", "+99:99"),
        (("nextRunTime",), "x" * 33, "xx"),
        (("state",), 1, "'state': 1,"),
        ((*PAST, "finishTime"), ZERO, ZERO),
        (("conditions", 0, "lastTransitionTime"), ZERO, ZERO),
    ],
    ids=str,
)
def test_what_is_made_anew_or_only_words_is_left_out_where_it_cannot_be_read(
    location: tuple[int | str, ...], value: object, without: str
) -> None:
    read = read_status(changed(location, value))
    assert without not in str(read.to_wire())
    assert [w.state for w in read.runs[0].windows] == [WindowState.SUBMITTED, WindowState.PLANNED]


def test_several_items_of_one_list_are_left_out_together() -> None:
    made = wire()
    made["history"] = [{**made["history"][0], "finishTime": ZERO}, made["history"][0], {"id": "x"}]
    made["conditions"] = [{"type": "X"}, CONDITION, {"type": "Y"}]
    read = read_status(made)
    assert [r.id for r in read.history] == ["20261124T0900"]
    assert [c.type for c in read.conditions] == ["Ready"]


@pytest.mark.parametrize(
    ("location", "value", "field"),
    [
        ((*WINDOW, "startTime"), ZERO, "status.runs[0].windows[0].startTime"),
        ((*WINDOW, "endTime"), "9999-12-31T23:59:59Z", "status.runs[0].windows[0].endTime"),
        ((*WINDOW, "attempt"), -1, "status.runs[0].windows[0].attempt"),
        ((*WINDOW, "scheduleID"), "x" * 129, "status.runs[0].windows[0].scheduleID"),
        ((*RUN, "finishTime"), ZERO, "status.runs[0].finishTime"),
        (("runs",), "x", "status.runs"),
        (("listingTrustedFrom",), ZERO, "status.listingTrustedFrom"),
        (("lastHandledResolve",), 1, "status.lastHandledResolve"),
    ],
    ids=str,
)
def test_what_submission_depends_on_is_never_guessed(
    location: tuple[int | str, ...], value: object, field: str
) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_status(changed(location, value))
    assert str(raised.value) == field


@pytest.mark.parametrize(
    ("place", "field"), [(("runs",), "status.runs[1]"), ((*RUN, "windows"), "status.runs[0].windows[2]")]
)
def test_what_is_there_twice_is_not_guessed_either(place: tuple[int | str, ...], field: str) -> None:
    made: Any = wire()
    items = made
    for part in place:
        items = items[part]
    items.append(items[0])
    with pytest.raises(UnreadableError) as raised:
        read_status(made)
    assert str(raised.value) == field


def test_an_absent_status_is_that_of_a_new_resource() -> None:
    assert read_status(None) == read_status({}) == OutboundCampaignStatus()


def test_many_fields_are_counted() -> None:
    made = wire()
    made["runs"] = [{}]
    with pytest.raises(UnreadableError, match=r"^status\.runs\[0\]\.id, .* and 1 more$"):
        read_status(made)


@pytest.mark.parametrize("found", [None, {}, {"conditions": "x"}, {"conditions": [{"type": "X"}]}, "x"], ids=str)
def test_conditions_that_cannot_be_read_are_none(found: object) -> None:
    assert read_conditions(found) == ()


def test_conditions_are_read_beside_what_cannot_be() -> None:
    (condition,) = read_conditions({"conditions": [{"type": "X"}, CONDITION], "runs": "x"})
    assert condition.to_wire() == CONDITION
