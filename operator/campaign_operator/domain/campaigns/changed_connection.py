"""A connection that leads elsewhere while schedules are outstanding."""

from datetime import datetime

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.problem import Problem


def changed_connection(campaign: Campaign, connection: Connection, now: datetime) -> Problem | None:
    """What is wrong where schedules are outstanding at another place, which knows nothing of them."""
    for run in campaign.status.runs:
        if run.connection_hash not in (None, connection.hash) and runs.is_outstanding(run, now):
            return Problem(
                Reason.CONNECTION_CHANGED,
                (
                    "the Secret now has a different token-url, api-base-url or client-id, and the dialer does not "
                    f"list the schedules of run {run.id} for it; restore the Secret until that run ends, or give the "
                    "new client access to the campaign"
                ),
            )
    return None
