"""The twins of the CustomResourceDefinition's CEL rules: each rule has one, and it says what CEL says."""

from collections.abc import Iterator
from typing import Any

import pytest
from cel_cases import (
    ADDRESS,
    APART,
    CASES,
    COLUMN_CASES,
    CONTACTS,
    CRON_CASES,
    HOURS_BY_DEFAULT,
    PLACE,
    REGION,
    WEEKLY,
)

from campaign_operator.api.crd import structural_schema
from campaign_operator.validation.cel import CELRule, holds


def rules_in(schema: dict[str, Any]) -> Iterator[str]:
    """Every CEL rule of the schema, at any depth."""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield rule["rule"]
    for below in schema.get("properties", {}).values():
        yield from rules_in(below)
    if "items" in schema:
        yield from rules_in(schema["items"])


RULES = sorted(set(rules_in(structural_schema())))


@pytest.mark.parametrize("text", RULES)
def test_every_rule_of_the_schema_can_be_applied_without_a_cluster(text: str) -> None:
    assert CELRule(text).has_a_twin, (
        "write its twin in campaign_operator/validation/cel.py and its cases in cel_cases.py"
    )


@pytest.mark.parametrize("text", RULES)
def test_every_rule_with_a_written_twin_has_cases(text: str) -> None:
    rule = CELRule(text)
    if not rule.is_about_an_edit and rule.pattern is None:
        assert {accepted for case, _, accepted in CASES if case == text} == {True, False}


def test_a_rule_that_nobody_has_written_a_twin_for_is_noticed() -> None:
    assert not CELRule("self.start != self.end").has_a_twin


@pytest.mark.parametrize(("text", "value", "accepted"), CASES)
def test_a_twin_takes_what_cel_takes(text: str, value: Any, accepted: bool) -> None:
    assert text in RULES, "the rule has changed; so must its twin and its cases"
    assert holds(CELRule(text), value) is accepted


@pytest.mark.parametrize(("cron", "accepted"), CRON_CASES)
def test_the_rule_of_cron_is_applied_by_its_own_pattern(cron: str, accepted: bool) -> None:
    rule = structural_schema()["properties"]["spec"]["properties"]["cron"]["x-kubernetes-validations"][0]["rule"]
    assert holds(CELRule(rule), cron) is accepted


@pytest.mark.parametrize(("name", "accepted"), COLUMN_CASES)
def test_the_rule_of_a_column_is_applied_by_its_own_pattern(name: str, accepted: bool) -> None:
    sources = structural_schema()["properties"]["spec"]["properties"]["contactsFrom"]["items"]["properties"]
    assert holds(CELRule(sources["idColumn"]["x-kubernetes-validations"][0]["rule"]), name) is accepted


def test_a_rule_is_applied_beside_errors_in_fields_that_it_does_not_read() -> None:
    read = {text: CELRule(text).fields_read for text in RULES}
    assert {text for text, fields in read.items() if fields == frozenset()} == {
        CONTACTS,
        PLACE,
        ADDRESS,
        REGION,
        WEEKLY,
    }
    assert read[HOURS_BY_DEFAULT] == frozenset({"start", "end"})
    assert read[APART] is None
    assert read["self.start < self.end"] == frozenset({"start", "end"})
    assert read["self.startMode == 'SameInstant' || !has(self.timeZone)"] == frozenset({"startMode"})
    assert CELRule("self.matches('^a$')").fields_read is None
    assert CELRule("isURL(self)").fields_read is None


def test_a_rule_about_an_edit_is_no_matter_for_a_manifest_alone() -> None:
    assert holds(CELRule("self == oldSelf"), "8f14e45f")
