"""What a person at a terminal sees while a command takes its time."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SHOWN_AFTER_SECONDS = 1.0


@contextmanager
def shown_while(what: str, *read: str | None) -> Iterator[None]:
    """Show `what` on the terminal and how long it has gone on, once that is more than a second. Nothing of it stays.

    Nothing is shown in a file or a pipe, nor where a person types what is `read` from standard input.
    """
    is_typed = "-" in read and sys.stdin.isatty()
    if is_typed or not sys.stderr.isatty():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_show, args=(what, over), name="shown-while", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _show(what: str, over: threading.Event) -> None:
    if over.wait(SHOWN_AFTER_SECONDS):
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        over.wait()
