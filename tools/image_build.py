"""Builds the image with docker or buildah, whichever is there: `make image`.

Owns which engine is taken and what it is told. The Dockerfile owns what is in the image, and the version.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_IN_A_CONTAINER_TOO = ("--isolation=chroot", "--network=host")
"""buildah's default isolation needs rights that a container, as CI often is one, does not have."""

_REVISION = "org.opencontainers.image.revision"
"""Not by the build argument REVISION: buildah 1.28 takes layers from its cache whatever the arguments are."""


class NoEngineError(Exception):
    """Nothing here can build an image; the message says what was looked for and what to install."""


@dataclass(frozen=True)
class Build:
    """One build: the image's name, its base if it is not the Dockerfile's, and what else the engine is told."""

    tag: str
    base: str | None = None
    flags: Sequence[str] = ()


def build_command(engine: str, build: Build, revision: str, authorities: str | None = None) -> list[str]:
    """The command of an engine, docker or buildah, that builds the image.

    `authorities` is a bundle of certificate authorities of this machine. Only buildah can mount it.
    """
    arguments = {"BASE": build.base} if build.base else {}
    command = [engine, "build", f"--tag={build.tag}", f"--label={_REVISION}={revision}"]
    if Path(engine).name == "buildah":
        command += [*_IN_A_CONTAINER_TOO, "--layers"]
        if authorities:
            command += [f"--volume={authorities}:{_AUTHORITIES}:ro"]
            arguments |= {"SSL_CERT_FILE": _AUTHORITIES, "PIP_CERT": _AUTHORITIES}
    command += [f"--build-arg={name}={value}" for name, value in arguments.items()]
    return [*command, *build.flags, str(ROOT)]


def find_engine() -> str:
    """docker, if its daemon answers, or else buildah. Raises NoEngineError."""
    docker, buildah = shutil.which("docker"), shutil.which("buildah")
    if docker and _answers([docker, "info"]):
        return docker
    if buildah:
        return buildah
    found = "docker is here, but its daemon does not answer" if docker else "neither docker nor buildah is here"
    raise NoEngineError(f"{found}; start docker, or install buildah: apt-get install buildah")


def read_revision() -> str:
    """The commit that is built, with `-dirty` if something has not been committed."""
    described = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()


def build_image(engine: str, build: Build) -> None:
    """Build it; the engine writes its progress to this process's output. Raises subprocess.CalledProcessError."""
    command = build_command(engine, build, read_revision(), os.environ.get("SSL_CERT_FILE"))
    subprocess.run(command, check=True)


def _answers(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _parse(args: Sequence[str]) -> tuple[str, Build]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", required=True, help="the name of the image")
    parser.add_argument("--base", default="", help="another base than the Dockerfile's")
    parser.add_argument("--engine", default="", help="docker or buildah; by default whichever is here")
    parsed, flags = parser.parse_known_args(args)
    return parsed.engine, Build(parsed.tag, parsed.base or None, flags)


def main(args: Sequence[str]) -> int:
    """0 where the image was built; arguments that are not ours go to the engine."""
    engine, build = _parse(args)
    try:
        engine = engine or find_engine()
    except NoEngineError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        build_image(engine, build)
    except subprocess.CalledProcessError as error:
        return error.returncode
    print(f"built {build.tag} with {Path(engine).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
