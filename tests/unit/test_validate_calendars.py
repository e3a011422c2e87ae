"""What `validate` makes of `excludeDatesFrom` without a cluster."""

from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path

import pytest
from manifests import LISTED, SHARED_CALENDAR, checked, config_map, with_spec

from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.validation.findings import Severity
from campaign_operator.validation.sources import SuppliedFile
from campaign_operator.validation.supplied import Supplied

TEXT = with_spec(SHARED_CALENDAR)
FIELD = "spec.callingHours.excludeDatesFrom.configMapKeyRef"


def calendar(text: str) -> str:
    """A document with the calendar that the campaign names."""
    return config_map(text, name="holidays", key="all")


def excluded_dates(blueprint: Blueprint) -> AbstractSet[date]:
    """The dates of the campaign and of its calendar."""
    (closed,) = blueprint.inputs.calling_hours.everywhere.closed
    return closed.exclude_dates


def given(path: Path, data: bytes) -> Supplied:
    """As if the file were given by `--exclude-dates`."""
    path.write_bytes(data)
    return Supplied(exclude_dates=SuppliedFile(str(path)))


def test_the_dates_of_a_calendar_among_the_manifests_are_excluded() -> None:
    report = checked(TEXT + calendar("# holidays\n2026-12-25 # Christmas\r\n\n2027-01-01\n"))
    blueprint = report.campaigns[0].checked.blueprint
    assert (report.findings, report.passed_over) == ((), 0)
    assert blueprint is not None
    assert excluded_dates(blueprint) == {date(2026, 12, 25), date(2027, 1, 1)}


def test_a_given_calendar_stands_in_for_the_one_that_is_named(tmp_path: Path) -> None:
    report = checked(TEXT + calendar("2026-02-31\n"), supplied=given(tmp_path / "holidays", b"2026-12-25\n"))
    blueprint = report.campaigns[0].checked.blueprint
    assert report.findings == ()
    assert blueprint is not None
    assert excluded_dates(blueprint) == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (False, "so the dates are not checked; pass them with --exclude-dates FILE"),
        (True, "so the dates are not in the preview; pass them with --exclude-dates FILE"),
    ],
)
def test_a_calendar_that_is_not_there_is_a_warning(needed: bool, words: str) -> None:
    report = checked(TEXT, supplied=Supplied(needed=needed))
    (finding,) = report.findings
    assert (finding.severity, finding.line, finding.field) == (Severity.WARNING, 14, FIELD)
    assert words in finding.message
    assert report.campaigns[0].checked.blueprint is not None


def test_a_key_that_is_missing_is_an_error() -> None:
    (finding,) = checked(TEXT + config_map("2026-12-25\n", name="holidays", key="other")).findings
    assert (finding.severity, finding.line, finding.field) == (Severity.ERROR, 14, f"{FIELD}.key")
    assert 'does not have the key all; its keys are "other"' in finding.message


