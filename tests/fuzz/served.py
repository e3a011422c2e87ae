"""The operator's own HTTP over bytes that a test gives: all of it but sockets and TLS."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpcore

from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange
from campaign_operator.adapters.outbound.webhook import WebhookNotifier
from campaign_operator.domain.dialing.connection import Connection
from fuzz.inputs import CLIENT_ID, CLIENT_SECRET, TOKEN, HTTPAnswer, encoded
from manual_clock import ManualClock

CONNECTION = Connection(CLIENT_ID, CLIENT_SECRET, "https://tokens.example/token", "https://api.example", "scope")
URL = "https://api.example/canary-path?key=canary-query"

_TOKEN_BODY = encoded({"access_token": TOKEN, "token_type": "Bearer"})
SOUND_TOKEN = HTTPAnswer((b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_TOKEN_BODY), _TOKEN_BODY))


class ServedEgress(Egress):
    """Every connection to a host gets the next of its answers, the last again and again."""

    def __init__(self) -> None:
        super().__init__(EgressPolicy())
        self.answers: dict[bytes, list[HTTPAnswer]] = {}

    def open_connection(self, origin: httpcore.Origin, owner: str) -> httpcore.AsyncConnectionInterface:
        pending = self.answers[origin.host]
        answer = pending.pop(0) if len(pending) > 1 else pending[0]
        return httpcore.AsyncHTTP11Connection(origin, httpcore.AsyncMockStream(list(answer.pieces)))


@dataclass
class Served:
    """Adapters that talk to whoever gives these answers, on an event loop of their own."""

    runner: asyncio.Runner
    egress: ServedEgress = field(default_factory=ServedEgress)
    clock: ManualClock = field(default_factory=ManualClock)

    def give(self, answers: Sequence[HTTPAnswer], token: HTTPAnswer = SOUND_TOKEN) -> None:
        """What is answered from now on."""
        self.egress.answers = {b"api.example": list(answers), b"tokens.example": [token]}

    def exchange(self) -> HTTPExchange:
        return HTTPExchange(self.egress, keep_alive=False)

    def dialer(self) -> CXoneDialer:
        """One that has no token yet, and does not know what the dialer offers."""
        return CXoneDialer(self.exchange(), TokenProvider(self.exchange(), self.clock), self.clock)

    def notifier(self) -> WebhookNotifier:
        return WebhookNotifier(self.exchange(), self.clock)

    def downloads(self, max_bytes: int) -> Downloads:
        return Downloads(self.egress, max_bytes=max_bytes)


@contextmanager
def served() -> Iterator[Served]:
    """Adapters for one target."""
    with asyncio.Runner() as runner:
        of_target = Served(runner)
        try:
            yield of_target
        finally:
            of_target.egress.close()
