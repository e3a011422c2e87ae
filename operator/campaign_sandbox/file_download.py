"""A process that downloads one file, compares it with its checksum and takes programs out of it.

Owns what comes over the network: nothing is done with a file before its checksum is right. It is a process of its own
because only a process can be ended at any moment: a thread that waits for a name server or for a host that drops
packets cannot. It must not know what the programs are for, nor where the file could be had otherwise.

`python -m campaign_sandbox.file_download URL CHECKSUM FOLDER PROGRAM...` prints how much has come, a line at a time,
and, if it fails, ends with status 1 and a last line that says why.
"""

import hashlib
import http.client
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath

_CHUNK_BYTES = 1 << 20
_SILENCE_SECONDS = 10.0


class _RefusedError(Exception):
    """What came is not what was asked for."""


def main(url: str, checksum: str, folder: Path, programs: list[str]) -> int:
    """The exit status: 0 if every program is in `folder`, which then has nothing else of ours."""
    fetched = folder / ".download"
    try:
        _fetch(url, fetched, checksum)
        if url.endswith(".tar.gz"):
            _tell("unpacking")
            _take_out(fetched, folder, programs)
        else:
            fetched.rename(folder / programs[0])
        for program in programs:
            (folder / program).chmod(0o755)
    except (_RefusedError, OSError, http.client.HTTPException, tarfile.TarError) as error:
        _tell(_reason(error))
        return 1
    finally:
        fetched.unlink(missing_ok=True)
    return 0


def _fetch(url: str, target: Path, checksum: str) -> None:
    algorithm, _, expected = checksum.partition(":")
    digest = hashlib.new(algorithm)
    # urllib follows redirects and the environment's proxy, both of which the operator's own client ignores on purpose.
    with (
        urllib.request.urlopen(url, timeout=_SILENCE_SECONDS) as answer,  # noqa: S310 - an https URL of our own list
        target.open("wb") as file,
    ):
        total = int(answer.headers["Content-Length"] or 0)
        _tell_amount(0, total)
        while chunk := answer.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
            _tell_amount(file.tell(), total)
        received = file.tell()
    if received < total:
        raise _RefusedError(f"the file ended after {received} of {total} bytes")
    if digest.hexdigest() != expected:
        raise _RefusedError(f"the file does not have the expected {algorithm.upper()}")


def _take_out(archive: Path, folder: Path, programs: list[str]) -> None:
    """Copy the programs, wherever in the archive they are, in one pass; no name in it becomes a path of ours."""
    wanted = set(programs)
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            content = tar.extractfile(member) if name in wanted and member.isfile() else None
            if content is not None:
                with (folder / name).open("wb") as file:
                    shutil.copyfileobj(content, file, _CHUNK_BYTES)
                wanted.discard(name)
    if wanted:
        raise _RefusedError(f"the archive has no {', '.join(sorted(wanted))}")


def _reason(error: Exception) -> str:
    match error:
        case urllib.error.HTTPError():
            return f"HTTP {error.code} {error.reason}".rstrip()
        case urllib.error.URLError(reason=OSError() as cause):
            return _reason(cause)
        case TimeoutError():
            return f"no answer for {_SILENCE_SECONDS:.0f} s"
        case OSError(strerror=str(text)):
            return text
        case _:
            return " ".join(str(error).split()) or type(error).__name__


def _tell_amount(received: int, total: int) -> None:
    megabytes = f"{received / 1e6:.0f}"
    _tell(f"{megabytes} of {total / 1e6:.0f} MB ({100 * received // total}%)" if total else f"{megabytes} MB")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what the process that started this one reads


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))
