"""The remedies of the runbook as the plugin shows them: `docs/runbook.md` is the one source.

Owns what of a section is taken, and what of Markdown a terminal has no use for.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

RUNBOOK = Path(__file__).parents[1] / "docs" / "runbook.md"

_PARTS = {"Means": "means", "Do": "do", "Recovery": "recovery"}
_SHOWN = re.compile(r"\s*Shown as:.*?(?=\n\n|\Z)", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_LOOK_AGAIN = "#make-the-operator-look-again-now"
_ALERTS = "Alerts\n"
_EXAMPLE = re.compile(r"^```text\n.*?^```\n", re.MULTILINE | re.DOTALL)


def render_remedies() -> str:
    """The file that the plugin reads: for each reason what it means, what to do and how it recovers."""
    remedies = dict(read_remedies(RUNBOOK.read_text()))
    for parts in remedies.values():
        for name, text in parts.items():
            parts[name] = _with_other(name, text, remedies)
    return json.dumps(remedies, indent=1, ensure_ascii=False) + "\n"


def read_remedies(runbook: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The sections of the reasons, in their order. Those of the alerts refer to them."""
    for chapter in re.split(r"^## ", runbook, flags=re.MULTILINE):
        _, *parts = re.split(r"^### (.+)$", chapter, flags=re.MULTILINE)
        if not chapter.startswith(_ALERTS):
            for reason, text in zip(parts[0::2], parts[1::2], strict=True):
                yield reason, dict(_parts_of(_EXAMPLE.sub("", text)))


def _with_other(name: str, text: str, remedies: dict[str, dict[str, str]]) -> str:
    """What a section refers to: who reads it in a terminal cannot follow a link."""
    other = re.match(r"as for (\w+)", text)
    return f"{text}\nThere: {remedies[other[1]][name]}" if other is not None else text


def _parts_of(section: str) -> Iterator[tuple[str, str]]:
    """Each part goes to the beginning of the next, with its lists and commands."""
    _, *found = re.split(rf"(?:^|(?<=\. )|(?<=\) ))({'|'.join(_PARTS)}): ", section, flags=re.MULTILINE)
    for name, text in zip(found[0::2], found[1::2], strict=True):
        # what follows the first paragraph is about the examples
        yield _PARTS[name], _plain(_SHOWN.sub("", text).split("\n\n")[0] if name == "Means" else text)


def _plain(text: str) -> str:
    """Without links, and with each paragraph and item on one line; commands stay as they are."""
    blocks: list[str] = []
    for part in re.split(r"(^ *```console\n.*?^ *```$)", text, flags=re.MULTILINE | re.DOTALL):
        if part.strip().startswith("```"):
            blocks += [f"$ {line.strip()}" for line in part.strip().splitlines()[1:-1]]
        else:
            blocks += [" ".join(block.split()) for block in re.split(r"\n\n|\n(?=- )", part) if block.strip()]
    return "\n".join(block if block.startswith("$ ") else _LINK.sub(_linked, block) for block in blocks)


def _linked(link: re.Match[str]) -> str:
    """The words of a link; the command beside them where it leads to one."""
    text, target = link.groups()
    return f"{text} (`kubectl campaign retry`)" if target == _LOOK_AGAIN else text
