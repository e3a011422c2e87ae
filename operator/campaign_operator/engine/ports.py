"""The outside world as the reconciler sees it: one Protocol per role, with the meaning of every outcome.

Adapters implement these; the reconciler knows nothing else of HTTP or Kubernetes. What may come back is told by
values, not by exceptions, wherever the caller must treat the outcomes differently.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.api.status import Condition, OutboundCampaignStatus
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Resource
from campaign_operator.domain.contacts.contact_list import ContactCount
from campaign_operator.domain.decisions.unusable import UnusableCampaign
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
from campaign_operator.domain.status.campaign_events import CampaignEvent
from campaign_operator.domain.status.polling import AnalyticsFault


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed point of this process; never goes back."""


class Alarms(Protocol):
    """One alarm for each campaign, at which it is looked at again; a new one replaces the earlier one. Beside it, the
    polls of campaigns that run.
    """

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        """Look again at `moment`, or at once where it is past."""

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        """Look again in so many seconds."""

    def clear(self, ref: CampaignRef) -> None:
        """Do not look again by itself."""

    def poll(self, ref: CampaignRef) -> None:
        """Look again to count its calls, at once and then once in each poll period; nothing new where that goes on."""

    def poll_no_more(self, ref: CampaignRef) -> None:
        """Count no more by itself."""


