"""The manifest for Krew, by Krew's own rules (pkg/index/validation of kubernetes-sigs/krew v0.4), and its archive."""

import gzip
import hashlib
import io
import os
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from krew_archive import COMPLETION, LAUNCHER, MANIFEST, NO_SHA256, build_archive, render_manifest

FIELDS = {"version", "homepage", "shortDescription", "description", "caveats", "platforms"}
PLATFORM_FIELDS = {"selector", "uri", "sha256", "bin", "files"}
CONTENT = {LAUNCHER.name: b"#!/bin/sh\n", COMPLETION: b"#!/bin/sh\n", "a.whl": b"wheel"}


def check_manifest(manifest: dict[str, Any]) -> None:
    """What Krew refuses, and what its index asks for."""
    assert set(manifest) == {"apiVersion", "kind", "metadata", "spec"}
    assert manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert manifest["kind"] == "Plugin"
    spec = manifest["spec"]
    assert set(spec) <= FIELDS
    assert re.fullmatch(r"v\d+\.\d+\.\d+", spec["version"])
    assert 0 < len(spec["shortDescription"]) <= 50
    assert not spec["shortDescription"].endswith(".")
    assert max(len(line) for text in ("description", "caveats") for line in spec[text].splitlines()) <= 80
    assert spec["platforms"]
    for platform in spec["platforms"]:
        assert set(platform) == PLATFORM_FIELDS
        assert platform["uri"].startswith("https://")
        assert platform["uri"].endswith((".tar.gz", ".zip"))
        assert re.fullmatch("[a-f0-9]{64}", platform["sha256"])
        assert platform["bin"]
        assert all(set(each) == {"from", "to"} for each in platform["files"])
        expressions = platform["selector"]["matchExpressions"]
        assert {each["key"] for each in expressions} == {"os", "arch"}
        assert all(each["operator"] == "In" for each in expressions)


def test_the_manifest_is_as_krew_documents_it_and_named_as_its_file() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    check_manifest(manifest)
    assert manifest["metadata"] == {"name": MANIFEST.stem}
    assert manifest["spec"]["platforms"][0]["bin"] == LAUNCHER.name == f"kubectl-{MANIFEST.stem}"


def test_the_manifest_of_an_archive_has_its_sha256_and_its_address() -> None:
    archive = build_archive(CONTENT)
    rendered = render_manifest(MANIFEST.read_text(), archive, "https://example.org/a.tar.gz")
    check_manifest(yaml.safe_load(rendered))
    (platform,) = yaml.safe_load(rendered)["spec"]["platforms"]
    assert platform["sha256"] == hashlib.sha256(archive).hexdigest() != NO_SHA256
    assert platform["uri"] == "https://example.org/a.tar.gz"


def test_an_archive_of_the_same_files_has_the_same_bytes_and_its_programs_can_be_executed() -> None:
    archive = build_archive(CONTENT)
    assert archive == build_archive(dict(reversed(CONTENT.items())))
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as opened:
        modes = {member.name: member.mode for member in opened.getmembers()}
    assert modes == {LAUNCHER.name: 0o755, COMPLETION: 0o755, "a.whl": 0o644}


@pytest.mark.parametrize("name", [LAUNCHER.name, COMPLETION])
def test_the_launcher_starts_the_program_of_its_own_name_through_a_link(tmp_path: Path, name: str) -> None:
    """As Krew installs it: a link in PATH to the folder of the plugin."""
    store, links = tmp_path / "store", tmp_path / "bin"
    (store / "environment" / "bin").mkdir(parents=True)
    links.mkdir()
    (store / name).write_bytes(LAUNCHER.read_bytes())
    (store / name).chmod(0o755)
    (store / "environment" / "ready").touch()
    program = store / "environment" / "bin" / name
    program.write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
    program.chmod(0o755)
    (links / name).symlink_to(store / name)
    done = subprocess.run([links / name, "list", "-A"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{name} list -A\n"


def test_the_launcher_says_what_it_needs_where_python_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / LAUNCHER.name).write_bytes(LAUNCHER.read_bytes())
    (tmp_path / LAUNCHER.name).chmod(0o755)
    done = subprocess.run(
        [tmp_path / LAUNCHER.name],
        env={**os.environ, "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = "error: kubectl campaign needs Python 3.11 or newer with venv; install it, or name it with PYTHON\n"
    assert (done.returncode, done.stderr) == (1, said)
