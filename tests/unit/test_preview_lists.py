"""`campaign-operator preview` of a campaign whose contacts and holidays stand elsewhere."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from manifests import LISTED, NOW_TEXT, ROOT, SHARED_CALENDAR, SOUND, config_map, listed, run_cli

EXAMPLE = "examples/spring-renewals-from-list.yaml"


def test_the_example_is_planned_from_the_list_and_the_calendar_beside_it() -> None:
    done = run_cli("preview", EXAMPLE, "--now", "2026-12-23T12:00:00Z", "--runs", "2", "-o", "json", cwd=ROOT)
    told = json.loads(done.stdout)
    assert [(run["id"], run["contacts"], len(run["windows"])) for run in told["runs"]] == [
        ("20261224T0900", 6, 4),
        ("20261228T0900", 6, 4),
    ]
    # on Christmas Day and the day after it nobody is called, and the match of no other day is moved there
    assert {window["localStart"][:10] for window in told["runs"][1]["windows"]} == {"2026-12-28"}
    assert b"1 invalid row of the lists skipped" in done.stderr


def test_a_given_list_is_planned(tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("id,timeZone\nc1,Asia/Tokyo\n")
    done = run_cli("preview", "-", "--now", NOW_TEXT, "--contacts", str(file), "-o", "json", stdin=LISTED.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert [window["timeZone"] for window in json.loads(done.stdout)["runs"][0]["windows"]] == ["Asia/Tokyo"]


@pytest.mark.parametrize(("options", "zone"), [((), "Asia/Tokyo"), (("--delimiter", "semicolon"), "Europe/London")])
def test_a_given_list_is_divided_as_the_option_says(options: tuple[str, ...], zone: str, tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("id,timeZone,;id;timeZone\nc1,Asia/Tokyo,;c1;Europe/London\n")
    arguments = ("--now", NOW_TEXT, "--contacts", str(file), *options, "-o", "json")
    done = run_cli("preview", "-", *arguments, stdin=LISTED.encode())
    assert [window["timeZone"] for window in json.loads(done.stdout)["runs"][0]["windows"]] == [zone]


def test_a_list_that_is_not_there_ends_the_preview_in_clear_words() -> None:
    done = run_cli("preview", "-", stdin=listed(source="url: {address: 'https://a.example/b.csv'}").encode())
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "<stdin>:12: error: spec.contactsFrom[0].url: this command downloads nothing, and a preview needs the list; "
        "pass "
        "all lists with --contacts FILE\n"
    )


def test_a_calendar_that_is_not_there_leaves_the_preview_without_it() -> None:
    done = run_cli("preview", "-", "--now", NOW_TEXT, stdin=(SOUND + f"  {SHARED_CALENDAR}\n").encode())
    assert done.returncode == 0
    assert b"the dates are not in the preview" in done.stderr
    assert b"2 contacts called in 2 zones" in done.stdout


def test_a_given_calendar_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "holidays"
    file.write_text("2026-11-26\n")
    text = SOUND + f"  {SHARED_CALENDAR}\n"
    done = run_cli("preview", "-", "--now", NOW_TEXT, "--exclude-dates", str(file), stdin=text.encode())
    assert done.stdout.count(b"Fri 27 Nov 09:00-13:00") == 2


@pytest.mark.parametrize("name", ["<script>", "a&b"])
def test_a_campaign_of_a_list_with_a_strange_name_has_no_picture(name: str) -> None:
    text = LISTED.replace("name: spring", f"name: {name}") + config_map("id,timeZone\nc1,Etc/UTC\n")
    done = run_cli("preview", "-", "-o", "svg", stdin=text.encode())
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"must consist of lower case alphanumeric characters" in done.stderr


def test_the_picture_of_a_list_is_one_of_xml() -> None:
    text = LISTED + config_map("id,timeZone\nc1,Etc/UTC\n")
    done = run_cli("preview", "-", "-o", "svg", stdin=text.encode())
    assert fromstring(done.stdout).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - made here
