"""Which campaigns an operator serves, by their labels.

Owns what a label selector means, in the form that kubectl takes. The API server filters the watch by the same text, but
a watch tells of a label late, or never if it was away; so each campaign that is read is held against the selector, too.
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PART = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_KEY = re.compile(rf"(?=[^/]{{1,253}}/|[^/]+$)({_PART}(\.{_PART})*/)?{_NAME}")
_VALUE = re.compile(f"({_NAME})?")
_WORD = r"[^\s=!(),<>]+"

_BETWEEN = re.compile(r",(?![^()]*\))")
"""A comma between two requirements, and not between two values."""

_REQUIREMENT = re.compile(
    rf"""\s*(?:
        (?P<absent>!)?\s*(?P<present>{_WORD})
      | (?P<key>{_WORD})\s*(?:(?P<not>!=)|==?)\s*(?P<value>{_WORD})?
      | (?P<member>{_WORD})\s+(?P<negated>not)?in\s*\((?P<values>[^()]*)\)
    )\s*""",
    re.ASCII | re.VERBOSE,
)


class BadSelectorError(ValueError):
    """The text is no label selector; the message says so in words for a person."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    values: frozenset[str] | None
    """None: the label is required, whatever its value."""

    negated: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        found = value is not None and (self.values is None or value in self.values)
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Campaigns with such labels; without any requirement, all."""

    expression: str = ""
    """As the API server takes it."""

    requirements: tuple[_Requirement, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "LabelSelector":
        """The selector that the text means: requirements such as `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a` and
        `!a`, with commas between them, all of which must hold. Raises BadSelectorError.
        """
        parts = _BETWEEN.split(text) if text.strip() else []
        return cls(text.strip(), tuple(_requirement(part, text) for part in parts))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a campaign with these labels is among them."""
        return all(requirement.holds(labels) for requirement in self.requirements)


EVERY_CAMPAIGN = LabelSelector()
"""Selects by nothing."""


def _requirement(part: str, text: str) -> _Requirement:
    found = _REQUIREMENT.fullmatch(part)
    if found is None:
        raise _bad(text)
    key = found["present"] or found["key"] or found["member"]
    values: frozenset[str] | None = None
    if found["key"]:
        values = frozenset([found["value"] or ""])
    elif found["member"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
    if not _KEY.fullmatch(key) or not all(_VALUE.fullmatch(value) for value in values or ()):
        raise _bad(text)
    return _Requirement(key, values, negated=bool(found["absent"] or found["not"] or found["negated"]))


def _bad(text: str) -> BadSelectorError:
    return BadSelectorError(f'Invalid value: "{text}": must be a label selector, such as team=sales or tier in (a, b)')
