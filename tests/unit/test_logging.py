"""What the log tells of errors that others log: one line, and nothing that an error may quote.

In a process of its own, since a log belongs to a whole process.
"""

import json
import re
import subprocess
import sys

import pytest

SECRET = "token-4711"

CONFIGURED = """
import asyncio, contextlib, logging as standard
from campaign_operator.observability import logging
logging.configure("json")
"""

NOBODY_WAITS = """
async def fail():
    raise ValueError("token-4711")
async def forget():
    asyncio.get_running_loop().create_task(fail())
    await asyncio.sleep(0)
asyncio.run(forget())
"""

KOPF_FAILS = """
try:
    raise ValueError("token-4711")
except ValueError:
    standard.getLogger("kopf.reactor").exception("a watch has ended")
"""

GENERATORS_ARE_LEFT_OPEN = """
async def inner():
    try:
        yield 1
    finally:
        await asyncio.sleep(0)
async def outer():
    async with contextlib.aclosing(inner()) as numbers:
        async for number in numbers:
            yield number
async def leave_open():
    begun = outer()
    await anext(begun)
    return begun
asyncio.run(leave_open())
"""


EVERY_LEVEL = """
import structlog
for level in ("debug", "info", "warning", "error"):
    getattr(structlog.get_logger(), level)(f"ours, {level}")
    getattr(standard.getLogger("kopf.objects"), level)(f"another's, {level}")
"""


def lines(program: str, configured: str = CONFIGURED) -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", configured + program], capture_output=True, text=True, check=True)
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param(NOBODY_WAITS, ["Task exception was never retrieved: ValueError"], id="an error nobody waits for"),
        pytest.param(KOPF_FAILS, ["a watch has ended"], id="an error of kopf"),
        pytest.param(GENERATORS_ARE_LEFT_OPEN, [], id="generators within generators at the end"),
    ],
)
def test_errors_that_others_log_are_a_line_each_and_quote_nothing(program: str, told: list[str]) -> None:
    assert [line["event"] for line in lines(program)] == told


@pytest.mark.parametrize(
    ("level", "ours"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_a_level_and_those_above_are_logged_and_of_others_nothing_below_a_warning(level: str, ours: list[str]) -> None:
    told = lines(EVERY_LEVEL, CONFIGURED.replace('"json"', f'"json", "{level}"'))
    assert [line["level"] for line in told if str(line["event"]).startswith("ours")] == ours
    assert [line["level"] for line in told if str(line["event"]).startswith("another's")] == [
        each for each in ours if each in ("warning", "error")
    ]


def test_a_line_has_the_time_in_utc_the_level_and_the_event() -> None:
    (line,) = lines("import structlog\nstructlog.get_logger().info('starting')")
    assert list(line) == ["event", "level", "time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(line["time"]))
