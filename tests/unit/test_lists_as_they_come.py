"""Contact lists as spreadsheets, CRMs and dialers write them: what is read, and what is told of a file that is none."""

from dataclasses import replace

import pytest
from contact_list_kit import config_map, errors, own_file, read, secret

from campaign_operator.api.contacts_spec import Aliases, ContactsFromSource
from campaign_operator.api.delimiter import Delimiter
from campaign_operator.api.vocabulary import ContactFormat, OnInvalidContact
from campaign_operator.domain.contacts.contact_list import ListSource

TWO = {"America/New_York": 1, "Europe/London": 1}
SEMICOLONS = "id;name;timeZone\r\nc1;Ann;America/New_York\r\nc2;Bo;Europe/London\r\n"
TABS = SEMICOLONS.replace(";", "\t")

READ = {
    "semicolons": SEMICOLONS.encode(),
    "semicolons with the mark of UTF-8": SEMICOLONS.encode("utf-8-sig"),
    "tabs": TABS.encode(),
    "tabs in UTF-16, as Excel's Unicode Text": TABS.encode("utf-16"),
    "tabs in UTF-16, big end first": b"\xfe\xff" + TABS.encode("utf-16-be"),
    "UTF-32": SEMICOLONS.encode("utf-32"),
    "UTF-32, big end first": b"\x00\x00\xfe\xff" + SEMICOLONS.encode("utf-32-be"),
    "vertical bars": SEMICOLONS.replace(";", "|").encode(),
    "commas in a list with semicolons": b"id;name, first;timeZone\nc1;Doe, Ann;America/New_York\nc2;,,;Europe/London\n",
    "quotes in a list with semicolons": b'"id";"name";"timeZone"\n"c1";"a;b";"America/New_York"\n'
    b'c2;5" pipe;Europe/London\n',
    "a quote in the header row that other separators do not close": b'id;x,"y;timeZone\nc1;;America/New_York\n'
    b"c2;;Europe/London\n",
    "a line that names the comma": b"sep=,\r\nid,timeZone\r\nc1,America/New_York\r\nc2,Europe/London\r\n",
    "a line that names the semicolon": b'"sep=;"\n\nid;timeZone\nc1;America/New_York\nc2;Europe/London\n',
    "a line that names the tab": b"\xef\xbb\xbfSEP=\t\nid\ttimeZone\nc1\tAmerica/New_York\nc2\tEurope/London\n",
    "lines that end in CR": SEMICOLONS.replace("\r\n", "\r").encode(),
    "lines that end in CR, with quotes": b'"id","timeZone"\r"c1","America/New_York"\r"c2","Europe/London"',
    "lines that end in all three ways": b"id,timeZone\rc1,America/New_York\r\nc2,Europe/London\n",
    "another case and blanks in the header row": b"ID,Time Zone\nc1,America/New_York\nc2,Europe/London\n",
    "other signs in the header row": b" I-D ,time_zone\nc1,America/New_York\nc2,Europe/London\n",
    "an invisible character in the header row": "id,\u200btimeZone\nc1,America/New_York\nc2,Europe/London\n".encode(),
    "a name that is exact before one that is not": b"ID,id,timeZone\n,c1,America/New_York\n,c2,Europe/London\n",
    "a column without a name": b"id,timeZone,\nc1,America/New_York\nc2,Europe/London\n",
    "a column without a name and cells for it": b"id,timeZone,\nc1,America/New_York,\nc2,Europe/London,x\n",
    "empty cells behind the last column": b"id,timeZone\nc1,America/New_York,,\nc2,Europe/London, \n",
    "cells that are missing at the end": b"id,timeZone,name,note\nc1,America/New_York\nc2,Europe/London,Bo\n",
    "rows of blanks": b"id,timeZone\nc1,America/New_York\n ,\n\t, \n \n\xc2\xa0,\xe2\x80\x8b\nc2,Europe/London\n",
    "blanks around values": "id,timeZone\n c1 , America/New_York\nc2\u00a0,Europe/London\u3000\n".encode(),
    "blanks around values in quotes": b'id,timeZone\n" c1"," America/New_York"\n"c2\t","Europe/London\n"\n',
    "ids in JSON that are numbers": b'[\n {"id":101,"timeZone":"America/New_York"},\n'
    b' {"id":102,"timeZone":"Europe/London"}\n]',
    "ids in JSON of which some are numbers": b'[{"id":101,"timeZone":"America/New_York"},'
    b'{"id":"102","timeZone":"Europe/London"}]',
    "NDJSON": b'{"id":"101","timeZone":"America/New_York"}\n{"id":102,"timeZone":"Europe/London"}\n',
    "NDJSON with CR alone": b'{"id":"101","timeZone":"America/New_York"}\r{"id":"102","timeZone":"Europe/London"}\r',
}


