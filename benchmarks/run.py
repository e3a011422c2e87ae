"""Measure the operator on the sandbox's real parts: `python benchmarks/run.py [PART ...]`, or `make bench`.

`soak` takes two hours, so it runs only where it is named, as `make soak` does. The results are printed and written to
docs/benchmarks.md. Exit status 0 also where a target was missed: these are measurements, which depend on the machine,
and not tests; 1 where something broke.
"""

import argparse
import asyncio
import signal
import sys
from time import monotonic

import api_requests
import burst
import burst_floor
import footprint
import grouping
import httpx
import large
import large_run
import lists
import many
import many_floor
import measured
import one_by_one
import page
import running
import scrapes
import sizing
import soak
import stalls
import tenants
from figures import as_markdown, as_text
from kubernetes.aio.client.exceptions import ApiException
from session import Benchmark, Session
from world import BenchmarkFailedError

from campaign_sandbox.binaries import BinariesError, ensure_control_plane_binaries
from campaign_sandbox.control_plane import ControlPlaneError, KubectlError

BENCHMARKS: dict[str, Benchmark] = {
    "one-by-one": one_by_one.measure,
    "requests": api_requests.measure,
    "burst": burst.measure,
    "burst-floor": burst_floor.measure,
    "footprint": footprint.measure,
    "running": running.measure,
    "many": many.measure,
    "many-floor": many_floor.measure,
    "large": large.measure,
    "large-run": large_run.measure,
    "grouping": grouping.measure,
    "lists": lists.measure,
    "scrapes": scrapes.measure,
    "tenants": tenants.measure,
    "stalls": stalls.measure,
}
"""In the order in which they are run; all of them take about 50 minutes."""

_BEGUN = monotonic()


def _progress(line: str) -> None:
    print(f"[{monotonic() - _BEGUN:5.0f} s] {line}", file=sys.stderr, flush=True)


ON_DEMAND: dict[str, Benchmark] = {"soak": soak.measure}
"""Run only where they are named."""

_ALL = BENCHMARKS | ON_DEMAND
_BREAKS = (BenchmarkFailedError, ControlPlaneError, KubectlError, ApiException, httpx.HTTPError, OSError)


async def _run(names: list[str], options: argparse.Namespace) -> int:
    """How many of them broke; the others are measured all the same."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    binaries = await ensure_control_plane_binaries(_progress)
    session = Session(binaries, options.quick, _progress, options.minutes, options.seed)
    broken = 0
    for name in names:
        _progress(f"{name} begins")
        try:
            result = await _ALL[name](session)
        except _BREAKS as error:
            broken += 1
            print(f"benchmarks: {name}: {error}", file=sys.stderr)
            continue
        print(f"\n{as_text(result)}\n", flush=True)
        if not options.quick:
            page.put(name, as_markdown(result))
            measured.keep(result.figures)
    if not options.quick:
        _write_sizes()
    return broken


def _write_sizes() -> None:
    try:
        sizing.write()
    except sizing.NotMeasuredError as missing:
        _progress(f"docs/sizing.md is left as it is, because there is no figure {missing} yet")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description="Measure the operator on a real control plane.")
    parser.add_argument(
        "part", nargs="*", choices=[*_ALL, []], help=f"{', '.join(_ALL)}; all but soak if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the work; prints, but writes no page")
    parser.add_argument("--minutes", type=float, default=soak.MINUTES, help="how long the soak takes")
    parser.add_argument("--seed", type=int, default=1, help="what the soak does, and when")
    options = parser.parse_args()
    try:
        return 1 if asyncio.run(_run(options.part or list(BENCHMARKS), options)) else 0
    except (BinariesError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130


if __name__ == "__main__":
    sys.exit(main())
