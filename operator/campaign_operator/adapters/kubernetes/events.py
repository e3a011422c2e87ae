"""Kubernetes Events, posted in the background and a moment later: telling people must never hold up a submission.

Owns how an Event is named, and that what repeats becomes a series. `kubectl describe` shows the Events of events.k8s.io
in the order of their names, so a name begins with the time. What another operator may have told is named by the fact
instead: whoever comes second finds it told.
https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import asyncio
import hashlib
import json
import secrets
import socket
from datetime import datetime
from typing import Any

import structlog

from campaign_operator.adapters.kubernetes.api_server import APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.event_series import EventSeries, RecentSeries, in_microseconds
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION
from campaign_operator.domain.campaigns.campaign import Resource
from campaign_operator.domain.status.campaign_events import CampaignEvent
from campaign_operator.domain.status.event_actions import action_of
from campaign_operator.engine.ports import Clock

COMPONENT = "campaign-operator"
POSTED_AFTER_SECONDS = 1.0
"""So that what a pass does next comes before the Event of what it did; among many campaigns, what all of them do."""

MOST_SECONDS_LATER = 30.0
"""How long they wait while campaigns wait to be looked at."""

MAX_WAITING = 10_000

_EVENTS = "/apis/events.k8s.io/v1/namespaces/{namespace}/events"
_CREATED, _PATCHED, _NOT_FOUND, _ALREADY_EXISTS = 201, 200, 404, 409

_log = structlog.get_logger()


class EventRecorder:
    """Queues Events and posts them one after another; what cannot be posted is logged and let go.

    While `calm` is not set, there is more important work for the API server, so they wait a little longer.
    """

    def __init__(self, api: APIServer, clock: Clock, calm: asyncio.Event | None = None) -> None:
        self._api = api
        self._clock = clock
        self._calm = calm
        self._recent = RecentSeries(clock)
        self._last_number = 0
        self._waiting: asyncio.Queue[tuple[float, EventSeries, Any]] = asyncio.Queue(MAX_WAITING)
        self._hurry = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to post."""
        self._worker = asyncio.create_task(self._post_all(), name="events")

    def record(self, campaign: Resource, event: CampaignEvent) -> None:
        """Queue one Event; dropped, with a line in the log, where thousands already wait."""
        _log.info("event", type=event.type, reason=str(event.reason), message=event.note, **_where(campaign))
        body, now = _body(campaign, event), self._clock.now()
        series = EventSeries(_name_of(campaign, event, self._next_number(now)), since=now, until=now)
        if not event.fact:
            series = self._recent.joined(_digest(json.dumps(body)), series)
        if series.waits:
            return
        due = asyncio.get_running_loop().time() + POSTED_AFTER_SECONDS
        try:
            self._waiting.put_nowait((due, series, body))
            series.waits = True
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

    def _next_number(self, now: datetime) -> int:
        """Microseconds, since several Events of one pass share a second; and no two have the same."""
        self._last_number = max(self._last_number + 1, int(now.timestamp() * 1_000_000))
        return self._last_number

    async def _post_all(self) -> None:
        while True:
            due, series, body = await self._waiting.get()
            await self._until(due)
            series.waits = False
            try:
                status = await self._post(series, body)
                if status not in (_CREATED, _PATCHED, _ALREADY_EXISTS):
                    _log.warning("an event could not be posted", error=status, reason=body["reason"])
            except NoAnswerError as error:
                _log.warning("an event could not be posted", error=str(error), reason=body["reason"])
            finally:
                self._waiting.task_done()

    async def _post(self, series: EventSeries, body: Any) -> int:
        """What repeats is counted in the Event that is there; once that has expired, there is a new one."""
        names = {"namespace": body["metadata"]["namespace"], "name": series.name}
        if series.is_posted:
            answer = await self._api.request("PATCH", _EVENTS + "/{name}", names, body=series.repetition())
            if answer.status != _NOT_FOUND:
                return answer.status
        whole = {**body, "metadata": names, "eventTime": in_microseconds(series.since), **series.repetition()}
        answer = await self._api.request("POST", _EVENTS, {"namespace": names["namespace"]}, body=whole)
        series.is_posted = answer.status == _CREATED
        return answer.status

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


def _name_of(campaign: Resource, event: CampaignEvent, number: int) -> str:
    # cut, so that the rest fits, and no part of a name may end in a hyphen
    start = campaign.ref.name[:200].rstrip("-.")
    if event.fact:
        return f"{start}.{_digest(json.dumps([campaign.uid, event.reason, event.fact]))}"
    return f"{start}.{number:016x}{secrets.token_hex(2)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _body(campaign: Resource, event: CampaignEvent) -> dict[str, object]:
    """All of an Event but its name, its time and its series: two that are alike here are one series."""
    return {
        "metadata": {"namespace": campaign.ref.namespace},
        "regarding": {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "namespace": campaign.ref.namespace,
            "name": campaign.ref.name,
            "uid": campaign.uid,
        },
        "type": event.type,
        "reason": str(event.reason),
        "note": event.note,
        "action": action_of(event.reason),
        "reportingController": COMPONENT,
        "reportingInstance": socket.gethostname()[:128],
    }
