"""The options that name the operator's calling hours policy: of `run` and `check`, and of `validate` and `preview`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from campaign_operator.cli.failure import fail

if TYPE_CHECKING:
    from campaign_operator.domain.planning.calling_hours import HoursPolicy

CallingHoursPolicy: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        readable=True,
        help=(
            "File of calling hours, as YAML or JSON, that apply to every campaign in addition to its own: nothing is "
            "called unless both allow it."
        ),
        show_default=False,
    ),
]


PolicyFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help=(
            "The calling hours policy of the operator, as for --calling-hours-policy of run; - for standard input. "
            "Default: none."
        ),
        show_default=False,
    ),
]


def chosen_policy(file: Path | None) -> "HoursPolicy | None":
    """The policy in the file; ends the command where it cannot be used."""
    if file is None:
        return None
    from campaign_operator.validation.policy_file import MAX_POLICY_BYTES

    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_POLICY_BYTES + 1)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    return policy_in(data, str(file))


def policy_in(data: bytes, file: str) -> "HoursPolicy":
    """The policy in what a file holds; ends the command where it cannot be used."""
    from campaign_operator.validation.policy_file import OPERATORS_POLICY, InvalidPolicyError, read_policy

    try:
        return read_policy(data, file=file, name=OPERATORS_POLICY)
    except InvalidPolicyError as error:
        fail(f"the calling hours policy cannot be used:\n{error}")
