"""How the slow parts of the sandbox tell what they are doing."""

from typing import Protocol


class Progress(Protocol):
    """Where progress is told: one line for people at a time, without a newline at its end."""

    def __call__(self, line: str, /) -> None:
        """Show or drop the line; called from the event loop, so it must not wait."""


def quiet(_line: str, /) -> None:
    """Progress that nobody wants to see."""
