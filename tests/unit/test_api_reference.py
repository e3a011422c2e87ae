"""docs/api.md names all that the resource has: fields, rules, values, columns, annotations."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from api_reference import render_reference
from campaign_operator.api import vocabulary
from campaign_operator.api.crd import Schema, custom_resource_definition
from campaign_operator.api.vocabulary import Adjustment

PAGE = render_reference()
LINES = " ".join(PAGE.split())
"""As it is read, in whatever lines it stands."""


def definition() -> Schema:
    (version,) = custom_resource_definition()["spec"]["versions"]
    return dict(version)


def fields(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field, f"{path}.{name}")
        yield from fields(field.get("items", {}), f"{path}.{name}[]")


def all_fields() -> list[tuple[str, Schema]]:
    parts = definition()["schema"]["openAPIV3Schema"]["properties"]
    return [each for part in ("spec", "status") for each in fields(parts[part], part)]


def entry(path: str) -> str:
    """What the page says of a field, in one line."""
    _, _, after = PAGE.partition(f"- **`{path}`** ")
    return " ".join(after.split("\n- ")[0].split("\n\n")[0].split())


def rules_in(schema: Any) -> Iterator[dict[str, str]]:
    if isinstance(schema, dict):
        yield from schema.get("x-kubernetes-validations", ())
        for value in schema.values():
            yield from rules_in(value)


def test_every_field_has_one_entry_with_its_description() -> None:
    assert len(all_fields()) > 100
    for path, field in all_fields():
        assert PAGE.count(f"- **`{path}`** ") == 1
        assert field["description"] in entry(path).replace("\\", "")


def test_every_value_of_an_enumeration_is_named() -> None:
    for path, field in all_fields():
        for value in [*field.get("enum", ()), *field.get("items", {}).get("enum", ())]:
            assert f"`{value}`" in entry(path), path


def test_every_rule_is_there_with_its_message() -> None:
    rules = list(rules_in(definition()["schema"]))
    assert len(rules) > 10
    for rule in rules:
        _, *after = LINES.split(f"`{rule['rule']}`: ")
        assert any(text.replace("\\", "").startswith(rule["message"]) for text in after)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("spec.windowSeconds", "(integer, default `14400`, 60 to 604,800): Seconds for which"),
        ("spec.campaignID", "(string, required, 1 to 128 characters): ID of the campaign"),
        ("spec.campaignID", "Pattern `^[A-Za-z0-9][A-Za-z0-9._-]*$`"),
        ("spec.callingHours", "([object](#speccallinghours), default: that of each of its fields):"),
        ("spec.callingHours.excludeDates", "Each item: 1 to 10 characters"),
        ("spec.contacts", "(atomic list of [objects](#speccontacts), optional, 1 to 2,000 items):"),
        (
            "status.conditions",
            "(list (one for each `type`) of [objects](#statusconditions), optional, at most 16 items):",
        ),
        ("status.runs[].id", "(string, required, 13 characters):"),
        ("status.runs[].listHash", '(string, default `""`, at most 64 characters):'),
        ("status.runs[].windows[].startTime", "(time, required):"),
    ],
)
def test_type_default_and_limits_are_beside_the_field(path: str, said: str) -> None:
    assert said in entry(path)


def test_a_value_has_the_meaning_that_its_docstring_gives() -> None:
    adjustments = entry("status.runs[].windows[].adjustments")
    assert f"- `{Adjustment.FIRST_OF_TWO}`: The clocks show the local time twice; the window starts" in adjustments


def test_no_two_enumerations_have_the_same_values() -> None:
    """Since it is by its values that the page knows an enumeration."""
    enumerations = [
        tuple(each)
        for each in vars(vocabulary).values()
        if isinstance(each, type) and issubclass(each, StrEnum) and len(each)
    ]
    assert len(set(enumerations)) == len(enumerations)


def test_every_column_is_there() -> None:
    for column in definition()["additionalPrinterColumns"]:
        assert f"| {column['name'].upper()} | {column['type']} | `{column['jsonPath'][1:]}` |" in PAGE


def test_every_annotation_and_finalizer_is_there() -> None:
    names = [value for name, value in vars(vocabulary).items() if name.endswith(("_ANNOTATION", "_FINALIZER"))]
    assert len(names) >= 4
    assert [name for name in names if f"| `{name}` |" not in PAGE] == []
