"""One campaign as it was read from the API server, and the settings it is handled under."""

from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Resource:
    """The metadata of a resource at one resourceVersion: what is known of it even where nothing else can be read.

    `deletion_time`: when its deletion was asked for; None while it is not being deleted. `finalizers` are everybody's,
    in their order.
    """

    ref: CampaignRef
    uid: str
    generation: int
    resource_version: str
    created: datetime
    deletion_time: datetime | None
    finalizers: tuple[str, ...]

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
    """A resource at one resourceVersion, with its spec and its status.

    `requested_at` is the annotation that asks for another look. `resolve` is the annotation that says what shall become
    of held windows; of MAX_RESOLVE characters it is at most, and one of just so many may have been cut. `has_run` is
    the annotation that says that the only run of a Once campaign was begun. `other_bytes`: how large all but the status
    is, as etcd keeps it.
    """

    requested_at: str | None
    resolve: str | None
    spec: OutboundCampaignSpec
    status: OutboundCampaignStatus
    has_run: str | None = None
    other_bytes: int = field(default=0, compare=False)

    @property
    def secret_name(self) -> str:
        """The Secret of the connection, in the campaign's namespace."""
        return self.spec.connection.secret_ref.name


LEAST_REST_SECONDS = 1.0
"""What the settling time must leave beside the time to send and the time-out of a request."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's settings that decisions depend on, all in seconds.

    `settle_seconds` must cover the time within which a request may leave, the request's own time-out, and the time the
    dialer needs to carry it out and show it in its listing. After `deletion_deadline_seconds` a deleted campaign goes,
    even where its schedules could not be cancelled.
    """

    poll_seconds: float = 30
    lead_seconds: float = 30
    send_within_seconds: float = 10
    request_timeout_seconds: float = 30
    settle_seconds: float = 60
    deletion_deadline_seconds: float = 600

    def __post_init__(self) -> None:
        for name in (
            "poll_seconds",
            "send_within_seconds",
            "request_timeout_seconds",
            "deletion_deadline_seconds",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0")
        if self.lead_seconds < 0:
            raise ValueError("lead_seconds must not be negative")
        least = self.send_within_seconds + self.request_timeout_seconds + LEAST_REST_SECONDS
        if self.settle_seconds < least:
            raise ValueError(
                f"settle_seconds ({self.settle_seconds:g}) must be at least send_within_seconds + "
                f"request_timeout_seconds + {LEAST_REST_SECONDS:g} "
                f"({least:g}): a request that may still be carried out must not be taken for lost"
            )

    @property
    def over_within_seconds(self) -> float:
        """How long after the beginning of a request nothing of it may be left, even where the process stands still.

        That is halfway between the request's time-out and the end of the settling time: the one half is for a process
        that is slow to give a request up, the other for what is on its way to the dialer by then.
        """
        return (self.request_timeout_seconds + self.settle_seconds - self.send_within_seconds) / 2
