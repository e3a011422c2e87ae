"""The CustomResourceDefinition, made from the models of `v1alpha1`.

Owns the translation of pydantic's JSON Schema into the structural schema that Kubernetes asks for: no `$ref`, no null,
no titles, and defaults of objects spelled out whole, since the API server refuses `default: {}` where CEL looks inside.
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from typing import Any, cast

import yaml
from pydantic import BaseModel

from campaign_operator.api import vocabulary
from campaign_operator.api.v1alpha1 import OutboundCampaign
from campaign_operator.api.vocabulary import GROUP, KIND, PLURAL, VERSION

CRD_NAME = f"{PLURAL}.{GROUP}"

Schema = dict[str, Any]

_HEADER = "# Generated from operator/campaign_operator/api/v1alpha1.py by `make generate`; do not edit.\n"


def _structural(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Inline references, drop titles and null alternatives, and go down into properties and items."""
    schema = dict(schema)
    if "$ref" in schema:
        target = definitions[schema.pop("$ref").rsplit("/", 1)[1]]
        schema = {**target, **schema}
    if "anyOf" in schema:
        (only,) = [s for s in schema.pop("anyOf") if s.get("type") != "null"]
        return _structural({**only, **schema}, definitions)
    schema.pop("title", None)
    if schema.get("additionalProperties") is True:
        del schema["additionalProperties"]  # the API server prunes what the schema does not name
    schema = {k: v for k, v in schema.items() if k != "default"} | _default(schema.get("default"))
    if "prefixItems" in schema:
        raise ValueError("a tuple of fixed length has no structural schema")
    if "properties" in schema:
        schema["properties"] = {name: _structural(sub, definitions) for name, sub in schema["properties"].items()}
    if "additionalProperties" in schema:
        schema["additionalProperties"] = _structural(schema["additionalProperties"], definitions)
    if "items" in schema:
        schema["items"] = _structural(schema["items"], definitions)
    if schema.get("type") == "integer":
        schema["format"] = "int64"
    description = schema.pop("description", None)
    return {"description": description, **schema} if description else schema


def _default(value: object) -> Schema:
    """The default, where there is one: absent is absent, not null, and an empty list is no news."""
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if v not in (None, [])}
    return {} if value in (None, [], {}) else {"default": value}


def structural_schema_of(model: type[BaseModel]) -> Schema:
    """The structural schema of one model, such as the spec alone."""
    generated = model.model_json_schema(by_alias=True, mode="validation")
    schema = _structural(generated, cast("dict[str, Schema]", generated.get("$defs", {})))
    schema.pop("$defs", None)
    return schema


def structural_schema() -> Schema:
    """`openAPIV3Schema` of the resource."""
    schema = structural_schema_of(OutboundCampaign)
    schema["properties"] = {
        "apiVersion": {"type": "string", "maxLength": 64, "description": f"{GROUP}/{VERSION}."},
        "kind": {"type": "string", "maxLength": 64, "description": f"{KIND}."},
        "metadata": {"type": "object"},
        **schema["properties"],
    }
    return schema


def _column(name: str, path: str, description: str, kind: str = "string", wide: bool = False) -> Schema:
    column: Schema = {"name": name, "type": kind, "jsonPath": path, "description": description}
    if wide:
        column["priority"] = 1
    return column


def _columns() -> list[Schema]:
    ready = ".status.conditions[?(@.type=='Ready')]"
    return [
        _column("Campaign", ".spec.campaignID", "ID of the campaign at the dialer."),
        _column("State", ".status.state", "State of the campaign."),
        _column("Progress", ".status.progress", "Completed and expected calls."),
        # a date column would print an age, and an instant that is ahead has none
        _column("Next Run", ".status.nextRunTime", "Time of the next start of a run, in UTC."),
        _column("Suspend", ".spec.suspend", "Whether the campaign is suspended.", kind="boolean"),
        _column("Ready", f"{ready}.status", "Whether the spec is accepted and the campaign is on track."),
        _column("Age", ".metadata.creationTimestamp", "Time since creation.", kind="date"),
        _column("Cron", ".spec.cron", "Cron schedule of the runs.", wide=True),
        _column("Contacts", ".status.contacts", "Number of contacts in the run.", kind="integer", wide=True),
        _column("Windows", ".status.windowCount", "Number of windows in the run.", kind="integer", wide=True),
        _column("Webhook", ".status.webhookState", "Webhook delivery for the run that finished last.", wide=True),
        _column("Message", f"{ready}.message", "Message of the Ready condition.", wide=True),
    ]


def custom_resource_definition() -> Schema:
    """The whole CustomResourceDefinition as the API server takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD_NAME},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": vocabulary.SINGULAR,
                "shortNames": [vocabulary.SHORT_NAME],
                "categories": [vocabulary.CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(),
                    # lets the operator ask for the campaigns of one campaignID without reading all of them
                    "selectableFields": [{"jsonPath": ".spec.campaignID"}],
                    "schema": {"openAPIV3Schema": structural_schema()},
                }
            ],
        },
    }


class _WithoutAliases(yaml.SafeDumper):
    """Writes a list that stands in two places twice: `&id001` is for machines."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def render_crd() -> str:
    """The CustomResourceDefinition as YAML, byte for byte what `crds/` holds."""
    return _HEADER + yaml.dump(custom_resource_definition(), Dumper=_WithoutAliases, sort_keys=False, width=120)
