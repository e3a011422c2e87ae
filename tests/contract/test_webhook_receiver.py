"""The receiver of webhooks, seen by a plain client."""

import base64
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from serving import RunningReceiver, running_receiver

SECRET = "whsec_" + base64.b64encode(b"a secret of this test").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret").decode()


def signed(body: str, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_receiver() -> AsyncIterator[RunningReceiver]:
    async with running_receiver(secret=SECRET) as receiver:
        yield receiver


@pytest.fixture
async def receiver(shared_receiver: RunningReceiver) -> AsyncIterator[RunningReceiver]:
    yield shared_receiver
    await shared_receiver.put_faults()
    await shared_receiver.forget_deliveries()


@pytest.fixture
async def http(receiver: RunningReceiver) -> AsyncIterator[httpx.AsyncClient]:
    async with receiver.client() as client:
        yield client


async def test_a_delivery_is_answered_and_recorded_as_it_came(
    receiver: RunningReceiver, http: httpx.AsyncClient
) -> None:
    before = datetime.now(UTC)
    answer = await http.post("/ok", content='{"event": "campaign.completed"}', headers={"X-Test": "yes"})

    (delivery,) = await receiver.deliveries()

    assert (answer.status_code, answer.content) == (200, b"")
    assert (delivery["method"], delivery["path"], delivery["status"]) == ("POST", "/ok", 200)
    assert delivery["body"] == '{"event": "campaign.completed"}'
    assert delivery["headers"]["x-test"] == "yes"
    assert before <= datetime.fromisoformat(delivery["at"]) <= datetime.now(UTC)


def both() -> dict[str, str]:
    return {"webhook-signature": f"v1,bm90IGl0 {signed('{}')['webhook-signature']}"}


# made when they are sent: a signature is too old after five minutes, and a run of all tests takes longer
SIGNATURES: dict[str, tuple[Callable[[], dict[str, str]], bool]] = {
    "the right one": (lambda: signed("{}"), True),
    "the right one after another": (lambda: signed("{}") | both(), True),
    "by another secret": (lambda: signed("{}", OTHER_SECRET), False),
    "of another body": (lambda: signed("{ }"), False),
    "ten minutes old": (lambda: signed("{}", at=datetime.now(UTC) - timedelta(minutes=10)), False),
    "of another id": (lambda: signed("{}") | {"webhook-id": "msg_2"}, False),
    "nonsense": (lambda: signed("{}") | {"webhook-signature": "nonsense"}, False),
    "no base64": (lambda: signed("{}") | {"webhook-signature": "v1,=====a"}, False),
    "none": (dict, False),
}


@pytest.mark.parametrize(("headers", "valid"), SIGNATURES.values(), ids=SIGNATURES.keys())
async def test_a_signature_is_judged(
    receiver: RunningReceiver, http: httpx.AsyncClient, headers: Callable[[], dict[str, str]], valid: bool
) -> None:
    await http.post("/ok", content="{}", headers=headers())

    assert [delivery["signatureValid"] for delivery in await receiver.deliveries()] == [valid]


async def test_a_body_that_is_no_text_is_recorded_and_its_signature_not_valid(
    receiver: RunningReceiver, http: httpx.AsyncClient
) -> None:
    await http.post("/ok", content=b"\xff", headers=signed("\xff"))

    (delivery,) = await receiver.deliveries()

    assert (delivery["body"], delivery["signatureValid"]) == ("\ufffd", False)


async def test_a_body_that_is_no_json_can_be_signed_all_the_same(
    receiver: RunningReceiver, http: httpx.AsyncClient
) -> None:
    await http.post("/ok", content="no json", headers=signed("no json"))

    assert [delivery["signatureValid"] for delivery in await receiver.deliveries()] == [True]


async def test_without_a_secret_signatures_are_not_judged() -> None:
    async with running_receiver() as receiver, receiver.client() as http:
        await http.post("/ok", content="{}", headers=signed("{}"))
        assert [delivery["signatureValid"] for delivery in await receiver.deliveries()] == [None]


async def test_a_path_can_be_made_to_fail_so_often_and_then_to_recover(
    receiver: RunningReceiver, http: httpx.AsyncClient
) -> None:
    fails = {"match": {"path": "/flaky"}, "effect": {"kind": "answer", "status": 503}, "times": 2}
    await receiver.put_faults(fails)

    statuses = [(await http.post(path)).status_code for path in ("/flaky", "/ok", "/flaky", "/flaky")]

    assert statuses == [503, 200, 503, 200]
    flaky = await receiver.deliveries("/flaky")
    assert [(delivery["status"], delivery["fault"]) for delivery in flaky] == [
        (503, "answer"),
        (503, "answer"),
        (200, None),
    ]


async def test_a_path_can_redirect(receiver: RunningReceiver, http: httpx.AsyncClient) -> None:
    headers = {"Location": f"{receiver.base_url}/elsewhere"}
    await receiver.put_faults({"effect": {"kind": "answer", "status": 308, "headers": headers}})

    answer = await http.post("/anywhere")

    assert (answer.status_code, answer.headers["location"]) == (308, headers["Location"])


async def test_an_answer_can_be_slow(receiver: RunningReceiver, http: httpx.AsyncClient) -> None:
    await receiver.put_faults({"effect": {"kind": "delay", "beforeSeconds": 0.2}})
    started = time.monotonic()

    assert (await http.post("/slow")).status_code == 200
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ({"kind": "reset"}, httpx.ReadError),
        ({"kind": "withhold"}, httpx.ReadTimeout),
        ({"kind": "cut"}, httpx.RemoteProtocolError),
    ],
)
async def test_a_delivery_that_is_not_answered_is_recorded_all_the_same(
    receiver: RunningReceiver, effect: dict[str, Any], error: type[Exception]
) -> None:
    await receiver.put_faults({"effect": effect})

    async with receiver.client(read_timeout_seconds=0.3) as http:
        with pytest.raises(error):
            await http.post("/lost", content="{}")

    (delivery,) = await receiver.deliveries()
    assert (delivery["body"], delivery["status"], delivery["fault"]) == ("{}", None, effect["kind"])


async def test_a_rule_that_makes_no_sense_is_refused(receiver: RunningReceiver, http: httpx.AsyncClient) -> None:
    answer = await http.put("/_faults", json={"rules": [{"effect": {"kind": "noId"}}]})

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("rules.0.effect: ")


async def test_rules_can_be_read_back_and_deleted(receiver: RunningReceiver, http: httpx.AsyncClient) -> None:
    await receiver.put_faults({"effect": {"kind": "reset"}})
    assert [rule["effect"]["kind"] for rule in (await http.get("/_faults")).json()["rules"]] == ["reset"]

    await http.delete("/_faults")

    assert (await http.post("/ok")).status_code == 200
