"""Contact lists with phone numbers, which tell the time zones that are missing."""

import gc
import json
from dataclasses import replace

import pytest
from contact_list_kit import config_map, errors, own_file, read, secret

from campaign_operator.api.contacts_spec import Aliases, ContactsFromSource
from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.api.vocabulary import OnInvalidContact
from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.domain.planning.read_inputs import ListedContacts

PHONES = replace(config_map("list"), phone_column="phone")
NEW_YORK, LONDON, MADRID = "+12125550100", "+44 7400 123456", "+34612345678"

OF_MADRID = replace(PHONES, default_time_zone="Europe/Madrid")
ROWS = [
    ("c1", "", NEW_YORK),
    ("c2", "Asia/Tokyo", NEW_YORK),
    ("c3", " ", LONDON),
    ("c4", " Asia/Tokyo", "nonsense"),
    ("c5", "", MADRID),
]
FOUND = {"America/New_York": 1, "Asia/Tokyo": 2, "Europe/London": 1, "Europe/Madrid": 1}


def csv(rows: list[tuple[str, str, str]], *, quote: str = "") -> bytes:
    lines = [("id", "timeZone", "phone"), *rows]
    return "".join(",".join(f"{quote}{cell}{quote}" for cell in line) + "\n" for line in lines).encode()


def objects(rows: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"id": contact_id, "timeZone": zone, "phone": phone} for contact_id, zone, phone in rows]


WRITTEN = {
    "CSV": csv(ROWS),
    "CSV with quotes": csv(ROWS, quote='"'),
    "CSV with other names": csv(ROWS).replace(b"timeZone,phone", b"Time Zone,PHONE"),
    "CSV with the columns in another order": b"phone;note;id;timeZone\n"
    + b"".join(f"{phone};x;{contact_id};{zone}\n".encode() for contact_id, zone, phone in ROWS),
    "JSON": json.dumps(objects(ROWS)).encode(),
    "JSON, indented": json.dumps(objects(ROWS), indent=2).encode(),
    "JSON without empty values": json.dumps(
        [{name: value for name, value in each.items() if value.strip()} for each in objects(ROWS)]
    ).encode(),
    "JSON with null": json.dumps(
        [{**each, "timeZone": each["timeZone"].strip() or None} for each in objects(ROWS)]
    ).encode(),
    "NDJSON": b"".join(json.dumps(each).encode() + b"\n" for each in objects(ROWS)),
}


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize("name", WRITTEN)
def test_the_cell_comes_first_and_then_the_phone_number(name: str, cut: int) -> None:
    count = read((OF_MADRID, WRITTEN[name]), cut=cut, piece_bytes=cut)
    assert errors(count) == []
    assert dict(count.contacts_by_zone) == FOUND
    assert (count.contacts, count.of_several_zones, count.invalid_rows) == (5, 1, 0)


def test_a_list_with_phone_numbers_needs_no_column_of_zones() -> None:
    for data in (
        f"id,phone\nc1,{NEW_YORK}\nc2,{LONDON}\n".encode(),
        f'"id","phone"\n"c1","{NEW_YORK}"\n"c2","{LONDON}"\n'.encode(),
        f'[{{"id":1,"phone":"{NEW_YORK}"}},{{"id":2,"phone":"{LONDON}"}}]'.encode(),
        f'{{"id":1,"phone":"{NEW_YORK}"}}\n{{"phone":"{LONDON}","id":2}}\n'.encode(),
    ):
        count = read((PHONES, data))
        assert errors(count) == []
        assert dict(count.contacts_by_zone) == {"America/New_York": 1, "Europe/London": 1}


def test_an_alias_comes_before_the_phone_number_and_the_default_after_it() -> None:
    source = replace(PHONES, default_time_zone="Asia/Seoul", time_zone_aliases=Aliases({"EST": "America/Panama"}))
    count = read((source, csv([("c1", "EST", LONDON), ("c2", "", LONDON), ("c3", "", ""), ("c4", " ", "\t")])))
    assert errors(count) == []
    assert dict(count.contacts_by_zone) == {"America/Panama": 1, "Europe/London": 1, "Asia/Seoul": 2}


def test_of_several_zones_the_default_counts_if_it_is_one_of_them() -> None:
    rows = [("c1", "", MADRID), ("c2", "", "+79161234567"), ("c3", "", NEW_YORK)]
    count = read((OF_MADRID, csv(rows)))
    assert dict(count.contacts_by_zone) == {"Europe/Madrid": 1, "America/New_York": 1}
    assert count.of_several_zones == 1
    (error,) = errors(count)
    assert "line 3, column phone: is a number that can be in several time zones; add the time zone" in error


