"""Secrets that are missing, incomplete or unreadable, and how each heals without an edit of the campaign."""

import base64

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from e2e_world import World, campaign, condition, secret
from stage import Stage, run_of, told

POLL_SECONDS = 30
SIGNING_SECRET = "whsec_" + base64.b64encode(b"a signing key of this test").decode()


async def test_a_missing_secret_is_named_and_its_creation_noticed_within_a_poll_period(stage: Stage) -> None:
    await stage.kubectl("delete", "secret", "cxone")
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    status = await stage.look("c")
    words = (
        'Secret "cxone" does not exist in the namespace of the campaign, or the operator may not read it; '
        "create it, or grant the operator the right"
    )
    assert told(status, ConditionType.STALLED) == ("True", "SecretNotFound", words)
    assert run_of(status).state is RunState.PLANNED
    assert stage.next_look("c") <= POLL_SECONDS
    await stage.connect()
    stage.clock.advance(POLL_SECONDS)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED) == ("", "", "")
    assert run_of(status).state is RunState.SCHEDULED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": None}, "key client-id is missing"),
        ({"client_secret": None}, "key client-secret is missing"),
        ({"environment": None}, "key environment is missing"),
        ({"client_secret": b"\xff\xfe\xfd"}, "key client-secret is not UTF-8 text"),
        ({"client_secret": "x" * 150_000}, "key client-secret is longer than 2048 characters"),
        ({"api_base_url": "http://plain.example"}, "key api-base-url must be an https URL"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
async def test_a_bad_secret_is_told_by_its_key_and_heals(stage: Stage, change: dict[str, str], words: str) -> None:
    await stage.connect(**change)
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    state, reason, message = told(status, ConditionType.STALLED)
    assert (state, reason) == ("True", "SecretInvalid")
    assert message.startswith(f'Secret "cxone": {words}')
    assert await stage.warnings("c") == [("SecretInvalid", message)]
    await stage.connect()
    stage.clock.advance(POLL_SECONDS)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED


async def test_a_missing_signing_secret_is_a_failed_attempt_that_says_so(stage: Stage) -> None:
    hook = {"url": f"{stage.receiver.base_url}/x", "secretRef": {"name": "hook", "key": "k"}}
    await stage.apply(campaign(stage.namespace, "c", webhook=hook))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    status = await stage.poll("c")
    state, reason, message = told(status, ConditionType.WEBHOOK_DELIVERED)
    assert (state, reason) == ("False", "WebhookRetrying")
    assert 'Secret "hook" does not exist' in message
    await stage.apply(secret(stage.namespace, "hook", {"k": SIGNING_SECRET}))
    stage.clock.advance(5)
    assert told(await stage.look("c"), ConditionType.WEBHOOK_DELIVERED)[0] == "True"
    (delivery,) = await stage.receiver.deliveries("/x")
    assert "webhook-signature" in delivery["headers"]


async def test_a_password_named_as_signing_secret_signs_nothing(
    stage: Stage,
) -> None:
    """Whoever got a signature by it could try words on the password until one fits."""
    await stage.apply(secret(stage.namespace, "db", {"password": "hunter2"}))
    hook = {"url": f"{stage.receiver.base_url}/oracle", "secretRef": {"name": "db", "key": "password"}}
    await stage.apply(campaign(stage.namespace, "c", webhook=hook))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    status = await stage.poll("c")
    state, reason, message = told(status, ConditionType.WEBHOOK_DELIVERED)
    assert (state, reason) == ("False", "WebhookRetrying")
    assert 'SecretInvalid: Secret "db": key password must be whsec_ followed by base64 of 24 to 64 bytes' in message
    assert "hunter2" not in message
    assert await stage.receiver.deliveries("/oracle") == []
    await stage.apply(secret(stage.namespace, "db", {"password": SIGNING_SECRET}))
    stage.clock.advance(5)
    assert told(await stage.look("c"), ConditionType.WEBHOOK_DELIVERED)[0] == "True"


async def test_the_real_operator_heals_by_itself(world: World, namespace: str) -> None:
    """Nobody touches the campaign, and no watch tells of Secrets: the operator has to look."""
    await world.apply(campaign(namespace, "spring"))
    await world.wait_for_reason(namespace, "spring", "SecretNotFound")
    await world.connect(namespace, client_id=None)
    await world.wait_for_reason(namespace, "spring", "SecretInvalid")
    await world.connect(namespace, client_secret="wrong")
    status = await world.wait_for_reason(namespace, "spring", "CredentialsRefused")
    assert "check client-id, client-secret and scope" in condition(status, "Ready")["message"]
    await world.connect(namespace)
    await world.wait_for_state(namespace, "spring", "Scheduled")
