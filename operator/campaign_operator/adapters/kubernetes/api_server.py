"""Requests to the API server, by the Kubernetes project's own asyncio client, without its generated classes.

Those of the core group alone take 99 MB of memory once imported (client 37.0, measured by VmRSS), which is more than
all the rest of the operator; what is needed of them is four paths. Owns how a request is made and what a lost answer
is. What the answers mean is the caller's business.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException

REQUEST_SECONDS = 15.0


class NoAnswerError(Exception):
    """The connection failed or the time was up: the request may or may not have been carried out. Names no value."""


@dataclass(frozen=True, slots=True)
class APIAnswer:
    """Any HTTP answer. `body` is the JSON in it, None where there is none; it may hold a Secret."""

    status: int
    reason: str
    body: Any = field(repr=False)


class APIServer:
    """One API server, with the credentials of its client."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

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

        Raises NoAnswerError, and nothing for an answer of any status.
        """
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            prepared = await self._client.param_serialize(
                method,
                path,
                path_params=dict(names or {}),
                query_params=list((query or {}).items()),
                header_params={"Accept": accept, "Content-Type": content_type},
                body=body,
                auth_settings=["BearerToken"],
            )
            response = await self._client.call_api(*prepared, _request_timeout=REQUEST_SECONDS)
            content = await response.read()  # type: ignore[no-untyped-call] # it has no types
        except (ApiException, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswerError(type(error).__name__) from None
        try:
            return APIAnswer(response.status, response.reason or "", json.loads(content))
        except ValueError:
            return APIAnswer(response.status, response.reason or "", None)
