"""What is not right in a manifest, and where.

Owns the form of a finding and of a field's path. Knows no rule: schema, metadata, CEL and the domain bring their own
sentences, each with value, rule and remedy.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]
"""Names of fields and places in lists, from the top of the document."""


class Severity(StrEnum):
    """Whether it stops the manifest."""

    ERROR = "error"
    """The API server or the operator would refuse it."""

    WARNING = "warning"
    """It is allowed, and surely not meant."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field. `count`: how many errors it stands for, where it is in many rows."""

    path: FieldPath
    message: str
    severity: Severity = Severity.ERROR
    count: int = 1


def warning_in_spec(field: FieldPath, message: str) -> FieldError:
    """A warning about a field of the spec, whose path begins below `spec`."""
    return FieldError(("spec", *field), message, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its place: the file as it was named, the line counted from 1, and the field, which is empty where
    it is about the document or the file. `count`: see `FieldError`.
    """

    file: str
    line: int
    field: str
    message: str
    severity: Severity = Severity.ERROR
    count: int = 1


def field_text(path: FieldPath) -> str:
    """The path as people write it: `spec.contacts[3].timeZone`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!a}]"
    return text


def field_path(text: str) -> FieldPath:
    """The path that the domain's errors write as text."""
    return tuple(int(place) if place else name for place, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", text))


def has_errors(problems: Iterable[FieldError | Finding]) -> bool:
    """Whether any of them stops the manifest."""
    return any(problem.severity is Severity.ERROR for problem in problems)
