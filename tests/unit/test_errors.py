"""Errors of a spec: one sentence each, safe to print, and all of them together."""

import pytest

from campaign_operator.domain.errors import Findings, InvalidSpecError, SpecError, SpecErrors
from campaign_operator.wording import quoted


def test_an_error_reads_as_its_field_and_a_sentence() -> None:
    error = SpecError("spec.cron", "is empty")
    assert str(error) == "spec.cron: is empty"
    assert (error.errors, error.count) == ((error,), 1)


def test_several_errors_are_listed_one_per_line_in_the_order_found() -> None:
    errors = SpecErrors([SpecError("spec.cron", "is empty"), SpecError("spec.timeZone", "is unknown")])
    assert str(errors) == "spec.cron: is empty\nspec.timeZone: is unknown"
    assert errors.count == 2


def test_errors_of_nested_checks_stand_side_by_side_and_those_not_shown_are_counted() -> None:
    contacts = SpecErrors([SpecError("spec.contacts[0].timeZone", "is unknown")], unshown=37)
    errors = SpecErrors([SpecError("spec.cron", "is empty"), contacts])
    assert [error.field for error in errors.errors] == ["spec.cron", "spec.contacts[0].timeZone"]
    assert errors.count == 39
    assert str(errors).endswith("\nand 37 more")


def test_one_except_clause_catches_one_error_and_many() -> None:
    for error in (SpecError("spec.cron", "is empty"), SpecErrors([SpecError("spec.cron", "is empty")])):
        with pytest.raises(InvalidSpecError) as caught:
            raise error
        assert [each.field for each in caught.value.errors] == ["spec.cron"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Europe/London", '"Europe/London"'),
        ("Zürich", '"Zürich"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("two\nlines", r'"two\nlines"'),
        ("\x1b[31mred", r'"\x1b[31mred"'),
        ("turned \u202e round", r'"turned \u202e round"'),
        ("\ud800", r'"\ud800"'),
        ("x" * 64, f'"{"x" * 64}"'),
        ("x" * 10_000, f'"{"x" * 64}..."'),
    ],
)
def test_a_quoted_value_is_short_and_stays_on_its_line(value: str, shown: str) -> None:
    assert quoted(value) == shown


def test_messages_that_will_not_be_shown_are_never_made() -> None:
    made: list[int] = []

    def explain() -> str:
        made.append(1)
        return "is wrong"

    findings = Findings()
    for number in range(1_000):
        findings.add(f"spec.contacts[{number}].timeZone", explain)
    with pytest.raises(SpecErrors) as caught:
        findings.raise_if_any()
    assert (caught.value.count, len(caught.value.errors), len(made)) == (1_000, 20, 20)


def test_a_list_without_errors_raises_nothing() -> None:
    Findings().raise_if_any()
