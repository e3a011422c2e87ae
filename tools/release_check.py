"""Says what is not yet as it must be before a version is tagged: `make release-check`.

`pyproject.toml` is the one place of the version. Lock file, chart and image repeat it, since each is read without
`pyproject.toml`, so they are compared with it here and in the tests.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from campaign_operator.wording import listed
from generate import ROOT, drifted

_SECTION = re.compile(r"^## \[?(?P<name>[^\]\s]+)\]?(?: - (?P<date>\d{4}-\d\d-\d\d))?.*$", re.MULTILINE)
_UNRELEASED = "Unreleased"
_PATHS_SHOWN = 10


@dataclass(frozen=True)
class Declarations:
    """What the files of a checkout say of the version and of Python."""

    version: str
    """In pyproject.toml."""

    repeated: Mapping[str, str | None]
    """The version at the other places, by their names."""

    oldest_python: str
    """The lower bound of requires-python."""

    image_python: str | None


def declarations(root: Path) -> Declarations:
    """Read what the checkout says."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    locked = tomllib.loads((root / "uv.lock").read_text())["package"]
    chart = yaml.safe_load((root / "charts" / "campaign-operator" / "Chart.yaml").read_text())
    krew = yaml.safe_load((root / "krew" / "campaign.yaml").read_text())["spec"]
    dockerfile = (root / "Dockerfile").read_text()
    return Declarations(
        version=project["version"],
        repeated={
            "uv.lock": next((each["version"] for each in locked if each["name"] == project["name"]), None),
            "version in charts/campaign-operator/Chart.yaml": chart.get("version"),
            "appVersion in charts/campaign-operator/Chart.yaml": chart.get("appVersion"),
            "version in krew/campaign.yaml": (krew.get("version") or "").removeprefix("v"),
            "ARG VERSION in Dockerfile": build_argument(dockerfile, "VERSION"),
        },
        oldest_python=project["requires-python"].removeprefix(">="),
        image_python=build_argument(dockerfile, "PYTHON_VERSION"),
    )


def build_argument(dockerfile: str, name: str) -> str | None:
    """The default of a build argument."""
    found = re.search(rf"^ARG {name}=(\S+)$", dockerfile, re.MULTILINE)
    return found[1] if found else None


def version_problems(declared: Declarations) -> Iterator[str]:
    """The places that do not repeat the version."""
    for place, version in declared.repeated.items():
        if version != declared.version:
            said = f"is {version}" if version else "is missing"
            yield f"{place} {said}; set it to {declared.version}, the version in pyproject.toml"


def python_problems(declared: Declarations, running: str) -> Iterator[str]:
    """Where the image has another Python than the oldest that is supported, or than the tests of this checkout."""
    image = declared.image_python
    if image != declared.oldest_python:
        yield (
            f"ARG PYTHON_VERSION in Dockerfile is {image or 'missing'}; set it to {declared.oldest_python}, the lower "
            "bound of requires-python in pyproject.toml"
        )
    if image and image != running:
        yield (
            f"the tests of this checkout run on Python {running}, and the image has {image}; remove .venv, and run "
            f"`make test` where python3 is {image}"
        )


def changelog_problems(version: str, changelog: str | None) -> Iterator[str]:
    """What CHANGELOG.md lacks for the version, in the form of https://keepachangelog.com/en/1.1.0/."""
    heading = f"`## [{version}] - YYYY-MM-DD`"
    if changelog is None:
        yield f"CHANGELOG.md is missing; write it, with a section {heading}"
        return
    sections = _sections(changelog)
    unreleased = _UNRELEASED in sections and sections[_UNRELEASED].text
    if version not in sections:
        do = f"rename the section {_UNRELEASED} to" if unreleased else "add a section"
        yield f"CHANGELOG.md has no section for {version}; {do} {heading}"
        return
    if not sections[version].date:
        yield f"the section {version} of CHANGELOG.md has no date; write {heading}"
    if not sections[version].text:
        yield f"the section {version} of CHANGELOG.md is empty; say what has changed"
    if unreleased:
        yield f"CHANGELOG.md has entries under {_UNRELEASED}; move them to the section {version}"


@dataclass(frozen=True)
class _Section:
    date: str | None
    text: str


def _sections(changelog: str) -> dict[str, _Section]:
    headings = list(_SECTION.finditer(changelog))
    ends = [*(heading.start() for heading in headings[1:]), len(changelog)]
    return {
        heading["name"]: _Section(heading["date"], changelog[heading.end() : end].strip())
        for heading, end in zip(headings, ends, strict=True)
    }


def git_problems(version: str, changed: str, tags: str) -> Iterator[str]:
    """What `git status --porcelain` and `git tag` say against a tag."""
    if changed:
        paths = listed([line[3:] for line in changed.splitlines()], _PATHS_SHOWN)
        yield f"the work tree is not clean; commit or remove {paths}"
    if f"v{version}" in tags.splitlines():
        yield f"the tag v{version} exists already; set the next version in pyproject.toml and run `uv lock`"


def _git(*args: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *args], capture_output=True, text=True, check=True).stdout


def _problems(declared: Declarations) -> Iterator[str]:
    changelog = ROOT / "CHANGELOG.md"
    yield from version_problems(declared)
    yield from python_problems(declared, f"{sys.version_info.major}.{sys.version_info.minor}")
    yield from changelog_problems(declared.version, changelog.read_text() if changelog.exists() else None)
    yield from (f"{path.relative_to(ROOT)} has drifted; run `make generate`" for path in drifted())
    yield from git_problems(declared.version, _git("status", "--porcelain"), _git("tag", "--list"))


def main() -> int:
    """0 where the version may be tagged; 1 with everything that is against it."""
    declared = declarations(ROOT)
    found = list(_problems(declared))
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print(f"v{declared.version} can be tagged")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
