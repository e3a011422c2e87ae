"""Contact lists with names of time zones in Windows, which are read where the spec says that they are there."""

import json
from dataclasses import replace

import pytest
from contact_list_kit import config_map, errors, read, secret
from tzlocal.windows_tz import win_tz

from campaign_operator.api.contacts_spec import Aliases, ContactsFromSource
from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.domain.contacts.contact_list import ListSource
from campaign_operator.domain.contacts.zone_words import windows_zones
from campaign_operator.domain.planning.zones import ZONE_NAMES, canonical_name

WINDOWS = replace(config_map("list"), time_zone_format=TimeZoneFormat.WINDOWS)
RULE = "must be a name of a time zone in Windows, such as Eastern Standard Time (timeZoneFormat: Windows)"


def rows(*zones: str) -> bytes:
    return b"id,timeZone\n" + b"".join(f"c{number},{zone}\n".encode() for number, zone in enumerate(zones))


def test_names_of_windows_are_read_where_the_spec_says_so() -> None:
    data = rows("Eastern Standard Time", "W. Europe Standard Time ", '"Tokyo Standard Time"', "UTC")
    count = read((WINDOWS, data))
    assert errors(count) == []
    assert dict(count.contacts_by_zone) == {
        "America/New_York": 1,
        "Europe/Berlin": 1,
        "Asia/Tokyo": 1,
        "Etc/UTC": 1,
    }


def test_they_are_read_in_json_too() -> None:
    data = json.dumps([{"id": 5, "timeZone": "Eastern Standard Time"}]).encode()
    assert dict(read((WINDOWS, data)).contacts_by_zone) == {"America/New_York": 1}


@pytest.mark.parametrize(
    ("zone", "remedy"),
    [
        ("Europe/London", "this is a name of the IANA database; leave out timeZoneFormat, or use timeZoneAliases"),
        ("eastern standard time", 'did you mean "Eastern Standard Time"?'),
        ("Eastern  Standard Tim", 'did you mean "Eastern Standard Time"?'),
        ("EST", "use timeZoneAliases for other values"),
        ("Standard Time", "use timeZoneAliases for other values"),
        ("x" * 60_000, "use timeZoneAliases for other values"),
    ],
)
def test_other_values_are_errors_with_what_to_do(zone: str, remedy: str) -> None:
    (error,) = errors(read((WINDOWS, rows(zone))))
    shown = zone if len(zone) < 100 else f"{zone[:64]}..."
    assert error == f'list: line 2, column timeZone: Invalid value: "{shown}": {RULE}; {remedy}'


def test_of_a_secret_no_value_is_told_and_no_name_that_was_meant() -> None:
    source = replace(secret("list"), time_zone_format=TimeZoneFormat.WINDOWS)
    (error,) = errors(read((source, rows("eastern standard time", "Europe/London"))))
    assert error == (
        f"list: line 2, column timeZone: {RULE}; use timeZoneAliases for other values (2 rows, this is the first)"
    )


def test_aliases_come_first_and_the_default_stays_a_name_of_the_database() -> None:
    source = replace(
        WINDOWS,
        default_time_zone="Europe/Paris",
        time_zone_aliases=Aliases({"Eastern Standard Time": "America/Panama", "EST": "America/New_York"}),
    )
    count = read((source, rows("Eastern Standard Time", "EST", "")))
    assert dict(count.contacts_by_zone) == {"America/Panama": 1, "America/New_York": 1, "Europe/Paris": 1}


def test_one_list_has_names_of_windows_and_another_has_not() -> None:
    count = read((WINDOWS, rows("UTC-02")), (config_map("other"), b"id,timeZone\nx,UTC-02\ny,Etc/GMT+2\n"))
    assert [(error.source, error.line) for error in count.errors] == [("other", 2)]
    assert dict(count.contacts_by_zone) == {"Etc/GMT+2": 2}


def test_every_name_of_windows_stands_for_a_name_that_the_database_has_today() -> None:
    assert windows_zones().keys() == win_tz.keys()
    assert set(windows_zones().values()) <= ZONE_NAMES
    for word, name in win_tz.items():
        assert windows_zones()[word] in (name, canonical_name(name))
    assert windows_zones()["India Standard Time"] == "Asia/Kolkata"
    assert windows_zones()["Nepal Standard Time"] == "Asia/Kathmandu"
    # a link, but the name of its country
    assert windows_zones()["Greenwich Standard Time"] == "Atlantic/Reykjavik"
    assert windows_zones()["Central Europe Standard Time"] == "Europe/Budapest"


def test_the_field_is_the_spec_s_and_is_not_there_unless_it_is_written() -> None:
    wire = {"configMapKeyRef": {"name": "l", "key": "a.csv"}, "timeZoneFormat": "Windows"}
    named = ContactsFromSource.model_validate(wire)
    assert ListSource.of(named, "list").time_zone_format is TimeZoneFormat.WINDOWS
    assert named.to_wire()["timeZoneFormat"] == "Windows"
    del wire["timeZoneFormat"]
    without = ContactsFromSource.model_validate(wire)
    assert ListSource.of(without, "list").time_zone_format is TimeZoneFormat.IANA
    assert "timeZoneFormat" not in without.to_wire()
