"""Makes a base for the image where no registry is reached: Debian with its own Python, by debootstrap.

Debian 12 has the Python of the Dockerfile. The base stays in buildah's store, and is made once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BASE = "localhost/debian-python:12"
SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")

_LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists")


class CannotMakeBaseError(Exception):
    """Something is missing; the message says what to do."""


def missing_of(*programs: str) -> str | None:
    """What to install, if one of the programs is not here; each is in the Debian package of its name."""
    missing = [program for program in programs if not shutil.which(program)]
    return f"{', '.join(missing)} not found; apt-get install {' '.join(missing)}" if missing else None


def ensure_base() -> None:
    """Return when the base is in the store. Raises CannotMakeBaseError or subprocess.CalledProcessError."""
    if lacking := missing_of("buildah", "debootstrap"):
        raise CannotMakeBaseError(lacking)
    if _buildah("images", "--quiet", f"--filter=reference={BASE}"):
        return
    if os.geteuid() != 0:
        raise CannotMakeBaseError("debootstrap needs root")
    with tempfile.TemporaryDirectory(prefix="campaign-operator-base-") as folder:
        root = Path(folder, "root")
        options = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
        subprocess.run(["debootstrap", *options, SUITE, root], check=True)
        for path in _LEFT_OUT:
            shutil.rmtree(root / path)
        _import(root)


def _import(root: Path) -> None:
    container = _buildah("from", "scratch")
    try:
        _buildah("copy", "--quiet", container, str(root), "/")
        _buildah("commit", "--quiet", container, BASE)
    finally:
        _buildah("rm", container)


def _buildah(*args: str) -> str:
    return subprocess.run(["buildah", *args], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def main() -> int:
    """0 where the base is there."""
    try:
        ensure_base()
    except CannotMakeBaseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the base is {BASE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