@pytest.mark.parametrize("cut", [1, 3, 1_000_000])
@pytest.mark.parametrize("name", READ)
def test_a_list_is_read_as_it_was_written(name: str, cut: int) -> None:
    count = read((secret("list"), READ[name]), cut=cut, piece_bytes=cut)
    assert errors(count) == []
    assert (dict(count.contacts_by_zone), count.invalid_rows) == (TWO, 0)


@pytest.mark.parametrize("name", ["list.json", "list.csv", "list.ndjson", "list.txt", "list"])
def test_ndjson_is_known_whatever_the_file_is_called(name: str) -> None:
    assert dict(read((config_map(name), READ["NDJSON"])).contacts_by_zone) == TWO


def test_a_header_row_in_braces_is_one_of_csv() -> None:
    source = ListSource(name="list.csv", id_column="{id}")
    assert read((source, b"{id},timeZone\nc1,Europe/London\n")).contacts == 1


def test_a_number_and_its_digits_are_one_id_and_may_have_any_length() -> None:
    long_id = "9" * 60
    data = f'[{{"id": {long_id}, "timeZone": "Asia/Tokyo"}},\n{{"id": "{long_id}", "timeZone": "Asia/Tokyo"}}]'
    count = read((config_map("list.json"), data.encode()))
    assert (count.contacts, [error.line for error in count.errors]) == (1, [2])


def test_the_separator_is_the_one_of_the_spec_where_it_names_one() -> None:
    data = b"id,timeZone;id;timeZone\nx,Asia/Tokyo;c1;Europe/London\n"
    assert "Asia/Tokyo" not in read((config_map(), data)).contacts_by_zone
    source = ListSource(name="list.csv", delimiter=Delimiter.SEMICOLON)
    assert dict(read((source, data)).contacts_by_zone) == {"Europe/London": 1}
    # also where a line in the list names another
    assert dict(read((source, b"sep=,\n" + data)).contacts_by_zone) == {"Europe/London": 1}


def test_a_separator_that_the_list_does_not_have_is_told_with_the_one_that_it_has() -> None:
    source = ListSource(name="list.csv", delimiter=Delimiter.TAB)
    assert errors(read((source, SEMICOLONS.encode()))) == [
        "list.csv: line 1: separates its columns with semicolons; set delimiter to Semicolon, or leave it out"
    ]


TOLD = {
    "an id of blanks": (
        b"id,timeZone\nc1,America/New_York\n ,America/New_York\nc1 ,America/New_York\n",
        [
            ": line 3, column id: is empty",
            ": line 4, column id: Duplicate value: the same id is in line 2; give each contact its own id",
        ],
    ),
    "the footer of a report": (
        b'"ID","Last Name","Time Zone"\n"003A01","Doe","America/New_York"\n\n\n"Outbound list"\n"Confidential"\n',
        [
            (
                ": line 5: has 1 field below an empty row, as in the footer of a Salesforce report; delete the lines "
                "below the table, or export with Data Loader (2 rows, this is the first)"
            )
        ],
    ),
    "an id with a fraction": (
        b'[{"id": 1.5, "timeZone": "Asia/Tokyo"},\n{"id": 1e3, "timeZone": "Asia/Tokyo"}]',
        [
            (
                ": line 1, column id: is a number with a fraction or an exponent; write it as a string, in quotes "
                "(2 rows, this is the first)"
            )
        ],
    ),
    "commas behind the objects of NDJSON": (
        b'{"id":"c1","timeZone":"America/New_York"},\n{"id":"c2","timeZone":"Europe/London"}, \n{"id":"c3",\n',
        [
            (
                ": line 1: has a comma at the end of the line, as in an array; take out the comma at the end of each "
                "line (2 rows, this is the first)"
            ),
            ": line 3: is not JSON: Expecting property name enclosed in double quotes",
        ],
    ),
}


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize("name", TOLD)
def test_what_is_not_read_is_told_with_its_remedy(name: str, cut: int) -> None:
    data, told = TOLD[name]
    assert errors(read((config_map("list"), data), cut=cut, piece_bytes=cut)) == [f"list{each}" for each in told]


