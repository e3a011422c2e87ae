"""The base of every model of the resource: camelCase in YAML, frozen in Python, bounded in the schema.

Owns how a model is spelled on the wire. The models themselves are in `v1alpha1`, and the CustomResourceDefinition that
is made from them in `crd`.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, ValidationInfo
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


AS_READ = "as read"
"""The context of a validation of what others may have written."""

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _can_be_reckoned_with(moment: datetime, info: ValidationInfo) -> datetime:
    """At the ends of the calendar every sum and every other zone is out of range; only an altered status has such."""
    if info.context == AS_READ and not _EARLIEST <= moment < _LATEST:
        raise ValueError("must be between 1970 and 9000")
    return moment


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_can_be_reckoned_with),
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
        """The object as it stands in YAML: camelCase, absent fields and empty lists left out, at any depth (the schema
        has no null).
        """
        wire = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: _without_empty_lists(value) for name, value in wire.items() if value != []}


def _without_empty_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty_lists(each) for name, each in value.items() if each != []}
    if isinstance(value, list):
        return [_without_empty_lists(each) for each in value]
    return value


class StatusModel(ResourceModel):
    """A part of the status. Fields that this version does not know are written back as they stand: a newer operator
    made them before a rollback, and finds them again.
    """

    model_config = ConfigDict(extra="allow")
