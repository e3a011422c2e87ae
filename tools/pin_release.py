"""Writes which released control plane the sandbox downloads: `python tools/pin_release.py v1.37.0`.

The checksums come from where Kubernetes publishes them: envtest's from the index that setup-envtest reads, and, since
envtest has no kube-controller-manager, that of this program from dl.k8s.io, where it is published for Linux only. Look
at the difference before you commit it: from then on, nobody who downloads asks these hosts again what is right.
"""

import argparse
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import yaml

from campaign_sandbox.released_programs import ENVTEST_PROGRAMS, RELEASE_PATH, ReleasedFile

INDEX_URL = "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml"
BINARIES_URL = "https://dl.k8s.io"

_PLATFORMS = ("darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64")
_CONTROLLER_MANAGER = "kube-controller-manager"
_HEAD = """\
# What the sandbox downloads where there is no control plane yet. Written by tools/pin_release.py.
version = "{version}"
"""
_FILE = """
[[files]]
platform = "{platform}"
url = "{url}"
checksum = "{checksum}"
programs = [{programs}]
"""


def envtest_files(version: str, index: str) -> Iterator[tuple[str, ReleasedFile]]:
    """The platforms and archives of a version in envtest's index. Raises LookupError for one that it lacks."""
    archives = yaml.safe_load(index)["releases"][version]
    for platform in _PLATFORMS:
        archive = archives[f"envtest-{version}-{platform}.tar.gz"]
        yield platform, ReleasedFile(archive["selfLink"], f"sha512:{archive['hash']}", ENVTEST_PROGRAMS)


def controller_managers(version: str, base_url: str) -> Iterator[tuple[str, ReleasedFile]]:
    """The platforms and programs of a version, with the checksums that lie beside them. Raises OSError."""
    for platform in _PLATFORMS:
        system, _, architecture = platform.partition("-")
        if system == "linux":
            url = f"{base_url}/{version}/bin/{system}/{architecture}/{_CONTROLLER_MANAGER}"
            checksum = _text(f"{url}.sha256").split()[0]
            yield platform, ReleasedFile(url, f"sha256:{checksum}", (_CONTROLLER_MANAGER,))


def render_release(version: str, files: list[tuple[str, ReleasedFile]]) -> str:
    """The list as the sandbox reads it."""
    rendered = (
        _FILE.format(
            platform=platform,
            url=file.url,
            checksum=file.checksum,
            programs=", ".join(f'"{program}"' for program in file.programs),
        )
        for platform, file in files
    )
    return _HEAD.format(version=version) + "".join(rendered)


def _text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - a maintainer names the host
        content: bytes = answer.read()
    return content.decode()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write which released control plane the sandbox downloads.")
    parser.add_argument("version", help="of Kubernetes, such as v1.37.0; one that envtest is published for")
    parser.add_argument("--index-url", default=INDEX_URL)
    parser.add_argument("--binaries-url", default=BINARIES_URL)
    parser.add_argument("--envtest-only", action="store_true", help="leave kube-controller-manager out")
    parser.add_argument("--output", type=Path, default=RELEASE_PATH)
    given = parser.parse_args(arguments)
    try:
        files = list(envtest_files(given.version, _text(given.index_url)))
        if not given.envtest_only:
            files += controller_managers(given.version, given.binaries_url)
    except (OSError, LookupError) as error:
        print(f"Cannot pin {given.version}: {error!r}", file=sys.stderr)
        return 1
    given.output.write_text(render_release(given.version, files))
    print(f"Wrote {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
