"""`campaign-sandbox` as a user calls it, without anything that it would start."""

import subprocess
import sys

import pytest

RUN = "from campaign_sandbox.cli import main; main()"
WITHOUT_THE_EXTRA = f"import sys; sys.modules |= dict.fromkeys(('starlette', 'trustme', 'uvicorn')); {RUN}"


def call(*arguments: str, code: str = RUN) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", [(), ("up",), ("demo",), ("simulator",)])
def test_help_everywhere(command: tuple[str, ...]) -> None:
    done = call(*command, "--help", code=WITHOUT_THE_EXTRA)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_part_that_there_is_not_is_wrong_usage() -> None:
    done = call("up", "--without", "dialler")
    assert done.returncode == 2
    assert "operator" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["up", "demo"])
def test_without_its_packages_it_says_what_to_install(command: str) -> None:
    done = call(command, code=WITHOUT_THE_EXTRA)
    assert done.returncode == 1
    assert done.stderr.endswith("install it: pip install 'campaign-operator[sandbox]'\n")
