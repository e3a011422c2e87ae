"""The outbox: the end of a run with its webhook, kept in the status until it is delivered or given up. Pure: status in,
status out.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from campaign_operator.api.status import RunKey, WebhookStatus
from campaign_operator.api.vocabulary import MAX_MESSAGE, RunState, WebhookState
from campaign_operator.domain.dialing.delivery import Delivered, DeliveryOutcome, Gone
from campaign_operator.domain.status.record import AnyRun, Status, run_at, with_run
from campaign_operator.wording import cut

WEBHOOK_DELAYS_SECONDS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Waits after each failed delivery, as Standard Webhooks recommends; after ten attempts it is given up."""

EVENT_NAMES = {
    RunState.COMPLETED: "campaign.completed",
    RunState.TIMED_OUT: "campaign.timed_out",
    RunState.FAILED: "campaign.failed",
}


def finished(status: Status, key: RunKey, state: RunState, uid: str, has_webhook: bool, now: datetime) -> Status:
    """The end of a run, with the outbox entry in the same write."""
    event = EVENT_NAMES.get(state)
    entry = None
    if has_webhook and event is not None:
        entry = WebhookStatus(id=webhook_id(uid, key, event), event=event, state=WebhookState.PENDING)
    run = run_at(status, key).model_copy(update={"state": state, "finish_time": now, "webhook": entry})
    return with_run(status, run)


def webhook_id(uid: str, key: RunKey, event: str) -> str:
    """The same for the same end of the same run, so that even a lost write cannot make a second event of it.

    One match can have two runs, of which the first was cancelled or called other zones: their ends are two events.
    """
    named = f"{uid}/{key.id}/{key.planned_from}/{event}"
    return "msg_" + hashlib.sha256(named.encode()).hexdigest()[:32]


def delivered(status: Status, key: RunKey, outcome: DeliveryOutcome, now: datetime) -> Status:
    """One more attempt at the webhook of that run, wherever the run is now."""
    return _with_hook(status, key, lambda hook: _delivered(hook, outcome, now))


def _with_hook(status: Status, key: RunKey, change: Callable[[WebhookStatus], WebhookStatus]) -> Status:
    def changed(run: AnyRun) -> AnyRun:
        hook = run.webhook
        if (run.id, run.planned_from) != key or hook is None or hook.state is not WebhookState.PENDING:
            return run
        return run.model_copy(update={"webhook": change(hook)})

    return status.model_copy(
        update={"runs": tuple(changed(r) for r in status.runs), "history": tuple(changed(r) for r in status.history)}
    )


def undeliverable(status: Status, key: RunKey) -> Status:
    """The webhook of that run given up at once, since the spec no longer names one."""
    return _with_hook(status, key, lambda hook: hook.model_copy(update={"state": WebhookState.FAILED}))


def _delivered(hook: WebhookStatus, outcome: DeliveryOutcome, now: datetime) -> WebhookStatus:
    done: dict[str, object] = {"attempts": hook.attempts + 1, "next_attempt_time": None, "message": None}
    match outcome:
        case Delivered(code):
            return hook.model_copy(update={**done, "state": WebhookState.DELIVERED, "last_status_code": code})
        case Gone():
            return hook.model_copy(update={**done, "state": WebhookState.GONE, "last_status_code": 410})
        case _:
            done |= {"last_status_code": outcome.code, "message": cut(outcome.message, MAX_MESSAGE)}
            if hook.attempts >= len(WEBHOOK_DELAYS_SECONDS):
                return hook.model_copy(update={**done, "state": WebhookState.FAILED})
            wait = max(WEBHOOK_DELAYS_SECONDS[hook.attempts], outcome.retry_after_seconds or 0)
            return hook.model_copy(update={**done, "next_attempt_time": now + timedelta(seconds=wait)})
