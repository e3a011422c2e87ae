"""Requests to the API server, by the Kubernetes project's own asyncio client, without its generated classes.

Those of the core group alone take 99 MB of memory once imported (client 37.0, measured by VmRSS), which is more than
all the rest of the operator; what is needed of them is four paths. Owns how a request is made and what a lost answer
is. What the answers mean is the caller's business.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import ApiException

from campaign_operator.observability import metrics

REQUEST_SECONDS = 15.0

_TOKEN = "BearerToken"  # noqa: S105 - how the client names the kind of credentials


class NoAnswerError(Exception):
    """The connection failed or the time was up: the request may or may not have been carried out. Names no value."""


@dataclass(frozen=True, slots=True)
class APIAnswer:
    """Any HTTP answer. `body` is the JSON in it, None where there is none; it may hold a Secret."""

    status: int
    reason: str
    body: Any = field(repr=False)


class APIServer:
    """One API server, with the credentials of its client, which `renew` reads anew when they are refused."""

    def __init__(self, client: ApiClient, renew: Callable[[Configuration], Awaitable[None]] | None = None) -> None:
        self._client = client
        self._renew = renew
        self._renewing = asyncio.Lock()

    async def request(
        self,
        method: str,
        path: str,
        names: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        accept: str = "application/json",
    ) -> APIAnswer:
        """One request; `names` fill the placeholders of `path`; the body of a PATCH is a JSON merge patch (RFC 7396).

        A 401 is a clear no: the request is sent once more if there is another token by then. Raises NoAnswerError, and
        nothing for an answer of any status.
        """
        token = await self._token()
        answer = await self._exchange(method, path, names, query, body, accept)
        if answer.status == HTTPStatus.UNAUTHORIZED and await self._has_other_than(token):
            return await self._exchange(method, path, names, query, body, accept)
        return answer

    async def _token(self) -> str | None:
        token: str | None = await self._client.configuration.get_api_key_with_prefix(_TOKEN)
        return token

    async def _has_other_than(self, refused: str | None) -> bool:
        """Whether there is another token; of many requests that were refused, only the first reads it."""
        async with self._renewing:
            if self._renew is not None and await self._token() == refused:
                await self._renew(self._client.configuration)
            return await self._token() != refused

    async def _exchange(
        self,
        method: str,
        path: str,
        names: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        accept: str,
    ) -> APIAnswer:
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            prepared = await self._client.param_serialize(
                method,
                path,
                path_params=dict(names or {}),
                query_params=list((query or {}).items()),
                header_params={"Accept": accept, "Content-Type": content_type},
                body=body,
                auth_settings=[_TOKEN],
            )
            with metrics.api_request_duration.labels(method).time():
                response = await self._client.call_api(*prepared, _request_timeout=REQUEST_SECONDS)
                content = await response.read()  # type: ignore[no-untyped-call] # it has no types
        except (ApiException, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswerError(type(error).__name__) from None
        try:
            return APIAnswer(response.status, response.reason or "", json.loads(content))
        except (ValueError, RecursionError):
            return APIAnswer(response.status, response.reason or "", None)
