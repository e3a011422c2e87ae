"""Several players side by side, each in a process of its own, against one control plane."""

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from faults.lane import Access
from faults.plans import Plan
from faults.player import Player, Verdict
from faults.references import References

_player: Player | None = None


def _open(access: Access, folder: Path) -> None:
    global _player
    threading.Thread(target=end_with_parent, daemon=True).start()
    _player = Player(access, folder / uuid4().hex, References(folder / "references"))


def end_with_parent() -> None:
    """A pool's processes outlive a parent that was killed; their operators end with them."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _play(plan: Plan, mistake: str | None) -> Verdict:
    assert _player is not None
    return _player.play(plan, mistake)


Trial = tuple[Plan, str | None]
"""A plan, and the mistake that is planted."""


@dataclass(frozen=True)
class Company:
    """Players that are ready."""

    _pool: ProcessPoolExecutor

    def play(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Verdict]]:
        """The verdicts as they come, in no order."""
        verdicts: dict[Future[Verdict], Trial] = {self._pool.submit(_play, *trial): trial for trial in trials}
        try:
            for verdict in as_completed(verdicts):
                yield verdicts[verdict], verdict.result()
        finally:
            for verdict in verdicts:
                verdict.cancel()


@contextmanager
def open_company(access: Access, players: int) -> Iterator[Company]:
    """So many players for as long as the block runs."""
    # fresh processes: a fork would share the event loop of whoever asks
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="campaign-operator-faults-") as folder,
        ProcessPoolExecutor(players, context, _open, (access, Path(folder))) as pool,
    ):
        yield Company(pool)
