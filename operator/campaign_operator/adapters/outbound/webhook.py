"""Webhooks behind the Notifier port: one POST per attempt, signed by Standard Webhooks.

Owns the form of a delivery
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md) and what the
receiver's answer means. Its status is all that is read of an answer. When to try again is the caller's
business.
"""

import json
from datetime import UTC
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.outbound.answers import retry_after_seconds
from campaign_operator.adapters.outbound.egress import Egress
from campaign_operator.adapters.outbound.exchange import Answered, HTTPExchange, OutgoingRequest
from campaign_operator.domain.dialing.delivery import Delivered, DeliveryFailed, DeliveryOutcome, Gone, WebhookMessage
from campaign_operator.engine.ports import Clock

PLACES = 128
"""How many deliveries are under way at once."""

PLACES_OF_AN_OWNER = 16
"""How many of them are one owner's, whatever hosts he names."""


def webhook_exchange(egress: Egress) -> HTTPExchange:
    """The exchange that webhooks are delivered over."""
    return HTTPExchange(egress, keep_alive=False, places=FairPlaces(share=PLACES_OF_AN_OWNER, total=PLACES))


class WebhookNotifier:
    """Delivers messages over an exchange of its own, so that a receiver's faults touch no dialer."""

    def __init__(self, exchange: HTTPExchange, clock: Clock, *, timeout_seconds: float = 15.0) -> None:
        self._exchange = exchange
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def deliver(
        self, url: str, message: WebhookMessage, signing_key: bytes | None, *, owner: str
    ) -> DeliveryOutcome:
        """POST the message once, signed if there is a key. See ports.Notifier."""
        body = json.dumps(dict(message.body), ensure_ascii=False, separators=(",", ":"))
        request = OutgoingRequest(
            pool=f"{owner} {_receiver(url)}",
            method="POST",
            url=url,
            headers={"Content-Type": "application/json", **_signed_headers(message, body, signing_key)},
            body=body.encode(),
            owner=owner,
        )
        outcome = await self._exchange.send(request, deadline_seconds=self._timeout_seconds, read_body=False)
        if not isinstance(outcome, Answered):
            return DeliveryFailed(None, outcome.message)
        return self._answered(outcome)

    def _answered(self, answer: Answered) -> DeliveryOutcome:
        status = answer.status
        if 200 <= status < 300:
            return Delivered(status)
        if status == 410:
            return Gone()
        said = f"the receiver answered {status}"
        if 300 <= status < 400:
            said += ": the operator does not follow redirects; use the final URL"
        wait = retry_after_seconds(answer.headers.get("retry-after"), self._clock.now())
        return DeliveryFailed(status, said, wait)


def _receiver(url: str) -> str:
    """Whose pool a URL is for: its host and port, as far as they can be read."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _signed_headers(message: WebhookMessage, body: str, signing_key: bytes | None) -> dict[str, str]:
    at = message.attempted_at.astimezone(UTC)  # the library takes the wall-clock digits for UTC
    headers = {"Webhook-Id": message.id, "Webhook-Timestamp": str(int(at.timestamp()))}
    if signing_key is not None:
        headers["Webhook-Signature"] = Webhook(signing_key).sign(message.id, at, body)
    return headers
