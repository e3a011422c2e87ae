"""The download of a released control plane, by the real command, from a server on loopback that has what envtest has.

Whatever goes wrong, the control plane is built instead, after one line that says why.
"""

import asyncio
import contextlib
import gzip
import hashlib
import io
import os
import signal
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from campaign_sandbox.go_toolchain import target_platform
from contract.proxy_kit import ForwardingProxy
from scripted_server import (
    Conversation,
    Received,
    Reply,
    answer,
    garbage,
    hang_up,
    reset,
    scripted_server,
    silence,
)
from stand_in_machine import PROGRAMS, Machine, contents, finished, is_whole

_PLATFORM = "-".join(target_platform().values())
_ARCHIVE = f"envtest-v1.37.0-{_PLATFORM}.tar.gz"
_ENVTEST = {"etcd", "kube-apiserver", "kubectl"}


def packed(programs: set[str]) -> bytes:
    """An archive as envtest's are: every program in the same folder, beside what nobody asked for."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in sorted(programs | {"LICENSE"}):
            content = f"released {name}\n".encode()
            member = tarfile.TarInfo(f"controller-tools/envtest/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


RELEASED = packed(_ENVTEST)


def listed(url: str, content: bytes, *, algorithm: str = "sha512", programs: set[str] = _ENVTEST) -> str:
    """One file of a list."""
    checksum = hashlib.new(algorithm, content).hexdigest()
    names = ", ".join(f'"{name}"' for name in sorted(programs))
    return (
        f'[[files]]\nplatform = "{_PLATFORM}"\nurl = "{url}"\n'
        f'checksum = "{algorithm}:{checksum}"\nprograms = [{names}]\n'
    )


class Download:
    """The command that gets the programs for the sandbox, with a server's certificate trusted."""

    def __init__(self, machine: Machine, ca_file: Path, *files: str) -> None:
        self.machine = machine
        self._env = {"SSL_CERT_FILE": str(ca_file)}
        self._release = machine.folder / "released.toml"
        self._release.write_text('version = "v1.37.0"\n' + "".join(files))

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Get the programs of the sandbox or, by other arguments, those of the tests."""
        chosen = arguments or ("--sandbox",)
        return self.machine.command(*chosen, "--release", str(self._release), **self._env | env)

    async def run(self, *arguments: str) -> tuple[int, str]:
        """The exit status and what was told on stderr."""
        return await asyncio.to_thread(finished, self.start(*arguments))

    def folder(self) -> Path:
        """The one folder that the command has filled."""
        (folder,) = self.machine.folders()
        return folder


@asynccontextmanager
async def download_from(tmp_path: Path, *replies: Reply, content: bytes = RELEASED) -> AsyncIterator[Download]:
    """A download of envtest's archive from a server that replies so."""
    async with scripted_server(*replies) as server:
        file = listed(f"{server.url}/{_ARCHIVE}", content)
        yield Download(Machine.create(tmp_path), server.ca_file, file)


def released(programs: set[str]) -> dict[str, str]:
    return {name: f"released {name}\n" for name in programs}


async def test_the_programs_are_downloaded_once_and_found_in_the_cache_from_then_on(tmp_path: Path) -> None:
    async with scripted_server(answer(200, raw=RELEASED)) as server:
        download = Download(Machine.create(tmp_path), server.ca_file, listed(f"{server.url}/{_ARCHIVE}", RELEASED))
        status, stderr = await download.run()
        assert (await download.run())[0] == 0

    assert status == 0, stderr
    assert [request.target for request in server.requests] == [f"/{_ARCHIVE}"]
    assert contents(download.folder()) == released(_ENVTEST)
    assert all(os.access(path, os.X_OK) for path in download.folder().iterdir())
    assert download.machine.calls() == []
    first, *_, last = stderr.splitlines()
    assert first == "Downloading Kubernetes v1.37.0 from localhost, once"
    assert last == f"The control plane is in {download.folder()}"


async def test_a_program_can_be_a_file_of_its_own(tmp_path: Path) -> None:
    program = b"released kube-controller-manager\n"
    replies = {f"/{_ARCHIVE}": answer(200, raw=RELEASED), "/kube-controller-manager": answer(200, raw=program)}
    async with scripted_server(route=lambda request: replies[request.target]) as server:
        files = (
            listed(f"{server.url}/{_ARCHIVE}", RELEASED),
            listed(
                f"{server.url}/kube-controller-manager",
                program,
                algorithm="sha256",
                programs={"kube-controller-manager"},
            ),
        )
        download = Download(Machine.create(tmp_path), server.ca_file, *files)
        status, stderr = await download.run()

    assert status == 0, stderr
    assert contents(download.folder()) == released(PROGRAMS)
    assert all(os.access(path, os.X_OK) for path in download.folder().iterdir())


async def test_a_redirect_is_followed_as_github_answers_with_one(tmp_path: Path) -> None:
    moved = answer(302, headers={"Location": "/elsewhere"})
    async with download_from(tmp_path, moved, answer(200, raw=RELEASED)) as download:
        assert (await download.run())[0] == 0

    assert contents(download.folder()) == released(_ENVTEST)


