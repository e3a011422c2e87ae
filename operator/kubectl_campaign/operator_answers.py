"""Waiting until the operator has done what a person asked for, by watches.

Owns when a campaign counts as answered, and what is said where no answer comes in time.
"""

import time
from collections.abc import Callable, Iterator

from kubectl_campaign.plugin_error import NotThereError, PluginError
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.user_cluster import UserCluster

_NOT_RUNNING = "check that an operator runs and watches the namespace"


class NoAnswerInTimeError(PluginError):
    """The operator has not done it yet; what was asked for stays asked for."""


def await_campaign(
    cluster: UserCluster, name: str, holds: Callable[[SeenCampaign], bool], seconds: float, what: str
) -> SeenCampaign:
    """The campaign once that holds. Raises NoAnswerInTimeError."""
    end = time.monotonic() + seconds
    for seen in changes_of(cluster, name, end):
        if holds(seen):
            return seen
    raise NoAnswerInTimeError(f"{what} after {seconds:g} s; the request stays. {_NOT_RUNNING.capitalize()}")


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
