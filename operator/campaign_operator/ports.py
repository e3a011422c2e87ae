"""The outside world as the reconciler sees it: one Protocol per role, with the meaning of every outcome.

Adapters implement these; the reconciler knows nothing else of HTTP or Kubernetes. What may come back is told
by values, not by exceptions, wherever the caller must treat the outcomes differently.
"""

from datetime import datetime
from typing import Protocol

from campaign_operator.domain.connection import Connection
from campaign_operator.domain.delivery import DeliveryOutcome, WebhookMessage
from campaign_operator.domain.dialing import (
    AnalyticsOutcome,
    AnalyticsQuery,
    AuthenticateOutcome,
    CountOutcome,
    ListOutcome,
    ScheduleRequest,
    SendPermission,
    SubmitOutcome,
)


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed point of this process; never goes back."""


class Dialer(Protocol):
    """A dialer that places calls while a schedule of a campaign is open."""

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        """Whether the dialer accepts these credentials; a token in the cache is an answer."""

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        """Send one schedule at most once (once more only after a 401 answered it and the token was refreshed).

        `permission` is asked immediately before the request's first byte leaves; where it is no longer in
        force nothing is sent and the outcome is `NotSent`. Never raises for anything the network or the
        dialer does.
        """

    async def list_schedules(self, connection: Connection, campaign_id: str) -> ListOutcome:
        """All schedules of a campaign. An incomplete or inconsistent listing is `Unavailable`, never a short `Listing`."""

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        """Counts of calls, all pages read; unreadable counts are `Unavailable`, never zeros."""


class CallCounter(Protocol):
    """Counts of calls for campaigns that ask one by one, at the cost of one query for all of a connection."""

    async def counts(
        self, connection: Connection, campaign_id: str, date_from: datetime, date_to: datetime | None
    ) -> CountOutcome:
        """Calls of one campaign from `date_from` until `date_to`, or until now where that is None or ahead.

        May be as old as one poll period. A failure of the query is a failure for each who asked; a refusal
        that is about one campaign is told to that one alone.
        """


class Notifier(Protocol):
    """Delivers a message to a webhook, one attempt per call."""

    async def deliver(self, url: str, message: WebhookMessage, signing_secret: str | None) -> DeliveryOutcome:
        """POST the message once, signed if there is a secret. Never raises for anything the receiver does.

        A `signing_secret` that is not in the Standard Webhooks form (`whsec_` and base64) is used as raw
        UTF-8 bytes.
        """
