"""One campaign of a manifest, by all the rules that it will meet.

Owns the order of the checks: the schema and its CEL rules as the API server applies them, metadata, then the models,
the lists and the calendar, the blueprint as the operator draws it, and a plan. Where a field is wrong, the others are
checked all the same: it is left out, or a sound value stands in for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import ValidationError

from campaign_operator.api.crd import structural_schema_of
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION, StartMode
from campaign_operator.domain.campaigns.campaign import CampaignRef, Settings
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint, draw_blueprint
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.validation.findings import FieldError, FieldPath, Finding, field_path, has_errors
from campaign_operator.validation.found_inputs import FoundInputs, Surroundings, find_inputs
from campaign_operator.validation.metadata import DEFAULT_NAMESPACE, check_metadata, name_in
from campaign_operator.validation.nodes import Fields, Node, Scalar
from campaign_operator.validation.spec_warnings import warnings_of_spec
from campaign_operator.validation.structure import StructuralSchema, StructureCheck, unknown_field_message
from campaign_operator.wording import quoted

API_VERSION = f"{GROUP}/{VERSION}"
LEAD_SECONDS = Settings().lead_seconds
"""The operator's own default, since a manifest does not say which operator it will meet."""

_FIELDS = dict.fromkeys(("apiVersion", "kind", "metadata", "spec", "status"))
_LISTS = ("contacts", "contactsFrom")
_HOURS = ("callingHours",)
_SOURCES_OF_HOURS = ("excludeDatesFrom", "policyFrom")
_SOUND: Mapping[str, Any] = {
    "campaignID": "sound",
    "cron": "@daily",
    "connection": {"secretRef": {"name": "sound"}},
}
"""What stands in for a required field that is wrong."""
_SOUND_CONTACT: Mapping[str, Any] = {"id": "sound", "timeZone": "Etc/UTC"}
_SOUND_SOURCE: Mapping[str, Any] = {"url": {"address": "https://sound.example/"}}


@dataclass(frozen=True, slots=True)
class CheckedCampaign:
    """A campaign, what is wrong with it, and what a run would be planned from, None where none could be planned.

    `beside` is what is wrong in other files: lists, calendars, and the objects that hold them.
    """

    ref: CampaignRef
    spec: OutboundCampaignSpec | None
    blueprint: Blueprint | None
    problems: tuple[FieldError, ...]
    beside: tuple[Finding, ...] = ()


def is_campaign(node: Fields) -> bool:
    """Whether it is meant to be one of ours."""
    return _text(node, "kind") == KIND and _text(node, "apiVersion").partition("/")[0] in ("", GROUP)


def check_campaign(node: Fields, now: datetime, around: Surroundings) -> CheckedCampaign:
    """The campaign, checked as if it were applied at `now`. Raises NoSourceError where a given file cannot be read."""
    of_top = (*_check_top(node), *check_metadata(node.fields.get("metadata")))
    ref = _ref(node)
    if "spec" not in node.fields:
        return CheckedCampaign(ref, None, None, of_top)
    checked = _check_spec(node.fields["spec"], ref, now, around)
    problems = (*of_top, *checked.problems)
    if has_errors(problems) or has_errors(checked.beside):
        return CheckedCampaign(ref, None, None, problems, checked.beside)
    return replace(checked, problems=problems)


def _text(node: Fields, name: str) -> str:
    found = node.fields.get(name)
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else ""


def _ref(node: Fields) -> CampaignRef:
    metadata = node.fields.get("metadata")
    name = name_in(metadata, "name") or name_in(metadata, "generateName") or ""
    return CampaignRef(name_in(metadata, "namespace") or DEFAULT_NAMESPACE, name)


def _check_top(node: Fields) -> Iterable[FieldError]:
    if "apiVersion" not in node.fields:
        yield FieldError(("apiVersion",), f"Required value: write {API_VERSION}")
    elif _text(node, "apiVersion") != API_VERSION:
        shown = quoted(_text(node, "apiVersion"))
        yield FieldError(("apiVersion",), f"Unsupported value: {shown}: supported values: {API_VERSION}")
    for name in node.fields:
        if name not in _FIELDS:
            yield FieldError((name,), unknown_field_message(name, _FIELDS))
    if "spec" not in node.fields:
        yield FieldError(("spec",), "Required value")


@cache
def _spec_schema() -> StructuralSchema:
    return structural_schema_of(OutboundCampaignSpec)