async def test_the_proxy_of_the_environment_is_used(tmp_path: Path) -> None:
    async with scripted_server(answer(200, raw=RELEASED)) as server:
        proxy = ForwardingProxy(server)
        listener = await asyncio.start_server(proxy, "127.0.0.1", 0)
        async with listener:
            file = listed(f"{server.url}/{_ARCHIVE}", RELEASED)
            download = Download(Machine.create(tmp_path), server.ca_file, file)
            proxy_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
            status, stderr = await asyncio.to_thread(finished, download.start(HTTPS_PROXY=proxy_url))

    assert status == 0, stderr
    assert proxy.asked_for == [server.url.removeprefix("https://")]
    assert contents(download.folder()) == released(_ENVTEST)


def flawed(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer(404), "HTTP 404 X"),
        (answer(503, raw=b"busy"), "HTTP 503 X"),
        (answer(200, raw=flawed(RELEASED)), "the file does not have the expected SHA512"),
        (answer(200, raw=RELEASED, cut_after=100), f"the file ended after 100 of {len(RELEASED)} bytes"),
        (answer(200, raw=RELEASED, cut_after=0), f"the file ended after 0 of {len(RELEASED)} bytes"),
        (reset, "onnection "),  # "reset by peer" or, within TLS, closed without response
        (hang_up, "Remote end closed connection without response"),
        (garbage(b"SSH-2.0-OpenSSH\r\n"), "SSH-2.0-OpenSSH"),
    ],
)
async def test_what_is_not_the_file_is_not_used_and_the_programs_are_built(
    tmp_path: Path, reply: Reply, said: str
) -> None:
    async with download_from(tmp_path, reply) as download:
        await assert_built_instead(download, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed({"etcd", "kubectl"}), "the archive has no kube-apiserver"),
        (gzip.compress(b"no archive"), "truncated header"),
        (b"not even compressed", "not a gzip file"),
    ],
    ids=["without a program", "no archive", "not compressed"],
)
async def test_an_archive_without_the_programs_is_not_used_although_its_checksum_is_right(
    tmp_path: Path, content: bytes, said: str
) -> None:
    async with download_from(tmp_path, answer(200, raw=content), content=content) as download:
        await assert_built_instead(download, said)


async def test_without_a_server_the_programs_are_built_at_once(tmp_path: Path) -> None:
    async with download_from(tmp_path, silence) as download:
        pass

    await assert_built_instead(download, "Connection refused")


async def test_without_a_name_server_the_programs_are_built_at_once(tmp_path: Path) -> None:
    file = listed("https://no-such-host.invalid/envtest.tar.gz", RELEASED)
    download = Download(Machine.create(tmp_path), Path(os.devnull), file)

    status, stderr = await download.run()

    assert status == 0
    assert stderr.splitlines()[1].startswith("Cannot download envtest.tar.gz from no-such-host.invalid: ")
    assert is_whole(download.folder())


async def test_a_server_with_another_certificate_is_not_asked_for_anything(tmp_path: Path) -> None:
    async with scripted_server(answer(200, raw=RELEASED)) as server, scripted_server(silence) as other:
        download = Download(Machine.create(tmp_path), other.ca_file, listed(f"{server.url}/{_ARCHIVE}", RELEASED))
        await assert_built_instead(download, "CERTIFICATE_VERIFY_FAILED")
        assert server.requests == []


async def test_a_server_that_does_not_come_to_the_point_is_given_up_within_seconds_and_left(tmp_path: Path) -> None:
    gone, go_on = asyncio.Event(), tmp_path / "go-on"

    async def dribble_a_first_line(conversation: Conversation, _request: Received) -> None:
        while not gone.is_set():
            await conversation.write(b"H")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await conversation.gone()
                    gone.set()

    async with download_from(tmp_path, dribble_a_first_line) as download:
        process = download.start(STAND_IN_SCRIPT=f"while [ ! -e {go_on} ]; do sleep 0.05; done")
        await asyncio.wait_for(gone.wait(), 20)  # while the programs are being built
        go_on.touch()
        status, stderr = await asyncio.to_thread(finished, process)

    assert status == 0
    assert stderr.splitlines()[1].endswith(" from localhost: no answer for 6 s. Building v1.37.2 instead")
    assert is_whole(download.folder())


async def assert_built_instead(download: Download, said: str) -> None:
    status, stderr = await download.run()
    assert status == 0, stderr
    first, second, third, *_ = stderr.splitlines()
    assert first == "Downloading Kubernetes v1.37.0 from localhost, once"
    assert second.startswith(f"Cannot download {_ARCHIVE} from localhost: ")
    assert said in second
    assert second.endswith(". Building v1.37.2 instead")
    assert third.startswith("Building controlplane v1.37.2 with go1.26.7")
    assert is_whole(download.folder())


def held_back(sent: asyncio.Event, release: asyncio.Event, content: bytes = RELEASED) -> Reply:
    """Half of the file, and the rest when the test says so."""

    async def reply(conversation: Conversation, _request: Received) -> None:
        half = len(content) // 2
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
        await conversation.write(head.encode() + content[:half])
        sent.set()
        await release.wait()
        await conversation.write(content[half:])

    return reply


