"""How an answer leaves a server of the sandbox: whole, or as a fault wants it.

Owns the way from an `Answer` to bytes on the connection. It does not know what the answer says, nor which
rule fired.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol

from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campaign_sandbox.fault_rules import AnswerInstead, ConnectionEffect, Cut, Delay, Reset, Withhold
from campaign_sandbox.running_server import connection_of, disconnected
from campaign_sandbox.server_answers import Answer

_CHUNK_BYTES = 65536


async def deliver(
    effect: ConnectionEffect | None, carry_out: Callable[[], Answer], now: Callable[[], datetime]
) -> Response:
    """Carry a request out, or not, as the effect says; the response that tells the client, or fails to."""
    match effect:
        case AnswerInstead():
            if effect.carry_out:
                carry_out()
            return whole(_answer_instead(effect, now()))
        case Reset() | Withhold():
            if effect.carry_out:
                carry_out()
            return NoAnswer(reset=isinstance(effect, Reset))
        case Cut():
            return _CutAnswer(carry_out(), effect)
        case Delay():
            await asyncio.sleep(effect.before_seconds)
            answer = carry_out()
            await asyncio.sleep(effect.after_seconds)
            return whole(answer)
        case None:
            return whole(carry_out())


class StatusRecord(Protocol):
    """The part of a record of a request that says how it was answered."""

    status: int | None


class StatusRecording:
    """Middleware that opens a record for each request, and notes the status if an answer is begun in good
    order.

    `open_record` may return None for what is not to be recorded. The request finds its record as
    `state.record`.
    """

    def __init__(self, app: ASGIApp, open_record: Callable[[Scope], StatusRecord | None]) -> None:
        self._app = app
        self._open_record = open_record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = self._open_record(scope)
        if record is None:
            await self._app(scope, receive, send)
            return
        scope["state"]["record"] = record

        async def recording_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        await self._app(scope, receive, recording_send)


def whole(answer: Answer) -> Response:
    """An answer that arrives as it is."""
    if answer.chunked:
        return StreamingResponse(_chunks(answer.body), answer.status, answer.all_headers)
    return Response(answer.body, answer.status, answer.all_headers)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _CHUNK_BYTES):
        yield body[start : start + _CHUNK_BYTES]


def _answer_instead(effect: AnswerInstead, now: datetime) -> Answer:
    headers = dict(effect.headers)
    if effect.retry_after_date_seconds is not None:
        later = now.astimezone(UTC) + timedelta(seconds=effect.retry_after_date_seconds)
        headers["Retry-After"] = format_datetime(later, usegmt=True)
    if isinstance(effect.body, str):
        return Answer(effect.status, raw=effect.body, headers=headers)
    return Answer(effect.status, effect.body, headers)


class NoAnswer(Response):
    """Ends the connection by a reset, or leaves the client waiting until it goes."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._reset:
            connection_of(scope).reset()
        await disconnected(receive)


class _CutAnswer(Response):
    """Sends a part of the answer, then closes the connection."""

    def __init__(self, answer: Answer, effect: Cut) -> None:
        super().__init__()
        head, body = answer.on_the_wire()
        self._part = head + body[: len(body) // 2] if effect.where == "body" and body else head[: len(head) // 2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection_of(scope).send_and_close(self._part)
        await disconnected(receive)
