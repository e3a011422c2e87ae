"""Which windows came to another state by a write of the status: what is counted of them. Pure."""

from collections.abc import Iterator

from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import WindowState


def window_changes(
    before: OutboundCampaignStatus, after: OutboundCampaignStatus
) -> Iterator[tuple[WindowState | None, WindowState]]:
    """The state before and after of each window that has another; None before for a window that is new."""
    earlier = {(run.key, w.time_zone): w.state for run in before.runs for w in run.windows}
    for run in after.runs:
        for w in run.windows:
            was = earlier.get((run.key, w.time_zone))
            if was is not w.state:
                yield was, w.state
