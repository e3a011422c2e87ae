"""What `campaign-operator run` is told on its command line or by its environment."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.observability.logging import LogFormat


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`namespaces`: those watched; none means all. Ports: 0 means a free one, None means not served.

    `list_timeout_seconds` bounds the download of a contact list, from the wait for a place to the last byte.
    """

    settings: Settings
    namespaces: tuple[str, ...] = ()
    log_format: LogFormat = "console"
    health_port: int | None = None
    metrics_port: int | None = None
    ca_file: Path | None = None
    allow_cidrs: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy: str | None = None
    list_limits: ListLimits = field(default_factory=ListLimits)
    list_timeout_seconds: float = 300.0
    verbose: bool = False
