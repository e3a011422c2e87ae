"""What the tests of one request and of pools share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from campaign_operator.adapters.outbound.exchange import HTTPExchange, OutgoingRequest
from scripted_server import (
    ScriptedServer,
)


@asynccontextmanager
async def exchange_to(
    server: ScriptedServer, width: int = 16, keep_alive: bool = True, idle_seconds: float = 30.0
) -> AsyncIterator[HTTPExchange]:
    egress = server.egress()
    exchange = HTTPExchange(egress, width=width, keep_alive=keep_alive, idle_seconds=idle_seconds)
    try:
        yield exchange
    finally:
        await exchange.aclose()
        egress.close()


def post(server: ScriptedServer, pool: str = "pool", body: bytes = b"{}") -> OutgoingRequest:
    return OutgoingRequest(pool, "POST", f"{server.url}/submit", body=body)


class Asked:
    """A permission that gives the answers it is told and counts how often it was asked."""

    def __init__(self, *answers: bool) -> None:
        self._answers = list(answers)
        self.times = 0

    def in_force(self) -> bool:
        self.times += 1
        return self._answers.pop(0)


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in the server
            await asyncio.sleep(0.005)
