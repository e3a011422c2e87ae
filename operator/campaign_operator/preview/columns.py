"""Columns of plain text for people, with or without colours.

Owns how cells are aligned and cut to a width. What stands in them is the caller's business. Plain text and no library:
a table of five columns is not worth the start-up time.
"""

from collections.abc import Sequence
from textwrap import wrap

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
_SHORTEST_ZONE = 12

TableRow = tuple[str, ...]


class Paint:
    """Colours text, or leaves it as it is."""

    def __init__(self, colours: bool) -> None:
        self._colours = colours

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours and text else text


def wrapped(text: str, width: int, indent: str = "", following: str | None = None) -> list[str]:
    """The lines of a text; a word that is too long, such as a path, keeps a line of its own and can be copied."""
    return wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    )


def shortened(rows: Sequence[TableRow], width: int | None) -> Sequence[TableRow]:
    """The rows with zones, in the first column, no wider than lets them fit."""
    if width is None:
        return rows
    others = sum(max(len(row[column]) for row in rows) + 2 for column in range(1, len(rows[0])))
    room = max(width - others, _SHORTEST_ZONE)
    return [(_cut(row[0], room), *row[1:]) for row in rows]


def _cut(text: str, room: int) -> str:
    """The place is what tells zones apart, so the beginning goes."""
    return text if len(text) <= room else "…" + text[len(text) - room + 1 :]


def aligned(rows: Sequence[TableRow], right: frozenset[int] = frozenset()) -> list[str]:
    """One line for each row; the columns of `right` are flush right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(size) if place in right else cell.ljust(size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