ICALENDAR = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Christmas Day
DTSTART;VALUE=DATE:20261225
END:VEVENT
BEGIN:VEVENT
DTSTART:20261226T100000Z
END:VEVENT
END:VCALENDAR
"""


def test_events_with_a_time_of_day_are_told_of(tmp_path: Path) -> None:
    supplied = given(tmp_path / "holidays.ics", ICALENDAR)
    told = "1 event with a time of day skipped; only all-day events count"
    for report in (checked(TEXT, supplied=supplied), checked(TEXT + calendar(ICALENDAR.decode()))):
        (finding,) = report.findings
        assert finding.severity is Severity.WARNING
        assert finding.message.endswith(told)
        blueprint = report.campaigns[0].checked.blueprint
        assert blueprint is not None
        assert excluded_dates(blueprint) == {date(2026, 12, 25)}


def test_the_column_of_a_given_file_is_that_of_the_spec(tmp_path: Path) -> None:
    text = TEXT.replace("key: all}", "key: all}, dateColumn: Closed On")
    report = checked(text, supplied=given(tmp_path / "holidays", b"date;closed_on\n2026-01-01;2026-12-25\n"))
    blueprint = report.campaigns[0].checked.blueprint
    assert report.findings == ()
    assert blueprint is not None
    assert excluded_dates(blueprint) == {date(2026, 12, 25)}


EXPIRED = [
    b"2025-12-25\n2026-01-01\n",
    b"date,name\n2025-12-25,x\n2026-01-01,y\n",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20221225\nRRULE:FREQ=YEARLY;COUNT=4\nEND:VEVENT\nEND:VCALENDAR",
]


@pytest.mark.parametrize("data", EXPIRED, ids=["lines", "CSV", "iCalendar"])
def test_a_calendar_of_the_past_is_a_warning_in_any_format(data: bytes, tmp_path: Path) -> None:
    (finding,) = checked(TEXT, supplied=given(tmp_path / "holidays", data)).findings
    assert finding.severity is Severity.WARNING
    assert "is past; no later date is excluded until you add it" in finding.message


BAD = [
    ("31 February", b"2026-12-25\n2026-02-31\n", 2, '"2026-02-31" is not a valid date'),
    ("words", b"# ours\nChristmas\n", 2, '"Christmas" is not a valid date'),
    ("a NUL", b"2026-12-25\n2026-\x0012-26\n", 2, "contains a NUL byte"),
    ("no UTF-8", b"2026-12-25\n\xff\n", 2, "is not valid UTF-8, starting here"),
    ("too many dates", b"".join(b"%d-%02d-%02d\n" % (y, m, d) for y in range(2000, 2040) for m in range(1, 13)
                                for d in range(1, 29)), 1, "must have at most 10000 dates"),
    ("too large", b"#" * (1024 * 1024 + 1), 1, "is larger than 1 MiB"),
    ("a date in CSV", b"date,name\n2026-12-25,Christmas\n1/1/2027,New Year\n", 3, 'column date: "1/1/2027" is not'),
    ("a date in a file", ICALENDAR.replace(b"20261225", b"20261325"), 4, 'DTSTART: "20261325" is not a valid date'),
    ("a workbook", b"PK\x03\x04" + b"\0" * 26 + b"xl/", 1, "is an Excel workbook (.xlsx); save it as CSV"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "line", "words"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_an_error_in_a_given_calendar_names_its_file_and_line(
    data: bytes, line: int, words: str, tmp_path: Path
) -> None:
    report = checked(TEXT, supplied=given(tmp_path / "holidays", data))
    (finding,) = report.findings
    assert report.campaigns[0].checked.blueprint is None
    assert (finding.file, finding.line, finding.severity) == (str(tmp_path / "holidays"), line, Severity.ERROR)
    assert words in finding.message


def test_an_error_in_a_calendar_of_a_config_map_stands_at_the_reference_with_its_line() -> None:
    (finding,) = checked(TEXT + calendar("2026-12-25\n2026-02-31\n")).findings
    assert (finding.line, finding.field) == (14, FIELD)
    assert finding.message.startswith('ConfigMap holidays, key all, line 2: "2026-02-31" is not a valid date')


def test_all_errors_of_a_calendar_are_counted() -> None:
    findings = checked(TEXT + calendar("2026-02-31\n" * 30)).findings
    assert len(findings) == 21
    assert "10 more errors like these" in findings[-1].message


def test_a_calendar_and_a_list_are_told_of_together() -> None:
    text = LISTED + f"  {SHARED_CALENDAR}\n"
    report = checked(text + calendar("2026-02-31\n") + config_map("id,timeZone\nc1,Mars/Base\n"))
    assert [finding.line for finding in report.findings] == [12, 13]


@pytest.mark.parametrize("hours", ['start: "25:00"', "days: [Someday]", 'start: "20:00", end: "09:00"', "dais: [Mon]"])
def test_a_calendar_is_checked_beside_an_error_in_the_hours(hours: str) -> None:
    text = with_spec(SHARED_CALENDAR.replace("{excludeDatesFrom", f"{{{hours}, excludeDatesFrom"))
    findings = checked(text + calendar("2026-02-31\n")).findings
    assert [finding.severity for finding in findings] == [Severity.ERROR] * 2
    assert '"2026-02-31" is not a valid date' in findings[-1].message


@pytest.mark.parametrize("hours", ["[]", "{excludeDatesFrom: {}}", "{excludeDatesFrom: {configMapKeyRef: {name: A}}}"])
def test_a_calendar_that_is_not_named_rightly_is_one_error(hours: str) -> None:
    findings = checked(with_spec(f"callingHours: {hours}") + calendar("2026-02-31\n")).findings
    assert all(finding.field.startswith("spec.callingHours") for finding in findings)
    assert not any("2026-02-31" in finding.message for finding in findings)
