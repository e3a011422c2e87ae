"""The contact lists of `contactsFrom`: out of ConfigMaps and Secrets when asked, from URLs in the background.

Owns what is remembered of a campaign's lists, when they are read again, and how reading leaves the event loop to
others: in steps of a few milliseconds, one campaign's step at a time. How rows are read is
`domain/contacts/contact_reading`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from campaign_operator.adapters.kubernetes.keyed_objects import NOT_FOUND, KeyedObjects
from campaign_operator.adapters.outbound.answers import retry_after_seconds
from campaign_operator.adapters.outbound.downloads import (
    DownloadError,
    Downloading,
    Downloads,
    ListAddress,
    NotModified,
)
from campaign_operator.api.conditions import Reason
from campaign_operator.api.contacts_spec import ContactListURL, ContactsFromSource
from campaign_operator.api.references import ObjectKind, named
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading, OpenedList, format_of
from campaign_operator.domain.dialing.secret_value import secret_text
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.record import REFUSED_RETRY_SECONDS, retry_seconds
from campaign_operator.engine.ports import Clock, ListReading, StoreUnavailableError
from campaign_operator.observability import metrics

_log = structlog.get_logger()

Sources = tuple[ContactsFromSource, ...]


class _UnreadableError(Exception):
    """The lists cannot be read; `problem` says why. `wait_seconds`: no sooner may it help to
    try again."""

    def __init__(self, problem: Problem, wait_seconds: float) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the lists held, and what that was read from: the versions of objects, and by source its URL and its ETag."""

    count: ContactCount
    versions: tuple[str, ...]
    addresses: Mapping[int, ListAddress]
    etags: Mapping[int, str | None]


@dataclass(slots=True)
class _Lists:
    """The lists of one campaign."""

    uid: str
    """The resource that names them."""

    sources: Sources
    """Where they are."""

    tried: tuple[str, ...] | None = None
    """The versions of the objects at the last attempt, whatever came of it."""

    counted: _Counted | None = None
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

    task: asyncio.Task[None] | None = field(default=None, repr=False)
    """The reading that is under way."""

    @property
    def has_urls(self) -> bool:
        """Whether something of them tells nobody of a change."""
        return any(source.url is not None for source in self.sources)

    @property
    def count(self) -> ContactCount | None:
        """What they hold, as last read."""
        return self.counted.count if self.counted is not None else None


