"""Folders in the user's cache that are expensive to fill.

Owns where they are, that each is filled once however many processes ask for it, and that it is seen whole or not at
all, also after a kill or a power cut. It must not know what is in them.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from campaign_sandbox.progress import Progress

_LOCK_POLL_SECONDS = 0.2
_LOCK_REPORT_SECONDS = 5.0


def cache_path() -> Path:
    """The cache of this program: in XDG_CACHE_HOME or, without it, in ~/.cache."""
    # A relative XDG directory is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "campaign-operator"


async def ensure_filled(folder: Path, fill: Callable[[Path], Awaitable[None]], progress: Progress) -> None:
    """Return when `folder` is there; if it is not, have `fill` fill an empty folder, which then becomes it.

    Raises what `fill` raises, and leaves nothing then.
    """
    if _is_there(folder):
        return
    async with _one_at_a_time(folder, progress):
        if not _is_there(folder):  # else another process has filled it while we waited
            with _appearing_whole(folder) as partial:
                await fill(partial)


def _is_there(folder: Path) -> bool:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.is_dir()


@contextlib.asynccontextmanager
async def _one_at_a_time(folder: Path, progress: Progress) -> AsyncIterator[None]:
    """One process at a time; the kernel opens the lock again when its holder ends, however it ends."""
    started = reported = time.monotonic()
    with folder.with_name(f"{folder.name}.lock").open("a") as lock:
        while not _locked(lock.fileno()):
            now = time.monotonic()
            if now - reported >= _LOCK_REPORT_SECONDS:
                reported = now
                progress(f"{folder.name}: waiting for another process, {now - started:.0f} s")
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _appearing_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill that becomes `folder` at the end of the block, or goes if the block fails."""
    prefix = f".{folder.name}."
    for abandoned in folder.parent.glob(f"{prefix}*"):  # by a process that was killed: the lock is ours
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as partial:
        filled = Path(partial, "whole")
        filled.mkdir()
        yield filled
        for path in filled.iterdir():  # on the disk before it is seen, or a power cut leaves empty programs
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        filled.rename(folder)
