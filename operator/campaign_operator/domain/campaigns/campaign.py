"""One campaign as it was read from the API server, and the settings it is handled under."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import CANCEL_FINALIZER


@dataclass(frozen=True, slots=True, order=True)
class CampaignRef:
    """Namespace and name: which resource."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def spread(self) -> float:
        """From 0 to 1 and always the same: where in a period this campaign comes, if many begin at one instant."""
        return crc32(str(self).encode()) / 2**32


@dataclass(frozen=True, slots=True)
class Resource:
    """The metadata of a resource at one resourceVersion: what is known even if nothing else can be read."""

    ref: CampaignRef
    """Its namespace and name."""

    uid: str
    """Tells it from another resource of the same name."""

    generation: int
    """Number of the edit of its spec."""

    resource_version: str
    """The version that a write must be based on."""

    created: datetime
    """When it was created."""

    deletion_time: datetime | None
    """When its deletion was requested; None if it was not."""

    finalizers: tuple[str, ...]
    """The finalizers of everybody, in their order."""

    labels: Mapping[str, str]
    """The labels of its metadata."""

    @property
    def has_finalizer(self) -> bool:
        """Whether our finalizer keeps the resource until its schedules are cancelled."""
        return CANCEL_FINALIZER in self.finalizers

    @property
    def deleting(self) -> bool:
        """Whether its deletion was asked for."""
        return self.deletion_time is not None


@dataclass(frozen=True, slots=True)
class Campaign(Resource):
    """A resource at one resourceVersion, with its spec and its status."""

    requested_at: str | None
    """The annotation that asks for another look."""

    resolve: str | None
    """The annotation that says what becomes of held windows; cut to MAX_RESOLVE characters."""

    spec: OutboundCampaignSpec
    """What is wanted."""

    status: OutboundCampaignStatus
    """What the operator has recorded."""

    has_run: str | None = None
    """The annotation that says that the submission of the only run of a Once campaign has started."""

    other_bytes: int = field(default=0, compare=False)
    """The size of everything but the status, as etcd stores it."""

    @property
    def secret_name(self) -> str:
        """The Secret of the connection, in the campaign's namespace."""
        return self.spec.connection.secret_ref.name


LEAST_REST_SECONDS = 1.0
"""What the settling time must leave beside the time to send and the time-out of a request."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that decisions depend on, all in seconds. Raises ValueError if they contradict each other."""

    poll_seconds: float = 30
    """How often the analytics are read while a run is in progress."""

    lead_seconds: float = 30
    """How far ahead the start of a window is, at least, when it is planned."""

    send_within_seconds: float = 10
    """How soon after its intent a request leaves, or it never does."""

    request_timeout_seconds: float = 30
    """How long a request to the dialer may take."""

    settle_seconds: float = 60
    """The settling time. Covers the time in which a request may leave, its timeout, and the time that the dialer needs
    to carry it out and to show it in its listing.
    """

    deletion_deadline_seconds: float = 600
    """When a deleted campaign is released even if its schedules could not be cancelled."""

    def __post_init__(self) -> None:
        for name in (
            "poll_seconds",
            "send_within_seconds",
            "request_timeout_seconds",
            "deletion_deadline_seconds",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0")
        if self.lead_seconds < 0:
            raise ValueError("lead_seconds must be greater than or equal to 0")
        least = self.send_within_seconds + self.request_timeout_seconds + LEAST_REST_SECONDS
        if self.settle_seconds < least:
            raise ValueError(
                f"settle_seconds ({self.settle_seconds:g}) must be at least send_within_seconds + "
                f"request_timeout_seconds + {LEAST_REST_SECONDS:g} ({least:g}): a request that can still take "
                "effect must not count as lost"
            )

    @property
    def over_within_seconds(self) -> float:
        """How long after the beginning of a request nothing of it may be left, even where the process stands still.

        That is halfway between the request's time-out and the end of the settling time: the one half is for a process
        that is slow to give a request up, the other for what is on its way to the dialer by then.
        """
        return (self.request_timeout_seconds + self.settle_seconds - self.send_within_seconds) / 2
