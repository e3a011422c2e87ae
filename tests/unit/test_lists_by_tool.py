"""What docs/contact-lists-by-tool.md says of each tool: its example is as the tool writes, and is read with what the
table has for the spec.
"""

import json
import re
from typing import NamedTuple

import pytest
import yaml
from contact_list_kit import errors, read
from manifests import ROOT, run_cli

from campaign_operator.api.contacts_spec import ContactsFromSource
from campaign_operator.domain.contacts.contact_list import ListSource
from campaign_operator.validation.recognized_wire import RecognizedListWire
from campaign_operator.validation.wire_model import schema_file

LISTS = ROOT / "examples" / "contact-lists"
SCHEMA = ROOT / "docs" / "contacts.schema.json"

_ROW = re.compile(r"^\| \[[^\]]+\]\(\.\./examples/contact-lists/([\w.-]+)\) \|.*\| ([^|]+) \|$", re.MULTILINE)
_FIELD = re.compile(r"`(\w+: [^`]+)`")


class Written(NamedTuple):
    """How a list begins, how its lines end, and what is read of it."""

    begins: bytes
    line_end: bytes
    contacts_by_zone: dict[str, int]
    error: str | None = None


MARK, CRLF = b"\xef\xbb\xbf", b"\r\n"
CUSTOMERS = b"Customer,Name,Time zone\r\n"

WRITTEN = {
    "excel.csv": Written(MARK + CUSTOMERS, CRLF, {"America/New_York": 2, "Europe/London": 1}),
    "excel-semicolon.csv": Written(
        MARK + b"Kundennummer;Name;Zeitzone;", CRLF, {"Europe/Berlin": 2, "Europe/Vienna": 1}
    ),
    "excel-unicode-text.txt": Written(
        b"\xff\xfe" + "Customer\tName\tTime zone\r\n".encode("utf-16-le"),
        b"\r\0\n\0",
        {"America/New_York": 2, "Europe/London": 1},
    ),
    "numbers.csv": Written(CUSTOMERS, CRLF, {"America/Chicago": 2, "Europe/Paris": 1}),
    "google-sheets.csv": Written(CUSTOMERS, b"Asia/Tokyo", {"America/Denver": 2, "Asia/Tokyo": 1}),
    "salesforce-report.csv": Written(
        b'"Contact ID","Last Name","Time Zone"\n',
        b'"\n',
        {"America/New_York": 2, "Europe/London": 1},
        "salesforce-report.csv: line 7: has 1 field below an empty row, as in the footer of a Salesforce report",
    ),
    "data-loader.csv": Written(
        b'"ID","LASTNAME","TIME_ZONE__C"\n', b'"\n', {"America/New_York": 1, "America/Los_Angeles": 2}
    ),
    "hubspot.csv": Written(
        b"Record ID,First Name,Last Name,Time Zone\n", b"\n", {"America/New_York": 2, "America/Port-au-Prince": 1}
    ),
    "outlook.csv": Written(
        b'"First Name","Last Name","Business Country/Region"',
        CRLF,
        {},
        "outlook.csv: line 2: is not valid UTF-8, starting here",
    ),
    "vicidial.txt": Written(
        b"lead_id\tentry_date\tmodify_date\tstatus\tuser\tvendor_lead_code\tsource_id\tlist_id\tgmt_offset_now\t",
        CRLF,
        {"America/New_York": 1, "America/Chicago": 2},
    ),
    "genesys-cloud.csv": Written(
        b'"AccountID","Name","Phone","PhoneTimeZone"', CRLF, {"America/New_York": 1, "America/Los_Angeles": 2}
    ),
    "amazon-connect.csv": Written(
        b"FirstName,LastName,PhoneNumber,State,CustomerId\n", b"\n", {"America/Los_Angeles": 1, "America/New_York": 2}
    ),
}

WALKED_THROUGH = {
    "excel-semicolon.csv": (3, 0),
    "excel-unicode-text.txt": (3, 0),
    "salesforce-report.csv": (3, 5),
    "crm-api.ndjson": (3, 0),
    "with-errors.csv": (4, 3),
}
"""The valid and the invalid rows of each list that the page walks through, with the fields of its manifest."""

