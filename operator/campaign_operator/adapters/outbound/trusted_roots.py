"""The authorities whose certificates are trusted, as their files have them now.

Owns when they are read: at first, and again when a file has changed. A bundle is renewed under a process that runs for
months, by a package or by a ConfigMap volume, which swaps a symlink. Nothing tells of that, so each new connection
looks at the metadata of the files.
"""

import os
import ssl
from pathlib import Path

import structlog

_log = structlog.get_logger()


class TrustedRoots:
    """The system's roots (OpenSSL's default places) and those of `ca_file`.

    Raises OSError (of which ssl.SSLError is one) where `ca_file` cannot be read at first. Later, what was read before
    stays in force until the files can be read.
    """

    def __init__(self, ca_file: Path | None) -> None:
        self._ca_file = ca_file
        self._files = (*_system_files(), *([str(ca_file)] if ca_file is not None else ()))
        self._seen = self._look()
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """For one connection: a later one may get another."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            try:
                self._context = self._read()
                _log.info("the files of trusted authorities changed and were read again")
            except OSError as error:
                _log.warning(
                    "the files of trusted authorities changed and cannot be read; those read before stay in force",
                    error=str(error),
                )
        return self._context

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file is not None:
            context.load_verify_locations(cafile=self._ca_file)
        return context

    def _look(self) -> tuple[tuple[int, ...] | None, ...]:
        return tuple(map(_identity, self._files))


def _system_files() -> tuple[str, ...]:
    """Where OpenSSL looks: a file, and folders of one file for each authority."""
    paths = ssl.get_default_verify_paths()
    file = os.environ.get(paths.openssl_cafile_env, paths.openssl_cafile)
    folders = os.environ.get(paths.openssl_capath_env, paths.openssl_capath)
    return (file, *folders.split(os.pathsep))


def _identity(path: str) -> tuple[int, ...] | None:
    """Another when there is another file or other content, also behind a symlink; None where nothing is there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of a text that need not be a path
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
