"""Kubernetes Events, posted in the background and a moment later: telling people must never hold up a submission.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import asyncio
import secrets
import socket
from datetime import datetime
from typing import Any

import structlog

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION
from campaign_operator.domain.campaigns.campaign import Resource
from campaign_operator.domain.status.campaign_events import CampaignEvent
from campaign_operator.engine.ports import Clock
from campaign_operator.wording import cut_to_bytes

COMPONENT = "campaign-operator"
POSTED_AFTER_SECONDS = 1.0
"""So that what a pass does next comes before the Event of what it did; among many campaigns, what all of them do."""

MOST_SECONDS_LATER = 30.0
"""How long they wait while campaigns wait to be looked at."""

MAX_WAITING = 10_000
MAX_EVENT_MESSAGE_BYTES = 1024
"""The API server refuses an Event with more."""

_EVENTS = "/api/v1/namespaces/{namespace}/events"

_log = structlog.get_logger()


class EventRecorder:
    """Queues Events and posts them one after another; what cannot be posted is logged and let go.

    While `calm` is not set, there is more important work for the API server, so they wait a little longer.
    """

    def __init__(self, api: APIServer, clock: Clock, calm: asyncio.Event | None = None) -> None:
        self._api = api
        self._clock = clock
        self._calm = calm
        self._waiting: asyncio.Queue[tuple[float, Any]] = asyncio.Queue(MAX_WAITING)
        self._hurry = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to post."""
        self._worker = asyncio.create_task(self._post_all(), name="events")

    def record(self, campaign: Resource, event: CampaignEvent) -> None:
        """Queue one Event; dropped, with a line in the log, where thousands already wait."""
        _log.info("event", type=event.type, reason=str(event.reason), message=event.message, **_where(campaign))
        try:
            due = asyncio.get_running_loop().time() + POSTED_AFTER_SECONDS
            self._waiting.put_nowait((due, _event(campaign, event, self._clock.now())))
        except asyncio.QueueFull:
            _log.warning("too many events are waiting; one was dropped", reason=str(event.reason), **_where(campaign))

    async def posted(self) -> None:
        """Post what is waiting at once; wait until every Event that was recorded has been posted or let go."""
        self._hurry.set()
        try:
            await self._waiting.join()
        finally:
            self._hurry.clear()

    async def close(self, patience_seconds: float) -> None:
        """Post what is waiting, for so long and no longer."""
        if self._worker is None:
            return
        try:
            async with asyncio.timeout(patience_seconds):
                await self.posted()
        except TimeoutError:
            _log.warning("some events were not posted before the operator stopped", count=self._waiting.qsize())
        self._worker.cancel()

    async def _post_all(self) -> None:
        while True:
            due, event = await self._waiting.get()
            await self._until(due)
            try:
                answer = await self._api.request(
                    "POST", _EVENTS, {"namespace": event["metadata"]["namespace"]}, body=event
                )
                if answer.status != 201:
                    _log.warning("an event could not be posted", error=answer.status, reason=event["reason"])
            except NoAnswerError as error:
                _log.warning("an event could not be posted", error=str(error), reason=event["reason"])
            finally:
                self._waiting.task_done()

    async def _until(self, due: float) -> None:
        if not await _is_set(due, self._hurry) and self._calm is not None:
            await _is_set(due + MOST_SECONDS_LATER, self._hurry, self._calm)


async def _is_set(deadline: float, *events: asyncio.Event) -> bool:
    """Whether any of them is set by then, in seconds of the loop's clock."""
    seconds = deadline - asyncio.get_running_loop().time()
    if seconds > 0 and not any(event.is_set() for event in events):
        waiting = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
    return any(event.is_set() for event in events)


def _where(campaign: Resource) -> dict[str, str]:
    return {"namespace": campaign.ref.namespace, "name": campaign.ref.name}


def _event(campaign: Resource, event: CampaignEvent, now: datetime) -> dict[str, object]:
    return {
        "metadata": {
            "name": f"{campaign.ref.name[:200]}.{secrets.token_hex(8)}",
            "namespace": campaign.ref.namespace,
        },
        "involvedObject": {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "namespace": campaign.ref.namespace,
            "name": campaign.ref.name,
            "uid": campaign.uid,
        },
        "type": event.type,
        "reason": str(event.reason),
        "message": cut_to_bytes(event.message, MAX_EVENT_MESSAGE_BYTES),
        "action": "Reconcile",
        "reportingComponent": COMPONENT,
        "reportingInstance": socket.gethostname()[:128],
        "source": {"component": COMPONENT},
        # in microseconds, since several Events of one pass share a second and would be shown in any order
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "firstTimestamp": to_rfc3339(now),
        "lastTimestamp": to_rfc3339(now),
        "count": 1,
    }
