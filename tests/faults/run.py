"""`make faults`: every single fault of every scenario, then random pairs and triples, then the planted mistakes."""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from faults.company import Company, Trial, open_company
from faults.ground import prepared_ground
from faults.mistakes import MISTAKES
from faults.plans import Plan, parse_plan, random_faults, single_faults
from faults.player import Verdict
from faults.scenarios import REFERENCES, SCENARIOS

_PROGRESS_SECONDS = 10.0
_STORIES = Path(tempfile.gettempdir()) / f"campaign-operator-faults-{os.getpid()}"
"""Where the exchanges and logs of what failed are kept."""


def main() -> int:
    """Play, tell what goes on, and end with 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--random", type=int, default=0, metavar="N", help="so many random plans beside the single ones"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random plans")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="go on after so many of the single faults")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many of the single faults, by chance")
    parser.add_argument("--plan", action="append", default=[], help="replay this plan alone; repeatable")
    parser.add_argument("--mistake", help="with this mistake planted")
    parser.add_argument("--mistakes", action="store_true", help="only the planted mistakes")
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS), help="only this scenario; repeatable")
    parser.add_argument("--players", type=int, default=3, help="plans that are played side by side")
    return asyncio.run(_run(parser.parse_args()))


async def _run(options: argparse.Namespace) -> int:
    async with prepared_ground(_say) as access:
        with open_company(access, options.players) as company:
            return await asyncio.to_thread(_play_all, company, options)


def _play_all(company: Company, options: argparse.Namespace) -> int:
    if options.plan:
        trials = [(parse_plan(line), options.mistake) for line in options.plan]
        verdicts = _play("the given plans", company, trials)
        _say("\n\n".join(map(_told, verdicts)))
        return any(verdict.problems for verdict in verdicts)
    if options.mistakes:
        return _plant_mistakes(company)
    scenarios = options.only or list(SCENARIOS)
    references = _play("the references", company, [(Plan(scenario), None) for scenario in scenarios])
    recorded = {verdict.plan.scenario: verdict.chapter for verdict in references}
    # what must come to what another scenario comes to is a race, and has its faults among the random plans
    single = [plan for name in scenarios if name not in REFERENCES for plan in single_faults(name, recorded[name])]
    if options.sample is not None:
        single = random.Random(options.seed).sample(single, min(options.sample, len(single)))  # noqa: S311 - no secret
    found = references + _play("every single fault", company, [(plan, None) for plan in single[options.skip :]])
    if options.random:
        plans = random_faults(recorded, options.random, options.seed)
        found += _play(f"random pairs and triples, seed {options.seed}", company, [(plan, None) for plan in plans])
    missed = options.sample is None and _plant_mistakes(company)
    return missed or any(verdict.problems for verdict in found)


def _told(verdict: Verdict) -> str:
    missed = "" if verdict.fired == len(verdict.plan.faults) else "\n    not every fault came to pass"
    return f"{verdict}{missed}\n{verdict.story or '    nothing found'}"


def _plant_mistakes(company: Company) -> bool:
    """Whether any planted mistake is missed."""
    trials = [(parse_plan(mistake.found_by), name) for name, mistake in MISTAKES.items()]
    missed = [name for (_, name), verdict in company.play(trials) if not verdict.problems]
    _say(f"planted mistakes: {len(trials) - len(missed)} of {len(trials)} found")
    for name in missed:
        _say(f"MISSED {name}")
    return bool(missed)


def _play(what: str, company: Company, trials: Sequence[Trial]) -> list[Verdict]:
    begun = told = time.monotonic()
    verdicts: list[Verdict] = []
    failed = 0
    for _, verdict in company.play(trials):
        verdicts.append(verdict)
        if verdict.problems:
            failed += 1
            _STORIES.mkdir(exist_ok=True)
            story = _STORIES / f"{what.replace(' ', '-')}-{failed}.log"
            story.write_text(f"{verdict}\n{verdict.story}")
            _say(f"FOUND {verdict}\n    told in {story}")
        now = time.monotonic()
        if now - told > _PROGRESS_SECONDS:
            told = now
            left = (now - begun) / len(verdicts) * (len(trials) - len(verdicts))
            _say(f"{what}: {len(verdicts)} of {len(trials)} plans, {failed} failed, about {left / 60:.0f} min left")
    idle = sum(verdict.fired < len(verdict.plan.faults) for verdict in verdicts)
    if not verdicts:
        return verdicts
    longest = max(verdicts, key=lambda verdict: verdict.seconds)
    _say(
        f"{what}: {len(verdicts)} plans in {time.monotonic() - begun:.0f} s, {failed} failed; in {idle} not every "
        f"fault came to pass; the longest took {longest.seconds:.1f} s: {longest.plan}"
    )
    return verdicts


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
