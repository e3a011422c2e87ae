"""`campaign-operator validate` as a user meets it: exit status, stdout and stderr of the real program."""

import json
from pathlib import Path

import pytest
from manifests import LISTED, ROOT, SOUND, run_cli

from campaign_operator.validation.report_wire import ReportWire


def test_a_sound_folder_is_status_0_and_counted(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "one.yaml").write_text(SOUND)
    (tmp_path / "deeper" / "two.yml").write_text(SOUND.replace("name: spring", "name: s2").replace("8f14", "9f14"))
    (tmp_path / "deeper" / "three.json").write_text('{"apiVersion": "v1", "kind": "ConfigMap"}')
    (tmp_path / "README.md").write_text("no: [manifest")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "broken.yaml").write_text("[")
    done = run_cli("validate", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"2 campaigns, 0 errors, 0 warnings, 1 document of other kinds skipped\n"


def test_an_error_is_status_1_with_file_and_line_on_stdout(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(SOUND.replace("Europe/London", "Europe/Londn"))
    done = run_cli("validate", str(file))
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().startswith(f"{file}:13: error: spec.contacts[1].timeZone: ")


def test_a_warning_is_status_0() -> None:
    done = run_cli("validate", "-", stdin=SOUND.replace("0 9 * * *", "*/90 9 * * *").encode())
    assert done.returncode == 0
    assert b"<stdin>:8: warning: spec.cron: " in done.stdout


def test_json_is_complete_and_as_published() -> None:
    done = run_cli("validate", "-", str(ROOT / "examples"), "-o", "json", stdin=SOUND.replace("9 *", "99 *").encode())
    assert (done.returncode, done.stderr) == (1, b"")
    told = ReportWire.model_validate_json(done.stdout)
    assert (told.campaigns, told.passed_over, told.errors) == (10, 12, 1)
    assert told.warnings >= 1, "there are more when the calendar of an example comes to its end"
    assert set(json.loads(done.stdout)) == {
        *("files", "documents", "campaigns", "passedOver", "errors", "warnings", "findings")
    }
    assert {(8, "spec.cron"), (46, "spec.onInvalidContact")} <= {(one.line, one.field) for one in told.findings}


@pytest.mark.parametrize(
    "arguments",
    [(), ("/nowhere/at-all.yaml",), ("-", "/nowhere"), ("-", "-o", "xml"), ("-", "--no-such-option")],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    done = run_cli("validate", *arguments, stdin=SOUND.encode())
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_a_folder_without_manifests_is_wrong_usage(tmp_path: Path) -> None:
    assert run_cli("validate", str(tmp_path)).returncode == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty; write a manifest"),
        (b"a: \x00b\n", "U+0000"),
        (b"\x00" * 4096, "U+0000"),
        (SOUND.encode("utf-16"), "UTF-16"),
        (b"a: \xff\xfe\n", "is not valid UTF-8, starting on line 1"),
        (b"#" * (16 * 1024 * 1024 + 1), "is larger than 16 MiB"),
        (b"\x1f\x8b\x08\x00", "is not valid UTF-8"),
    ],
    ids=["empty", "NUL", "nothing but NUL", "UTF-16", "Latin", "huge", "gzip"],
)
def test_bytes_that_are_no_manifest_are_an_error_in_words(data: bytes, words: str) -> None:
    done = run_cli("validate", "-", stdin=data)
    assert done.returncode == 1
    assert words in done.stdout.decode()
    assert done.stderr == b""


def test_a_byte_order_mark_is_no_matter() -> None:
    assert run_cli("validate", "-", stdin=b"\xef\xbb\xbf" + SOUND.encode()).returncode == 0


def test_what_a_stranger_named_cannot_drive_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m.yaml"
    file.write_text(SOUND + '  "\\e]0;title\\a": 1\n')
    done = run_cli("validate", str(file))
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout


def test_a_list_on_standard_input_is_checked_with_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "campaign.yaml"
    file.write_text(LISTED)
    done = run_cli("validate", str(file), "--contacts", "-", stdin=b"id,timeZone\nc1,Mars/Base\n")
    assert done.returncode == 1
    assert done.stdout.decode().startswith(
        '<stdin>:2: error: column timeZone: Invalid value: "Mars/Base": must be a valid time zone'
    )


@pytest.mark.parametrize("command", ["validate", "preview"])
def test_the_limits_of_lists_are_options_as_they_are_of_the_operator(command: str, tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("id,timeZone\nc1,Asia/Tokyo\nc2,Asia/Tokyo\n")
    enough = run_cli(command, "-", "--contacts", str(file), "--list-max-rows", "2", stdin=LISTED.encode())
    assert enough.returncode == 0
    for limit in (("--list-max-rows", "1"), ("--list-max-bytes", "30")):
        done = run_cli(command, "-", "--contacts", str(file), *limit, stdin=LISTED.encode())
        assert done.returncode == 1
        assert b", which is the limit" in done.stdout + done.stderr


def test_a_list_that_is_given_and_not_read_is_said() -> None:
    done = run_cli("validate", "-", "--contacts", str(ROOT / "README.md"), stdin=SOUND.encode())
    assert (done.returncode, done.stdout) == (0, b"1 campaign, 0 errors, 0 warnings\n")
    assert b"--contacts is not used: no campaign has contactsFrom" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("-", "--contacts", "-"),
        ("a.yaml", "--contacts", "-", "--exclude-dates", "-"),
        ("-", "--contacts", "/nowhere"),
        ("-", "--contacts", "/tmp"),  # noqa: S108 - a folder
        ("-", "--exclude-dates", "/nowhere"),
    ],
    ids=" ".join,
)
def test_a_list_that_cannot_be_read_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    done = run_cli("validate", *arguments, stdin=LISTED.encode())
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
