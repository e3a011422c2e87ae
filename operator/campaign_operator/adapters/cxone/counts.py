"""What is made of the rows of analytics while they are read: one sum for each campaign.

A dialer may answer one row for a campaign, or one for each interval or list. Sends nothing.
"""

from collections.abc import Set as AbstractSet

from campaign_operator.adapters.cxone.paging import PagingLimits
from campaign_operator.adapters.cxone.wire import Row, read_count
from campaign_operator.api.vocabulary import MAX_COUNT
from campaign_operator.domain.dialing.outcomes import Analytics, CallCounts

ANALYTICS_BOUNDS = PagingLimits(pages=1000, rows=100_000, seconds=120)


class CountedCalls:
    """The sums of one reading, for the campaigns that were asked for (paging.Gathering)."""

    def __init__(self, campaign_ids: AbstractSet[str]) -> None:
        self._campaign_ids = campaign_ids
        self._sums: dict[str, CallCounts] = {}
        self._unreadable: set[str] = set()

    def begin(self) -> None:
        """See paging.Gathering."""
        self._sums.clear()
        self._unreadable.clear()

    def take(self, row: Row) -> str:
        """See paging.Gathering; the name of a row is the campaign's id, since counts may go up while they are read."""
        campaign_id, counts = read_count(row)
        if campaign_id not in self._campaign_ids:
            return campaign_id
        if counts is None:
            self._unreadable.add(campaign_id)
        else:
            before = self._sums.get(campaign_id)
            self._sums[campaign_id] = counts if before is None else before + counts
        return campaign_id

    def analytics(self) -> Analytics:
        """The sums; unreadable is a campaign with a row that is, or with more calls than a status takes."""
        too_large = {
            id_
            for id_, counts in self._sums.items()
            if max(counts.completed, counts.attempted, counts.connected) > MAX_COUNT
        }
        unreadable = frozenset(self._unreadable | too_large)
        return Analytics({id_: counts for id_, counts in self._sums.items() if id_ not in unreadable}, unreadable)
