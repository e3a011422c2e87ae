"""The sample repository of docs/gitops.md: its environments are valid, and its review says what a pull request does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from campaign_sandbox.binaries import ControlPlaneBinaries

SAMPLE = Path(__file__).parents[2] / "examples" / "gitops"
NOW = "2026-11-25T12:00:00Z"


class Checkout:
    """The sample as a Git repository, with the programs of a CI machine on its PATH."""

    def __init__(self, folder: Path, kubectl: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "PATH": f"{kubectl.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "PICTURES": "https://git.example.com/pictures/",
            "NOW": NOW,
        }
        shutil.copytree(SAMPLE, folder)
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.base = self.commit()

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, env=self.env, check=check, capture_output=True, text=True)

    def commit(self) -> str:
        self.run("git", "add", "--all")
        identity = ("-c", "user.name=Campaigns", "-c", "user.email=campaigns@example.com")
        self.run("git", *identity, "commit", "--quiet", "--message=Change campaigns")
        return self.run("git", "rev-parse", "HEAD").stdout.strip()

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / "campaigns" / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def review(self) -> tuple[int, str, list[str]]:
        """Exit status, the text, and the names of the pictures."""
        self.commit()
        ended = self.run("scripts/review-campaigns.sh", self.base, "review", check=False)
        pictures = sorted(path.name for path in (self.folder / "review").glob("*.svg"))
        for name in pictures:
            ET.parse(self.folder / "review" / name)  # noqa: S314 - our own picture
        return ended.returncode, (self.folder / "review" / "review.md").read_text(), pictures


@pytest.fixture
def checkout(tmp_path: Path, control_plane_binaries: ControlPlaneBinaries) -> Checkout:
    return Checkout(tmp_path / "campaigns", control_plane_binaries.kubectl)


def test_an_edit_of_the_base_is_reviewed_for_each_environment_with_a_picture(checkout: Checkout) -> None:
    checkout.edit("base/spring-renewals.yaml", "0 9 * * 1-5", "0 10 * * 1-5")
    status, text, pictures = checkout.review()
    assert (status, pictures) == (0, ["production-spring-renewals.svg", "staging-spring-renewals.svg"])
    assert text.count(", 1 h later") == 6
    assert "![When campaigns-staging/spring-renewals calls](https://git.example.com/pictures/staging" in text


def test_a_review_between_the_old_start_and_the_new_one_says_that_the_run_is_a_day_earlier(checkout: Checkout) -> None:
    """On a Monday at 09:30 in Tokyo, only the new start is still ahead; a review by the clock was red in this hour."""
    checkout.env["NOW"] = "2026-11-30T00:30:00Z"
    checkout.edit("base/spring-renewals.yaml", "0 9 * * 1-5", "0 10 * * 1-5")
    assert checkout.review()[1].count(", 23 h earlier") == 6


def test_a_promotion_is_reviewed_for_its_environment_alone(checkout: Checkout) -> None:
    checkout.edit(
        "staging/kustomization.yaml",
        "a1b2c3d4}",
        "a1b2c3d4}\n      - {op: add, path: /spec/windowSeconds, value: 7200}",
    )
    status, text, pictures = checkout.review()
    assert (status, pictures) == (0, ["staging-spring-renewals.svg"])
    assert "## production" not in text


def test_a_bad_edit_fails_the_review_and_says_why(checkout: Checkout) -> None:
    checkout.edit("base/contacts.csv", "Europe/London", "Europe/Londn")
    status, text, pictures = checkout.review()
    assert (status, pictures) == (1, [])
    assert text.count('did you mean "Europe/London"?') == 2


def test_nothing_is_reviewed_where_no_campaign_changes(checkout: Checkout) -> None:
    (checkout.folder / "OWNERS").write_text("sales\n")
    assert checkout.review() == (0, "No campaign changes.\n", [])


def test_a_new_environment_is_reviewed_as_a_whole(checkout: Checkout) -> None:
    shutil.copytree(checkout.folder / "campaigns" / "staging", checkout.folder / "campaigns" / "trial")
    status, text, pictures = checkout.review()
    assert (status, pictures) == (0, ["trial-spring-renewals.svg"])
    assert "total             3 contacts called in 3 zones" in text


def test_the_applications_and_kustomizations_name_folders_that_exist() -> None:
    manifests = [yaml.safe_load(path.read_text()) for tool in ("argocd", "flux") for path in (SAMPLE / tool).iterdir()]
    folders = [m["spec"].get("source", m["spec"]).get("path") for m in manifests if m["kind"] != "GitRepository"]
    assert sorted({folder.removeprefix("./") for folder in folders}) == ["campaigns/production", "campaigns/staging"]
    assert all((SAMPLE / folder / "kustomization.yaml").is_file() for folder in folders)