class Dialer(Protocol):
    """A dialer that places calls while a schedule of a campaign is open."""

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        """Whether the token endpoint accepts these credentials; a token in the cache is an answer.

        Whoever wrote the Secret has named that end point, so this proves nothing of the dialer.
        """

    async def check_access(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        """Whether the dialer itself accepts these credentials for that campaign: whether it answers one page of its
        listing. Costs it as little as can be; a dialer without a listing is `ListingNotOffered`.
        """

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        """Send one schedule at most once (once more only after a 401 answered it and the token was refreshed).

        `permission` is asked immediately before the request's first byte leaves; where it is no longer in force
        nothing is sent and the outcome is `NotSent`. Never raises for anything the network or the dialer does.
        """

    async def list_schedules(self, connection: Connection, campaign_id: str, span: Span | None = None) -> ListOutcome:
        """All schedules of a campaign, or all that overlap `span`. An incomplete or inconsistent listing is
        `Unavailable`, never a short `Listing`.

        The dialer is asked for those of `span` only. One that refuses that or does not heed it is read whole, which
        takes minutes where it holds hundreds of thousands.
        """

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> CancelOutcome:
        """Cancel a schedule before it starts. May be repeated: what is gone already is `Cancelled`, too.

        `permission` is asked immediately before the request's first byte leaves; where it is no longer in force nothing
        is sent and the outcome is `Unavailable`.

        A 404 about the schedule cannot be told from one about the campaign, so a campaign that the dialer does not
        know (any more) is `Cancelled` likewise. Never raises for anything the network or the dialer does.
        """

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        """Counts of calls, all pages read and all rows of a campaign added up; unreadable counts are `Unavailable`,
        never zeros.
        """


class Notifier(Protocol):
    """Delivers a message to a webhook, one attempt per call."""

    async def deliver(
        self, url: str, message: WebhookMessage, signing_key: bytes | None, *, owner: str
    ) -> DeliveryOutcome:
        """POST the message once, signed if there is a key. Never raises for anything the receiver does.

        `owner`: whose webhook it is, such as a namespace; what one owner has under way is bounded.
        """


class AnalyticsSource(Protocol):
    """Counts of calls for one campaign; campaigns of one connection with the same dates share the dialer's work."""

    async def counts(
        self,
        connection: Connection,
        campaign_id: str,
        date_from: datetime,
        date_to: datetime | None,
        *,
        as_of: datetime | None = None,
    ) -> CallCounts | AnalyticsFault:
        """Calls in [`date_from`, `date_to` or now), no older than about one poll period nor than `as_of`, or why they
        cannot be told.
        """


@dataclass(frozen=True, slots=True)
class ListReading:
    """What is known of the contact lists of a campaign.

    `count` is None while they are read for the first time. `as_of`: when those that tell nobody of a change were last
    asked for; None where there are none. `being_read`: they are asked for at this moment.
    """

    count: ContactCount | None
    as_of: datetime | None = None
    being_read: bool = False


class ContactSource(Protocol):
    """The lists of `contactsFrom`. Lists in objects are as they were at most so long ago, or are being read if that
    takes more than seconds; a list at a URL is as it was when last asked for, and is asked for in the background. The
    campaign is looked at again after a reading that it did not wait for.
    """

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        """What the lists hold, or why they cannot be read. Raises StoreUnavailableError."""

    def ask_again(self, campaign: Campaign) -> None:
        """Have lists at URLs asked for again. Returns at once."""

    def forget(self, ref: CampaignRef) -> None:
        """The campaign is gone, or needs its lists no more."""


class SearchPlaces(Protocol):
    """Bounds how many long searches there are at once, of one namespace and of all."""

    def take(self, owner: str) -> AbstractAsyncContextManager[None]:
        """Wait for a place, and hold it until the context is left."""


class CalendarSource(Protocol):
    """The dates of calendars that campaigns share."""

    async def excluded_dates(
        self, namespace: str, source: ExcludeDatesSource, *, max_age_seconds: float
    ) -> DateSet | Problem:
        """The dates in a key of a ConfigMap as they were at most so long ago, or what is wrong. Raises
        StoreUnavailableError.
        """


class PolicySource(Protocol):
    """The policies that campaigns name."""

    async def policy(self, namespace: str, name: str, key: str, *, max_age_seconds: float) -> HoursPolicy | Problem:
        """The policy in a key of a ConfigMap as it was at most so long ago, or what is wrong: without it, nobody knows
        when calls are allowed. Raises StoreUnavailableError.
        """


class ConflictError(Exception):
    """The resource has changed since it was read: nothing was written. Read again and decide anew."""


class StoreUnavailableError(Exception):
    """The API server gave no clear answer: a write may or may not have been carried out. It entitles nobody to
    anything.
    """


class StoreRefusedError(StoreUnavailableError):
    """The API server answered, and not with success; the message has its own words, as far as they may be shown."""


class UnusableError(Exception):
    """The campaign is there, and this version cannot work with its spec or its status. Concerns this campaign only."""

    def __init__(self, campaign: UnusableCampaign) -> None:
        super().__init__(campaign.problem.message)
        self.campaign = campaign


class CampaignStore(Protocol):
    """Campaigns and their Secrets, as the API server has them now. Nothing is read from a cache unless it says so.

    Every method raises StoreUnavailableError where the API server does not answer as it should, and every one that
    returns a campaign UnusableError where it can be read in part only.
    """

    async def read(self, ref: CampaignRef) -> Campaign | None:
        """The campaign, or None where there is none."""

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        """Replace the status of the campaign as it was read and return it with its new resourceVersion.

        Raises ConflictError where the resource is no longer at that resourceVersion, or gone; UnusableError where the
        API server has kept less than was sent.
        """

    async def write_conditions(
        self, resource: Resource, conditions: tuple[Condition, ...], *, observed_generation: int | None = None
    ) -> str:
        """Replace the conditions of the resource as it was read, and nothing else but the observedGeneration, where one
        is given; its new resourceVersion.

        Raises ConflictError where the resource is no longer at that resourceVersion, or gone.
        """

    async def write_finalizer(
        self, campaign: Campaign, present: bool, *, has_run: str | None = None
    ) -> Campaign | None:
        """Add (`present`) or remove CANCEL_FINALIZER on the campaign as it was read, leaving those of others alone, and
        in the same request write the annotation `has_run`: empty removes it, None leaves it as it is.

        Returns the campaign with its new resourceVersion, or None where it was being deleted and this was the last
        finalizer: it is gone. Where it is so already nothing is sent, and the campaign is returned as it was given; so
        too where a finalizer shall be added to a campaign that is being deleted, which the API server would refuse.
        Raises ConflictError where the resource is no longer at that resourceVersion, or gone.
        """

    async def release(self, resource: Resource) -> None:
        """Remove CANCEL_FINALIZER from the resource as it was read, whatever else can be read of it.

        Raises ConflictError where the resource is no longer at that resourceVersion, or gone.
        """

    async def namespace_is_terminating(self, namespace: str) -> bool:
        """Whether the namespace is being deleted: nothing new can be created in it, Events included, and its Secrets go
        at once. True for one that is gone. False where we have no right to see it: then what follows is found out by
        trying.
        """

    async def list_with_campaign_id(self, campaign_id: str) -> tuple[Campaign | UnusableCampaign, ...]:
        """All campaigns of that campaignID, usable or not: those that other operators serve, too, wherever the account
        may list campaigns.
        """

    async def read_connection(
        self, namespace: str, secret_name: str, max_age_seconds: float
    ) -> tuple[Connection | Problem, str]:
        """The connection in a Secret, or what is wrong with it, and a version that changes whenever the Secret does.

        What was read less than `max_age_seconds` ago may be answered from memory; 0 always reads.
        """

    async def read_signing_key(self, namespace: str, secret_name: str, key: str) -> bytes | Problem:
        """The bytes that sign a webhook, or what is wrong with the Secret or its key."""

    def record_event(self, campaign: Resource, event: CampaignEvent) -> None:
        """Tell people by a Kubernetes Event. Returns at once; best effort."""
