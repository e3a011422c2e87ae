"""What becomes of the operator in hours: campaigns that are created, run, edited and deleted at random.

The campaigns call every few minutes, for minutes. What the operator takes of the machine is written to
`dist/soak/samples.csv` as it goes; at the end, the dialer's ledger is held against what was asked for.
"""

import asyncio
import csv
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression, median
from time import monotonic

from campaigns import campaign_id
from figures import Line, Result, at_most, told
from machine import cpu_seconds, memory, open_files, threads
from session import Session
from soak_campaigns import Inhabitants
from soak_judging import SLACK, Verdict, judge, read_missed
from world import BenchmarkFailedError, World, running_world

from campaign_sandbox.ledger_schedule import LedgerSchedule

MINUTES = 120.0
SAMPLE_SECONDS = 30.0
WARM_SECONDS = 1200.0
"""From when on what the operator takes is not to grow any more."""

AT_EACH_END = 10
"""Of so many samples the median is compared, after the warm-up and at the end."""

MOST_TIMES = 1.1
FEW = 5
"""So much more is no growth, however few there were."""

SECONDS_BETWEEN_ACTS = 3.0
FOLDER = Path(__file__).parents[1] / "dist" / "soak"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the operator takes at one moment, and how much it has done by then."""

    seconds: float
    resident_mb: float
    peak_mb: float
    files: int
    threads: int
    tasks: float
    looks: float
    cpu_seconds: float
    campaigns: int
    submissions: float
    status_writes: float
    unexpected_errors: float


async def measure(session: Session) -> Result:
    """Growth of memory, open files, threads and tasks, and what the ledger says in the end."""
    count = 50 if session.quick else 500
    seconds = session.soak_minutes * 60
    chance = random.Random(session.seed)  # noqa: S311 - not for secrets, and to be repeated
    async with running_world(session.binaries) as world:
        meter = world.meter()
        inhabitants = Inhabitants(world.client, chance)
        async with asyncio.TaskGroup() as group:
            acting = group.create_task(_act(inhabitants, chance, count, seconds), name="act")
            samples = await _sampled(session, world, inhabitants, monotonic() + seconds)
            acting.cancel()
        ended = datetime.now(UTC)
        verdicts = await _verdicts(world, inhabitants, ended)
        stuck = await inhabitants.stuck(ended, SLACK)
        usage = meter.usage()
        shutil.copy(world.operator.log_path, FOLDER / "operator.log")
        kubernetes = world.kubernetes
    (FOLDER / "problems.json").write_text(json.dumps(_problems(verdicts, stuck), indent=1))
    return Result(
        title=f"{count} campaigns for {session.soak_minutes:g} minutes",
        how=f"{count} campaigns of up to 100 contacts, inline or in ConfigMaps, in up to 4 time zones, with windows of "
        "1 to 4 minutes every 6 to 15 minutes. One of them is edited, suspended, resumed or deleted at random every "
        f"{SECONDS_BETWEEN_ACTS:g} s, by the seed {session.seed}, and a deleted one is replaced. Every "
        f"{SAMPLE_SECONDS:g} s a sample is taken. Of the memory, the medians of {AT_EACH_END} samples are "
        f"compared: those after {_warm_seconds(seconds) / 60:g} minutes, and the last. Of the others, the lowest in "
        "the first and in the last quarter of the samples since then: what is not given back is there also when "
        "there is little to do. The dialer's ledger shows what was submitted twice, or while it "
        "was not wanted, and which windows were not called; windows within "
        f"{SLACK.seconds // 60} minutes of an edit are not judged.",
        lines=(*growth(samples, _warm_seconds(seconds)), *_life(inhabitants, samples, verdicts, stuck)),
        kubernetes=kubernetes,
        others_percent=usage.others_percent,
    )


def _warm_seconds(seconds: float) -> float:
    return min(WARM_SECONDS, seconds / 3)


async def _act(inhabitants: Inhabitants, chance: random.Random, count: int, seconds: float) -> None:
    """Campaigns that live, until this is cancelled. They are created slowly: how much a burst takes is not what is
    measured, and would hide what grows later.
    """
    begun = monotonic()
    each = min(300.0, seconds / 6) / count
    for number in range(count):
        await inhabitants.create()
        await asyncio.sleep(max(0.0, begun + each * (number + 1) - monotonic()))
    while True:
        await asyncio.sleep(chance.expovariate(1 / SECONDS_BETWEEN_ACTS))
        await inhabitants.act()


async def _sampled(session: Session, world: World, inhabitants: Inhabitants, until: float) -> list[Sample]:
    begun = monotonic()
    chance = random.Random(session.seed)  # noqa: S311 - see above
    samples: list[Sample] = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "samples.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Sample)])
        rows.writeheader()
        while (now := monotonic()) < until:
            sample = await _sample(world, inhabitants, now - begun)
            samples.append(sample)
            rows.writerow(asdict(sample))
            file.flush()
            session.progress(
                f"{sample.resident_mb:.1f} MB, {sample.files} files, {sample.threads} threads, "
                f"{sample.tasks:.0f} tasks, {sample.looks:.0f} looks, {sample.campaigns} campaigns, "
                f"{sample.submissions:.0f} submissions"
            )
            # not always at the same second of a minute, in which campaigns begin
            after = begun + SAMPLE_SECONDS * (len(samples) + chance.random() / 2)
            await asyncio.sleep(max(0.0, min(after, until) - monotonic()))
    return samples


async def _sample(world: World, inhabitants: Inhabitants, seconds: float) -> Sample:
    pid = world.operator.pid
    if world.operator.exit_status is not None:
        raise BenchmarkFailedError(f"the operator has ended; its log ends:\n{world.operator.last_lines()}")
    resident = memory(pid)
    # before the scrape, which opens a file of its own
    files, its_threads = open_files(pid), threads(pid)
    scrape = await world.operator_metrics()
    return Sample(
        seconds=round(seconds, 1),
        resident_mb=round(resident.resident_mb, 3),
        peak_mb=round(resident.peak_mb, 3),
        files=files,
        threads=its_threads,
        tasks=scrape.total("campaign_operator_tasks"),
        looks=scrape.total("campaign_operator_looks_under_way"),
        cpu_seconds=round(cpu_seconds(pid), 2),
        campaigns=len(inhabitants.alive),
        submissions=scrape.total("campaign_operator_submissions_total", outcome="Accepted"),
        status_writes=scrape.total("campaign_operator_status_writes_total"),
        unexpected_errors=scrape.total("campaign_operator_unexpected_errors_total"),
    )


async def _verdicts(world: World, inhabitants: Inhabitants, ended: datetime) -> dict[str, Verdict]:
    verdicts = {}
    with world.operator.log_path.open(errors="replace") as log:
        missed = read_missed(log)
    async with world.to_dialer() as client:
        for name, life in inhabitants.lives.items():
            if name in inhabitants.unclear:
                continue
            answer = (await client.get("/_ledger", params={"campaign": campaign_id(name)})).raise_for_status().json()
            schedules = [LedgerSchedule.read(wire) for wire in answer["schedules"]]
            verdicts[name] = judge(life, schedules, ended, missed.get(name, frozenset()))
    return verdicts


def _problems(verdicts: dict[str, Verdict], stuck: Sequence[str]) -> dict[str, list[str]]:
    found = {name: [*verdict.twice, *verdict.lost] for name, verdict in verdicts.items()}
    return {name: problems for name, problems in found.items() if problems} | {name: ["not gone"] for name in stuck}


def growth(samples: Sequence[Sample], warm_seconds: float) -> list[Line]:
    """What the operator takes after the warm-up, beside what it takes at the end.

    Raises BenchmarkFailedError where there are no samples to compare.
    """
    warm = [sample for sample in samples if sample.seconds >= warm_seconds]
    if len(warm) < 2:
        raise BenchmarkFailedError("too short: there are no two samples after the warm-up")
    first, last = warm[:AT_EACH_END], warm[-AT_EACH_END:]

    def each_end(value: Callable[[Sample], float]) -> tuple[float, float]:
        return median(map(value, first)), median(map(value, last))

    before, after = each_end(lambda sample: sample.resident_mb)
    slope = linear_regression([s.seconds for s in warm], [s.resident_mb for s in warm]).slope * 3600
    lines = [
        told(f"memory after {warm_seconds / 60:g} minutes", before, "MB", 1),
        told("memory at the end", after, "MB", 1),
        at_most("memory at the end, times that", after / before, MOST_TIMES, "times"),
        told("slope of the memory since then", slope, "MB an hour", 1),
        told("highest memory", samples[-1].peak_mb, "MB", 1),
    ]
    quarter = -(-len(warm) // 4)
    numbers: tuple[tuple[str, Callable[[Sample], float]], ...] = (
        ("open files", lambda sample: sample.files),
        ("threads", lambda sample: sample.threads),
        ("tasks", lambda sample: sample.tasks),
        ("looks under way", lambda sample: sample.looks),
    )
    for what, value in numbers:
        # what is never given back is there also when there is the least to do
        lowest, lowest_at_last = min(map(value, warm[:quarter])), min(map(value, warm[-quarter:]))
        limit = max(MOST_TIMES * lowest, lowest + FEW)
        lines += [
            told(f"{what}, lowest after the warm-up", lowest, "", 0),
            at_most(f"{what}, lowest at the end", lowest_at_last, limit, "", 0),
            told(f"{what}, median", median(map(value, warm)), "", 0),
            told(f"{what}, highest", max(map(value, warm)), "", 0),
        ]
    return lines


def _life(
    inhabitants: Inhabitants, samples: Sequence[Sample], verdicts: dict[str, Verdict], stuck: Sequence[str]
) -> list[Line]:
    spent = samples[-1].cpu_seconds - samples[0].cpu_seconds
    return [
        *(told(f"campaigns: {what}", number, "times", 0) for what, number in sorted(inhabitants.acts.items())),
        told("submissions", samples[-1].submissions, "", 0),
        told("status writes", samples[-1].status_writes, "", 0),
        told("CPU of the operator", spent / (samples[-1].seconds - samples[0].seconds) * 100, "%"),
        told("windows that were judged", sum(verdict.judged for verdict in verdicts.values()), "", 0),
        at_most("submitted twice or unwanted", sum(len(v.twice) for v in verdicts.values()), 0, "", 0),
        told("missed, and the operator says so", sum(verdict.missed for verdict in verdicts.values()), "", 0),
        at_most("not called, and nothing says why", sum(len(v.lost) for v in verdicts.values()), 0, "", 0),
        at_most("deleted and not gone", len(stuck), 0, "", 0),
        at_most("unexpected errors", samples[-1].unexpected_errors, 0, "", 0),
    ]
