"""What tests of real programs need: a program of a few lines, and who is still running."""

import textwrap
from pathlib import Path


def running_in(folder: Path) -> list[int]:
    """The processes (of /proc) whose working directory is `folder` or below it, also if that has been deleted."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(link.readlink()).startswith(str(folder)):
                found.append(int(link.parent.name))
        except OSError:
            continue  # ended meanwhile, or not ours
    return sorted(found)


def names_in(folder: Path) -> set[str]:
    """What is in a folder."""
    return {path.name for path in folder.iterdir()}


def write_program(path: Path, script: str) -> Path:
    """A script that can be executed; it may be indented."""
    path.write_text(textwrap.dedent(script).lstrip())
    path.chmod(0o755)
    return path
