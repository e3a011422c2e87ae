"""What an account of a rolling update finds, each from an account without fault in which one thing is changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from e2e_world import Manifest
from rollouts.account import LOOK_UP_SECONDS, Account, HandOver
from rollouts.uncertainty import Span, Uncertainty

TIMES = {"startTime": "2027-03-02T09:00:00Z", "endTime": "2027-03-02T10:00:00Z"}
HAND_OVER = HandOver("SIGKILL", under_way=3, signalled_at=100, leads_at=110, submits_at=112)
WINDOW = ("c-0", "20270302T0900", "Europe/London")


def seen(state: str, name: str = "c-0") -> Manifest:
    """A campaign of one window in that state."""
    window = {"timeZone": "Europe/London", "state": state, "scheduleID": "s-1", **TIMES}
    run = {"id": "20270302T0900", "windows": [window]}
    return {"metadata": {"name": name}, "status": {"state": "Scheduled", "runs": [run]}}


def schedule(schedule_id: str = "s-1", **changes: Any) -> Manifest:
    """That window's schedule."""
    made = {"id": schedule_id, "campaignId": "x", "timezone": "Europe/London", "cancelledAt": None, **TIMES}
    return {**made, **changes}


FAULTLESS = Account(
    settle_seconds=60,
    killed_at=10.0,
    hand_overs=(HAND_OVER,),
    leads=(20.0,),
    campaigns=(seen("Submitted"),),
    schedules=(schedule(),),
    spans=(Span(WINDOW, 21.0, 82.0),),
    ended=(),
    log="",
)


def test_nothing_is_found_where_all_is_as_it_should_be() -> None:
    assert FAULTLESS.problems() == []


CHANGES: dict[str, tuple[Callable[[Account], Account], str]] = {
    "a schedule that was made twice": (
        lambda a: replace(a, schedules=(schedule(), schedule("s-2", cancelledAt="2027-03-02T08:00:00Z"))),
        "submitted 2 times: x Europe/London",
    ),
    "a schedule that no window has": (
        lambda a: replace(a, schedules=(schedule(), schedule("s-2", startTime="2027-03-02T11:00:00Z"))),
        "no window has the schedule s-2",
    ),
    "a window without its schedule": (lambda a: replace(a, schedules=()), "has no schedule in Europe/London"),
    "a window that is still Planned": (
        lambda a: replace(a, campaigns=(seen("Planned"),)),
        "has no schedule in Europe/London, which is Planned",
    ),
    "another window's schedule": (
        lambda a: replace(a, schedules=(schedule(endTime="2027-03-02T11:00:00Z"),)),
        "c-0 has another's schedule",
    ),
    "a campaign without a status": (lambda a: replace(a, campaigns=({"metadata": {"name": "c"}},)), "c is None"),
    "a window that was Uncertain for too long": (
        lambda a: replace(a, spans=(Span(WINDOW, 21.0, 82.0 + LOOK_UP_SECONDS),)),
        "was Uncertain for 71.0 s under one leader",
    ),
    "a window that was Uncertain before anybody was killed": (
        lambda a: replace(a, spans=(Span(WINDOW, 9.0, 15.0),)),
        "no replica had been killed",
    ),
    "a window that was Uncertain where nobody was killed": (
        lambda a: replace(a, killed_at=None),
        "no replica had been killed",
    ),
    "a hand-over with nothing under way": (
        lambda a: replace(a, hand_overs=(replace(HAND_OVER, under_way=0),)),
        "no submission was under way at: SIGKILL",
    ),
    "a replica that nobody has ended": (lambda a: replace(a, ended=("lost",)), "a replica has ended by itself: lost"),
    "an unexpected error": (lambda a: replace(a, log='{"event": "unexpected error"}'), "logged: "),
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_finds(what: str) -> None:
    change, said = CHANGES[what]
    assert any(said in problem for problem in change(FAULTLESS).problems())


def test_a_settling_time_that_another_leader_began_again_is_counted_from_then() -> None:
    account = replace(FAULTLESS, leads=(20.0, 60.0), spans=(Span(WINDOW, 21.0, 122.0),))
    assert account.problems() == []
    assert account.seconds_under_one_leader(account.spans[0]) == 62.0


def test_a_window_is_uncertain_from_the_first_event_that_says_so_to_the_first_that_says_otherwise() -> None:
    seen_so_far = Uncertainty()
    for at, state in enumerate(["Intent", "Uncertain", "Uncertain", "Submitted", "Submitted", "Uncertain"]):
        seen_so_far.saw(seen("Uncertain", "another"), float(at))
        seen_so_far.saw(seen(state), float(at))
    assert seen_so_far.spans == [Span(WINDOW, 1.0, 3.0)]
