"""References to ConfigMaps and Secrets of the campaign's own namespace; there is no field for another one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from campaign_operator.api.schema import ResourceModel

_NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"


class ObjectKind(StrEnum):
    """What holds keys with values; as text: what Kubernetes calls it."""

    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"  # noqa: S105 - a kind


ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=_NAME_PATTERN)]
ObjectKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]


class ConfigMapKeyRef(ResourceModel):
    """One key of a ConfigMap of the campaign's own namespace."""

    name: ObjectName = Field(description="Name of the ConfigMap. Example: spring-contacts.")
    key: ObjectKey = Field(description="Key in the ConfigMap. Example: contacts.csv.")


class SecretKeyRef(ResourceModel):
    """One key of a Secret of the campaign's own namespace."""

    name: ObjectName = Field(description="Name of the Secret. Example: hook.")
    key: ObjectKey = Field(description="Key in the Secret. Example: signing-secret.")


def named(kind: ObjectKind, name: str, key: str) -> str:
    """As messages call a key of an object. The key is at the end, since its own end may tell the format of a list."""
    return f"{kind} {name}, key {key}"
