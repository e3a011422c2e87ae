"""`campaign-operator contacts` as a user meets it: exit status, stdout and stderr of the real program."""

import gzip
import json

import pytest
from manifests import run_cli

from campaign_operator.validation.recognized_wire import RecognizedListWire

EXPORT = (
    "sep=;\r\nContact ID;Name;TIME_ZONE\r\n1;Ann;Eastern Standard Time\r\n2;Bo;\r\n3;Cy;Europe/London\r\n"
    "4;Di;Eastern Standard Time\r\n4;Ed;Europe/London\r\n5;Flo;Europe/London\r\n"
).encode("utf-16")
COLUMNS = ("--id-column", "Contact ID", "--time-zone-column", "time zone")

TABLE = """\
<stdin>
  Format      CSV, columns separated by Semicolon
  Encoding    UTF-16, compressed with gzip
  ID          column "Contact ID"
  Time zone   column "TIME_ZONE"
  Ignored     "Name"
  Rows        6, 4 of them invalid
  Contacts    2 in 1 time zone
  Errors      4

CONTACTS  TIME ZONE
       2  Europe/London

<stdin>:3: error: column time zone: Invalid value: "Eastern Standard Time": """


def test_what_a_list_is_recognized_as_and_what_is_wrong_is_printed() -> None:
    done = run_cli("contacts", "-", *COLUMNS, stdin=gzip.compress(EXPORT))
    printed = done.stdout.decode()
    assert (done.returncode, done.stderr) == (1, b"")
    assert printed.startswith(TABLE)
    assert [line.partition(": error: ")[0] for line in printed.splitlines()[13:]] == [
        "<stdin>:3",
        "<stdin>:4",
        "<stdin>:7",
    ]
    assert "(2 rows, this is the first)" in printed
    assert not any(word in printed for word in ("Ann", "Flo"))


def test_a_list_that_is_right_with_aliases_and_a_default_is_status_0() -> None:
    aliases = ("--time-zone-alias", "Eastern Standard Time=America/New_York", "--default-time-zone", "Asia/Tokyo")
    done = run_cli("contacts", "-", *COLUMNS, *aliases, "-o", "json", stdin=EXPORT.replace(b"4\0;\0E", b"6\0;\0E"))
    assert (done.returncode, done.stderr) == (0, b"")
    found = RecognizedListWire.model_validate_json(done.stdout)
    assert [(zone.name, zone.contacts) for zone in found.time_zones] == [
        ("Europe/London", 3),
        ("America/New_York", 2),
        ("Asia/Tokyo", 1),
    ]
    assert (found.columns, found.time_zone_column) == (("Contact ID", "Name", "TIME_ZONE"), "TIME_ZONE")
    assert json.loads(done.stdout)["compressed"] is False


def test_names_of_windows_are_read_if_asked_for() -> None:
    done = run_cli("contacts", "-", "--time-zone-format", "windows", stdin=b"id,timeZone\n1,Eastern Standard Time\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"       1  America/New_York\n" in done.stdout


PHONES = b"id,Phone\n1,+12125550100\n2,+34612345678\n3,(212) 555-0100\n"


def test_phone_numbers_tell_time_zones_and_those_of_several_are_counted() -> None:
    of_spain = ("--phone-column", "phone", "--default-time-zone", "Europe/Madrid")
    done = run_cli("contacts", "-", *of_spain, "--default-region", "US", stdin=PHONES)
    assert (done.returncode, done.stderr) == (0, b"")
    printed = done.stdout.decode()
    assert '  ID          column "id"\n  Phone       column "Phone"\n  Rows        3\n' in printed
    assert "  By default  1 with phone numbers that can be in several time zones\n" in printed
    assert "       2  America/New_York\n       1  Europe/Madrid\n" in printed
    done = run_cli("contacts", "-", *of_spain, "-o", "json", stdin=PHONES)
    found = RecognizedListWire.model_validate_json(done.stdout)
    assert (found.phone_column, found.time_zone_column, found.contacts_of_several_zones) == ("Phone", None, 1)
    assert (done.returncode, [error.line for error in found.findings]) == (1, [4])


def test_a_region_without_phone_numbers_is_refused() -> None:
    done = run_cli("contacts", "-", "--default-region", "US", stdin=PHONES)
    assert done.returncode == 2
    assert b"a default region needs a column of phone numbers" in done.stderr


def test_the_json_of_errors_counts_rows() -> None:
    done = run_cli("contacts", "-", *COLUMNS, "-o", "json", stdin=EXPORT)
    found = RecognizedListWire.model_validate_json(done.stdout)
    assert (done.returncode, found.errors, found.invalid_rows, found.complete) == (1, 4, 4, True)
    assert [(error.line, error.count) for error in found.findings] == [(3, 2), (4, 1), (7, 1)]


def test_a_file_that_is_no_list_is_told_to_be_what_it_is() -> None:
    done = run_cli("contacts", "-", stdin=b"<!DOCTYPE html>\n<html>")
    assert done.returncode == 1
    assert b"<stdin>:1: error: is a web page" in done.stdout
    assert b"Format" not in done.stdout


def test_what_is_not_shown_is_counted() -> None:
    rows = "".join(f"c{number},Nowhere {number}\n" for number in range(30))
    done = run_cli("contacts", "-", stdin=f"id,timeZone\n{rows}".encode())
    assert done.stdout.decode().endswith("\nand 10 more errors like these\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("/nowhere/list.csv",),
        ("/",),
        ("-", "--delimiter", "x"),
        ("-", "--time-zone-alias", "EST"),
        ("-", "--id-column", "timeZone"),
    ],
    ids=" ".join,
)
def test_wrong_usage_of_contacts_is_status_2(arguments: tuple[str, ...]) -> None:
    done = run_cli("contacts", *arguments, stdin=b"id,timeZone\n")
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr
