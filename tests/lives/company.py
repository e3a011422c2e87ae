"""Theatres side by side, each in a process of its own, against one control plane."""

import asyncio
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog

from faults.company import end_with_parent
from faults.lane import Access
from faults.mistakes import plant
from lives.generation import life_of
from lives.theatre import Theatre, open_theatre

_stage: "_Stage | None" = None


@dataclass(frozen=True)
class Verdict:
    """What is wrong with the life of that seed, in words, and how long it took to play."""

    seed: int
    problems: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        words = (*self.problems, f"play it again: make faults LIFE={self.seed}")
        return "\n".join((f"life {self.seed}", *(f"    {word}" for word in words)))


class _Stage:
    """A theatre and the loop that it belongs to."""

    def __init__(self, access: Access, folder: Path) -> None:
        folder.mkdir()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._theatre: Theatre = self._runner.run(self._stack.enter_async_context(open_theatre(access, folder)))

    def play(self, seed: int) -> Verdict:
        begun = time.monotonic()
        problems = self._runner.run(self._theatre.play(life_of(seed)))
        return Verdict(seed, tuple(problems), time.monotonic() - begun)


def _open(access: Access, folder: Path, tells: bool, mistake: str | None) -> None:
    global _stage
    threading.Thread(target=end_with_parent, daemon=True).start()
    if mistake is not None:
        plant(mistake)
    if not tells:
        # a line for each action of each life would be most of what there is to do
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    _stage = _Stage(access, folder / uuid4().hex)


def _play(seed: int) -> Verdict:
    assert _stage is not None
    return _stage.play(seed)


@contextmanager
def open_company(
    access: Access, players: int, *, tells: bool = False, mistake: str | None = None
) -> Iterator[ProcessPoolExecutor]:
    """So many theatres for as long as the block runs; `tells`: what the operator logs is printed. `mistake`:
    one that is planted in the operator.
    """
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="campaign-operator-lives-") as folder,
        ProcessPoolExecutor(players, context, _open, (access, Path(folder), tells, mistake)) as pool,
    ):
        yield pool


def play(pool: ProcessPoolExecutor, seeds: Sequence[int]) -> Iterator[Verdict]:
    """The verdicts as they come, in no order."""
    for verdict in as_completed([pool.submit(_play, seed) for seed in seeds]):
        yield verdict.result()
