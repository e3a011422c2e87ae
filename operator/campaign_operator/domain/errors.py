"""What a person got wrong in a spec, as exceptions that say where, what and how to put it right.

    ValueError
    └── InvalidSpecError        anything wrong with a spec; `errors` lists it, one by one
        ├── SpecError           one field
        └── SpecErrors          several fields, found together

Owns the form of such an error: the field's path, then one sentence with the value, the rule and the remedy.
Knows no rule itself and nothing of Kubernetes conditions, Events or the command line, which all show the same
sentences.

Contact ids are people's data and never appear in a message; every other value goes through `quoted`, since a
message ends up in logs, terminals and `kubectl get`.
"""

from collections.abc import Callable, Iterable

ERRORS_SHOWN = 20
"""How many errors of a long list are told; the others are counted."""

_QUOTED_CHARACTERS = 64


class InvalidSpecError(ValueError):
    """A spec breaks at least one rule. Trying again is of no use until a person edits it.

    `errors` are those worth showing, in the order of the spec; `count` is how many there are, which may be
    more, and `unshown` how many are not among them.
    """

    errors: "tuple[SpecError, ...]"
    count: int
    unshown: int


class SpecError(InvalidSpecError):
    """One field breaks a rule.

    `field` is its path, such as `spec.cron` or `spec.contacts[3].timeZone`; `message` names value, rule and
    remedy. `count`: how many errors it stands for.
    """

    def __init__(self, field: str, message: str, count: int = 1) -> None:
        super().__init__(field, message, count)
        self.field = field
        self.message = message
        self.errors = (self,)
        self.unshown = 0
        self.count = count

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class SpecErrors(InvalidSpecError):  # noqa: N818 -- the plural says what sets it apart
    """Several fields break rules; one per line as text.

    `problems` are taken apart, so that the errors of nested checks stand side by side. `unshown` counts
    errors that were found but are not among them.
    """

    def __init__(self, problems: Iterable[InvalidSpecError], unshown: int = 0) -> None:
        problems = tuple(problems)
        super().__init__(problems, unshown)
        self.errors = tuple(error for problem in problems for error in problem.errors)
        self.unshown = sum(problem.unshown for problem in problems) + unshown
        self.count = sum(problem.count for problem in problems) + unshown

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors]
        if self.unshown:
            lines.append(f"and {self.unshown} more")
        return "\n".join(lines)


class Findings:
    """The errors found in a long list: the first 20 are kept, all are counted."""

    def __init__(self) -> None:
        self._errors: list[SpecError] = []
        self._unshown = 0

    def add(self, field: str, explain: Callable[[], str]) -> None:
        """Note an error of `field`; `explain` gives its message and is called only if that will be shown."""
        if len(self._errors) < ERRORS_SHOWN:
            self._errors.append(SpecError(field, explain()))
        else:
            self._unshown += 1

    def raise_if_any(self) -> None:
        """Raises `SpecErrors` unless nothing was found."""
        if self._errors:
            raise SpecErrors(self._errors, self._unshown)
