"""The events of a watch, seen before kopf has them, in whatever pieces they come."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from campaign_operator.campaign_answers import OverheardEvents
from campaign_operator.engine.sightings import Sightings


class Pieces:
    """A body that comes in these pieces."""

    total_bytes = 7

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class Told(Sightings):
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def see(self, wire: Mapping[str, Any]) -> None:
        self.all.append(wire["metadata"]["uid"])

    def see_gone(self, wire: Mapping[str, Any]) -> None:
        self.all.append("without " + wire["metadata"]["uid"])


def line(event_type: str, **told: Any) -> bytes:
    return json.dumps({"type": event_type, "object": told}).encode() + b"\n"


def event(kind: str, uid: str) -> bytes:
    return line(kind, metadata={"uid": uid})


EVENTS = event("ADDED", "a") + event("MODIFIED", "b") + event("DELETED", "a")


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
async def test_each_event_is_seen_once_and_in_order_and_kopf_has_the_same_bytes(size: int) -> None:
    told, pieces = Told(), [EVENTS[at : at + size] for at in range(0, len(EVENTS), size)]
    body = OverheardEvents(Pieces(*pieces), told)  # type: ignore[arg-type] # as much of a stream as is used
    assert b"".join([piece async for piece in body.iter_chunked(1024)]) == EVENTS
    assert told.all == ["a", "b", "without a"]


async def test_an_event_is_seen_before_kopf_has_it() -> None:
    told = Told()
    body = OverheardEvents(Pieces(event("ADDED", "a"), event("ADDED", "b")), told)  # type: ignore[arg-type] # as above
    seen = [tuple(told.all) async for _ in body.iter_chunked(1024)]
    assert seen == [("a",), ("a", "b")]


async def test_what_tells_of_no_campaign_is_passed_on() -> None:
    told = Told()
    other = line("ERROR", kind="Status", code=410) + line("BOOKMARK", metadata={"resourceVersion": "9"}) + b"\n"
    body = OverheardEvents(Pieces(other), told)  # type: ignore[arg-type] # as above
    assert b"".join([piece async for piece in body.iter_chunked(1024)]) == other
    assert told.all == []


def test_all_else_is_asked_of_the_body_itself() -> None:
    assert OverheardEvents(Pieces(), Told()).total_bytes == 7  # type: ignore[arg-type] # as above
