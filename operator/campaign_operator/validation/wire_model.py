"""The base of what commands print as JSON, and the JSON Schema that is published for it.

Owns how such JSON is spelled: camelCase, fields that are not there left out and never null.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class WireModel(BaseModel):
    """One object of a command's JSON."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_json(self) -> str:
        """The text, indented."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=2)


def schema_file(model: type[WireModel]) -> str:
    """The JSON Schema of the model as a file in docs/ holds it."""
    schema = {"$schema": _DIALECT, **_plain(model.model_json_schema(by_alias=True))}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _plain(schema: Any) -> Any:
    """Without what pydantic adds: "or null" where a field may be absent, titles, and the refusal of further fields,
    which would make a field that is added one day an error for those who check by an older schema.
    """
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {
        name: _plain(part)
        for name, part in schema.items()
        if not (name == "default" and part is None)
        and not (name == "title" and isinstance(part, str))
        and not (name == "additionalProperties" and part is False)
    }
    choices = [choice for choice in rest.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **{name: part for name, part in rest.items() if name != "anyOf"}}
    return rest
