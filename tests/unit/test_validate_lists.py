"""What `validate` makes of `contactsFrom` without a cluster: where lists are found, and what is said of them."""

import base64
import gzip
from pathlib import Path

import pytest
from manifests import LISTED, NOW, SOUND, checked, config_map, listed, secret

from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.validation.findings import Severity
from campaign_operator.validation.report import Report, check_sources
from campaign_operator.validation.sources import Source, SuppliedFile
from campaign_operator.validation.supplied import Supplied, SuppliedContacts
from campaign_operator.validation.text import findings_text

GOOD = "id,timeZone\nc1,Europe/London\nc2,Asia/Tokyo\nc3,Asia/Tokyo\n"
BAD = "id,timeZone\nc1,Europe/London\nc2,Mars/Base\nc1,Asia/Tokyo\n"
OF_SECRET = "secretKeyRef: {name: list, key: contacts.csv}"
NEEDED = Supplied(needed=True)


def contacts_of(report: Report) -> dict[str, int]:
    """The contacts by zone that the one campaign would be planned with."""
    assert [f for f in report.findings if f.severity is Severity.ERROR] == []
    blueprint = report.campaigns[0].checked.blueprint
    assert blueprint is not None
    return dict(blueprint.inputs.contacts_by_zone)


def given(path: Path, text: str | bytes) -> Supplied:
    """As if the file were given by `--contacts`."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Supplied(SuppliedContacts(SuppliedFile(str(path))))


def lines(report: Report) -> list[str]:
    """The findings as one reads them."""
    return [f"{f.file}:{f.line}: {f.severity.value}: {f.field}: {f.message}" for f in report.findings]


BASE64 = base64.b64encode(GOOD.encode()).decode()
FOUND = [
    ("a ConfigMap behind the campaign", LISTED + config_map(GOOD)),
    ("a ConfigMap before the campaign", config_map(GOOD) + "---\n" + LISTED),
    ("no namespace is default", (LISTED + config_map(GOOD, namespace="default")).replace("  namespace: sales\n", "")),
    (
        "no namespace is default in objects too",
        LISTED.replace("sales", "default") + config_map(GOOD).replace('"namespace": "sales"', '"labels": {}'),
    ),
    ("binaryData", LISTED + config_map(BASE64).replace('"data"', '"binaryData"')),
    (
        "gzip in binaryData",
        LISTED + config_map(base64.b64encode(gzip.compress(GOOD.encode())).decode()).replace('"data"', '"binaryData"'),
    ),
    ("data of a Secret", listed(source=OF_SECRET) + secret(BASE64, place="data")),
    ("base64 in lines", listed(source=OF_SECRET) + secret(f"{BASE64[:20]}\r\n{BASE64[20:]}\n", place="data")),
    ("stringData of a Secret", listed(source=OF_SECRET) + secret(GOOD)),
    (
        "an item of a List",
        f"{LISTED}---\nkind: List\nitems:\n- {config_map(GOOD).removeprefix('---')}".replace("- \n", "- "),
    ),
]


@pytest.mark.parametrize("text", [case[1] for case in FOUND], ids=[case[0] for case in FOUND])
def test_a_list_is_found_among_the_manifests(text: str) -> None:
    report = checked(text)
    assert contacts_of(report) == {"Europe/London": 1, "Asia/Tokyo": 2}
    assert (report.findings, report.passed_over) == ((), 0)


def test_a_list_is_found_in_another_file_too() -> None:
    report = check_sources(
        [Source("campaign.yaml", LISTED, named=True), Source("lists.yaml", config_map(GOOD), named=True)], NOW
    )
    assert contacts_of(report)["Asia/Tokyo"] == 2


def test_several_lists_are_read_as_one_and_an_id_in_two_of_them_is_an_error() -> None:
    text = listed("  - {secretKeyRef: {name: more, key: contacts.csv}}")
    report = checked(text + config_map(GOOD) + secret("id,timeZone\nc9,Etc/UTC\nc2,Etc/UTC\n", name="more"))
    (line,) = lines(report)
    assert line == (
        "campaign.yaml:13: error: spec.contactsFrom[1].secretKeyRef: Secret more, key contacts.csv: line 3, column id: "
        "Duplicate value: the same id is in line 3 of ConfigMap list, key contacts.csv; give each contact its own id"
    )


def test_where_one_of_several_lists_is_not_known_the_others_are_checked_and_nothing_is_planned() -> None:
    text = listed("  - {secretKeyRef: {name: more, key: contacts.csv}}")
    report = checked(text + config_map(GOOD))
    assert [(f.severity, f.line) for f in report.findings] == [(Severity.WARNING, 13)]
    assert report.campaigns[0].checked.blueprint is None
    assert checked(text + config_map(BAD)).errors == 2


UNKNOWN = [
    (
        "an object that is not there",
        LISTED,
        "configMapKeyRef",
        "do not contain the ConfigMap list of the namespace sales",
    ),
    (
        "another namespace",
        LISTED + config_map(GOOD, namespace="other"),
        "configMapKeyRef",
        "these files do not contain",
    ),
    ("another kind", LISTED + secret(GOOD), "configMapKeyRef", "these files do not contain"),
    (
        "another apiVersion",
        LISTED + config_map(GOOD).replace('"v1"', '"example.com/v1"'),
        "configMapKeyRef",
        "these files do not contain",
    ),
    (
        "an encrypted Secret",
        listed(source=OF_SECRET) + secret("ENC[x]", place="data").replace('"kind"', '"sops": {}, "kind"'),
        "secretKeyRef",
        "these files do not contain the Secret list of the namespace sales",
    ),
    ("a URL", listed(source="url: {address: 'https://a.example/b.csv'}"), "url", "this command downloads nothing"),
    ("a URL in a Secret", listed(source="url: {secretRef: {name: crm}}"), "url", "this command downloads nothing"),
]


@pytest.mark.parametrize(("text", "field", "words"), [c[1:] for c in UNKNOWN], ids=[c[0] for c in UNKNOWN])
def test_a_list_that_is_not_there_is_a_warning_of_validate_and_stops_a_preview(
    text: str, field: str, words: str
) -> None:
    report = checked(text)
    (finding,) = report.findings
    assert report.campaigns[0].checked.blueprint is None
    assert (finding.severity, finding.line, finding.field) == (Severity.WARNING, 12, f"spec.contactsFrom[0].{field}")
    assert words in finding.message
    assert "so the list is not checked; pass all lists with --contacts FILE" in finding.message
    (finding,) = checked(text, supplied=NEEDED).findings
    assert finding.severity is Severity.ERROR
    assert "a preview needs the list; pass all lists with --contacts FILE" in finding.message


def test_what_is_not_known_hides_no_other_error() -> None:
    text = listed("timezone: x", "windowSeconds: 1").replace("0 9 * * *", "61 9 * * *").replace("cxone", "CXone")
    assert [finding.field for finding in checked(text).findings] == [
        *("spec.cron", "spec.connection.secretRef.name", "spec.contactsFrom[0].configMapKeyRef"),
        *("spec.timezone", "spec.windowSeconds"),
    ]


BOTH = SOUND + "  contactsFrom: [{configMapKeyRef: {name: list, key: contacts.csv}}]\n"
ONE_OF = "must set exactly one of configMapKeyRef, secretKeyRef and url"
WRONG = [
    ("both", BOTH + config_map(GOOD), 11, "spec.contacts", "must set exactly one of contacts and contactsFrom"),
    ("neither", SOUND.split("  contacts:")[0], 6, "spec.contacts", "must set exactly one of contacts and contactsFrom"),
    (
        "an empty list of lists",
        SOUND.split("  contacts:")[0] + "  contactsFrom: []\n",
        11,
        "spec.contactsFrom",
        "least",
    ),
    ("a source that is nowhere", listed(source="format: CSV"), 12, "spec.contactsFrom[0]", ONE_OF),
    (
        "a source at two places",
        listed(source=f"{OF_SECRET}, url: {{secretRef: {{name: a}}}}"),
        12,
        "spec.contactsFrom[0]",
        ONE_OF,
    ),
    (
        "a format that is none",
        listed(source=f"format: csv, {OF_SECRET}"),
        12,
        "spec.contactsFrom[0].format",
        "did you mean CSV?",
    ),
    (
        "one column for both",
        listed(source=f"idColumn: tz, timeZoneColumn: tz, {OF_SECRET}"),
        12,
        "spec.contactsFrom[0]",
        "must be different columns",
    ),
    (
        "user information in the URL",
        listed(source="url: {address: 'https://me:word@a.example/'}"),
        12,
        "spec.contactsFrom[0].url.address",
        "must be an https URL",
    ),
    ("a choice that is none", listed("onInvalidContact: skip"), 13, "spec.onInvalidContact", "did you mean Skip?"),
    (
        "too long ahead",
        listed("submitAheadSeconds: 99999999"),
        13,
        "spec.submitAheadSeconds",
        "less than or equal to 31622400",
    ),
    (
        "a missing key",
        LISTED + config_map(GOOD, key="b.csv"),
        12,
        "spec.contactsFrom[0].configMapKeyRef.key",
        '"b.csv"',
    ),
    (
        "no keys at all",
        LISTED + config_map(GOOD).replace('"data"', '"immutable"'),
        12,
        "spec.contactsFrom[0].configMapKeyRef.key",
        "does not have the key contacts.csv; it has no keys",
    ),
]


@pytest.mark.parametrize(("text", "line", "field", "words"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_a_wrong_reference_is_told_with_field_and_line_and_hides_no_other_error(
    text: str, line: int, field: str, words: str
) -> None:
    findings = checked(text.replace("0 9 * * *", "61 9 * * *")).findings
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert [finding.field for finding in errors if finding.field != field] == ["spec.cron"]
    finding = next(finding for finding in errors if finding.field == field)
    assert (finding.line, words in finding.message) == (line, True), finding


@pytest.mark.parametrize("text", [BOTH, SOUND.split("  contacts:")[0]])
def test_that_exactly_one_is_given_is_asked_also_beside_errors_of_the_schema(text: str) -> None:
    fields = {finding.field for finding in checked(f"{text}  windowSeconds: 1\n").findings}
    assert fields >= {"spec.contacts", "spec.windowSeconds"}


def test_what_stands_in_for_a_list_that_is_not_known_is_not_doubted() -> None:
    manifest = listed("callingHours: {outside: Skip}", "startMode: SameInstant").replace("0 9 * * *", "0 6 * * *")
    (finding,) = checked(manifest).findings
    assert finding.field == "spec.contactsFrom[0].configMapKeyRef"


def test_the_name_of_a_column_cannot_drive_the_terminal() -> None:
    report = checked(listed(source=f'idColumn: "\\e]0;x", {OF_SECRET}') + secret("\x1b]0;x,timeZone\n,Etc/UTC\n"))
    assert "column ?]0;x: is empty" in findings_text(report.findings, colours=False)


MAPPED = "timeZoneAliases: {{{}}}, configMapKeyRef: {{name: list, key: contacts.csv}}"


def test_aliases_and_the_default_of_the_spec_are_heeded() -> None:
    source = MAPPED.format("EST: America/New_York").replace("timeZone", "defaultTimeZone: Asia/Tokyo, timeZone", 1)
    report = checked(listed(source=source) + config_map("id,timeZone\nc1,EST\nc2,\n"))
    assert contacts_of(report) == {"America/New_York": 1, "Asia/Tokyo": 1}


@pytest.mark.parametrize(
    ("aliases", "field", "words"),
    [
        ("", "timeZoneAliases", "must have at least 1 value"),
        (", ".join(f"a{n}: Etc/UTC" for n in range(101)), "timeZoneAliases", "Too many: 101: must have at most 100"),
        ("EST: 5", "timeZoneAliases.EST", "must be a string"),
        ("EST: ''", "timeZoneAliases.EST", "must be at least 1 character long"),
        ("'': Etc/UTC", "timeZoneAliases", "must be values of 1 to 64 characters"),
        (f"{'x' * 65}: Etc/UTC", "timeZoneAliases", "must be values of 1 to 64 characters"),
    ],
)
def test_aliases_that_the_api_server_would_refuse_are_told(aliases: str, field: str, words: str) -> None:
    (finding,) = checked(listed(source=MAPPED.format(aliases)) + config_map(GOOD)).findings
    assert (finding.field, words in finding.message) == (f"spec.contactsFrom[0].{field}", True), finding


MALFORMED = [
    ("data is a list", '"data": {"contacts.csv": "LIST"}', '"data": ["a"]', "data", "must be a map of strings"),
    ("a number", '"LIST"', "5", "data['contacts.csv']", "must be a string"),
    ("nothing", '"LIST"', "null", "data['contacts.csv']", "must be a string"),
    (
        "no base64",
        '"data": {"contacts.csv": "LIST',
        '"binaryData": {"contacts.csv": "no!',
        "binaryData['contacts.csv']",
        "is not base64",
    ),
    (
        "in both places",
        '"data"',
        '"binaryData": {"contacts.csv": "aQ=="}, "data"',
        "binaryData['contacts.csv']",
        "is also in data",
    ),
]


@pytest.mark.parametrize(("old", "new", "field", "words"), [c[1:] for c in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_an_object_that_cannot_hold_a_list_is_an_error_at_its_own_place(
    old: str, new: str, field: str, words: str
) -> None:
    (finding,) = checked(LISTED + config_map("LIST").replace(old, new)).findings
    assert (finding.line, finding.field, finding.severity) == (14, field, Severity.ERROR)
    assert words in finding.message


def test_of_two_objects_with_one_name_the_later_is_read_and_that_is_a_warning() -> None:
    report = checked(LISTED + config_map("id,timeZone\nc1,Etc/UTC\n") + config_map(GOOD))
    assert contacts_of(report) == {"Europe/London": 1, "Asia/Tokyo": 2}
    assert "ConfigMap list is in campaign.yaml, line 14 and in campaign.yaml, line 16" in report.findings[0].message


LISTS = [
    ("header only", b"id,timeZone\n", 1, "has a header row but no contacts"),
    ("a missing column", b"id,zone\nc1,Etc/UTC\n", 1, 'has no column "timeZone"'),
    ("an unknown zone", b"id,timeZone\nc1,Europe/Londn\n", 2, 'column timeZone: Invalid value: "Europe/Londn"'),
    (
        "an id twice",
        b"id,timeZone\nc1,Etc/UTC\nc1,Etc/UTC\n",
        3,
        "column id: Duplicate value: the same id is in line 2",
    ),
    ("a NUL", b"id,timeZone\nc1,Etc/UTC\nc\x002,Etc/UTC\n", 3, "contains a NUL byte"),
    ("nothing", b"", 1, "is empty"),
    ("no UTF-8", b"id,timeZone\nc\xff,Etc/UTC\n", 2, "is not valid UTF-8, starting here"),
    ("gzip that is cut off", gzip.compress(GOOD.encode())[:30], 2, "the gzip data ends too early"),
]


@pytest.mark.parametrize(("data", "line", "words"), [c[1:] for c in LISTS], ids=[c[0] for c in LISTS])
def test_an_error_in_a_list_names_the_file_and_the_line_of_the_list(
    data: bytes, line: int, words: str, tmp_path: Path
) -> None:
    supplied = given(tmp_path / "spring.csv", data)
    (finding,) = checked(LISTED, supplied=supplied).findings
    assert (finding.file, finding.line, finding.severity) == (str(tmp_path / "spring.csv"), line, Severity.ERROR)
    assert words in finding.message
    assert not finding.field


def test_an_error_in_a_list_of_a_config_map_stands_at_the_reference_with_its_row() -> None:
    first, second = checked(LISTED + config_map(BAD)).findings
    assert {(f.file, f.line, f.field) for f in (first, second)} == {
        ("campaign.yaml", 12, "spec.contactsFrom[0].configMapKeyRef")
    }
    assert first.message.startswith(
        'ConfigMap list, key contacts.csv: line 3, column timeZone: Invalid value: "Mars/Base": must be'
    )
    assert second.message.startswith(
        "ConfigMap list, key contacts.csv: line 4, column id: Duplicate value: the same id is in line 2;"
    )


def test_nothing_of_a_secret_is_quoted() -> None:
    shown = lines(checked(listed(source=OF_SECRET) + secret(BAD)))
    assert len(shown) == 2
    assert "Secret list, key contacts.csv: line 3, column timeZone: " in shown[0]
    assert "Mars" not in "".join(shown)


@pytest.mark.parametrize("supplied", [True, False])
def test_at_most_twenty_errors_of_a_list_are_shown_and_all_are_counted(supplied: bool, tmp_path: Path) -> None:
    text = "id,timeZone\n" + "".join(f"c{number},Mars/Base {number}\n" for number in range(35))
    if supplied:
        findings = checked(LISTED, supplied=given(tmp_path / "spring.csv", text)).findings
    else:
        findings = checked(LISTED + config_map(text)).findings
    assert len(findings) == 21
    assert sum(finding.count for finding in findings) == 35
    (counting,) = [finding for finding in findings if "15 more errors like these" in finding.message]
    assert counting.field == ("" if supplied else "spec.contactsFrom")
    assert counting.file == (str(tmp_path / "spring.csv") if supplied else "campaign.yaml")


def test_skip_plans_without_the_wrong_rows_and_counts_them_in_one_warning() -> None:
    report = checked(listed("onInvalidContact: Skip", "maxSkippedPercent: 100") + config_map(BAD))
    (finding,) = report.findings
    assert (finding.severity, finding.line, finding.field) == (Severity.WARNING, 13, "spec.onInvalidContact")
    assert "2 invalid rows of the lists skipped; for example, ConfigMap list, key contacts.csv: line 3" in (
        finding.message
    )
    assert contacts_of(report) == {"Europe/London": 1}


@pytest.mark.parametrize("text", ["id,timeZone\nc1,Mars/Base\n", 'id,timeZone\nc1,Etc/UTC\nc2,"Etc/UTC\n'])
def test_skip_forgives_neither_a_list_without_a_valid_row_nor_one_that_cannot_be_read(text: str) -> None:
    report = checked(listed("onInvalidContact: Skip", "maxSkippedPercent: 100") + config_map(text))
    assert report.errors == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (ListLimits(max_rows=1), "the lists have more than 1 rows, which is the limit"),
        (ListLimits(max_bytes=20), "the lists are larger than 20 bytes, which is the limit"),
    ],
)
def test_the_limits_are_those_that_are_given_for_lists_of_either_kind(
    limits: ListLimits, said: str, tmp_path: Path
) -> None:
    (tmp_path / "spring.csv").write_text(GOOD)
    file = SuppliedFile(str(tmp_path / "spring.csv"))
    (of_file,) = checked(LISTED, supplied=Supplied(SuppliedContacts(file), limits=limits)).findings
    (of_config_map,) = checked(LISTED + config_map(GOOD), supplied=Supplied(limits=limits)).findings
    assert said in of_file.message
    assert said in of_config_map.message


def test_a_sign_that_is_turned_round_is_a_warning_in_a_list_too() -> None:
    (finding,) = checked(LISTED + config_map("id,timeZone\nc1,Etc/GMT+5\n")).findings
    assert (finding.severity, finding.field) == (Severity.WARNING, "spec.contactsFrom")
    assert "5 hours behind UTC" in finding.message