async def test_a_long_download_says_how_far_it_is(tmp_path: Path) -> None:
    sent, release = asyncio.Event(), asyncio.Event()
    content = RELEASED + bytes((4 << 20) - len(RELEASED))  # what follows an archive is not read
    async with download_from(tmp_path, held_back(sent, release, content), content=content) as download:
        process = download.start()
        assert process.stderr is not None
        lines = [await asyncio.to_thread(process.stderr.readline) for _ in range(2)]
        release.set()
        status, _ = await asyncio.to_thread(finished, process)

    assert status == 0
    assert lines[1] == f"{_ARCHIVE}: 2 of 4 MB (50%)\n"
    assert contents(download.folder()) == released(_ENVTEST)


async def test_two_that_start_together_download_once_and_both_have_it(tmp_path: Path) -> None:
    sent, release = asyncio.Event(), asyncio.Event()
    async with scripted_server(held_back(sent, release)) as server:
        download = Download(Machine.create(tmp_path), server.ca_file, listed(f"{server.url}/{_ARCHIVE}", RELEASED))
        first = download.start()
        await sent.wait()
        second = download.start()
        assert second.stderr is not None
        waiting = await asyncio.to_thread(second.stderr.readline)
        release.set()
        ends = await asyncio.gather(*(asyncio.to_thread(finished, process) for process in (first, second)))

    assert "waiting for another process" in waiting
    assert [status for status, _ in ends] == [0, 0]
    assert len(server.requests) == 1
    assert contents(download.folder()) == released(_ENVTEST)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_an_interrupted_download_leaves_nothing_that_is_taken_for_a_control_plane(
    tmp_path: Path, number: signal.Signals
) -> None:
    sent, gone = asyncio.Event(), asyncio.Event()

    async def half_of_it(conversation: Conversation, _request: Received) -> None:
        await conversation.write(
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(RELEASED)}\r\n\r\n".encode() + RELEASED[:100]
        )
        sent.set()
        await conversation.gone()
        gone.set()

    async with scripted_server(half_of_it, answer(200, raw=RELEASED)) as server:
        download = Download(Machine.create(tmp_path), server.ca_file, listed(f"{server.url}/{_ARCHIVE}", RELEASED))
        process = download.start()
        await sent.wait()

        process.send_signal(number)
        status, _ = await asyncio.to_thread(finished, process)

        assert status == (-signal.SIGKILL if number == signal.SIGKILL else 130)
        assert [folder for folder in download.machine.folders() if not folder.name.startswith(".")] == []
        await asyncio.wait_for(gone.wait(), 10)  # the process that downloaded has ended, too
        assert (await download.run())[0] == 0

    assert contents(download.folder()) == released(_ENVTEST)
    assert download.machine.calls() == []


async def test_what_is_built_already_is_not_downloaded(tmp_path: Path) -> None:
    async with scripted_server(answer(200, raw=RELEASED)) as server:
        download = Download(Machine.create(tmp_path), server.ca_file, listed(f"{server.url}/{_ARCHIVE}", RELEASED))
        assert (await asyncio.to_thread(download.machine.run))[0] == 0
        assert (await download.run())[0] == 0

    assert server.connections == 0
    assert is_whole(download.folder())


async def test_the_tests_build_although_there_is_a_download(tmp_path: Path) -> None:
    async with download_from(tmp_path, answer(200, raw=RELEASED)) as download:
        assert (await download.run())[0] == 0
        downloaded = download.folder()
        assert (await download.run("--helm"))[0] == 0

    (built,) = set(download.machine.folders()) - {downloaded}
    assert is_whole(built)


async def test_a_machine_that_nothing_is_released_for_builds(tmp_path: Path) -> None:
    file = listed("https://localhost/x.tar.gz", RELEASED).replace(_PLATFORM, "plan9-mips")
    download = Download(Machine.create(tmp_path), Path(os.devnull), file)

    status, stderr = await download.run()

    assert status == 0
    assert stderr.startswith("Kubernetes v1.37.0 has no download for this machine. Building v1.37.2 instead\n")
    assert is_whole(download.folder())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("https://", "http://"), "needs https and a checksum, sha256 or sha512"),
        (("sha512:", "md5:"), "needs https and a checksum, sha256 or sha512"),
        (("checksum", "sum"), "is no list of released files: KeyError('checksum')"),
        (('version = "', "version = "), "is no list of released files: TOMLDecodeError"),
    ],
)
async def test_a_list_that_is_not_right_is_refused(tmp_path: Path, changed: tuple[str, str], said: str) -> None:
    download = Download(Machine.create(tmp_path), Path(os.devnull), listed("https://localhost/x.tar.gz", RELEASED))
    release = tmp_path / "released.toml"
    release.write_text(release.read_text().replace(*changed))

    status, stderr = await download.run()

    assert status == 1
    assert said in stderr
    assert download.machine.folders() == []
