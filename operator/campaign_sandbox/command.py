"""`campaign-sandbox up` and `demo`: starts the parts, shows how to reach them, and ends them on Ctrl-C or SIGTERM."""

import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console

from campaign_sandbox.binaries import BinariesError, ensure_sandbox_binaries
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlaneError, KubectlError
from campaign_sandbox.demo import DemoFailedError, run_demo
from campaign_sandbox.next_steps import after_the_demo, export_line, first_commands, own_operator
from campaign_sandbox.prometheus import PrometheusError
from campaign_sandbox.sandbox import NAMESPACE, Sandbox, SandboxSettings, running_sandbox

_SHIPPED = Path(__file__).with_name("_examples")
_EXAMPLES = _SHIPPED if _SHIPPED.exists() else Path(__file__).parents[2] / "examples"
"""The examples as they are shipped: in a wheel beside this module, in a checkout in examples/."""

_TAIL_SECONDS = 0.2
_INTERRUPTED = 130


def run_sandbox(settings: SandboxSettings, *, demo: bool) -> int:
    """The exit status: 0 after Ctrl-C or a demo that came to its good end, 1 otherwise."""
    try:
        return asyncio.run(_until_stopped(settings, demo))
    except (BinariesError, ControlPlaneError, KubectlError, PrometheusError, DemoFailedError, OSError) as error:
        print(f"campaign-operator: {error}", file=sys.stderr)  # noqa: T201 - a command line's message
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


async def _until_stopped(settings: SandboxSettings, demo: bool) -> int:
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    loop = asyncio.get_running_loop()
    main_task = asyncio.current_task()
    interrupted = False

    def stop() -> None:
        nonlocal interrupted
        if main_task is not None and not interrupted:
            main_task.cancel()
        interrupted = True

    def progress(line: str, /) -> None:
        err.print(line, style="dim", soft_wrap=True, markup=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        binaries = await ensure_sandbox_binaries(progress)
        async with running_sandbox(binaries, settings, progress) as sandbox:
            if demo:
                await _demo(sandbox, out)
            else:
                await _stay(sandbox, out, err)
    except asyncio.CancelledError:
        if not interrupted:
            raise
        err.print("Stopped.", style="dim")
        return _INTERRUPTED if demo else 0
    return 0


async def _demo(sandbox: Sandbox, out: Console) -> None:
    try:
        await run_demo(sandbox, _EXAMPLES / "demo.yaml", out)
    except DemoFailedError as error:
        log = sandbox.operator.last_lines(30) if sandbox.operator is not None else ""
        raise DemoFailedError(f"{error}. The operator's log ends:\n{log}") from None
    out.print(f"\n[bold]What to try next[/bold]\n{after_the_demo(_EXAMPLES)}", soft_wrap=True)


async def _stay(sandbox: Sandbox, out: Console, err: Console) -> None:
    control_plane = sandbox.control_plane
    out.print(export_line(control_plane.kubeconfig_path, control_plane.kubectl_path), soft_wrap=True)
    sys.stdout.flush()
    err.print("\nIn another terminal, paste the line above.", soft_wrap=True)
    if sandbox.operator is not None and sandbox.dialer_url is not None:
        err.print(f"Then try:\n\n{first_commands(_EXAMPLES)}", soft_wrap=True)
    if sandbox.operator is None:
        err.print(
            f"Then start an operator of your own:\n\n{own_operator(sandbox.ca_file, sandbox.metrics_port)}",
            soft_wrap=True,
        )
    if sandbox.prometheus_url is not None:
        err.print(
            f"\nPrometheus scrapes the operator and shows the alerts at {sandbox.prometheus_url}.",
            soft_wrap=True,
        )
    err.print(
        f"\nThe namespace {NAMESPACE} has the Secrets cxone and hook; webhooks can go to {sandbox.receiver_url}/cx. "
        "Ctrl-C ends it all.\n",
        soft_wrap=True,
    )
    if sandbox.operator is None:
        await asyncio.Event().wait()
    else:
        await _show_log(sandbox.operator)


async def _show_log(operator: ChildProcess) -> None:
    """Pass on the operator's log until it ends, which it should not."""
    with operator.log_path.open(errors="replace") as log:
        while True:
            if text := log.read():
                sys.stderr.write(text)
                sys.stderr.flush()
            elif (status := operator.exit_status) is not None:
                raise ControlPlaneError(f"the operator ended with exit status {status}")
            else:
                await asyncio.sleep(_TAIL_SECONDS)
