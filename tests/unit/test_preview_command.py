"""`campaign-operator preview` as a user meets it: the real program in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from manifests import NOW_TEXT, ROOT, SOUND, run_cli

from campaign_operator.preview.preview_wire import PreviewWire
from campaign_operator.validation.report_wire import ReportWire
from campaign_operator.validation.wire_model import WireModel, schema_file
from kubectl_campaign.status_wire import SeenStatusWire

EXPECTED: dict[str, Any] = {
    "campaign": {"namespace": "sales", "name": "spring"},
    "now": "2026-11-25T12:00:00Z",
    "runs": [
        {
            "id": "20261126T0900",
            "nominalTime": "2026-11-26T09:00:00",
            "contacts": 2,
            "planHash": "PLAN",
            "windows": [
                {
                    "timeZone": "Europe/London",
                    "contacts": 1,
                    "startTime": "2026-11-26T09:00:00Z",
                    "endTime": "2026-11-26T13:00:00Z",
                    "localStart": "2026-11-26T09:00:00+00:00",
                    "localEnd": "2026-11-26T13:00:00+00:00",
                    "state": "Planned",
                    "adjustments": [],
                },
                {
                    "timeZone": "America/New_York",
                    "contacts": 1,
                    "startTime": "2026-11-26T14:00:00Z",
                    "endTime": "2026-11-26T18:00:00Z",
                    "localStart": "2026-11-26T09:00:00-05:00",
                    "localEnd": "2026-11-26T13:00:00-05:00",
                    "state": "Planned",
                    "adjustments": [],
                },
            ],
            "skippedMatches": [
                {
                    "reason": "StartPassed",
                    "count": 1,
                    "first": "2026-11-25T09:00:00",
                    "last": "2026-11-25T09:00:00",
                    "timeZones": ["Europe/London"],
                    "contacts": 1,
                }
            ],
        }
    ],
}

HEAVY = ("kopf", "kubernetes", "aiohttp", "httpx", "httpcore", "asyncio", "rich", "structlog", "phonenumbers")


def preview(*arguments: str, manifest: str = SOUND) -> "subprocess.CompletedProcess[bytes]":
    """The preview of a manifest on standard input, at a fixed time."""
    return run_cli("preview", "-", "--now", NOW_TEXT, *arguments, stdin=manifest.encode())


def test_json_is_as_the_specification_says() -> None:
    done = preview("-o", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout)
    told["runs"][0]["planHash"] = "PLAN"
    assert told == EXPECTED
    assert list(told["runs"][0]) == list(EXPECTED["runs"][0])


@pytest.mark.parametrize(
    ("name", "model"), [("preview", PreviewWire), ("validate", ReportWire), ("kubectl-campaign-status", SeenStatusWire)]
)
def test_the_published_schema_is_that_of_the_output(name: str, model: type[WireModel]) -> None:
    assert (ROOT / "docs" / f"{name}.schema.json").read_text() == schema_file(model)


def test_every_form_of_json_is_as_published(tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(SOUND.replace("0 9", "0 8").replace("Europe/London", "Asia/Tokyo"))
    done = preview("-o", "json", "--runs", "3", "--against", str(old))
    told = PreviewWire.model_validate_json(done.stdout)
    assert len(told.runs) == 3
    assert told.changes is not None
    assert {change.change.value for change in told.changes} == {"Added", "Dropped", "Moved"}
    assert "null" not in done.stdout.decode()


def test_the_table_is_the_default_and_has_no_colours_in_a_pipe() -> None:
    done = preview()
    assert done.returncode == 0
    assert b"America/New_York" in done.stdout
    assert b"\x1b" not in done.stdout


def test_the_picture_is_one_of_xml() -> None:
    done = preview("-o", "svg")
    assert fromstring(done.stdout).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - made here


def test_the_picture_in_the_readme_is_what_the_command_draws() -> None:
    done = run_cli("preview", "examples/spring-renewals.yaml", "--now", NOW_TEXT, "-o", "svg", cwd=ROOT)
    assert done.stdout.decode() == (ROOT / "docs" / "preview.svg").read_text(), "write it anew by this very command"


def test_an_edit_that_the_api_server_would_refuse_is_told(tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(SOUND.replace("8f14e45f", "another"))
    done = preview("--against", str(old))
    assert done.returncode == 1
    assert b"spec.campaignID is immutable" in done.stderr


def test_several_campaigns_are_shown_one_by_one_and_one_can_be_chosen() -> None:
    both = f"{SOUND}---\n{SOUND.replace('name: spring', 'name: summer').replace('8f14e45f', 'other')}"
    assert preview(manifest=both).stdout.count(b"run 20261126T0900") == 2
    assert b"sales/spring" not in preview("--campaign", "summer", manifest=both).stdout
    assert preview("--campaign", "autumn", manifest=both).returncode == 1
    assert preview("-o", "svg", manifest=both).returncode == 2


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (SOUND.replace("name: spring", "name: <script>"), 'metadata.name: Invalid value: "<script>": must consist of'),
        (SOUND.replace("Europe/London", "Europe/Londn"), 'did you mean "Europe/London"?'),
        ("kind: ConfigMap\n", "the file contains no campaign"),
        ("a: [\n", "is not valid YAML"),
        ("", "is empty; write a manifest"),
    ],
)
def test_what_cannot_be_planned_is_status_1_with_the_reason_on_stderr(manifest: str, words: str) -> None:
    done = preview("-o", "svg", manifest=manifest)
    assert (done.returncode, done.stdout) == (1, b"")
    assert words in done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--now", "tomorrow"),
        ("--now", "2026-11-25T12:00:00"),
        ("--now", "2026-11-25"),
        ("--runs", "0"),
        ("--runs", "51"),
        ("--against", "/nowhere"),
        ("--against", "-", "-o", "svg"),
        ("-o", "png"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    done = run_cli("preview", "-", *arguments, stdin=SOUND.encode())
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_nothing_is_loaded_that_a_preview_does_not_need() -> None:
    program = (
        "import sys\nfrom campaign_operator.cli import app\n"
        "try:\n    app(['preview', '-'])\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=SOUND.encode(), capture_output=True, check=False)
    assert done.stderr == b"[]\n"
