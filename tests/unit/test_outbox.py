"""What the end of a run and its deliveries make of the outbox."""

import pytest
from builders import NOW, at, finished, hook, in_history, run, status, window

from campaign_operator.api.status import RunKey
from campaign_operator.api.vocabulary import RunState, WebhookState, WindowState
from campaign_operator.domain.dialing.delivery import Delivered, DeliveryFailed, Gone
from campaign_operator.domain.status import outbox

RUN = RunKey("20261124T0900", "1")


def test_the_end_of_a_run_and_its_webhook_are_one_write() -> None:
    after = outbox.finished(status(run(window(WindowState.SUBMITTED))), RUN, RunState.COMPLETED, "uid", True, NOW)
    assert after.runs[0].webhook is not None
    assert (after.runs[0].state, after.runs[0].finish_time) == (RunState.COMPLETED, NOW)
    assert (after.runs[0].webhook.event, after.runs[0].webhook.state) == ("campaign.completed", WebhookState.PENDING)


def test_the_same_end_of_the_same_run_is_always_the_same_event() -> None:
    before = status(run(window(WindowState.SUBMITTED)))
    once, again = (outbox.finished(before, RUN, RunState.TIMED_OUT, "uid", True, moment) for moment in (NOW, at(99)))
    assert once.runs[0].webhook == again.runs[0].webhook
    assert outbox.webhook_id("uid", RUN, "e") != outbox.webhook_id("uid-2", RUN, "e")


def test_two_runs_of_one_match_have_two_events() -> None:
    """The first may have called Tokyo alone, and the second New York."""
    assert outbox.webhook_id("uid", RUN, "e") != outbox.webhook_id("uid", RunKey(RUN.id, "2"), "e")
    first, second = finished(hook=hook()), finished(hook=hook(), planned_from="2")
    after = outbox.delivered(status(first, second), second.key, Delivered(200), NOW)
    assert [r.webhook.state for r in after.runs if r.webhook is not None] == [
        WebhookState.PENDING,
        WebhookState.DELIVERED,
    ]


def test_no_webhook_in_the_spec_means_no_outbox() -> None:
    after = outbox.finished(status(run()), RUN, RunState.COMPLETED, "uid", False, NOW)
    assert after.runs[0].webhook is None


def test_deliveries_are_tried_ten_times_with_growing_waits_under_one_id() -> None:
    now, here, waits = NOW, status(finished(hook=hook())), []
    while here.runs[0].webhook is not None and here.runs[0].webhook.state is WebhookState.PENDING:
        here = outbox.delivered(here, RUN, DeliveryFailed(500, "no"), now)
        assert here.runs[0].webhook is not None
        assert here.runs[0].webhook.id == "msg_1"
        following = here.runs[0].webhook.next_attempt_time
        if following is not None:
            waits.append((following - now).total_seconds())
            now = following
    assert here.runs[0].webhook is not None
    assert (here.runs[0].webhook.state, here.runs[0].webhook.attempts) == (WebhookState.FAILED, 10)
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


def test_a_receiver_that_asks_for_more_time_gets_it() -> None:
    after = outbox.delivered(status(finished(hook=hook())), RUN, DeliveryFailed(429, "slow", 120), NOW)
    assert after.runs[0].webhook is not None
    assert after.runs[0].webhook.next_attempt_time == at(120)


@pytest.mark.parametrize(
    ("outcome", "state", "code"),
    [(Delivered(204), WebhookState.DELIVERED, 204), (Gone(), WebhookState.GONE, 410)],
)
def test_a_delivery_that_ended(outcome: Delivered | Gone, state: WebhookState, code: int) -> None:
    after = outbox.delivered(status(finished(hook=hook())), RUN, outcome, NOW)
    assert after.runs[0].webhook is not None
    assert (after.runs[0].webhook.state, after.runs[0].webhook.last_status_code) == (state, code)


def test_a_delivery_is_recorded_in_history_too_and_only_there() -> None:
    old = in_history(finished(hook=hook(), id="20261123T0900"))
    before = status(run(window(WindowState.SUBMITTED)), history=(old,))
    after = outbox.delivered(before, RunKey("20261123T0900", "1"), Delivered(200), NOW)
    assert after.runs[0] == before.runs[0]
    assert after.history[0].webhook is not None
    assert after.history[0].webhook.state is WebhookState.DELIVERED
