"""Texts that are no manifests, or hardly: each is told with its line, and none of them stops the others."""

import json
import time

import pytest
from manifests import SOUND, checked, only

from campaign_operator.validation.documents import MAX_DEPTH, MAX_DOCUMENTS, read_documents
from campaign_operator.validation.nodes import plain_scalar, value_of


def values(text: str) -> list[object]:
    """The documents of a text that has no findings."""
    documents = list(read_documents("campaign.yaml", text))
    assert [document.findings for document in documents if document.findings] == []
    return [value_of(document.root) for document in documents if document.root is not None]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: [\n", 2, "is not valid YAML"),
        ("a: b: c\n", 1, "is not valid YAML"),
        ("a:\n\tb: 1\n", 2, "a tab; indent with spaces"),
        ("a: 1\nb: \x00\n", 2, "U+0000"),
        ("a: *nobody\n", 1, "*nobody refers to an anchor that does not exist"),
        ("a: &a\n  b: *a\n", 2, "*a refers to a value that contains it"),
        ("a: " + "[" * (MAX_DEPTH + 2), 1, f"nested more than {MAX_DEPTH} levels deep"),
        ("a: 1\nb: 2\na: 3\n", 3, 'duplicate key "a", already used on line 1'),
        ("a: !!python/object:os.system 1\n", 1, "Kubernetes does not support the tag"),
        ("? [a]\n: 1\n", 1, "a key must be a string"),
        ("<<: 1\n", 1, "<< must refer to a map"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, words: str) -> None:
    (document,) = read_documents("campaign.yaml", text)
    assert words in document.findings[0].message
    assert document.findings[0].line == line


def test_an_error_in_one_document_hides_none_of_the_next() -> None:
    report = checked(f"a: [\n---\n{SOUND}---\nb: ]\n")
    assert [finding.line for finding in report.findings] == [2, 17]
    assert len(report.campaigns) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but words\n", "---\n", "---\n---\n# nothing\n...\n"])
def test_a_file_that_was_named_and_is_empty_is_an_error(text: str) -> None:
    assert "is empty; write a manifest" in only(text).message


def test_an_empty_file_in_a_folder_is_passed_over() -> None:
    assert checked("", named=False).findings == ()


@pytest.mark.parametrize("text", ["- a\n", "word\n", "5\n", "[]\n"])
def test_a_document_that_is_no_map_is_told_what_a_manifest_is(text: str) -> None:
    assert "a manifest is a map with apiVersion" in only(text).message


def test_a_document_without_a_kind_is_an_error() -> None:
    assert only(SOUND.replace("kind: OutboundCampaign\n", "")).field == "kind"


def test_what_is_no_object_at_all_is_passed_over_in_a_folder() -> None:
    report = checked("replicas: 2\n", named=False)
    assert (report.errors, report.passed_over) == (0, 1)
    assert checked("replicas: 2\n").errors == 1


def test_a_campaign_that_has_lost_kind_and_api_version_is_not_passed_over() -> None:
    assert checked("metadata: {name: a}\nspec: {cron: '@daily'}\n", named=False).errors == 1


def test_more_documents_than_are_read_is_told_and_bounded_in_time() -> None:
    begun = time.process_time()
    report = checked("---\na: 1\n" * 3 * MAX_DOCUMENTS, named=False)
    assert report.documents == MAX_DOCUMENTS + 1
    assert f"more than {MAX_DOCUMENTS} documents" in report.findings[-1].message
    assert time.process_time() - begun < 30


def test_anchors_and_merges_mean_what_they_mean_to_kubectl() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {c: 3}\nall: {b: 5, <<: [*base, *more]}\nsame: *base\n"
    assert values(text) == [
        {
            "base": {"a": 1, "b": 2},
            "more": {"c": 3},
            "all": {"a": 1, "b": 5, "c": 3},
            "same": {"a": 1, "b": 2},
        }
    ]


def test_json_is_read_too_and_tabs_indent_it() -> None:
    assert values(json.dumps({"a": ["b", 1, True, None]}, indent="\t")) == [{"a": ["b", 1, True, None]}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8f14e45f", "8f14e45f"),
        ("8e14", 800_000_000_000_000),
        ("12_000", 12_000),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 15),
        ("08", 8),
        ("-5", -5),
        ("1.5", 1.5),
        ("3.0", 3),
        ("yes", True),
        ("Off", False),
        ("yEs", "yEs"),
        ("~", None),
        ("", None),
        ("12:30", "12:30"),
        ("2026-12-25", "2026-12-25"),
        ("0 9 * * *", "0 9 * * *"),
    ],
)
def test_a_plain_scalar_means_what_it_means_to_kubectl(text: str, value: object) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


def test_lines_are_counted_with_carriage_returns() -> None:
    assert [finding.line for finding in checked(SOUND.replace("\n", "\r\n").replace("cron: ", "cron: x")).findings] == [
        8
    ]
