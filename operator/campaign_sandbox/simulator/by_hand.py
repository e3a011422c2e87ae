"""Somebody else's hand at the simulated dialer: what a person does in its own user interface, over HTTP.

Owns these control end points, which ask for no credentials and go by no rule of the API:

- `POST /_schedules`: make a schedule, `{"campaignId": ..., "startTime": ..., "endTime": ..., "timezone": ...}`;
- `PATCH /_schedules/ID`: give it another `startTime`, another `endTime`, or both;
- `DELETE /_schedules/ID`: cancel it, also where it has started;
- `PUT /_past?campaign=ID`: have the campaign begin its listing with `{"count": N}` finished schedules, in the place of
  those it had so. They are in `timezone` (Etc/UTC), a minute each, and the last ends at `until` (now). The ledger
  does not show them, and they have called nobody;
- `PUT /_lag?campaign=ID`: have the campaign's listing lag by `{"seconds": N}`, and not by what the dialer was started
  with.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from campaign_sandbox.answer_delivery import whole
from campaign_sandbox.fault_rules import problems
from campaign_sandbox.server_answers import Answer, RefusedError, refused_with
from campaign_sandbox.simulator.past import PastSchedules
from campaign_sandbox.simulator.schedules import Schedule, ScheduleState
from campaign_sandbox.simulator.simulated_dialer import SimulatedDialer
from campaign_sandbox.simulator.wire import BodyT, Lag, Move, Past, ScheduleByHand


def routes_by_hand(dialer: SimulatedDialer, now: Callable[[], datetime]) -> list[Route]:
    """The routes to the end points of this module."""
    hand = _Hand(dialer, now)
    return [
        Route("/_schedules", _refusing(hand.create), methods=["POST"]),
        Route("/_schedules/{schedule_id}", _refusing(hand.move), methods=["PATCH"]),
        Route("/_schedules/{schedule_id}", _refusing(hand.cancel), methods=["DELETE"]),
        Route("/_past", _refusing(hand.put_past), methods=["PUT"]),
        Route("/_lag", _refusing(hand.put_lag), methods=["PUT"]),
    ]


class _Hand:
    def __init__(self, dialer: SimulatedDialer, now: Callable[[], datetime]) -> None:
        self._dialer = dialer
        self._now = now

    async def create(self, request: Request) -> Answer:
        asked = await _body(ScheduleByHand, request)
        _check_times(asked.start_time, asked.end_time)
        schedule = self._dialer.schedules.add(
            campaign_id=asked.campaign_id,
            client_id=None,
            time_zone=asked.timezone,
            start=asked.start_time,
            end=asked.end_time,
            idempotency_key=None,
            now=self._now(),
        )
        return Answer(HTTPStatus.CREATED, {"id": schedule.id})

    async def move(self, request: Request) -> Answer:
        schedule = self._named(request)
        asked = await _body(Move, request)
        start, end = asked.start_time or schedule.start, asked.end_time or schedule.end
        _check_times(start, end)
        self._dialer.schedules.move(schedule, start, end, self._now())
        return Answer(HTTPStatus.NO_CONTENT)

    async def cancel(self, request: Request) -> Answer:
        schedule, now = self._named(request), self._now()
        if schedule.state(now) is not ScheduleState.CANCELLED:
            self._dialer.schedules.cancel(schedule, now)
        return Answer(HTTPStatus.NO_CONTENT)

    async def put_past(self, request: Request) -> Answer:
        campaign_id = _campaign_of(request)
        asked = await _body(Past, request)
        past = PastSchedules(campaign_id, asked.count, asked.timezone, asked.until or self._now())
        self._dialer.past[campaign_id] = past
        return Answer(HTTPStatus.NO_CONTENT)

    async def put_lag(self, request: Request) -> Answer:
        campaign_id = _campaign_of(request)
        self._dialer.lag[campaign_id] = timedelta(seconds=(await _body(Lag, request)).seconds)
        return Answer(HTTPStatus.NO_CONTENT)

    def _named(self, request: Request) -> Schedule:
        schedule = self._dialer.schedules.find_anywhere(request.path_params["schedule_id"])
        if schedule is None:
            raise refused_with(HTTPStatus.NOT_FOUND, "not_found", "there is no such schedule")
        return schedule


def _refusing(answer: Callable[[Request], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return whole(await answer(request))
        except RefusedError as refused:
            return whole(refused.answer)

    return respond


def _campaign_of(request: Request) -> str:
    campaign_id = request.query_params.get("campaign")
    if campaign_id is None:
        raise _unprocessable("campaign: must be named in the query")
    return campaign_id


async def _body(model: type[BodyT], request: Request) -> BodyT:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise _unprocessable(problems(error)) from None


def _check_times(start: datetime, end: datetime) -> None:
    if end <= start:
        raise _unprocessable("endTime: must be after startTime")


def _unprocessable(message: str) -> RefusedError:
    return refused_with(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_failed", message)
