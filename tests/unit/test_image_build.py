"""Which engine builds the image, and what it is told."""

import os
from pathlib import Path

import pytest

from image_base import missing_of
from image_build import Build, NoEngineError, build_command, find_engine
from processes import write_program

LABELLED = "--label=org.opencontainers.image.revision=abc"


def test_docker_is_told_the_commit_and_nothing_that_only_buildah_knows() -> None:
    command = build_command("/bin/docker", Build("operator:1"), "abc", authorities="/etc/ours.pem")
    assert command[:-1] == ["/bin/docker", "build", "--tag=operator:1", LABELLED]


def test_another_base_and_more_flags_are_passed_on() -> None:
    command = build_command("docker", Build("operator:1", base="debian:12", flags=["--pull"]), "abc")
    assert command[3:-1] == [LABELLED, "--build-arg=BASE=debian:12", "--pull"]


def test_buildah_mounts_the_authorities_that_this_machine_trusts() -> None:
    command = build_command("buildah", Build("operator:1"), "abc", authorities="/etc/ours.pem")
    inside = "/etc/ssl/certs/ca-certificates.crt"
    assert f"--volume=/etc/ours.pem:{inside}:ro" in command
    assert f"--build-arg=SSL_CERT_FILE={inside}" in command
    assert f"--build-arg=PIP_CERT={inside}" in command
    assert "--isolation=chroot" in command


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    return tmp_path


def test_docker_comes_first_if_its_daemon_answers(programs: Path) -> None:
    write_program(programs / "docker", "#!/bin/sh\nexit 0\n")
    write_program(programs / "buildah", "#!/bin/sh\nexit 0\n")
    assert find_engine() == str(programs / "docker")


def test_buildah_takes_the_place_of_a_docker_without_daemon(programs: Path) -> None:
    write_program(programs / "docker", "#!/bin/sh\nexit 1\n")
    write_program(programs / "buildah", "#!/bin/sh\nexit 0\n")
    assert find_engine() == str(programs / "buildah")


def test_without_an_engine_it_says_what_to_install(programs: Path) -> None:
    with pytest.raises(NoEngineError, match=r"neither docker nor buildah is here; .*apt-get install buildah"):
        find_engine()
    write_program(programs / "docker", "#!/bin/sh\nexit 1\n")
    with pytest.raises(NoEngineError, match="its daemon does not answer; start docker"):
        find_engine()


def test_programs_that_are_missing_are_named_with_what_to_install(programs: Path) -> None:
    write_program(programs / "buildah", "#!/bin/sh\nexit 0\n")
    assert missing_of("buildah") is None
    assert (
        missing_of("buildah", "runc", "debootstrap") == "runc, debootstrap not found; apt-get install runc debootstrap"
    )
