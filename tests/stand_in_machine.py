"""A machine for the command that gets the programs of the control plane: stand-ins on its PATH, an empty cache."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROGRAMS = {"etcd", "kubectl", "kube-apiserver", "kube-controller-manager"}

# Notes how it is called, leaves half a program, does what the test wants in between, and leaves a whole one.
STAND_IN_GO = """\
#!/bin/sh
if [ "$1" = env ]; then echo {version}; exit; fi
if [ "$1" = list ]; then echo "$STAND_IN_MODULE"; exit; fi
echo "{version} $GOOS $@" >> "$STAND_IN_CALLS"
while [ "$1" != -o ]; do shift; done
target=$2
printf half > "$target"
eval "$STAND_IN_SCRIPT"
echo whole > "$target"
chmod +x "$target"
"""


@dataclass(frozen=True)
class Machine:
    """A machine with stand-ins on its PATH and an empty cache."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, go_version: str = "go1.26.7") -> Self:
        """A machine that has a Go compiler and nothing else."""
        (folder / "bin").mkdir()
        machine = cls(folder)
        machine.add("go", STAND_IN_GO.format(version=go_version))
        return machine

    def command(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """`python -m campaign_sandbox.binaries` on this machine, with these variables besides."""
        standard = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "STAND_IN_CALLS": str(self.folder / "calls"),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "campaign_sandbox.binaries", *arguments],
            env=standard | env,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """Its exit status and what it told on stderr."""
        return finished(self.command(*arguments, **env))

    def add(self, name: str, script: str) -> None:
        """Put a program on PATH."""
        path = self.folder / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def calls(self) -> list[str]:
        """Which Go built what, for which system, with which arguments."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def folders(self, cache: str = "cache") -> list[Path]:
        """All folders where finished control planes are kept, hidden ones too."""
        kept = self.folder / cache / "campaign-operator" / "controlplane"
        return [path for path in kept.glob("*") if path.is_dir()]


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; the exit status and what was told on stderr."""
    with process:
        _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


def wait_until(condition: Callable[[], bool]) -> None:
    """For what another process does."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline


def contents(folder: Path) -> dict[str, str]:
    """The files of a folder, by their names."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def is_whole(folder: Path) -> bool:
    """Whether a folder has what a build leaves, and nothing else."""
    return contents(folder) == dict.fromkeys(PROGRAMS, "whole\n")
