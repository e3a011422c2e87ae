"""The page that the figures are kept on: each benchmark owns the part between its two marks.

A benchmark that was not run leaves its part as it is.
"""

import re
from pathlib import Path

PATH = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def put(name: str, markdown: str, path: Path = PATH) -> None:
    """Write this benchmark's part of the page, in its old place or at the end."""
    begin, end = f"<!-- begin {name}, written by benchmarks/run.py -->", f"<!-- end {name} -->"
    part = f"{begin}\n{markdown}\n{end}"
    text = path.read_text()
    old = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    new = old.sub(lambda _: part, text) if old.search(text) else f"{text.rstrip()}\n\n{part}\n"
    path.write_text(new)
