"""Everything that can be made to go wrong with the simulated dialer, seen from the client's side."""

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from campaign_sandbox.fault_rules import AnswerInstead, Delay, Reset, Withhold
from campaign_sandbox.simulator.dialer_faults import NotJson, NotOffered, Oversized, PageFault, read_rule
from contract.dialer_client import DialerClient, analytics_body, logged_in, schedule_body
from contract.fault_kit import created, last_request, rule, submitting
from serving import RunningSimulator, SteppedClock, running_simulator, until


def causes(error: BaseException | None) -> list[type[BaseException]]:
    return [] if error is None else [type(error), *causes(error.__cause__ or error.__context__)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504])
async def test_an_answer_in_place_of_the_right_one_is_not_carried_out(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, status: int
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=status, body={"message": "no"})))

    answer = await submitting(api, campaign_id, clock)

    assert (answer.status_code, answer.json()) == (status, {"message": "no"})
    assert await created(simulator, campaign_id) == 0
    request = await last_request(simulator, campaign_id)
    assert (request["status"], request["fault"]) == (status, "answer")


async def test_an_answer_in_place_of_the_right_one_can_be_given_after_carrying_out(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=503, carry_out=True)))

    answer = await submitting(api, campaign_id, clock)

    assert (answer.status_code, answer.content) == (503, b"")
    assert await created(simulator, campaign_id) == 1


@pytest.mark.parametrize("retry_after", ["7", "0", "-1", "soon", "999999999999", ""])
async def test_a_retry_after_is_sent_as_it_was_asked_for(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, retry_after: str
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=429, headers={"Retry-After": retry_after})))

    assert (await submitting(api, campaign_id, clock)).headers["retry-after"] == retry_after


