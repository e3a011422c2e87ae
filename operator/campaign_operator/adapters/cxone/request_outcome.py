"""What an answer, or the want of one, counts as in the metrics of requests. Decides nothing else: see `dialer`."""

from campaign_operator.adapters.outbound.exchange import Answered, ExchangeOutcome, Forbidden, NeverSent, Unanswered
from campaign_operator.observability.metrics import DialerCall, RequestOutcome

_REFUSED_SUBMISSION = frozenset({400, 401, 403, 404, 422})
"""Any other status leaves it open whether the schedule exists."""


def request_outcome(call: DialerCall, outcome: ExchangeOutcome) -> RequestOutcome:
    """The class of what became of a request."""
    match outcome:
        case Forbidden():
            return RequestOutcome.REFUSED
        case NeverSent():
            return RequestOutcome.UNAVAILABLE
        case Unanswered():
            return _no_clear_answer(call)
        case Answered(status=429):
            return RequestOutcome.THROTTLED
        case Answered(status) if _is_success(call, status):
            return RequestOutcome.SUCCESS
        case Answered(status) if _is_refusal(call, status):
            return RequestOutcome.REFUSED
        case Answered():
            return _no_clear_answer(call)


def _no_clear_answer(call: DialerCall) -> RequestOutcome:
    return RequestOutcome.UNCLEAR if call is DialerCall.SUBMIT else RequestOutcome.UNAVAILABLE


def _is_success(call: DialerCall, status: int) -> bool:
    match call:
        case DialerCall.SUBMIT:
            return 200 <= status < 300
        case DialerCall.CANCEL:
            return status in (204, 404)  # what is gone already is cancelled, too
        case _:
            return status == 200


def _is_refusal(call: DialerCall, status: int) -> bool:
    if call is DialerCall.SUBMIT:
        return status in _REFUSED_SUBMISSION
    return 400 <= status < 500 or status == 501
