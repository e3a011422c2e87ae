"""The base of every model of the resource: camelCase in YAML, frozen in Python, bounded in the schema.

Owns how a model is spelled on the wire. The models themselves are in `v1alpha1`, and the CustomResourceDefinition that
is made from them in `crd`.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel
from pydantic.json_schema import WithJsonSchema

_OF_A_RULE = ("rule", "message", "fieldPath")


def rules(*validations: tuple[str, str] | tuple[str, str, str]) -> dict[str, Any]:
    """CEL rules for `json_schema_extra`, each as (rule, message) or (rule, message, path of the field at fault).

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
    """
    return {"x-kubernetes-validations": [dict(zip(_OF_A_RULE, each, strict=False)) for each in validations]}


def to_rfc3339(moment: datetime) -> str:
    """An instant as Kubernetes writes it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Instant = Annotated[
    AwareDatetime,
    PlainSerializer(to_rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 32}),
]


class ResourceModel(BaseModel):
    """Unknown fields are ignored, since a newer schema's field must not stop an older operator."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        use_attribute_docstrings=False,
    )

    def to_wire(self) -> dict[str, Any]:
        """The object as it stands in YAML: camelCase, absent fields and empty lists left out (the schema has no
        null).
        """
        wire = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: value for name, value in wire.items() if value != []}


class StatusModel(ResourceModel):
    """A part of the status. Fields that this version does not know are written back as they stand: a newer operator
    made them before a rollback, and finds them again.
    """

    model_config = ConfigDict(extra="allow")
