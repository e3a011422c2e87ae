"""The released control plane: which files it consists of, and how they get into the cache.

Owns the list of files in `released.toml`, each with its checksum, and the decision that a download is not to be had,
within seconds. It must not know what is done instead.

What Kubernetes publishes for tests has no kube-controller-manager. The list may add it, as a file of its own.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.folder_cache import cache_path, ensure_filled
from campaign_sandbox.go_toolchain import BinariesError, target_platform
from campaign_sandbox.progress import Progress

RELEASE_PATH = Path(__file__).with_name("released.toml")
"""The list that `tools/pin_release.py` writes."""

ENVTEST_PROGRAMS = ("etcd", "kube-apiserver", "kubectl")
"""What Kubernetes publishes for tests, and the least that a control plane consists of."""

_ANSWER_SECONDS = 6.0  # until the first byte: name, connection, TLS and a redirect or two
_REPORT_SECONDS = 2.0


class NotDownloadedError(Exception):
    """The released programs cannot be had from here; the message is one line."""


@dataclass(frozen=True)
class ReleasedFile:
    """One file to download. `checksum` has its algorithm, as in `sha512:ab12`; a file is a program or a tar.gz."""

    url: str
    checksum: str
    programs: tuple[str, ...]

    @property
    def host(self) -> str:
        """Whom a person's firewall has to let through."""
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Release:
    """A released version, with its files for this machine."""

    version: str
    files: tuple[ReleasedFile, ...]

    @property
    def programs(self) -> frozenset[str]:
        """All programs that the files hold."""
        return frozenset(program for file in self.files for program in file.programs)


def read_release(path: Path) -> Release:
    """The release that a list names. Raises BinariesError if the list is not right."""
    platform = "-".join(target_platform().values())
    try:
        listed = tomllib.loads(path.read_text())
        files = tuple(
            ReleasedFile(each["url"], each["checksum"], tuple(each["programs"]))
            for each in listed["files"]
            if each["platform"] == platform
        )
        version = str(listed["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BinariesError(f"{path} is no list of released files: {error!r}") from error
    for file in files:
        if urlsplit(file.url).scheme != "https" or file.checksum.partition(":")[0] not in ("sha256", "sha512"):
            raise BinariesError(f"{path}: {file.url} needs https and a checksum, sha256 or sha512")
    return Release(version, files)


async def ensure_released(release: Release, progress: Progress) -> Path:
    """The folder of the release in the cache, downloaded first if it is not there.

    Raises NotDownloadedError within seconds if there is no connection, and leaves nothing then.
    """
    if not release.programs.issuperset(ENVTEST_PROGRAMS):
        raise NotDownloadedError(f"Kubernetes {release.version} has no download for this machine")

    async def fill(programs: Path) -> None:
        started = time.monotonic()
        progress(f"Downloading Kubernetes {release.version} from {release.files[0].host}, once")
        for file in release.files:
            try:
                await _download(file, programs, progress)
            except NotDownloadedError as error:
                raise NotDownloadedError(f"Cannot download {file.name} from {file.host}: {error}") from None
        progress(f"Downloaded Kubernetes {release.version} in {time.monotonic() - started:.0f} s")

    digest = hashlib.sha256(repr(release).encode()).hexdigest()[:12]
    platform = "-".join(target_platform().values())
    folder = cache_path() / "controlplane" / f"{release.version}-{platform}-released-{digest}"
    await ensure_filled(folder, fill, progress)
    return folder


async def _download(file: ReleasedFile, folder: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        log_path = Path(scratch, "log")
        # -P: the folder that the user is in is no place for modules
        command: list[str | Path] = [sys.executable, "-P", "-m", "campaign_sandbox.file_download"]
        child = ChildProcess(file.name, [*command, file.url, file.checksum, folder, *file.programs], log_path)
        try:
            await _follow(child, progress)
        finally:
            child.kill()
        if child.exit_status != 0:
            raise NotDownloadedError(child.last_lines(1) or f"ended with exit status {child.exit_status}")


async def _follow(child: ChildProcess, progress: Progress) -> None:
    """Tell how much has come until the download ends. Raises NotDownloadedError if nothing at all comes."""
    started, told = time.monotonic(), ""
    while child.exit_status is None:
        try:
            async with asyncio.timeout(_REPORT_SECONDS):
                await child.wait()
        except TimeoutError:
            if (line := child.last_lines(1)) != told:
                progress(f"{child.name}: {line}")
                told = line
            elif not told and time.monotonic() - started >= _ANSWER_SECONDS:
                raise NotDownloadedError(f"no answer for {_ANSWER_SECONDS:.0f} s") from None
