"""No secret, no address of a list or receiver, and nothing of a contact is told to anybody who may not have it.

The real operator works on campaigns with canaries in every place that takes a value, with servers that send back all
that they are sent, and logs all that it can.
"""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e.echoing_world import (
    BASIC,
    CANARIES,
    CLIENT_SECRET,
    HOOK_PATH,
    LIST_PATH,
    LIST_TOKEN,
    LISTINGS,
    PEOPLE,
    PLAIN_SIGNING,
    SIGNING,
    SUBMISSIONS,
    TOKEN,
    EchoingServer,
    manifests,
)
from e2e_world import start_operator
from scripted_server import Received, ScriptedServer, scripted_server
from serving import until

FORMATS = ("json", "console")
_UNDECIDED = ("Planned", "Intent")


async def test_no_canary_is_told_whatever_the_servers_send_back(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    servers = [EchoingServer() for _ in FORMATS]
    told = await asyncio.gather(
        *(
            played(control_plane, kubeconfig, tmp_path, echoing, form)
            for echoing, form in zip(servers, FORMATS, strict=True)
        )
    )
    assert all(len(everything["log"]) > 10_000 for everything in told)
    assert all("campaign_operator_campaign_unready_reason{" in everything["metrics"] for everything in told)
    api_token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    for everything in told:
        for place, text in everything.items():
            found = [word for word in (*CANARIES, *PEOPLE, api_token) if word in text]
            assert (place, found) == (place, [])
            assert (place, list(pieces_in(text))) == (place, [])
    assert [list(misdirected(echoing.seen)) for echoing in servers] == [[], []]


async def played(
    control_plane: ControlPlane, kubeconfig: Path, folder: Path, echoing: EchoingServer, log_format: str
) -> dict[str, str]:
    """Let an operator with a dialer of its own work on a namespace full of canaries; all that it has told."""
    async with scripted_server(route=echoing) as server:
        return await _played(control_plane, kubeconfig, folder, server, echoing, log_format)


async def _played(
    control_plane: ControlPlane,
    kubeconfig: Path,
    folder: Path,
    server: ScriptedServer,
    echoing: EchoingServer,
    log_format: str,
) -> dict[str, str]:
    namespace, port = f"canaries-{uuid4().hex[:8]}", LoopbackPort()
    await control_plane.kubectl("create", "namespace", namespace)
    await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests(namespace, server.url)))
    port.release()
    logs = ("--log-format", log_format, "--log-level=debug")
    # with the short waits, an operator that stands still for a second while it sends ends itself, and one that logs
    # all of this does so on a busy machine
    waits = ("--settle-seconds", "30")
    flags = ("--namespace", namespace, *logs, *waits, "--metrics-port", str(port.number))
    operator = start_operator(kubeconfig, server.ca_file, folder, *flags)
    try:
        await until(partial(asked_all, echoing, operator))  # each look at the API server takes a process
        await until(lambda: all_told(control_plane, namespace, operator))
        async with httpx.AsyncClient(trust_env=False) as client:
            metrics = (await client.get(f"http://127.0.0.1:{port.number}/metrics")).text
    finally:
        await operator.stop(timeout_seconds=40)
    campaigns = await items(control_plane, namespace, "ocamp")
    events = await control_plane.kubectl("get", "events", "-n", namespace, "-o", "json")
    await control_plane.kubectl("delete", "namespace", namespace, "--wait=false")
    return {
        "log": operator.log_path.read_text(),
        "metrics": metrics,
        "events": events.stdout,
        "status": json.dumps([campaign.get("status") for campaign in campaigns], ensure_ascii=False),
    }


async def items(control_plane: ControlPlane, namespace: str, kind: str) -> list[dict[str, Any]]:
    answer = await control_plane.kubectl("get", kind, "-n", namespace, "-o", "json")
    return list(json.loads(answer.stdout)["items"])


async def asked_all(echoing: EchoingServer, operator: ChildProcess) -> bool:
    """Whether the operator has sent all that it is to send."""
    assert operator.exit_status is None, operator.last_lines()
    return echoing.saw_all()


async def all_told(control_plane: ControlPlane, namespace: str, operator: ChildProcess) -> bool:
    """Whether every campaign has come to what it comes to."""
    assert operator.exit_status is None, operator.last_lines()
    campaigns = await items(control_plane, namespace, "ocamp")
    return all(is_told(campaign["metadata"]["name"], campaign.get("status", {})) for campaign in campaigns)


def is_told(name: str, status: dict[str, Any]) -> bool:
    if not status.get("conditions"):
        return False
    runs = status.get("runs", [])
    if name in ("hooked", "plain"):
        return any(run.get("webhook", {}).get("attempts", 0) >= 1 for run in runs)
    windows = [window for run in runs for window in run.get("windows", [])]
    if name in SUBMISSIONS:
        return any(window.get("attempt", 0) >= 1 and window["state"] != "Intent" for window in windows)
    if name in LISTINGS:
        return any(window.get("message") for window in windows) or len(status["conditions"]) > 1
    return True


def pieces_in(text: str) -> Iterator[str]:
    """Pieces of secrets, as an answer that shortens them repeats them."""
    for secret in (CLIENT_SECRET, TOKEN, BASIC, SIGNING[6:], PLAIN_SIGNING, LIST_TOKEN):
        yield from (piece for start in range(len(secret) - 11) if (piece := secret[start : start + 12]) in text)


def misdirected(seen: list[Received]) -> Iterator[tuple[str, str]]:
    """What went to somebody whom it is not for."""
    for request in seen:
        text = f"{request.target} {dict(request.headers)} {request.body.decode()}"
        path = request.target.partition("?")[0]
        meant = {
            TOKEN: path.startswith("/api/v2/"),
            BASIC: path.startswith("/token"),
            LIST_TOKEN: path.startswith(f"/{LIST_PATH}/"),
            **{word: path.startswith(f"/{LIST_PATH}/") for word in (LIST_PATH, "canary-list-query")},
            **{word: path.startswith(f"/{HOOK_PATH}") for word in (HOOK_PATH, "canary-hook-query")},
        }
        yield from ((path, word) for word in (*CANARIES, *PEOPLE) if word in text and not meant.get(word, False))


@pytest.mark.parametrize("word", [TOKEN, CLIENT_SECRET])
def test_a_piece_of_a_secret_would_be_found(word: str) -> None:
    assert list(pieces_in(f"expired: {word[3:20]}..."))
