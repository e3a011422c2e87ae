"""The operator, telling how long its event loop is kept by one step: `python timed_steps.py run ...`, as the CLI.

A step is what the loop runs without looking at anything else: a callback, or a task until it waits for something. Two
metrics have the longest since the metrics were last scraped, by the clock and by the CPU time of the loop's thread.
"""

import asyncio.events
from functools import partial
from time import perf_counter, thread_time

from prometheus_client import Gauge

from campaign_operator.cli import main

LONGEST_STEP = "benchmark_longest_step_seconds"
BY_CPU, BY_CLOCK = "cpu", "clock"

_run = asyncio.events.Handle._run  # noqa: SLF001 - there is no other place through which every step goes
_longest = dict.fromkeys((BY_CPU, BY_CLOCK), 0.0)


def _timed(handle: asyncio.events.Handle) -> None:
    by_cpu, by_clock = thread_time(), perf_counter()
    _run(handle)
    taken = {BY_CPU: thread_time() - by_cpu, BY_CLOCK: perf_counter() - by_clock}
    for by, seconds in taken.items():
        _longest[by] = max(_longest[by], seconds)


def _take(by: str) -> float:
    longest, _longest[by] = _longest[by], 0.0
    return longest


if __name__ == "__main__":
    asyncio.events.Handle._run = _timed  # type: ignore[assignment, method-assign] # noqa: SLF001 - see above
    gauge = Gauge(LONGEST_STEP, "The longest step of the event loop since the last scrape.", ["by"])
    for name in _longest:
        gauge.labels(name).set_function(partial(_take, name))
    main()