MAPPED = ListSource(
    name="list",
    quote_values=True,
    default_time_zone="Europe/London",
    time_zone_aliases=Aliases({"Eastern Standard Time": "America/New_York", "EST": "America/New_York"}),
)


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize(
    "data",
    [
        b"id,timeZone\nc1,EST\nc2,Eastern Standard Time\nc3,\nc4, \nc5\nc6, EST \n",
        b'"id","timeZone"\nc1,EST\nc2,Eastern Standard Time\nc3,\nc4, \nc5\nc6, EST \n',
        (
            b'[{"id": "c1", "timeZone": "EST"}, {"id": "c2", "timeZone": "Eastern Standard Time"}, {"id": "c3"},'
            b'{"id": 4, "timeZone": null}, {"id": "c5", "timeZone": " "}, {"id": "c6", "timeZone": "EST"}]'
        ),
    ],
)
def test_empty_zones_and_names_of_other_programs_are_what_the_spec_says(data: bytes, cut: int) -> None:
    count = read((MAPPED, data), cut=cut, piece_bytes=cut)
    assert errors(count) == []
    assert dict(count.contacts_by_zone) == {"America/New_York": 3, "Europe/London": 3}


def test_lists_with_aliases_can_be_told_apart_as_readings_are() -> None:
    wire = {"url": {"address": "https://l.example/"}, "timeZoneAliases": {"EST": "America/New_York"}}
    one, same = ContactsFromSource.model_validate(wire), ContactsFromSource.model_validate(wire)
    other = ContactsFromSource.model_validate(wire | {"timeZoneAliases": {"EST": "America/Panama"}})
    assert len({one, same, other}) == 2
    assert one.to_wire()["timeZoneAliases"] == {"EST": "America/New_York"}


def test_what_was_read_before_makes_the_same_hashes() -> None:
    """Or every campaign with a list would be replanned at an upgrade."""
    wire = {"configMapKeyRef": {"name": "l", "key": "a.csv"}}
    assert ContactsFromSource.model_validate(wire).to_wire() == {**wire, "idColumn": "id", "timeZoneColumn": "timeZone"}
    rows = b"".join(b"d%d,Asia/Tokyo\n" % number for number in range(61))
    count = read((config_map(), b"id,timeZone\nc1,Europe/London\nc2,Europe/London\nc4,Nowhere\n" + rows))
    assert count.accepted(OnInvalidContact.SKIP, 5).hash == "dacf3aaa28c81bdc"


def test_an_alias_is_matched_exactly_and_comes_before_a_name_of_the_database() -> None:
    source = replace(MAPPED, time_zone_aliases=Aliases({"Asia/Tokyo": "Asia/Seoul"}))
    count = read((source, b"id,timeZone\nc1,Asia/Tokyo\nc2,asia/tokyo\n"))
    assert dict(count.contacts_by_zone) == {"Asia/Seoul": 1}
    assert [error.line for error in count.errors] == [3]


def test_one_list_is_read_without_the_aliases_of_another() -> None:
    count = read((MAPPED, b"id,timeZone\nc1,EST\n"), (config_map("other"), b"id,timeZone\nc2,EST\nc3,\n"))
    assert [(error.source, error.line) for error in count.errors] == [("other", 2), ("other", 3)]


