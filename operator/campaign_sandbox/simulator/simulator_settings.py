"""What a simulated dialer is started with.

Owns the settings and the question of whose a campaign is. It knows no HTTP, so that the command line can
check it without the sandbox's extra.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from campaign_sandbox.listener import Listener
from campaign_sandbox.simulator.dialer_faults import FaultRule

ANY_CAMPAIGN = "*"


@dataclass(frozen=True)
class Client:
    """One set of credentials. `campaigns` are its own; None: every campaign that no other client names."""

    id: str
    secret: str = field(repr=False)
    campaigns: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """Everything a simulated dialer can be told at its start.

    `campaigns` maps a campaign's id to the calls it completes in all, and `*` stands for every id not named. The
    listing is as it was `listing_lag_seconds` ago, and `listing_range` says what it makes of `from` and `to`.
    It names a time zone as it was submitted, or by the zone that the name is a link to (`listed_zones`). Analytics
    answer `rows_per_campaign` rows for a campaign, which add up to its counts.
    """

    clients: tuple[Client, ...]
    campaigns: Mapping[str, int]
    calls_per_second: float = 1.0
    token_lifetime_seconds: int = 3600
    list_offered: bool = True
    delete_offered: bool = True
    latency_seconds: float = 0.0
    listing_lag_seconds: float = 0.0
    listing_range: Literal["honoured", "ignored", "refused"] = "honoured"
    listed_zones: Literal["submitted", "canonical"] = "submitted"
    rows_per_campaign: int = 1
    fault_rules: tuple[FaultRule, ...] = ()
    listener: Listener = field(default_factory=Listener)

    def total_calls(self, campaign_id: str) -> int | None:
        """The calls the campaign completes in all; None: there is no such campaign."""
        return self.campaigns.get(campaign_id, self.campaigns.get(ANY_CAMPAIGN))

    def belongs_to(self, campaign_id: str, client: Client) -> bool:
        if client.campaigns is not None:
            return campaign_id in client.campaigns
        return not any(campaign_id in (other.campaigns or ()) for other in self.clients)