def test_of_several_zones_none_is_taken_by_chance() -> None:
    """At 8:00 in the first zone of a Russian mobile it is 5:00 in another."""
    count = read((PHONES, csv([("c1", "", "+79161234567"), ("c2", "", MADRID)])))
    assert (count.contacts, count.invalid_rows) == (0, 2)


def test_a_contact_that_is_there_twice_is_not_counted_among_those_of_several_zones() -> None:
    count = read((OF_MADRID, csv([("c1", "", MADRID), ("c1", "", MADRID), ("c2", "", MADRID)])))
    assert (count.contacts, count.of_several_zones, count.invalid_rows) == (2, 2, 1)


def test_names_of_windows_and_phone_numbers_go_together() -> None:
    source = replace(PHONES, time_zone_format=TimeZoneFormat.WINDOWS)
    count = read((source, csv([("c1", "Tokyo Standard Time", ""), ("c2", "", NEW_YORK)])))
    assert dict(count.contacts_by_zone) == {"Asia/Tokyo": 1, "America/New_York": 1}


def test_integers_in_json_are_their_digits_and_other_values_are_errors() -> None:
    source = replace(PHONES, name="list", default_region="US")
    data = (
        b'[{"id": 1, "phone": 2125550100},\n{"id": 2, "phone": 12125550100},\n{"id": 3, "phone": 2.1e9},\n'
        b'{"id": 4, "phone": true},\n{"id": 5, "phone": ["2125550100"]},\n'
        b'{"id": 6, "phone": 5, "timeZone": "Asia/Tokyo"},\n{"id": 7, "phone": "1", "phone": null},\n'
        b'{"id": 1.5, "phone": 2125550100}]'
    )
    count = read((source, data))
    assert dict(count.contacts_by_zone) == {"America/New_York": 2, "Asia/Tokyo": 1}
    assert [(error.line, error.column) for error in count.errors] == [
        (3, "phone"),
        (4, "phone"),
        (5, "phone"),
        (7, "phone"),
        (8, "id"),
    ]
    assert "write it as a string, in quotes" in count.errors[0].message
    assert count.errors[1].message == "is true or false where a string is expected"
    assert count.errors[3].message == "is there twice"


WRONG = [
    ("c1", "", ""),
    ("c2", "", "+18005550199"),
    ("c3", "", "+1 212 555 0"),
    ("c4", "", "212 555 0100"),
    ("c5", "", "+1 212 555 1"),
    ("c6", "Mars/Base", NEW_YORK),
    ("c7", "", NEW_YORK),
    ("", "", "+18005550199"),
]
TOLD = [
    (
        "line 3, column phone: is a toll-free, premium-rate or other number that is in no place (2 rows, this is the "
        "first)"
    ),
    (
        "line 4, column phone: must be a valid phone number with its country code, such as +442079460000 (2 rows, this "
        "is the first)"
    ),
    "line 2, column phone: is empty, and there is no time zone",
    (
        "line 5, column phone: must begin with + and a country code, such as +442079460000; if all such numbers of the "
        "list are of one country, set defaultRegion to it"
    ),
    "line 9, column id: is empty",
]


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize("source", [own_file("list"), config_map("list"), secret("list")])
def test_what_is_wrong_with_a_number_is_told_by_kind_and_without_the_number(source: ListSource, cut: int) -> None:
    count = read((replace(source, phone_column="phone"), csv(WRONG)), cut=cut, piece_bytes=cut)
    told = errors(count)
    assert [each.removeprefix("list: ") for each in told if "column timeZone" not in each] == TOLD
    assert (count.contacts, count.invalid_rows, count.error_count) == (1, 7, 8)
    assert not any(number[-4:] in " ".join(told) for _, _, number in WRONG if len(number) > 4)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("id,timeZone", 'has no column "phone"; the columns are "id", "timeZone"; set phoneColumn to the name'),
        (
            "timeZone,name",
            'has no columns "id" and "phone"; the columns are "timeZone", "name"; set idColumn and phone',
        ),
        ("id,Phone,PHONE", 'has 2 columns that fit "phone": "Phone", "PHONE"; set phoneColumn to one of them'),
        ("id,phone,phone", 'has 2 columns "phone"; keep one of them'),
        ("id;timeZone,phone", 'has no column "id"; the columns are'),
    ],
)
def test_a_header_row_without_the_column_is_told(header: str, told: str) -> None:
    (error,) = errors(read((PHONES, f"{header}\n".encode())))
    assert error.startswith(f"list: line 1: {told}")


