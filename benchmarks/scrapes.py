"""What a scrape costs with the most campaigns that have series of their own, and with five times as many."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from figures import Result, at_most, told
from lists import of_children
from machine import Meter, cores
from session import Session

STALL_MS = 50.0
BYTES_EACH = 1000.0
_HERE = Path(__file__).parent


async def measure(session: Session) -> Result:
    """Each in a process of its own, which serves them to another."""
    own, many = (200, 1000) if session.quick else (2000, 10_000)
    meter, children = Meter({}), of_children()
    session.progress(f"scrapes of {own} campaigns by their names")
    by_campaign = await _run(own)
    session.progress(f"scrapes of {many} campaigns by namespace")
    by_namespace = await _run(many)
    usage = meter.usage()
    others = usage.others_percent - (of_children() - children) / usage.seconds / cores() * 100
    return Result(
        title=f"A scrape with {own} campaigns, and with {many}",
        how=f"The operator's endpoint serves the metrics of {own} running campaigns, each with series of its own, and "
        f"of {many}, summed over 20 namespaces, to a client in another process: the median of 10 scrapes. Beside it, a "
        "task asks for its turn every millisecond; the longest that it came late is the stall, by the clock and by the "
        "CPU time of the operator's thread. The memory of a campaign is that of its figures, namespace and name.",
        lines=(
            told(f"{own} campaigns: series", by_campaign["series"], "", digits=0),
            told(f"{own} campaigns: size of a scrape", by_campaign["megabytes"], "MB", digits=1),
            told(f"{own} campaigns: time of a scrape", by_campaign["seconds"], "s"),
            at_most("longest stall of the event loop meanwhile", by_campaign["stall_ms"], STALL_MS, "ms", digits=0),
            at_most("the longest by its own CPU time", by_campaign["busy_ms"], STALL_MS, "ms", digits=0),
            at_most("memory for each campaign", by_campaign["bytes_each"], BYTES_EACH, "bytes", digits=0),
            told(f"{many} campaigns: series", by_namespace["series"], "", digits=0),
            told(f"{many} campaigns: time of a scrape", by_namespace["seconds"], "s"),
            at_most("longest stall of the event loop meanwhile", by_namespace["stall_ms"], STALL_MS, "ms", digits=0),
            at_most("the longest by its own CPU time", by_namespace["busy_ms"], STALL_MS, "ms", digits=0),
        ),
        kubernetes="",
        others_percent=max(0.0, others),
    )


async def _run(campaigns: int) -> dict[str, Any]:
    command = (sys.executable, str(_HERE / "scrape_stall.py"), "--campaigns", str(campaigns))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise AssertionError(f"scrape_stall.py ended with status {process.returncode}")
    return dict(json.loads(output))