async def test_a_retry_after_can_be_a_date_counted_from_now_or_be_missing(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(
        rule(AnswerInstead(status=429, retry_after_date_seconds=90), times=1), rule(AnswerInstead(status=429))
    )

    dated = await submitting(api, campaign_id, clock)
    without = await submitting(api, campaign_id, clock)

    assert parsedate_to_datetime(dated.headers["retry-after"]) == clock() + timedelta(seconds=90)
    assert "retry-after" not in without.headers


async def test_an_answer_can_be_a_redirect_or_text(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(
        rule(AnswerInstead(status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"}), times=1),
        rule(AnswerInstead(status=502, body="<h1>Bad gateway</h1>", headers={"Content-Type": "text/html"})),
    )

    redirect = await submitting(api, campaign_id, clock)
    page = await submitting(api, campaign_id, clock)

    assert (redirect.status_code, redirect.headers["location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert (page.text, page.headers["content-type"]) == ("<h1>Bad gateway</h1>", "text/html")


@pytest.mark.parametrize("carry_out", [False, True])
async def test_a_reset_is_a_reset_of_the_connection_before_or_after_carrying_out(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, carry_out: bool
) -> None:
    await simulator.put_faults(rule(Reset(carry_out=carry_out)))

    with pytest.raises(httpx.ReadError) as caught:
        await submitting(api, campaign_id, clock)

    assert ConnectionResetError in causes(caught.value)
    assert await created(simulator, campaign_id) == int(carry_out)
    request = await last_request(simulator, campaign_id)
    assert (request["status"], request["fault"]) == (None, "reset")


async def test_after_a_reset_the_client_is_served_on_a_new_connection(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(Reset(), times=1))

    with pytest.raises(httpx.ReadError):
        await submitting(api, campaign_id, clock)

    assert (await submitting(api, campaign_id, clock)).status_code == 201


@pytest.mark.parametrize("carry_out", [False, True])
async def test_a_withheld_answer_ends_in_the_clients_own_time_out(
    simulator: RunningSimulator, campaign_id: str, clock: SteppedClock, carry_out: bool
) -> None:
    await simulator.put_faults(rule(Withhold(carry_out=carry_out)))

    async with logged_in(simulator, read_timeout_seconds=0.3) as api:
        with pytest.raises(httpx.ReadTimeout):
            await submitting(api, campaign_id, clock)

    assert await created(simulator, campaign_id) == int(carry_out)
    assert (await last_request(simulator, campaign_id))["status"] is None


@pytest.mark.parametrize("where", ["head", "body"])
async def test_a_cut_answer_ends_in_its_middle_though_it_was_carried_out(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, where: Any
) -> None:
    await simulator.put_faults(
        read_rule(f'{{"match": {{"call": "submit"}}, "effect": {{"kind": "cut", "where": "{where}"}}}}')
    )

    with pytest.raises(httpx.RemoteProtocolError) as caught:
        await submitting(api, campaign_id, clock)

    assert ("complete message body" in str(caught.value)) == (where == "body")
    assert await created(simulator, campaign_id) == 1


async def test_a_cut_answer_without_a_body_is_cut_in_its_head(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    schedule_id = (await submitting(api, campaign_id, clock)).json()["id"]
    await simulator.put_faults(read_rule('{"match": {"call": "cancel"}, "effect": {"kind": "cut"}}'))

    with pytest.raises(httpx.RemoteProtocolError):
        await api.cancel(campaign_id, schedule_id)

    assert (await simulator.ledger(campaign_id))["schedules"][0]["state"] == "CANCELLED"


async def test_an_answer_may_name_no_id(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(read_rule('{"match": {"call": "submit"}, "effect": {"kind": "noId"}}'))

    answer = await submitting(api, campaign_id, clock)

    assert (answer.status_code, answer.json()) == (201, {})
    assert await created(simulator, campaign_id) == 1


async def test_an_answer_may_be_a_web_page(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(NotJson()), rule(NotJson(), call="token"))

    answer = await submitting(api, campaign_id, clock)
    token = await api.token()

    assert (answer.status_code, token.status_code) == (201, 200)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")
    assert await created(simulator, campaign_id) == 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_answer_may_be_two_mebibytes_of_json_with_or_without_telling_so(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, chunked: bool
) -> None:
    await simulator.put_faults(rule(Oversized(chunked=chunked)))

    answer = await submitting(api, campaign_id, clock)

    assert len(answer.content) > 2 * 1024 * 1024
    assert ("content-length" in answer.headers) != chunked
    assert (await simulator.ledger(campaign_id))["schedules"][0]["id"] == answer.json()["id"]


async def test_a_request_that_is_delayed_is_carried_out_though_the_client_has_gone(
    simulator: RunningSimulator, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(Delay(before_seconds=1)))

    async with logged_in(simulator, read_timeout_seconds=0.1) as api:
        with pytest.raises(httpx.ReadTimeout):
            await submitting(api, campaign_id, clock)
    assert await created(simulator, campaign_id) == 0

    async def carried_out() -> bool:
        return await created(simulator, campaign_id) == 1

    await until(carried_out)


async def test_an_answer_can_be_delayed_after_carrying_out(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(Delay(after_seconds=1)))
    started = time.monotonic()

    under_way = asyncio.create_task(submitting(api, campaign_id, clock))

    async def carried_out() -> bool:
        return await created(simulator, campaign_id) == 1

    await until(carried_out)
    assert not under_way.done()
    assert (await under_way).status_code == 201
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_listing_and_cancellation_can_be_a_thing_the_dialer_does_not_offer(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, status: Any
) -> None:
    schedule_id = (await submitting(api, campaign_id, clock)).json()["id"]
    effect = NotOffered(status=status)
    await simulator.put_faults(rule(effect, call="list"), rule(effect, call="cancel"))

    assert (await api.list(campaign_id)).status_code == status
    assert (await api.cancel(campaign_id, schedule_id)).status_code == status
    assert (await simulator.ledger(campaign_id))["schedules"][0]["state"] == "SCHEDULED"


async def test_listing_and_cancellation_can_be_left_out_from_the_start(clock: SteppedClock) -> None:
    async with (
        running_simulator(now=clock, list_offered=False, delete_offered=False) as simulator,
        logged_in(simulator) as api,
    ):
        schedule_id = (await submitting(api, "c1", clock)).json()["id"]

        assert (await api.list("c1")).status_code == 405
        assert (await api.cancel("c1", schedule_id)).status_code == 405


@pytest.mark.parametrize("call", ["list", "analytics"])
async def test_a_page_can_be_empty_wrong_in_type_or_one_of_absurdly_many(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock, call: Any
) -> None:
    start = clock()
    (await api.submit(campaign_id, schedule_body(campaign_id, start))).raise_for_status()
    clock.advance(10)

    async def page(shape: Any) -> dict[str, Any]:
        await simulator.put_faults(rule(PageFault(shape=shape), call=call))
        if call == "list":
            return dict((await api.list(campaign_id)).json())
        return dict((await api.analytics(analytics_body([campaign_id], start, clock()))).json())

    assert await page("empty") == {"data": [], "page": 1, "totalPages": 1}
    absurd = await page("absurdPages")
    assert absurd["totalPages"] == 1_000_000_000
    wrong = await page("wrongTypes")
    assert wrong["totalPages"] == "1"
    (right,) = absurd["data"]
    assert all(type(value) is not type(right[name]) for name, value in wrong["data"][0].items())


async def test_analytics_can_tell_fewer_calls_than_before(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock()
    (await api.submit(campaign_id, schedule_body(campaign_id, start))).raise_for_status()
    clock.advance(10)
    await simulator.put_faults(rule(PageFault(shape="fewerCalls"), call="analytics", after=1))

    async def completed() -> int:
        answer = await api.analytics(analytics_body([campaign_id], start, clock()))
        return int(answer.json()["data"][0]["callsCompleted"])

    assert [await completed(), await completed()] == [20, 10]


async def test_every_request_can_be_made_slow(clock: SteppedClock) -> None:
    async with running_simulator(now=clock, latency_seconds=0.2) as simulator, logged_in(simulator) as api:
        started = time.monotonic()
        await api.list("c1")
        assert time.monotonic() - started >= 0.2


async def test_the_server_stops_at_once_and_quietly_though_answers_are_withheld_or_delayed(
    clock: SteppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    rules = (rule(Withhold(), times=1), rule(Delay(before_seconds=600)))
    async with AsyncExitStack() as outlives_the_server:
        async with running_simulator(now=clock, fault_rules=rules) as simulator:
            api = await outlives_the_server.enter_async_context(logged_in(simulator))
            waiting = [asyncio.create_task(submitting(api, "c1", clock)) for _ in range(2)]

            async def both_arrived() -> bool:
                return len((await simulator.ledger("c1"))["requests"]) == 2

            await until(both_arrived)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 4
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
