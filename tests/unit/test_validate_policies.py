"""What `validate` and `preview` make of policies: the one that a campaign names, and the operator's."""

import json
from pathlib import Path

import pytest
from manifests import NOW_TEXT, SOUND, checked, config_map, run_cli, with_spec

from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.validation.findings import Severity
from campaign_operator.validation.policy_file import OPERATORS_POLICY, read_policy
from campaign_operator.validation.supplied import Supplied

SHARED_POLICY = "callingHours: {policyFrom: {configMapKeyRef: {name: calling-policy, key: policy.yaml}}}"
TEXT = with_spec(SHARED_POLICY)
FIELD = "spec.callingHours.policyFrom.configMapKeyRef"


def policy(text: str) -> str:
    """A document with the policy that the campaign names."""
    return config_map(text, name="calling-policy", key="policy.yaml")


def hours_in_use(text: str, supplied: Supplied) -> list[str]:
    report = checked(text, supplied=supplied)
    assert report.findings == ()
    blueprint = report.campaigns[0].checked.blueprint
    assert isinstance(blueprint, Blueprint)
    return [rules.text for rules in blueprint.rules_in_use]


def test_a_policy_among_the_manifests_and_the_operators_both_narrow_the_hours() -> None:
    operators = Supplied(policy=read_policy(b"end: '20:00'", file="p.yaml", name=OPERATORS_POLICY))
    assert hours_in_use(TEXT + policy("start: '09:00'\n"), operators) == ["09:00 to 20:00"]
    assert hours_in_use(SOUND, operators) == ["08:00 to 20:00"]


@pytest.mark.parametrize(
    ("needed", "severity", "words"),
    [
        (False, Severity.WARNING, "so the policy is not checked; add the ConfigMap to the files"),
        (True, Severity.ERROR, "and a preview needs the policy; add the ConfigMap to the files"),
    ],
)
def test_a_policy_that_is_not_there_stops_a_preview_and_no_check(needed: bool, severity: Severity, words: str) -> None:
    (finding,) = checked(TEXT, supplied=Supplied(needed=needed)).findings
    assert (finding.severity, finding.line, finding.field) == (severity, 14, FIELD)
    assert words in finding.message


def test_errors_of_a_policy_stand_at_the_reference_with_their_lines() -> None:
    findings = checked(TEXT + policy("start: '25:00'\ndays: [Monday]\n")).findings
    assert [(finding.line, finding.field, finding.severity) for finding in findings] == [
        (14, FIELD, Severity.ERROR)
    ] * 2
    assert findings[0].message.startswith("ConfigMap calling-policy, key policy.yaml, line 1: start: Invalid value")
    assert findings[1].message.startswith("ConfigMap calling-policy, key policy.yaml, line 2: days[0]: Unsupported")


def test_a_policy_is_checked_beside_an_error_in_the_hours() -> None:
    text = with_spec(SHARED_POLICY.replace("{policyFrom", '{start: "25:00", policyFrom'))
    findings = checked(text + policy("end: 9\n")).findings
    assert ["key policy.yaml, line 1: end" in finding.message for finding in findings] == [False, True]


def test_a_policy_that_leaves_nothing_is_an_error_with_its_name() -> None:
    (finding,) = checked(TEXT + policy("end: '08:30'\n")).findings
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith(
        "; these are the hours of the campaign, narrowed by policy calling-policy/policy.yaml"
    )


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            b"end: '09:10'",
            "longer than the calling hours, 08:00 to 09:10, narrowed by the operator's policy: every window",
        ),
        (b"end: '09:10'", "because the calling hours end, narrowed by the operator's policy; let cron match earlier"),
        (b"days: [Mon]", "because that day is closed, narrowed by the operator's policy; let cron match on open days"),
    ],
)
def test_a_warning_about_hours_names_the_policy_that_narrows_them(rules: bytes, words: str) -> None:
    supplied = Supplied(policy=read_policy(rules, file="p.yaml", name=OPERATORS_POLICY))
    report = checked(SOUND + "  runPolicy: Recurring\n", supplied=supplied)
    assert any(words in finding.message for finding in report.findings), report.findings


def test_both_commands_take_the_operators_policy(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("start: '10:00'\nend: '12:00'\n")
    done = run_cli("preview", "-", "--now", NOW_TEXT, "--policy", str(file), "-o", "json", stdin=SOUND.encode())
    assert done.returncode == 0, done.stderr
    windows = json.loads(done.stdout)["runs"][0]["windows"]
    assert {window["localStart"][11:16] + window["localEnd"][10:16] for window in windows} == {"10:00T12:00"}
    source = "the operator's policy"
    assert all(
        window["rules"]
        == [
            {"adjustment": "DeferredToOpening", "source": source, "rule": "opens at 10:00 on Thu"},
            {"adjustment": "ClippedAtClosing", "source": source, "rule": "closes at 12:00 on Thu"},
        ]
        for window in windows
    )
    manifest = tmp_path / "campaign.yaml"
    manifest.write_text(SOUND)
    done = run_cli("validate", str(manifest), "--policy", "-", stdin=b"end: '08:30'\n")
    assert done.returncode == 1
    assert b"the hours of the campaign, narrowed by the operator's policy" in done.stdout


@pytest.mark.parametrize("command", ["validate", "preview"])
def test_a_policy_that_cannot_be_used_ends_the_command(command: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("start: '10:00'\nend: 9pm\n")
    done = run_cli(command, "-", "--policy", str(file), stdin=SOUND.encode())
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"{file}, line 2: end: Invalid value".encode() in done.stderr
    assert run_cli(command, "-", "--policy", "absent.yaml", stdin=SOUND.encode()).returncode == 2