def _check_spec(node: Node, ref: CampaignRef, now: datetime, around: Surroundings) -> CheckedCampaign:
    check = StructureCheck()
    value = check.check(node, _spec_schema(), ("spec",))
    if not isinstance(value, dict):
        return CheckedCampaign(ref, None, None, tuple(check.problems))
    check.problems[:] = _in_the_words_of_the_parser(check.problems, value.get("cron"))
    patches = _Patches(check.problems)
    try:
        spec = OutboundCampaignSpec.model_validate(patches.applied_to(value))
    except ValidationError as error:
        # what the schema lets pass and the models do not; after an error of the schema it would only be said twice
        found = [FieldError(("spec", *one["loc"]), one["msg"]) for one in error.errors(include_input=False)]
        return CheckedCampaign(ref, None, None, tuple(check.problems or found))
    inputs = find_inputs(spec, ref.namespace, around, patches.sources)
    blueprint, of_plan = _check_plan(spec, inputs, now, can_be_planned=not check.problems)
    problems = (*check.problems, *inputs.problems, *of_plan)
    return CheckedCampaign(ref, spec, blueprint if inputs.knows_contacts else None, problems, tuple(inputs.findings))


def _in_the_words_of_the_parser(problems: Iterable[FieldError], cron: object) -> Iterable[FieldError]:
    """What the schema says of cron in one sentence the parser says by field and character, with the remedy."""
    said: InvalidSpecError | None = None
    if isinstance(cron, str):
        try:
            parse_cron(cron)
        except InvalidSpecError as error:
            said = error
    for problem in problems:
        if said is None or problem.path != ("spec", "cron"):
            yield problem
        else:
            yield from _problems_of(said)
            said = None


def _check_plan(
    spec: OutboundCampaignSpec, found: FoundInputs, now: datetime, *, can_be_planned: bool
) -> tuple[Blueprint | None, tuple[FieldError, ...]]:
    try:
        blueprint = draw_blueprint(spec, found.inputs)
        if can_be_planned:
            # in SameInstant it depends on the zones whether a match is open
            if found.knows_contacts or spec.start_mode is StartMode.CONTACT_LOCAL:
                blueprint.plan(now, LEAD_SECONDS)
            zones = list(blueprint.inputs.contacts_by_zone) if found.knows_contacts else []
            return blueprint, tuple(warnings_of_spec(spec, blueprint, zones, now, LEAD_SECONDS))
    except InvalidSpecError as error:
        return None, tuple(_problems_of(error))
    return None, ()


def _problems_of(error: InvalidSpecError) -> Iterable[FieldError]:
    for one in error.errors:
        yield FieldError(field_path(one.field), one.message)
    if error.unshown:
        path = field_path(error.errors[-1].field)[:2]
        yield FieldError(path, f"{error.unshown} more errors like these", count=error.unshown)


class _Patches:
    """What stands in for fields that are wrong, so that the rest can be read. None of it is an error itself."""

    def __init__(self, problems: Iterable[FieldError]) -> None:
        paths = [problem.path[1:] for problem in problems]
        self._contacts = _places_in("contacts", paths)
        self._of_contacts = frozenset(path[1:3] for path in paths if path[:1] == ("contacts",))
        self.sources = _places_in("contactsFrom", paths)
        """Places in contactsFrom where something stands in."""
        self._fields = {path[0] for path in paths if path and not (path[0] in _LISTS and len(path) > 1)}
        self._sources_of_hours = [
            name for name in _SOURCES_OF_HOURS if all(path[:2] not in (_HOURS, (*_HOURS, name)) for path in paths)
        ]

    def applied_to(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The spec with these in their places."""
        patched = {name: below for name, below in value.items() if name not in self._fields}
        patched |= {name: sound for name, sound in _SOUND.items() if name in self._fields}
        if "callingHours" in self._fields and self._sources_of_hours:
            hours = value["callingHours"]
            patched["callingHours"] = {name: hours[name] for name in self._sources_of_hours if name in hours}
        if "contacts" in patched and self._contacts:
            patched["contacts"] = [
                self._contact(index, contact) if index in self._contacts else contact
                for index, contact in enumerate(value["contacts"])
            ]
        if "contactsFrom" in patched and self.sources:
            patched["contactsFrom"] = [
                _SOUND_SOURCE if index in self.sources else source for index, source in enumerate(value["contactsFrom"])
            ]
        if not any(name in patched for name in _LISTS):
            patched["contacts"] = [_SOUND_CONTACT]
        return patched

    def _contact(self, index: int, contact: object) -> dict[str, object]:
        """What is right of a contact stays, so that an id that is there twice is found beside a zone that is wrong."""
        given = contact if isinstance(contact, dict) else {}
        sound = {"id": f"\0{index}", "timeZone": "Etc/UTC"}
        wrong = {name for name in sound if name not in given or (index, name) in self._of_contacts}
        return {name: sound[name] if name in wrong else given[name] for name in sound}


def _places_in(field: str, paths: Iterable[FieldPath]) -> frozenset[str | int]:
    return frozenset(path[1] for path in paths if path[:1] == (field,) and len(path) > 1)
