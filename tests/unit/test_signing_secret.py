"""Only what was made to be a signing secret signs, and nothing is told of any other value."""

import base64
import os

import pytest

from campaign_operator.domain.dialing.secret_value import SecretValueError
from campaign_operator.domain.dialing.signing_secret import signing_key

RULE = "key k must be whsec_ followed by base64 of 24 to 64 bytes, as Standard Webhooks defines it"


def encoded(key: bytes) -> bytes:
    return b"whsec_" + base64.b64encode(key)


@pytest.mark.parametrize("size", [24, 25, 32, 64])
def test_a_key_of_24_to_64_bytes_is_read(size: int) -> None:
    key = os.urandom(size)
    assert signing_key({"k": encoded(key)}, "k") == key


@pytest.mark.parametrize("around", [b"%s\n", b" %s ", b"%s\r\n"])
def test_what_an_editor_leaves_around_the_secret_is_not_part_of_it(around: bytes) -> None:
    assert signing_key({"k": around % encoded(b"k" * 32)}, "k") == b"k" * 32


def test_base64_without_padding_is_read() -> None:
    assert signing_key({"k": encoded(b"k" * 32).rstrip(b"=")}, "k") == b"k" * 32


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"hunter2",
        b"whsec_",
        b"whsec_aHVudGVyMg==",
        b"whsec_hunter2hunter2hunter2hunter2hunter2!",
        encoded(b"k" * 23),
        encoded(b"k" * 65),
        encoded(b"k" * 1_000_000),
        base64.b64encode(b"k" * 32),
        b"WHSEC_" + base64.b64encode(b"k" * 32),
        b"whsec_whsec_" + base64.b64encode(b"k" * 32),
        b"whsec_" + base64.urlsafe_b64encode(b"\xff" * 32),
        "whsec_clé".encode(),
        b"\xff\xfe\x00",
    ],
    ids=lambda value: repr(value[:24]),
)
def test_any_other_value_is_refused_by_the_same_words(value: bytes) -> None:
    with pytest.raises(SecretValueError) as raised:
        signing_key({"k": value}, "k")
    assert str(raised.value) == RULE


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(SecretValueError, match="key k is missing"):
        signing_key({"other": encoded(b"k" * 32)}, "k")
