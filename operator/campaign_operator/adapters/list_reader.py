"""The reading of contact lists out of ConfigMaps, Secrets and from URLs, with bounds on what is read at once.

Owns how reading leaves the event loop and the memory to others: in steps of a few milliseconds, one reading's step at a
time, and with places that namespaces share. How rows are read is `domain/contacts/contact_reading`; when lists are
read, `contact_lists`.

A reading keeps 15 bytes of each contact until its end. So one of a few contacts begins at once, beside others, and one
that turns out large goes on when it has a place among the large ones. Lists at URLs have places of their own: a server
may take minutes to send one, and a list in an object must not wait for that.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.keyed_objects import NOT_FOUND, KeyedObjects
from campaign_operator.adapters.outbound.answers import retry_after_seconds
from campaign_operator.adapters.outbound.downloads import (
    DownloadError,
    Downloading,
    Downloads,
    ListAddress,
    NotModified,
)
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.conditions import Reason
from campaign_operator.api.contacts_spec import ContactListURL, ContactsFromSource
from campaign_operator.api.references import ObjectKind, named
from campaign_operator.api.vocabulary import OnInvalidContact
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading, format_of
from campaign_operator.domain.contacts.phone_zones import read_phone_data
from campaign_operator.domain.dialing.secret_value import secret_text
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import Clock

LARGE_ROWS = 50_000
"""A reading of more is a large one: up to here it takes about a megabyte."""

STEP_BYTES = 16_384
"""A millisecond. Others have one turn between two steps, and a look at a campaign takes some dozens of turns."""


@dataclass(frozen=True, slots=True)
class NamedLists:
    """The lists of one or several campaigns: equal ones are one reading."""

    namespace: str
    sources: tuple[ContactsFromSource, ...]
    on_invalid: OnInvalidContact

    @property
    def has_urls(self) -> bool:
        """Whether something of them tells nobody of a change."""
        return any(source.url is not None for source in self.sources)

    @property
    def has_phone_numbers(self) -> bool:
        """Whether phone numbers are read."""
        return any(source.phone_column is not None for source in self.sources)


@dataclass(frozen=True, slots=True)
class CountedLists:
    """What the lists held, and what that was read from: the versions of objects, and by source its URL and its ETag."""

    count: ContactCount
    versions: tuple[str, ...]
    addresses: Mapping[int, ListAddress]
    etags: Mapping[int, str | None]


class UnreadListsError(Exception):
    """The lists cannot be read; `problem` says why. `wait_seconds`: no sooner may it help to try again."""

    def __init__(self, problem: Problem, wait_seconds: float) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.wait_seconds = wait_seconds


class _Places:
    """For readings of one kind: those of a namespace, those of all, and the large ones among them."""

    def __init__(self) -> None:
        self.all = FairPlaces(share=3, total=16)
        self.large = FairPlaces(share=1, total=2)


class ListReader:
    """Reads all the lists of a campaign as one, so that no id is in two of them.

    `large_rows`: a reading of more rows needs one of the places for large ones.
    """

    def __init__(
        self,
        objects: KeyedObjects,
        downloads: Downloads,
        clock: Clock,
        limits: ListLimits,
        steps: ShortSteps,
        *,
        large_rows: int = LARGE_ROWS,
    ) -> None:
        self._objects = objects
        self._downloads = downloads
        self._clock = clock
        self._limits = limits
        self._steps = steps
        self._large_rows = large_rows
        self._of_objects, self._of_urls = _Places(), _Places()

    async def versions(self, lists: NamedLists, max_age_seconds: float) -> tuple[str, ...]:
        """Those of the objects that the lists, or the ways to them, stand in. Raises StoreUnavailableError."""
        versions = []
        for source in lists.sources:
            name = _object_of(source)
            if name is not None:
                found = self._objects.version(_kind(source), lists.namespace, name, max_age_seconds=max_age_seconds)
                versions.append(await found)
        return tuple(versions)

    async def read(self, lists: NamedLists, versions: tuple[str, ...], known: CountedLists | None) -> CountedLists:
        """What the lists hold: `known` itself, if all is as it was then. Raises UnreadListsError and
        StoreUnavailableError.

        Lists are read again whole, whichever has changed.
        """
        addresses = await self._addresses(lists)
        if known is not None and await self._is_unmodified(known, versions, addresses):
            return known
        async with AsyncExitStack() as places:
            return await self._read_all(lists, versions, addresses, places)

    async def _is_unmodified(
        self, known: CountedLists, versions: tuple[str, ...], addresses: Mapping[int, ListAddress]
    ) -> bool:
        """Whether all is as it was when it was counted; a list at a URL says so by 304."""
        if (versions, addresses) != (known.versions, known.addresses) or None in known.etags.values():
            return False
        for index, address in addresses.items():
            async with self._opened(index, address, known.etags[index]) as answer:
                if not isinstance(answer, NotModified):
                    return False
        return True

    async def _read_all(
        self,
        lists: NamedLists,
        versions: tuple[str, ...],
        addresses: Mapping[int, ListAddress],
        places: AsyncExitStack,
    ) -> CountedLists:
        if lists.has_phone_numbers:
            await asyncio.to_thread(read_phone_data)
        of_kind = self._of_urls if lists.has_urls else self._of_objects
        await places.enter_async_context(of_kind.all.take(lists.namespace))
        counting = ContactReading(self._limits, piece_bytes=STEP_BYTES, on_invalid=lists.on_invalid)
        is_large = False

        async def follow(steps: Iterator[None]) -> None:
            nonlocal is_large
            while await self._steps.take(steps):
                if not is_large and counting.rows > self._large_rows:
                    await places.enter_async_context(of_kind.large.take(lists.namespace))
                    is_large = True

        etags: dict[int, str | None] = {}
        for index, source in enumerate(lists.sources):
            if source.url is None:
                data = await self._object_data(lists.namespace, index, source)
                opened = counting.open(_list_source(index, source, None))
                await follow(opened.feed_steps(data))
                opened.finish()
                continue
            async with self._opened(index, addresses[index], None) as answer:
                if isinstance(answer, NotModified):
                    raise _unreadable(index, Reason.CONTACTS_UNREADABLE, "answered 304 to a request for the whole list")
                etags[index] = answer.etag
                opened = counting.open(_list_source(index, source, addresses[index]))
                async for piece in answer.pieces:
                    await follow(opened.feed_steps(piece))
                    if opened.over:
                        break
                opened.finish()
        await follow(counting.conclude_steps())
        return CountedLists(counting.count(), versions, addresses, etags)

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

    async def _addresses(self, lists: NamedLists) -> dict[int, ListAddress]:
        return {
            index: await self._address(lists.namespace, index, source.url)
            for index, source in enumerate(lists.sources)
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


def _unreadable(
    index: int, reason: Reason, message: str, *, transient: bool = False, wait_seconds: float = 0.0
) -> UnreadListsError:
    return UnreadListsError(Problem(reason, f"spec.contactsFrom[{index}]: {message}", transient), wait_seconds)


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
    # what comes from a Secret or a URL must not be readable by somebody who may not read the source
    quote_values = source.config_map_key_ref is not None
    return ListSource.of(source, name, quote_values=quote_values, list_format=source.format or by_path)