class ContactLists:
    """ports.ContactSource. `wake` has a campaign looked at, after its lists were read in the background."""

    def __init__(
        self,
        objects: KeyedObjects,
        downloads: Downloads,
        clock: Clock,
        wake: Callable[[CampaignRef], None],
        limits: ListLimits,
    ) -> None:
        self._objects = objects
        self._downloads = downloads
        self._clock = clock
        self._wake = wake
        self._limits = limits
        self._known: dict[CampaignRef, _Lists] = {}
        self._one_step_at_a_time = asyncio.Lock()

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        """See ports.ContactSource."""
        lists = self._lists_of(campaign)
        versions = await self._versions(campaign.ref.namespace, lists.sources, max_age_seconds)
        changed = versions != lists.tried
        if not lists.has_urls:
            if changed:
                await self._refresh(campaign.ref, lists, versions)
            return lists.problem or ListReading(lists.count)
        failed = lists.problem is not None and self._clock.monotonic() >= lists.retry_at
        if lists.task is None and (changed or failed or lists.asked_again):
            reading = self._refresh_and_tell(campaign.ref, lists, versions)
            lists.task = asyncio.create_task(reading, name="contact-lists")
        return lists.problem or ListReading(lists.count, lists.as_of, being_read=lists.task is not None)

    def ask_again(self, campaign: Campaign) -> None:
        """See ports.ContactSource."""
        lists = self._known.get(campaign.ref)
        if lists is not None and lists.has_urls and lists.task is None:
            lists.asked_again = True

    def forget(self, ref: CampaignRef) -> None:
        """See ports.ContactSource."""
        lists = self._known.pop(ref, None)
        if lists is not None and lists.task is not None:
            lists.task.cancel()

    async def aclose(self) -> None:
        """End what is read in the background."""
        tasks = [lists.task for lists in self._known.values() if lists.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _lists_of(self, campaign: Campaign) -> _Lists:
        sources = campaign.spec.contacts_from or ()
        lists = self._known.get(campaign.ref)
        if lists is None or (lists.uid, lists.sources) != (campaign.uid, sources):
            self.forget(campaign.ref)
            lists = self._known[campaign.ref] = _Lists(campaign.uid, sources)
        return lists

    async def _versions(self, namespace: str, sources: Sources, max_age_seconds: float) -> tuple[str, ...]:
        versions = []
        for source in sources:
            name = _object_of(source)
            if name is not None:
                found = self._objects.version(_kind(source), namespace, name, max_age_seconds=max_age_seconds)
                versions.append(await found)
        return tuple(versions)

    async def _refresh_and_tell(self, ref: CampaignRef, lists: _Lists, versions: tuple[str, ...]) -> None:
        try:
            await self._refresh(ref, lists, versions)
        except StoreUnavailableError as error:
            self._failed(lists, versions, Problem(Reason.CONTACTS_UNAVAILABLE, str(error), transient=True))
        except Exception as error:
            # its text may hold what was read
            _log.error("unexpected error while reading contact lists", error=type(error).__name__, campaign=str(ref))
            said = f"an unexpected error ({type(error).__name__})"
            self._failed(lists, versions, Problem(Reason.CONTACTS_UNAVAILABLE, said, transient=True))
        finally:
            lists.task = None
        self._wake(ref)

    async def _refresh(self, ref: CampaignRef, lists: _Lists, versions: tuple[str, ...]) -> None:
        lists.asked_again = False
        try:
            addresses = await self._addresses(ref.namespace, lists.sources)
            if lists.counted is not None and await self._is_unmodified(lists.counted, versions, addresses):
                metrics.list_readings.labels("Unmodified").inc()
            else:
                lists.counted = await self._read_all(ref.namespace, lists.sources, versions, addresses)
                metrics.list_readings.labels("Read").inc()
                _log.info("contact lists read", campaign=str(ref), contacts=lists.counted.count.contacts)
        except _UnreadableError as error:
            return self._failed(lists, versions, error.problem, error.wait_seconds)
        lists.tried, lists.problem, lists.failures = versions, None, 0
        lists.as_of = self._clock.now() if lists.has_urls else None
        return None

    def _failed(self, lists: _Lists, versions: tuple[str, ...], problem: Problem, wait_seconds: float = 0.0) -> None:
        metrics.list_readings.labels(problem.reason).inc()
        lists.tried = versions
        lists.failures += 1
        wait = retry_seconds(lists.failures) if problem.transient else REFUSED_RETRY_SECONDS
        lists.problem, lists.retry_at = problem, self._clock.monotonic() + max(wait, wait_seconds)

    async def _is_unmodified(
        self, counted: _Counted, versions: tuple[str, ...], addresses: Mapping[int, ListAddress]
    ) -> bool:
        """Whether all is as it was when it was counted; a list at a URL says so by 304."""
        if (versions, addresses) != (counted.versions, counted.addresses) or None in counted.etags.values():
            return False
        for index, address in addresses.items():
            async with self._opened(index, address, counted.etags[index]) as answer:
                if not isinstance(answer, NotModified):
                    return False
        return True

    async def _read_all(
        self, namespace: str, sources: Sources, versions: tuple[str, ...], addresses: Mapping[int, ListAddress]
    ) -> _Counted:
        """All lists as one, so that no id is in two of them. They are read anew whole, whichever has changed."""
        reading = ContactReading(self._limits)
        etags: dict[int, str | None] = {}
        for index, source in enumerate(sources):
            if source.url is None:
                data = await self._object_data(namespace, index, source)
                opened = reading.open(_list_source(index, source, None))
                await self._step_through(opened.feed_steps(data))
                opened.finish()
                continue
            async with self._opened(index, addresses[index], None) as answer:
                if isinstance(answer, NotModified):
                    raise _unreadable(index, Reason.CONTACTS_UNREADABLE, "answered 304 to a request for the whole list")
                etags[index] = answer.etag
                await self._feed(reading.open(_list_source(index, source, addresses[index])), answer.pieces)
        await self._step_through(reading.conclude_steps())
        return _Counted(reading.count(), versions, addresses, etags)

    async def _feed(self, opened: OpenedList, pieces: AsyncIterator[bytes]) -> None:
        async for piece in pieces:
            await self._step_through(opened.feed_steps(piece))
            if opened.over:
                break
        opened.finish()

    async def _step_through(self, steps: Iterator[None]) -> None:
        """Every other task has its turn between two steps, and however many lists are read, one step is taken."""
        going_on = True
        while going_on:
            async with self._one_step_at_a_time:
                going_on = next(steps, _OVER) is not _OVER
            await asyncio.sleep(0)

    @asynccontextmanager
    async def _opened(
        self, index: int, address: ListAddress, etag: str | None
    ) -> AsyncIterator[NotModified | Downloading]:
        try:
            async with self._downloads.open(address, etag) as answer:
                yield answer
        except DownloadError as error:
            if not error.transient:
                raise _unreadable(index, Reason.CONTACTS_UNREADABLE, error.message) from None
            wait = retry_after_seconds(error.retry_after, self._clock.now()) or 0.0
            said = error.message + (f" and asks to wait {wait:.0f} s" if wait else "")
            raise _unreadable(index, Reason.CONTACTS_UNAVAILABLE, said, transient=True, wait_seconds=wait) from None

    async def _object_data(self, namespace: str, index: int, source: ContactsFromSource) -> bytes:
        ref, kind = source.config_map_key_ref or source.secret_key_ref, _kind(source)
        assert ref is not None  # noqa: S101 - exactly one of the three is given
        data, _ = await self._objects.data(kind, namespace, ref.name)
        if data is None:
            raise _unreadable(index, Reason.CONTACTS_NOT_FOUND, f"{kind} {ref.name} {NOT_FOUND}")
        if ref.key not in data:
            raise _unreadable(index, Reason.CONTACTS_NOT_FOUND, f"{kind} {ref.name} does not have the key {ref.key}")
        return data[ref.key]

    async def _addresses(self, namespace: str, sources: Sources) -> dict[int, ListAddress]:
        return {
            index: await self._address(namespace, index, source.url)
            for index, source in enumerate(sources)
            if source.url is not None
        }

    async def _address(self, namespace: str, index: int, url: ContactListURL) -> ListAddress:
        if url.secret_ref is None:
            return ListAddress(url.address or "", owner=namespace)
        name = url.secret_ref.name
        data, _ = await self._objects.data(ObjectKind.SECRET, namespace, name)
        if data is None:
            raise _unreadable(index, Reason.CONTACTS_NOT_FOUND, f"Secret {name} {NOT_FOUND}")
        try:
            token = secret_text(data, "token") if "token" in data else None
            return ListAddress(secret_text(data, "url"), token, namespace)
        except ValueError as error:
            raise _unreadable(index, Reason.CONTACTS_UNREADABLE, f"Secret {name}: {error}") from None


_OVER = object()


def _unreadable(
    index: int, reason: Reason, message: str, *, transient: bool = False, wait_seconds: float = 0.0
) -> _UnreadableError:
    return _UnreadableError(Problem(reason, f"spec.contactsFrom[{index}]: {message}", transient), wait_seconds)


def _kind(source: ContactsFromSource) -> ObjectKind:
    return ObjectKind.CONFIG_MAP if source.config_map_key_ref is not None else ObjectKind.SECRET


def _object_of(source: ContactsFromSource) -> str | None:
    """The name of the object that the list, or the way to it, stands in."""
    ref = source.config_map_key_ref or source.secret_key_ref or (source.url.secret_ref if source.url else None)
    return ref.name if ref is not None else None


def _list_source(index: int, source: ContactsFromSource, address: ListAddress | None) -> ListSource:
    ref = source.config_map_key_ref or source.secret_key_ref
    name = f"spec.contactsFrom[{index}].url" if ref is None else named(_kind(source), ref.name, ref.key)
    by_path = format_of(urlsplit(address.url).path) if address is not None else None
    return ListSource(
        name=name,
        # what comes from a Secret or a URL must not be readable by somebody who may not read the source
        quote_values=source.config_map_key_ref is not None,
        list_format=source.format or by_path,
        id_column=source.id_column,
        time_zone_column=source.time_zone_column,
    )
