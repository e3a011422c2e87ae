"""What the scenarios come to without a fault, played once for all the processes that play side by side."""

import pickle
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from faults.oracles import Outcome


class References:
    """Outcomes by scenario, in files of a folder that the processes share."""

    def __init__(self, folder: Path) -> None:
        """The folder is made where it is missing."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._known: dict[str, Outcome] = {}

    def of(self, scenario: str, play: Callable[[], Outcome]) -> Outcome:
        """What the scenario came to; it is played if nobody has played it yet, and waited for if somebody does now."""
        if scenario not in self._known:
            file = self._folder / scenario
            with FileLock(self._folder / f"{scenario}.lock"):
                if not file.exists():
                    file.write_bytes(pickle.dumps(play()))
            self._known[scenario] = pickle.loads(file.read_bytes())  # noqa: S301 - this run has written it
        return self._known[scenario]
