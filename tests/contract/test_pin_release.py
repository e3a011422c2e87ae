"""The list of what the sandbox downloads: as it is shipped, and as its tool writes it from what is published."""

import asyncio
import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from campaign_sandbox.go_toolchain import target_platform
from campaign_sandbox.released_programs import ENVTEST_PROGRAMS, RELEASE_PATH, read_release
from scripted_server import ScriptedServer, answer, scripted_server

_TOOL = Path(__file__).parents[2] / "tools" / "pin_release.py"
_PLATFORMS = [(system, architecture) for system in ("darwin", "linux") for architecture in ("amd64", "arm64")]
_ARCHIVES = "https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v1.99.0"

INDEX = yaml.safe_dump(
    {
        "releases": {
            "v1.99.0": {
                f"envtest-v1.99.0-{system}-{architecture}.tar.gz": {
                    "hash": f"{system}-{architecture}".encode().hex().ljust(128, "0"),
                    "selfLink": f"{_ARCHIVES}/envtest-v1.99.0-{system}-{architecture}.tar.gz",
                }
                for system, architecture in [*_PLATFORMS, ("windows", "amd64")]
            }
        }
    }
)
REPLIES = {
    "/envtest-releases.yaml": INDEX.encode(),
    "/v1.99.0/bin/linux/amd64/kube-controller-manager.sha256": b"a" * 64,
    "/v1.99.0/bin/linux/arm64/kube-controller-manager.sha256": b"b" * 64 + b"  kube-controller-manager\n",
}


async def pinned(server: ScriptedServer, output: Path, version: str = "v1.99.0", *more: str) -> tuple[int, str]:
    """What the tool says, asked to write `output` from what the server has."""
    hosts = ["--index-url", f"{server.url}/envtest-releases.yaml", "--binaries-url", server.url]
    run = functools.partial(subprocess.run, capture_output=True, text=True, timeout=60, check=False)
    command = [sys.executable, _TOOL, version, *hosts, "--output", output, *more]
    done = await asyncio.to_thread(run, command, env={**os.environ, "SSL_CERT_FILE": str(server.ca_file)})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("system", "architecture"), _PLATFORMS)
def test_the_list_that_is_shipped_has_a_download_for_every_platform(
    monkeypatch: pytest.MonkeyPatch, system: str, architecture: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: architecture)

    release = read_release(RELEASE_PATH)

    (file,) = release.files
    assert file.programs == ENVTEST_PROGRAMS
    assert file.host == "github.com"
    assert file.name == f"envtest-{release.version}-{system}-{architecture}.tar.gz"
    algorithm, _, checksum = file.checksum.partition(":")
    assert (algorithm, len(bytes.fromhex(checksum))) == ("sha512", 64)


async def test_the_tool_writes_what_the_sandbox_reads(tmp_path: Path) -> None:
    output = tmp_path / "released.toml"
    async with scripted_server(route=lambda request: answer(200, raw=REPLIES[request.target])) as server:
        status, said = await pinned(server, output)

    assert (status, said) == (0, f"Wrote {output}\n")
    release = read_release(output)
    archive, *programs = release.files
    platform = "-".join(target_platform().values())
    assert release.version == "v1.99.0"
    assert archive.url == f"{_ARCHIVES}/envtest-v1.99.0-{platform}.tar.gz"
    assert archive.checksum == "sha512:" + platform.encode().hex().ljust(128, "0")
    if target_platform()["GOOS"] == "linux":
        (controller_manager,) = programs
        assert controller_manager.programs == ("kube-controller-manager",)
        assert controller_manager.checksum in {"sha256:" + "a" * 64, "sha256:" + "b" * 64}
    assert "windows" not in output.read_text()


async def test_envtest_alone_is_enough(tmp_path: Path) -> None:
    output = tmp_path / "released.toml"
    async with scripted_server(route=lambda request: answer(200, raw=REPLIES[request.target])) as server:
        assert (await pinned(server, output, "v1.99.0", "--envtest-only"))[0] == 0

    assert read_release(output).programs == set(ENVTEST_PROGRAMS)


@pytest.mark.parametrize(
    ("version", "path", "said"),
    [
        ("v1.99.1", "/envtest-releases.yaml", "Cannot pin v1.99.1: KeyError('v1.99.1')"),
        ("v1.99.0", "/nothing", "Cannot pin v1.99.0: <HTTPError 404: 'X'>"),
    ],
)
async def test_what_is_not_published_is_not_pinned(tmp_path: Path, version: str, path: str, said: str) -> None:
    output = tmp_path / "released.toml"
    output.write_text("as it was")
    replies = {path: answer(200, raw=INDEX.encode())}
    async with scripted_server(route=lambda request: replies.get(request.target, answer(404))) as server:
        assert await pinned(server, output, version) == (1, f"{said}\n")

    assert output.read_text() == "as it was"
