"""What the API server answers kopf when it lists and watches campaigns, and what is taken from that before kopf has it.

Knows nothing of when a watch begins, or of how it fares.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Protocol

import aiohttp

from campaign_operator.api.vocabulary import GROUP
from campaign_operator.engine.sightings import Sightings

MOST_PAGE_BYTES = 2_000_000
"""Of whole campaigns. One may have a megabyte, and takes several times that once it is parsed, so a page that is larger
is listed as metadata alone.
"""

POLLING_FINALIZER = f"{GROUP}/polling"
"""Of earlier versions, which polled by kopf's timers: kopf takes it away, since nothing of ours needs it."""


class OnListed(Protocol):
    """Is told of the campaigns that exist when a watch begins, page by page; `are_whole`: with more than metadata."""

    async def __call__(self, page: Collection[Mapping[str, Any]], *, are_whole: bool) -> None:
        """Keep none of them: the next page comes afterwards."""


class CampaignsAnswer(aiohttp.ClientResponse):
    """An answer to kopf, from which a list of campaigns is taken.

    For each object that is listed kopf makes a task, a queue, and a memory that lasts as long as the object: a fifth of
    the CPU time of a start with many campaigns. It is left those from which it is to take a finalizer.
    """

    on_listed: OnListed | None = None
    sightings: Sightings | None = None
    _page: bytearray | None = None

    async def has_read_page(self) -> bool:
        """Read a page of whole campaigns, if it is one; False where it is too large."""
        if self.status != 200:
            return True
        page = bytearray()
        async for piece in self.content.iter_any():
            page += piece
            if len(page) > MOST_PAGE_BYTES:
                self.close()
                return False
        self._page = page
        return True

    async def json(self, **given: Any) -> Any:
        """See aiohttp."""
        are_whole = self._page is not None
        body = self._taken() if are_whole else await super().json(**given)
        if self.on_listed is not None and isinstance(body, dict) and "items" in body:
            listed = body["items"] or []  # null where there is none
            if self.sightings is not None:
                for each in listed:
                    self.sightings.see(each)
            named = [{"metadata": each["metadata"]} for each in listed]
            body["items"] = [each for each in named if POLLING_FINALIZER in each["metadata"].get("finalizers", ())]
            await self.on_listed(listed, are_whole=are_whole)
        return body

    def _taken(self) -> Any:
        page, self._page = self._page, None
        return json.loads(page) if page is not None else None


class OverheardEvents:
    """The body of a watch: each event is seen before kopf has it. Of different campaigns, kopf's handlers are told in
    any order.
    """

    def __init__(self, stream: aiohttp.StreamReader, sightings: Sightings) -> None:
        self._stream = stream
        self._sightings = sightings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """See aiohttp."""
        unended = b""
        async for piece in self._stream.iter_chunked(size):
            *lines, unended = (unended + piece).split(b"\n")
            for line in filter(None, lines):
                self._see(json.loads(line))
            yield piece

    def _see(self, event: Mapping[str, Any]) -> None:
        if event["type"] in ("ADDED", "MODIFIED"):
            self._sightings.see(event["object"])
        elif event["type"] == "DELETED":
            self._sightings.see_gone(event["object"])
