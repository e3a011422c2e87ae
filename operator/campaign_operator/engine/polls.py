"""Polls that need no pass: most tell nothing new, and progress alone can wait where many campaigns run.

Owns how often progress is written. Whatever else a poll tells, such as the last call of a run, is left to a pass.
"""

from collections import defaultdict

from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.campaigns.changed_connection import changed_connection
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.status.counting import counted_since
from campaign_operator.domain.status.polling import News, news_of
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.ports import AnalyticsSource, Clock

PROGRESS_WRITES_PER_SECOND = 10.0
"""Of all campaigns together. A thousand that run would else keep etcd at 1 GB an hour, for numbers that nobody reads
twice a minute.
"""


class Polls:
    """Knows which campaigns are polled, and how often each may write."""

    def __init__(self, analytics: AnalyticsSource, observer: Observer, clock: Clock, settings: Settings) -> None:
        self._analytics = analytics
        self._observer = observer
        self._clock = clock
        self._settings = settings
        self._polled: defaultdict[str, set[str]] = defaultdict(set)

    def begin(self, ref: CampaignRef) -> None:
        """The campaign is polled from now on."""
        self._polled[ref.namespace].add(ref.name)

    def end(self, ref: CampaignRef) -> None:
        """It is polled no more."""
        self._polled[ref.namespace].discard(ref.name)
        if not self._polled[ref.namespace]:
            del self._polled[ref.namespace]

    async def comes_to_nothing(self, campaign: Campaign, memory: Memory) -> bool:
        """Whether a poll of the campaign, as the last look left it, leaves nothing to do for now. Raises
        StoreUnavailableError.
        """
        now = self._clock.now()
        since = counted_since(campaign.status, now)
        if since is None or memory.outcomes or memory.refused_version is not None:
            return False
        connection, _ = await self._observer.connection_in_use(campaign, memory)
        if not isinstance(connection, Connection) or changed_connection(campaign, connection, now):
            return False
        answer = await self._analytics.counts(connection, campaign.spec.campaign_id, since, None)
        match news_of(campaign.status, answer, campaign.spec.completion, until=now):
            case News.NONE:
                memory.asked_until = memory.polled_until = now
                return True
            case News.PROGRESS:
                return not self._is_its_turn(campaign.ref, memory)
            case News.MORE:
                return False

    def _is_its_turn(self, ref: CampaignRef, memory: Memory) -> bool:
        interval = progress_interval(len(self._polled[ref.namespace]), len(self._polled))
        if interval <= self._settings.poll_seconds:
            return True
        now = self._clock.monotonic()
        if memory.progress_due is None:
            memory.progress_due = now + interval * ref.spread
        if now < memory.progress_due:
            return False
        memory.progress_due = now + interval
        return True


def progress_interval(polled: int, namespaces: int) -> float:
    """How many seconds lie between two writes of one campaign's progress, where so many of its namespace are polled,
    and campaigns of so many namespaces. Every namespace has the same share.
    """
    return polled * namespaces / PROGRESS_WRITES_PER_SECOND
