"""The right to send lapses by whichever clock says so first."""

import pytest

from campaign_operator.domain.dialing.permission import IntentPermission
from manual_clock import ManualClock


def test_a_permission_is_in_force_at_once_and_until_its_time_is_over() -> None:
    clock = ManualClock()
    permission = IntentPermission.begin(clock, 10)
    assert permission.in_force()
    clock.advance(9.999)
    assert permission.in_force()
    clock.advance(0.001)
    assert not permission.in_force()


@pytest.mark.parametrize("seconds", [10, 3600])
def test_a_permission_lapses_on_a_machine_that_was_suspended(seconds: float) -> None:
    clock = ManualClock()
    permission = IntentPermission.begin(clock, 10)
    clock.advance_wall(seconds)
    assert not permission.in_force()


def test_a_permission_lapses_by_the_monotonic_clock_while_the_wall_clock_stands_still() -> None:
    clock = ManualClock()
    permission = IntentPermission.begin(clock, 10)
    clock.advance_monotonic(10)
    assert not permission.in_force()


def test_a_wall_clock_set_back_ends_the_permission() -> None:
    clock = ManualClock()
    permission = IntentPermission.begin(clock, 10)
    clock.advance_wall(-1)
    clock.advance_monotonic(5)
    assert not permission.in_force()


def test_a_permission_of_no_length_is_never_in_force() -> None:
    assert not IntentPermission.begin(ManualClock(), 0).in_force()
