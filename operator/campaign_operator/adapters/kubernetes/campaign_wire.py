"""A campaign as the API server sends it, and what the API server says where it sends none.

Owns what is made of an object that this version cannot read: `UnusableError`, with what is known of it all the same.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from campaign_operator.adapters.kubernetes.api_server import APIAnswer
from campaign_operator.api.conditions import Reason
from campaign_operator.api.definition import missing_defaults, outdated
from campaign_operator.api.reading import UnreadableError, locations_of, read_conditions, read_status
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    HAS_RUN_ANNOTATION,
    MAX_RESOLVE,
    REQUESTED_AT_ANNOTATION,
    RESOLVE_ANNOTATION,
)
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.decisions.unusable import UnusableCampaign
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.size import encoded_bytes
from campaign_operator.engine.ports import StoreRefusedError, StoreUnavailableError, UnusableError
from campaign_operator.wording import cut, listed

MAX_SAID = 512
_MARK_LENGTH = 512
_REQUESTED_AT_LENGTH = 256
"""As long as `lastHandledRequest` may be, which repeats it."""

_TRANSIENT = frozenset({429, 502, 503, 504})

Wire = dict[str, Any]


def campaign_of(wire: Mapping[str, Any], before: Campaign | None = None) -> Campaign:
    """The campaign. Raises UnusableError where spec or status cannot be read.

    `before`: the campaign before a write of our own, whose spec is taken over if it is the same generation.
    """
    annotations = wire["metadata"].get("annotations") or {}
    spec = _spec_of(wire, before)
    try:
        status = read_status(wire.get("status"))
    except UnreadableError as error:
        raise UnusableError(unusable_campaign(wire, Reason.STATUS_UNREADABLE, _unreadable(error))) from None
    return Campaign(
        **_metadata(wire),
        requested_at=_beginning(annotations.get(REQUESTED_AT_ANNOTATION), _REQUESTED_AT_LENGTH),
        resolve=_beginning(annotations.get(RESOLVE_ANNOTATION), MAX_RESOLVE),
        has_run=_beginning(annotations.get(HAS_RUN_ANNOTATION), _MARK_LENGTH),
        spec=spec,
        status=status,
        other_bytes=encoded_bytes({name: value for name, value in wire.items() if name != "status"}),
    )


def rival_of(wire: Mapping[str, Any]) -> Campaign | UnusableCampaign:
    """The campaign, or what is known of one that cannot be read: nobody else is held up by it."""
    try:
        return campaign_of(wire)
    except UnusableError as error:
        return error.campaign


def unusable_campaign(wire: Mapping[str, Any], reason: Reason, message: str) -> UnusableCampaign:
    """What is known of a resource that this version cannot work with, and why it cannot."""
    name: Any = wire.get("spec")
    for key in ("connection", "secretRef", "name"):
        name = name.get(key) if isinstance(name, Mapping) else None
    return UnusableCampaign(
        **_metadata(wire),
        conditions=read_conditions(wire.get("status")),
        problem=Problem(reason, message),
        secret_name=name if isinstance(name, str) else None,
        dialer_hashes=frozenset(_dialer_hashes(wire.get("status"))),
    )


def _dialer_hashes(status: object) -> Iterator[str]:
    """Which dialers the runs of a status name, whatever else of it can be read."""
    found = status.get("runs") if isinstance(status, Mapping) else None
    for run in found if isinstance(found, list) else []:
        name = run.get("dialerHash") if isinstance(run, Mapping) else None
        if isinstance(name, str):
            yield name


def store_error(answer: APIAnswer, doing: str) -> StoreUnavailableError:
    """What is wrong with an answer that is no success, in the API server's own words."""
    said = f"{doing}: {answer.status} {answer.reason}{_said(answer.body)}"
    return StoreUnavailableError(said) if answer.status in _TRANSIENT else StoreRefusedError(said)


def _spec_of(wire: Mapping[str, Any], before: Campaign | None) -> OutboundCampaignSpec:
    meta, spec = wire["metadata"], wire.get("spec") or {}
    if before is not None and (before.uid, before.generation) == (meta["uid"], meta["generation"]):
        return before.spec
    absent = missing_defaults(spec)
    if absent:
        raise UnusableError(unusable_campaign(wire, Reason.CUSTOM_RESOURCE_DEFINITION_OUTDATED, outdated(absent)))
    try:
        return OutboundCampaignSpec.model_validate(spec)
    except ValidationError as error:
        unreadable = _unreadable(UnreadableError("spec", locations_of(error)))
        raise UnusableError(unusable_campaign(wire, Reason.SPEC_UNREADABLE, unreadable)) from None


def _unreadable(error: UnreadableError) -> str:
    return (
        f"{error} cannot be read: another version of the operator wrote it, or it was changed by hand; meanwhile "
        "nothing is submitted or cancelled. Run the version that wrote it, or correct it"
    )


def _metadata(wire: Mapping[str, Any]) -> Wire:
    meta = wire["metadata"]
    deleted = meta.get("deletionTimestamp")
    return {
        "ref": CampaignRef(meta["namespace"], meta["name"]),
        "uid": meta["uid"],
        "generation": meta["generation"],
        "resource_version": meta["resourceVersion"],
        "created": datetime.fromisoformat(meta["creationTimestamp"]),
        "deletion_time": datetime.fromisoformat(deleted) if deleted is not None else None,
        "finalizers": tuple(meta.get("finalizers") or ()),
        "labels": meta.get("labels") or {},
    }


def _beginning(value: str | None, length: int) -> str | None:
    return None if value is None else value[:length]


def _said(body: object) -> str:
    """The message of a Status. A refused field is named without its value where the value is the user's, since it may
    name a contact; what we write of status and finalizers holds neither contacts nor secrets.
    """
    if not isinstance(body, Mapping):
        return ""
    details = body.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    fields = [c for c in causes if isinstance(c, Mapping) and c.get("field")] if isinstance(causes, list) else []
    if fields:
        return " in " + cut(listed([*map(_cause, fields)]), MAX_SAID)
    message = body.get("message")
    return f": {cut(' '.join(message.split()), MAX_SAID)}" if isinstance(message, str) and message.strip() else ""


def _cause(cause: Mapping[str, Any]) -> str:
    field = str(cause["field"])
    why = cause.get("message") if field.startswith("status") else cause.get("reason")
    return f"{field} ({why})"