def test_one_column_is_not_taken_for_two() -> None:
    source = replace(PHONES, phone_column="I D")
    (error,) = errors(read((source, b"Id,timeZone\nx,y\n")))
    assert 'has one column that fits both "id" and "I D"' in error
    # the column of zones may be missing, but is not the one with the phone numbers
    source = replace(PHONES, phone_column="Time Zone")
    count = read((source, f"id,Time Zone\nc1,{NEW_YORK}\n".encode()))
    assert dict(count.contacts_by_zone) == {"America/New_York": 1}


def test_the_separator_is_the_one_with_which_the_row_has_id_and_phone() -> None:
    count = read((PHONES, f"name, first;id;phone\nDoe, Ann;c1;{NEW_YORK}\n".encode()))
    assert count.contacts == 1


def test_where_only_the_column_of_zones_is_missing_the_other_way_is_told() -> None:
    (error,) = errors(read((config_map("list"), b"id,phone\n")))
    assert error.endswith(
        "set timeZoneColumn to the name in your list, or set phoneColumn if the list has phone numbers"
    )


def test_nothing_is_read_where_the_spec_names_a_region_that_is_none() -> None:
    count = read((replace(PHONES, default_region="UK"), csv(ROWS)))
    (error,) = errors(count)
    assert error == (
        'list: defaultRegion of the spec: Invalid value: "UK": must be a country code of ISO 3166-1, such as US or GB'
    )
    assert (count.contacts, count.complete) == (0, False)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"phone_column": "id"}, "must be in different columns"),
        ({"phone_column": "timeZone"}, "must be in different columns"),
        ({"phone_column": " phone"}, "has spaces around it"),
        ({"phone_column": None, "default_region": "US"}, "a default region needs a column of phone numbers"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(changes: dict[str, str | None], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(PHONES, **changes)  # type: ignore[arg-type] # each has its own type


def test_the_fields_of_the_spec_are_read_and_are_not_there_unless_they_are_written() -> None:
    wire = {"configMapKeyRef": {"name": "l", "key": "a.csv"}, "phoneColumn": "Mobile", "defaultRegion": "US"}
    named = ContactsFromSource.model_validate(wire)
    source = ListSource.of(named, "list")
    assert (source.phone_column, source.default_region) == ("Mobile", "US")
    without = ContactsFromSource.model_validate({"configMapKeyRef": wire["configMapKeyRef"]}).to_wire()
    assert without.keys() == {"configMapKeyRef", "idColumn", "timeZoneColumn"}


def test_how_many_are_of_several_zones_is_told_and_changes_no_hash() -> None:
    count = read((OF_MADRID, csv(ROWS)))
    accepted = count.accepted(OnInvalidContact.REJECT, 0)
    assert accepted.of_several_zones == 1
    assert accepted.hash == ListedContacts(FOUND).hash


@pytest.mark.parametrize("written_as", TimeZoneFormat)
def test_a_number_in_another_column_is_not_told_either(written_as: TimeZoneFormat) -> None:
    """The columns of the spec may be the wrong ones, and a list may have no header row."""
    source = replace(own_file("list"), time_zone_column="phone", time_zone_format=written_as)
    told = errors(read((source, csv([("c1", "", "+1 646 555 7391"), ("c2", "", "+1 646 555 7392")]))))
    assert len(told) == 1
    assert "7391" not in told[0]
    (headless,) = errors(read((own_file("list"), b"Ann,+1 646 555 7391,Ohio\n")))
    assert 'the columns are "Ann", (not shown), "Ohio"' in headless


def test_nothing_that_is_kept_of_a_list_has_a_number() -> None:
    """A reading stays until all lists of a campaign are read, and what is known of it as long as the campaign."""
    reading = ContactReading(ListLimits())
    opened = reading.open(PHONES)
    opened.feed(csv([("c1", "", "+1 646 555 7391"), ("c2", "", "+1 800 555 7391"), ("c3", "", "7391 7391")]))
    opened.finish()
    count = reading.conclude()
    seen: set[int] = set()
    found: list[object] = [reading, opened, count]
    while found:
        each = found.pop()
        if id(each) in seen or isinstance(each, type):
            continue
        seen.add(id(each))
        assert not isinstance(each, str) or "7391" not in each
        assert not isinstance(each, bytes | bytearray) or b"7391" not in each
        if type(each).__module__.startswith("campaign_operator") or isinstance(each, dict | list | tuple | set):
            found.extend(gc.get_referents(each))
