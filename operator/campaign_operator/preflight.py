"""Whether the cluster is as the operator needs it, said at once and in words rather than stumbled over later.

Owns the checks at the start of `run`, and those of `campaign-operator check`.
"""

import asyncio
from collections.abc import Sequence

import structlog

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.permissions import (
    WATCH_CAMPAIGNS,
    MissingPermission,
    is_allowed,
    missing_permissions,
    needed_permissions,
)
from campaign_operator.adapters.kubernetes.served_definition import read_missing_fields
from campaign_operator.api.definition import UPDATE_COMMAND, outdated
from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from campaign_operator.wording import counted

PUBLISHED_WITHIN_SECONDS = (1.0, 2.0, 4.0)
"""Waits for the API server to publish a CustomResourceDefinition that was applied a moment ago."""

_ALL_NAMESPACES = ""

_log = structlog.get_logger()


class CannotStartError(Exception):
    """The cluster is not, or is no longer, as the operator needs it; the message says what to do."""


async def check_before_start(api: APIServer, namespaces: Sequence[str]) -> None:
    """Raises CannotStartError where the operator could not work at all."""
    await _check_served(api, namespaces)
    if await _missing_fields(api) is None:
        _log.warning("the API server does not publish the CustomResourceDefinition, so its version is not checked")


async def check_everything(api: APIServer, namespaces: Sequence[str], secret_names: Sequence[str]) -> list[str]:
    """What is well, line by line, where everything is. Raises CannotStartError with all that is wrong."""
    try:
        missing = await missing_permissions(api, namespaces, secret_names)
    except NoAnswerError as error:
        raise CannotStartError(f"the API server cannot be reached: {error}") from None
    if missing:
        lines = "".join(f"\n  {each}" for each in missing)
        raise CannotStartError(f"the account lacks {counted(len(missing), 'permission')}:{lines}")
    await _check_served(api, namespaces)
    published = await _missing_fields(api)
    needed = len(list(needed_permissions(namespaces, secret_names)))
    return [
        f"permissions: all {needed}",
        f"CustomResourceDefinition: {'not published, so not checked' if published is None else 'up to date'}",
    ]


async def _check_served(api: APIServer, namespaces: Sequence[str]) -> None:
    for namespace in namespaces or (_ALL_NAMESPACES,):
        try:
            await _check_served_in(api, namespace)
        except NoAnswerError as error:
            raise CannotStartError(f"the API server cannot be reached: {error}") from None


async def _check_served_in(api: APIServer, namespace: str) -> None:
    in_one = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
    path = in_one if namespace else f"/apis/{GROUP}/{VERSION}/{PLURAL}"
    answer = await api.request("GET", path, {"namespace": namespace} if namespace else {}, {"limit": "1"})
    if answer.status == 404:
        raise CannotStartError(
            f"the API server does not serve {PLURAL}.{GROUP}; apply the CustomResourceDefinition: {UPDATE_COMMAND}"
        )
    if answer.status != 200:
        raise CannotStartError(f"the API server refuses to list {PLURAL}.{GROUP}: {answer.status} {answer.reason}")
    # without it kopf tries for a minute, and serves nothing
    if not await is_allowed(api, WATCH_CAMPAIGNS, namespace):
        raise CannotStartError(f"the account lacks a permission: {MissingPermission(WATCH_CAMPAIGNS, namespace)}")


async def _missing_fields(api: APIServer) -> tuple[()] | None:
    """None where the API server does not tell. Raises CannotStartError for an older CustomResourceDefinition, which
    takes away what it does not know, without a word: calling hours, for one.
    """
    for seconds in (*PUBLISHED_WITHIN_SECONDS, None):
        missing = await read_missing_fields(api)
        if missing == ():
            return ()
        if seconds is not None:
            await asyncio.sleep(seconds)
    if missing is None:
        return None
    raise CannotStartError(outdated(missing))
