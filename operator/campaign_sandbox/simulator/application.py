"""The simulated dialer over HTTP.

Owns the paths, the translation of a request for the dialer, the turn of the faults, and the control end
points:

- `GET /_ledger`, `?campaign=ID` for one campaign: every schedule ever created, every request, how many
  tokens were issued;
- `GET`, `PUT` and `DELETE /_faults`, `?campaign=ID` for the rules that name that campaign only: the rules
  in force, as `{"rules": [...]}` (see `campaign_sandbox.simulator.dialer_faults`); without `?campaign` it
  is all of them, also those of the command line;
- `POST /_tokens/expire`: every token issued so far is invalid at once;
- those of `campaign_sandbox.simulator.by_hand`, for what a person does at the dialer.

The control end points ask for no credentials: this is a simulator, it holds nothing worth protecting, and
it listens on loopback unless it is told otherwise. It does not know the rules of the dialer.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from campaign_sandbox.answer_delivery import NoAnswer, StatusRecording, deliver, whole
from campaign_sandbox.fault_rules import ConnectionEffect, RuleBook, problems
from campaign_sandbox.server_answers import Answer, refused_with
from campaign_sandbox.simulator.by_hand import routes_by_hand
from campaign_sandbox.simulator.dialer_faults import ApiCall, Effect, FaultRule, FaultRules, NotOffered
from campaign_sandbox.simulator.distortions import distort
from campaign_sandbox.simulator.ledger import RequestLog, RequestRecord, ledger
from campaign_sandbox.simulator.simulated_dialer import Arrival, SimulatedDialer, not_offered
from campaign_sandbox.simulator.simulator_settings import SimulatorSettings

TOKEN_PATH = "/api/v2/oauth/token"  # noqa: S105 - a path, not a token
ANALYTICS_PATH = "/api/v2/analytics/outbound/details/query"
SCHEDULES_PATH = "/api/v2/outbound/campaigns/{campaign_id}/schedules"

_BOUNDED = Middleware(RequestBodyLimitMiddleware, max_body_size=1024 * 1024)
_CONTROL_PREFIX = "/_"


def simulator_application(settings: SimulatorSettings, now: Callable[[], datetime]) -> Starlette:
    """The ASGI application of one simulated dialer, with books of its own."""
    exchange = _Exchange(settings, now)
    routes = [
        Route(TOKEN_PATH, exchange.answering("token"), methods=["POST"]),
        Route(SCHEDULES_PATH, exchange.answering("submit"), methods=["POST"]),
        Route(SCHEDULES_PATH, exchange.answering("list"), methods=["GET"]),
        Route(SCHEDULES_PATH + "/{schedule_id}", exchange.answering("cancel"), methods=["DELETE"]),
        Route(ANALYTICS_PATH, exchange.answering("analytics"), methods=["POST"]),
        Route("/_ledger", exchange.show_ledger, methods=["GET"]),
        Route("/_faults", exchange.show_faults, methods=["GET"]),
        Route("/_faults", exchange.put_faults, methods=["PUT"]),
        Route("/_faults", exchange.delete_faults, methods=["DELETE"]),
        Route("/_tokens/expire", exchange.expire_tokens, methods=["POST"]),
        *routes_by_hand(exchange.dialer, now),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(StatusRecording, open_record=exchange.open_record), _BOUNDED],
        exception_handlers={HTTPException: _http_error},
    )


class _Exchange:
    def __init__(self, settings: SimulatorSettings, now: Callable[[], datetime]) -> None:
        self._latency_seconds = settings.latency_seconds
        self._now = now
        self.dialer = SimulatedDialer(settings, now)
        self._faults = RuleBook(settings.fault_rules)
        self._requests = RequestLog()

    def open_record(self, scope: Scope) -> RequestRecord | None:
        if scope["path"].startswith(_CONTROL_PREFIX):
            return None
        return self._requests.open(self._now(), scope["method"], scope["path"])

    def answering(self, call: ApiCall) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                arrival = await _arrival(call, request)
            except ClientDisconnect:
                return NoAnswer()
            effect = self._effect(arrival, request.state.record)
            await asyncio.sleep(self._latency_seconds)

            def carry_out() -> Answer:
                if isinstance(effect, NotOffered):
                    return not_offered(effect.status).answer
                return distort(effect, self.dialer.carry_out(arrival))

            return await deliver(effect if isinstance(effect, ConnectionEffect) else None, carry_out, self._now)

        return answer

    def _effect(self, arrival: Arrival, record: RequestRecord) -> Effect | None:
        campaign_ids, time_zone = self._subject(arrival)
        rule = self._faults.take(lambda rule: rule.match.covers(arrival.call, campaign_ids, time_zone))
        record.call = arrival.call
        record.campaign_ids = campaign_ids
        record.idempotency_key = arrival.idempotency_key
        record.fault = rule.effect.kind if rule else None
        return rule.effect if rule else None

    def _subject(self, arrival: Arrival) -> tuple[tuple[str, ...], str | None]:
        """The campaigns and the zone a request speaks of, as far as it can be read before it is checked."""
        named = (arrival.campaign_id,) if arrival.campaign_id else ()
        if arrival.call == "cancel":
            schedule = self.dialer.schedules.find(arrival.campaign_id, arrival.schedule_id)
            return named, schedule.time_zone if schedule else None
        try:
            content = json.loads(arrival.body)
            if arrival.call == "submit":
                return named, str(content["timezone"])
            if arrival.call == "analytics":
                return tuple(str(name) for name in content["filter"]["campaignId"]["in"]), None
        except (ValueError, TypeError, LookupError, RecursionError):
            pass
        return named, None

    async def show_ledger(self, request: Request) -> Response:
        campaign_id = request.query_params.get("campaign")
        return whole(Answer(HTTPStatus.OK, ledger(self.dialer, self._requests, campaign_id, self._now())))

    async def show_faults(self, _request: Request) -> Response:
        return whole(Answer(HTTPStatus.OK, {"rules": self._faults.listed()}))

    async def put_faults(self, request: Request) -> Response:
        campaign_id = request.query_params.get("campaign")
        try:
            rules = FaultRules.model_validate_json(await request.body()).rules
        except ValidationError as error:
            return whole(refused_with(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_failed", problems(error)).answer)
        if campaign_id is not None and any(rule.match.campaign_id != campaign_id for rule in rules):
            message = "rules: every match.campaignId must be the campaign of the query"
            return whole(refused_with(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_failed", message).answer)
        self._faults.replace(rules, _about(campaign_id))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def delete_faults(self, request: Request) -> Response:
        self._faults.replace([], _about(request.query_params.get("campaign")))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def expire_tokens(self, _request: Request) -> Response:
        self.dialer.tokens.expire_all()
        return Response(status_code=HTTPStatus.NO_CONTENT)


async def _arrival(call: ApiCall, request: Request) -> Arrival:
    return Arrival(
        call=call,
        campaign_id=request.path_params.get("campaign_id", ""),
        schedule_id=request.path_params.get("schedule_id", ""),
        query=request.query_params,
        authorization=request.headers.get("authorization"),
        content_type=request.headers.get("content-type"),
        idempotency_key=request.headers.get("idempotency-key"),
        body=await request.body(),
    )


def _about(campaign_id: str | None) -> Callable[[FaultRule], bool]:
    return lambda rule: campaign_id is None or rule.match.campaign_id == campaign_id


async def _http_error(_request: Request, error: Exception) -> Response:
    problem = cast("HTTPException", error)
    phrase = HTTPStatus(problem.status_code).phrase
    return whole(refused_with(problem.status_code, phrase.lower().replace(" ", "_"), phrase, problem.headers).answer)
