"""`kubectl campaign status --watch`: on a terminal a screen that lives, elsewhere a line for each change.

Owns the terminal while it is watched: the screen is drawn anew at every change and every second, since spans of time
are on it. A thread reads the watch, so that the seconds go on while nothing changes.
"""

import queue
import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from campaign_operator.terminal import shows_colours
from kubectl_campaign.operator_answers import changes_of
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.status_lines import changed_lines
from kubectl_campaign.status_screen import status_screen
from kubectl_campaign.user_cluster import UserCluster

_HOME_AND_CLEAR = "\x1b[H\x1b[J"
_OTHER_SCREEN, _FIRST_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_SECONDS_BETWEEN_DRAWINGS = 1.0


def watch_lines(cluster: UserCluster, name: str) -> None:
    """A line for each change, until the campaign is gone. Raises PluginError."""
    before: SeenCampaign | None = None
    for seen in changes_of(cluster, name):
        for line in changed_lines(before, seen, datetime.now(UTC)):
            print(line, flush=True)  # noqa: T201 - the output of the command
        before = seen


def watch_screen(cluster: UserCluster, name: str) -> None:
    """The screen, until Ctrl-C or until the campaign is gone. The last screen stays. Raises PluginError."""
    out, seen = sys.stdout, None
    out.write(_OTHER_SCREEN)
    try:
        for seen in _every_second(cluster, name):
            size = shutil.get_terminal_size()
            out.write(_HOME_AND_CLEAR + fitted_screen(_drawn(seen, size.columns), size.lines))
            out.flush()
    finally:
        out.write(_FIRST_SCREEN)
        if seen is not None:
            out.write(_drawn(seen, shutil.get_terminal_size().columns))
        out.flush()


def _drawn(seen: SeenCampaign, columns: int) -> str:
    return status_screen(seen, datetime.now(UTC), colours=shows_colours(sys.stdout), width=columns)


def fitted_screen(screen: str, lines: int) -> str:
    """As many lines as the terminal has, the last of them for the cursor, or it would scroll."""
    every = screen.splitlines()
    if len(every) < lines:
        return screen
    shown = max(lines - 2, 1)
    return "\n".join([*every[:shown], f"and {len(every) - shown} more lines; without --watch, all are shown"])


def _every_second(cluster: UserCluster, name: str) -> Iterator[SeenCampaign]:
    changes: queue.Queue[SeenCampaign | PluginError] = queue.Queue()

    def read() -> None:
        try:
            for changed in changes_of(cluster, name):
                changes.put(changed)
        except PluginError as error:
            changes.put(error)

    threading.Thread(target=read, name="watch", daemon=True).start()
    seen: SeenCampaign | None = None
    while True:
        try:
            found = changes.get(timeout=_SECONDS_BETWEEN_DRAWINGS)
        except queue.Empty:
            pass
        else:
            if isinstance(found, PluginError):
                raise found
            seen = found
        if seen is not None:
            yield seen
