"""placeholder until the branch is merged"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from campaign_operator.adapters.egress import Egress


@dataclass(frozen=True, slots=True)
class ListAddress:
    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NotModified: ...


@dataclass(frozen=True, slots=True)
class Downloading:
    etag: str | None
    pieces: AsyncIterator[bytes]


class DownloadError(Exception):
    message: str
    passing: bool


class Downloads:
    def __init__(
        self, egress: Egress, *, max_bytes: int = 1_073_741_824, timeout_seconds: float = 300.0, width: int = 4
    ) -> None: ...
    def open(
        self, address: ListAddress, etag: str | None = None
    ) -> AbstractAsyncContextManager[NotModified | Downloading]:
        raise NotImplementedError

    async def aclose(self) -> None: ...
