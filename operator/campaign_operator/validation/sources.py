"""The texts that a command is pointed at: files, folders, standard input.

Owns what of a folder is a manifest, and the limit of what is read. This is the one place of validation and preview
that touches the file system.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

STANDARD_INPUT = "-"
SUFFIXES = frozenset({".yaml", ".yml", ".json"})

MAX_BYTES = 16 * 1024 * 1024
"""Of one file. The API server takes 3 MiB at most for one object, and etcd half of that."""


class NoSourceError(Exception):
    """What was named is not there, or cannot be read. As text: a sentence with the name."""


@dataclass(frozen=True, slots=True)
class Source:
    """One text. `named`: it was asked for by name, and not found in a folder. `error` says why `text` is not there."""

    file: str
    text: str
    named: bool
    error: str | None = None


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
                raise NoSourceError(f"{name}: there is no file *.yaml, *.yml or *.json in this folder or below it")
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
    try:
        with path.open("rb") as file:
            return _source(str(path), file.read(MAX_BYTES + 1), named=named)
    except OSError as error:
        raise NoSourceError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the name
        raise NoSourceError(f"{path!s:.64}: {error}") from error


def _source(file: str, data: bytes, *, named: bool) -> Source:
    if len(data) > MAX_BYTES:
        return Source(file, "", named, f"is larger than {MAX_BYTES // 1024 // 1024} MiB and was not read; split it")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Source(file, "", named, "is UTF-16; save it as UTF-8")
    try:
        return Source(file, data.decode("utf-8-sig"), named)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Source(file, "", named, f"is not UTF-8, from line {line} on; save it as UTF-8")
