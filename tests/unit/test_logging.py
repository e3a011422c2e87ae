"""What the log tells of errors that others log: one line, and nothing that an error may quote.

In a process of its own, since a log belongs to a whole process.
"""

import json
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


def lines(program: str) -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", CONFIGURED + program], capture_output=True, text=True, check=True)
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
