"""Counting contacts by zone, and what is said of a list with mistakes in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from campaign_operator.domain.errors import InvalidSpecError, SpecError
from campaign_operator.domain.planning.plan import count_contacts
from campaign_operator.domain.planning.zones import TZDATA_VERSION


@dataclass(frozen=True)
class Contact:
    id: str
    time_zone: str


def test_contacts_are_counted_by_zone() -> None:
    contacts = [
        Contact("c1", "America/New_York"),
        Contact("c2", "Europe/London"),
        Contact("c3", "America/New_York"),
    ]
    assert count_contacts(contacts) == {"America/New_York": 2, "Europe/London": 1}


def test_names_of_the_same_zone_are_counted_apart_since_each_is_sent_as_written() -> None:
    assert count_contacts([Contact("c1", "US/Eastern"), Contact("c2", "America/New_York")]) == {
        "US/Eastern": 1,
        "America/New_York": 1,
    }


def test_an_unknown_zone_is_told_with_its_place_and_the_nearest_name() -> None:
    contacts = [Contact(f"c{number}", "Europe/London") for number in range(3)]
    with pytest.raises(InvalidSpecError) as caught:
        count_contacts([*contacts, Contact("c3", "america/new_york")])
    assert str(caught.value) == (
        'spec.contacts[3].timeZone: Invalid value: "america/new_york": must be a valid time zone of the IANA database '
        f'({TZDATA_VERSION}); did you mean "America/New_York"?'
    )


def test_an_id_that_is_there_twice_is_told_by_both_places_and_never_itself() -> None:
    contacts = [
        Contact("+15550100", "Europe/London"),
        Contact("+15550101", "Europe/London"),
        Contact("+15550100", "Europe/London"),
        Contact("+15550100", "America/New_York"),
    ]
    with pytest.raises(InvalidSpecError) as caught:
        count_contacts(contacts)
    assert [error.field for error in caught.value.errors] == ["spec.contacts[2].id", "spec.contacts[3].id"]
    assert all("Duplicate value: spec.contacts[0].id has the same id" in error.message for error in caught.value.errors)
    assert "5550" not in str(caught.value) + repr(caught.value)


def test_all_mistakes_are_found_at_once_twenty_are_shown_and_all_are_counted() -> None:
    contacts = [Contact(f"c{number // 2}", "Nowhere") for number in range(50)]
    with pytest.raises(InvalidSpecError) as caught:
        count_contacts(contacts)
    assert caught.value.count == 50 + 25
    assert len(caught.value.errors) == 20
    assert [error.field for error in caught.value.errors[:3]] == [
        "spec.contacts[0].timeZone",
        "spec.contacts[1].id",
        "spec.contacts[1].timeZone",
    ]
    assert str(caught.value).endswith("\nand 55 more")


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^spec\.contacts: must have at least 1 contact$"):
        count_contacts([])


def test_a_list_read_bit_by_bit_from_elsewhere_is_named_by_where_it_stands() -> None:
    def rows() -> Iterator[Contact]:
        yield Contact("c1", "Europe/London")
        yield Contact("c2", "")

    with pytest.raises(
        InvalidSpecError, match=r"^spec.contactsFrom\[0\]\[1\].timeZone: Invalid value: \"\": must be a valid time zone"
    ):
        count_contacts(rows(), field="spec.contactsFrom[0]")
