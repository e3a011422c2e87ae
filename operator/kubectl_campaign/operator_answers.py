"""Waiting until the operator has done what a person asked for, by watches.

Owns when a campaign counts as answered, and what is said where no answer comes in time.
"""

import time
from collections.abc import Callable, Iterator

from kubectl_campaign.plugin_error import NotThereError, PluginError
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.user_cluster import UserCluster

_REST_SECONDS = 2.0
_NOT_RUNNING = "check that an operator runs and watches the namespace"


class NoAnswerInTimeError(PluginError):
    """The operator has not done it yet; what was asked for stays asked for."""


def await_campaign(
    cluster: UserCluster, name: str, holds: Callable[[SeenCampaign], bool], seconds: float, what: str
) -> SeenCampaign:
    """The campaign once that holds and what follows from it is written, too. Raises NoAnswerInTimeError."""
    end = time.monotonic() + seconds
    for seen in changes_of(cluster, name, end):
        if holds(seen):
            return _at_rest(cluster, name, seen, end)
    raise NoAnswerInTimeError(f"{what} after {seconds:g} s; the request stays. {_NOT_RUNNING.capitalize()}")


def _at_rest(cluster: UserCluster, name: str, seen: SeenCampaign, end: float) -> SeenCampaign:
    """The campaign when the operator has written nothing for some seconds: a pass writes several times."""
    has_changed = True
    while has_changed and time.monotonic() < end:
        has_changed = False
        for kind, wire in cluster.watch(name, seen.resource_version, _REST_SECONDS):
            if kind == "DELETED":
                return seen
            seen, has_changed = SeenCampaign.of(wire), True
    return seen


def changes_of(cluster: UserCluster, name: str, end: float | None = None) -> Iterator[SeenCampaign]:
    """The campaign as it is, and then at every change, until `end` by the monotonic clock. Raises NotThereError when it
    is gone.
    """
    while True:
        seen = SeenCampaign.of(cluster.campaign(name))
        yield seen
        left = _WATCH_SECONDS if end is None else end - time.monotonic()
        if left <= 0:
            return
        for kind, wire in cluster.watch(name, seen.resource_version, min(left, _WATCH_SECONDS)):
            if kind == "DELETED":
                raise NotThereError(f'outboundcampaign "{name}" is deleted')
            yield SeenCampaign.of(wire)
        if end is not None and time.monotonic() >= end:
            return


_WATCH_SECONDS = 240.0
