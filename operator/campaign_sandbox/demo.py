"""The demo: applies the example, shows its progress as it comes, and judges its end.

Owns what a first user sees. It tells nothing that it has not read back: states come from the API server, the webhook's
body from the receiver, and the exit status from both.
"""

import asyncio
import json
import os
import ssl
import time
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import NAMESPACE, Sandbox

EXAMPLE_WEBHOOK_HOST = "https://hooks.example.com"
DEMO_SECONDS = 170.0


class DemoFailedError(Exception):
    """The campaign was not Completed, or its webhook did not come."""


async def run_demo(sandbox: Sandbox, example: Path, console: Console) -> None:
    """Apply `example` and follow it to its end. Raises DemoFailedError."""
    manifest, name = _adapted(example, sandbox.receiver_url)
    console.print(f"\n[bold]$ kubectl apply -f {example.name}[/bold]", highlight=False)
    console.print(manifest.rstrip(), markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"[dim]The host of the webhook resolves to the receiver at {sandbox.receiver_url}.[/dim]\n", highlight=False
    )
    answer = await sandbox.control_plane.kubectl("apply", "-f", "-", stdin=manifest)
    console.print(answer.stdout.rstrip(), highlight=False)
    console.print("\n[bold]$ kubectl get outboundcampaigns --watch[/bold]", highlight=False)
    try:
        async with asyncio.timeout(DEMO_SECONDS):
            await _follow(sandbox.control_plane, name, console)
        delivery = await _delivery(sandbox)
    except TimeoutError:
        raise DemoFailedError(f"not done after {DEMO_SECONDS:.0f} s") from None
    await _show(sandbox.control_plane, console, "get", "outboundcampaigns", "-n", NAMESPACE)
    await _last_event(sandbox.control_plane)
    await _show(sandbox.control_plane, console, "get", "events", "-n", NAMESPACE, *_EVENT_COLUMNS)
    console.print("\n[bold]The webhook[/bold]")
    console.print_json(delivery["body"])
    valid = delivery["signatureValid"]
    console.print(f"webhook-id {delivery['headers']['webhook-id']}, signature valid: {valid}", highlight=False)
    if not valid:
        raise DemoFailedError("the webhook's signature is not valid")


_EVENT_COLUMNS = (
    "--sort-by=.eventTime",
    "-o=custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message",
)


_EVENT_SECONDS = 60.0


def _adapted(example: Path, receiver_url: str) -> tuple[str, str]:
    manifest = example.read_text().replace(EXAMPLE_WEBHOOK_HOST, receiver_url)
    return manifest, yaml.safe_load(manifest)["metadata"]["name"]


async def _show(control_plane: ControlPlane, console: Console, *args: str) -> None:
    console.print(f"\n[bold]$ kubectl {' '.join(a for a in args if not a.startswith('-o='))}[/bold]", highlight=False)
    console.print((await control_plane.kubectl(*args)).stdout.rstrip(), markup=False, highlight=False, soft_wrap=True)


async def _follow(control_plane: ControlPlane, name: str, console: Console) -> None:
    """A line for each change that a person would see, until the campaign has ended and its webhook is dealt with."""
    started, shown = time.monotonic(), ""
    async with aclosing(_watch(control_plane, "outboundcampaigns", name)) as campaigns:
        async for campaign in campaigns:
            status = campaign.get("status", {})
            hook = status.get("webhookState", "")
            state = status.get("state", "")
            line = f"{state:<11} {status.get('progress', ''):<14} {_ready(status):<9} {hook}"
            if line != shown:
                colour = {"Running": "yellow", "Completed": "green", "TimedOut": "red", "Failed": "red"}.get(
                    state, "cyan"
                )
                console.print(
                    f"[dim]{time.monotonic() - started:6.1f} s[/dim]  [{colour}]{line}[/{colour}]", highlight=False
                )
                shown = line
            if hook not in ("", "Pending"):
                if state != "Completed" or hook != "Delivered":
                    raise DemoFailedError(f"the run ended as {state} and its webhook as {hook}")
                return
    raise DemoFailedError("the watch of the campaign ended before the campaign did")


def _ready(status: dict[str, Any]) -> str:
    return next((f"Ready={c['status']}" for c in status.get("conditions", ()) if c["type"] == "Ready"), "")


async def _last_event(control_plane: ControlPlane) -> None:
    """Wait for the Event of the webhook: Events come a moment after what they tell of."""
    async with aclosing(_watch(control_plane, "events", "--field-selector=reason=WebhookDelivered")) as events:
        async with asyncio.timeout(_EVENT_SECONDS):
            await anext(events)


async def _watch(control_plane: ControlPlane, *what: str) -> AsyncGenerator[dict[str, Any]]:
    """An object at every change, as `kubectl get --watch -o json` prints it: one document after another."""
    process = await asyncio.create_subprocess_exec(
        control_plane.kubectl_path,
        *("get", *what, "-n", NAMESPACE, "--watch", "-o", "json"),
        env={**os.environ, "KUBECONFIG": str(control_plane.kubeconfig_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    decoder, text = json.JSONDecoder(), ""
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        while chunk := await process.stdout.read(65536):
            text = (text + chunk.decode()).lstrip()
            while text:
                try:
                    document, end = decoder.raw_decode(text)
                except json.JSONDecodeError:
                    break  # the rest of the document is still to come
                text = text[end:].lstrip()
                yield document
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _delivery(sandbox: Sandbox) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=str(sandbox.ca_file))

    def fetch() -> list[dict[str, Any]]:
        url = f"{sandbox.receiver_url}/_deliveries"
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:  # noqa: S310 - our own receiver
            found: list[dict[str, Any]] = json.load(answer)["deliveries"]
            return found

    deliveries = await asyncio.to_thread(fetch)
    if len(deliveries) != 1:
        raise DemoFailedError(f"{len(deliveries)} webhooks came instead of one")
    return deliveries[0]
