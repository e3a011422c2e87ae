"""Finds phrases that a reader stumbles over, and says the better word: `python tools/prose.py`.

Looks at what people read: documents, the texts of the chart and of the examples, and in Python each string with a blank
in it, since that is a message, a description or a help text. Docstrings are for those who change the code and are left
out, except those of commands, which are their help. Docstrings of models are read where they end up, in `docs/api.md`
and in the JSON Schemas. Left out are decision records, which say how it was seen on their day, the changelog, and the
page on style, which quotes what not to write.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

_DOCUMENTS = ("*.md", "docs/*.md", "docs/*.schema.json", "examples/**/*.yaml")
_CHART = ("charts/*/Chart.yaml", "charts/*/values.yaml", "charts/*/values.schema.json", "charts/*/templates/NOTES.txt")
_MODULES = "operator/**/*.py"
_COMMANDS = {"cli", "kubectl_campaign"}
"""Where functions are commands: modules and packages."""
_LEFT_OUT = {"CHANGELOG.md", "style.md"}

BETTER = {
    # one act has one word
    r"withdr(aw(s|n|al|ing)?|ew)": "cancel",
    r"doubts?": "warning",
    r"token office": "token provider",
    r"plan\w* anew": "replan",
    r"t(ak(e|es|en|ing)|ook) back": "cancel, or remove",
    r"over for good": "finished",
    r"in hand": "current",
    r"left behind": "orphaned",
    r"(stand(s|ing)?|stood) in the way": "block",
    r"passed over|pass(es)? over": "skipped",
    r"(is|are|was|were) told( of)?": "is reported, or is notified",
    # words that tell nothing
    r"please": "say what to do",
    r"obviously|of course|clearly": "say why, or leave it out",
    r"easy|easily": "say how, or leave it out",
    r"(note|be aware) that": "say it",
    r"unfortunately|sorry|oops": "say what to do",
    r"successfully": "leave it out",
    r"currently": "leave it out, or say since when",
    r"basically|actually": "leave it out",
    r"simply|just": "leave it out, or say only",
    r"shall": "must, or the present tense",
    # long words for short ones
    r"utili[sz](e[sd]?|ing)": "use",
    r"leverag(e[sd]?|ing)": "use",
    r"in order to": "to",
    r"prior to": "before",
    r"allows? you to": "you can",
    r"functionality": "feature, or what it does",
    r"e\.g\.": "for example, or such as",
    r"i\.e\.": "that is",
    r"and/or": "or, or say which",
    # words that exclude
    r"whitelist(s|ed|ing)?": "allow list",
    r"blacklist(s|ed|ing)?": "deny list",
    r"sanity check(s|ed)?": "check",
    r"he or she|his or her": "they, or their",
}
"""The phrases, as regular expressions without regard to case, and what to do about each. A phrase is added once no text
has it any more.
"""


class Finding(NamedTuple):
    """A phrase at a place."""

    line: int
    phrase: str
    better: str


def find_phrases(text: str) -> Iterator[Finding]:
    """The phrases in a text, in the order of the list; a phrase may be broken over two lines."""
    for pattern, better in BETTER.items():
        spaced = pattern.replace(" ", r"[\s#]+")
        for found in re.finditer(rf"(?<!\w)({spaced})(?!\w)", text, re.IGNORECASE):
            yield Finding(text.count("\n", 0, found.start()) + 1, " ".join(found[0].replace("#", " ").split()), better)


def find_in_python(source: str, *, is_command: bool = False) -> Iterator[Finding]:
    """The phrases in the texts of a module, and in the docstrings of its functions where they are commands."""
    for line, text in _texts(source, is_command=is_command):
        yield from (found._replace(line=line + found.line - 1) for found in find_phrases(text))


def _texts(source: str, *, is_command: bool) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    passed: set[ast.expr] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if is_command and not node.name.startswith("_"):
                yield node.lineno, ast.get_docstring(node) or ""
            case ast.JoinedStr(parts):
                passed |= set(parts)
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
                if " " in text:
                    yield node.lineno, text
            case ast.Expr(ast.Constant() as docstring):
                passed.add(docstring)
            case ast.Constant(str(text)) if node not in passed and " " in text:
                yield node.lineno, text


def read_files() -> list[Path]:
    """The files that are looked at."""
    found = [path for pattern in (*_DOCUMENTS, *_CHART, _MODULES) for path in sorted(ROOT.glob(pattern))]
    return [path for path in found if path.name not in _LEFT_OUT]


def findings_in(path: Path) -> Iterator[Finding]:
    """The phrases in a file."""
    if path.suffix == ".py":
        return find_in_python(path.read_text(), is_command=bool(_COMMANDS & {path.stem, path.parent.name}))
    return find_phrases(path.read_text())


def main() -> int:
    """0 where there is no such phrase; 1 with each and its place."""
    found = [(path, finding) for path in read_files() for finding in findings_in(path)]
    for path, (line, phrase, better) in found:
        print(f"{path.relative_to(ROOT)}:{line}: {phrase!r}; better: {better}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
