"""The tree of a YAML document with the line of everything in it, and the meaning of its plain scalars.

Owns which plain scalar is a number, a boolean or null. That is decided as kubectl decides (sigs.k8s.io/yaml, on
go-yaml 2): `yes` is true, `8e14` is a number, and a date is a string. PyYAML's own reading differs in each direction
(a date is a date, `12:30` is 750), and then a manifest would be taken here and refused by the cluster.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from campaign_operator.validation.findings import FieldPath

ScalarValue: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts."""

    line: int
    value: ScalarValue = field(repr=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fields:
    """A map. `key_lines` has the line of each key."""

    line: int
    fields: dict[str, "Node"] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Node: TypeAlias = Scalar | Items | Fields

_WORDS: Mapping[str, ScalarValue] = {
    **{spelling: True for word in ("true", "yes", "on", "y") for spelling in (word, word.upper(), word.capitalize())},
    **{spelling: False for word in ("false", "no", "off", "n") for spelling in (word, word.upper(), word.capitalize())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **{f".{word}": float("nan") for word in ("nan", "NaN", "NAN")},
}
_WHOLE = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)")
_BROKEN = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 64


def plain_scalar(text: str) -> ScalarValue:
    """What a scalar without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _WHOLE.fullmatch(text):
        return _whole_number(text.replace("_", ""))
    if _BROKEN.fullmatch(text):
        number = float(text)
        return int(number) if number.is_integer() else number
    return text


def _whole_number(text: str) -> int:
    digits = text.lstrip("+-")
    octal = re.fullmatch("0[0-7]+", digits)
    number = int(digits, 8) if octal else int(digits, 0)
    return -number if text.startswith("-") else number


def node_at(root: Node, path: FieldPath) -> Node | None:
    """What stands there, if anything does."""
    found: Node | None = root
    for step in path:
        if isinstance(found, Fields) and isinstance(step, str):
            found = found.fields.get(step)
        elif isinstance(found, Items) and isinstance(step, int) and 0 <= step < len(found.items):
            found = found.items[step]
        else:
            return None
    return found


def line_at(root: Node, path: FieldPath) -> int:
    """The line of a field, or of the nearest thing around it that is there."""
    line, found = root.line, root
    for depth, step in enumerate(path):
        if isinstance(found, Fields) and isinstance(step, str) and step in found.key_lines:
            line = found.key_lines[step]
        below = node_at(root, path[: depth + 1])
        if below is None:
            break
        line = line if isinstance(found, Fields) else below.line
        found = below
    return line


def value_of(node: Node) -> Any:
    """The value without its lines."""
    if isinstance(node, Fields):
        return {name: value_of(below) for name, below in node.fields.items()}
    return [value_of(item) for item in node.items] if isinstance(node, Items) else node.value
