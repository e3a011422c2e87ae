"""A dialer that sends back what it was sent: nothing of it reaches a status."""

import pytest

from campaign_operator.domain.dialing.outcomes import Listing, Unavailable, Unclear
from dialer_kit import SCHEDULE, Granted, ScriptedAPI, connection_to, dialer_on, page, token_payload
from scripted_server import answer, scripted_server

TOKEN = "eyJhbGciOiJub25lIn0.c2lsZW50"
ROW = {
    "id": "s-1",
    "timezone": "Etc/UTC",
    "startTime": "2026-11-25T09:00:00Z",
    "endTime": "2026-11-25T10:00:00Z",
    "state": "SCHEDULED",
}


@pytest.mark.parametrize("sent_back", [f"Bearer {TOKEN}", "a-long-client-secret"])
async def test_the_id_of_a_schedule_that_holds_a_secret_is_no_id(sent_back: str) -> None:
    api = ScriptedAPI(answer(201, {"id": sent_back}), token=answer(200, token_payload(TOKEN)))
    async with scripted_server(route=api) as server, dialer_on(server.egress()) as dialer:
        connection = connection_to(server.url, client_secret="a-long-client-secret")
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
    assert isinstance(outcome, Unclear)
    assert outcome.message.endswith("or it repeats a secret")


@pytest.mark.parametrize("field", ["id", "timezone"])
async def test_a_listing_that_holds_a_secret_is_unreadable(field: str) -> None:
    api = ScriptedAPI(page([{**ROW, field: TOKEN}]), token=answer(200, token_payload(TOKEN)))
    async with scripted_server(route=api) as server, dialer_on(server.egress()) as dialer:
        outcome = await dialer.list_schedules(connection_to(server.url), SCHEDULE.campaign_id)
    assert isinstance(outcome, Unavailable)
    assert TOKEN not in outcome.message


async def test_a_short_secret_that_stands_in_an_answer_by_chance_spoils_nothing() -> None:
    api = ScriptedAPI(page([ROW]))
    async with scripted_server(route=api) as server, dialer_on(server.egress()) as dialer:
        outcome = await dialer.list_schedules(connection_to(server.url, client_secret="UTC"), SCHEDULE.campaign_id)
    assert isinstance(outcome, Listing)


async def test_a_zone_that_cannot_be_printed_makes_a_listing_unreadable() -> None:
    api = ScriptedAPI(page([{**ROW, "timezone": "Etc/UTC\x1b[1m"}]))
    async with scripted_server(route=api) as server, dialer_on(server.egress()) as dialer:
        outcome = await dialer.list_schedules(connection_to(server.url), SCHEDULE.campaign_id)
    assert isinstance(outcome, Unavailable)
    assert outcome.message.endswith("row 1: its timezone cannot be read")
