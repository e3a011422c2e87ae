"""Whether the CustomResourceDefinition in the cluster is as this version needs it.

An older one takes away what it does not know without a word, both from a manifest and from a status that is written.
Owns how that is seen: in the schema that the API server publishes, in the defaults of what it returns, and in what is
left of a status.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from campaign_operator.api.crd import CRD_NAME, Schema, structural_schema
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION
from campaign_operator.wording import listed

_FIELDS_SHOWN = 10
UPDATE_COMMAND = "campaign-operator crd | kubectl apply --server-side --force-conflicts -f -"

_OURS = {"group": GROUP, "kind": KIND, "version": VERSION}


def published_schema(document: object) -> Schema | None:
    """The schema of the resource in an OpenAPI v3 document; None where it is not there."""
    components = document.get("components") if isinstance(document, Mapping) else None
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    for schema in schemas.values() if isinstance(schemas, Mapping) else ():
        if isinstance(schema, dict) and _OURS in (schema.get("x-kubernetes-group-version-kind") or []):
            return schema
    return None


def missing_fields(published: Schema) -> tuple[str, ...]:
    """The fields and the values of fields that this version uses and the published schema does not have."""
    return tuple(_missing({"properties": _needed()}, {"properties": _parts_of(published)}, ""))


def missing_defaults(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a CustomResourceDefinition of this version would have given a default, and that are absent."""
    return tuple(_undefaulted(_needed()["spec"], spec, "spec"))


def lost_fields(sent: Mapping[str, Any], kept: object) -> tuple[str, ...]:
    """The fields of a status that was sent and that are not in what the API server has kept of it."""
    return tuple(dict.fromkeys(_lost(sent, kept, "status")))


def outdated(fields: Iterable[str]) -> str:
    """What is wrong and what to do."""
    names = list(fields)
    return (
        f"the CustomResourceDefinition {CRD_NAME} in the cluster is older than this operator and lacks "
        f"{listed(names, _FIELDS_SHOWN)}; update it: {UPDATE_COMMAND}"
    )


@cache
def _needed() -> dict[str, Schema]:
    return _parts_of(structural_schema())


def _parts_of(schema: Schema) -> dict[str, Schema]:
    properties = schema.get("properties") or {}
    return {part: properties[part] for part in ("spec", "status") if part in properties}


def _missing(needed: Schema, published: Schema, path: str) -> Iterator[str]:
    properties = published.get("properties") or {}
    for name, schema in (needed.get("properties") or {}).items():
        inner = f"{path}.{name}" if path else name
        if name in properties:
            yield from _missing(schema, properties[name], inner)
        else:
            yield inner
    if "items" in needed:
        yield from _missing(needed["items"], published.get("items") or {}, f"{path}[]")
    values = published.get("enum")
    yield from (f"{path}: {value}" for value in needed.get("enum", ()) if values is not None and value not in values)


def _undefaulted(schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, field in (schema.get("properties") or {}).items():
        inner = f"{path}.{name}"
        if name in value:
            if isinstance(value[name], Mapping):
                yield from _undefaulted(field, value[name], inner)
        elif "default" in field:
            yield inner


def _lost(sent: object, kept: object, path: str) -> Iterator[str]:
    if isinstance(sent, Mapping):
        if not isinstance(kept, Mapping):
            yield path
            return
        for name, value in sent.items():
            if name in kept:
                yield from _lost(value, kept[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(sent, list):
        if not isinstance(kept, list) or len(kept) < len(sent):
            yield path
            return
        for one, other in zip(sent, kept, strict=False):
            yield from _lost(one, other, f"{path}[]")
