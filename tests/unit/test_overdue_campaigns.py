"""What `kubectl campaign` says of campaigns that no operator looks after any more, by their statuses alone."""

import pytest
from builders import NOW, at, finished, hook, run, window
from seen_campaigns import seen, told

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState, WebhookState, WindowState
from kubectl_campaign.attention import Attention, attention_to
from kubectl_campaign.explanation import why_campaign
from kubectl_campaign.overdue import overdue
from kubectl_campaign.seen_campaign import SeenCampaign

MINUTE, HOUR, DAY = 60, 3_600, 86_400
GRACE = HOUR
SUBMITTED = WindowState.SUBMITTED


def planned(start: float) -> SeenCampaign:
    """One that is to be submitted a day before its start."""
    return seen(run(window(start=start, end=start + HOUR)))


def scheduled(start: float, state: RunState = RunState.SCHEDULED) -> SeenCampaign:
    """One that is submitted."""
    return seen(run(window(SUBMITTED, start=start, end=start + HOUR), state=state))


def with_webhook(next_attempt: float, state: WebhookState = WebhookState.PENDING) -> SeenCampaign:
    """One that has ended."""
    return seen(finished(hook=hook(state, next_attempt_time=at(next_attempt))))


LATE = {
    "not submitted": (planned(DAY - 6 * MINUTE), "submitted run 20261124T0900, due at 2026-11-23T11:54:00Z"),
    "not seen to start": (
        scheduled(-6 * MINUTE),
        "looked at the start of run 20261124T0900, due at 2026-11-23T11:54:00Z",
    ),
    "not ended": (
        scheduled(-HOUR - GRACE - 6 * MINUTE, RunState.RUNNING),
        "ended run 20261124T0900, due at 2026-11-23T11:54:00Z",
    ),
    "webhook not delivered": (
        with_webhook(-6 * MINUTE),
        "delivered the webhook of run 20261124T0900, due at 2026-11-23T11:54:00Z",
    ),
}

IN_TIME = {
    "submitted within five minutes": planned(DAY - 4 * MINUTE),
    "not to be submitted yet": planned(DAY + MINUTE),
    "not to be submitted while it is suspended": seen(run(window()), spec={"suspend": True}),
    "about to be seen to start": scheduled(-4 * MINUTE),
    "calling": scheduled(-30 * MINUTE, RunState.RUNNING),
    "within its grace": scheduled(-HOUR - GRACE, RunState.RUNNING),
    "ended": seen(finished()),
    "webhook is tried again later": with_webhook(HOUR),
    "webhook is given up": with_webhook(-HOUR, WebhookState.FAILED),
}


@pytest.mark.parametrize(("campaign", "said"), LATE.values(), ids=LATE)
def test_what_is_due_for_more_than_five_minutes_is_told(campaign: SeenCampaign, said: str) -> None:
    level, why = attention_to(campaign, NOW)
    assert level is Attention.UNSEEN
    assert why == f"no operator has {said}; check that one runs"
    screen = " ".join(why_campaign(campaign, NOW).split())
    assert screen.startswith(f"sales/spring: {why}. Do: check that the operator runs, ")


@pytest.mark.parametrize("campaign", IN_TIME.values(), ids=IN_TIME)
def test_what_an_operator_may_still_be_about_to_do_is_not_told(campaign: SeenCampaign) -> None:
    assert overdue(campaign, NOW) is None


SAID = {
    "blocked": ((ConditionType.READY, False, "DialerUnavailable"), Attention.BLOCKED),
    "reading a long list": ((ConditionType.RECONCILING, True, "ReadingContacts"), Attention.RETRYING),
}


@pytest.mark.parametrize(("condition", "level"), SAID.values(), ids=SAID)
def test_what_the_status_says_itself_comes_first(condition: tuple[ConditionType, bool, str], level: Attention) -> None:
    """It may be why the campaign is late."""
    late = seen(run(window(start=-HOUR, end=HOUR)), conditions=(told(*condition),))
    found, why = attention_to(late, NOW)
    assert found is level
    assert why.startswith(condition[2])
    assert "no operator" not in why_campaign(late, NOW)
