"""The options that bound contact lists, the same for the operator and for what looks ahead of it."""

from typing import Annotated, TypeAlias

import typer

ListMaxRows: TypeAlias = Annotated[
    int,
    typer.Option(
        "--list-max-rows", min=1, max=100_000_000, help="Maximum number of rows in all contact lists of a campaign."
    ),
]
ListMaxBytes: TypeAlias = Annotated[
    int,
    typer.Option(
        "--list-max-bytes",
        min=1,
        max=4_294_967_295,
        help="Maximum size of all contact lists of a campaign, in bytes after decompression.",
    ),
]
LIST_MAX_ROWS = 3_000_000
LIST_MAX_BYTES = 1_073_741_824
