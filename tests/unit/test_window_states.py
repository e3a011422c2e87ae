"""What each state of a window means: whoever adds one says so in the table, and every set of states follows."""

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns import window_states
from campaign_operator.domain.campaigns.window_states import MEANINGS, AtTheDialer


def test_every_state_has_a_row() -> None:
    assert set(MEANINGS) == set(WindowState)


def test_a_request_under_way_leaves_open_whether_there_is_a_schedule() -> None:
    for row in MEANINGS.values():
        if row.may_be_under_way:
            assert (row.at_the_dialer, row.settled) == (AtTheDialer.POSSIBLE, False)


def test_what_can_be_cancelled_is_or_may_be_at_the_dialer() -> None:
    assert window_states.HOLDING_BACK < window_states.OUTSTANDING


def test_no_window_overlaps_another_of_its_zone_that_is_or_may_be_at_the_dialer() -> None:
    assert window_states.OUTSTANDING < window_states.MAY_CALL
    assert frozenset(WindowState) == window_states.MAY_CALL | window_states.WITHOUT_SCHEDULE


def test_only_what_is_left_to_a_person_may_be_at_the_dialer_and_is_waited_for_by_nobody() -> None:
    silent = window_states.OUTSTANDING - window_states.HOLDING_BACK
    assert silent == {WindowState.HELD}
