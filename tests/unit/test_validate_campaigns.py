"""What `validate` says of a campaign: each error with its line, its field and what to do, all of them at once."""

import time

import pytest
from manifests import SOUND, checked, only, with_spec

from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.validation.findings import Severity
from campaign_operator.validation.nodes import Scalar
from campaign_operator.validation.structure import StructureCheck


def test_a_sound_campaign_has_no_findings() -> None:
    report = checked(SOUND)
    assert report.findings == ()
    assert report.campaigns[0].checked.blueprint is not None


CASES = [
    ("a typo in a field", with_spec("timezone: Etc/UTC"), 14, "spec.timezone", "did you mean timeZone?"),
    ("a field of another world", with_spec("replicas: 2"), 14, "spec.replicas", "unknown field; remove it"),
    ("a typo at the top", SOUND.replace("spec:", "specs:"), 6, "specs", "did you mean spec?"),
    ("a typo in metadata", SOUND.replace("name: spring", "nmae: spring"), 4, "metadata.nmae", "did you mean name?"),
    ("a number as campaign", SOUND.replace("8f14e45f", "8e14"), 7, "spec.campaignID", "put it in quotes"),
    ("a text as number", with_spec('windowSeconds: "600"'), 14, "spec.windowSeconds", "write it without quotes"),
    ("too small a number", with_spec("windowSeconds: 30"), 14, "spec.windowSeconds", "greater than or equal to 60"),
    (
        "too large a number",
        with_spec("windowSeconds: 9999999"),
        14,
        "spec.windowSeconds",
        "less than or equal to 604800",
    ),
    ("a word of an enumeration", with_spec("runPolicy: recurring"), 14, "spec.runPolicy", "did you mean Recurring?"),
    ("nothing as value", with_spec("timeZone:"), 14, "spec.timeZone", "remove the field"),
    ("a missing field", SOUND.replace("  campaignID: 8f14e45f\n", ""), 6, "spec.campaignID", "Required value"),
    (
        "a missing field below",
        SOUND.replace("name: cxone", ""),
        10,
        "spec.connection.secretRef.name",
        "for example, cxone",
    ),
    (
        "a bad name of a Secret",
        SOUND.replace("cxone", "CXone"),
        10,
        "spec.connection.secretRef.name",
        "must match the regular expression",
    ),
    ("a list as map", SOUND.replace("{name: cxone}", "[cxone]"), 10, "spec.connection.secretRef", "is a list"),
    ("no contacts", SOUND.split("  contacts:")[0] + "  contacts: []\n", 11, "spec.contacts", "at least 1"),
    ("a CEL rule", with_spec("timeZone: Etc/UTC"), 14, "spec.timeZone", "requires startMode SameInstant"),
    (
        "a webhook in the clear",
        with_spec("webhook: {url: 'http://a/'}"),
        14,
        "spec.webhook.url",
        "must be an https URL",
    ),
    (
        "cron of the schema, in the words of the parser",
        SOUND.replace("0 9 * * *", "0 9 ? * *"),
        8,
        "spec.cron",
        'day of month, character 5: "?" is not a number from 1 to 31; write * instead of ?',
    ),
    ("a dash of a word processor", SOUND.replace("0 9 * * *", "0 9 * * 1\u20135"), 8, "spec.cron", "write - (a"),
    ("a time zone in cron", SOUND.replace("0 9 * * *", "TZ=Asia/Tokyo 0 9 * * *"), 8, "spec.cron", "set spec.timeZone"),
    ("the name of a day", SOUND.replace("0 9 * * *", "0 9 * * monday"), 8, "spec.cron", "write MON"),
    ("the second Monday", SOUND.replace("0 9 * * *", "0 9 * * MON#2"), 8, "spec.cron", "name the weekday in calling"),
    ("cron of the operator", SOUND.replace("0 9 * * *", "61 9 * * *"), 8, "spec.cron", '"61" is not a number from 0'),
    (
        "no match within the hours",
        with_spec("callingHours: {outside: Skip}").replace("0 9 * * *", "0 6 * * *"),
        14,
        "spec.callingHours",
        "is outside 08:00 to 21:00, and outside is Skip",
    ),
    (
        "no match on a day that is open",
        with_spec("callingHours: {outside: Skip, days: [Sat, Sun]}").replace("* * *", "* * 1-5"),
        14,
        "spec.callingHours.days",
        "falls on Sat, Sun",
    ),
    (
        "cron without a match",
        SOUND.replace("0 9 * * *", "0 9 31 2 *"),
        8,
        "spec.cron",
        "no match in the next 10 years",
    ),
    (
        "an unknown zone",
        SOUND.replace("Europe/London", "Europe/Londn"),
        13,
        "spec.contacts[1].timeZone",
        'did you mean "Europe/London"?',
    ),
    (
        "an id twice",
        SOUND.replace("c2", "c1"),
        13,
        "spec.contacts[1].id",
        "Duplicate value: spec.contacts[0].id has the same id",
    ),
    (
        "a bad name",
        SOUND.replace("name: spring", "name: <script>"),
        4,
        "metadata.name",
        'Invalid value: "<script>": must consist of',
    ),
    ("no name", SOUND.replace("  name: spring\n", ""), 3, "metadata.name", "Required value"),
    (
        "a number as label",
        SOUND.replace("spec:", "  labels: {year: 2026}\nspec:"),
        6,
        "metadata.labels.year",
        "in quotes",
    ),
    ("no apiVersion", SOUND.split("\n", 1)[1], 1, "apiVersion", "write campaign-operator.io/v1alpha1"),
    ("another version", SOUND.replace("v1alpha1", "v2"), 1, "apiVersion", "supported values: campaign-operator.io/"),
    ("no spec", SOUND.split("spec:")[0], 1, "spec", "Required value"),
]


