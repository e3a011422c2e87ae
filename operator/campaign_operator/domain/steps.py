"""Work in short steps, between which others have their turn: a generator, whose value is what comes of it."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def take_all(steps: Generator[None, None, Result]) -> Result:
    """What comes of the steps, for whoever need not give way between them. Raises what they raise."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
