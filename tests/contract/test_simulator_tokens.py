"""The simulated dialer's token end point and what a token allows, seen by a plain client."""

from datetime import timedelta
from typing import Any

import pytest

from campaign_sandbox.simulator.simulator_settings import Client
from contract.dialer_client import SCOPE, DialerClient, analytics_body, logged_in, schedule_body
from serving import RunningSimulator, SteppedClock, running_simulator


async def every_call(api: DialerClient, campaign_id: str, clock: SteppedClock) -> dict[str, Any]:
    later = clock() + timedelta(hours=1)
    return {
        "submit": await api.submit(campaign_id, schedule_body(campaign_id, later)),
        "list": await api.list(campaign_id),
        "cancel": await api.cancel(campaign_id, "none"),
        "analytics": await api.analytics(analytics_body([campaign_id], clock(), later)),
    }


async def statuses(api: DialerClient, campaign_id: str, clock: SteppedClock) -> dict[str, int]:
    return {call: answer.status_code for call, answer in (await every_call(api, campaign_id, clock)).items()}


ALLOWED = {"submit": 201, "list": 200, "cancel": 404, "analytics": 200}
UNAUTHORIZED = dict.fromkeys(ALLOWED, 401)


async def test_right_credentials_get_a_bearer_token_and_its_lifetime(api: DialerClient) -> None:
    answer = await api.token()

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {name: type(value) for name, value in answer.json().items()} == {
        "access_token": str,
        "expires_in": int,
        "token_type": str,
    }
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600


@pytest.mark.parametrize(
    "credentials",
    [None, ("operator", "wrong"), ("operator", ""), ("nobody", "operator-secret"), ("", ""), ("ümlaut", "ß")],
)
async def test_wrong_credentials_are_an_oauth_error(api: DialerClient, credentials: Any) -> None:
    answer = await api.token(credentials)

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("authorization", ["Basic", "Basic !!!", "Basic /////w==", "Bearer x", "Basic b3BlcmF0b3I="])
async def test_credentials_that_cannot_be_read_are_an_oauth_error(api: DialerClient, authorization: str) -> None:
    answer = await api.http.post(
        "/api/v2/oauth/token",
        headers={"Authorization": authorization},
        data={"grant_type": "client_credentials", "scope": SCOPE},
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "outbound:campaign:write everything"}, "invalid_scope"),
        ({"scope": "OUTBOUND:CAMPAIGN:WRITE"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
    ],
)
async def test_a_wrong_form_is_an_oauth_error(api: DialerClient, form: dict[str, str | None], error: str) -> None:
    answer = await api.token(**form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"grant_type": "client_credentials"}'),
        ("application/x-www-form-urlencoded", "grant_type=client_credentials&grant_type=client_credentials"),
        ("application/x-www-form-urlencoded", "grant_type"),
        ("application/x-www-form-urlencoded", "grant_type=%ff"),
        ("application/x-www-form-urlencoded", ""),
    ],
)
async def test_a_body_that_is_no_form_is_an_oauth_error(api: DialerClient, content_type: str, body: str) -> None:
    answer = await api.http.post(
        "/api/v2/oauth/token",
        auth=("operator", "operator-secret"),
        headers={"Content-Type": content_type},
        content=body,
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_token_of_every_scope_allows_every_call(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    assert await statuses(api, campaign_id, clock) == ALLOWED


@pytest.mark.parametrize("authorization", [None, "Bearer unknown", "Bearer", "", "Basic b3BlcmF0b3I6eA=="])
async def test_every_call_wants_a_token_that_was_issued(
    api: DialerClient, campaign_id: str, clock: SteppedClock, authorization: str | None
) -> None:
    api.headers = {} if authorization is None else {"Authorization": authorization}

    answers = await every_call(api, campaign_id, clock)

    assert {call: answer.status_code for call, answer in answers.items()} == UNAUTHORIZED
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers.values())


async def test_a_token_counts_until_its_lifetime_is_over(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    clock.advance(3599)
    assert await statuses(api, campaign_id, clock) == ALLOWED
    clock.advance(1)
    assert await statuses(api, campaign_id, clock) == UNAUTHORIZED


async def test_all_tokens_can_be_made_to_expire_at_once(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.expire_tokens()

    assert await statuses(api, campaign_id, clock) == UNAUTHORIZED
    await api.log_in()
    assert await statuses(api, campaign_id, clock) == ALLOWED


async def test_the_lifetime_of_tokens_can_be_chosen(clock: SteppedClock) -> None:
    async with (
        running_simulator(now=clock, token_lifetime_seconds=7) as simulator,
        logged_in(simulator) as api,
    ):
        assert (await api.token()).json()["expires_in"] == 7
        clock.advance(7)
        assert await statuses(api, "c1", clock) == UNAUTHORIZED


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("outbound:campaign:write", {"submit", "list", "cancel"}),
        ("analytics:read", {"analytics"}),
        ("outbound:contact:read", set()),
    ],
)
async def test_a_token_allows_no_more_than_its_scopes(
    api: DialerClient, campaign_id: str, clock: SteppedClock, scope: str, allowed: set[str]
) -> None:
    await api.log_in(scope=scope)

    assert await statuses(api, campaign_id, clock) == {
        call: status if call in allowed else 403 for call, status in ALLOWED.items()
    }


async def test_an_unknown_campaign_is_not_found_and_a_foreign_one_is_forbidden(clock: SteppedClock) -> None:
    clients = (
        Client("north", "n", frozenset({"n1"})),
        Client("south", "s", frozenset({"s1"})),
        Client("any", "a"),
    )
    campaigns = {"n1": 5, "s1": 5, "free": 5}
    async with running_simulator(clients=clients, campaigns=campaigns, now=clock) as simulator:

        async def submitting(client: Client, campaign_id: str) -> int:
            async with logged_in(simulator, (client.id, client.secret)) as api:
                return (await statuses(api, campaign_id, clock))["submit"]

        table = {
            client.id: [await submitting(client, campaign_id) for campaign_id in ("n1", "s1", "free", "other")]
            for client in clients
        }

    assert table == {
        "north": [201, 403, 403, 404],
        "south": [403, 201, 403, 404],
        "any": [403, 403, 201, 404],
    }


async def test_what_there_is_no_path_or_method_for_is_said_in_json(api: DialerClient) -> None:
    missing = await api.http.get("/api/v2/other")
    wrong_method = await api.http.put("/api/v2/oauth/token")
    too_long = await api.http.post("/api/v2/oauth/token", content=b"x" * (1024 * 1024 + 1))

    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert (wrong_method.status_code, wrong_method.json()["error"]) == (405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST"
    assert too_long.status_code == 413
