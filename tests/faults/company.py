"""Several players side by side, each in a process of its own, against one control plane."""

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from faults.lane import Access
from faults.plans import Plan
from faults.player import Player, Verdict

_player: Player | None = None


def _open(access: Access, folder: Path) -> None:
    global _player
    _player = Player(access, folder / uuid4().hex)


def _play(plan: Plan, mistake: str | None) -> Verdict:
    assert _player is not None
    return _player.play(plan, mistake)


@dataclass(frozen=True)
class Company:
    """Players that are ready."""

    _pool: ProcessPoolExecutor

    def play(self, plans: Sequence[Plan], mistake: str | None = None) -> Iterator[Verdict]:
        """The verdicts as they come, in no order."""
        verdicts: list[Future[Verdict]] = [self._pool.submit(_play, plan, mistake) for plan in plans]
        try:
            for verdict in as_completed(verdicts):
                yield verdict.result()
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
