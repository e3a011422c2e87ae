"""A document against a structural schema, as the API server checks one.

Owns types, limits, unknown fields and defaults: what
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation speaks of.
The schema is the CustomResourceDefinition's; no rule of ours is written here. CEL rules are applied where nothing
below them is wrong, or where they ask only what is there.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaign_operator.validation.cel import CELRule, holds
from campaign_operator.validation.findings import FieldError, FieldPath, field_path
from campaign_operator.validation.nodes import Fields, Items, Node, Scalar
from campaign_operator.wording import counted, quoted

StructuralSchema = Mapping[str, Any]

_TYPES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_NOUNS: Mapping[str, str] = {
    "string": "a string",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "null": "empty",
    "array": "a list",
    "object": "a map",
}


@dataclass(slots=True)
class StructureCheck:
    """Collects the problems of one document."""

    problems: list[FieldError] = field(default_factory=list)

    def check(self, node: Node, schema: StructuralSchema, path: FieldPath) -> Any:
        """The value with its defaults; problems are noted. What is wrong is left as it is."""
        before = len(self.problems)
        value = self._checked(node, schema, path)
        self._apply_rules(value, schema, path, [problem.path for problem in self.problems[before:]])
        return value

    def note(self, path: FieldPath, message: str) -> None:
        """There is something wrong there."""
        self.problems.append(FieldError(path, message))

    def _checked(self, node: Node, schema: StructuralSchema, path: FieldPath) -> Any:
        wanted = schema["type"]
        if _type_of(node) != wanted and not (wanted == "number" and _type_of(node) == "integer"):
            self.note(path, _type_message(node, wanted))
            return None
        if isinstance(node, Fields):
            return (self._map if "additionalProperties" in schema else self._object)(node, schema, path)
        if isinstance(node, Items):
            return self._array(node, schema, path)
        if isinstance(node.value, str):
            self._string(node.value, schema, path)
        elif not isinstance(node.value, bool):
            self._number(node.value, schema, path)
        return node.value

    def _map(self, node: Fields, schema: StructuralSchema, path: FieldPath) -> dict[str, Any]:
        """A map whose keys the user chooses."""
        count, least, most = len(node.fields), schema.get("minProperties", 0), schema.get("maxProperties")
        if count < least:
            self.note(path, f"must have at least {counted(least, 'value')}")
        if most is not None and count > most:
            self.note(path, f"Too many: {count}: must have at most {counted(most, 'value')}")
        of_each = schema["additionalProperties"]
        return {name: self.check(below, of_each, (*path, name)) for name, below in node.fields.items()}

    def _object(self, node: Fields, schema: StructuralSchema, path: FieldPath) -> dict[str, Any]:
        known: Mapping[str, StructuralSchema] = schema.get("properties", {})
        value: dict[str, Any] = {}
        for name, below in node.fields.items():
            if name not in known:
                self.note((*path, name), unknown_field_message(name, known))
            elif not (isinstance(below, Scalar) and below.value is None and "default" in known[name]):
                value[name] = self.check(below, known[name], (*path, name))
        for name in schema.get("required", ()):
            if name not in node.fields:
                self.note((*path, name), f"Required value{_example(known[name])}")
        for name, below_schema in known.items():
            if name not in value and "default" in below_schema:
                value[name] = below_schema["default"]
        return value

    def _array(self, node: Items, schema: StructuralSchema, path: FieldPath) -> list[Any]:
        count, least, most = len(node.items), schema.get("minItems", 0), schema.get("maxItems")
        if count < least:
            self.note(path, f"must have at least {counted(least, 'item')}")
        if most is not None and count > most:
            self.note(path, f"Too many: {count}: must have at most {counted(most, 'item')}")
        # of a list that is too long, no more is looked at than there may be
        return [self.check(item, schema["items"], (*path, index)) for index, item in enumerate(node.items[:most])]

    def _string(self, value: str, schema: StructuralSchema, path: FieldPath) -> None:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if len(value) < least:
            self.note(path, f"must be at least {counted(least, 'character')} long{_example(schema)}")
        elif most is not None and len(value) > most:
            self.note(path, f"Too long: must be at most {counted(most, 'character')}, but is {len(value)}")
        elif "enum" in schema and value not in schema["enum"]:
            self.note(path, _unsupported_value_message(value, schema["enum"]))
        elif "pattern" in schema and not re.search(_python_pattern(schema["pattern"]), value):
            shown = "" if _is_private(path) else f"Invalid value: {quoted(value)}: "
            self.note(path, f"{shown}must match the regular expression {schema['pattern']}{_example(schema)}")

    def _number(self, value: float | None, schema: StructuralSchema, path: FieldPath) -> None:
        if value is None:
            return
        if "minimum" in schema and value < schema["minimum"]:
            self.note(path, f"Invalid value: {value}: must be greater than or equal to {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            self.note(path, f"Invalid value: {value}: must be less than or equal to {schema['maximum']}")

    def _apply_rules(self, value: Any, schema: StructuralSchema, path: FieldPath, wrong: list[FieldPath]) -> None:
        for written in schema.get("x-kubernetes-validations", ()):
            rule = CELRule(written["rule"])
            if _can_be_applied(rule, value, path, wrong) and not holds(rule, value):
                shown = "" if not isinstance(value, str) or _is_private(path) else f"Invalid value: {quoted(value)}: "
                self.note((*path, *field_path(written.get("fieldPath", ""))), f"{shown}{written['message']}")


def _can_be_applied(rule: CELRule, value: Any, path: FieldPath, wrong: list[FieldPath]) -> bool:
    """A rule says nothing true of a value that is wrong already; one about other fields of the object still does."""
    if not wrong:
        return True
    read = rule.fields_read
    return isinstance(value, dict) and read is not None and read.isdisjoint(each[len(path)] for each in wrong)


def unknown_field_message(name: str, known: Mapping[str, object]) -> str:
    """That there is no such field and, where it is clear, which one was meant."""
    return f"unknown field{_meant(name, known) or '; remove it'}"


def _meant(word: str, choices: Mapping[str, object] | list[str]) -> str:
    by_lower = {choice.lower(): choice for choice in choices}
    nearest = difflib.get_close_matches(word.lower()[:64], by_lower, n=1, cutoff=0.75)
    return f"; did you mean {by_lower[nearest[0]]}?" if nearest else ""


def _unsupported_value_message(value: str, supported: list[str]) -> str:
    values = ", ".join(quoted(each) for each in supported)
    return f"Unsupported value: {quoted(value)}: supported values: {values}{_meant(value, supported)}"


def _type_of(node: Node) -> str:
    if isinstance(node, Scalar):
        return _TYPES[type(node.value)]
    return "array" if isinstance(node, Items) else "object"


def _type_message(node: Node, wanted: str) -> str:
    found = _type_of(node)
    if found == "null":
        return f"must be {_NOUNS[wanted]}, but is empty; write one, or remove the field"
    remedy = ""
    if wanted == "string" and isinstance(node, Scalar):
        remedy = "; put it in quotes"
    elif found == "string" and wanted in ("integer", "boolean"):
        remedy = "; write it without quotes"
    return f"must be {_NOUNS[wanted]}, but is {_NOUNS[found]}{remedy}"


def _example(schema: StructuralSchema) -> str:
    """The example that the field's description gives."""
    found = re.search(r"Example: (.+?)\.?$", schema.get("description", ""))
    return f"; for example, {found.group(1)}" if found else ""


def _is_private(path: FieldPath) -> bool:
    """Contact ids are people's data and are never shown."""
    return "contacts" in path and path[-1] == "id"


def _python_pattern(pattern: str) -> str:
    """RE2's `$` is the end of the text, Python's also stands before a last line break."""
    return re.sub(r"(?<!\\)\$", r"\\Z", pattern)