OPTIONS = {
    "idColumn": "--id-column",
    "timeZoneColumn": "--time-zone-column",
    "timeZoneFormat": "--time-zone-format",
    "defaultTimeZone": "--default-time-zone",
}


def sources() -> dict[str, ListSource]:
    """Each list with the fields that the table has for it."""
    rows = _ROW.findall((ROOT / "docs" / "contact-lists-by-tool.md").read_text())
    return {name: as_in_the_spec(name, "\n".join(_FIELD.findall(fields))) for name, fields in rows}


def as_in_the_spec(name: str, fields: str) -> ListSource:
    wire = {"configMapKeyRef": {"name": "list", "key": name}, **yaml.safe_load(fields)}
    return ListSource.of(ContactsFromSource.model_validate(wire), name, quote_values=True)


def test_each_tool_of_the_table_has_a_list_that_is_tested() -> None:
    assert list(sources()) == list(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_list_has_the_bytes_that_its_tool_writes(name: str) -> None:
    """Whatever an editor or Git would make of them."""
    data = (LISTS / name).read_bytes()
    assert data.startswith(WRITTEN[name].begins)
    assert data.endswith(WRITTEN[name].line_end)
    if WRITTEN[name].line_end.endswith(b"\n") and CRLF not in WRITTEN[name].line_end:
        assert b"\r" not in data


@pytest.mark.parametrize("cut", [1, 1_000_000])
@pytest.mark.parametrize("name", WRITTEN)
def test_the_list_of_a_tool_is_read_with_what_the_table_has_for_it(name: str, cut: int) -> None:
    count = read((sources()[name], (LISTS / name).read_bytes()), cut=cut, piece_bytes=cut)
    told = [error.partition(";")[0] for error in errors(count)]
    assert told == ([WRITTEN[name].error] if WRITTEN[name].error is not None else [])
    assert dict(count.contacts_by_zone) == WRITTEN[name].contacts_by_zone


def test_what_the_table_asks_to_do_first_is_enough() -> None:
    report = (LISTS / "salesforce-report.csv").read_bytes().partition(b"\n\n")[0]
    outlook = (LISTS / "outlook.csv").read_bytes().decode("cp1252").encode("utf-8-sig")
    for name, data, zones in (
        ("salesforce-report.csv", report, {"America/New_York": 2, "Europe/London": 1}),
        ("outlook.csv", outlook, {"Europe/Berlin": 2, "Europe/London": 1}),
    ):
        count = read((sources()[name], data))
        assert (errors(count), dict(count.contacts_by_zone)) == ([], zones)


def test_an_offset_is_not_taken_for_a_time_zone() -> None:
    source = as_in_the_spec("vicidial.txt", "idColumn: lead_id\ntimeZoneColumn: gmt_offset_now")
    count = read((source, (LISTS / "vicidial.txt").read_bytes()))
    assert (count.contacts, count.invalid_rows) == (0, 3)


@pytest.mark.parametrize("name", WALKED_THROUGH)
def test_the_json_of_a_list_that_is_walked_through_is_as_published(name: str) -> None:
    (of_spec,) = yaml.safe_load((LISTS / name).with_suffix(".yaml").read_text())["spec"]["contactsFrom"]
    options = [f"{option}={of_spec[field]}" for field, option in OPTIONS.items() if field in of_spec]
    options += [f"--time-zone-alias={value}={zone}" for value, zone in of_spec.get("timeZoneAliases", {}).items()]
    done = run_cli("contacts", name, *options, "-o", "json", cwd=LISTS)
    found = RecognizedListWire.model_validate_json(done.stdout, strict=True)
    schema = json.loads(SCHEMA.read_text())
    assert set(schema["required"]) <= set(json.loads(done.stdout)) <= set(schema["properties"])
    assert (found.file, found.complete, found.contacts, found.invalid_rows) == (name, True, *WALKED_THROUGH[name])
    assert done.returncode == (1 if found.errors else 0)


def test_the_published_schema_of_a_list_is_that_of_the_model() -> None:
    assert SCHEMA.read_text() == schema_file(RecognizedListWire)