@pytest.mark.parametrize(("text", "line", "field", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_an_error_names_line_field_and_remedy(text: str, line: int, field: str, words: str) -> None:
    finding = next(one for one in checked(text).findings if one.field == field)
    assert (finding.line, finding.severity) == (line, Severity.ERROR)
    assert words in finding.message


def test_every_error_is_told_at_once_whoever_would_find_it() -> None:
    text = (
        SOUND.replace("0 9 * * *", "61 9 * * *")
        .replace("c2", "c1")
        .replace("Europe/London", "Europe/Londn")
        .replace("name: spring", "name: Spring")
        + "  windowSeconds: 1\n  timezone: x\n  webhook: {url: 'http://a/'}\n"
    )
    assert [(finding.line, finding.field) for finding in checked(text).findings] == [
        (4, "metadata.name"),
        (8, "spec.cron"),
        (13, "spec.contacts[1].id"),
        (13, "spec.contacts[1].timeZone"),
        (14, "spec.windowSeconds"),
        (15, "spec.timezone"),
        (16, "spec.webhook.url"),
    ]


def test_what_is_wrong_in_an_object_hides_no_rule_about_its_other_fields() -> None:
    hours = "callingHours: {start: '21:00', end: '08:00', days: []}"
    assert [each.field for each in checked(with_spec(hours)).findings] == [
        "spec.callingHours.days",
        "spec.callingHours.start",
    ]


def test_a_zone_that_is_wrong_hides_no_id_that_is_there_twice() -> None:
    contacts = "".join(f"  - {{id: a, timeZone: {zone}}}\n" for zone in ("7", "Asia/Tokyo", "Europe/Londn"))
    found = checked(SOUND.split("  contacts:")[0] + "  contacts:\n" + contacts).findings
    assert {each.field for each in found} == {
        "spec.contacts[0].timeZone",
        "spec.contacts[1].id",
        "spec.contacts[2].id",
        "spec.contacts[2].timeZone",
    }


def test_a_contact_that_is_wrong_does_not_hide_the_others() -> None:
    text = SOUND + "    - {id: c3}\n    - {id: c4, timeZone: Mars/Base}\n    - {id: c4, timeZone: Etc/UTC}\n"
    assert [finding.field for finding in checked(text).findings] == [
        "spec.contacts[2].timeZone",
        "spec.contacts[3].timeZone",
        "spec.contacts[4].id",
    ]


def test_an_id_of_a_contact_is_never_shown() -> None:
    for text in (SOUND.replace("id: c1", "id: 5550199"), SOUND.replace("id: c1", f"id: {'5550199' * 20}")):
        assert "5550199" not in only(text).message


def test_an_id_is_not_even_shown_where_a_schema_has_a_pattern_for_it() -> None:
    check = StructureCheck()
    check.check(Scalar(1, "5550199"), {"type": "string", "pattern": "^[a-z]+$"}, ("spec", "contacts", 0, "id"))
    assert [problem.message for problem in check.problems] == ["must match the regular expression ^[a-z]+$"]


def test_all_errors_of_a_long_list_are_counted() -> None:
    text = SOUND + "".join(f"    - {{id: x{number}, timeZone: Mars/Base}}\n" for number in range(30))
    findings = checked(text).findings
    assert len(findings) == 21
    assert any("10 more errors like these" in finding.message for finding in findings)


def test_a_status_is_the_operators_and_is_not_looked_at() -> None:
    assert checked(SOUND + "status: {observedGeneration: 3, anything: goes}\n").findings == ()


def test_documents_of_other_kinds_are_passed_over_and_counted() -> None:
    others = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\napiVersion: v2\nkind: OutboundCampaigns\n"
    foreign = "---\napiVersion: example.com/v1\nkind: OutboundCampaign\n"
    report = checked(SOUND + others + foreign)
    assert (report.documents, len(report.campaigns), report.passed_over, report.errors) == (4, 1, 3, 0)


def test_the_campaigns_of_a_list_are_checked_one_by_one() -> None:
    items = "".join(
        "- apiVersion: campaign-operator.io/v1alpha1\n  kind: OutboundCampaign\n"
        f"  metadata: {{name: {name}}}\n  spec: {{}}\n"
        for name in ("a", "b")
    )
    report = checked(f"apiVersion: v1\nkind: List\nitems:\n{items}")
    assert len(report.campaigns) == 2
    assert {finding.line for finding in report.findings} == {7, 11}


def test_a_campaign_that_stands_twice_is_a_warning() -> None:
    finding = checked(f"{SOUND}---\n{SOUND}").findings[0]
    assert (finding.severity, finding.field) == (Severity.WARNING, "metadata.name")
    assert "sales/spring is also in campaign.yaml, line 1" in finding.message


def test_two_campaigns_that_dial_the_same_are_a_warning() -> None:
    finding = checked(f"{SOUND}---\n{SOUND.replace('name: spring', 'name: summer')}").findings[0]
    assert (finding.severity, finding.field) == (Severity.WARNING, "spec.campaignID")
    assert "only one of them submits schedules" in finding.message


SIX_CITIES = ("Paris", "Rome", "Oslo", "Vienna", "Madrid", "Prague")
DOUBTS = [
    ("a step beyond the field", SOUND.replace("0 9 * * *", "*/90 9 * * *"), 8, "spec.cron", "larger than the field"),
    ("both day fields", SOUND.replace("0 9 * * *", "0 9 1-7 * MON"), 8, "spec.cron", "a day that matches either"),
    (
        "a window of more than a day",
        with_spec("windowSeconds: 90000", 'callingHours: {start: "00:00", end: "24:00"}'),
        14,
        "spec.windowSeconds",
        "25 hours: the window stays open overnight",
    ),
    (
        "a window longer than the opening",
        with_spec("windowSeconds: 50400"),
        14,
        "spec.windowSeconds",
        "14 hours, longer than the calling hours, 08:00 to 21:00",
    ),
    (
        "windows longer than the time between matches",
        with_spec("runPolicy: Recurring", "windowSeconds: 14400").replace("0 9 * * *", "0 9-12 * * *"),
        15,
        "spec.windowSeconds",
        "an earlier window is still open in America/New_York, Europe/London",
    ),
    (
        "windows of a day on the day of 23 hours",
        with_spec("runPolicy: Recurring", "windowSeconds: 86400", 'callingHours: {start: "00:00", end: "24:00"}'),
        15,
        "spec.windowSeconds",
        "2 of the 368 matches of cron until 2027-11-",
    ),
    (
        "a sign that is turned round",
        SOUND.replace("Europe/London", "Etc/GMT+5"),
        13,
        "spec.contacts[1].timeZone",
        "5 hours behind UTC",
    ),
    (
        "one moment that is never inside for some",
        with_spec("callingHours: {outside: Skip}", "startMode: SameInstant"),
        14,
        "spec.callingHours.outside",
        "Skip leaves America/New_York out of every run",
    ),
    (
        "more zones than are named",
        with_spec("callingHours: {outside: Skip}", "startMode: SameInstant", "timeZone: Asia/Tokyo").replace(
            "    - {id: c1, timeZone: America/New_York}\n",
            "    - {id: t1, timeZone: Asia/Tokyo}\n"
            + "".join(f"    - {{id: {city}, timeZone: Europe/{city}}}\n" for city in SIX_CITIES),
        ),
        20,
        "spec.callingHours.outside",
        "and 2 more out of every run",
    ),
]


@pytest.mark.parametrize(("text", "line", "field", "words"), [c[1:] for c in DOUBTS], ids=[c[0] for c in DOUBTS])
def test_what_is_allowed_and_surely_not_meant_is_a_warning(text: str, line: int, field: str, words: str) -> None:
    finding = only(text)
    assert (finding.severity, finding.field, finding.line) == (Severity.WARNING, field, line)
    assert words in finding.message


def test_zones_that_are_skipped_for_ever_are_found_in_bounded_time() -> None:
    zones = sorted(ZONE_NAMES)
    contacts = "".join(f"    - {{id: x{number}, timeZone: {zone}}}\n" for number, zone in enumerate(zones))
    text = with_spec("callingHours: {outside: Skip, start: '12:00', end: '12:01'}", "startMode: SameInstant").replace(
        "    - {id: c1, timeZone: America/New_York}\n", contacts
    )
    begun = time.process_time()
    finding = only(text.replace("0 9 * * *", "7 * * * *"))
    assert time.process_time() - begun < 20
    assert finding.field == "spec.callingHours"
    assert "every match of cron" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        with_spec("webhook: {url: 'https://hooks.example.com/cx'}"),
        with_spec("runPolicy: Recurring", "windowSeconds: 82800", 'callingHours: {start: "00:00", end: "24:00"}'),
        with_spec("callingHours: {start: 09:00, end: 21:00}"),
        SOUND.replace("0 9 * * *", "*/15 9 * * 1-5"),
        with_spec("suspend: true"),
        with_spec("callingHours: {outside: Skip}"),
        with_spec("callingHours: {outside: Skip, days: [Sat, Sun]}"),
        with_spec("callingHours: {outside: Skip, days: [Sun]}").replace("0 9 * * *", "0 9 1 * *"),
        with_spec("callingHours: {outside: Skip}").replace("0 9 * * *", "* * * * *"),
        with_spec("callingHours: {outside: Defer}").replace("0 9 * * *", "0 6 * * *"),
        with_spec("submitAheadSeconds: 31622400", "runPolicy: Recurring"),
    ],
)
def test_what_may_well_be_meant_is_no_warning(text: str) -> None:
    assert checked(text).findings == ()
