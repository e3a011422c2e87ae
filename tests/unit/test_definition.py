"""An older CustomResourceDefinition is noticed: by what it publishes, by what it returns, and by what it keeps."""

from copy import deepcopy
from typing import Any

import pytest
from builders import finished, run, spec, status, window

from campaign_operator.api.crd import structural_schema
from campaign_operator.api.definition import lost_fields, missing_defaults, missing_fields, outdated, published_schema
from campaign_operator.api.vocabulary import WindowState

GVK = {"group": "campaign-operator.io", "kind": "OutboundCampaign", "version": "v1alpha1"}


def older(*path: str) -> dict[str, Any]:
    """The schema without the field that the path leads to."""
    schema: Any = deepcopy(structural_schema())
    place = schema
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return dict(schema)


def test_the_definition_of_this_version_lacks_nothing() -> None:
    assert missing_fields(structural_schema()) == ()


def test_more_fields_and_values_are_welcome() -> None:
    newer = deepcopy(structural_schema())
    newer["properties"]["spec"]["properties"]["novelty"] = {"type": "string"}
    newer["properties"]["spec"]["properties"]["runPolicy"]["enum"].append("Weekly")
    assert missing_fields(newer) == ()


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        (("properties", "spec", "properties", "callingHours"), "spec.callingHours"),
        (("properties", "spec", "properties", "callingHours", "properties", "days"), "spec.callingHours.days"),
        (("properties", "spec", "properties", "contacts", "items", "properties", "id"), "spec.contacts[].id"),
        (("properties", "status", "properties", "runs"), "status.runs"),
        (("properties", "status"), "status"),
    ],
    ids=str,
)
def test_a_field_that_is_missing_is_named(path: tuple[str, ...], missing: str) -> None:
    assert missing_fields(older(*path)) == (missing,)


def test_a_value_that_is_missing_is_named() -> None:
    schema = deepcopy(structural_schema())
    windows = schema["properties"]["status"]["properties"]["runs"]["items"]["properties"]["windows"]
    windows["items"]["properties"]["state"]["enum"].remove("Cancelling")
    assert missing_fields(schema) == ("status.runs[].windows[].state: Cancelling",)


def test_the_schema_is_found_by_its_kind() -> None:
    wanted = {"x-kubernetes-group-version-kind": [GVK], "properties": {}}
    others: dict[str, Any] = {"a": {"x-kubernetes-group-version-kind": [{**GVK, "kind": "Other"}]}, "b": {}}
    assert published_schema({"components": {"schemas": {**others, "c": wanted}}}) == wanted


@pytest.mark.parametrize(
    "document", [None, "x", {}, {"components": {}}, {"components": {"schemas": {"b": {}}}}], ids=str
)
def test_a_document_without_it_tells_nothing(document: object) -> None:
    assert published_schema(document) is None


def test_a_default_that_is_absent_shows_that_the_definition_does_not_know_the_field() -> None:
    wire = spec().to_wire()
    assert missing_defaults(wire) == ()
    del wire["callingHours"], wire["suspend"], wire["completion"]["graceSeconds"]
    assert missing_defaults(wire) == ("spec.callingHours", "spec.completion.graceSeconds", "spec.suspend")


def test_what_the_api_server_has_not_kept_of_a_status_is_named_once() -> None:
    sent = status(run(window(WindowState.INTENT), window()), history=(finished(),)).to_wire()
    kept = deepcopy(sent)
    assert lost_fields(sent, kept) == ()
    for one in kept["runs"][0]["windows"]:
        del one["attempt"]
    del kept["history"][0]["metrics"]
    assert lost_fields(sent, kept) == ("status.runs[].windows[].attempt", "status.history[].metrics")


@pytest.mark.parametrize(
    ("kept", "lost"),
    [(None, "status"), ({"runs": None}, "status.runs"), ({"runs": []}, "status.runs"), ({}, "status.runs")],
    ids=str,
)
def test_what_is_gone_as_a_whole_is_named_as_a_whole(kept: object, lost: str) -> None:
    assert lost_fields({"runs": [{"id": "x"}]}, kept) == (lost,)


def test_it_says_what_to_do() -> None:
    fields = [f"spec.f{number}" for number in range(12)]
    message = outdated(fields)
    assert message.endswith(
        "lacks "
        + ", ".join(fields[:10])
        + " and 2 more; update it: campaign-operator crd | kubectl apply --server-side --force-conflicts -f -"
    )
