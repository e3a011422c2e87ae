"""Settings that would make the operator wait for ever, or take for lost what may still be carried out, are refused."""

import pytest

from campaign_operator.domain.campaigns.campaign import Settings


@pytest.mark.parametrize(
    "name", ["poll_seconds", "send_within_seconds", "request_timeout_seconds", "deletion_deadline_seconds"]
)
@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_that_must_pass_is_more_than_nothing(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be greater than 0"):
        Settings(**{name: seconds})


def test_the_settling_time_covers_the_time_to_send_and_the_time_out() -> None:
    Settings(settle_seconds=6, send_within_seconds=2, request_timeout_seconds=3)
    with pytest.raises(
        ValueError,
        match=r"settle_seconds \(5.5\) must be at least send_within_seconds \+ request_timeout_seconds \+ 1 \(6\)",
    ):
        Settings(settle_seconds=5.5, send_within_seconds=2, request_timeout_seconds=3)
