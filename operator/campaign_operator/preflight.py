"""Whether the cluster is as the operator needs it, said at once and in words rather than stumbled over later.

Owns the checks at the start of `run`, and those of `campaign-operator check`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.campaign_paths import lists_of
from campaign_operator.adapters.kubernetes.leader_election import LeaseName
from campaign_operator.adapters.kubernetes.permissions import (
    ALL_NAMESPACES,
    WATCH_CAMPAIGNS,
    MissingPermission,
    is_allowed,
    missing_permissions,
    needed_permissions,
)
from campaign_operator.adapters.kubernetes.served_definition import read_missing_fields
from campaign_operator.api.definition import UPDATE_COMMAND, outdated
from campaign_operator.api.vocabulary import GROUP, PLURAL
from campaign_operator.wording import counted

PUBLISHED_WITHIN_SECONDS = (1.0, 2.0, 4.0)
"""Waits for the API server to publish a CustomResourceDefinition that was applied a moment ago."""

_log = structlog.get_logger()


class CannotStartError(Exception):
    """The cluster is not, or is no longer, as the operator needs it; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why campaigns cannot be watched somewhere. `refused`: the API server knows us, and says no."""

    reason: str
    refused: bool = False


async def check_before_start(api: APIServer, namespaces: Sequence[str]) -> None:
    """Raises CannotStartError where the operator could not work at all. One namespace of several is no reason."""
    every = await asyncio.gather(*(obstacle_to_watching(api, each) for each in namespaces or (ALL_NAMESPACES,)))
    if all(every):
        raise CannotStartError("; ".join(dict.fromkeys(each.reason for each in every if each is not None)))
    if await _missing_fields(api) is None:
        _log.warning("the API server does not publish the CustomResourceDefinition, so its version is not checked")


async def obstacle_to_watching(api: APIServer, namespace: str) -> Obstacle | None:
    """What keeps campaigns from being watched in a namespace, or in all of them; None where nothing does."""
    try:
        obstacle = await _obstacle_to_listing(api, namespace)
        if obstacle is None and not await is_allowed(api, WATCH_CAMPAIGNS, namespace):
            missing = MissingPermission(WATCH_CAMPAIGNS, namespace)
            return Obstacle(f"the account lacks a permission: {missing}", refused=True)
    except NoAnswerError as error:
        return Obstacle(f"the API server cannot be reached: {error}")
    return obstacle


async def check_everything(
    api: APIServer, namespaces: Sequence[str], secret_names: Sequence[str], lease: LeaseName | None
) -> list[str]:
    """What is well, line by line, where everything is. Raises CannotStartError with all that is wrong."""
    try:
        missing = await missing_permissions(api, namespaces, secret_names, lease)
    except NoAnswerError as error:
        raise CannotStartError(f"the API server cannot be reached: {error}") from None
    if missing:
        lines = "".join(f"\n  {each}" for each in missing)
        raise CannotStartError(f"the account lacks {counted(len(missing), 'permission')}:{lines}")
    await _check_served(api, namespaces)
    published = await _missing_fields(api)
    needed = len(list(needed_permissions(namespaces, secret_names, lease)))
    return [
        f"permissions: all {needed}",
        f"CustomResourceDefinition: {'not published, so not checked' if published is None else 'up to date'}",
    ]


async def _check_served(api: APIServer, namespaces: Sequence[str]) -> None:
    for namespace in namespaces or (ALL_NAMESPACES,):
        try:
            obstacle = await _obstacle_to_listing(api, namespace)
        except NoAnswerError as error:
            raise CannotStartError(f"the API server cannot be reached: {error}") from None
        if obstacle is not None:
            raise CannotStartError(obstacle.reason)


async def _obstacle_to_listing(api: APIServer, namespace: str) -> Obstacle | None:
    ((path, names),) = lists_of([namespace] if namespace != ALL_NAMESPACES else [])
    answer = await api.request("GET", path, names, {"limit": "1"})
    if answer.status == 200:
        return None
    if answer.status == 401:
        return Obstacle(
            "the API server refuses the operator's credentials: 401 Unauthorized; look for a ServiceAccount that was "
            "deleted, or a token that has expired, and start the operator again",
            refused=True,
        )
    if answer.status == 404:
        return Obstacle(
            f"the API server does not serve {PLURAL}.{GROUP}; apply the CustomResourceDefinition: {UPDATE_COMMAND}"
        )
    where = f" in namespace {namespace}" if namespace != ALL_NAMESPACES else ""
    said = f"the API server refuses to list {PLURAL}.{GROUP}{where}: {answer.status} {answer.reason}"
    return Obstacle(said, refused=answer.status == 403)


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
