"""What a command shows at a terminal while it takes its time; standard input that does not end takes as long as one
likes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from manifests import SOUND


@contextmanager
def at_a_terminal(*arguments: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The program with a terminal for its errors, and where these are read."""
    shown, errors = os.openpty()
    command = [sys.executable, "-m", "campaign_operator.cli", *arguments]
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, bufsize=0
    )
    os.close(errors)
    try:
        yield process, shown
    finally:
        process.kill()
        process.communicate()
        os.close(shown)


def read_until(words: bytes, terminal: int) -> bytes:
    found = b""
    while words not in found:
        found += os.read(terminal, 4096)
    return found


@pytest.mark.parametrize("command", ["validate", "preview"])
def test_what_takes_longer_than_a_second_says_what_goes_on(command: str) -> None:
    with at_a_terminal(command, "-") as (process, terminal):
        read_until(b"Reading and checking", terminal)
        out, _ = process.communicate(SOUND.encode())
    assert process.returncode == 0
    assert b"Reading" not in out
