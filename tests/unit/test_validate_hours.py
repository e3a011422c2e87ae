"""What `validate` says of hours by weekday, of rules for some zones and of public holidays."""

import re

import pytest
import yaml
from manifests import ROOT, SOUND, checked, config_map, only, with_spec

from campaign_operator.validation.findings import Severity

SATURDAY = '{days: [Sat], start: "10:00", end: "13:00"}'
EXAMPLES = re.findall(
    r"```yaml\n(callingHours:\n.*?)```",
    (ROOT / "docs" / "campaigns.md").read_text().partition("\n## Calling hours\n")[2].partition("\n## ")[0],
    re.DOTALL,
)


@pytest.mark.parametrize("number", range(2))
def test_the_examples_of_the_documentation_are_taken(number: int) -> None:
    text = "".join(f"  {line}\n" for line in EXAMPLES[number].splitlines())
    berlin = SOUND.replace("Europe/London}", "Europe/Berlin}\n    - {id: c3, timeZone: Europe/Vienna}")
    report = checked(berlin + text + config_map("2027-12-25", name="holidays", key="all"))
    assert [finding.message for finding in report.findings] == []
    assert yaml.safe_load(EXAMPLES[number]).keys() == {"callingHours"}


ERRORS = [
    (
        f"callingHours: {{weekly: [{SATURDAY}], start: '08:00'}}",
        ".weekly",
        "cannot be combined with start, end or days",
    ),
    (f"callingHours: {{weekly: [{SATURDAY}, {SATURDAY}]}}", ".weekly", "must not have two spans that overlap on a day"),
    (
        "callingHours: {zones: [{timeZones: [Europe/London]}, {timeZones: [Asia/Tokyo, Europe/London]}]}",
        ".zones[1].timeZones[1]",
        'Duplicate value: "Europe/London": spec.callingHours.zones[0].timeZones[0] is the same time zone',
    ),
    ("callingHours: {zones: [{timeZones: [Europe/Londn]}]}", ".zones[0].timeZones[0]", 'did you mean "Europe/London"?'),
    ("callingHours: {holidays: [{country: Germany}]}", ".holidays[0].country", 'did you mean "DE"?'),
    (
        "callingHours: {holidays: [{country: DE, subdivision: Bayern}]}",
        ".holidays[0].subdivision",
        'did you mean "BY"?',
    ),
    (
        f"callingHours: {{weekly: [{', '.join([SATURDAY] * 22)}]}}",
        ".weekly",
        "Too many: 22: must have at most 21 items",
    ),
    (
        "callingHours: {outside: Skip, end: '08:30', zones: [{timeZones: [Europe/London], weekly: ["
        + SATURDAY
        + "]}]}",
        "",
        "is inside the calling hours of any time zone; let cron match within these hours, or extend them",
    ),
]


@pytest.mark.parametrize(("line", "field", "words"), ERRORS, ids=[field for _, field, _ in ERRORS])
def test_what_contradicts_itself_is_an_error_that_names_the_field(line: str, field: str, words: str) -> None:
    finding = only(with_spec(line))
    assert (finding.severity, finding.field) == (Severity.ERROR, f"spec.callingHours{field}")
    assert words in finding.message


WARNINGS = [
    (
        with_spec("callingHours: {zones: [{timeZones: [Europe/London, Asia/Tokyo], holidays: [{country: GB}]}]}"),
        "callingHours.zones[0].timeZones",
        "no contact is in Asia/Tokyo",
    ),
    (
        SOUND.replace("America/New_York", "US/Eastern")
        + "  callingHours: {zones: [{timeZones: [America/New_York]}]}\n",
        "callingHours.zones[0].timeZones",
        "no contact is in America/New_York; rules apply by the exact name, and contacts are in US/Eastern, which has",
    ),
    (
        with_spec("callingHours: {holidays: [{country: US}, {country: LK}]}"),
        "callingHours.holidays[1]",
        "the holidays package has no holidays of LK in 2027; list them in excludeDates",
    ),
    (
        with_spec("windowSeconds: 14400", f"callingHours: {{weekly: [{SATURDAY}]}}").replace("* * *", "* * 6"),
        "windowSeconds",
        "4 hours, longer than the calling hours, 10:00 to 13:00: every window ends when they end",
    ),
    (
        with_spec(
            "windowSeconds: 50400",
            "callingHours: {zones: [{timeZones: [Europe/London], weekly: [{days: [Wed, Thu], start: '09:00', "
            "end: '18:00'}]}]}",
        ),
        "windowSeconds",
        "14 hours, longer than the calling hours of any time zone: every window ends when they end",
    ),
]


@pytest.mark.parametrize(("text", "field", "words"), WARNINGS, ids=[words for _, _, words in WARNINGS])
def test_rules_that_do_not_reach_whom_they_seem_to_are_a_warning(text: str, field: str, words: str) -> None:
    finding = only(text)
    assert (finding.severity, finding.field) == (Severity.WARNING, f"spec.{field}")
    assert words in finding.message
