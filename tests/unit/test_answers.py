"""What is read from answers that others write."""

from datetime import timedelta

import pytest

from campaign_operator.adapters.outbound.answers import (
    LONGEST_MESSAGE,
    UnreadableAnswerError,
    cleaned,
    json_object,
    retry_after_seconds,
    stated_reason,
)
from manual_clock import NOON


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("2.5", 2.5),
        ("3600", 3600),
        ("999999999", 86_400),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30),
        ("Wednesday, 25-Nov-26 12:00:30 GMT", 30),
        ("Wed Nov 25 12:00:30 2026", 30),
        ("Wed, 25 Nov 2026 13:01:00 +0100", 60),
        ("Wed, 25 Nov 2026 11:59:00 GMT", 0),
        ("Fri, 25 Dec 2026 12:00:00 GMT", 86_400),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(text: str, seconds: float) -> None:
    assert retry_after_seconds(text, NOON) == seconds


def test_a_retry_after_date_counts_from_the_given_clock() -> None:
    date = "Wed, 25 Nov 2026 12:00:30 GMT"
    assert retry_after_seconds(date, NOON + timedelta(seconds=20)) == 10


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "-5",
        "1e3",
        "nan",
        "inf",
        "0x10",
        "٣",
        "5 s",
        "Wed, 99 Nov 2026 12:00:00 GMT",
        "9" * 400,
    ],
)
def test_a_retry_after_that_says_nothing_usable_is_none(text: str | None) -> None:
    assert retry_after_seconds(text, NOON) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html>",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_a_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        json_object(body)


def test_a_message_is_one_visible_line() -> None:
    assert cleaned("  start\r\n\tis \x00 in\u2028the \x1b[1mpast\u202e ") == "start is in the [1mpast"


def test_a_long_message_is_cut() -> None:
    line = cleaned("word " * 1000)
    assert len(line) == LONGEST_MESSAGE
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"message": "bad zone"}', "bad zone"),
        (b'{"error": "invalid_scope"}', "invalid_scope"),
        (b'{"error": "x", "error_description": "needs a scope"}', "needs a scope"),
        (b'{"error": {"message": "bad zone", "code": 4}}', "bad zone"),
        (b'{"message": 5, "title": "Bad"}', "Bad"),
        (b'{"message": "  "}', ""),
        (b'{"message": ["a"]}', ""),
        (b"{}", ""),
        (b"<html>error</html>", ""),
        (None, ""),
    ],
)
def test_the_dialers_own_short_message_is_found(body: bytes | None, reason: str) -> None:
    assert stated_reason(body, ()) == reason


@pytest.mark.parametrize("spoken", ["p&ss w0rd", "p%26ss%20w0rd", "p%26ss+w0rd"])
def test_a_message_that_repeats_a_secret_is_withheld(spoken: str) -> None:
    body = f'{{"message": "the secret {spoken} is wrong"}}'.encode()
    assert stated_reason(body, ("", "p&ss w0rd")) == ""
    assert stated_reason(body, ("",)) != ""


TOKEN = "kd8+Fh2/Lq9-xW7z.Pm4"


@pytest.mark.parametrize(
    "spoken",
    [
        "KD8+FH2/LQ9-XW7Z.PM4",
        "kd8+Fh2/Lq...",
        "...q9-xW7z.Pm4",
        "k d 8 + F h 2 / L q 9",
        "kd8%2BFh2%2FLq9",
        "kd8&#43;Fh2&#47;Lq9",
        r"kd8\\u002bFh2\\u002fLq9",
        "kd8\u200bFh2Lq9",
    ],
)
def test_a_message_that_repeats_a_piece_of_a_secret_is_withheld_however_it_is_written(spoken: str) -> None:
    body = f'{{"message": "token {spoken} has expired"}}'.encode()
    assert stated_reason(body, (TOKEN,)) == ""
    assert stated_reason(body, ("another-secret-altogether",)) != ""


def test_a_message_that_shares_less_than_eight_characters_with_a_secret_is_told() -> None:
    assert stated_reason(b'{"message": "no kd8+Fh2/L here"}', (TOKEN,)) == "no kd8+Fh2/L here"


def test_a_secret_cut_by_the_limit_is_withheld_all_the_same() -> None:
    body = ('{"message": "' + "a" * (LONGEST_MESSAGE - 5) + 'long-secret"}').encode()
    assert stated_reason(body, ("long-secret",)) == ""