@pytest.mark.parametrize("data", [b"id,timeZone\nc1,EST\nc2,Asia/Tokyo\n", b""])
def test_nothing_is_read_where_the_spec_names_a_zone_that_is_none(data: bytes) -> None:
    for wrong, told in (
        (
            {"time_zone_aliases": Aliases({"EST": "America/NewYork"})},
            'list: timeZoneAliases["EST"] of the spec: Invalid',
        ),
        ({"default_time_zone": "EST"}, 'list: defaultTimeZone of the spec: "EST" is standard time all year'),
    ):
        count = read((replace(MAPPED, **wrong), data))
        (error,) = errors(count)
        assert error.startswith(told)
        assert (count.contacts, count.complete) == (0, False)


def test_a_name_that_is_there_twice_is_no_empty_zone() -> None:
    (error,) = errors(read((MAPPED, b'[{"id": "c1", "timeZone": "EST", "timeZone": null}]')))
    assert "is there twice" in error


def zip_file(first_member: str) -> bytes:
    return b"PK\x03\x04" + bytes(22) + len(first_member).to_bytes(2, "little") + bytes(2) + first_member.encode()


FOREIGN = {
    "an Excel workbook": (zip_file("[Content_Types].xml"), "is an Excel workbook (.xlsx); save it as CSV"),
    "an old Excel workbook": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500), "workbook (.xls); save it as CSV"),
    "an OpenDocument file": (
        zip_file("mimetype") + b"application/vnd.oasis.opendocument.spreadsheet",
        "is an OpenDocument file (.ods)",
    ),
    "a Numbers document": (zip_file("Index/Document.iwa"), "is a Numbers document"),
    "a ZIP file": (zip_file("list.csv"), "is a ZIP file; unpack it"),
    "a PDF file": (b"%PDF-1.7\n", "is a PDF file"),
    "a web page": (b"\n <!DOCTYPE html>\n<html><body>Please sign in</body></html>\n", "is a web page and not a list"),
    "a table saved as a web page": ("<TABLE><tr>".encode("utf-16"), "is a web page and not a list"),
    "an XML file": (b'<?xml version="1.0"?>', "is an XML file"),
    "a calendar": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "is a calendar (.ics)"),
    "an address book": (b"BEGIN:VCARD\r\n", "is an address book (.vcf)"),
    "a rich text document": (rb"{\rtf1\ansi", "is a rich text document (.rtf)"),
}


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize("list_format", [None, *ContactFormat])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_list_is_told_to_be_what_it_is(name: str, list_format: ContactFormat, cut: int) -> None:
    data, told = FOREIGN[name]
    count = read((ListSource(name="list.csv", list_format=list_format), data), cut=cut, piece_bytes=cut)
    (error,) = errors(count)
    assert told in error
    assert not count.complete


def test_a_header_row_is_quoted_whole_only_to_whom_it_belongs() -> None:
    data = "URN:Tel,\u200bname,Contact: Time Zone\n2125550100,Ann,America/New_York\n".encode()
    (own,), (of_a_config_map,), (of_a_secret,) = (
        errors(read((source, data))) for source in (own_file(), config_map(), secret())
    )
    assert 'the columns are "URN:Tel", "name", "Contact: Time Zone"; set' in own
    assert 'the columns are (not shown), "name", (not shown); set' in of_a_config_map
    assert "the header row has 3 fields, and none fits; set" in of_a_secret


def test_columns_that_look_alike_are_not_named_for_a_secret() -> None:
    (error,) = errors(read((secret(), b"Id,I-D,timeZone\n")))
    assert "has 2 columns that fit" in error
    assert "I-D" not in error


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize(
    "data",
    [
        b'[{"id": "c1", "timezone": "Asia/Tokyo"},\n{"id": "c2", "timezone": "Asia/Tokyo"}]',
        b'{"id": "c1", "timezone": "Asia/Tokyo"}\n{"id": "c2"\n{"id": "c3", "timezone": "Asia/Tokyo"}\n',
    ],
)
def test_the_default_does_not_stand_for_a_field_that_no_object_has(data: bytes, cut: int) -> None:
    """Or one wrong letter in its name would call everybody at the hours of one zone."""
    count = read((MAPPED, data), cut=cut, piece_bytes=cut)
    assert errors(count)[-1] == (
        'list: has no field "timeZone" in any object; set timeZoneColumn to its name in your list'
    )
    assert not count.complete
