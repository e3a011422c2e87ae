"""What a request to the dialer counts as, beside what its outcome means to the operator."""

import httpx
import pytest

from campaign_operator.adapters.cxone.request_outcome import request_outcome
from campaign_operator.adapters.outbound.exchange import Answered, ExchangeOutcome, Forbidden, NeverSent, Unanswered
from campaign_operator.observability.metrics import DialerCall, RequestOutcome

SUBMIT, CANCEL, LIST = DialerCall.SUBMIT, DialerCall.CANCEL, DialerCall.LIST
SUCCESS, REFUSED, THROTTLED = RequestOutcome.SUCCESS, RequestOutcome.REFUSED, RequestOutcome.THROTTLED
UNCLEAR, UNAVAILABLE = RequestOutcome.UNCLEAR, RequestOutcome.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "submit", "cancel", "listing"),
    [
        (200, SUCCESS, UNAVAILABLE, SUCCESS),
        (201, SUCCESS, UNAVAILABLE, UNAVAILABLE),
        (204, SUCCESS, SUCCESS, UNAVAILABLE),
        (302, UNCLEAR, UNAVAILABLE, UNAVAILABLE),
        (400, REFUSED, REFUSED, REFUSED),
        (401, REFUSED, REFUSED, REFUSED),
        (403, REFUSED, REFUSED, REFUSED),
        (404, REFUSED, SUCCESS, REFUSED),
        (409, UNCLEAR, REFUSED, REFUSED),
        (429, THROTTLED, THROTTLED, THROTTLED),
        (500, UNCLEAR, UNAVAILABLE, UNAVAILABLE),
        (501, UNCLEAR, REFUSED, REFUSED),
        (503, UNCLEAR, UNAVAILABLE, UNAVAILABLE),
    ],
)
def test_an_answer(status: int, submit: RequestOutcome, cancel: RequestOutcome, listing: RequestOutcome) -> None:
    answer = Answered(status, httpx.Headers(), None, "")
    assert [request_outcome(call, answer) for call in (SUBMIT, CANCEL, LIST)] == [submit, cancel, listing]


@pytest.mark.parametrize(
    ("outcome", "submit", "cancel"),
    [
        (Forbidden("it is private"), REFUSED, REFUSED),
        (NeverSent("no connection"), UNAVAILABLE, UNAVAILABLE),
        (Unanswered("no answer"), UNCLEAR, UNAVAILABLE),
    ],
)
def test_no_answer(outcome: ExchangeOutcome, submit: RequestOutcome, cancel: RequestOutcome) -> None:
    assert [request_outcome(call, outcome) for call in (SUBMIT, CANCEL)] == [submit, cancel]
