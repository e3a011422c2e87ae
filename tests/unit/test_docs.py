"""What the documentation points at exists: links, headings, and the files and folders that it names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "operator" / "campaign_operator"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
_SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".mod", ".sum", ".lock", ".go"}


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def prose(document: Path) -> str:
    """The text without its code blocks."""
    return _FENCE.sub("", document.read_text())


def anchors(document: Path) -> set[str]:
    """The fragments that GitHub gives to a document's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", prose(document), flags=re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        repetitions = (f"{slug}-{number}" for number in range(1, 100))
        found.add(slug if slug not in found else next(r for r in repetitions if r not in found))
    return found


def named_paths(document: Path) -> Iterator[str]:
    """What stands in backticks and is meant as a path: it has a file's suffix, or begins with one of our folders."""
    folders = {path.name for place in (ROOT, PACKAGE) for path in place.iterdir() if path.is_dir()}
    for text in _CODE.findall(prose(document)):
        in_a_folder = "/" in text and text.split("/")[0] in folders
        if _PATH.fullmatch(text) and (in_a_folder or Path(text).suffix in _SUFFIXES):
            yield text


def problem_with(link: str, document: Path) -> str | None:
    """What is wrong with a relative link, if anything is."""
    path, _, fragment = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return f"{link}: there is no such file"
    if not target.is_relative_to(ROOT):
        return f"{link}: leads out of the repository"
    if fragment and fragment not in anchors(target):
        return f"{link}: there is no such heading"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    # a regular expression in backticks may look like a link
    text = _CODE.sub("", prose(document))
    links = [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    assert [problem for link in links if (problem := problem_with(link, document))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_in_backticks_exists(document: Path) -> None:
    """Paths are given from the root, from the package, or beside the document."""
    missing = [
        path
        for path in named_paths(document)
        if not any((place / path).exists() for place in (ROOT, PACKAGE, document.parent))
        and not ("/" not in path and any(PACKAGE.rglob(path)))
    ]
    assert missing == []


def test_every_decision_is_numbered_in_order_and_dated() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, record in enumerate(records, start=1):
        title, _, date, *rest = record.read_text().splitlines()
        assert record.name.startswith(f"{number:04}-")
        assert title.startswith(f"# {number:04}. ")
        assert re.fullmatch(r"Date: \d{4}-\d\d-\d\d", date)
        assert [line for line in rest if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
