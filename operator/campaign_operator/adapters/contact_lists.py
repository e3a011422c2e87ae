"""The contact lists of `contactsFrom`: out of ConfigMaps and Secrets when asked, from URLs in the background.

Owns what is remembered of lists, for whom, and when they are read again. Campaigns of one namespace that name the same
lists share one reading and what is known of it. How they are read is `list_reader`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from campaign_operator.adapters.list_reader import CountedLists, ListReader, NamedLists, UnreadListsError
from campaign_operator.api.conditions import Reason
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.record import REFUSED_RETRY_SECONDS, retry_seconds
from campaign_operator.engine.ports import Clock, ListReading, StoreUnavailableError
from campaign_operator.observability import metrics

PATIENCE_SECONDS = 5.0
"""How long the look at a campaign waits for lists in objects. Nearly all are read in milliseconds, but others may be
read before, and meanwhile a campaign must be able to be suspended or deleted.
"""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Lists:
    """What is known of lists that campaigns name."""

    named: NamedLists
    """Where they are."""

    users: dict[CampaignRef, str] = field(default_factory=dict)
    """The campaigns that name them, and the uid of each."""

    to_wake: set[CampaignRef] = field(default_factory=set)
    """Those that are to be looked at again when the reading that is under way has ended."""

    tried: tuple[str, ...] | None = None
    """The versions of the objects at the last attempt, whatever came of it."""

    counted: CountedLists | None = None
    """What they contained when they were last read."""

    problem: Problem | None = None
    """Why they cannot be read."""

    as_of: datetime | None = None
    """When those on web servers were last requested."""

    asked_again: bool = False
    """Whether they are to be requested again."""

    failures: int = 0
    """Attempts that failed in a row."""

    retry_at: float = 0.0
    """When to try again, in monotonic seconds."""

    task: asyncio.Task[StoreUnavailableError | None] | None = field(default=None, repr=False)
    """The reading that is under way."""

    def reading(self, versions: tuple[str, ...]) -> ListReading | Problem:
        """As it is told to a campaign. What they held counts no more where an object is known to have changed since:
        who was taken out of a list must not be called because it takes long to read.
        """
        count = self.counted.count if self.counted is not None and self.counted.versions == versions else None
        return self.problem or ListReading(count, self.as_of, being_read=self.task is not None)


class ContactLists:
    """ports.ContactSource. `wake` has a campaign looked at, after its lists were read in the background."""

    def __init__(
        self,
        reader: ListReader,
        clock: Clock,
        wake: Callable[[CampaignRef], None],
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._wake = wake
        self._patience_seconds = patience_seconds
        self._known: dict[NamedLists, _Lists] = {}
        self._named_by: dict[CampaignRef, NamedLists] = {}

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        """See ports.ContactSource."""
        lists = self._lists_of(campaign)
        versions = await self._reader.versions(lists.named, max_age_seconds)
        if lists.task is None and (versions != lists.tried or lists.asked_again or self._is_to_be_retried(lists)):
            self._begin(lists, versions)
        if lists.named.has_urls:
            lists.to_wake.add(campaign.ref)
        else:
            await self._wait_patiently(campaign.ref, lists, versions)
        return lists.reading(versions)

    def ask_again(self, campaign: Campaign) -> None:
        """See ports.ContactSource."""
        named = self._named_by.get(campaign.ref)
        if named is not None and named.has_urls and self._known[named].task is None:
            self._known[named].asked_again = True

    def forget(self, ref: CampaignRef) -> None:
        """See ports.ContactSource."""
        named = self._named_by.pop(ref, None)
        if named is None:
            return
        lists = self._known[named]
        del lists.users[ref]
        lists.to_wake.discard(ref)
        if not lists.users:
            del self._known[named]
            if lists.task is not None:
                lists.task.cancel()

    async def aclose(self) -> None:
        """End what is read in the background."""
        tasks = [lists.task for lists in self._known.values() if lists.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _lists_of(self, campaign: Campaign) -> _Lists:
        spec, ref = campaign.spec, campaign.ref
        named = NamedLists(ref.namespace, spec.contacts_from or (), spec.on_invalid_contact)
        if self._named_by.get(ref) != named or self._known[named].users[ref] != campaign.uid:
            self.forget(ref)
            self._named_by[ref] = named
            self._known.setdefault(named, _Lists(named)).users[ref] = campaign.uid
        return self._known[named]

    def _begin(self, lists: _Lists, versions: tuple[str, ...]) -> None:
        lists.task = asyncio.create_task(self._refresh(lists, versions), name="contact-lists")

    async def _wait_patiently(self, ref: CampaignRef, lists: _Lists, versions: tuple[str, ...]) -> None:
        """Until the lists are known as of these versions, or else until patience ends: then the campaign is looked at
        again afterwards.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience_seconds
        while lists.task is not None:
            task = lists.task
            done, _ = await asyncio.wait({task}, timeout=end - loop.time())
            if not done:
                lists.to_wake.add(ref)
                return
            error = None if task.cancelled() else task.result()
            if error is not None:
                raise error
            if not task.cancelled() and lists.tried != versions and lists.task is None:
                self._begin(lists, versions)  # it was begun for another campaign, before the object changed

    def _is_to_be_retried(self, lists: _Lists) -> bool:
        """An object that is changed has another version; all else tells nobody that another attempt may help."""
        problem = lists.problem
        may_help = problem is not None and (problem.transient or lists.named.has_urls)
        return may_help and self._clock.monotonic() >= lists.retry_at

    async def _refresh(self, lists: _Lists, versions: tuple[str, ...]) -> StoreUnavailableError | None:
        try:
            error = await self._attempt(lists, versions)
        finally:
            lists.task = None
        woken, lists.to_wake = lists.to_wake, set()
        for ref in woken:
            self._wake(ref)
        return error

    async def _attempt(self, lists: _Lists, versions: tuple[str, ...]) -> StoreUnavailableError | None:
        try:
            await self._read(lists, versions)
        except UnreadListsError as error:
            self._failed(lists, versions, error.problem, error.wait_seconds)
        except StoreUnavailableError as error:
            if not lists.named.has_urls:
                return error  # whoever waits for the lists tries again soon
            self._failed(lists, versions, Problem(Reason.CONTACTS_UNAVAILABLE, str(error), transient=True))
        except Exception as error:
            # its text may hold what was read
            _log.error("unexpected error while reading contact lists", error=type(error).__name__, **_whose(lists))
            said = f"an unexpected error ({type(error).__name__})"
            self._failed(lists, versions, Problem(Reason.CONTACTS_UNAVAILABLE, said, transient=True))
        return None

    async def _read(self, lists: _Lists, versions: tuple[str, ...]) -> None:
        lists.asked_again = False
        with metrics.list_reading_duration.time():
            counted = await self._reader.read(lists.named, versions, lists.counted)
        if counted is lists.counted:
            metrics.list_readings.labels("Unmodified").inc()
        else:
            metrics.list_readings.labels("Read").inc()
            metrics.list_rows.inc(counted.count.contacts + counted.count.invalid_rows)
            _log.info("contact lists read", contacts=counted.count.contacts, **_whose(lists))
        lists.counted, lists.tried, lists.problem, lists.failures = counted, versions, None, 0
        lists.as_of = self._clock.now() if lists.named.has_urls else None

    def _failed(self, lists: _Lists, versions: tuple[str, ...], problem: Problem, wait_seconds: float = 0.0) -> None:
        metrics.list_readings.labels(problem.reason).inc()
        lists.tried = versions
        lists.failures += 1
        wait = retry_seconds(lists.failures) if problem.transient else REFUSED_RETRY_SECONDS
        lists.problem, lists.retry_at = problem, self._clock.monotonic() + max(wait, wait_seconds)


def _whose(lists: _Lists) -> dict[str, object]:
    return {
        "namespace": lists.named.namespace,
        "name": min(ref.name for ref in lists.users),
        "shared_by": len(lists.users),
    }
