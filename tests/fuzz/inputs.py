"""Inputs of others: sound ones, sound ones with something changed, and any bytes at all."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

CLIENT_ID, CLIENT_SECRET = "canary-client", "canary/Secret+9fA3kQ7x"
TOKEN = "canary-token.eyJhbGciOiJub25lIn0.c2lsZW50"
BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
SECRETS = (CLIENT_SECRET, TOKEN, BASIC)

_PIECE = 12
"""So many characters of a secret in a row are no accident."""

ECHOES = st.sampled_from(
    [form for secret in SECRETS for form in (secret, quote(secret, safe=""), secret.upper(), secret[:16], secret[4:])]
    + [CLIENT_SECRET.replace("/", "\\/"), CLIENT_SECRET.replace("+", "&#43;"), " ".join(TOKEN), f"Bearer {TOKEN}"]
)
"""A secret as a server may send it back."""

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.sampled_from("\0\n\r\t\x1b\x7f\x85\u2028\u202e\ufeff\ud800 \"'\\<>&%{}[],:;=/"), max_size=12),
    st.builds("{}{}{}".format, st.text(max_size=8), ECHOES, st.text(max_size=8)),
)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**63, 2**64, 10**30, 1e308, 1e-308, True]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FRAGMENTS = (
    b"[",
    b'{"a":',
    b'"',
    b"\\",
    b"1",
    b"1,",
    b"[[],",
    b"\xff",
    b"\0",
    b"\xf0\x9f\x98\x80",
    b'"\\ud800',
    b"\r\n",
)


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with these fields, of which any may be missing or be something else, and others may be there, too."""
    either = {name: field | VALUES for name, field in fields.items()}
    sound = st.fixed_dictionaries(dict(fields))
    changed = st.fixed_dictionaries({}, optional=either)
    more = st.builds(lambda known, extra: {**extra, **known}, changed, st.dictionaries(TEXTS, VALUES, max_size=2))
    return st.one_of(sound, sound, changed, more)


def encoded(value: Any) -> bytes:
    """As JSON, with what JSON does not have (NaN) as Python's module writes it."""
    return json.dumps(value, ensure_ascii=True).encode()


def spoiled(sound: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes as they are, or cut, or with others put in."""
    cut = st.builds(lambda data, at: data[: at % (len(data) + 1)], sound, st.integers(0, 4096))
    spliced = st.builds(
        lambda data, at, other: data[: at % (len(data) + 1)] + other + data[at % (len(data) + 1) :],
        sound,
        st.integers(0, 4096),
        st.sampled_from(FRAGMENTS) | st.binary(max_size=8),
    )
    return st.one_of(sound, sound, sound, cut, spliced, st.binary(max_size=64), SWOLLEN)


SWOLLEN = st.builds(
    lambda fragment, size: fragment * (size // len(fragment)),
    st.sampled_from(FRAGMENTS),
    st.sampled_from([100, 300, 1000, 10_000, 1_048_576]),
)
"""One thing again and again, up to what is read of an answer."""


@dataclass(frozen=True)
class HTTPAnswer:
    """What a server sends on one connection, as bytes in pieces."""

    pieces: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


HEADERS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["Retry-After", "Content-Encoding", "Transfer-Encoding", "Content-Length", "ETag", "X"]),
            st.sampled_from(
                [
                    "1",
                    "gzip",
                    "chunked",
                    "identity",
                    "0",
                    "-1",
                    "1e9",
                    "99999999999999999999",
                    "Wed, 21 Oct 2026 07:28:00 GMT",
                    '"e"',
                    "Thu, 01 Jan 10000 00:00:00 +9999",
                    "NaN",
                    "",
                ]
            ),
        ),
        st.tuples(st.sampled_from(["Retry-After", "Location", "Set-Cookie"]), st.text(max_size=12)),
    ),
    max_size=2,
)


def http_answers(bodies: st.SearchStrategy[bytes], statuses: st.SearchStrategy[int]) -> st.SearchStrategy[HTTPAnswer]:
    """Answers with such a body, mostly as HTTP wants them."""
    whole = st.builds(_whole, statuses, HEADERS, bodies, st.booleans())
    return st.builds(
        _in_pieces, st.one_of(whole, whole, whole, spoiled(whole)), st.lists(st.integers(0, 300), max_size=3)
    )


def _whole(status: int, headers: list[tuple[str, str]], body: bytes, chunked: bool) -> bytes:
    length = [("Transfer-Encoding", "chunked")] if chunked else [("Content-Length", str(len(body)))]
    lines = [f"{name}: {value}" for name, value in [*length, *headers]]
    head = "\r\n".join([f"HTTP/1.1 {status} X", *lines]).encode("utf-8", "surrogatepass")
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked and body else b"0\r\n\r\n" if chunked else body
    return head + b"\r\n\r\n" + sent


def _in_pieces(data: bytes, cuts: list[int]) -> HTTPAnswer:
    places = sorted({cut for cut in cuts if 0 < cut < len(data)})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return HTTPAnswer(tuple(piece for piece in pieces if piece))


def assert_tells_no_secret(text: str, secrets: Iterable[str] = SECRETS) -> None:
    """No piece of a secret is in what people may see, however it is written."""
    seen = _bare(text)
    for secret in secrets:
        bare = _bare(secret)
        for start in range(len(bare) - _PIECE + 1):
            assert bare[start : start + _PIECE] not in seen, f"a secret is told: {text!r}"


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
