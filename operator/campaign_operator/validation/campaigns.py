"""One campaign of a manifest, by all the rules that it will meet.

Owns the order of the checks: the schema and its CEL rules as the API server applies them, metadata, then the models and
the blueprint as the operator draws it, and a plan. Where a field is wrong, the others are checked all the same: it
is left out, or a sound value stands in for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import ValidationError

from campaign_operator.api.crd import structural_schema_of
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION
from campaign_operator.domain.blueprint import Blueprint, draw_blueprint
from campaign_operator.domain.campaign import CampaignRef, Settings
from campaign_operator.domain.errors import InvalidSpecError, quoted
from campaign_operator.validation.doubts import doubts
from campaign_operator.validation.findings import Problem, field_path, has_errors
from campaign_operator.validation.metadata import check_metadata, name_in
from campaign_operator.validation.nodes import Fields, Node, Scalar
from campaign_operator.validation.structure import Schema, StructureCheck, unknown_field_message

API_VERSION = f"{GROUP}/{VERSION}"
LEAD_SECONDS = Settings().lead_seconds
"""The operator's own default, since a manifest does not say which operator it will meet."""

_FIELDS = dict.fromkeys(("apiVersion", "kind", "metadata", "spec", "status"))
_SOUND: Mapping[str, Any] = {
    "campaignID": "sound",
    "cron": "@daily",
    "connection": {"secretRef": {"name": "sound"}},
    "contacts": [{"id": "sound", "timeZone": "Etc/UTC"}],
}
"""What stands in for a required field that is wrong."""


@dataclass(frozen=True, slots=True)
class CheckedCampaign:
    """A campaign, what is wrong with it, and what a run would be planned from, None where none could be planned."""

    ref: CampaignRef
    spec: OutboundCampaignSpec | None
    blueprint: Blueprint | None
    problems: tuple[Problem, ...]


def is_campaign(node: Fields) -> bool:
    """Whether it is meant to be one of ours."""
    return _text(node, "kind") == KIND and _text(node, "apiVersion").partition("/")[0] in ("", GROUP)


def check_campaign(node: Fields, now: datetime) -> CheckedCampaign:
    """The campaign, checked as if it were applied at `now`."""
    problems = [*_check_top(node), *check_metadata(node.fields.get("metadata"))]
    spec, blueprint = None, None
    if "spec" in node.fields:
        spec, blueprint, of_spec = _check_spec(node.fields["spec"], now)
        problems += of_spec
    broken = has_errors(problems)
    return CheckedCampaign(_ref(node), None if broken else spec, None if broken else blueprint, tuple(problems))


def _text(node: Fields, name: str) -> str:
    found = node.fields.get(name)
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else ""


def _ref(node: Fields) -> CampaignRef:
    metadata = node.fields.get("metadata")
    name = name_in(metadata, "name") or name_in(metadata, "generateName") or ""
    return CampaignRef(name_in(metadata, "namespace") or "default", name)


def _check_top(node: Fields) -> Iterable[Problem]:
    if "apiVersion" not in node.fields:
        yield Problem(("apiVersion",), f"is missing and required; write {API_VERSION}")
    elif _text(node, "apiVersion") != API_VERSION:
        shown = quoted(_text(node, "apiVersion"))
        yield Problem(("apiVersion",), f"{shown} is not served; write {API_VERSION}")
    for name in node.fields:
        if name not in _FIELDS:
            yield Problem((name,), unknown_field_message(name, _FIELDS))
    if "spec" not in node.fields:
        yield Problem(("spec",), "is missing and required")


@cache
def _spec_schema() -> Schema:
    return structural_schema_of(OutboundCampaignSpec)


def _check_spec(node: Node, now: datetime) -> tuple[OutboundCampaignSpec | None, Blueprint | None, tuple[Problem, ...]]:
    check = StructureCheck()
    value = check.check(node, _spec_schema(), ("spec",))
    if not isinstance(value, dict):
        return None, None, tuple(check.problems)
    try:
        spec = OutboundCampaignSpec.model_validate(_Patches(check.problems).applied_to(value))
    except ValidationError as error:
        # what the schema lets pass and the models do not; after an error of the schema it would only be said twice
        found = [Problem(("spec", *one["loc"]), one["msg"]) for one in error.errors(include_input=False)]
        return None, None, tuple(check.problems or found)
    blueprint, of_domain = _check_plan(spec, now, can_be_planned=not check.problems)
    return spec, blueprint, (*check.problems, *of_domain)


def _check_plan(
    spec: OutboundCampaignSpec, now: datetime, *, can_be_planned: bool
) -> tuple[Blueprint | None, tuple[Problem, ...]]:
    try:
        blueprint = draw_blueprint(spec)
        if can_be_planned:
            blueprint.plan(now, LEAD_SECONDS)
            return blueprint, tuple(doubts(spec, blueprint, now, LEAD_SECONDS))
    except InvalidSpecError as error:
        return None, tuple(_problems_of(error))
    return None, ()


def _problems_of(error: InvalidSpecError) -> Iterable[Problem]:
    for one in error.errors:
        yield Problem(field_path(one.field), one.message)
    hidden = error.count - len(error.errors)
    if hidden:
        yield Problem(field_path(error.errors[-1].field)[:2], f"has {hidden} more such errors")


class _Patches:
    """What stands in for fields that are wrong, so that the rest can be read. None of it is an error itself."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        paths = [problem.path[1:] for problem in problems]
        self._contacts = {path[1] for path in paths if path[:1] == ("contacts",) and len(path) > 1}
        self._fields = {path[0] for path in paths if path and not (path[0] == "contacts" and len(path) > 1)}

    def applied_to(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The spec with these in their places."""
        patched = {name: below for name, below in value.items() if name not in self._fields}
        patched |= {name: sound for name, sound in _SOUND.items() if name in self._fields}
        if "contacts" not in self._fields and self._contacts:
            patched["contacts"] = [
                {"id": f"\0{index}", "timeZone": "Etc/UTC"} if index in self._contacts else contact
                for index, contact in enumerate(value["contacts"])
            ]
        return patched
