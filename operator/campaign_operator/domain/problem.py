"""What stands in the way of something, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way: a reason of the runbook, and words for a person.

    A reason that this version does not know was written by another one, and passes through. `transient`: it is tried
    again, and nobody need do anything.
    """

    reason: str
    message: str
    transient: bool = False
