"""What `validate` makes of a list that is given by `--contacts`, in the place of those that a campaign names."""

import os
import threading
from contextlib import closing
from pathlib import Path

import pytest
from manifests import LISTED, checked, config_map, listed
from test_validate_lists import BAD, GOOD, OF_SECRET, contacts_of, given

from campaign_operator.validation.findings import Finding
from campaign_operator.validation.sources import NoSourceError, SuppliedFile
from campaign_operator.validation.supplied import Supplied, SuppliedContacts


def test_a_given_list_stands_in_for_all_of_contacts_from_of_every_campaign(tmp_path: Path) -> None:
    other = listed(source="url: {address: 'https://a.example/b'}").replace("spring", "summer").replace("8f14", "9f14")
    report = checked(f"{LISTED}{config_map(BAD)}---\n{other}", supplied=given(tmp_path / "spring.csv", GOOD))
    assert report.findings == ()
    assert [c.checked.blueprint is not None for c in report.campaigns] == [True, True]


def test_an_error_of_a_given_list_is_told_once_for_all_campaigns(tmp_path: Path) -> None:
    other = LISTED.replace("spring", "summer").replace("8f14", "9f14")
    report = checked(f"{LISTED}---\n{other}", supplied=given(tmp_path / "spring.csv", BAD))
    assert [finding.line for finding in report.findings] == [3, 4]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spring.ndjson", '{"Contact ID": "c1", "tz": "Asia/Tokyo"}\n'),
        ("spring", '[{"Contact ID": "c1", "tz": "Asia/Tokyo"}]'),
        ("spring", "tz,Contact ID\nAsia/Tokyo,c1\n"),
    ],
)
def test_a_given_list_has_the_columns_of_the_first_source_and_its_own_format(
    name: str, text: str, tmp_path: Path
) -> None:
    source = f"idColumn: Contact ID, timeZoneColumn: tz, format: CSV, {OF_SECRET}"
    report = checked(listed(source=source), supplied=given(tmp_path / name, text))
    assert contacts_of(report) == {"Asia/Tokyo": 1}


def test_contacts_whose_numbers_are_of_several_zones_are_an_error_that_the_right_default_ends(tmp_path: Path) -> None:
    supplied = given(tmp_path / "spring.csv", "id,phone\nc1,+34612345678\nc2,+34612345679\nc3,+12125550100\n")
    (error,) = checked(listed(source=f"phoneColumn: phone, {OF_SECRET}"), supplied=supplied).findings
    assert (error.line, error.count) == (2, 2)
    assert "column phone: is a number that can be in several time zones; add the time zone" in error.message
    source = f"phoneColumn: phone, defaultTimeZone: Europe/Madrid, {OF_SECRET}"
    report = checked(listed(source=source), supplied=supplied)
    assert report.findings == ()
    assert contacts_of(report) == {"Europe/Madrid": 2, "America/New_York": 1}


def test_skip_that_would_leave_out_most_of_a_list_is_an_error_beside_what_is_wrong(tmp_path: Path) -> None:
    """One word in nine of ten rows, which is a mistake of the export and not of a row."""
    rows = "".join(f"c{number},Eastern Standard Time\n" for number in range(9))
    supplied = given(tmp_path / "spring.csv", f"id,timeZone\n{rows}c10,America/New_York\n")
    report = checked(listed("onInvalidContact: Skip"), supplied=supplied)
    too_many, of_rows = report.findings
    assert too_many.field == "spec.maxSkippedPercent"
    assert too_many.message == (
        "9 of 10 rows are invalid, more than the 5% that may be skipped; correct the lists, or raise maxSkippedPercent"
    )
    assert (of_rows.line, of_rows.count) == (2, 9)
    assert contacts_of(checked(listed("onInvalidContact: Skip", "maxSkippedPercent: 90"), supplied=supplied)) == {
        "America/New_York": 1
    }


def test_a_given_list_may_come_through_a_pipe_and_is_read_again_for_other_columns(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("id,timeZone,tz\nc1,Asia/Tokyo,Etc/UTC\n",))
    writer.start()
    other = listed(source=f"timeZoneColumn: tz, {OF_SECRET}").replace("spring", "summer").replace("8f14", "9f14")
    with closing(SuppliedFile(str(pipe))) as file:
        report = checked(f"{LISTED}---\n{other}", supplied=Supplied(SuppliedContacts(file)))
    writer.join()
    drawn = [campaign.checked.blueprint for campaign in report.campaigns]
    assert [dict(each.inputs.contacts_by_zone) for each in drawn if each is not None] == [
        {"Asia/Tokyo": 1},
        {"Etc/UTC": 1},
    ]


def test_a_given_list_that_has_gone_is_wrong_usage(tmp_path: Path) -> None:
    supplied = given(tmp_path / "spring.csv", GOOD)
    (tmp_path / "spring.csv").unlink()
    with pytest.raises(NoSourceError, match=r"spring\.csv: No such file"):
        checked(LISTED, supplied=supplied)


def test_the_two_wrong_rows_of_a_million_are_told_with_their_lines(tmp_path: Path) -> None:
    rows = [f"c{number},Europe/London\n" for number in range(1_000_000)]
    rows[999_997] = "c5,Europe/London\n"
    rows[999_998] = "c999998,Europe/Londn\n"
    supplied = given(tmp_path / "spring.csv", "id,timeZone\n" + "".join(rows))
    repeated, unknown = checked(LISTED, supplied=supplied).findings
    assert repeated == Finding(str(tmp_path / "spring.csv"), 999_999, "", repeated.message)
    assert "column id: Duplicate value: the same id is in line 7;" in repeated.message
    assert unknown == Finding(str(tmp_path / "spring.csv"), 1_000_000, "", unknown.message)
    assert 'column timeZone: Invalid value: "Europe/Londn": must be a valid time zone' in unknown.message
