"""The parts of `metadata` that people write, by the API server's rules.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/
"""

import re
from collections.abc import Iterator

from campaign_operator.validation.findings import FieldError, FieldPath
from campaign_operator.validation.nodes import Fields, Node, Scalar
from campaign_operator.validation.structure import unknown_field_message
from campaign_operator.wording import quoted

DEFAULT_NAMESPACE = "default"
"""Of an object that names none."""

_FIELDS = dict.fromkeys(
    (
        "annotations",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
        "generation",
        "labels",
        "managedFields",
        "name",
        "namespace",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    )
)
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN_RULE = (
    "must consist of lower case alphanumeric characters, '-' or '.', start and end with an alphanumeric character"
)
_LABEL_RULE = "must consist of lower case alphanumeric characters or '-', start and end with an alphanumeric character"
_LABEL_VALUE_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', start and end with an alphanumeric character, and be at "
    "most 63 characters long"
)
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_LARGEST_ANNOTATIONS = 262_144


def check_metadata(node: Node | None) -> Iterator[FieldError]:
    """What is wrong with an object's metadata; the path begins with `metadata`."""
    if node is None:
        yield FieldError(("metadata",), "Required value: give the campaign a name")
        return
    if not isinstance(node, Fields):
        yield FieldError(("metadata",), "must be a map that contains the name of the campaign")
        return
    for name in node.fields:
        if name not in _FIELDS:
            yield FieldError(("metadata", name), unknown_field_message(name, _FIELDS))
    yield from _check_names(node)
    for name in ("labels", "annotations"):
        if name in node.fields:
            yield from _check_words(node.fields[name], ("metadata", name))


def name_in(node: Node | None, field: str) -> str | None:
    """A name in metadata, where there is one."""
    found = node.fields.get(field) if isinstance(node, Fields) else None
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) and found.value else None


def _check_names(node: Fields) -> Iterator[FieldError]:
    if name_in(node, "name") is None and name_in(node, "generateName") is None:
        what = "must be a string; put it in quotes" if "name" in node.fields else "Required value"
        yield FieldError(("metadata", "name"), f"{what}; for example, spring-renewals")
    name = name_in(node, "name") or ""
    if name and (len(name) > _LONGEST_NAME or not re.fullmatch(_SUBDOMAIN, name)):
        rule = f"{_SUBDOMAIN_RULE}, and be at most {_LONGEST_NAME} characters long"
        yield FieldError(("metadata", "name"), f"Invalid value: {quoted(name)}: {rule}")
    if "namespace" in node.fields:
        namespace = name_in(node, "namespace") or ""
        if len(namespace) > _LONGEST_LABEL or not re.fullmatch(_LABEL, namespace):
            rule = f"{_LABEL_RULE}, and be at most {_LONGEST_LABEL} characters long"
            yield FieldError(("metadata", "namespace"), f"Invalid value: {quoted(namespace)}: {rule}")


def _check_words(node: Node, path: FieldPath) -> Iterator[FieldError]:
    """Labels and annotations."""
    if isinstance(node, Scalar) and node.value is None:
        return
    if not isinstance(node, Fields):
        yield FieldError(path, "must be a map of strings")
        return
    size = 0
    for key, below in node.fields.items():
        prefix, slash, word = key.rpartition("/")
        prefix = prefix.lower() if path[-1] == "annotations" else prefix
        good_prefix = not slash or (len(prefix) <= _LONGEST_NAME and re.fullmatch(_SUBDOMAIN, prefix))
        if not good_prefix or not re.fullmatch(_WORD, word):
            yield FieldError((*path, key), "is not a valid key; for example, team or example.com/team")
        if not isinstance(below, Scalar) or not isinstance(below.value, str):
            yield FieldError((*path, key), "must be a string; put it in quotes")
            continue
        size += len(key) + len(below.value.encode())
        if path[-1] == "labels" and below.value and not re.fullmatch(_WORD, below.value):
            yield FieldError((*path, key), f"Invalid value: {quoted(below.value)}: {_LABEL_VALUE_RULE}")
    if path[-1] == "annotations" and size > _LARGEST_ANNOTATIONS:
        yield FieldError(path, f"Too long: must be at most {_LARGEST_ANNOTATIONS} bytes, but is {size}")
