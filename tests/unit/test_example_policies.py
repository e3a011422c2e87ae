"""The policies in `examples` are read, say what their comments say, and a campaign is planned within them."""

from datetime import date
from pathlib import Path

import pytest
from manifests import NOW_TEXT, ROOT, run_cli

from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.zones import other_names
from campaign_operator.validation.policy_file import OPERATORS_POLICY, read_policy

FOLDER = ROOT / "examples" / "policies"
FILES = sorted(FOLDER.iterdir())


def example(name: str) -> HoursPolicy:
    return read_policy((FOLDER / name).read_bytes(), file=name, name=OPERATORS_POLICY)


def spans(found: HoursPolicy, zone: str, day: str) -> list[str]:
    return [span.text for span in found.of(zone).spans_on(date.fromisoformat(day))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_is_dated_has_sources_and_says_what_it_is_not(file: Path) -> None:
    text = file.read_text()
    assert "as of 2026-" in text.splitlines()[0]
    assert "No legal advice" in text.splitlines()[0]
    assert "https://" in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_campaign_is_checked_and_previewed_within_each(file: Path) -> None:
    for command in (["validate"], ["preview", "--now", NOW_TEXT]):
        done = run_cli(*command, "examples/spring-renewals.yaml", "--policy", str(file), cwd=ROOT)
        assert (done.returncode, done.stderr) == (0, b"")


def test_the_preview_in_the_documentation_is_what_is_printed() -> None:
    shown = (ROOT / "docs" / "calling-hours-policies.md").read_text()
    command = "preview examples/spring-renewals.yaml --policy examples/policies/uk.yaml --now 2026-12-24T20:00:00Z"
    assert f"$ campaign-operator {command}\n{run_cli(*command.split(), cwd=ROOT).stdout.decode()}```" in shown


def test_federal_law_opens_every_day_from_eight_to_nine_and_kentucky_from_ten() -> None:
    found = example("us-federal.yaml")
    for day in ("2026-11-26", "2026-11-29"):
        assert spans(found, "America/Chicago", day) == ["08:00 to 21:00"]
        assert spans(found, "America/Louisville", day) == ["10:00 to 21:00"]


def test_the_code_of_the_united_kingdom() -> None:
    found = example("uk.yaml")
    assert spans(found, "Europe/London", "2026-11-27") == ["08:00 to 21:00"]
    assert spans(found, "GB", "2026-11-28") == ["09:00 to 21:00"]
    assert spans(found, "Europe/London", "2026-11-29") == spans(found, "Europe/London", "2026-12-25") == []
    assert spans(found, "America/New_York", "2026-11-29") == ["00:00 to 24:00"]


def test_the_code_of_germany() -> None:
    found = example("germany.yaml")
    assert spans(found, "Europe/Berlin", "2026-11-27") == ["08:00 to 20:00"]
    assert spans(found, "Europe/Berlin", "2026-11-28") == ["09:00 to 18:00"]
    assert spans(found, "Europe/Berlin", "2026-11-29") == spans(found, "Europe/Busingen", "2026-12-25") == []
    assert other_names("Europe/Berlin"), "its other names are in other countries"
    for zone in (*other_names("Europe/Berlin"), "Europe/Vienna"):
        assert spans(found, zone, "2026-12-25") == ["00:00 to 24:00"]
