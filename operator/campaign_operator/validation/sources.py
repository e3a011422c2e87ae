"""The texts that a command is pointed at: files, folders, standard input.

Owns what of a folder is a manifest, and the limit of what is read of one; a list beside the manifests is read in
pieces. This is the one place of validation and preview that touches the file system.
"""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO

STANDARD_INPUT = "-"
SUFFIXES = frozenset({".yaml", ".yml", ".json"})

MAX_BYTES = 16 * 1024 * 1024
"""Of one file. The API server takes 3 MiB at most for one object, and etcd half of that."""
_PIECE_BYTES = 1024 * 1024


class NoSourceError(Exception):
    """What was named is not there, or cannot be read. As text: a sentence with the name."""


@dataclass(frozen=True, slots=True)
class Source:
    """One text. `named`: it was asked for by name, and not found in a folder. `error` says why `text` is not there."""

    file: str
    text: str = field(repr=False)
    named: bool
    error: str | None = None


class SuppliedFile:
    """A file beside the manifests, named by an option. It can be read more than once, standard input and pipes too, of
    which a copy is kept on the disk.
    """

    def __init__(self, name: str) -> None:
        """Raises NoSourceError where there is no such file; nothing is read yet."""
        if name != STANDARD_INPUT:
            with _no_source_error(name):
                if stat.S_ISDIR(Path(name).stat().st_mode):
                    raise NoSourceError(f"{name}: must be a file, but is a folder")
        self.file = "<stdin>" if name == STANDARD_INPUT else name
        self._name = name
        self._copy: IO[bytes] | None = None
        self.was_read = False

    def read_pieces(self, most: int = MAX_BYTES) -> Iterator[bytes]:
        """All of it, in pieces; of more than `most` bytes the end may be left out. Raises NoSourceError."""
        self.was_read = True
        with _no_source_error(self.file):
            if self._name != STANDARD_INPUT and Path(self._name).is_file():
                with Path(self._name).open("rb") as file:
                    yield from _pieces(file)
                return
            if self._copy is None:
                self._copy = self._copied(most)
            self._copy.seek(0)
            yield from _pieces(self._copy)

    def read(self) -> bytes:
        """The first 16 MiB and a byte more where there is more. Raises NoSourceError."""
        data = bytearray()
        for piece in self.read_pieces():
            data += piece
            if len(data) > MAX_BYTES:
                break
        return bytes(data[: MAX_BYTES + 1])

    def close(self) -> None:
        """Let go of the copy, where there is one."""
        if self._copy is not None:
            self._copy.close()

    def _copied(self, most: int) -> IO[bytes]:
        with nullcontext(sys.stdin.buffer) if self._name == STANDARD_INPUT else Path(self._name).open("rb") as file:
            copy = TemporaryFile()  # noqa: SIM115 - kept for the next reading, and gone with the process
            for piece in _pieces(file):
                copy.write(piece)
                if copy.tell() > most:
                    break
        return copy


@contextmanager
def scratch_file() -> Iterator[IO[bytes]]:
    """An empty file for what there is too much of, gone with the block. It comes to be on the disk when it is written,
    and that is where OSError is raised if it cannot be; else raises NoSourceError.
    """
    try:
        with SpooledTemporaryFile(max_size=1) as scratch:
            yield scratch
    except OSError as error:
        raise NoSourceError(f"a temporary file: {error.strerror or error}") from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


@contextmanager
def _no_source_error(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoSourceError(f"{name}: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the name
        raise NoSourceError(f"{name:.64}: {error}") from error


def read_sources(names: Iterable[str]) -> Iterator[Source]:
    """The texts of files, of every manifest in folders, and of standard input (`-`), in the order given.

    Folders are read with all that is below them, sorted by name; what begins with a dot is passed over. Raises
    NoSourceError, at the first name that cannot be read.
    """
    for name in names:
        if name == STANDARD_INPUT:
            yield _source("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), named=True)
        elif Path(name).is_dir():
            found = False
            for path in _manifests(Path(name)):
                found = True
                yield _read(path, named=False)
            if not found:
                raise NoSourceError(
                    f"{name}: this folder and the folders below it contain no *.yaml, *.yml or *.json file"
                )
        else:
            yield _read(Path(name), named=True)


def _manifests(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise NoSourceError(f"{error.filename}: {error.strerror}") from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and path.is_file():
                yield path


def _read(path: Path, *, named: bool) -> Source:
    with _no_source_error(str(path)), path.open("rb") as file:
        return _source(str(path), file.read(MAX_BYTES + 1), named=named)


def _source(file: str, data: bytes, *, named: bool) -> Source:
    if len(data) > MAX_BYTES:
        return Source(file, "", named, f"is larger than {MAX_BYTES // 1024 // 1024} MiB and is not read; split it")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Source(file, "", named, "is UTF-16; save it as UTF-8")
    try:
        return Source(file, data.decode("utf-8-sig"), named)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Source(file, "", named, f"is not valid UTF-8, starting on line {line}; save it as UTF-8")
