"""How texts count, quote, list and cut."""

from typing import Any

import pytest

from campaign_operator.wording import counted, cut, listed, printable, quoted


@pytest.mark.parametrize(("number", "words"), [(0, "0 windows"), (1, "1 window"), (2, "2 windows")])
def test_a_number_has_its_noun(number: int, words: str) -> None:
    assert counted(number, "window") == words


@pytest.mark.parametrize(
    ("items", "more", "words"),
    [
        ("", {}, ""),
        ("a", {}, "a"),
        ("abcde", {}, "a, b, c, d, e"),
        ("abcdef", {}, "a, b, c, d, e and 1 more"),
        ("abcdefg", {"at_least": True}, "a, b, c, d, e and at least 2 more"),
        ("abc", {"most": 2, "hidden": 4}, "a, b and 5 more"),
    ],
)
def test_a_list_names_the_first_and_counts_the_rest(items: str, more: dict[str, Any], words: str) -> None:
    assert listed(items, **more) == words


def test_a_text_is_cut_to_what_it_may_take() -> None:
    assert (cut("abcde", 5), cut("abcdef", 5)) == ("abcde", "abcd…")


def test_what_somebody_wrote_is_shown_on_one_line_and_not_whole() -> None:
    assert quoted('a "b"\n\x1b') == '"a \\"b\\"\\n\\x1b"'
    assert quoted("x" * 65) == f'"{"x" * 64}..."'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zürich, 東京: 5 % “off”", "Zürich, 東京: 5 % “off”"),
        ("a\x1b[31mb\x07\x9bc", "a?[31mb??c"),
        ("one\r\ntwo\tthree", "one??two?three"),
        ("right\u202eleft\u2066\u200f", "right?left??"),
        ("\ud800\u2028", "??"),
    ],
)
def test_what_a_terminal_could_obey_is_a_question_mark(text: str, shown: str) -> None:
    assert printable(text) == shown
