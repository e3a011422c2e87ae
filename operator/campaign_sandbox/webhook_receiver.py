"""A receiver of webhooks that remembers what it was sent.

Owns the record of deliveries and the check of their signatures (Standard Webhooks,
https://www.standardwebhooks.com). Whatever is sent to a path that does not begin with `/_` is recorded and
answered with 200, unless a rule says otherwise:

- `GET /_deliveries`, `?path=/ok` for one path: `{"deliveries": [{at, method, path, headers, body,
signatureValid, status, fault}]}`; `signatureValid` is null for a receiver without secret, `status` is null
where nothing was answered; `DELETE /_deliveries` forgets them; - `GET`, `PUT` and `DELETE /_faults`:
`{"rules": [{"match": {"path": "/ok"}, "effect": {...}, "times", "after"}]}`, where `match.path` may be left
out to mean every path; the effects are those of `campaign_sandbox.fault_rules`. A redirect is an `answer`
with a `Location` header.

Like the simulated dialer's, these control end points ask for no credentials, and the receiver listens on
loopback unless it is told otherwise. It must not know the operator.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from campaign_sandbox.answer_delivery import NoAnswer, StatusRecording, deliver, whole
from campaign_sandbox.fault_rules import (
    AnswerInstead,
    CountedRule,
    Cut,
    Delay,
    Reset,
    RuleBook,
    Strict,
    Withhold,
    problems,
)
from campaign_sandbox.listener import Listener
from campaign_sandbox.running_server import running_server, wall_clock
from campaign_sandbox.server_answers import Answer, refused_with

_BOUNDED = Middleware(RequestBodyLimitMiddleware, max_body_size=1024 * 1024)
_CONTROL_PREFIX = "/_"
_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class DeliveryMatch(Strict):
    """Which deliveries a rule is about; without a path, all."""

    path: str | None = None


class ReceiverFaultRule(CountedRule):
    """One rule: what goes wrong with which deliveries, from when on and how often."""

    match: DeliveryMatch = DeliveryMatch()
    effect: Annotated[AnswerInstead | Reset | Withhold | Cut | Delay, Field(discriminator="kind")]


class ReceiverFaultRules(Strict):
    """The body of `PUT /_faults`."""

    rules: list[ReceiverFaultRule]


@dataclass(frozen=True, kw_only=True)
class ReceiverSettings:
    """`secret` is the signing secret (`whsec_` and base64); without one signatures are not looked at."""

    secret: str | None = field(default=None, repr=False)
    listener: Listener = field(default_factory=Listener)


@dataclass
class _Delivery:
    at: datetime
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    signature_valid: bool | None = None
    status: int | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": self.body.decode(errors="replace"),
            "signatureValid": self.signature_valid,
            "status": self.status,
            "fault": self.fault,
        }


@asynccontextmanager
async def webhook_receiver(settings: ReceiverSettings, now: Callable[[], datetime] = wall_clock) -> AsyncIterator[str]:
    """A receiver for as long as the block runs; yields its base URL.

    Raises OSError as `running_server` does.
    """
    async with running_server(receiver_application(settings, now), settings.listener) as base_url:
        yield base_url


def receiver_application(settings: ReceiverSettings, now: Callable[[], datetime]) -> Starlette:
    """The ASGI application of one receiver, with a record of its own."""
    receiver = _Receiver(settings.secret, now)
    return Starlette(
        routes=[
            Route("/_deliveries", receiver.show_deliveries, methods=["GET"]),
            Route("/_deliveries", receiver.forget_deliveries, methods=["DELETE"]),
            Route("/_faults", receiver.show_faults, methods=["GET"]),
            Route("/_faults", receiver.put_faults, methods=["PUT"]),
            Route("/_faults", receiver.delete_faults, methods=["DELETE"]),
            Route("/{path:path}", receiver.receive, methods=_EVERY_METHOD),
        ],
        middleware=[Middleware(StatusRecording, open_record=receiver.open_record), _BOUNDED],
    )


class _Receiver:
    def __init__(self, secret: str | None, now: Callable[[], datetime]) -> None:
        self._verifier = Webhook(secret) if secret is not None else None
        self._now = now
        self._deliveries: list[_Delivery] = []
        self._faults: RuleBook[ReceiverFaultRule] = RuleBook()

    def open_record(self, scope: Scope) -> _Delivery | None:
        if scope["path"].startswith(_CONTROL_PREFIX):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        delivery = _Delivery(self._now(), scope["method"], scope["path"], headers)
        self._deliveries.append(delivery)
        return delivery

    async def receive(self, request: Request) -> Response:
        delivery: _Delivery = request.state.record
        try:
            delivery.body = await request.body()
        except ClientDisconnect:
            return NoAnswer()
        delivery.signature_valid = self._signature_valid(delivery)
        rule = self._faults.take(lambda rule: rule.match.path in (None, delivery.path))
        delivery.fault = rule.effect.kind if rule else None
        return await deliver(rule.effect if rule else None, lambda: Answer(HTTPStatus.OK), self._now)

    def _signature_valid(self, delivery: _Delivery) -> bool | None:
        if self._verifier is None:
            return None
        try:
            self._verifier.verify(delivery.body, delivery.headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # a signature that cannot be parsed is a ValueError
            return False
        return True

    async def show_deliveries(self, request: Request) -> Response:
        path = request.query_params.get("path")
        found = [delivery.as_json() for delivery in self._deliveries if path in (None, delivery.path)]
        return whole(Answer(HTTPStatus.OK, {"deliveries": found}))

    async def forget_deliveries(self, _request: Request) -> Response:
        self._deliveries.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def show_faults(self, _request: Request) -> Response:
        return whole(Answer(HTTPStatus.OK, {"rules": self._faults.listed()}))

    async def put_faults(self, request: Request) -> Response:
        try:
            rules = ReceiverFaultRules.model_validate_json(await request.body()).rules
        except ValidationError as error:
            return whole(refused_with(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_failed", problems(error)).answer)
        self._faults.replace(rules)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def delete_faults(self, _request: Request) -> Response:
        self._faults.replace([])
        return Response(status_code=HTTPStatus.NO_CONTENT)
