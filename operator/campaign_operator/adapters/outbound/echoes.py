"""Whether what a server sends back repeats a secret that it was sent.

Servers do: one logs a header into its error message, another shortens a token in it, a third quotes a form with its
escapes. Owns how a secret is recognized. Sends nothing.
"""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote

_TELLING = 8
"""Characters of a secret in a row that are no accident and already help to guess the rest."""

_LEAST_IN_A_BODY = 16
"""A shorter secret could stand in any body by chance, and what holds one is not read."""

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def echoes(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text for people has a secret in it, or a piece of one that is `_TELLING` long: in upper or lower case,
    with or without the escapes of a URL, of HTML or of JSON, or with something put between its letters and digits.
    """
    readings = {_bare(reading) for reading in (text, unquote(text), html.unescape(text), _ESCAPE.sub(_character, text))}
    for secret in filter(None, secrets):
        bare = _bare(secret)
        if secret in text or any(piece in reading for piece in _pieces(bare) for reading in readings):
            return True
    return False


def echoes_whole(body: bytes, secrets: Iterable[str]) -> bool:
    """Whether a body has a secret in it as it was sent."""
    return any(len(secret) >= _LEAST_IN_A_BODY and secret.encode() in body for secret in secrets)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _pieces(bare: str) -> Iterable[str]:
    if len(bare) <= _TELLING:
        return (bare,) if bare else ()
    return (bare[start : start + _TELLING] for start in range(len(bare) - _TELLING + 1))


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))
