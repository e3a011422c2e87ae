"""The end of a control plane, of whatever kind: nothing is left running, and nothing on the disk that could mislead.

What runs is read from /proc: every server works in the folder of its control plane.
"""

import asyncio
import contextlib
import dataclasses
import os
import signal
import socket
import sys
import tempfile
import textwrap
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane, ControlPlaneError
from campaign_sandbox.loopback_port import LOOPBACK
from processes import names_in, running_in, write_program

_READY_SECONDS = 30.0  # 3 s on an idle machine
_GONE_SECONDS = 15.0

_OWNER = """
    import asyncio, sys
    from pathlib import Path
    from campaign_sandbox.binaries import ControlPlaneBinaries
    from campaign_sandbox.control_plane import ControlPlane

    async def main() -> None:
        binaries = ControlPlaneBinaries(*(Path(each) if each else None for each in sys.argv[1:]))
        async with await ControlPlane.start(binaries) as control_plane:
            print(*control_plane.pids.values(), flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def _other_owner(binaries: ControlPlaneBinaries, temporary: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that runs a control plane in a folder below `temporary`, as a second terminal would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(_OWNER),
        *(str(each or "") for each in dataclasses.astuple(binaries)),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        pids = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
        assert sorted(map(int, pids.split())) == running_in(temporary)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        for pid in running_in(temporary):  # dying already, unless the test has failed
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_GONE_SECONDS):
        while not condition():  # noqa: ASYNC110 - other processes set no asyncio.Event
            await asyncio.sleep(0.02)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where control planes that this test starts keep their folders, and nobody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_nothing_is_left_after_the_block(control_plane_binaries: ControlPlaneBinaries, temporary: Path) -> None:
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        assert running_in(temporary) == sorted(control_plane.pids.values())
        port = int(control_plane.server_url.rpartition(":")[2])

    assert running_in(temporary) == []
    assert names_in(temporary) == set()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect((LOOPBACK, port))


@pytest.mark.parametrize("after_seconds", [0.1, 1.0])
async def test_nothing_is_left_when_the_start_is_cancelled(
    control_plane_binaries: ControlPlaneBinaries, temporary: Path, after_seconds: float
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(after_seconds):
            await ControlPlane.start(control_plane_binaries)

    assert running_in(temporary) == []
    assert names_in(temporary) == set()


async def test_nothing_is_left_when_the_stop_is_cancelled(
    control_plane_binaries: ControlPlaneBinaries, temporary: Path
) -> None:
    control_plane = await ControlPlane.start(control_plane_binaries)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await control_plane.stop()

    assert running_in(temporary) == []
    assert names_in(temporary) == set()


async def test_ctrl_c_ends_everything_in_order(control_plane_binaries: ControlPlaneBinaries, tmp_path: Path) -> None:
    async with _other_owner(control_plane_binaries, tmp_path) as owner:
        owner.send_signal(signal.SIGINT)
        await asyncio.wait_for(owner.wait(), _GONE_SECONDS)

    assert running_in(tmp_path) == []
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_the_servers_die_with_an_owner_that_has_no_time_to_stop_them(
    control_plane_binaries: ControlPlaneBinaries, tmp_path: Path, number: signal.Signals
) -> None:
    async with _other_owner(control_plane_binaries, tmp_path) as owner:
        owner.send_signal(number)
        await _until(lambda: running_in(tmp_path) == [])


async def test_what_a_killed_owner_leaves_on_the_disk_goes_with_the_next_start_and_what_is_in_use_stays(
    control_plane_binaries: ControlPlaneBinaries, temporary: Path
) -> None:
    async with _other_owner(control_plane_binaries, temporary) as owner:
        owner.kill()
    abandoned = names_in(temporary)
    assert abandoned

    async with await ControlPlane.start(control_plane_binaries) as first:
        assert abandoned.isdisjoint(names_in(temporary))
        async with await ControlPlane.start(control_plane_binaries):
            await first.kubectl("get", "namespaces")


@pytest.mark.parametrize("program", ["etcd", "kube_apiserver", "kube_controller_manager"])
async def test_a_server_that_does_not_come_up_is_named_with_its_last_words_and_nothing_is_left(
    control_plane_binaries: ControlPlaneBinaries, temporary: Path, program: str
) -> None:
    broken = write_program(temporary / "broken", "#!/bin/sh\necho I cannot work like this >&2\nexit 7\n")
    binaries = dataclasses.replace(control_plane_binaries, **{program: broken})

    with pytest.raises(ControlPlaneError) as raised:
        await ControlPlane.start(binaries)

    assert str(raised.value) == (
        f"{program.replace('_', '-')} ended with exit status 7. It said:\nI cannot work like this"
    )
    assert running_in(temporary) == []
    assert names_in(temporary) == {"broken"}


def test_a_server_is_not_started_from_a_thread_since_the_kernel_would_end_it_with_the_thread(
    tmp_path: Path,
) -> None:
    refused: list[str] = []

    def start() -> None:
        try:
            ChildProcess("etcd", ["/bin/true"], tmp_path / "log")
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert refused == ["etcd must be started from the main thread: it is killed when its thread ends"]


async def test_a_server_that_ignores_sigterm_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    stubborn = write_program(tmp_path / "stubborn", "#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho up\nwait\nwait\n")
    child = ChildProcess("stubborn", [stubborn], tmp_path / "log", cwd=tmp_path)
    await _until(lambda: child.last_lines() == "up")

    await child.stop(timeout_seconds=0.2)

    assert child.exit_status == -signal.SIGKILL
    await _until(lambda: running_in(tmp_path) == [])
