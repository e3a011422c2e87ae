"""Everybody outside that a look may have to wait for: while it does, it makes room for the looks of others.

Not the API server, for which all wait alike. Owns nothing else: what is asked, and what the answers mean, is the same.
"""

from datetime import datetime

from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.delivery import DeliveryOutcome, WebhookMessage
from campaign_operator.domain.dialing.outcomes import (
    AccessOutcome,
    AnalyticsOutcome,
    AnalyticsQuery,
    AuthenticateOutcome,
    CallCounts,
    CancelOutcome,
    ListOutcome,
    ScheduleRequest,
    SendPermission,
    Span,
    SubmitOutcome,
)
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.polling import AnalyticsFault
from campaign_operator.engine.places import waiting_outside
from campaign_operator.engine.ports import (
    AnalyticsSource,
    CalendarSource,
    ContactSource,
    Dialer,
    ListReading,
    Notifier,
    PolicySource,
)


class OutsideDialer:
    """ports.Dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.authenticate(connection)

    async def check_access(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.check_access(connection, campaign_id)

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.submit(connection, request, permission)

    async def list_schedules(self, connection: Connection, campaign_id: str, span: Span | None = None) -> ListOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.list_schedules(connection, campaign_id, span)

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> CancelOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.cancel(connection, campaign_id, schedule_id, permission)

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        """See ports.Dialer."""
        with waiting_outside():
            return await self._dialer.fetch_analytics(connection, query)


class OutsideNotifier:
    """ports.Notifier."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def deliver(
        self, url: str, message: WebhookMessage, signing_key: bytes | None, *, owner: str
    ) -> DeliveryOutcome:
        """See ports.Notifier."""
        with waiting_outside():
            return await self._notifier.deliver(url, message, signing_key, owner=owner)


class OutsideAnalytics:
    """ports.AnalyticsSource."""

    def __init__(self, analytics: AnalyticsSource) -> None:
        self._analytics = analytics

    async def counts(
        self,
        connection: Connection,
        campaign_id: str,
        date_from: datetime,
        date_to: datetime | None,
        *,
        as_of: datetime | None = None,
    ) -> CallCounts | AnalyticsFault:
        """See ports.AnalyticsSource."""
        with waiting_outside():
            return await self._analytics.counts(connection, campaign_id, date_from, date_to, as_of=as_of)


class OutsideContacts:
    """ports.ContactSource."""

    def __init__(self, contacts: ContactSource) -> None:
        self._contacts = contacts

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        """See ports.ContactSource."""
        with waiting_outside():
            return await self._contacts.read(campaign, max_age_seconds=max_age_seconds)

    def ask_again(self, campaign: Campaign) -> None:
        """See ports.ContactSource."""
        self._contacts.ask_again(campaign)

    def forget(self, ref: CampaignRef) -> None:
        """See ports.ContactSource."""
        self._contacts.forget(ref)


class OutsideCalendars:
    """ports.CalendarSource."""

    def __init__(self, calendars: CalendarSource) -> None:
        self._calendars = calendars

    async def excluded_dates(
        self, namespace: str, source: ExcludeDatesSource, *, max_age_seconds: float
    ) -> DateSet | Problem:
        """See ports.CalendarSource."""
        with waiting_outside():
            return await self._calendars.excluded_dates(namespace, source, max_age_seconds=max_age_seconds)


class OutsidePolicies:
    """ports.PolicySource."""

    def __init__(self, policies: PolicySource) -> None:
        self._policies = policies

    async def policy(self, namespace: str, name: str, key: str, *, max_age_seconds: float) -> HoursPolicy | Problem:
        """See ports.PolicySource."""
        with waiting_outside():
            return await self._policies.policy(namespace, name, key, max_age_seconds=max_age_seconds)
