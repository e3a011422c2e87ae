"""What `campaign-operator run` is told on its command line or by its environment."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from campaign_operator.adapters.kubernetes.leader_election import LeaseName
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.campaigns.label_selector import EVERY_CAMPAIGN, LabelSelector
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.observability.logging import LogFormat, LogLevel


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `campaign-operator run` is told."""

    settings: Settings
    """What decisions depend on."""

    namespaces: tuple[str, ...] = ()
    """The namespaces to watch; none means all."""

    selector: LabelSelector = EVERY_CAMPAIGN
    """The campaigns to serve in them, by their labels."""

    log_format: LogFormat = "console"
    """How log lines are written."""

    health_port: int | None = None
    """Port of /healthz and /readyz; None serves nothing."""

    metrics_port: int | None = None
    """Port of /metrics; None serves nothing."""

    metrics_per_campaign: bool = True
    """Whether the metrics of campaigns name the campaign; else they are sums by namespace."""

    ca_file: Path | None = None
    """PEM file with additional certificate authorities to trust."""

    allow_cidrs: tuple[IPv4Network | IPv6Network, ...] = ()
    """Private or local networks that the operator may connect to."""

    proxy: str | None = field(default=None, repr=False)
    """URL of a proxy for all outgoing connections."""

    policy: HoursPolicy | None = None
    """The hours that narrow those of every campaign; None narrows none."""

    list_limits: ListLimits = field(default_factory=ListLimits)
    """How large contact lists may be."""

    list_timeout_seconds: float = 300.0
    """How long a download may take, from the wait for a place to the last byte."""

    lease: LeaseName | None = None
    """The Lease to hold before campaigns are looked after; None waits for none."""

    log_level: LogLevel = "info"
    """The least level of the lines that are logged."""
