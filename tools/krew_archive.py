"""Builds the archive that Krew installs, and the manifest with its sha256: `python tools/krew_archive.py [--uri URI]`.

The archive has the launcher, the wheel, and the locked versions of all packages with their hashes. It is the same for
every platform; what differs between them is installed at the first start.
"""

import argparse
import gzip
import hashlib
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "krew" / "campaign.yaml"
LAUNCHER = ROOT / "krew" / "kubectl-campaign"
COMPLETION = "kubectl_complete-campaign"
ARCHIVE = "kubectl-campaign.tar.gz"
NO_SHA256 = "0" * 64

_LONG_AGO = 315_532_800
"""1980, as in wheels: there is nothing to learn of a time, and the archive stays the same."""


def build_archive(files: dict[str, bytes]) -> bytes:
    """The files as an archive whose bytes depend on nothing else. The launcher is executable, by both its names."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), _LONG_AGO
            member.mode = 0o755 if name in (LAUNCHER.name, COMPLETION) else 0o644
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), mtime=_LONG_AGO)


def render_manifest(manifest: str, archive: bytes, uri: str | None) -> str:
    """The manifest for this archive. `uri`: where it is published."""
    filled = manifest.replace(NO_SHA256, hashlib.sha256(archive).hexdigest())
    lines = [line for line in filled.splitlines() if not line.startswith("#")]
    if uri is not None:
        lines = [f"    uri: {uri}" if line.startswith("    uri: ") else line for line in lines]
    return "\n".join(lines) + "\n"


def gather_files(uv: str) -> dict[str, bytes]:
    """What goes into the archive, built from this checkout."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([uv, "build", "--quiet", "--wheel", f"--out-dir={folder}"], cwd=ROOT, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        content = wheel.read_bytes()
    exporting = [uv, "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-header"]
    requirements = subprocess.run(exporting, cwd=ROOT, check=True, capture_output=True).stdout
    launcher = LAUNCHER.read_bytes()
    return {
        LAUNCHER.name: launcher,
        COMPLETION: launcher,
        "requirements.txt": requirements,
        wheel.name: content,
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
    }


def main() -> None:
    """Write both to dist."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", help="where the archive is published")
    parser.add_argument("--uv", default="uv", help="the uv to build with")
    given = parser.parse_args()
    archive = build_archive(gather_files(given.uv))
    target = ROOT / "dist"
    target.mkdir(exist_ok=True)
    (target / ARCHIVE).write_bytes(archive)
    (target / MANIFEST.name).write_text(render_manifest(MANIFEST.read_text(), archive, given.uri))
    print(f"wrote dist/{ARCHIVE} and dist/{MANIFEST.name}")


if __name__ == "__main__":
    main()
