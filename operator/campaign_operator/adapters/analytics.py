"""One analytics query for all campaigns of a connection that count from the same moment.

Campaigns ask one by one, each by its own timer; here they are remembered, asked for together, and answered
from the common result while it is fresh. So 200 campaigns polling every 30 seconds cost one query every 30
seconds. Owns who asks for what and for how long an answer holds; how a query is made is the dialer's
business.

A refusal must cost only the campaign it is about: a query refused as a whole (403 or 404, or 400 or 422 for
an id that is not ours) is divided until the refused ids are found. They are then left out for a while, and
after that asked for apart from those that are known to be good.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from campaign_operator.adapters.credentials import credentials_key
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    AccessRefused,
    Analytics,
    AnalyticsQuery,
    CallCounts,
    Throttled,
    Unavailable,
)
from campaign_operator.domain.status.polling import NOT_YET, AnalyticsFault
from campaign_operator.engine.ports import Clock, Dialer

# As many as a page has rows, so that a query has one page where the dialer answers one row for a campaign.
_IDS_PER_QUERY = 100
_MOST_QUERIES_TO_DIVIDE = 64
_HOPELESS_AFTER_QUERIES = 15

# In poll periods. A little less than one, so that whoever asks every period is never served its own last
# answer again.
_FRESH_PERIODS = 0.9
_FAULT_PERIODS = 1 / 6
_LONGEST_THROTTLED_PERIODS = 10.0
_SET_ASIDE_PERIODS = 4.0
_FORGOTTEN_AFTER_PERIODS = 5.0

_Outcome = CallCounts | AnalyticsFault


@dataclass(frozen=True, slots=True)
class _Known:
    outcome: _Outcome
    as_of: datetime
    holds_until: float
    set_aside: bool = False


@dataclass(slots=True)
class _Group:
    """Campaigns that share a query."""

    connection: Connection
    """The connection of all of them."""

    date_from: datetime
    """Start of the time to count."""

    date_to: datetime | None
    """Its end; None for now."""

    asked: dict[str, float] = field(default_factory=dict)
    """When each campaign last asked, in monotonic seconds."""

    known: dict[str, _Known] = field(default_factory=dict)
    """What is known of each campaign."""

    fault: _Known | None = None
    """What the last query as a whole failed with."""

    flight: asyncio.Task[tuple[datetime, Mapping[str, _Outcome]]] | None = None
    """The query that is under way."""


class SharedAnalytics:
    """Implements AnalyticsSource over the dialer's analytics."""

    def __init__(self, dialer: Dialer, clock: Clock, poll_seconds: float) -> None:
        self._dialer = dialer
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._groups: dict[tuple[str, datetime, datetime | None], _Group] = {}
        self._tidied_at = clock.monotonic()

    async def counts(
        self,
        connection: Connection,
        campaign_id: str,
        date_from: datetime,
        date_to: datetime | None,
        *,
        as_of: datetime | None = None,
    ) -> _Outcome:
        """The campaign's calls, from memory while fresh, else by the next query. See ports.AnalyticsSource.

        Whoever comes while a query without it is under way waits for that and joins the next.
        """
        over = date_to if date_to is not None and date_to <= self._clock.now() else None
        key = (credentials_key(connection), date_from, over)
        self._forget_who_asks_no_more()
        group = self._groups.setdefault(key, _Group(connection, date_from, over))
        group.asked[campaign_id] = self._clock.monotonic()
        is_ours = False
        while (outcome := self._held(group, campaign_id, as_of)) is None:
            group.asked[campaign_id] = self._clock.monotonic()
            if group.flight is None:
                group.flight = asyncio.create_task(self._fly(group))
                is_ours = True
            asked_at, found = await asyncio.shield(group.flight)
            if campaign_id in found and (is_ours or not _is_too_old(asked_at, as_of)):
                return found[campaign_id]
        return outcome

    async def aclose(self) -> None:
        """End the queries under way; those who wait for them are cancelled."""
        flights = [group.flight for group in self._groups.values() if group.flight is not None]
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _held(self, group: _Group, campaign_id: str, as_of: datetime | None) -> _Outcome | None:
        now = self._clock.monotonic()
        for known in (group.known.get(campaign_id), group.fault):
            if known is None or now >= known.holds_until:
                continue
            if known.set_aside or not _is_too_old(known.as_of, as_of):
                return known.outcome
        return None

    async def _fly(self, group: _Group) -> tuple[datetime, Mapping[str, _Outcome]]:
        """Ask for everyone who is due, a hundred at a time; the first query that fails as a whole ends it. The instant
        up to which was asked comes with the answers.
        """
        began = self._clock.monotonic()
        as_of = group.date_to or self._clock.now()
        found: dict[str, _Outcome] = {}
        due = list(self._due(group))
        try:
            for ids in due:
                answered = await self._divided(group, ids, as_of)
                if not isinstance(answered, dict):
                    self._remember_fault(group, answered, as_of)
                    unanswered = (id_ for chunk in due for id_ in chunk if id_ not in found)
                    return as_of, found | dict.fromkeys(unanswered, answered)
                found |= answered
                self._remember(group, answered, as_of, began)
            group.fault = None
        finally:
            group.flight = None
        return as_of, found

    def _due(self, group: _Group) -> Iterator[list[str]]:
        """Ids to be asked for together: the good and the new, then those that were refused and set aside."""
        now = self._clock.monotonic()
        good, suspect = [], []
        for campaign_id in group.asked:
            known = group.known.get(campaign_id)
            if known is None or not known.set_aside:
                good.append(campaign_id)
            elif now >= known.holds_until:
                suspect.append(campaign_id)
        for ids in (good, suspect):
            for first in range(0, len(ids), _IDS_PER_QUERY):
                yield ids[first : first + _IDS_PER_QUERY]

    async def _divided(self, group: _Group, ids: list[str], as_of: datetime) -> dict[str, _Outcome] | AnalyticsFault:
        """What is known of each id, refused queries having been divided; or a failure that is about none."""
        give_up_at = self._clock.monotonic() + self._poll_seconds
        found: dict[str, _Outcome] = {}
        waiting = deque([ids])
        queries, answered = 0, False
        while waiting:
            part = waiting.popleft()
            query = AnalyticsQuery(frozenset(part), group.date_from, as_of)
            outcome = await self._dialer.fetch_analytics(group.connection, query)
            queries += 1
            if isinstance(outcome, Analytics):
                answered = True
                found |= {id_: _counted(outcome, id_) for id_ in part}
            elif not _is_about_ids(outcome):
                return outcome
            elif len(part) == 1 or queries >= _MOST_QUERIES_TO_DIVIDE:
                found |= dict.fromkeys(part, outcome)
            elif self._clock.monotonic() >= give_up_at or (queries >= _HOPELESS_AFTER_QUERIES and not answered):
                found |= dict.fromkeys((*part, *chain.from_iterable(waiting)), outcome)
                break
            else:
                middle = len(part) // 2
                waiting.extend((part[:middle], part[middle:]))
        return found

    def _remember(self, group: _Group, found: Mapping[str, _Outcome], as_of: datetime, began: float) -> None:
        fresh_until = began + _FRESH_PERIODS * self._poll_seconds
        set_aside_until = self._clock.monotonic() + _SET_ASIDE_PERIODS * self._poll_seconds
        for id_, outcome in found.items():
            refused = not isinstance(outcome, CallCounts) and _is_about_ids(outcome)
            group.known[id_] = _Known(outcome, as_of, set_aside_until if refused else fresh_until, refused)

    def _remember_fault(self, group: _Group, fault: AnalyticsFault, as_of: datetime) -> None:
        wait = _FAULT_PERIODS * self._poll_seconds
        if isinstance(fault, Throttled):
            asked = fault.retry_after_seconds or 0.0
            wait = min(max(wait, asked), _LONGEST_THROTTLED_PERIODS * self._poll_seconds)
        group.fault = _Known(fault, as_of, self._clock.monotonic() + wait)

    def _forget_who_asks_no_more(self) -> None:
        now = self._clock.monotonic()
        if now - self._tidied_at < self._poll_seconds:
            return
        self._tidied_at = now
        oldest = now - _FORGOTTEN_AFTER_PERIODS * self._poll_seconds
        for key, group in list(self._groups.items()):
            group.asked = {id_: at for id_, at in group.asked.items() if at >= oldest}
            group.known = {id_: known for id_, known in group.known.items() if id_ in group.asked}
            if not group.asked and group.flight is None:
                del self._groups[key]


def _is_too_old(asked_at: datetime, as_of: datetime | None) -> bool:
    return as_of is not None and asked_at < as_of


def _is_about_ids(outcome: AnalyticsFault) -> bool:
    """Whether a query may have been refused for the sake of some of its ids."""
    if isinstance(outcome, AccessRefused):
        return outcome.by == "dialer" and outcome.code in (403, 404)
    return isinstance(outcome, Unavailable) and outcome.code in (400, 422)


def _counted(analytics: Analytics, campaign_id: str) -> _Outcome:
    if campaign_id in analytics.unreadable:
        return Unavailable("the dialer's numbers for this campaign are unreadable")
    return analytics.counts.get(campaign_id, NOT_YET)
