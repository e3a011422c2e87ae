"""What separates the columns of a CSV list.

Apart from the other words of the resource since the command line needs it at its start, and must not wait for pydantic.
"""

from enum import StrEnum


class Delimiter(StrEnum):
    """What separates the columns of a CSV list, in words: YAML reads a bare | as its own."""

    COMMA = "Comma"
    """A comma."""

    SEMICOLON = "Semicolon"
    """A semicolon, as spreadsheets write it where the comma is the decimal sign."""

    TAB = "Tab"
    """A tab."""

    VERTICAL_BAR = "VerticalBar"
    """A vertical bar."""
