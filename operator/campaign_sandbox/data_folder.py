"""The folder in which one control plane keeps its data.

Owns that a control plane always begins in an empty folder of its own, that the folder goes when the control plane
goes, and that folders of control planes which could not tidy up (killed, power cut) go when the next one starts. It
must not know what is kept in it.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO, Self

_PREFIX = "campaign-operator-control-plane-"
_LOCK_NAME = "owner.lock"


class DataFolder:
    """A folder for as long as we run. One that the caller named stays behind, for its logs to be read."""

    def __init__(self, path: Path, lock: IO[str] | None) -> None:
        """Use `create`."""
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, named: Path | None) -> Self:
        """A new private folder, or the one that the caller names.

        Raises FileExistsError if that holds anything: old data must not turn up in a new control plane.
        """
        if named is None:
            _remove_abandoned()
            path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            return cls(path, _lock(path))
        named.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(named.iterdir()):
            raise FileExistsError(f"{named} is not empty; a control plane needs an empty folder")
        return cls(named.absolute(), None)

    def remove(self) -> None:
        """Delete it if it is ours."""
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            self._lock.close()
            self._lock = None


def _lock(path: Path) -> IO[str]:
    """The sign that the folder is in use; the kernel takes it away when its owner ends, however it ends."""
    # Locked under another name first: whoever finds one of the real name unlocked knows it to be abandoned.
    lock = (path / f"{_LOCK_NAME}.new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (path / f"{_LOCK_NAME}.new").rename(path / _LOCK_NAME)
    return lock


def _remove_abandoned() -> None:
    for lock_path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK_NAME}"):
        try:
            with lock_path.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock_path.parent, ignore_errors=True)
        except OSError:
            continue  # in use, another user's, or just removed by somebody else
