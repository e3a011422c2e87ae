"""Which phrases are found, and where they are looked for."""

import re

import pytest

from prose import BETTER, ROOT, find_in_python, find_phrases, read_files


def phrases(text: str) -> list[str]:
    return [found.phrase for found in find_phrases(text)]


def in_python(source: str, *, is_command: bool = False) -> list[tuple[int, str]]:
    return [(found.line, found.phrase) for found in find_in_python(source, is_command=is_command)]


def test_what_people_read_is_looked_at() -> None:
    names = {str(path.relative_to(ROOT)) for path in read_files()}
    assert names >= {
        "README.md",
        "charts/campaign-operator/templates/NOTES.txt",
        "charts/campaign-operator/values.yaml",
        "docs/api.md",
        "docs/runbook.md",
        "docs/contacts.schema.json",
        "docs/validate.schema.json",
        "examples/contact-lists/crm-api.yaml",
        "examples/demo.yaml",
        "operator/campaign_operator/api/v1alpha1.py",
        "operator/campaign_sandbox/cli.py",
    }
    assert [name for name in names if "decisions/0" in name or name == "CHANGELOG.md"] == []


@pytest.mark.parametrize("pattern", BETTER)
def test_every_phrase_is_a_regular_expression_with_a_better_word(pattern: str) -> None:
    assert re.compile(pattern).search("") is None
    assert BETTER[pattern]


def test_a_phrase_is_found_with_its_line_and_in_any_case() -> None:
    (found,) = find_phrases("Schedules are cancelled.\nPlease wait.\n")
    assert (found.line, found.phrase, found.better) == (2, "Please", "say what to do")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The run is withdrawn.", "withdrawn"),
        ("some hosts, e.g. localhost", "e.g."),
        ("in order\nto start", "in order to"),
        ("# in order\n# to start", "in order to"),
    ],
)
def test_forms_of_a_phrase_are_found_and_phrases_over_two_lines(text: str, phrase: str) -> None:
    assert phrases(text) == [phrase]


@pytest.mark.parametrize("text", ["uneasy", "displeased", "the currently_running flag", "actuality"])
def test_a_part_of_a_word_is_no_phrase(text: str) -> None:
    assert phrases(text) == []


def test_messages_are_read_also_with_values_in_them_and_over_two_lines() -> None:
    assert in_python('x = 1\nraise ValueError(f"please wait {x} seconds")') == [(2, "please")]
    assert in_python('log("start it in order "\n    "to see")') == [(1, "in order to")]
    assert in_python('log(f"start {x} in order "\n    f"to see")') == [(1, "in order to")]


@pytest.mark.parametrize(
    "source",
    [
        '"""Please read on."""',
        'x = 1\n"""Please read on."""',
        'def f():\n    """Please read on."""',
        'x = {"please": 1}',
    ],
)
def test_docstrings_and_words_for_machines_are_not_read(source: str) -> None:
    assert in_python(source) == []


def test_the_docstring_of_a_command_is_its_help() -> None:
    source = 'def run() -> None:\n    """Please wait."""\n\ndef _load() -> None:\n    """Easy."""\n'
    assert in_python(source, is_command=True) == [(1, "Please")]
