"""How a mistake is planted in an operator of the harness, and what is known of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """How to make it, and the plan that must be red with it."""

    make: Callable[[], None]
    found_by: str


MISTAKES: dict[str, Mistake] = {}


def found_by(plan: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """The mistake that this function makes is found by that plan."""

    def register(make: Callable[[], None]) -> Callable[[], None]:
        MISTAKES[make.__name__.replace("_", "-")] = Mistake(make, plan)
        return make

    return register


def put(owner: Any, name: str, value: Any) -> None:
    """Rebind a name of the product's."""
    getattr(owner, name)  # a name that has gone would plant nothing
    setattr(owner, name, value)
