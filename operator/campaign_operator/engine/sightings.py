"""What the watch of all campaigns has told, and so whether a campaign is alone with its campaignID.

It answers what a LIST answers, without a request of which the API server looks at every campaign. A watch tells of all
writes in their order, so once it has told of our own intent, it has told of every intent before it. Whoever writes his
later sees ours. A watch brings metadata alone: the campaignID is known of those that were read since they were last
edited. One that was not, and has neither our finalizer nor a status, has no intent.

Owns what is known of each campaign. What follows from it is decided by `rivals`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaign_operator.api.vocabulary import CANCEL_FINALIZER
from campaign_operator.domain.campaigns.campaign import Campaign

TOLD_SECONDS = 1.0
"""How long the watch is waited for. It is behind by milliseconds; one that is longer away is not waited for."""

_NO_NUMBER = -1


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A campaign at the version that the watch told of last. `is_begun`: it may have an intent at that version."""

    version: int
    generation: int
    is_begun: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """The campaignID of a campaign at a generation."""

    generation: int
    campaign_id: str


class Sightings:
    """Every campaign of the cluster, by its UID. Of use only where all namespaces are watched, without a selector."""

    def __init__(self) -> None:
        self._is_complete = False
        self._seen: dict[str, _Sighting] = {}
        self._read: dict[str, _Reading] = {}
        self._by_campaign_id: dict[str, set[str]] = {}
        self._unknown: set[str] = set()
        """Those that may have an intent, and that nobody has read since they were last edited."""

        self._waiting: dict[str, list[tuple[int, asyncio.Future[None]]]] = {}

    def begin_anew(self) -> None:
        """All campaigns are about to be listed."""
        self._is_complete = False
        for kept in (self._seen, self._read, self._by_campaign_id, self._unknown):
            kept.clear()

    def complete(self) -> None:
        """All campaigns have been listed, and from there on they are watched."""
        self._is_complete = True

    def see(self, wire: Mapping[str, Any]) -> None:
        """A campaign is there, as the list or the watch has it. With its spec, it is read by that, too."""
        metadata = wire["metadata"]
        uid, generation = str(metadata["uid"]), int(metadata["generation"])
        version = _number(metadata["resourceVersion"])
        self._seen[uid] = _Sighting(version, generation, _is_begun(metadata))
        spec = wire.get("spec")
        if isinstance(spec, Mapping):
            self._note(uid, generation, str(spec.get("campaignID")))
        self._file(uid)
        self._wake(uid, version)

    def see_gone(self, wire: Mapping[str, Any]) -> None:
        """A campaign is there no more."""
        uid = str(wire["metadata"]["uid"])
        self._seen.pop(uid, None)
        self._unknown.discard(uid)
        self._forget_reading(uid)

    def read(self, campaign: Campaign) -> None:
        """A campaign has been read."""
        if campaign.uid in self._seen:
            self._note(campaign.uid, campaign.generation, campaign.spec.campaign_id)
            self._file(campaign.uid)

    async def is_alone(self, campaign: Campaign) -> bool:
        """Whether, by the time of this version of the campaign, nobody else may have written an intent for its
        campaignID. False also where that is not known.
        """
        has_told = self._is_complete and await self._has_told_of(campaign)
        # what is listed anew while it was waited for is not all that there is
        return has_told and self._is_complete and not self._has_other(campaign)

    async def _has_told_of(self, campaign: Campaign) -> bool:
        version, seen = _number(campaign.resource_version), self._seen.get(campaign.uid)
        if version == _NO_NUMBER:
            return False
        if seen is not None and seen.version >= version:
            return True
        told = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(campaign.uid, []).append((version, told))
        try:
            async with asyncio.timeout(TOLD_SECONDS):
                await told
        except TimeoutError:
            return False
        finally:
            self._let_go(campaign.uid, told)
        return True

    def _has_other(self, campaign: Campaign) -> bool:
        sharing = self._by_campaign_id.get(campaign.spec.campaign_id, set())
        return bool((sharing | self._unknown) - {campaign.uid})

    def _note(self, uid: str, generation: int, campaign_id: str) -> None:
        known = self._read.get(uid)
        if known is None or known.generation < generation:
            self._forget_reading(uid)
            self._read[uid] = _Reading(generation, campaign_id)
            self._by_campaign_id.setdefault(campaign_id, set()).add(uid)

    def _forget_reading(self, uid: str) -> None:
        known = self._read.pop(uid, None)
        if known is not None:
            sharing = self._by_campaign_id[known.campaign_id]
            sharing.discard(uid)
            if not sharing:
                del self._by_campaign_id[known.campaign_id]

    def _file(self, uid: str) -> None:
        seen, known = self._seen[uid], self._read.get(uid)
        is_known = known is not None and known.generation >= seen.generation
        if seen.is_begun and not is_known:
            self._unknown.add(uid)
        else:
            self._unknown.discard(uid)

    def _wake(self, uid: str, version: int) -> None:
        for awaited, told in self._waiting.get(uid, ()):
            if awaited <= version and not told.done():
                told.set_result(None)

    def _let_go(self, uid: str, told: asyncio.Future[None]) -> None:
        left = [each for each in self._waiting.get(uid, ()) if each[1] is not told]
        if left:
            self._waiting[uid] = left
        else:
            self._waiting.pop(uid, None)


def _number(resource_version: str) -> int:
    """Versions of one resource can be compared as numbers, says the API server's reference since Kubernetes 1.35, and
    those of etcd always could: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return int(resource_version) if resource_version.isdecimal() else _NO_NUMBER


def _is_begun(metadata: Mapping[str, Any]) -> bool:
    """Whether somebody has prepared an intent, or written a status. The finalizer comes before the first intent, but
    anybody can take it away; who has written a status is told by `managedFields`.
    """
    if CANCEL_FINALIZER in (metadata.get("finalizers") or ()):
        return True
    return any(each.get("subresource") == "status" for each in metadata.get("managedFields") or ())
