"""Windows that were not sent before their start."""

from datetime import datetime, timedelta

import pytest
from builders import SETTINGS, at, window

from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.campaigns.late import Late, Missed, too_late

OPEN_FOR_FOUR_HOURS = window(start=0, end=14400)


@pytest.mark.parametrize(
    ("now", "start"),
    [(at(0), at(30)), (at(4520.000001), at(4551)), (at(4520.999999), at(4551)), (at(14400 - 930), at(14400 - 900))],
)
def test_a_late_window_opens_after_the_lead_on_a_whole_second(now: datetime, start: datetime) -> None:
    assert too_late(OPEN_FOR_FOUR_HOURS, now, SETTINGS, may_be_sent=True) == Late(start)


@pytest.mark.parametrize("now", [at(14400 - 929.999999), at(14400), at(86400)])
def test_a_window_with_less_than_900_seconds_left_is_missed(now: datetime) -> None:
    for may_be_sent in (True, False):
        assert too_late(OPEN_FOR_FOUR_HOURS, now, SETTINGS, may_be_sent=may_be_sent) == Missed()


@pytest.mark.parametrize("seconds", [10.1, 30, 86400])
def test_a_window_that_can_still_be_met_is_left_alone(seconds: float) -> None:
    now = OPEN_FOR_FOUR_HOURS.start_time - timedelta(seconds=seconds)
    assert too_late(OPEN_FOR_FOUR_HOURS, now, SETTINGS, may_be_sent=True) is None


def test_a_window_that_may_not_be_sent_now_is_not_moved_again_and_again() -> None:
    assert too_late(OPEN_FOR_FOUR_HOURS, at(60), SETTINGS, may_be_sent=False) is None


@pytest.mark.parametrize(
    ("seconds_before", "fate"), [(9, None), (1.1, None), (1, Missed()), (0, Missed()), (-5, Missed())]
)
def test_a_short_window_is_missed_only_once_its_start_is_here(seconds_before: float, fate: Missed | None) -> None:
    assert too_late(window(start=seconds_before, end=300), at(0), SETTINGS, may_be_sent=True) == fate


def test_a_late_window_is_not_late_again_however_short_the_lead() -> None:
    """With a lead shorter than the time to send, the new start would be too near as soon as it is written, and so for
    ever.
    """
    settings = Settings(lead_seconds=0)
    fate = too_late(OPEN_FOR_FOUR_HOURS, at(60), settings, may_be_sent=True)
    assert isinstance(fate, Late)
    moved = OPEN_FOR_FOUR_HOURS.model_copy(update={"start_time": fate.start})
    assert too_late(moved, at(61), settings, may_be_sent=True) is None
