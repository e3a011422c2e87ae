"""What needs a person first: the order of `kubectl campaign list`.

Pure. Owns the levels; a level is a fact of the status, and each campaign is at the first that applies.
"""

from datetime import datetime
from enum import IntEnum

from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.status import Condition
from campaign_operator.api.vocabulary import RunState, WebhookState
from kubectl_campaign.overdue import overdue
from kubectl_campaign.seen_campaign import SeenCampaign


class Attention(IntEnum):
    """How urgently a campaign needs a person, the most urgent first."""

    ACT = 0
    """Stalled: only a person can remove the cause."""

    UNSEEN = 1
    """No operator has seen it or its last edit, or done what has long been due; or the status cannot be read."""

    BLOCKED = 2
    """Something that is due is not submitted, or not cancelled; the operator tries again."""

    LOOK = 3
    """It goes on, and something was not as it should be: a run that failed or timed out, a list, a webhook."""

    RETRYING = 4
    """A transient fault."""

    NONE = 5
    """All is well."""


WORDS = {
    Attention.ACT: "act",
    Attention.UNSEEN: "unseen",
    Attention.BLOCKED: "blocked",
    Attention.LOOK: "look",
    Attention.RETRYING: "retrying",
    Attention.NONE: "-",
}

EDIT_NOT_SEEN = "the operator has not seen the last edit"
_OPTIONAL = (ConditionType.CONTACTS_VALID, ConditionType.ANALYTICS_AVAILABLE)


def attention_to(seen: SeenCampaign, now: datetime) -> tuple[Attention, str]:
    """The level, and why, in the words of the status."""
    if seen.unreadable is not None:
        return Attention.UNSEEN, f"{seen.unreadable} cannot be read; update the plugin"
    if seen.is_true(ConditionType.STALLED):
        return Attention.ACT, _said(seen.condition(ConditionType.STALLED))
    if not seen.status.conditions:
        return Attention.UNSEEN, "no operator has looked at it"
    if not seen.is_seen:
        return Attention.UNSEEN, EDIT_NOT_SEEN
    ready = seen.condition(ConditionType.READY)
    if seen.is_false(ConditionType.READY):
        return Attention.BLOCKED, _said(ready)
    for kind in _OPTIONAL:
        if seen.is_false(kind):
            return Attention.LOOK, _said(seen.condition(kind))
    if seen.is_true(ConditionType.FINISHED) and seen.is_false(ConditionType.COMPLETED):
        return Attention.LOOK, _said(seen.condition(ConditionType.COMPLETED))
    if seen.status.webhook_state in (WebhookState.FAILED, WebhookState.GONE):
        return Attention.LOOK, _said(seen.condition(ConditionType.WEBHOOK_DELIVERED))
    if seen.is_true(ConditionType.RECONCILING):
        return Attention.RETRYING, _said(seen.condition(ConditionType.RECONCILING))
    late = overdue(seen, now)
    if late is not None:
        return Attention.UNSEEN, late
    hook = seen.condition(ConditionType.WEBHOOK_DELIVERED)
    if hook is not None and hook.reason == Reason.WEBHOOK_RETRYING:
        return Attention.RETRYING, _said(hook)
    return Attention.NONE, _said(ready)


def order_of(seen: SeenCampaign, level: Attention) -> tuple[Attention, bool, str, str, str]:
    """By which campaigns are sorted: urgency, then what runs, then the next start, then the name."""
    is_idle = seen.status.state not in (RunState.RUNNING, RunState.HELD)
    return level, is_idle, seen.status.next_run_time or "~", seen.namespace, seen.name


def _said(condition: Condition | None) -> str:
    return f"{condition.reason}: {condition.message}" if condition is not None else ""
