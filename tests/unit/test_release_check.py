"""What is checked before a tag: the version at every place, the changelog, the image's Python, the work tree."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from release_check import (
    Declarations,
    build_argument,
    changelog_problems,
    declarations,
    git_problems,
    python_problems,
    version_problems,
)

ROOT = Path(__file__).parents[2]

CHANGELOG = """# Changelog

## [Unreleased]
{unreleased}
## [1.1.0] - 2026-11-20

### Added

- Something.

## [1.0.0] - 2026-10-01

- The first.
"""


def declared(
    repeated: Mapping[str, str | None] | None = None, oldest: str = "3.11", image: str | None = "3.11"
) -> Declarations:
    return Declarations("1.1.0", repeated or {}, oldest, image)


def test_this_checkout_has_one_version_and_one_python() -> None:
    here = declarations(ROOT)
    assert len(here.repeated) == 5
    assert list(version_problems(here)) == []
    assert list(python_problems(here, here.oldest_python)) == []


def test_the_image_is_built_with_the_uv_of_the_makefile() -> None:
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"\buv==([\d.]+)", (ROOT / "Dockerfile").read_text()) == [version]


def test_every_place_with_another_version_is_named() -> None:
    problems = version_problems(declared({"here": "1.1.0", "there": "1.0.0", "nowhere": None}))
    assert list(problems) == [
        "there is 1.0.0; set it to 1.1.0, the version in pyproject.toml",
        "nowhere is missing; set it to 1.1.0, the version in pyproject.toml",
    ]


def test_the_default_of_a_build_argument_is_read() -> None:
    dockerfile = "ARG VERSION=1.1.0\nFROM base\nARG REVISION\n"
    assert build_argument(dockerfile, "VERSION") == "1.1.0"
    assert build_argument(dockerfile, "REVISION") is None


def test_an_image_with_a_python_that_the_tests_do_not_run_on_is_told() -> None:
    (problem,) = python_problems(declared(), running="3.13")
    assert problem.startswith("the tests of this checkout run on Python 3.13, and the image has 3.11")


@pytest.mark.parametrize(("image", "said"), [("3.13", "3.13"), (None, "missing")])
def test_an_image_with_another_python_than_the_oldest_is_told(image: str | None, said: str) -> None:
    problem, *_ = python_problems(declared(image=image), running="3.11")
    assert problem.startswith(f"ARG PYTHON_VERSION in Dockerfile is {said}; set it to 3.11")


@pytest.mark.parametrize("unreleased", ["", "\n"])
def test_a_changelog_with_the_version_and_nothing_unreleased_is_right(unreleased: str) -> None:
    assert list(changelog_problems("1.1.0", CHANGELOG.format(unreleased=unreleased))) == []


def test_a_changelog_without_a_section_unreleased_is_right() -> None:
    assert list(changelog_problems("1.1.0", CHANGELOG.replace("## [Unreleased]\n{unreleased}", ""))) == []


@pytest.mark.parametrize(
    ("version", "changelog", "problem"),
    [
        ("1.1.0", None, "CHANGELOG.md is missing; write it, with a section `## [1.1.0] - YYYY-MM-DD`"),
        (
            "1.2.0",
            CHANGELOG.format(unreleased=""),
            "CHANGELOG.md has no section for 1.2.0; add a section `## [1.2.0] - YYYY-MM-DD`",
        ),
        (
            "1.2.0",
            CHANGELOG.format(unreleased="\n- News.\n"),
            "CHANGELOG.md has no section for 1.2.0; rename the section Unreleased to `## [1.2.0] - YYYY-MM-DD`",
        ),
        (
            "1.1.0",
            CHANGELOG.format(unreleased="\n- News.\n"),
            "CHANGELOG.md has entries under Unreleased; move them to the section 1.1.0",
        ),
        (
            "1.1.0",
            "## 1.1.0\n\n- x\n",
            "the section 1.1.0 of CHANGELOG.md has no date; write `## [1.1.0] - YYYY-MM-DD`",
        ),
        ("1.1.0", "## [1.1.0] - 2026-11-20\n", "the section 1.1.0 of CHANGELOG.md is empty; say what has changed"),
    ],
)
def test_what_the_changelog_lacks_is_said_with_what_to_do(version: str, changelog: str | None, problem: str) -> None:
    assert list(changelog_problems(version, changelog)) == [problem]


def test_a_clean_work_tree_without_the_tag_is_right() -> None:
    assert list(git_problems("1.1.0", changed="", tags="v1.0.0\nv1.1.0-rc.1\n")) == []


def test_what_git_has_against_a_tag_is_said() -> None:
    changed = "".join(f" M docs/{number}.md\n" for number in range(12))
    tree, tag = git_problems("1.1.0", changed, tags="v1.0.0\nv1.1.0\n")
    assert tree.endswith("commit or remove " + ", ".join(f"docs/{n}.md" for n in range(10)) + " and 2 more")
    assert tag == "the tag v1.1.0 exists already; set the next version in pyproject.toml and run `uv lock`"


def test_what_the_wheel_includes_is_there_where_the_image_is_built() -> None:
    """The alerts of the sandbox's Prometheus were not, so that no image could be built any more."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    dockerfile = (ROOT / "Dockerfile").read_text().splitlines()
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for path in built["force-include"]:
        assert f"COPY {path} {path}" in dockerfile
        assert f"!{path}" in allowed
