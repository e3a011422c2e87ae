"""The image on this machine: its configuration, and its files as they are mounted."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def buildah(*args: str | Path) -> str:
    """Run buildah and return its stdout. Raises subprocess.CalledProcessError."""
    return subprocess.run(["buildah", *args], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@dataclass(frozen=True)
class ContainerImage:
    """An image with its root file system mounted."""

    configuration: dict[str, Any]
    """As the OCI image specification has it: User, Env, Entrypoint, Cmd, Labels."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """Env, by name."""
        return dict(each.split("=", 1) for each in self.configuration["Env"])


@contextmanager
def mounted_image(name: str) -> Iterator[ContainerImage]:
    """Mount an image; what is written there is lost at the end."""
    inspected = json.loads(buildah("inspect", "--type=image", name))
    container = buildah("from", "--pull=never", name)
    try:
        root = Path(buildah("mount", container))
        yield ContainerImage(inspected["OCIv1"]["config"], root)
    finally:
        buildah("rm", container)


def unpacked_bytes(folder: Path) -> int:
    """What the files below a folder take when they are unpacked."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
