"""A webhook message and what may become of one attempt to deliver it, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One event for a webhook; the same `id` and `body` on every attempt, so that the receiver can drop repetitions.

    `body` is sent as JSON. `attempted_at` is the moment of this attempt, which Standard Webhooks signs
    (https://www.standardwebhooks.com/).
    """

    id: str
    body: Mapping[str, object]
    attempted_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """2xx."""

    code: int


@dataclass(frozen=True, slots=True)
class Gone:
    """410: the receiver wants no more of it, ever."""


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """Anything else; to be tried again. `code` is None where no answer came."""

    code: int | None
    message: str
    retry_after_seconds: float | None = None


DeliveryOutcome = Delivered | Gone | DeliveryFailed
