"""The one timer goes by whatever must be over first, and is off when nothing is under way."""

import pytest

from campaign_operator.adapters.outbound.watchdog import Watchdog
from campaign_operator.domain.campaigns.campaign import Settings
from manual_clock import ManualClock


def test_the_timer_goes_by_what_must_be_over_first() -> None:
    clock, told = ManualClock(), list[float | None]()
    watchdog = Watchdog(clock, told.append)
    with watchdog.over_within(40):
        clock.advance(10)
        with watchdog.over_within(40):
            clock.advance(5)
            with watchdog.over_within(3):
                clock.advance(1)
    assert told == [40, 30, 3, 24, 24, None]


def test_the_timer_is_off_after_a_request_that_failed() -> None:
    told = list[float | None]()
    watchdog = Watchdog(ManualClock(), told.append)
    with pytest.raises(ConnectionResetError), watchdog.over_within(40):
        raise ConnectionResetError
    assert told == [40, None]


def test_what_is_late_already_ends_the_process_at_once_and_never_turns_the_timer_off() -> None:
    clock, told = ManualClock(), list[float | None]()
    watchdog = Watchdog(clock, told.append)
    with watchdog.over_within(40):
        clock.advance(41)
        with watchdog.over_within(40):
            pass
    assert told == [40, 0.001, 0.001, None]


def test_a_request_is_over_between_its_time_out_and_the_end_of_the_settling_time() -> None:
    settings = Settings(request_timeout_seconds=30, send_within_seconds=10, settle_seconds=60)
    assert settings.over_within_seconds == 40
    least = Settings(request_timeout_seconds=30, send_within_seconds=10, settle_seconds=41)
    assert least.over_within_seconds == 30.5
