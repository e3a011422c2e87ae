"""The ConfigMaps and Secrets that stand among the manifests, for the lists and calendars that campaigns name.

Owns what the API server makes of such an object: `data`, `binaryData`, `stringData`, and what it refuses of them. Only
what is asked for is looked at. Knows neither lists nor calendars.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field

from campaign_operator.api.references import ObjectKind
from campaign_operator.validation.findings import FieldPath, Finding, field_text
from campaign_operator.validation.metadata import DEFAULT_NAMESPACE, name_in
from campaign_operator.validation.nodes import Fields, Node, Scalar, line_at
from campaign_operator.wording import listed, quoted

_TEXT_IN: Mapping[ObjectKind, str] = {ObjectKind.CONFIG_MAP: "data", ObjectKind.SECRET: "stringData"}
"""The field of plain texts. In a Secret it is taken before the other one."""

_BASE64_IN: Mapping[ObjectKind, str] = {ObjectKind.CONFIG_MAP: "binaryData", ObjectKind.SECRET: "data"}


class MissingKeyError(Exception):
    """The object does not have the key. As text: a sentence that says what it has."""


class MalformedObjectError(Exception):
    """The object cannot be what it should be; `finding` says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class KeyedObject:
    """A ConfigMap or a Secret, and where it stands. `earlier`: another one of the same name."""

    kind: ObjectKind
    file: str
    node: Fields
    earlier: "KeyedObject | None" = None

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}, line {self.node.line}"

    def value(self, key: str) -> bytes:
        """What the key holds. Raises MissingKeyError and MalformedObjectError."""
        text, base64 = _TEXT_IN[self.kind], _BASE64_IN[self.kind]
        texts, encoded = self._keys_in(text), self._keys_in(base64)
        if key in texts and key in encoded and self.kind is ObjectKind.CONFIG_MAP:
            raise self._malformed((base64, key), f"is also in {text}; remove one of them")
        if key in texts:
            return self._text((text, key), texts[key]).encode()
        if key not in encoded:
            raise MissingKeyError(f"does not have the key {key}; {_keys_text([*texts, *encoded])}")
        try:
            return b64decode(_without_line_ends(self._text((base64, key), encoded[key])), validate=True)
        except (binascii.Error, ValueError):
            raise self._malformed((base64, key), f"is not base64, as {base64} must be") from None

    def _keys_in(self, place: str) -> Mapping[str, Node]:
        node = self.node.fields.get(place)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Fields):
            raise self._malformed((place,), "must be a map of strings")
        return node.fields

    def _text(self, path: FieldPath, node: Node) -> str:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise self._malformed(path, "must be a string; put it in quotes, or write it below a |")
        return node.value

    def _malformed(self, path: FieldPath, message: str) -> MalformedObjectError:
        return MalformedObjectError(Finding(self.file, line_at(self.node, path), field_text(path), message))


@dataclass(slots=True)
class ManifestObjects:
    """Those among the manifests. Of two with one name it is the later one, as where both are applied."""

    _objects: dict[tuple[ObjectKind, str, str], KeyedObject] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def add(self, file: str, node: Fields) -> None:
        """Keep it if it is one. What is encrypted (https://getsops.io) is as good as not there."""
        kind = name_in(node, "kind")
        name = name_in(node.fields.get("metadata"), "name")
        if name_in(node, "apiVersion") != "v1" or kind not in set(ObjectKind) or name is None or "sops" in node.fields:
            return
        namespace = name_in(node.fields.get("metadata"), "namespace") or DEFAULT_NAMESPACE
        key = (ObjectKind(kind), namespace, name)
        self._objects[key] = KeyedObject(key[0], file, node, self._objects.get(key))

    def find(self, kind: ObjectKind, namespace: str, name: str) -> KeyedObject | None:
        """The object, if it is among them."""
        found = self._objects.get((kind, namespace, name))
        if found is not None:
            self._used.add(id(found.node))
        return found

    def was_used(self, node: Node) -> bool:
        """Whether it was asked for."""
        return id(node) in self._used


def _keys_text(keys: list[str]) -> str:
    if not keys:
        return "it has no keys"
    return f"its keys are {listed([quoted(key) for key in sorted(keys)])}"


def _without_line_ends(text: str) -> str:
    """As Kubernetes reads base64, which may be broken into lines."""
    return text.replace("\r", "").replace("\n", "")
