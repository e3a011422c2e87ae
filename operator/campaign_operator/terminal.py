"""What the terminal can show."""

import os
import shutil
from typing import TextIO


def shows_colours(stream: TextIO) -> bool:
    """Whether it is a terminal, and nobody has asked it to be plain (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal, None where it is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
