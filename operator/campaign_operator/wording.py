"""How texts for people count, quote, list and cut, from a condition's message to the command line."""

from collections.abc import Sequence

ITEMS_LISTED = 5
"""How many items a text names before it counts the rest."""

_QUOTED_CHARACTERS = 64


def counted(number: int, noun: str) -> str:
    """The number with its noun: 1 window, 2 windows."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(items: Sequence[str], most: int = ITEMS_LISTED, *, hidden: int = 0, at_least: bool = False) -> str:
    """The first items, and how many more there are: `a, b, c, d, e and 7 more`.

    `hidden` counts those that are not among `items`; `at_least` says that there may be more than are counted.
    """
    rest = max(len(items) - most, 0) + hidden
    shown = ", ".join(items[:most])
    return f"{shown} and {'at least ' if at_least else ''}{rest} more" if rest else shown


def cut(text: str, limit: int) -> str:
    """The text, shortened with an ellipsis where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cut_to_bytes(text: str, limit: int) -> str:
    """The text, shortened with an ellipsis where it is longer than `limit` bytes of UTF-8."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[: limit - len("…".encode())].decode(errors="ignore") + "…"


def quoted(value: str) -> str:
    """`value` in double quotes, on one line, at most 64 characters of it, with what cannot be printed escaped."""
    escaped = "".join(_escaped(character) for character in value[:_QUOTED_CHARACTERS])
    return f'"{escaped}"' if len(value) <= _QUOTED_CHARACTERS else f'"{escaped}..."'


def printable(text: str) -> str:
    """The text on one line, with a question mark for each character that a terminal could take for a command, or that
    would turn the direction of what follows.
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
